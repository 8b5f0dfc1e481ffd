//! Where something stands in a TOML file: from a path of keys to a line, for faults that are found after the file
//! was read into its types.

use crate::domain::problem::{Problem, line_of};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One step into a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step<'a> {
    /// An entry of a table.
    Key(&'a str),
    /// An element of an array, from 0.
    At(usize),
}

/// A file with its faults so far.
pub struct Places<'s> {
    file: &'s str,
    source: &'s str,
    document: Spanned<DeTable<'s>>,
    problems: Vec<Problem>,
}

impl<'s> Places<'s> {
    /// The file `file` with this text.
    pub fn of(file: &'s str, source: &'s str) -> Self {
        let (document, _) = DeTable::parse_recoverable(source);
        Self { file, source, document, problems: Vec::new() }
    }

    /// Notes a fault at the deepest part of `path` that stands in the file.
    pub fn fault(&mut self, path: &[Step<'_>], message: impl Into<String>) {
        let line = line_of(self.source, self.offset(path));
        self.problems.push(Problem { file: self.file.to_owned(), line: Some(line), message: message.into() });
    }

    /// The faults.
    pub fn finish(self) -> Vec<Problem> {
        self.problems
    }

    fn offset(&self, path: &[Step<'_>]) -> usize {
        let mut offset = self.document.span().start;
        let Some((Step::Key(first), rest)) = path.split_first() else { return offset };
        let Some((key, mut node)) = self.document.get_ref().get_key_value(*first) else { return offset };
        offset = key.span().start;
        for step in rest {
            let deeper = match (step, node.get_ref()) {
                (Step::Key(name), DeValue::Table(table)) => {
                    table.get_key_value(*name).map(|(key, value)| (key.span().start, value))
                }
                (Step::At(index), DeValue::Array(array)) => {
                    array.get(*index).map(|value| (value.span().start, value))
                }
                _ => None,
            };
            let Some((start, value)) = deeper else { return offset };
            (offset, node) = (start, value);
        }
        offset
    }
}
