//! A fault in a file that a person wrote, with its place. Loaders collect all of them before they give up, so
//! that the operator mends a file in one go. It knows no file format.

use std::fmt;

/// One fault, with its place.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as the operator knows it: relative to where the program was started.
    pub file: String,
    /// The line, from 1; `None` if the whole file is meant.
    pub line: Option<usize>,
    /// What is wrong and, where known, what to write instead.
    pub message: String,
}

impl Problem {
    /// A fault of the whole file.
    pub fn in_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, message: message.into() }
    }

    /// A fault at a byte offset of `source`, the text of the file.
    pub fn at_offset(
        file: impl Into<String>,
        source: &str,
        offset: usize,
        message: impl Into<String>,
    ) -> Self {
        Self { file: file.into(), line: Some(line_of(source, offset)), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.file, self.message),
            None => write!(formatter, "{}: {}", self.file, self.message),
        }
    }
}

/// The line, from 1, that the byte `offset` of `source` stands on.
pub fn line_of(source: &str, offset: usize) -> usize {
    let end = offset.min(source.len());
    1 + source.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_from_one_and_survives_any_offset() {
        let source = "a\nção\n\nd";
        for (offset, line) in [(0, 1), (1, 1), (2, 2), (4, 2), (8, 3), (9, 4), (999, 4)] {
            assert_eq!(line_of(source, offset), line, "offset {offset}");
        }
    }

    #[test]
    fn reads_like_a_compiler_message() {
        assert_eq!(
            Problem::at_offset("tools/crm.toml", "x\ny", 2, "bad").to_string(),
            "tools/crm.toml:2: bad"
        );
        assert_eq!(Problem::in_file("tools/crm.toml", "bad").to_string(), "tools/crm.toml: bad");
    }
}
