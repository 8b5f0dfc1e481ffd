//! Deliveries on SQLite.

use super::reader::Reader;
use super::rows::delivery;
use super::statement::query;
use super::transaction::Transaction;
use super::writer::Atomicity;
use super::{Database, texts};
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

/// [`OutboxStore`] on SQLite.
pub(super) struct Outbox {
    database: Database,
}

impl Outbox {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

/// Queues a delivery in the transaction that makes its message.
pub(super) fn queue(
    transaction: &mut Transaction,
    conversation: ConversationId,
    delivery: &NewDelivery,
    at: Timestamp,
) -> Result<(), StoreError> {
    let statement = query(sql::outbox::INSERT)
        .bind(blob(delivery.id.0))
        .bind(blob(conversation.0))
        .bind(delivery.channel.as_str())
        .bind(blob(delivery.message.0))
        .bind(at.as_millisecond());
    transaction.write(statement)?;
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
        self.database.writer.run(Atomicity::Savepoint, move |tx| claim(tx, now, lease_until, limit)).await
    }

    async fn expire_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        let statement = query(sql::outbox::EXPIRE).bind(now.as_millisecond());
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(statement)).await
    }

    async fn settle(&self, id: OutboxId, outcome: DeliveryOutcome, at: Timestamp) -> Result<(), StoreError> {
        self.database.writer.run(Atomicity::RefusesFirst, move |tx| settle(tx, id, outcome, at)).await
    }

    async fn status(
        &self,
        channel: &str,
        external_id: &str,
        status: DeliveryStatus,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (text, error) = match status {
            DeliveryStatus::Sent => (sql::outbox::SENT, None),
            DeliveryStatus::Delivered => (sql::outbox::DELIVERED, None),
            DeliveryStatus::Read => (sql::outbox::READ, None),
            DeliveryStatus::Failed { error } => (sql::outbox::UNDELIVERED, Some(error)),
        };
        let mut statement = query(text).bind(channel).bind(external_id).bind(at.as_millisecond());
        if let Some(error) = error {
            statement = statement.bind(error);
        }
        self.database.writer.run(Atomicity::RefusesFirst, |tx| Ok(tx.write(statement)? > 0)).await
    }

    async fn standing(&self, id: OutboxId) -> Result<Option<DeliveryStanding>, StoreError> {
        self.database.reader.one(query(sql::outbox::STANDING).bind(blob(id.0)), |columns| {
            Ok(DeliveryStanding {
                state: columns.value()?,
                attempts: columns.value()?,
                external_id: columns.value()?,
                delivered_at: columns.optional_time()?,
                read_at: columns.optional_time()?,
                error: columns.value()?,
            })
        })
    }

    async fn message(&self, delivery: &Delivery) -> Result<Option<Message>, StoreError> {
        message(&self.database.reader, delivery.conversation, delivery.message)
    }

    async fn dead(&self, limit: u32) -> Result<Vec<(Delivery, String)>, StoreError> {
        let letters = query(sql::outbox::DEAD_LETTERS).bind(limit);
        self.database.reader.many(letters, |columns| Ok((delivery(columns)?.1, columns.value()?))).await
    }

    async fn replay(&self, id: OutboxId, at: Timestamp) -> Result<bool, StoreError> {
        self.database.writer.run(Atomicity::RefusesFirst, move |tx| replay(tx, id, at)).await
    }

    async fn depth(&self) -> Result<u64, StoreError> {
        let count = self.database.reader.one(query(sql::outbox::DEPTH), |columns| columns.value::<i64>())?;
        Ok(count.map_or(0, i64::unsigned_abs))
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.database.reader.one(query(sql::outbox::NEXT_DUE), |columns| columns.time())
    }
}

fn claim(
    transaction: &mut Transaction,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    let statement = query(sql::outbox::CLAIM)
        .bind(now.as_millisecond())
        .bind(lease_until.as_millisecond())
        .bind(limit)
        .bind(farthest(now));
    let mut claimed = transaction.write_returning(statement, delivery)?;
    claimed.sort_unstable_by_key(|(position, _)| *position);
    Ok(claimed.into_iter().map(|(_, delivery)| delivery.before_this_attempt()).collect())
}

/// A word that comes late counts only if it is that the channel took the message: what was sent stays sent.
fn settle(
    transaction: &mut Transaction,
    id: OutboxId,
    outcome: DeliveryOutcome,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (text, time, words) = match outcome {
        DeliveryOutcome::Accepted { external_id } => (sql::outbox::ACCEPTED, at, external_id),
        DeliveryOutcome::Retry { at: again, error } => (sql::outbox::RETRY, again, error),
        DeliveryOutcome::Deferred { at: again, error } => (sql::outbox::DEFERRED, again, error),
        DeliveryOutcome::InDoubt { at: again, error } => (sql::outbox::IN_DOUBT, again, error),
        DeliveryOutcome::Dead { error } => (sql::outbox::DEAD, at, error),
    };
    let statement = query(text).bind(blob(id.0)).bind(time.as_millisecond()).bind(words);
    if transaction.write(statement)? == 0 {
        let exists = transaction.read(query(sql::outbox::EXISTS).bind(blob(id.0)), |_| Ok(()))?;
        return exists.ok_or(StoreError::NotFound);
    }
    // Whatever waited behind it may leave now, or it leaves again later: the courier looks at the next time.
    transaction.has_delivery();
    Ok(())
}

fn replay(transaction: &mut Transaction, id: OutboxId, at: Timestamp) -> Result<bool, StoreError> {
    let statement = query(sql::outbox::REPLAY).bind(blob(id.0)).bind(at.as_millisecond());
    let queued = transaction.write(statement)? > 0;
    if queued {
        transaction.has_delivery();
    }
    Ok(queued)
}

/// A message of a conversation.
pub(super) fn message(
    reader: &Reader,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Option<Message>, StoreError> {
    let statement = query(texts::DELIVERY_MESSAGE).bind(blob(conversation.0)).bind(id.to_string());
    match reader.one(statement, |columns| columns.json())? {
        Some(EventBody::Message(message)) => Ok(Some(message)),
        _ => Ok(None),
    }
}
