//! A document as it was read, before it is cut into passages. Knows nothing of files or indexes.

use crate::domain::language::Language;
use sha2::{Digest, Sha256};
use std::fmt;

/// Raised when documents are cut or analysed in another way, so that a new program indexes everything anew.
const PIPELINE_VERSION: u32 = 2;

/// A document to index.
#[derive(Clone, PartialEq, Debug)]
pub struct Document {
    /// Its name in the index: the `id` of a JSONL line, otherwise the path below the root.
    pub source: String,
    /// The file it was read from, below the root.
    pub origin: String,
    /// Its title, where it has one.
    pub title: Option<String>,
    /// The language it is written in.
    pub language: Language,
    /// Words the operator wants it to be found by.
    pub tags: Vec<String>,
    /// What it says.
    pub body: Body,
}

/// The forms a document comes in.
#[derive(Clone, PartialEq, Debug)]
pub enum Body {
    /// Markdown, without its front matter.
    Markdown(String),
    /// Paragraphs separated by blank lines.
    Plain(String),
    /// A question with its answer.
    Faq {
        /// As a customer would ask.
        question: String,
        /// As the company answers.
        answer: String,
    },
}

/// A document that could not be read. The others are not affected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The file, below the root.
    pub origin: String,
    /// The line in the file, from 1, where one is to blame.
    pub line: Option<usize>,
    /// What is wrong, for the operator.
    pub reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.origin, self.reason),
            None => write!(formatter, "{}: {}", self.origin, self.reason),
        }
    }
}

impl Document {
    /// A hash of all that decides how the document is indexed: the same fingerprint, the same passages.
    pub fn fingerprint(&self) -> String {
        let mut hasher = Sha256::new();
        let mut field = |bytes: &[u8]| {
            // The length keeps neighbouring fields from running into each other.
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        field(&PIPELINE_VERSION.to_le_bytes());
        field(self.title.as_deref().unwrap_or_default().as_bytes());
        field(self.language.tag().as_bytes());
        field(self.tags.join("\n").as_bytes());
        match &self.body {
            Body::Markdown(text) => {
                field(b"markdown");
                field(text.as_bytes());
            }
            Body::Plain(text) => {
                field(b"plain");
                field(text.as_bytes());
            }
            Body::Faq { question, answer } => {
                field(b"faq");
                field(question.as_bytes());
                field(answer.as_bytes());
            }
        }
        hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faq(question: &str, answer: &str) -> Document {
        Document {
            source: "faq".into(),
            origin: "faq.jsonl".into(),
            title: None,
            language: Language::Portuguese,
            tags: Vec::new(),
            body: Body::Faq { question: question.into(), answer: answer.into() },
        }
    }

    #[test]
    fn the_fingerprint_follows_the_content_and_not_the_place() {
        let document = faq("Abre domingo?", "Não.");
        let moved = Document { source: "other".into(), origin: "other.jsonl".into(), ..document.clone() };
        assert_eq!(document.fingerprint(), moved.fingerprint());
        let translated = Document { language: Language::English, ..document.clone() };
        assert_ne!(document.fingerprint(), translated.fingerprint());
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        assert_ne!(faq("ab", "c").fingerprint(), faq("a", "bc").fingerprint());
    }
}
