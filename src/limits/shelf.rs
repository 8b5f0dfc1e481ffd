//! Where alerts wait until the webhook has them, so that none is lost with the process. Says what a place that keeps
//! them has to offer; keeps none.

use super::alerts::Alert;
use async_trait::async_trait;
use jiff::Timestamp;

/// An alert that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptAlert {
    /// The alert.
    pub alert: Alert,
    /// How often the webhook was tried.
    pub attempts: u32,
}

/// What becomes of an alert that was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settled {
    /// It was sent, or given up: it is gone.
    Done,
    /// It is tried again at this time.
    Again(Timestamp),
}

/// The place that keeps alerts is away.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("alerts cannot be kept: {0}")]
pub struct ShelfAway(pub String);

/// Keeps alerts for every process.
#[async_trait]
pub trait AlertShelf: Send + Sync {
    /// Keeps an alert that is due at once. The same id again, while it waits, changes nothing.
    ///
    /// # Errors
    /// [`ShelfAway`]; then it is not kept.
    async fn keep(&self, alert: &Alert) -> Result<(), ShelfAway>;

    /// Takes alerts that are due, the longest waiting first, at most `limit`; nobody else gets them before `until`.
    ///
    /// # Errors
    /// [`ShelfAway`].
    async fn take(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<KeptAlert>, ShelfAway>;

    /// Says what became of one.
    ///
    /// # Errors
    /// [`ShelfAway`]; then it is tried again.
    async fn settle(&self, id: &str, settled: Settled) -> Result<(), ShelfAway>;
}
