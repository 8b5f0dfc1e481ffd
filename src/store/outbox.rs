//! Deliveries to channels that have to be pushed to. A channel that is read from (web, terminal) needs none:
//! its reader resumes from the event log.

use super::error::StoreError;
use crate::domain::ids::{ConversationId, MessageId, OutboxId};
use crate::domain::message::Message;
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
    /// Whether nobody knows if the last attempt was sent: a process died over it, or the channel did not answer.
    pub in_doubt: bool,
}

impl Delivery {
    /// A row that has just been claimed counts this attempt already; the caller is told of those before it.
    pub(in crate::store) fn before_this_attempt(self) -> Self {
        Self { attempts: self.attempts.saturating_sub(1), ..self }
    }
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
    /// No attempt was made: it is not its turn yet. As sure or unsure as it was before.
    Deferred {
        /// When it is looked at again.
        at: Timestamp,
        /// What it waits for, for the operator.
        error: String,
    },
    /// Nobody knows whether it was sent: to be looked into again, not sent again.
    InDoubt {
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

/// What a channel says of a message that it took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeliveryStatus {
    /// It is on its way: known since the channel took it.
    Sent,
    /// The customer's device has it.
    Delivered,
    /// The customer has seen it.
    Read,
    /// It could not be delivered after all.
    Failed {
        /// Why, for the operator.
        error: String,
    },
}

/// How far a delivery has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryStanding {
    /// `waiting`, `sent` or `dead`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// The channel's id of the message.
    pub external_id: Option<String>,
    /// When the customer's device had it.
    pub delivered_at: Option<Timestamp>,
    /// When the customer had seen it.
    pub read_at: Option<Timestamp>,
    /// What the last attempt came to, if it failed.
    pub error: String,
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

    /// Lets every claim run out now. Only for a process that knows that no other one works on this database: whether what
    /// an earlier one left in the middle was sent is looked into at once. Returns how many there were.
    async fn expire_claims(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Records how an attempt ended.
    async fn settle(&self, id: OutboxId, outcome: DeliveryOutcome, at: Timestamp) -> Result<(), StoreError>;

    /// Takes in what the channel says of a message that it took. Statuses come late, twice and out of order: one that
    /// is behind what is known changes nothing. `false` if nothing changed.
    async fn status(
        &self,
        channel: &str,
        external_id: &str,
        status: DeliveryStatus,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// How far a delivery has come.
    async fn standing(&self, id: OutboxId) -> Result<Option<DeliveryStanding>, StoreError>;

    /// The message that a delivery carries.
    async fn message(&self, delivery: &Delivery) -> Result<Option<Message>, StoreError>;

    /// Deliveries that were given up, newest first.
    async fn dead(&self, limit: u32) -> Result<Vec<(Delivery, String)>, StoreError>;

    /// Puts a dead delivery back in the queue. `false` if there is none of that id.
    async fn replay(&self, id: OutboxId, at: Timestamp) -> Result<bool, StoreError>;

    /// How many wait.
    async fn depth(&self) -> Result<u64, StoreError>;

    /// When the next one is due.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;
}
