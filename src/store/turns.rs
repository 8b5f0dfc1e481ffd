//! Turns: who may work on a conversation, what they did so far, and the one transaction that ends it.

use super::error::StoreError;
use super::outbox::NewDelivery;
use crate::domain::conversation::{Conversation, Lease, Owner};
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ContactId, ConversationId, InterviewId, Seq, TurnId};
use crate::domain::language::Language;
use crate::domain::turn::Claim;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

/// No due time and no lease is ever set further into the future.
pub const FARTHEST_DUE: SignedDuration = SignedDuration::from_mins(15);

/// Who asks for work, and for how long.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// Name of the process.
    pub worker: String,
    /// Id for the turn, if a new one begins.
    pub turn: TurnId,
    /// Now.
    pub now: Timestamp,
    /// When the claim runs out unless renewed.
    pub lease_until: Timestamp,
}

/// How a turn ends. All of it happens, or none.
#[derive(Clone, Debug, Default)]
pub struct TurnCommit {
    /// Events to append; the last one is `TurnFinished`.
    pub events: Vec<EventBody>,
    /// The new owner, after a hand-off, and for how long. Raises the epoch.
    pub owner: Option<(Owner, Lease)>,
    /// When the turn's customer messages are taken up again: they stay open. None if they are answered.
    pub again_at: Option<Timestamp>,
    /// The contact the customer turned out to be.
    pub contact: Option<ContactId>,
    /// The language the customer turned out to speak.
    pub language: Option<Language>,
    /// Deliveries to channels that have to be pushed to.
    pub outbox: Vec<NewDelivery>,
    /// The interview that took part in the turn: its row is brought up to what the log has of it, this commit's events
    /// included.
    pub interview: Option<InterviewId>,
}

/// Claims, journals and commits of turns.
///
/// A conversation is *due* when the bot owns it, it is open, it has customer messages that no turn has
/// answered, its due time has come, and no live claim exists. A claim whose lease ran out is due at once and is
/// *resumed*: it keeps its turn id and journal. A due time further off than [`FARTHEST_DUE`] was written before the
/// clock was set back: it has come.
#[async_trait]
pub trait TurnStore: Send + Sync {
    /// Claims `conversation` if it is due: raises the epoch; appends `TurnStarted` unless resumed.
    async fn claim(
        &self,
        conversation: ConversationId,
        request: &ClaimRequest,
    ) -> Result<Option<Claim>, StoreError>;

    /// Conversations that are due now, oldest first, at most `limit`.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>, StoreError>;

    /// When the next conversation will be due, if any is waiting.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Prolongs a claim.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the claim was lost.
    async fn renew(&self, claim: &Claim, lease_until: Timestamp) -> Result<(), StoreError>;

    /// Lets every claim run out now. Only for a process that knows that no other one works on this database: what
    /// an earlier one left in the middle is due at once. Returns how many there were.
    async fn expire_claims(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Appends journal events of a running turn.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the claim was lost; then nothing was appended.
    async fn append(&self, claim: &Claim, events: Vec<EventBody>, at: Timestamp) -> Result<Seq, StoreError>;

    /// The events of a turn so far, oldest first.
    async fn journal(&self, turn: TurnId) -> Result<Vec<Event>, StoreError>;

    /// Ends a turn: marks its customer messages answered unless they are to be taken up again, frees the claim, appends, changes owner, fills the
    /// outbox. If customer messages came in meanwhile, the conversation is due again.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the claim was lost; then nothing happened.
    async fn commit(
        &self,
        claim: &Claim,
        commit: TurnCommit,
        at: Timestamp,
    ) -> Result<Conversation, StoreError>;

    /// Gives a claim back without an answer, so that it is taken up again at `due_at`: a superseded turn
    /// (`keep_journal` false: the next claim is a new turn over all open messages), or a process that stops
    /// (`keep_journal` true: the next claim resumes). Raises the epoch: the claim is worth nothing afterwards.
    async fn release(&self, claim: &Claim, release: Release, at: Timestamp) -> Result<(), StoreError>;

    /// Whether customer messages came in since the claim.
    ///
    /// # Errors
    /// [`StoreError::Stale`] if the claim was lost.
    async fn has_newer(&self, claim: &Claim) -> Result<bool, StoreError>;
}

/// How a claim is given back.
#[derive(Clone, Debug)]
pub struct Release {
    /// When the conversation is due again.
    pub due_at: Timestamp,
    /// Whether the journal of the turn stays valid.
    pub keep_journal: bool,
    /// Events to append, e.g. `TurnFinished` of a superseded turn.
    pub events: Vec<EventBody>,
}
