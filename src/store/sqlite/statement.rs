//! A statement: its text and the values of its parameters, made where the values are known and run where the connection
//! is. Knows no table.

use super::error::sorted;
use super::rows::Columns;
use crate::store::error::StoreError;
use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection};
use std::borrow::Cow;

/// One statement with its values. What it is run on keeps it prepared if its text is part of the program; a text that was
/// put together serves once.
pub(super) struct Statement {
    text: Cow<'static, str>,
    values: Vec<Value>,
}

/// A statement without values.
pub(super) fn query(text: impl Into<Cow<'static, str>>) -> Statement {
    Statement { text: text.into(), values: Vec::new() }
}

impl Statement {
    /// Gives the next parameter (`$1` is the first) its value.
    pub(super) fn bind(mut self, value: impl Bound) -> Self {
        self.values.push(value.into_value());
        self
    }

    /// Runs a statement that returns no row, and says how many rows it changed.
    pub(super) fn execute(&self, connection: &Connection) -> Result<u64, StoreError> {
        let mut prepared = self.prepared(connection)?;
        let changed = prepared.raw_execute().map_err(sorted)?;
        self.done_with(prepared);
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    /// Reads the first row, if any.
    pub(super) fn first<T>(&self, connection: &Connection, read: Read<T>) -> Result<Option<T>, StoreError> {
        let mut prepared = self.prepared(connection)?;
        let first = match prepared.raw_query().next().map_err(sorted)? {
            Some(row) => Some(read(&mut Columns::of(row))?),
            None => None,
        };
        self.done_with(prepared);
        Ok(first)
    }

    /// Reads every row.
    pub(super) fn all<T>(&self, connection: &Connection, read: Read<T>) -> Result<Vec<T>, StoreError> {
        let mut prepared = self.prepared(connection)?;
        let mut found = Vec::new();
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next().map_err(sorted)? {
            found.push(read(&mut Columns::of(row))?);
        }
        drop(rows);
        self.done_with(prepared);
        Ok(found)
    }

    fn prepared<'c>(&self, connection: &'c Connection) -> Result<CachedStatement<'c>, StoreError> {
        let mut prepared = connection.prepare_cached(&self.text).map_err(sorted)?;
        for index in 1..=prepared.parameter_count() {
            // SQLite numbers parameters as they appear; their own number is in their name.
            let number = prepared.parameter_name(index).and_then(|name| name.get(1..)?.parse::<usize>().ok());
            let value = number.and_then(|number| self.values.get(number.checked_sub(1)?));
            let value = value.ok_or_else(|| StoreError::Fault(format!("parameter {index} has no value")))?;
            prepared.raw_bind_parameter(index, value).map_err(sorted)?;
        }
        Ok(prepared)
    }

    fn done_with(&self, prepared: CachedStatement<'_>) {
        match self.text {
            Cow::Borrowed(_) => drop(prepared),
            Cow::Owned(_) => prepared.discard(),
        }
    }
}

/// How a row is read.
pub(super) type Read<T> = fn(&mut Columns<'_>) -> Result<T, StoreError>;

/// What a parameter can have as its value.
pub(super) trait Bound {
    /// As SQLite takes it.
    fn into_value(self) -> Value;
}

impl Bound for &str {
    fn into_value(self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl<T: Bound> Bound for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, Bound::into_value)
    }
}

macro_rules! bound_as_it_is {
    ($($kind:ty),+) => {$(
        impl Bound for $kind {
            fn into_value(self) -> Value {
                Value::from(self)
            }
        }
    )+};
}

bound_as_it_is!(String, Vec<u8>, i64, u32, bool);
