//! Forgetting a person: everything of theirs in one transaction, and what is left to do for it at vendors.

use super::error::StoreError;
use crate::domain::erasure::{AtVendors, Erasure, Holdings, Removal, RemovalState};
use crate::domain::ids::{ContactId, ConversationId, ErasureId, RecordId};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

/// No removal is ever put off for longer: one that is due later was written before the clock was set back, and its time
/// has come.
pub const FARTHEST_REMOVAL: SignedDuration = SignedDuration::from_hours(24);

/// Who is to be forgotten.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewErasure {
    /// Its id.
    pub id: ErasureId,
    /// Whom.
    pub contact: ContactId,
    /// Who has it done: the name of a key.
    pub asked_by: String,
    /// What becomes of records at vendors.
    pub at_vendors: AtVendors,
    /// Whose their orders are from then on: a contact without anything in it, which is made if there are any.
    pub nobody: ContactId,
    /// When.
    pub at: Timestamp,
}

/// The key under which an appointment of somebody who is forgotten is called off: what that returned is forgotten too.
pub fn calling_off(appointment: RecordId) -> String {
    format!("forget {appointment}")
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

    /// Whether an answer to them is being written at `now`.
    async fn is_busy(&self, contact: ContactId, now: Timestamp) -> Result<bool, StoreError>;

    /// Records of this person under which they came before they proved who they are: a browser's, all of whose conversations
    /// are theirs now.
    async fn aliases(&self, contact: ContactId) -> Result<Vec<ContactId>, StoreError>;

    /// Deletes everything of a person but their orders, and notes what of them is at vendors. All or nothing. Their orders
    /// stay without e-mail and postal code, and are nobody's. For a day nobody can be saved under the id again by what was
    /// under way.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such contact; [`StoreError::Conflict`] while an answer to them is being
    /// written, what it does at this moment would be kept, and while something is booked that is still to come, of which
    /// calendars know.
    async fn erase(&self, new: NewErasure) -> Result<Erased, StoreError>;

    /// Deletes conversations in which nothing happened since `before`, at most `limit`, the oldest first: with the interviews
    /// led in them, and with a visitor of whom nothing else is kept. One that is open and waits for an answer or a delivery,
    /// that a reminder will be told in, or whose lead still has to be looked after stays. Returns which they were.
    async fn expire(&self, before: Timestamp, limit: u32) -> Result<Vec<ConversationId>, StoreError>;

    /// Forgets which ids those had who were forgotten before `before`.
    async fn forget_ids(&self, before: Timestamp) -> Result<(), StoreError>;

    /// Claims records at vendors that are to be deleted, at most `limit`. A claim runs out at `lease_until`, which is no
    /// further off than [`FARTHEST_REMOVAL`].
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
