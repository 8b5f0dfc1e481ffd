//! Somebody's own SQLite file, asked for an operator's tool: opened for reading alone, one connection a question, ended
//! when its time is up. It is not the store's own way to its file.

use crate::domain::query::{Query, QueryError, QueryLimits, QueryPart, ReadOnlyDatabase, Rows};
use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};
use rusqlite::{Connection, Error, OpenFlags, Statement, ffi};
use serde_json::{Map, Number, Value};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait for somebody who writes.
const BUSY: Duration = Duration::from_secs(2);

/// A file.
pub struct SqliteQueries {
    file: PathBuf,
}

impl SqliteQueries {
    /// The file at this path; it is opened when it is asked.
    pub fn at(file: &Path) -> Self {
        Self { file: file.to_owned() }
    }
}

#[async_trait]
impl ReadOnlyDatabase for SqliteQueries {
    async fn read(
        &self,
        query: &Query,
        values: &Map<String, Value>,
        limits: QueryLimits,
    ) -> Result<Rows, QueryError> {
        let (file, text) = (self.file.clone(), text(query));
        let connection = tokio::task::spawn_blocking(move || open(&file)).await.map_err(unfinished)??;
        let interrupt = connection.get_interrupt_handle();
        let values = values.clone();
        let mut reading = tokio::task::spawn_blocking(move || {
            let mut statement = prepare(&connection, &text)?;
            bind(&mut statement, &values)?;
            rows(&mut statement, limits)
        });
        match tokio::time::timeout(limits.timeout, &mut reading).await {
            Ok(read) => read.map_err(unfinished)?,
            Err(_) => {
                interrupt.interrupt();
                // It ends at once now; its thread must not be left behind.
                reading.await.ok();
                Err(QueryError::TimedOut)
            }
        }
    }

    async fn check(&self, query: &Query) -> Result<(), QueryError> {
        let (file, text) = (self.file.clone(), text(query));
        let check = move || prepare(&open(&file)?, &text).map(|_| ());
        tokio::task::spawn_blocking(check).await.map_err(unfinished)?
    }
}

/// The query as SQLite takes it: it knows `:name` itself.
fn text(query: &Query) -> String {
    query
        .parts
        .iter()
        .map(|part| match part {
            QueryPart::Text(text) => text.clone(),
            QueryPart::Value(name) => format!(":{name}"),
        })
        .collect()
}

fn open(file: &Path) -> Result<Connection, QueryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(sorted)?;
    connection.busy_timeout(BUSY).map_err(sorted)?;
    connection.pragma_update(None, "query_only", true).map_err(sorted)?;
    connection.pragma_update(None, "trusted_schema", false).map_err(sorted)?;
    Ok(connection)
}

fn prepare<'c>(connection: &'c Connection, text: &str) -> Result<Statement<'c>, QueryError> {
    let statement = connection.prepare(text).map_err(sorted)?;
    if statement.readonly() { Ok(statement) } else { Err(QueryError::Fault("the query would write".into())) }
}

fn bind(statement: &mut Statement<'_>, values: &Map<String, Value>) -> Result<(), QueryError> {
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).unwrap_or_default().trim_start_matches(':').to_owned();
        let value = match values.get(&name) {
            None | Some(Value::Null) => Stored::Null,
            Some(Value::Bool(value)) => Stored::Integer(i64::from(*value)),
            Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Stored::Integer(whole),
                (None, Some(float)) => Stored::Real(float),
                (None, None) => return Err(QueryError::BadValue(format!("`{name}` is too large"))),
            },
            Some(Value::String(text)) => Stored::Text(text.clone()),
            // For json_each(:list).
            Some(value @ (Value::Array(_) | Value::Object(_))) => Stored::Text(value.to_string()),
        };
        statement.raw_bind_parameter(index, ToSqlOutput::Owned(value)).map_err(sorted)?;
    }
    Ok(())
}

fn rows(statement: &mut Statement<'_>, limits: QueryLimits) -> Result<Rows, QueryError> {
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut found = Rows::default();
    let mut bytes = 0;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(sorted)? {
        if found.rows.len() >= limits.rows {
            found.more = true;
            break;
        }
        let mut object = Map::new();
        for (index, column) in columns.iter().enumerate() {
            let value = json(row.get_ref(index).map_err(sorted)?, limits.bytes);
            bytes += column.len() + length(&value);
            object.insert(column.clone(), value);
        }
        if bytes > limits.bytes {
            found.more = true;
            break;
        }
        found.rows.push(Value::Object(object));
    }
    Ok(found)
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 4,
        _ => 8,
    }
}

fn json(value: ValueRef<'_>, most: usize) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(whole) => Value::from(whole),
        ValueRef::Real(float) => Number::from_f64(float).map_or(Value::Null, Value::Number),
        // One that alone is too long is not copied first.
        ValueRef::Text(bytes) => {
            Value::String(String::from_utf8_lossy(&bytes[..bytes.len().min(most + 1)]).into_owned())
        }
        ValueRef::Blob(bytes) => Value::String(format!("({} bytes)", bytes.len())),
    }
}

/// Sorts an error by what the asker can do about it.
fn sorted(error: Error) -> QueryError {
    match error.sqlite_error().map(|failure| failure.extended_code & 0xff) {
        Some(
            ffi::SQLITE_BUSY
            | ffi::SQLITE_LOCKED
            | ffi::SQLITE_CANTOPEN
            | ffi::SQLITE_IOERR
            | ffi::SQLITE_NOMEM,
        ) => QueryError::Unavailable(error.to_string()),
        Some(ffi::SQLITE_INTERRUPT) => QueryError::TimedOut,
        Some(_) | None => QueryError::Fault(error.to_string()),
    }
}

fn unfinished(error: tokio::task::JoinError) -> QueryError {
    QueryError::Fault(format!("a read was not finished: {error}"))
}
