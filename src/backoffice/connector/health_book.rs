//! Writes down how a vendor's system does, so that its numbers outlive the process and those of several add up. Calls
//! wait for none of it: what they saw is taken to the database every few seconds, and once more at the end.

use super::engine::Connector;
use super::fault::Fault;
use super::health::{Change, Health, HealthReport};
use crate::domain::clock::Clock;
use crate::store::error::StoreError;
use crate::store::health::HealthStore;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often what was seen is written down.
const ROUND: Duration = Duration::from_secs(10);

/// How one system does, and where that is kept.
pub struct HealthBook {
    connector: String,
    health: Mutex<Health>,
    store: Arc<dyn HealthStore>,
    clock: Arc<dyn Clock>,
    /// One at a time: what is read behind a write has it in.
    writing: tokio::sync::Mutex<()>,
}

impl HealthBook {
    /// An empty page for a connector.
    pub fn new(connector: &str, store: Arc<dyn HealthStore>, clock: Arc<dyn Clock>) -> Self {
        let (connector, health) = (connector.to_owned(), Mutex::default());
        Self { connector, health, store, clock, writing: tokio::sync::Mutex::default() }
    }

    /// Takes in one call; see [`Health::saw`].
    pub fn saw(&self, fault: Option<&Fault>, took: Duration) -> Option<Change> {
        self.health().saw(fault, took, self.clock.now())
    }

    /// How many calls this process has made within the last minute.
    pub fn within_a_minute(&self) -> u32 {
        self.health().within_a_minute(self.clock.now())
    }

    /// How it does, by the calls of every process. While the database is away, by what was known before and this process's
    /// own.
    pub async fn report(&self) -> HealthReport {
        self.write_down().await;
        self.health().report(self.clock.now())
    }

    /// Whether [`Self::write_down`] has something to do; what others have written is read before it is told.
    fn has_news(&self) -> bool {
        self.health().has_news()
    }

    /// Writes down what is new, and reads what others have written.
    pub async fn write_down(&self) {
        let _alone = self.writing.lock().await;
        let seen = self.health().leaving();
        let since = Health::since(self.clock.now());
        let written =
            if seen.counts.is_empty() { Ok(()) } else { self.store.add(&self.connector, &seen, since).await };
        let is_written = written.is_ok();
        let history = match written {
            Ok(()) => self.store.history(&self.connector, since).await,
            Err(error) => Err(error),
        };
        let mut health = self.health();
        health.written(is_written);
        match history {
            Ok(history) => health.learn(history),
            Err(error) => self.not_kept(&error),
        }
    }

    fn not_kept(&self, error: &StoreError) {
        tracing::warn!(connector = %self.connector, %error, "how a connector does was not written down; it is tried again");
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes down what was seen of all connectors.
pub struct HealthTask {
    connectors: Vec<Arc<Connector>>,
}

impl HealthTask {
    /// A task for these.
    pub fn new(connectors: impl Iterator<Item = Arc<Connector>>) -> Self {
        Self { connectors: connectors.collect() }
    }

    /// Writes until `stop`, and then what is left.
    pub async fn run(self, stop: CancellationToken) {
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let is_over = tokio::select! {
                () = stop.cancelled() => true,
                _ = rounds.tick() => false,
            };
            for book in self.connectors.iter().map(|connector| connector.health()) {
                if book.has_news() {
                    book.write_down().await;
                }
            }
            if is_over {
                return;
            }
        }
    }
}
