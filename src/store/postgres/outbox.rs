//! Deliveries on PostgreSQL.

use super::database::{Atomicity, Database, Transaction};
use super::rows::{Columns, delivery};
use super::scripts;
use super::text::stored;
use crate::domain::event::EventBody;
use crate::domain::ids::{ConversationId, MessageId, OutboxId};
use crate::domain::message::Message;
use crate::store::error::StoreError;
use crate::store::outbox::{
    Delivery, DeliveryOutcome, DeliveryStanding, DeliveryStatus, NewDelivery, OutboxStore,
};
use crate::store::sql;
use crate::store::sql::values::{blob, farthest};
use async_trait::async_trait;
use jiff::Timestamp;

/// [`OutboxStore`] on PostgreSQL.
pub(super) struct Outbox {
    database: Database,
}

impl Outbox {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

/// Queues a delivery in the transaction that makes its message.
pub(super) async fn queue(
    transaction: &mut Transaction,
    conversation: ConversationId,
    delivery: &NewDelivery,
    at: Timestamp,
) -> Result<(), StoreError> {
    let statement = sqlx::query(sql::outbox::INSERT)
        .bind(blob(delivery.id.0))
        .bind(blob(conversation.0))
        .bind(stored(&delivery.channel))
        .bind(blob(delivery.message.0))
        .bind(at.as_millisecond());
    transaction.write(statement).await?;
    transaction.has_delivery();
    Ok(())
}

#[async_trait]
impl OutboxStore for Outbox {
    async fn claim(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.database
            .write(Atomicity::Statement, move |tx| Box::pin(claim(tx, now, lease_until, limit)))
            .await
    }

    async fn expire_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.database
            .write(Atomicity::Statement, move |tx| {
                let statement = sqlx::query(sql::outbox::EXPIRE).bind(now.as_millisecond());
                Box::pin(async move { tx.write(statement).await })
            })
            .await
    }

    async fn settle(&self, id: OutboxId, outcome: DeliveryOutcome, at: Timestamp) -> Result<(), StoreError> {
        self.database
            .write(Atomicity::Statement, move |tx| Box::pin(settle(tx, id, outcome.clone(), at)))
            .await
    }

    async fn status(
        &self,
        channel: &str,
        external_id: &str,
        status: DeliveryStatus,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (channel, external_id) = (stored(channel).into_owned(), stored(external_id).into_owned());
        self.database
            .write(Atomicity::Statement, move |tx| {
                let text = match &status {
                    DeliveryStatus::Sent => sql::outbox::SENT,
                    DeliveryStatus::Delivered => sql::outbox::DELIVERED,
                    DeliveryStatus::Read => sql::outbox::READ,
                    DeliveryStatus::Failed { .. } => sql::outbox::UNDELIVERED,
                };
                let mut statement = sqlx::query(text)
                    .bind(channel.clone())
                    .bind(external_id.clone())
                    .bind(at.as_millisecond());
                if let DeliveryStatus::Failed { error } = &status {
                    statement = statement.bind(stored(error).into_owned());
                }
                Box::pin(async move { Ok(tx.write(statement).await? > 0) })
            })
            .await
    }

    async fn standing(&self, id: OutboxId) -> Result<Option<DeliveryStanding>, StoreError> {
        let row = self.database.one(sqlx::query(sql::outbox::STANDING).bind(blob(id.0))).await?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = Columns::of(&row);
        Ok(Some(DeliveryStanding {
            state: columns.name()?.to_owned(),
            attempts: u32::try_from(columns.value::<i64>()?).unwrap_or(u32::MAX),
            external_id: columns.optional_text()?,
            delivered_at: columns.optional_time()?,
            read_at: columns.optional_time()?,
            error: columns.text()?,
        }))
    }

    async fn message(&self, delivery: &Delivery) -> Result<Option<Message>, StoreError> {
        message(&self.database, delivery.conversation, delivery.message).await
    }

    async fn dead(&self, limit: u32) -> Result<Vec<(Delivery, String)>, StoreError> {
        let statement = sqlx::query(sql::outbox::DEAD_LETTERS).bind(i64::from(limit));
        let rows = self.database.all(statement).await?;
        let mut letters = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut columns = Columns::of(row);
            let (_, delivery) = delivery(&mut columns)?;
            letters.push((delivery, columns.text()?));
        }
        Ok(letters)
    }

    async fn replay(&self, id: OutboxId, at: Timestamp) -> Result<bool, StoreError> {
        self.database.write(Atomicity::Statement, move |tx| Box::pin(replay(tx, id, at))).await
    }

    async fn depth(&self) -> Result<u64, StoreError> {
        let row = self.database.one(sqlx::query(sql::outbox::DEPTH)).await?;
        let count: i64 = row.map_or(Ok(0), |row| Columns::of(&row).value())?;
        Ok(count.unsigned_abs())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = self.database.one(sqlx::query(sql::outbox::NEXT_DUE)).await?;
        row.map(|row| Columns::of(&row).time()).transpose()
    }
}

async fn claim(
    transaction: &mut Transaction,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    let statement = sqlx::query(scripts::CLAIM_DELIVERIES)
        .bind(now.as_millisecond())
        .bind(lease_until.as_millisecond())
        .bind(i64::from(limit))
        .bind(farthest(now));
    let rows = transaction.rows(statement).await?;
    let claimed = rows.iter().map(|row| delivery(&mut Columns::of(row)));
    let mut claimed = claimed.collect::<Result<Vec<_>, _>>()?;
    claimed.sort_unstable_by_key(|(position, _)| *position);
    Ok(claimed.into_iter().map(|(_, delivery)| delivery.before_this_attempt()).collect())
}

/// A word that comes late counts only if it is that the channel took the message: what was sent stays sent.
async fn settle(
    transaction: &mut Transaction,
    id: OutboxId,
    outcome: DeliveryOutcome,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (text, time, words) = match &outcome {
        DeliveryOutcome::Accepted { external_id } => (sql::outbox::ACCEPTED, at, external_id),
        DeliveryOutcome::Retry { at: again, error } => (sql::outbox::RETRY, *again, error),
        DeliveryOutcome::Deferred { at: again, error } => (sql::outbox::DEFERRED, *again, error),
        DeliveryOutcome::InDoubt { at: again, error } => (sql::outbox::IN_DOUBT, *again, error),
        DeliveryOutcome::Dead { error } => (sql::outbox::DEAD, at, error),
    };
    let statement = sqlx::query(text).bind(blob(id.0)).bind(time.as_millisecond()).bind(stored(words));
    if transaction.write(statement).await? == 0 {
        let exists = transaction.row(sqlx::query(sql::outbox::EXISTS).bind(blob(id.0))).await?;
        return exists.map(|_| ()).ok_or(StoreError::NotFound);
    }
    // Whatever waited behind it may leave now, or it leaves again later: the courier looks at the next time.
    transaction.has_delivery();
    Ok(())
}

async fn replay(transaction: &mut Transaction, id: OutboxId, at: Timestamp) -> Result<bool, StoreError> {
    let statement = sqlx::query(sql::outbox::REPLAY).bind(blob(id.0)).bind(at.as_millisecond());
    let queued = transaction.write(statement).await? > 0;
    if queued {
        transaction.has_delivery();
    }
    Ok(queued)
}

/// A message of a conversation.
pub(super) async fn message(
    database: &Database,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Option<Message>, StoreError> {
    let statement = sqlx::query(scripts::DELIVERY_MESSAGE).bind(blob(conversation.0)).bind(id.to_string());
    let Some(row) = database.one(statement).await? else { return Ok(None) };
    match Columns::of(&row).json()? {
        EventBody::Message(message) => Ok(Some(message)),
        _ => Ok(None),
    }
}
