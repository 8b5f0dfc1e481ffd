//! Deliveries to channels that have to be pushed to. A channel that is read from (web, terminal) needs none:
//! its reader resumes from the event log.

use super::error::StoreError;
use crate::domain::ids::{ConversationId, MessageId, OutboxId};
use async_trait::async_trait;
use jiff::Timestamp;

/// A delivery to queue, in the transaction that makes the message.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Its id; also the idempotency key given to the channel.
    pub id: OutboxId,
    /// Name of the channel.
    pub channel: String,
    /// The message.
    pub message: MessageId,
}

/// A delivery that is due.
#[derive(Clone, PartialEq, Debug)]
pub struct Delivery {
    /// Its id; also the idempotency key given to the channel.
    pub id: OutboxId,
    /// The conversation; deliveries of one conversation leave in order.
    pub conversation: ConversationId,
    /// Name of the channel.
    pub channel: String,
    /// The message.
    pub message: MessageId,
    /// How often it was tried before.
    pub attempts: u32,
}

/// How an attempt ended.
#[derive(Clone, PartialEq, Debug)]
pub enum DeliveryOutcome {
    /// The channel took it and named it.
    Accepted {
        /// The channel's id of the message.
        external_id: String,
    },
    /// Try again.
    Retry {
        /// When.
        at: Timestamp,
        /// Why, for the operator.
        error: String,
    },
    /// It will not work: kept in the dead-letter list.
    Dead {
        /// Why, for the operator.
        error: String,
    },
}

/// The outbox.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Claims deliveries that are due, at most `limit`, oldest first, never two of one conversation, never one
    /// behind an undelivered one of its conversation. A claim runs out at `lease_until`.
    async fn claim(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError>;

    /// Records how an attempt ended.
    async fn settle(&self, id: OutboxId, outcome: DeliveryOutcome, at: Timestamp) -> Result<(), StoreError>;

    /// Deliveries that were given up, newest first.
    async fn dead(&self, limit: u32) -> Result<Vec<(Delivery, String)>, StoreError>;

    /// Puts a dead delivery back in the queue. `false` if there is none of that id.
    async fn replay(&self, id: OutboxId, at: Timestamp) -> Result<bool, StoreError>;

    /// How many wait.
    async fn depth(&self) -> Result<u64, StoreError>;

    /// When the next one is due.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;
}
