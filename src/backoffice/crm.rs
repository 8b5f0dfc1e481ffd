//! The CRM as tools see it: people, chances to sell, remarks. A vendor's connector implements the same trait.

use super::BackofficeError;
use crate::domain::catalog::Order;
use crate::domain::contact::{ConsentRecord, Contact, Identity};
use crate::domain::crm::{Note, Opportunity};
use crate::domain::ids::{ContactId, RecordId};
use crate::domain::money::Money;
use async_trait::async_trait;

/// A handle as somebody wrote it; the implementation brings it into canonical form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Handle {
    /// An e-mail address.
    Email(String),
    /// A phone number, in any of the ways people write it.
    Phone(String),
}

/// What became known of the person on the other side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaveContact {
    /// The contact the conversation belongs to. It need not exist in the CRM yet.
    pub contact: ContactId,
    /// Handles the person has proven to own.
    pub verified: Vec<Identity>,
    /// Name.
    pub name: Option<String>,
    /// E-mail, as written.
    pub email: Option<String>,
    /// Phone, as written.
    pub phone: Option<String>,
    /// Funnel stage: one of the configured stages.
    pub stage: Option<String>,
    /// Labels to add, e.g. what they are interested in.
    pub tags: Vec<String>,
    /// Labels to take away: what a correction makes untrue.
    pub retired_tags: Vec<String>,
    /// Where they came from, e.g. `web`; kept only if none is on file.
    pub origin: Option<String>,
    /// Whether they agreed to marketing messages, if they were asked.
    pub marketing_consent: Option<bool>,
}

impl SaveContact {
    /// A request that changes nothing yet.
    pub fn of(contact: ContactId) -> Self {
        Self {
            contact,
            verified: Vec::new(),
            name: None,
            email: None,
            phone: None,
            stage: None,
            tags: Vec::new(),
            retired_tags: Vec::new(),
            origin: None,
            marketing_consent: None,
        }
    }
}

/// What [`Crm::save_contact`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContactOutcome {
    /// The person was not known before.
    Created,
    /// The conversation's own contact was changed (or already held all of it).
    Updated,
    /// The e-mail or phone is on file for an existing contact, which is returned.
    Linked,
}

/// A field of a contact that was left as it is although the request gave another value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContactField {
    /// The name.
    Name,
    /// The e-mail.
    Email,
    /// The phone.
    Phone,
    /// The stage.
    Stage,
    /// The consent to marketing messages.
    MarketingConsent,
}

/// What [`Crm::save_contact`] returns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SavedContact {
    /// The contact as it is now. After [`ContactOutcome::Linked`] it is a record the person has perhaps not
    /// proven to own: nothing of it may be shown and the conversation may not act as it until they have.
    pub contact: Contact,
    /// What was done.
    pub outcome: ContactOutcome,
    /// Fields that were left as they are although another value was given.
    pub kept: Vec<ContactField>,
}

/// An opportunity, new (`id` is `None`) or changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaveOpportunity {
    /// The opportunity to change; it must be the contact's.
    pub id: Option<RecordId>,
    /// Whose.
    pub contact: ContactId,
    /// What it is about.
    pub title: String,
    /// Expected value.
    pub value: Option<Money>,
    /// Stage; the first configured one if `None`.
    pub stage: Option<String>,
    /// Where it came from.
    pub origin: Option<String>,
}

/// Everything the business has on a contact, newest first in each list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactHistory {
    /// The person.
    pub contact: Contact,
    /// Chances to sell.
    pub opportunities: Vec<Opportunity>,
    /// Remarks, the newest few.
    pub notes: Vec<Note>,
    /// Orders, the newest few.
    pub orders: Vec<Order>,
}

/// The CRM. Implementors owe: the same `key` has its effect once and returns what the first call returned;
/// whoever calls has checked that the person may see what is asked for.
#[async_trait]
pub trait Crm: Send + Sync {
    /// The contact a handle belongs to. A Brazilian mobile is found with and without its ninth digit.
    async fn find_contact(&self, handle: &Handle) -> Result<Option<Contact>, BackofficeError>;

    /// One contact.
    async fn contact(&self, id: ContactId) -> Result<Contact, BackofficeError>;

    /// Records what became known of a person.
    ///
    /// If neither e-mail nor phone belongs to another contact, the conversation's own contact is created or
    /// changed; there the person may correct their own name and handles. If one does belong to another contact,
    /// that one is `Linked`: only its empty fields are filled, tags are added, nothing is overwritten, and its
    /// e-mail and phone are filled only if the person has proven (`verified`) a handle of that contact, so that
    /// nobody can add their phone to a stranger's record.
    ///
    /// # Errors
    /// `Conflict` if the e-mail belongs to one contact and the phone to another, or if the conversation's
    /// contact already has handles of its own and a handle given belongs to somebody else.
    async fn save_contact(&self, key: &str, request: SaveContact) -> Result<SavedContact, BackofficeError>;

    /// Writes an opportunity, new or changed.
    async fn save_opportunity(
        &self,
        key: &str,
        request: SaveOpportunity,
    ) -> Result<Opportunity, BackofficeError>;

    /// Adds a remark.
    async fn add_note(&self, key: &str, contact: ContactId, text: &str) -> Result<Note, BackofficeError>;

    /// Everything on a contact.
    async fn history(&self, contact: ContactId) -> Result<ContactHistory, BackofficeError>;

    /// Takes over what a vendor has on a contact. Whether the opportunities are now as they stand there; without a vendor
    /// they always are.
    async fn catch_up(&self, _contact: ContactId) -> Result<bool, BackofficeError> {
        Ok(true)
    }

    /// Keeps a preference the person asked us to remember; the newest of a name counts.
    async fn remember(
        &self,
        key: &str,
        contact: ContactId,
        name: &str,
        value: &str,
    ) -> Result<Contact, BackofficeError>;

    /// Keeps what a person agreed to, or did not. The same one again changes nothing.
    async fn record_consent(&self, consent: &ConsentRecord) -> Result<(), BackofficeError>;
}
