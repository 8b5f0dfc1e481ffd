//! Failures of a store, by what the caller can do. `thiserror`, because callers branch.

/// A store that could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such row.
    #[error("not found")]
    NotFound,
    /// Somebody else owns the conversation by now: the write was refused and nothing changed.
    #[error("the conversation has moved on (stale epoch)")]
    Stale,
    /// A rule of the data was broken by the write: a taken slot, a used code. Nothing changed.
    #[error("conflict: {0}")]
    Conflict(String),
    /// The database is not there for now: locked, full, gone. Nothing was acknowledged; try again later.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// A fault that retrying does not mend.
    #[error("database: {0}")]
    Fault(String),
}
