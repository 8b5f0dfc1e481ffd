//! Sorts SQLite's result codes by what the caller can do about them.

use crate::store::error::StoreError;
use sqlx::error::ErrorKind;

/// Primary result codes after which the same write may well succeed later: BUSY, LOCKED, NOMEM, READONLY,
/// INTERRUPT, IOERR, FULL, CANTOPEN. After most of them SQLite has rolled back the whole transaction.
const PASSING: [u32; 8] = [5, 6, 7, 8, 9, 10, 13, 14];
const CONSTRAINT: u32 = 19;
/// CORRUPT and NOTADB.
const BROKEN: [u32; 2] = [11, 26];

/// The primary result code of an error that SQLite reported.
fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let extended: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// Whether the file is no database, or a damaged one.
pub(super) fn is_broken_file(error: &sqlx::Error) -> bool {
    primary_code(error).is_some_and(|code| BROKEN.contains(&code))
}

/// Sorts an error. No `From`: each database has codes of its own, and `?` would not know whose they are.
pub(super) fn sorted(error: sqlx::Error) -> StoreError {
    match primary_code(&error) {
        Some(code) if PASSING.contains(&code) => StoreError::Unavailable(error.to_string()),
        Some(CONSTRAINT) => StoreError::Conflict(broken_rule(&error)),
        Some(_) => StoreError::Fault(error.to_string()),
        None => match error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_) => StoreError::Unavailable(error.to_string()),
            sqlx::Error::RowNotFound => StoreError::NotFound,
            other => StoreError::Fault(other.to_string()),
        },
    }
}

/// Which kind of rule a write broke, in plain words.
fn broken_rule(error: &sqlx::Error) -> String {
    let Some(database) = error.as_database_error() else { return error.to_string() };
    let rule = match database.kind() {
        ErrorKind::UniqueViolation => "taken already",
        ErrorKind::ForeignKeyViolation => "names a row that does not exist",
        _ => "breaks a rule of its table",
    };
    format!("{rule} ({})", database.message())
}
