//! Forgetting a person: everything of theirs in one transaction, and what is left to do for it at vendors.

use super::error::StoreError;
use crate::domain::contact::{Identity, IdentityKind};
use crate::domain::crm::Opportunity;
use crate::domain::erasure::{Erasure, Holdings, Removal, RemovalState};
use crate::domain::handle::phone_forms;
use crate::domain::ids::{ContactId, ConversationId, ErasureId, RecordId};
use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

/// The stage of an opportunity that became a sale.
const WON: &str = "won";

/// Who is to be forgotten.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewErasure {
    /// Its id.
    pub id: ErasureId,
    /// Whom.
    pub contact: ContactId,
    /// Who has it done: the name of a key.
    pub asked_by: String,
    /// What records at vendors begin as: `Waiting` to have them deleted, `ByHand` to leave them to a person.
    pub at_vendors: RemovalState,
    /// When.
    pub at: Timestamp,
}

impl NewErasure {
    /// Our records of the person that vendors may have too, each as links name it, and what theirs begin as. A deal that
    /// was won is a sale, which has to be kept: a person decides.
    pub(in crate::store) fn locals(
        &self,
        opportunities: &[Opportunity],
        notes: &[RecordId],
    ) -> Vec<(String, RemovalState)> {
        let deals = opportunities.iter().map(|one| {
            (one.id.to_string(), if one.stage == WON { RemovalState::ByHand } else { self.at_vendors })
        });
        let notes = notes.iter().map(|note| (note.to_string(), self.at_vendors));
        deals.chain(notes).chain([(self.contact.to_string(), self.at_vendors)]).collect()
    }
}

/// What a person is known by in the bodies that channels posted: a number in every form without its `+`, a channel's own
/// id.
pub(in crate::store) fn marks(identities: &[Identity]) -> Vec<Vec<u8>> {
    let marks = identities.iter().flat_map(|identity| match identity.kind {
        IdentityKind::Phone => phone_forms(&identity.value),
        IdentityKind::ChannelUser => vec![identity.value.clone()],
        IdentityKind::WebVisitor | IdentityKind::Terminal | IdentityKind::Email => Vec::new(),
    });
    marks
        .map(|mark| mark.trim_start_matches('+').as_bytes().to_vec())
        .filter(|mark| !mark.is_empty())
        .collect()
}

/// Keys of the effects of these turns and interviews: each from the first key until before the second. A turn's begin
/// with it (`tools::tool::ToolContext::effect_key`), an interview's with `lead/` and it (`backoffice::leads`).
pub(in crate::store) fn keys(turns: &[Uuid], interviews: &[Uuid]) -> Vec<[String; 2]> {
    // `0` is the letter behind `/`.
    let turns = turns.iter().map(|turn| [format!("{turn}/"), format!("{turn}0")]);
    let interviews = interviews.iter().map(|id| [format!("lead/{id}/"), format!("lead/{id}0")]);
    turns.chain(interviews).collect()
}

/// What [`ErasureStore::erase`] did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Erased {
    /// What there is to know of it.
    pub erasure: Erasure,
    /// The conversations that are gone: what is kept of them elsewhere goes too.
    pub conversations: Vec<ConversationId>,
}

/// What became of an attempt to delete a record at a vendor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RemovalOutcome {
    /// It is over.
    Over(RemovalState),
    /// It is to be tried again.
    Again {
        /// When.
        at: Timestamp,
    },
}

/// Erasures and what is left to do for them.
#[async_trait]
pub trait ErasureStore: Send + Sync {
    /// How much is kept of a person; nothing if they are not known.
    async fn holdings(&self, contact: ContactId) -> Result<Holdings, StoreError>;

    /// Their conversations, oldest first.
    async fn conversations_of(&self, contact: ContactId) -> Result<Vec<ConversationId>, StoreError>;

    /// Deletes everything of a person but their orders, and notes what of them is at vendors. All or nothing. Who has
    /// orders stays as a record without name or handles, so that the orders have whose they were.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such contact; [`StoreError::Conflict`] while an answer to them is being
    /// written: what it does at this moment would be kept.
    async fn erase(&self, new: NewErasure) -> Result<Erased, StoreError>;

    /// Deletes conversations in which nothing happened since `before`, at most `limit`, the oldest first: with the interviews
    /// led in them, and with a visitor of whom nothing else is kept. One that is being answered, that a reminder will be told
    /// in, or whose lead was not passed on yet stays. Returns which they were.
    async fn expire(&self, before: Timestamp, limit: u32) -> Result<Vec<ConversationId>, StoreError>;

    /// Claims records at vendors that are to be deleted, at most `limit`. A claim runs out at `lease_until`.
    async fn claim_removals(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Removal>, StoreError>;

    /// Records what became of an attempt.
    async fn settle_removal(&self, removal: &Removal, outcome: RemovalOutcome) -> Result<(), StoreError>;

    /// The newest erasures, newest first.
    async fn list(&self, limit: u32) -> Result<Vec<Erasure>, StoreError>;

    /// One erasure.
    async fn get(&self, id: ErasureId) -> Result<Option<Erasure>, StoreError>;
}
