//! JSONL corpora: one document a line, `{"id","text"}` or `{"id","question","answer"}`, and what else is known of it. Reads a line at a time, so
//! a large corpus is never in memory as a whole; a bad line costs that line only.

use crate::domain::language::Language;
use crate::knowledge::day::day;
use crate::knowledge::document::{Body, Document, Failure, Terms};
use serde::Deserialize;
use std::io::{BufRead, Read};

/// The longest id that is taken.
const LONGEST_ID: usize = 512;

#[derive(Deserialize)]
struct Line {
    id: Id,
    text: Option<String>,
    question: Option<String>,
    answer: Option<String>,
    title: Option<String>,
    language: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    valid_from: Option<String>,
    valid_until: Option<String>,
    audience: Option<String>,
    owner: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
}

/// The documents of one corpus, in order.
pub struct Documents<R> {
    reader: R,
    origin: String,
    language: Language,
    longest_line: u64,
    line: usize,
    buffer: Vec<u8>,
    done: bool,
}

impl<R: BufRead> Documents<R> {
    /// Reads `reader`, the file `origin`; a line without a language has `language`, and none may have more than
    /// `longest_line` bytes.
    pub fn new(reader: R, origin: &str, language: Language, longest_line: u64) -> Self {
        let origin = origin.to_owned();
        Self { reader, origin, language, longest_line, line: 0, buffer: Vec::new(), done: false }
    }

    fn failure(&self, reason: impl Into<String>) -> Failure {
        Failure { origin: self.origin.clone(), line: Some(self.line), reason: reason.into() }
    }

    /// Reads the next line into the buffer; `Ok(false)` at the end.
    fn read_line(&mut self) -> Result<bool, Failure> {
        self.buffer.clear();
        self.line += 1;
        let mut limited = self.reader.by_ref().take(self.longest_line + 1);
        let read = limited.read_until(b'\n', &mut self.buffer);
        match read {
            Ok(0) => Ok(false),
            Ok(read) if read as u64 > self.longest_line => {
                self.skip_line().map_err(|error| self.failure(error.to_string()))?;
                Err(self.failure(format!("the line is longer than {} bytes", self.longest_line)))
            }
            Ok(_) => Ok(true),
            Err(error) => {
                self.done = true;
                Err(self.failure(error.to_string()))
            }
        }
    }

    fn skip_line(&mut self) -> std::io::Result<()> {
        if self.buffer.last() == Some(&b'\n') {
            return Ok(());
        }
        loop {
            let available = self.reader.fill_buf()?;
            if available.is_empty() {
                return Ok(());
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(available.len(), |position| position + 1);
            self.reader.consume(used);
            if end.is_some() {
                return Ok(());
            }
        }
    }

    fn parse(&self) -> Result<Option<Document>, Failure> {
        let text =
            std::str::from_utf8(&self.buffer).map_err(|_| self.failure("the line is not valid UTF-8"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
        if text.is_empty() {
            return Ok(None);
        }
        let line: Line = serde_json::from_str(text)
            .map_err(|error| self.failure(format!("not a document: {}", without_line(&error))))?;
        let source = match line.id {
            Id::Text(id) => id,
            Id::Number(id) => id.to_string(),
        };
        if source.trim().is_empty() || source.len() > LONGEST_ID {
            return Err(self.failure(format!("`id` must have between 1 and {LONGEST_ID} bytes")));
        }
        // Without a title of its own, a FAQ entry is known by its question.
        let named = line.title.filter(|title| !title.trim().is_empty());
        let title = named.or_else(|| line.question.as_deref().map(|question| question.trim().to_owned()));
        let body = match (line.text, line.question, line.answer) {
            (Some(text), None, None) => Body::Plain(text),
            (None, Some(question), Some(answer)) => Body::Faq { question, answer },
            _ => return Err(self.failure("expected `text`, or `question` and `answer`")),
        };
        let language = match line.language {
            Some(tag) => tag.parse().map_err(|error| self.failure(format!("{error}")))?,
            None => self.language,
        };
        let date = |text: Option<String>| {
            text.map(|text| day(&text)).transpose().map_err(|reason| self.failure(reason))
        };
        let terms = Terms {
            valid_from: date(line.valid_from)?,
            valid_until: date(line.valid_until)?,
            audience: line.audience,
            owner: line.owner,
        };
        if let Some(fault) = terms.fault() {
            return Err(self.failure(fault));
        }
        let (origin, number) = (self.origin.clone(), Some(self.line));
        Ok(Some(Document { source, origin, line: number, title, language, tags: line.tags, terms, body }))
    }
}

/// The parser counts lines within the one line it sees; only the column helps.
fn without_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(position) => format!("{} at column {}", &text[..position], error.column()),
        None => text,
    }
}

impl<R: BufRead> Iterator for Documents<R> {
    type Item = Result<Document, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            match self.read_line() {
                Ok(false) => self.done = true,
                Ok(true) => {
                    if let Some(document) = self.parse().transpose() {
                        return Some(document);
                    }
                }
                Err(failure) => return Some(Err(failure)),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<Result<Document, Failure>> {
        Documents::new(text, "faq.jsonl", Language::Portuguese, 200).collect()
    }

    #[test]
    fn both_forms_are_read_and_blank_lines_passed_over() {
        let found = read(
            "{\"id\":\"a\",\"text\":\"Olá\",\"extra\":1}\n\n{\"id\":7,\"question\":\"P?\",\"answer\":\"R.\",\"language\":\"en\"}"
                .as_bytes(),
        );
        let documents: Vec<_> = found.into_iter().map(Result::unwrap).collect();
        assert_eq!(documents[0].source, "a");
        assert_eq!(documents[0].body, Body::Plain("Olá".into()));
        assert_eq!(documents[1].source, "7");
        assert_eq!(documents[1].language, Language::English);
    }

    #[test]
    fn a_bad_line_costs_that_line_only_and_is_named() {
        let mut text = b"{\"id\":\"a\",\"text\":\"x\"}\n{broken\n\xff\xfe\n{\"id\":\"b\"}\n".to_vec();
        text.extend(format!("{{\"id\":\"long\",\"text\":\"{}\"}}\n", "x".repeat(500)).as_bytes());
        text.extend(b"{\"id\":\"c\",\"text\":\"y\"}");
        let found = read(&text);
        let read: Vec<_> =
            found.iter().filter_map(|it| it.as_ref().ok()).map(|it| it.source.as_str()).collect();
        assert_eq!(read, ["a", "c"]);
        let lines: Vec<_> = found.iter().filter_map(|it| it.as_ref().err()).map(|it| it.line).collect();
        assert_eq!(lines, [Some(2), Some(3), Some(4), Some(5)]);
        assert_eq!(
            found[3].as_ref().unwrap_err().to_string(),
            "faq.jsonl:4: expected `text`, or `question` and `answer`"
        );
    }
}
