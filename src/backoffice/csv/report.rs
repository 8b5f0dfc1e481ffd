//! What came of an import: how much was taken, and every fault with file, line and column.

use super::Kind;
use std::fmt;

/// Most faults that are kept; a file that has more is probably not the file that was meant.
const MOST_PROBLEMS: usize = 1_000;

/// One fault in a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RowProblem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The column, by its name; empty if the whole row is meant.
    pub column: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl fmt::Display for RowProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: ", self.file, self.line)?;
        if !self.column.is_empty() {
            write!(formatter, "column `{}`: ", self.column)?;
        }
        formatter.write_str(&self.message)
    }
}

/// What to do with rows that are not right.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BadRows {
    /// Import nothing at all.
    #[default]
    Refuse,
    /// Leave them out and import the others.
    Skip,
}

/// What came of an import.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportReport {
    /// How many rows of each kind were written; empty if nothing was.
    pub imported: Vec<(Kind, usize)>,
    /// Every fault, by file and line.
    pub problems: Vec<RowProblem>,
    /// How many more faults there were than are kept.
    pub more_problems: usize,
    /// Columns that mean nothing here, as `file: column`; they were left alone.
    pub ignored_columns: Vec<String>,
}

impl ImportReport {
    /// Whether every row was right.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Collects faults while files are read.
#[derive(Debug, Default)]
pub struct Problems {
    found: Vec<RowProblem>,
    more: usize,
}

impl Problems {
    /// Notes a fault.
    pub fn add(&mut self, file: &str, line: u64, column: &str, message: impl Into<String>) {
        if self.found.len() < MOST_PROBLEMS {
            let (file, column, message) = (file.to_owned(), column.to_owned(), message.into());
            self.found.push(RowProblem { file, line, column, message });
        } else {
            self.more += 1;
        }
    }

    /// How many there are so far.
    pub fn count(&self) -> usize {
        self.found.len() + self.more
    }

    /// Ends the collection.
    pub fn into_report(mut self, imported: Vec<(Kind, usize)>, ignored_columns: Vec<String>) -> ImportReport {
        self.found.sort();
        ImportReport { imported, problems: self.found, more_problems: self.more, ignored_columns }
    }
}
