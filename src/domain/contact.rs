//! A person the business talks to, and the several identities they are reached by.

use super::ids::ContactId;
use super::language::Language;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What kind of handle an [`Identity`] is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// A browser that opened a conversation on the web channel.
    WebVisitor,
    /// A terminal session.
    Terminal,
    /// An e-mail address, lower case.
    Email,
    /// A telephone number in canonical E.164 form, `+5511955550123`.
    Phone,
    /// A person as a messaging channel names them (business-scoped id).
    ChannelUser,
}

impl IdentityKind {
    /// The name used in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebVisitor => "web_visitor",
            Self::Terminal => "terminal",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::ChannelUser => "channel_user",
        }
    }
}

/// One handle of a contact. A contact may have many; a phone is never the key of a person.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// What kind of handle.
    pub kind: IdentityKind,
    /// The handle in its canonical form.
    pub value: String,
}

/// A preference or fact the customer asked us to remember, with their consent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Preference {
    /// What it is about, e.g. `contact_time`.
    pub key: String,
    /// The preference in the customer's sense, e.g. `de manhã`.
    pub value: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// What a person agreed to, or did not, in which words. Never changed; a later one counts more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConsentRecord {
    /// Whose.
    pub contact: ContactId,
    /// What for, e.g. `interview` or `marketing`.
    pub purpose: String,
    /// Version of the text that was shown.
    pub version: String,
    /// Whether it was agreed to.
    pub agreed: bool,
    /// The person's words.
    pub words: String,
    /// Name of the channel they were said on.
    pub channel: String,
    /// When.
    pub at: Timestamp,
}

/// A person as the business knows them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Contact {
    /// Stable id.
    pub id: ContactId,
    /// Name as given; untrusted text.
    pub name: Option<String>,
    /// Primary e-mail, lower case.
    pub email: Option<String>,
    /// Primary phone, E.164.
    pub phone: Option<String>,
    /// Language last used.
    pub language: Option<Language>,
    /// Funnel stage, e.g. `lead`, `customer`.
    pub stage: Option<String>,
    /// Labels given by the business.
    pub tags: Vec<String>,
    /// Where the contact first came from, e.g. `web`.
    pub origin: Option<String>,
    /// Whether marketing messages were agreed to. `None`: never asked.
    pub marketing_consent: Option<bool>,
    /// What they asked us to remember.
    pub preferences: Vec<Preference>,
    /// When the record was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Contact {
    /// Somebody of whom nothing is known, on record from `at` on.
    pub fn new(id: ContactId, at: Timestamp) -> Self {
        Self {
            id,
            name: None,
            email: None,
            phone: None,
            language: None,
            stage: None,
            tags: Vec::new(),
            origin: None,
            marketing_consent: None,
            preferences: Vec::new(),
            created_at: at,
            updated_at: at,
        }
    }
}
