//! Attempts to send, one row each: written down before the attempt, so that a process that dies over it leaves a trace,
//! and kept with what the channel says of it afterwards. For channels that bill, that allow so much to one person in a
//! time, or that tell what became of a message only later.

use super::error::StoreError;
use crate::domain::ids::{ConversationId, OutboxId};
use crate::domain::message::Message;
use async_trait::async_trait;
use jiff::Timestamp;

/// An attempt that is about to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSend {
    /// What the channel is told to repeat in what it says of it. Never used twice.
    pub mark: String,
    /// The delivery it is made for.
    pub delivery: OutboxId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Which piece of the delivery's message, from 1.
    pub part: u32,
    /// Of how many.
    pub of: u32,
    /// What it is sent as: `text`, `interactive`, `template` …
    pub kind: String,
    /// Now.
    pub at: Timestamp,
    /// Whether somebody waits for it.
    pub reach: Reach,
}

/// Whether an attempt is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Whoever it goes to has written lately.
    Awaited,
    /// It goes to somebody who waits for nothing.
    Unasked,
    /// The same, if not too many have been written to so.
    UnaskedWithin(ReachLimit),
}

/// How many conversations may be written to unasked in a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReachLimit {
    /// From when on they are counted.
    pub since: Timestamp,
    /// This many.
    pub most: u32,
}

/// How an attempt ended, as far as the answer told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SendEnd {
    /// The channel has it.
    Taken {
        /// The channel's id of it.
        external_id: String,
    },
    /// It surely does not.
    Refused {
        /// The channel's number for why; 0 for none.
        code: i64,
    },
}

/// Where an attempt stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SendState {
    /// Nobody knows whether the channel has it.
    Begun,
    /// The channel has it.
    Taken,
    /// It did not take it.
    Refused,
    /// It took it and could not deliver it.
    Failed,
}

impl SendState {
    /// The name used in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// Reads the name used in storage.
    pub(in crate::store) fn read(name: &str) -> Result<Self, StoreError> {
        match name {
            "begun" => Ok(Self::Begun),
            "taken" => Ok(Self::Taken),
            "refused" => Ok(Self::Refused),
            "failed" => Ok(Self::Failed),
            other => Err(StoreError::Fault(format!("unknown state of a send `{other}`"))),
        }
    }
}

/// An attempt as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendRecord {
    /// What the channel repeats.
    pub mark: String,
    /// The delivery.
    pub delivery: OutboxId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Which piece.
    pub part: u32,
    /// Of how many.
    pub of: u32,
    /// What it was sent as.
    pub kind: String,
    /// Where it stands.
    pub state: SendState,
    /// How far the channel says it has come; 0 for nothing said.
    pub rank: u32,
    /// The channel's number for why it was refused or failed; 0 for none.
    pub code: i64,
    /// The channel's id of it.
    pub external_id: Option<String>,
    /// When it was begun.
    pub begun_at: Timestamp,
}

/// How a channel names an attempt: by the mark, by its own id, or by both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendName {
    /// What it repeats, if it does.
    pub mark: Option<String>,
    /// Its own id of the message.
    pub external_id: String,
}

/// What a channel bills for a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendBill {
    /// Its category.
    pub category: String,
    /// In millionths of the configured currency; none if the price list does not have the category.
    pub cost_micros: Option<u64>,
}

/// What was billed for a category.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendCost {
    /// The category.
    pub category: String,
    /// Messages.
    pub messages: u64,
    /// In millionths of the configured currency.
    pub cost_micros: u64,
}

/// Attempts to send.
#[async_trait]
pub trait SendStore: Send + Sync {
    /// Writes an attempt down that is about to be made. `false`, and nothing is written, if as many
    /// conversations as its limit says were written to unasked, and not this one: attempts that were refused do not count.
    /// However many begin at once, the limit holds.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the mark was used before.
    async fn begin(&self, send: NewSend) -> Result<bool, StoreError>;

    /// Writes down how an attempt ended. What the channel has said of it meanwhile counts more.
    async fn end(&self, mark: &str, end: SendEnd, at: Timestamp) -> Result<(), StoreError>;

    /// The channel says that a message has come as far as `rank`, which is above 0: it has it, then. Says so late, twice
    /// and out of order: a rank that is not above the known one changes nothing. `false` if nothing changed.
    async fn reached(&self, name: &SendName, rank: u32, at: Timestamp) -> Result<bool, StoreError>;

    /// The channel says that a message was not delivered after all. What came as far as `delivered` stays so. `false` if
    /// nothing changed.
    async fn failed(
        &self,
        name: &SendName,
        code: i64,
        delivered: u32,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Keeps what is billed for a message; the first bill counts. `false` if there was one.
    async fn bill(&self, name: &SendName, bill: SendBill) -> Result<bool, StoreError>;

    /// The attempt that a channel names.
    async fn named(&self, name: &SendName) -> Result<Option<SendRecord>, StoreError>;

    /// The attempts for a delivery, oldest first.
    async fn of_delivery(&self, delivery: OutboxId) -> Result<Vec<SendRecord>, StoreError>;

    /// The newest attempts in a conversation, newest first.
    async fn newest(&self, conversation: ConversationId, limit: u32) -> Result<Vec<SendRecord>, StoreError>;

    /// The newest messages that the customer of a conversation said, newest first.
    async fn last_said(&self, conversation: ConversationId, limit: u32) -> Result<Vec<Message>, StoreError>;

    /// What was billed since, by category.
    async fn costs(&self, since: Timestamp) -> Result<Vec<SendCost>, StoreError>;
}
