//! What every store of this database works with: reads on any connection, writes that are announced once they are
//! durable. A write that is one statement is no transaction of its own; the server groups commits by itself.
//!
//! A server that says nothing (a cut wire, a machine that froze) is given up after a while, and with it the connection:
//! given back to the pool, it would stand in everybody's way.

use super::error::{is_worth_another_try, sorted};
use super::live::{Announcer, Notice};
use super::rows::Statement;
use crate::domain::event::Event;
use crate::domain::ids::ConversationId;
use crate::store::error::StoreError;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, PgRow, Postgres};
use sqlx::{Error, Executor};
use std::future::Future;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often a transaction that was rolled back because of others is tried.
const ATTEMPTS: u32 = 4;

/// The word that begins a transaction.
const BEGIN: &str = "BEGIN";

/// How a write holds together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Atomicity {
    /// It changes something in one statement at most.
    Statement,
    /// It changes something in several: all or none.
    Transaction,
}

/// The connections, and who is told.
#[derive(Clone)]
pub(super) struct Database {
    pool: PgPool,
    /// How long the server may say nothing.
    patience: Duration,
    announcer: Announcer,
    writes: TaskTracker,
    closing: CancellationToken,
}

impl Database {
    pub(super) fn on(pool: PgPool, patience: Duration, announcer: Announcer) -> Self {
        Self { pool, patience, announcer, writes: TaskTracker::new(), closing: CancellationToken::new() }
    }

    /// The name that this process's claims bear.
    pub(super) fn process(&self) -> &str {
        self.announcer.process()
    }

    /// The first row, if any.
    pub(super) async fn one(&self, statement: Statement<'_>) -> Result<Option<PgRow>, StoreError> {
        self.connected().await?.row(statement).await
    }

    /// Every row.
    pub(super) async fn all(&self, statement: Statement<'_>) -> Result<Vec<PgRow>, StoreError> {
        self.connected().await?.rows(statement).await
    }

    async fn connected(&self) -> Result<Transaction, StoreError> {
        connected(&self.pool, self.patience).await
    }

    /// Runs `work`; returns once it is durable and announced. It may run several times, and only the last one
    /// counts. A caller that goes away leaves it to be finished: what was committed must be announced.
    pub(super) async fn write<T, W>(&self, atomicity: Atomicity, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'t> Fn(&'t mut Transaction) -> BoxFuture<'t, Result<T, StoreError>> + Send + Sync + 'static,
    {
        if self.closing.is_cancelled() {
            return Err(StoreError::Unavailable("the store is closed".to_owned()));
        }
        let database = self.clone();
        let writing = self.writes.spawn(async move { database.write_until_it_stands(atomicity, work).await });
        writing.await.unwrap_or_else(|error| Err(StoreError::Fault(format!("a write broke off: {error}"))))
    }

    async fn write_until_it_stands<T, W>(&self, atomicity: Atomicity, work: W) -> Result<T, StoreError>
    where
        W: for<'t> Fn(&'t mut Transaction) -> BoxFuture<'t, Result<T, StoreError>>,
    {
        let mut attempt = 1;
        loop {
            let mut transaction = Transaction::begin(&self.pool, self.patience, atomicity).await?;
            let worked = work(&mut transaction).await;
            let again = transaction.worth_another_try && attempt < ATTEMPTS;
            match worked {
                Ok(value) => match transaction.commit().await {
                    Ok(()) => {
                        self.announcer.announce(std::mem::take(&mut transaction.notices));
                        return Ok(value);
                    }
                    Err(_) if transaction.worth_another_try && attempt < ATTEMPTS => {}
                    Err(error) => return Err(error),
                },
                Err(error) => {
                    transaction.roll_back().await;
                    if !again {
                        return Err(error);
                    }
                }
            }
            attempt += 1;
        }
    }

    /// Finishes the writes that run and refuses later ones; then closes the connections.
    pub(super) async fn close(&self) {
        self.closing.cancel();
        self.writes.close();
        self.writes.wait().await;
        self.pool.close().await;
    }
}

/// What one write does: it runs statements, and notes what the world is told once it is durable.
pub(super) struct Transaction {
    /// There until the end.
    connection: Option<PoolConnection<Postgres>>,
    patience: Duration,
    atomicity: Atomicity,
    /// Whether nobody knows what the connection is at: while it owes an answer, also to a caller that went away; after
    /// it gave none; and inside a transaction. Then it is closed in the end.
    lost: bool,
    /// Whether it was rolled back only because of others.
    worth_another_try: bool,
    notices: Vec<Notice>,
}

impl Transaction {
    async fn begin(pool: &PgPool, patience: Duration, atomicity: Atomicity) -> Result<Self, StoreError> {
        let connection = Some(pool.acquire().await.map_err(sorted)?);
        let (notices, worth_another_try) = (Vec::new(), false);
        let mut begun = Self { connection, patience, atomicity, lost: false, worth_another_try, notices };
        begun.around(BEGIN).await?;
        Ok(begun)
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        self.around("COMMIT").await
    }

    async fn roll_back(mut self) {
        // The server rolls back by itself once the connection is gone.
        if let Err(error) = self.around("ROLLBACK").await {
            tracing::debug!(%error, "a transaction could not be rolled back");
        }
    }

    /// Says a word that begins or ends a transaction, if this is one. If it fails, nobody knows where the connection
    /// stands.
    async fn around(&mut self, word: &'static str) -> Result<(), StoreError> {
        if self.atomicity == Atomicity::Statement {
            return Ok(());
        }
        self.lost = true;
        let said = in_time(self.patience, connection(&mut self.connection)?.execute(word)).await;
        // Between the two words it must not be used by anybody else.
        self.lost = said.is_err() || word == BEGIN;
        said.map(drop).map_err(|error| self.failed(error))
    }

    /// What came of a statement.
    fn answered<T>(&mut self, answer: Result<T, Error>) -> Result<T, StoreError> {
        // The server itself said what is wrong, or it said nothing.
        let knows = answer.as_ref().err().is_none_or(|error| matches!(error, Error::Database(_)));
        self.lost = !knows || self.atomicity == Atomicity::Transaction;
        answer.map_err(|error| self.failed(error))
    }

    fn failed(&mut self, error: Error) -> StoreError {
        self.worth_another_try = is_worth_another_try(&error);
        sorted(error)
    }

    /// Runs a statement that changes rows, and says how many it changed.
    pub(super) async fn write(&mut self, statement: Statement<'_>) -> Result<u64, StoreError> {
        self.lost = true;
        let done = in_time(self.patience, statement.execute(connection(&mut self.connection)?)).await;
        self.answered(done).map(|done| done.rows_affected())
    }

    /// Runs a statement that returns rows, whether it changes some or not.
    pub(super) async fn rows(&mut self, statement: Statement<'_>) -> Result<Vec<PgRow>, StoreError> {
        self.lost = true;
        let rows = in_time(self.patience, statement.fetch_all(connection(&mut self.connection)?)).await;
        self.answered(rows)
    }

    /// As [`Self::rows`]: the first one, if any.
    pub(super) async fn row(&mut self, statement: Statement<'_>) -> Result<Option<PgRow>, StoreError> {
        self.lost = true;
        let row = in_time(self.patience, statement.fetch_optional(connection(&mut self.connection)?)).await;
        self.answered(row)
    }

    /// Events were appended, in this order.
    pub(super) fn appended(&mut self, conversation: ConversationId, events: Vec<Event>) {
        if !events.is_empty() {
            self.notices.push(Notice::Appended(conversation, events));
        }
    }

    /// A conversation will be due at `due_at`.
    pub(super) fn has_work(&mut self, conversation: ConversationId, due_at: Timestamp) {
        self.notices.push(Notice::Work(conversation, due_at));
    }

    /// A delivery was queued, or one that waited has moved.
    pub(super) fn has_delivery(&mut self) {
        self.notices.push(Notice::Delivery);
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.lost
            && let Some(connection) = self.connection.take()
        {
            // Closed without a word: whoever does not answer is not waited for.
            drop(connection.detach());
        }
    }
}

/// A connection for reading, whose answers are waited for no longer than `patience`.
pub(super) async fn connected(pool: &PgPool, patience: Duration) -> Result<Transaction, StoreError> {
    Transaction::begin(pool, patience, Atomicity::Statement).await
}

/// The connection of a write that goes on.
fn connection(held: &mut Option<PoolConnection<Postgres>>) -> Result<&mut PgConnection, StoreError> {
    let held = held.as_mut().ok_or_else(|| StoreError::Fault("a write went on behind its end".to_owned()))?;
    Ok(held)
}

/// What comes of `work`, unless the server says nothing for too long.
async fn in_time<T>(patience: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match tokio::time::timeout(patience, work).await {
        Ok(done) => done,
        Err(_) => {
            let silence = format!("no answer within {} s", patience.as_secs());
            Err(Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, silence)))
        }
    }
}
