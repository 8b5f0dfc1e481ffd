//! How vendors' systems did: counts of calls, and the times when a system was away. Several processes write of the same
//! system; counts add up, and whoever is answered first ends the time that another saw begin. Numbers only.

use super::error::StoreError;
use async_trait::async_trait;
use jiff::Timestamp;

/// Calls of one connector within one span of time that took about as long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallCount {
    /// When the span begins.
    pub span: Timestamp,
    /// The class of how long they took; which it is, the writer says.
    pub took: u32,
    /// How many.
    pub calls: u64,
    /// How many of these the system did not answer.
    pub failed: u64,
}

/// A change between answering and not answering.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reached {
    /// It failed from `first` to `last`, without an answer in between.
    Away {
        /// The first failure.
        first: Timestamp,
        /// The newest one.
        last: Timestamp,
        /// What the newest one was, in the word it is counted under.
        fault: &'static str,
    },
    /// It answered.
    Back {
        /// When first.
        at: Timestamp,
    },
}

/// A time when a system did not answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outage {
    /// The first failure.
    pub began_at: Timestamp,
    /// The newest one.
    pub last_at: Timestamp,
    /// What the newest one was.
    pub fault: String,
    /// When it answered again, if it did.
    pub ended_at: Option<Timestamp>,
}

/// What one process saw of a system and nobody has written down yet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// Calls, each class of each span once.
    pub counts: Vec<CallCount>,
    /// Changes, in their order.
    pub reached: Vec<Reached>,
}

/// What all processes have written down of a system.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HealthHistory {
    /// Calls, by span and class.
    pub counts: Vec<CallCount>,
    /// The newest outages, newest first; at most a hundred.
    pub outages: Vec<Outage>,
}

/// From when on something is told, or kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Since {
    /// Counts of spans that begin then or later.
    pub counts: Timestamp,
    /// Outages that had not ended by then.
    pub outages: Timestamp,
}

/// How systems did.
#[async_trait]
pub trait HealthStore: Send + Sync {
    /// Adds what was seen, all or nothing, and forgets what is older than `keep`.
    async fn add(&self, connector: &str, seen: &Seen, keep: Since) -> Result<(), StoreError>;
    /// What is known.
    async fn history(&self, connector: &str, since: Since) -> Result<HealthHistory, StoreError>;
}
