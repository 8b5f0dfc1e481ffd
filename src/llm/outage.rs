//! A rehearsed outage: for a while every model that someone else runs counts as away. It makes the fall to the built-in
//! model, the operator's alert and the way back happen as they would.

use crate::domain::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The longest rehearsal; one that was forgotten ends by itself.
pub const LONGEST: Duration = Duration::from_secs(3600);

/// A rehearsed outage, over or not.
pub struct Outage {
    clock: Arc<dyn Clock>,
    /// When it ends, in milliseconds since 1970.
    until: AtomicI64,
}

impl Outage {
    /// None yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, until: AtomicI64::new(0) }
    }

    /// Begins one, or changes how long it lasts; returns when it ends.
    pub fn begin(&self, length: Duration) -> Timestamp {
        let length = SignedDuration::try_from(length.min(LONGEST)).unwrap_or_default();
        let until = self.clock.now().saturating_add(length).unwrap_or(Timestamp::MAX);
        self.until.store(until.as_millisecond(), Ordering::Relaxed);
        until
    }

    /// Ends it.
    pub fn end(&self) {
        self.until.store(0, Ordering::Relaxed);
    }

    /// Whether models count as away now.
    pub fn is_on(&self) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        until > 0 && self.clock.now().as_millisecond() < until
    }
}
