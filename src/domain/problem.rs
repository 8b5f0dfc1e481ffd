//! Something wrong in a file the operator wrote: what, and where. Loaders collect all of them before they give up.

use std::fmt;

/// One mistake in a configuration, prompt, tool, connector or knowledge file.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Problem {
    /// The file as the operator knows it, or the name of an environment variable.
    pub file: String,
    /// Line in the file, from 1, if known.
    pub line: Option<usize>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Problem {
    /// A problem of a whole file.
    pub fn in_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, message: message.into() }
    }

    /// A problem at a byte position of a text.
    pub fn at(file: impl Into<String>, source: &str, position: usize, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: Some(line_of(source, position)), message: message.into() }
    }
}

/// The line, from 1, that byte `position` of `source` stands in.
pub fn line_of(source: &str, position: usize) -> usize {
    let end = position.min(source.len());
    1 + source.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count()
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.file, self.message),
            None => write!(formatter, "{}: {}", self.file, self.message),
        }
    }
}
