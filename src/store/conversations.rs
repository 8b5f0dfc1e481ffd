//! Conversations, their event logs, and the one transaction that accepts a customer's message.

use super::error::StoreError;
use crate::domain::contact::Identity;
use crate::domain::conversation::{Conversation, ConversationState, Lease, Owner};
use crate::domain::event::Event;
use crate::domain::ids::{ContactId, ConversationId, MessageId, Seq};
use crate::domain::language::Language;
use crate::domain::message::Message;
use async_trait::async_trait;
use jiff::Timestamp;

/// A conversation to open. If `identity` is known, its contact is used; else `contact` is made.
#[derive(Clone, Debug)]
pub struct NewConversation {
    /// Its id.
    pub id: ConversationId,
    /// Name of the channel.
    pub channel: String,
    /// How the channel knows the person.
    pub identity: Identity,
    /// Id of the contact to make if the identity is new.
    pub contact: ContactId,
    /// Name as the person or the page gave it; kept on a new contact.
    pub name: Option<String>,
    /// Language to serve in.
    pub language: Language,
    /// SHA-256 of the visitor's token, if the channel has tokens.
    pub token_hash: Option<[u8; 32]>,
    /// What the page said of the visit.
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// Now.
    pub at: Timestamp,
}

/// A customer's message on its way in.
#[derive(Clone, Debug)]
pub struct NewInbound {
    /// Where to.
    pub conversation: ConversationId,
    /// Name of the channel it came by.
    pub channel: String,
    /// The channel's id of the message: unique per channel and conversation.
    pub external_id: String,
    /// The message, role customer.
    pub message: Message,
    /// When the conversation is due for a turn if nothing more comes; none for a message that is only kept.
    pub due_at: Option<Timestamp>,
}

/// What became of a message on its way in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// The message's id: of the first delivery, if this one is a repeat.
    pub message: MessageId,
    /// Whether it had been accepted before.
    pub duplicate: bool,
}

/// A change of who owns a conversation.
#[derive(Clone, Debug)]
pub struct OwnerChange {
    /// The new owner.
    pub owner: Owner,
    /// For how long.
    pub lease: Lease,
    /// Only if the conversation still has this epoch; none for whatever it has.
    pub only_at: Option<i64>,
    /// Why, for the operator.
    pub reason: String,
    /// A message to append in the same transaction (what a person says, or a notice).
    pub message: Option<Message>,
    /// Outbox row for that message, if the channel has to be pushed to.
    pub outbox: Option<super::outbox::NewDelivery>,
    /// What the one who sends the message knows it by: the same in the conversation again is a conflict.
    pub once: Option<String>,
    /// Now.
    pub at: Timestamp,
}

impl OwnerChange {
    /// What messages of people are counted by, among those that were accepted.
    pub const COUNTED_AS: &str = "person";
}

/// What a person of the business said elsewhere, as the channel reports it: on the phone whose number the channel is.
#[derive(Clone, Debug)]
pub struct NewEcho {
    /// Where.
    pub conversation: ConversationId,
    /// What the echoes of the channel are counted by.
    pub channel: String,
    /// The channel's id of it: unique per channel and conversation.
    pub external_id: String,
    /// The words, role human. They have reached the customer already.
    pub message: Message,
    /// Who said them.
    pub owner: Owner,
    /// For how long the conversation is theirs.
    pub lease: Lease,
    /// Why the conversation is theirs now, for the operator.
    pub reason: String,
    /// Now.
    pub at: Timestamp,
}

/// How a channel knows a person, and what is known of the visit.
#[derive(Clone, PartialEq, Debug)]
pub struct Visit {
    /// How the channel knows the person.
    pub identity: Identity,
    /// What is known of the visit; untrusted.
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

/// What a conversation is told without having asked.
#[derive(Clone, Debug)]
pub struct NewNews {
    /// Where.
    pub conversation: ConversationId,
    /// What it is known by: the same in one conversation is told once.
    pub key: String,
    /// For the log: the record, e.g. `order 727`.
    pub record: String,
    /// For the log: what it came to.
    pub state: String,
    /// What the customer reads, if the bot has the conversation.
    pub message: Message,
    /// Outbox row for that message, if the channel has to be pushed to.
    pub outbox: Option<super::outbox::NewDelivery>,
}

/// What became of news.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Informed {
    /// The customer reads them.
    Told,
    /// Somebody else than the bot has the conversation: they are in its log alone.
    Noted,
    /// They were there before.
    Before,
}

impl NewEcho {
    /// What the echoes of a channel are counted by: customers' messages are counted by the channel's name, and the two
    /// kinds of ids may meet.
    pub fn counted_as(channel: &str) -> String {
        format!("{channel}:echo")
    }
}

/// Which conversations to list, newest activity first.
#[derive(Clone, Debug, Default)]
pub struct ConversationFilter {
    /// Only with this kind of owner: `bot`, `team`, `person` or `flow`; `human` is all but the bot.
    pub owner: Option<String>,
    /// Only in this state.
    pub state: Option<ConversationState>,
    /// Only where a message or the contact's name contains this.
    pub query: Option<String>,
    /// Go on behind this position, as given by the last page.
    pub cursor: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
}

/// Conversations and their logs. Every method that appends gives the new events to the live hub after the
/// commit, in order.
#[async_trait]
pub trait ConversationStore: Send + Sync {
    /// Opens a conversation; links or makes the contact. Opening the same id again returns the first one.
    async fn open(&self, new: NewConversation) -> Result<Conversation, StoreError>;

    /// One conversation.
    async fn get(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError>;

    /// SHA-256 of the visitor's token.
    async fn token_hash(&self, id: ConversationId) -> Result<Option<[u8; 32]>, StoreError>;

    /// How the channel knows the person: as at the opening, unless the channel has said otherwise since.
    async fn identity(&self, id: ConversationId) -> Result<Option<Identity>, StoreError>;

    /// The newest conversation of an identity on a channel.
    async fn find_by_identity(
        &self,
        channel: &str,
        identity: &Identity,
    ) -> Result<Option<Conversation>, StoreError>;

    /// Writes down how the channel knows the person now, and what is known of the visit, in the place of what was.
    async fn revisit(&self, id: ConversationId, visit: Visit) -> Result<(), StoreError>;

    /// A page of conversations.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the cursor is none of this list.
    async fn list(&self, filter: &ConversationFilter) -> Result<Page<Conversation>, StoreError>;

    /// Events behind `after`, oldest first, at most `limit`.
    async fn events(&self, id: ConversationId, after: Seq, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// The newest `limit` events, oldest first.
    async fn recent_events(&self, id: ConversationId, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// Message events behind `after`, oldest first, at most `limit`.
    async fn messages(
        &self,
        id: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<(Seq, Message)>, StoreError>;

    /// The newest message, whoever said it.
    async fn newest_message(&self, id: ConversationId) -> Result<Option<Message>, StoreError>;

    /// Accepts a customer's message: in one transaction inserts it unless (channel, conversation, external id)
    /// exists, appends its event, sets the conversation due (only while the bot owns it), reopens a closed one
    /// (which is an event behind the message). A message that is only kept is inserted and appended, and that is all.
    async fn accept(&self, inbound: NewInbound) -> Result<Accepted, StoreError>;

    /// The message that a delivery was accepted as, if it was.
    async fn accepted(
        &self,
        id: ConversationId,
        channel: &str,
        external_id: &str,
    ) -> Result<Option<MessageId>, StoreError>;

    /// The message of a conversation that the channel knows by `external_id`, whoever said it.
    async fn said(
        &self,
        id: ConversationId,
        channel: &str,
        external_id: &str,
    ) -> Result<Option<Message>, StoreError>;

    /// Changes the owner: raises the epoch, so that whatever the old owner still does is refused. Appends
    /// `OwnerChanged` if it is another owner, then the message. A message of role human or assistant answers every
    /// customer message before it; what is still open when the bot gets the conversation back is due.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the conversation has another epoch than the change was meant for.
    async fn change_owner(&self, id: ConversationId, change: OwnerChange)
    -> Result<Conversation, StoreError>;

    /// Conversations whose lease has run out by `now`, the longest first, at most `limit`.
    async fn leases_over(&self, now: Timestamp, limit: u32) -> Result<Vec<Conversation>, StoreError>;

    /// Takes the reminders that are due by `now`, at most `limit`: each is returned once, whoever asks.
    async fn take_reminders(&self, now: Timestamp, limit: u32) -> Result<Vec<Conversation>, StoreError>;

    /// Takes in what a person said elsewhere: in one transaction, unless (channel, conversation, external id) exists,
    /// opens a closed conversation and changes its owner with that message. Nothing is queued for delivery.
    async fn echo(&self, echo: NewEcho) -> Result<Accepted, StoreError>;

    /// Tells a conversation news: in one transaction, unless they are known there, appends `News` and, while the bot has
    /// the conversation, the message with its delivery. Nothing else moves: what the customer waits for stays open, and
    /// a turn goes on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such conversation.
    async fn inform(&self, news: NewNews) -> Result<Informed, StoreError>;

    /// Opens or closes; raises the epoch. Appends `StateChanged` if it is another state. Closing settles every
    /// open customer message: no later turn answers it.
    async fn set_state(
        &self,
        id: ConversationId,
        state: ConversationState,
        at: Timestamp,
    ) -> Result<Conversation, StoreError>;
}
