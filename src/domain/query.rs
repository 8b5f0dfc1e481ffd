//! A question to somebody's database: text with places for values, what may come back, and who can be asked. It knows no
//! database.

use async_trait::async_trait;
use serde_json::{Map, Value};
use std::time::Duration;

/// A piece of a query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum QueryPart {
    /// As it stands.
    Text(String),
    /// The place of the value of that name.
    Value(String),
}

/// One statement that reads, with places for values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query {
    /// In the order they are written.
    pub parts: Vec<QueryPart>,
}

impl Query {
    /// The names of its values, each once, in the order they come.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for part in &self.parts {
            if let QueryPart::Value(name) = part
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        }
        names
    }
}

/// How much may come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueryLimits {
    /// Rows.
    pub rows: usize,
    /// Bytes of JSON, about.
    pub bytes: usize,
    /// Time.
    pub timeout: Duration,
}

/// What came back.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rows {
    /// Objects by column, in the order of the columns.
    pub rows: Vec<Value>,
    /// Whether there was more than the limits let through.
    pub more: bool,
}

/// Why nothing came back.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum QueryError {
    /// The database cannot be reached, or cannot answer now.
    #[error("{0}")]
    Unavailable(String),
    /// It took too long.
    #[error("it took too long")]
    TimedOut,
    /// A value that does not fit its place.
    #[error("{0}")]
    BadValue(String),
    /// The query itself.
    #[error("{0}")]
    Fault(String),
}

/// A database that is only ever read. Implementors owe: values are bound and never become part of the text, nothing can
/// be written whatever the text says, and time and size stay within the limits.
#[async_trait]
pub trait ReadOnlyDatabase: Send + Sync {
    /// Asks. A value that is missing is null.
    ///
    /// # Errors
    /// [`QueryError`].
    async fn read(
        &self,
        query: &Query,
        values: &Map<String, Value>,
        limits: QueryLimits,
    ) -> Result<Rows, QueryError>;

    /// Whether the query could be asked; nothing is read.
    ///
    /// # Errors
    /// [`QueryError`].
    async fn check(&self, query: &Query) -> Result<(), QueryError>;
}
