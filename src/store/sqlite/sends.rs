//! Attempts to send on SQLite.

use super::rows::Columns;
use super::statement::{Statement, query};
use super::writer::Atomicity;
use super::{Database, texts};
use crate::domain::event::EventBody;
use crate::domain::ids::{ConversationId, OutboxId};
use crate::domain::message::Message;
use crate::store::error::StoreError;
use crate::store::sends::{
    NewSend, Reach, SendBill, SendCost, SendEnd, SendName, SendRecord, SendState, SendStore,
};
use crate::store::sql;
use crate::store::sql::values::blob;
use async_trait::async_trait;
use jiff::Timestamp;

/// [`SendStore`] on SQLite.
pub(super) struct Sends {
    database: Database,
}

impl Sends {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// Runs one statement; returns whether it changed a row.
    async fn write(&self, statement: Statement) -> Result<bool, StoreError> {
        self.database.writer.run(Atomicity::RefusesFirst, |tx| Ok(tx.write(statement)? > 0)).await
    }
}

#[async_trait]
impl SendStore for Sends {
    async fn begin(&self, send: NewSend) -> Result<bool, StoreError> {
        let (text, unasked) = match send.reach {
            Reach::Awaited => (sql::sends::BEGIN, false),
            Reach::Unasked => (sql::sends::BEGIN, true),
            Reach::UnaskedWithin(_) => (sql::sends::BEGIN_WITHIN, true),
        };
        let mut statement = query(text)
            .bind(send.mark)
            .bind(blob(send.delivery.0))
            .bind(blob(send.conversation.0))
            .bind(send.part)
            .bind(send.of)
            .bind(send.kind)
            .bind(send.at.as_millisecond())
            .bind(i64::from(unasked));
        if let Reach::UnaskedWithin(limit) = send.reach {
            statement = statement.bind(limit.since.as_millisecond()).bind(limit.most);
        }
        self.write(statement).await
    }

    async fn end(&self, mark: &str, end: SendEnd, at: Timestamp) -> Result<(), StoreError> {
        let statement = match end {
            SendEnd::Taken { external_id } => query(sql::sends::TAKEN).bind(mark).bind(external_id),
            SendEnd::Refused { code } => query(sql::sends::REFUSED).bind(mark).bind(code),
        };
        self.write(statement.bind(at.as_millisecond())).await.map(drop)
    }

    async fn reached(&self, name: &SendName, rank: u32, at: Timestamp) -> Result<bool, StoreError> {
        self.write(by_name(sql::sends::REACHED, name).bind(rank).bind(at.as_millisecond())).await
    }

    async fn failed(
        &self,
        name: &SendName,
        code: i64,
        delivered: u32,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let statement = by_name(sql::sends::FAILED, name).bind(code).bind(delivered);
        self.write(statement.bind(at.as_millisecond())).await
    }

    async fn bill(&self, name: &SendName, bill: SendBill) -> Result<bool, StoreError> {
        let cost = bill.cost_micros.map(|cost| i64::try_from(cost).unwrap_or(i64::MAX));
        self.write(by_name(sql::sends::BILL, name).bind(bill.category).bind(cost)).await
    }

    async fn named(&self, name: &SendName) -> Result<Option<SendRecord>, StoreError> {
        self.database.reader.one(by_name(sql::sends::NAMED, name), record)
    }

    async fn of_delivery(&self, delivery: OutboxId) -> Result<Vec<SendRecord>, StoreError> {
        self.database.reader.few(query(sql::sends::OF_DELIVERY).bind(blob(delivery.0)), record)
    }

    async fn newest(&self, conversation: ConversationId, limit: u32) -> Result<Vec<SendRecord>, StoreError> {
        self.database.reader.few(query(sql::sends::NEWEST).bind(blob(conversation.0)).bind(limit), record)
    }

    async fn last_said(&self, conversation: ConversationId, limit: u32) -> Result<Vec<Message>, StoreError> {
        let statement = query(texts::LAST_SAID).bind(blob(conversation.0)).bind(limit);
        let said = self.database.reader.few(statement, |columns| match columns.json()? {
            EventBody::Message(message) => Ok(Some(message)),
            _ => Ok(None),
        })?;
        Ok(said.into_iter().flatten().collect())
    }

    async fn costs(&self, since: Timestamp) -> Result<Vec<SendCost>, StoreError> {
        let statement = query(texts::SEND_COSTS).bind(since.as_millisecond());
        self.database
            .reader
            .many(statement, |columns| {
                Ok(SendCost {
                    category: columns.value()?,
                    messages: columns.value::<i64>()?.unsigned_abs(),
                    cost_micros: columns.value::<i64>()?.unsigned_abs(),
                })
            })
            .await
    }
}

fn by_name(text: &'static str, name: &SendName) -> Statement {
    query(text).bind(name.mark.clone()).bind(name.external_id.as_str())
}

fn record(columns: &mut Columns<'_>) -> Result<SendRecord, StoreError> {
    Ok(SendRecord {
        mark: columns.value()?,
        delivery: OutboxId(columns.id()?),
        conversation: ConversationId(columns.id()?),
        part: columns.value()?,
        of: columns.value()?,
        kind: columns.value()?,
        state: SendState::read(columns.text()?)?,
        rank: columns.value()?,
        code: columns.value()?,
        external_id: columns.value()?,
        begun_at: columns.time()?,
    })
}
