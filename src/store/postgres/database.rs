//! What every store of this database works with: reads on any connection, writes that are announced once they are
//! durable. A write that is one statement is no transaction of its own; the server groups commits by itself.

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
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often a transaction that was rolled back because of others is tried.
const ATTEMPTS: u32 = 4;

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
    announcer: Announcer,
    writes: TaskTracker,
    closing: CancellationToken,
}

impl Database {
    pub(super) fn on(pool: PgPool, announcer: Announcer) -> Self {
        Self { pool, announcer, writes: TaskTracker::new(), closing: CancellationToken::new() }
    }

    /// The name that this process's claims bear.
    pub(super) fn process(&self) -> &str {
        self.announcer.process()
    }

    /// The first row, if any.
    pub(super) async fn one(&self, statement: Statement<'_>) -> Result<Option<PgRow>, StoreError> {
        statement.fetch_optional(&self.pool).await.map_err(sorted)
    }

    /// Every row.
    pub(super) async fn all(&self, statement: Statement<'_>) -> Result<Vec<PgRow>, StoreError> {
        statement.fetch_all(&self.pool).await.map_err(sorted)
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
            let mut transaction = Transaction::begin(&self.pool, atomicity).await.map_err(sorted)?;
            let worked = work(&mut transaction).await;
            let again = transaction.worth_another_try && attempt < ATTEMPTS;
            match worked {
                Ok(value) => match transaction.commit().await {
                    Ok(notices) => {
                        self.announcer.announce(notices);
                        return Ok(value);
                    }
                    Err(error) if is_worth_another_try(&error) && attempt < ATTEMPTS => {}
                    Err(error) => return Err(sorted(error)),
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

enum Connection {
    Single(PoolConnection<Postgres>),
    Begun(sqlx::Transaction<'static, Postgres>),
}

/// What one write does: it runs statements, and notes what the world is told once it is durable.
pub(super) struct Transaction {
    connection: Connection,
    /// Whether it was rolled back only because of others.
    worth_another_try: bool,
    notices: Vec<Notice>,
}

impl Transaction {
    async fn begin(pool: &PgPool, atomicity: Atomicity) -> Result<Self, sqlx::Error> {
        let connection = match atomicity {
            Atomicity::Statement => Connection::Single(pool.acquire().await?),
            Atomicity::Transaction => Connection::Begun(pool.begin().await?),
        };
        Ok(Self { connection, worth_another_try: false, notices: Vec::new() })
    }

    async fn commit(self) -> Result<Vec<Notice>, sqlx::Error> {
        match self.connection {
            Connection::Single(_) => {}
            Connection::Begun(transaction) => transaction.commit().await?,
        }
        Ok(self.notices)
    }

    async fn roll_back(self) {
        if let Connection::Begun(transaction) = self.connection
            && let Err(error) = transaction.rollback().await
        {
            // The server rolls back by itself once the connection is gone.
            tracing::debug!(%error, "a transaction could not be rolled back");
        }
    }

    fn connection(&mut self) -> &mut PgConnection {
        match &mut self.connection {
            Connection::Single(connection) => connection,
            Connection::Begun(transaction) => transaction,
        }
    }

    fn failed(&mut self, error: sqlx::Error) -> StoreError {
        self.worth_another_try = is_worth_another_try(&error);
        sorted(error)
    }

    /// Runs a statement that changes rows, and says how many it changed.
    pub(super) async fn write(&mut self, statement: Statement<'_>) -> Result<u64, StoreError> {
        match statement.execute(self.connection()).await {
            Ok(done) => Ok(done.rows_affected()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Runs a statement that returns rows, whether it changes some or not.
    pub(super) async fn rows(&mut self, statement: Statement<'_>) -> Result<Vec<PgRow>, StoreError> {
        statement.fetch_all(self.connection()).await.map_err(|error| self.failed(error))
    }

    /// As [`Self::rows`]: the first one, if any.
    pub(super) async fn row(&mut self, statement: Statement<'_>) -> Result<Option<PgRow>, StoreError> {
        statement.fetch_optional(self.connection()).await.map_err(|error| self.failed(error))
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
