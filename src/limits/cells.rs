//! Quotas that several processes share: one cell a quota, counted by the generic cell rate algorithm (GCRA, ITU-T
//! I.371). Says what a place that keeps cells has to offer; keeps none.

use async_trait::async_trait;
use std::time::Duration;

/// So much may be taken at once, and so much comes back over a minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellRate {
    /// Units in a minute.
    pub per_minute: u32,
    /// Units at once.
    pub at_once: u32,
}

impl CellRate {
    /// The time after which `units` have come back, in microseconds.
    pub fn microseconds(self, units: u32) -> i64 {
        i64::from(units) * 60_000_000 / i64::from(self.per_minute.max(1))
    }
}

/// What came of a request for units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// They were taken.
    Now,
    /// None was taken; there will be enough after this time, if nobody else takes them.
    Later(Duration),
}

/// Nobody can say: the place that keeps the cells is away.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("shared quotas cannot be asked: {0}")]
pub struct CellsAway(pub String);

/// Keeps cells for every process. Its own clock counts, as the processes' may differ.
#[async_trait]
pub trait SharedCells: Send + Sync {
    /// Takes `units` from the cell `name`, all or none. More than the whole cell holds count as the whole cell.
    ///
    /// # Errors
    /// [`CellsAway`].
    async fn take(&self, name: &str, units: u32, rate: CellRate) -> Result<Taken, CellsAway>;
}
