//! Attempts to send on PostgreSQL.

use super::database::{Atomicity, Database};
use super::rows::{Columns, Statement};
use super::scripts;
use super::text::stored;
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
use sqlx::postgres::PgRow;

/// [`SendStore`] on PostgreSQL.
pub(super) struct Sends {
    database: Database,
}

impl Sends {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// Runs one statement; returns whether it changed a row.
    async fn write(
        &self,
        statement: impl Fn() -> Statement<'static> + Send + Sync + 'static,
    ) -> Result<bool, StoreError> {
        self.database
            .write(Atomicity::Statement, move |tx| {
                let statement = statement();
                Box::pin(async move { Ok(tx.write(statement).await? > 0) })
            })
            .await
    }

    async fn records(&self, statement: Statement<'_>) -> Result<Vec<SendRecord>, StoreError> {
        self.database.all(statement).await?.iter().map(record).collect()
    }
}

#[async_trait]
impl SendStore for Sends {
    async fn begin(&self, send: NewSend) -> Result<bool, StoreError> {
        let Reach::UnaskedWithin(limit) = send.reach else {
            return self.write(move || written_down(sql::sends::BEGIN, &send)).await;
        };
        self.database
            .write(Atomicity::Transaction, move |tx| {
                let lock = sqlx::query(scripts::LOCK_REACH);
                let begin = written_down(sql::sends::BEGIN_WITHIN, &send);
                let begin = begin.bind(limit.since.as_millisecond()).bind(i64::from(limit.most));
                Box::pin(async move {
                    tx.row(lock).await?;
                    Ok(tx.write(begin).await? > 0)
                })
            })
            .await
    }

    async fn end(&self, mark: &str, end: SendEnd, at: Timestamp) -> Result<(), StoreError> {
        let mark = mark.to_owned();
        let statement = move || {
            let (mark, at) = (mark.clone(), at.as_millisecond());
            match &end {
                SendEnd::Taken { external_id } => {
                    sqlx::query(sql::sends::TAKEN).bind(mark).bind(stored(external_id).into_owned()).bind(at)
                }
                SendEnd::Refused { code } => sqlx::query(sql::sends::REFUSED).bind(mark).bind(*code).bind(at),
            }
        };
        self.write(statement).await.map(drop)
    }

    async fn reached(&self, name: &SendName, rank: u32, at: Timestamp) -> Result<bool, StoreError> {
        let name = name.clone();
        self.write(move || {
            by_name(sql::sends::REACHED, &name).bind(i64::from(rank)).bind(at.as_millisecond())
        })
        .await
    }

    async fn failed(
        &self,
        name: &SendName,
        code: i64,
        delivered: u32,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let name = name.clone();
        self.write(move || {
            by_name(sql::sends::FAILED, &name).bind(code).bind(i64::from(delivered)).bind(at.as_millisecond())
        })
        .await
    }

    async fn bill(&self, name: &SendName, bill: SendBill) -> Result<bool, StoreError> {
        let name = name.clone();
        let cost = bill.cost_micros.map(|cost| i64::try_from(cost).unwrap_or(i64::MAX));
        self.write(move || {
            by_name(sql::sends::BILL, &name).bind(stored(&bill.category).into_owned()).bind(cost)
        })
        .await
    }

    async fn named(&self, name: &SendName) -> Result<Option<SendRecord>, StoreError> {
        let row = self.database.one(by_name(sql::sends::NAMED, name)).await?;
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
        for row in &self.database.all(statement).await? {
            if let EventBody::Message(message) = Columns::of(row).json()? {
                said.push(message);
            }
        }
        Ok(said)
    }

    async fn costs(&self, since: Timestamp) -> Result<Vec<SendCost>, StoreError> {
        let statement = sqlx::query(scripts::SEND_COSTS).bind(since.as_millisecond());
        let cost = |row: &PgRow| {
            let mut columns = Columns::of(row);
            Ok(SendCost {
                category: columns.text()?,
                messages: columns.value::<i64>()?.unsigned_abs(),
                cost_micros: columns.value::<i64>()?.unsigned_abs(),
            })
        };
        self.database.all(statement).await?.iter().map(cost).collect()
    }
}

fn written_down(text: &'static str, send: &NewSend) -> Statement<'static> {
    sqlx::query(text)
        .bind(send.mark.clone())
        .bind(blob(send.delivery.0))
        .bind(blob(send.conversation.0))
        .bind(i64::from(send.part))
        .bind(i64::from(send.of))
        .bind(send.kind.clone())
        .bind(send.at.as_millisecond())
        .bind(i64::from(send.reach != Reach::Awaited))
}

fn by_name(text: &'static str, name: &SendName) -> Statement<'static> {
    let mark = name.mark.as_ref().map(|mark| stored(mark).into_owned());
    sqlx::query(text).bind(mark).bind(stored(&name.external_id).into_owned())
}

fn record(row: &PgRow) -> Result<SendRecord, StoreError> {
    let mut columns = Columns::of(row);
    let small = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(SendRecord {
        mark: columns.name()?.to_owned(),
        delivery: OutboxId(columns.id()?),
        conversation: ConversationId(columns.id()?),
        part: small(columns.value()?),
        of: small(columns.value()?),
        kind: columns.name()?.to_owned(),
        state: SendState::read(columns.name()?)?,
        rank: small(columns.value()?),
        code: columns.value()?,
        external_id: columns.optional_text()?,
        begun_at: columns.time()?,
    })
}
