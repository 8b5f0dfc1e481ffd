//! Sorts PostgreSQL's error codes by what the caller can do about them.

use crate::store::error::StoreError;
use sqlx::error::{DatabaseError, ErrorKind};

/// Classes of codes after which the same call may well succeed later: connection, refused log-in, no such
/// database, rolled back (serialization, deadlock), resources, not in this state (a lock not got), operator
/// (time-out, shutdown), system.
const PASSING: [&str; 8] = ["08", "28", "3D", "40", "53", "55", "57", "58"];
/// The server is a standby for now, or a transaction waited too long for us.
const PASSING_CODES: [&str; 2] = ["25006", "25P03"];
/// A rule of the data.
const CONSTRAINT: &str = "23";
/// One statement that gives the same key twice.
const GIVEN_TWICE: &str = "21000";
/// Rolled back only because of others: the same transaction may succeed at once.
const AGAIN: [&str; 2] = ["40001", "40P01"];

/// Whether the transaction was rolled back only because of others.
pub(super) fn is_worth_another_try(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| AGAIN.contains(&code.as_str()))
}

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// Sorts an error. No `From`: each database has codes of its own, and `?` would not know whose they are.
pub(super) fn sorted(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(database) => sorted_code(database.as_ref()),
        sqlx::Error::RowNotFound => StoreError::NotFound,
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_) => StoreError::Unavailable(error.to_string()),
        other => StoreError::Fault(other.to_string()),
    }
}

fn sorted_code(error: &dyn DatabaseError) -> StoreError {
    let code = error.code().unwrap_or_default();
    if PASSING.iter().any(|class| code.starts_with(class)) || PASSING_CODES.contains(&code.as_ref()) {
        StoreError::Unavailable(format!("{} ({code})", error.message()))
    } else if code.starts_with(CONSTRAINT) || code == GIVEN_TWICE {
        StoreError::Conflict(broken_rule(error))
    } else {
        StoreError::Fault(format!("{} ({code})", error.message()))
    }
}

/// Which kind of rule a write broke, in plain words.
fn broken_rule(error: &dyn DatabaseError) -> String {
    let rule = match error.kind() {
        ErrorKind::UniqueViolation => "taken already",
        ErrorKind::ForeignKeyViolation => "names a row that does not exist",
        _ => "breaks a rule of its table",
    };
    format!("{rule} ({})", error.message())
}
