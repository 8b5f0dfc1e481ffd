//! What one job may do inside the writer's transaction: run statements, and note what the world is told once the
//! transaction is durable. It neither begins nor ends the transaction.

use super::error::sorted;
use super::rows::Statement;
use crate::domain::event::Event;
use crate::domain::ids::ConversationId;
use crate::store::error::StoreError;
use crate::store::live::{Live, LiveHub};
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use std::sync::Arc;

/// Something to tell the live hub after the commit.
enum Notice {
    Appended(ConversationId, Vec<Event>),
    Work(ConversationId, Timestamp),
    Delivery,
}

/// The writer's open transaction.
pub(super) struct Transaction {
    connection: SqliteConnection,
    /// Whether the job that runs now has changed a row.
    wrote: bool,
    notices: Vec<Notice>,
}

impl Transaction {
    pub(super) fn on(connection: SqliteConnection) -> Self {
        Self { connection, wrote: false, notices: Vec::new() }
    }

    /// The connection, to begin and end with. For the writer alone.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// The connection, to close.
    pub(super) fn into_connection(self) -> SqliteConnection {
        self.connection
    }

    /// Replaces a connection that is of no use any more.
    pub(super) fn reconnect(&mut self, connection: SqliteConnection) {
        self.connection = connection;
    }

    /// Runs a statement that changes rows, and says how many it changed.
    pub(super) async fn write(&mut self, statement: Statement<'_>) -> Result<u64, StoreError> {
        let changed = statement.execute(&mut self.connection).await.map_err(sorted)?.rows_affected();
        self.wrote |= changed > 0;
        Ok(changed)
    }

    /// Runs one or more statements that change rows and return some. They have changed something exactly if
    /// they return a row.
    pub(super) async fn write_returning(
        &mut self,
        script: Statement<'_>,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        match script.fetch_all(&mut self.connection).await {
            Ok(rows) => {
                self.wrote |= !rows.is_empty();
                Ok(rows)
            }
            Err(error) => {
                // A statement before the failed one may have changed something.
                self.wrote = true;
                Err(sorted(error))
            }
        }
    }

    /// Reads one row.
    pub(super) async fn read(&mut self, statement: Statement<'_>) -> Result<Option<SqliteRow>, StoreError> {
        statement.fetch_optional(&mut self.connection).await.map_err(sorted)
    }

    /// Reads every row.
    pub(super) async fn read_all(&mut self, statement: Statement<'_>) -> Result<Vec<SqliteRow>, StoreError> {
        statement.fetch_all(&mut self.connection).await.map_err(sorted)
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

    /// A delivery was queued.
    pub(super) fn has_delivery(&mut self) {
        self.notices.push(Notice::Delivery);
    }

    /// A new job begins. Returns the mark to go back to if it fails.
    pub(super) fn begin_job(&mut self) -> usize {
        self.wrote = false;
        self.notices.len()
    }

    /// Whether the job that runs now has changed a row.
    pub(super) fn wrote(&self) -> bool {
        self.wrote
    }

    /// Forgets what was noted behind a mark.
    pub(super) fn forget_behind(&mut self, mark: usize) {
        self.notices.truncate(mark);
    }

    /// Tells the hub everything, in order. Only after the commit.
    pub(super) fn announce(&mut self, live: &LiveHub) {
        for notice in self.notices.drain(..) {
            match notice {
                Notice::Appended(conversation, events) => {
                    live.publish(conversation, Live::Committed(Arc::new(events)));
                }
                Notice::Work(conversation, due_at) => live.signal_work(conversation, due_at),
                Notice::Delivery => live.signal_delivery(),
            }
        }
    }
}
