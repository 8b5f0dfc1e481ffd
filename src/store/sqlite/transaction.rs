//! What one job may do inside the writer's transaction: run statements, and note what the world is told once the
//! transaction is durable. It neither begins nor ends the transaction.

use super::statement::{Read, Statement};
use crate::domain::event::Event;
use crate::domain::ids::ConversationId;
use crate::store::error::StoreError;
use crate::store::live::{Live, LiveHub};
use jiff::Timestamp;
use rusqlite::Connection;
use std::sync::Arc;

/// Something to tell the live hub after the commit.
enum Notice {
    Appended(ConversationId, Vec<Event>),
    Work(ConversationId, Timestamp),
    Delivery,
}

/// The writer's open transaction.
pub(super) struct Transaction {
    connection: Connection,
    /// Whether the job that runs now has changed a row.
    wrote: bool,
    notices: Vec<Notice>,
}

impl Transaction {
    pub(super) fn on(connection: Connection) -> Self {
        Self { connection, wrote: false, notices: Vec::new() }
    }

    /// The connection, to close.
    pub(super) fn into_connection(self) -> Connection {
        self.connection
    }

    /// Replaces a connection that is of no use any more.
    pub(super) fn reconnect(&mut self, connection: Connection) {
        self.connection = connection;
    }

    /// Runs a statement that begins or ends a transaction, or a part of one. For the writer alone.
    pub(super) fn control(&self, statement: Statement) -> Result<(), StoreError> {
        statement.execute(&self.connection).map(|_| ())
    }

    /// Runs a statement that changes rows, and says how many it changed.
    pub(super) fn write(&mut self, statement: Statement) -> Result<u64, StoreError> {
        let changed = statement.execute(&self.connection)?;
        self.wrote |= changed > 0;
        Ok(changed)
    }

    /// Runs a statement that changes rows and returns each of them.
    pub(super) fn write_returning<T>(
        &mut self,
        statement: Statement,
        read: Read<T>,
    ) -> Result<Vec<T>, StoreError> {
        let returned = statement.all(&self.connection, read);
        // It may have changed a row that could not be read.
        self.wrote |= !returned.as_ref().is_ok_and(Vec::is_empty);
        returned
    }

    /// Reads one row.
    pub(super) fn read<T>(&self, statement: Statement, read: Read<T>) -> Result<Option<T>, StoreError> {
        statement.first(&self.connection, read)
    }

    /// Reads every row.
    pub(super) fn read_all<T>(&self, statement: Statement, read: Read<T>) -> Result<Vec<T>, StoreError> {
        statement.all(&self.connection, read)
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
