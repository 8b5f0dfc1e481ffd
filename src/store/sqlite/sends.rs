//! Attempts to send on SQLite.

use super::Database;
use super::rows::{Columns, Statement};
use super::scripts;
use super::writer::Atomicity;
use crate::domain::event::EventBody;
use crate::domain::ids::{ConversationId, OutboxId};
use crate::domain::message::Message;
use crate::store::error::StoreError;
use crate::store::sends::{NewSend, SendBill, SendCost, SendEnd, SendName, SendRecord, SendState, SendStore};
use crate::store::sql;
use crate::store::sql::values::blob;
use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;

/// [`SendStore`] on SQLite.
pub(super) struct Sends {
    database: Database,
}

impl Sends {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// Runs one statement; returns whether it changed a row.
    async fn write(&self, statement: Statement<'static>) -> Result<bool, StoreError> {
        self.database
            .writer
            .run(Atomicity::RefusesFirst, move |tx| {
                Box::pin(async move { Ok(tx.write(statement).await? > 0) })
            })
            .await
    }

    async fn records(&self, statement: Statement<'_>) -> Result<Vec<SendRecord>, StoreError> {
        self.database.reader.all(statement).await?.iter().map(record).collect()
    }
}

#[async_trait]
impl SendStore for Sends {
    async fn begin(&self, send: NewSend) -> Result<(), StoreError> {
        let statement = sqlx::query(sql::sends::BEGIN)
            .bind(send.mark)
            .bind(blob(send.delivery.0))
            .bind(blob(send.conversation.0))
            .bind(i64::from(send.part))
            .bind(i64::from(send.of))
            .bind(send.kind)
            .bind(send.at.as_millisecond());
        self.write(statement).await.map(drop)
    }

    async fn end(&self, mark: &str, end: SendEnd, at: Timestamp) -> Result<(), StoreError> {
        let statement = match end {
            SendEnd::Taken { external_id } => {
                sqlx::query(sql::sends::TAKEN).bind(mark.to_owned()).bind(external_id)
            }
            SendEnd::Refused { code } => sqlx::query(sql::sends::REFUSED).bind(mark.to_owned()).bind(code),
        };
        self.write(statement.bind(at.as_millisecond())).await.map(drop)
    }

    async fn reached(&self, name: &SendName, rank: u32, at: Timestamp) -> Result<bool, StoreError> {
        let statement = by_name(sql::sends::REACHED, name).bind(i64::from(rank)).bind(at.as_millisecond());
        self.write(statement).await
    }

    async fn failed(
        &self,
        name: &SendName,
        code: i64,
        delivered: u32,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let statement =
            by_name(sql::sends::FAILED, name).bind(code).bind(i64::from(delivered)).bind(at.as_millisecond());
        self.write(statement).await
    }

    async fn bill(&self, name: &SendName, bill: SendBill) -> Result<bool, StoreError> {
        let cost = bill.cost_micros.map(|cost| i64::try_from(cost).unwrap_or(i64::MAX));
        self.write(by_name(sql::sends::BILL, name).bind(bill.category).bind(cost)).await
    }

    async fn named(&self, name: &SendName) -> Result<Option<SendRecord>, StoreError> {
        let row = self.database.reader.one(by_name(sql::sends::NAMED, name)).await?;
        row.as_ref().map(record).transpose()
    }

    async fn of_delivery(&self, delivery: OutboxId) -> Result<Vec<SendRecord>, StoreError> {
        self.records(sqlx::query(sql::sends::OF_DELIVERY).bind(blob(delivery.0))).await
    }

    async fn newest(&self, conversation: ConversationId, limit: u32) -> Result<Vec<SendRecord>, StoreError> {
        let statement = sqlx::query(sql::sends::NEWEST).bind(blob(conversation.0)).bind(i64::from(limit));
        self.records(statement).await
    }

    async fn last_said(&self, conversation: ConversationId, limit: u32) -> Result<Vec<Message>, StoreError> {
        let statement = sqlx::query(scripts::LAST_SAID).bind(blob(conversation.0)).bind(i64::from(limit));
        let mut said = Vec::new();
        for row in &self.database.reader.all(statement).await? {
            if let EventBody::Message(message) = Columns::of(row).json()? {
                said.push(message);
            }
        }
        Ok(said)
    }

    async fn reach_of(&self, kind: &str, since: Timestamp) -> Result<u64, StoreError> {
        let statement = sqlx::query(sql::sends::REACH_OF).bind(kind).bind(since.as_millisecond());
        let row = self.database.reader.one(statement).await?;
        let count: i64 = row.map_or(Ok(0), |row| Columns::of(&row).value())?;
        Ok(count.unsigned_abs())
    }

    async fn costs(&self, since: Timestamp) -> Result<Vec<SendCost>, StoreError> {
        let statement = sqlx::query(scripts::SEND_COSTS).bind(since.as_millisecond());
        let cost = |row: &SqliteRow| {
            let mut columns = Columns::of(row);
            Ok(SendCost {
                category: columns.value()?,
                messages: columns.value::<i64>()?.unsigned_abs(),
                cost_micros: columns.value::<i64>()?.unsigned_abs(),
            })
        };
        self.database.reader.all(statement).await?.iter().map(cost).collect()
    }
}

fn by_name(text: &'static str, name: &SendName) -> Statement<'static> {
    sqlx::query(text).bind(name.mark.clone()).bind(name.external_id.clone())
}

fn record(row: &SqliteRow) -> Result<SendRecord, StoreError> {
    let mut columns = Columns::of(row);
    Ok(SendRecord {
        mark: columns.value()?,
        delivery: OutboxId(columns.id()?),
        conversation: ConversationId(columns.id()?),
        part: columns.value()?,
        of: columns.value()?,
        kind: columns.value()?,
        state: SendState::read(columns.value()?)?,
        rank: columns.value()?,
        code: columns.value()?,
        external_id: columns.value()?,
        begun_at: columns.time()?,
    })
}
