//! Sorts SQLite's result codes by what the caller can do about them.

use crate::store::error::StoreError;
use rusqlite::{Error, ffi};

/// Primary result codes after which the same write may well succeed later. After most of them SQLite has rolled back the
/// whole transaction.
const PASSING: [i32; 8] = [
    ffi::SQLITE_BUSY,
    ffi::SQLITE_LOCKED,
    ffi::SQLITE_NOMEM,
    ffi::SQLITE_READONLY,
    ffi::SQLITE_INTERRUPT,
    ffi::SQLITE_IOERR,
    ffi::SQLITE_FULL,
    ffi::SQLITE_CANTOPEN,
];
const BROKEN: [i32; 2] = [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB];
const TAKEN: [i32; 3] =
    [ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_CONSTRAINT_PRIMARYKEY, ffi::SQLITE_CONSTRAINT_ROWID];

/// The extended result code of an error that SQLite reported.
fn code(error: &Error) -> Option<i32> {
    match error {
        Error::SqliteFailure(failure, _) | Error::SqlInputError { error: failure, .. } => {
            Some(failure.extended_code)
        }
        _ => None,
    }
}

/// What several kinds of failure have in common.
fn primary(code: i32) -> i32 {
    code & 0xff
}

/// Whether the file is no database, or a damaged one.
pub(super) fn is_broken_file(error: &Error) -> bool {
    code(error).is_some_and(|code| BROKEN.contains(&primary(code)))
}

/// Sorts an error. No `From`: each database has codes of its own, and `?` would not know whose they are.
pub(super) fn sorted(error: Error) -> StoreError {
    match code(&error) {
        Some(code) if PASSING.contains(&primary(code)) => StoreError::Unavailable(error.to_string()),
        Some(code) if primary(code) == ffi::SQLITE_CONSTRAINT => {
            StoreError::Conflict(format!("{} ({error})", broken_rule(code)))
        }
        Some(_) | None => StoreError::Fault(error.to_string()),
    }
}

/// Which kind of rule a write broke, in plain words.
fn broken_rule(code: i32) -> &'static str {
    match code {
        code if TAKEN.contains(&code) => "taken already",
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => "names a row that does not exist",
        _ => "breaks a rule of its table",
    }
}
