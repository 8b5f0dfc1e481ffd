//! People and their identities.

use super::error::StoreError;
use crate::domain::contact::{ConsentRecord, Contact, Identity, Preference};
use crate::domain::ids::ContactId;
use async_trait::async_trait;
use jiff::Timestamp;

/// People and their identities. One identity belongs to at most one contact.
#[async_trait]
pub trait ContactStore: Send + Sync {
    /// One contact.
    async fn get(&self, id: ContactId) -> Result<Option<Contact>, StoreError>;

    /// The contact an identity belongs to.
    async fn find(&self, identity: &Identity) -> Result<Option<Contact>, StoreError>;

    /// The identities of a contact.
    async fn identities(&self, id: ContactId) -> Result<Vec<Identity>, StoreError>;

    /// Writes a contact as given, and its e-mail and phone as identities.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if an identity belongs to another contact; [`StoreError::NotFound`] if the contact was
    /// forgotten within the last day.
    async fn save(&self, contact: &Contact) -> Result<(), StoreError>;

    /// Points `identity` to `contact`, away from whoever had it; they lose it as primary e-mail or phone too.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such contact.
    async fn link(&self, contact: ContactId, identity: &Identity, at: Timestamp) -> Result<(), StoreError>;

    /// Takes `identity` away from `contact`, if it is theirs: it passes on to somebody else. A primary e-mail or phone
    /// stays on the record as what they once gave.
    async fn unlink(&self, contact: ContactId, identity: &Identity) -> Result<(), StoreError>;

    /// Records a preference; the newest of a key counts.
    async fn remember(&self, contact: ContactId, preference: Preference) -> Result<(), StoreError>;

    /// Keeps what a person agreed to, or did not. The same one again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there is no such contact.
    async fn record_consent(&self, consent: &ConsentRecord) -> Result<(), StoreError>;

    /// What a contact agreed to, or did not, oldest first.
    async fn consents(&self, contact: ContactId) -> Result<Vec<ConsentRecord>, StoreError>;

    /// Contacts by creation, oldest first, behind `after`.
    async fn list(&self, after: Option<ContactId>, limit: u32) -> Result<Vec<Contact>, StoreError>;
}
