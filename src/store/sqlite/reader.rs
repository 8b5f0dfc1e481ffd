//! Reads, on a few connections that cannot write. What a committed write changed is seen by every later read.
//!
//! A read that finds a few rows by an index runs on the thread that asks: it takes microseconds, less than to wake another
//! thread and be woken again. It waits for nobody, as the write-ahead log keeps readers and the writer apart; only a page
//! that the system has not in memory yet holds the thread up, for one access to the disk. A read that may be long has a
//! thread to itself and connections of its kind, so that no short one stands behind it.

use super::connect::Connector;
use super::statement::{Read, Statement};
use crate::store::error::StoreError;
use rusqlite::Connection;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The reading connections.
#[derive(Clone)]
pub(super) struct Reader {
    /// For short reads; each held for one of them, never across an await. At least one.
    short: Arc<[Lane]>,
    /// For long reads.
    long: [Arc<tokio::sync::Mutex<Option<Connection>>>; 2],
}

/// A connection, until it is closed.
type Lane = Mutex<Option<Connection>>;

impl Reader {
    /// Opens so many connections for short reads, at least one, and two for long ones.
    pub(super) fn open(connector: &Connector, count: u32) -> rusqlite::Result<Self> {
        let lanes = (0..count.max(1)).map(|_| connector.reading().map(|lane| Mutex::new(Some(lane))));
        let long = || connector.reading().map(|lane| Arc::new(tokio::sync::Mutex::new(Some(lane))));
        Ok(Self { short: lanes.collect::<rusqlite::Result<_>>()?, long: [long()?, long()?] })
    }

    /// The first row, if any. For a read by an index.
    pub(super) fn one<T>(&self, statement: Statement, read: Read<T>) -> Result<Option<T>, StoreError> {
        statement.first(self.lane().as_ref().ok_or_else(closed)?, read)
    }

    /// Every row. For a read by an index that finds few.
    pub(super) fn few<T>(&self, statement: Statement, read: Read<T>) -> Result<Vec<T>, StoreError> {
        statement.all(self.lane().as_ref().ok_or_else(closed)?, read)
    }

    /// Every row, of a read that may be long.
    pub(super) async fn many<T>(&self, statement: Statement, read: Read<T>) -> Result<Vec<T>, StoreError>
    where
        T: Send + 'static,
    {
        let [one, other] = self.long.clone();
        let lane = match one.try_lock_owned() {
            Ok(free) => free,
            Err(_) => other.lock_owned().await,
        };
        let reading =
            tokio::task::spawn_blocking(move || statement.all(lane.as_ref().ok_or_else(closed)?, read));
        reading.await.map_err(|error| StoreError::Fault(format!("a read was not finished: {error}")))?
    }

    /// Closes the connections, waiting for reads that run. Blocks.
    pub(super) fn close(&self) {
        for lane in &*self.short {
            locked(lane).take();
        }
        for lane in &self.long {
            lane.blocking_lock().take();
        }
    }

    /// A connection that nobody uses, or else the first one when it is free.
    fn lane(&self) -> MutexGuard<'_, Option<Connection>> {
        let free = self.short.iter().find_map(|lane| lane.try_lock().ok());
        free.unwrap_or_else(|| locked(&self.short[0]))
    }
}

fn locked(lane: &Lane) -> MutexGuard<'_, Option<Connection>> {
    lane.lock().unwrap_or_else(PoisonError::into_inner)
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}
