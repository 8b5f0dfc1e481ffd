//! A document as it was read, before it is cut into passages. Knows nothing of files or indexes.

use crate::domain::language::Language;
use crate::knowledge::markdown::Block;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
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
    /// The line or row of that file it begins on, from 1, where one file holds many documents.
    pub line: Option<usize>,
    /// Its title, where it has one.
    pub title: Option<String>,
    /// The language it is written in.
    pub language: Language,
    /// Words the operator wants it to be found by.
    pub tags: Vec<String>,
    /// From when and until when it holds, for whom, and who answers for it.
    pub terms: Terms,
    /// What it says.
    pub body: Body,
}

/// What an operator declares about a document beside its words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Terms {
    /// The first day it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// The last day it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
    /// Whom it is for; everybody, if nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// Where a day lies to a document's days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Validity {
    /// It holds on that day.
    Current,
    /// It holds later.
    Upcoming,
    /// It held before.
    Expired,
}

impl Terms {
    /// These, and where they say nothing, those.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            valid_from: self.valid_from.or(other.valid_from),
            valid_until: self.valid_until.or(other.valid_until),
            audience: self.audience.or_else(|| other.audience.clone()),
            owner: self.owner.or_else(|| other.owner.clone()),
        }
    }

    /// How it stands on that day.
    pub fn on(&self, day: Date) -> Validity {
        if self.valid_until.is_some_and(|last| last < day) {
            Validity::Expired
        } else if self.valid_from.is_some_and(|first| day < first) {
            Validity::Upcoming
        } else {
            Validity::Current
        }
    }

    /// Whether there is a day on which both hold.
    pub fn overlap(&self, other: &Self) -> bool {
        let before = |last: Option<Date>, first: Option<Date>| {
            last.zip(first).is_some_and(|(last, first)| last < first)
        };
        !before(self.valid_until, other.valid_from) && !before(other.valid_until, self.valid_from)
    }

    /// What is wrong with them, if anything.
    pub fn fault(&self) -> Option<String> {
        let (first, last) = self.valid_from.zip(self.valid_until)?;
        (last < first).then(|| format!("it is valid until {last}, before it begins to be on {first}"))
    }
}

/// The forms a document comes in.
#[derive(Clone, PartialEq, Debug)]
pub enum Body {
    /// Markdown, without its front matter.
    Markdown(String),
    /// Paragraphs separated by blank lines.
    Plain(String),
    /// Blocks under their headings, as another program's format was read.
    Outline(Vec<Block>),
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
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        field(day(self.terms.valid_from).as_bytes());
        field(day(self.terms.valid_until).as_bytes());
        field(self.terms.audience.as_deref().unwrap_or_default().as_bytes());
        field(self.terms.owner.as_deref().unwrap_or_default().as_bytes());
        match &self.body {
            Body::Outline(blocks) => {
                field(b"outline");
                for block in blocks {
                    field(block.headings.join("\n").as_bytes());
                    field(block.text.as_bytes());
                }
            }
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
            line: None,
            title: None,
            language: Language::Portuguese,
            tags: Vec::new(),
            terms: Terms::default(),
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
    fn days_say_whether_it_holds() {
        let day = |text: &str| Some(text.parse().unwrap());
        let november =
            Terms { valid_from: day("2026-11-01"), valid_until: day("2026-11-30"), ..Terms::default() };
        let december = Terms { valid_from: day("2026-12-01"), ..Terms::default() };
        for (today, validity) in [
            ("2026-10-31", Validity::Upcoming),
            ("2026-11-01", Validity::Current),
            ("2026-11-30", Validity::Current),
            ("2026-12-01", Validity::Expired),
        ] {
            assert_eq!(november.on(today.parse().unwrap()), validity, "{today}");
        }
        assert!(!november.overlap(&december) && !december.overlap(&november));
        assert!(november.overlap(&Terms::default()) && november.overlap(&november));
        let turned =
            Terms { valid_from: november.valid_until, valid_until: november.valid_from, ..Terms::default() };
        assert!(turned.fault().is_some() && november.fault().is_none() && december.fault().is_none());
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        assert_ne!(faq("ab", "c").fingerprint(), faq("a", "bc").fingerprint());
    }
}
