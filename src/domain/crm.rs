//! What a CRM keeps beside contacts.

use super::ids::{ContactId, RecordId};
use super::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A chance to sell something to a contact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Opportunity {
    /// Stable id.
    pub id: RecordId,
    /// Whose.
    pub contact: ContactId,
    /// What it is about.
    pub title: String,
    /// Expected value.
    pub value: Option<Money>,
    /// Stage of the funnel, e.g. `new`, `qualified`, `won`.
    pub stage: String,
    /// Where it came from, e.g. `web`.
    pub origin: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A remark on a contact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    /// Stable id.
    pub id: RecordId,
    /// About whom.
    pub contact: ContactId,
    /// The remark; untrusted text.
    pub text: String,
    /// When it was made.
    pub created_at: Timestamp,
}
