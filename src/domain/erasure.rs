//! What is kept of a person, and what becomes of it when they are forgotten (LGPD art. 18 VI, GDPR art. 17). Only data.

use super::ids::{ContactId, ErasureId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How much is kept of a person, by what it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Holdings {
    /// Conversations, with everything in them.
    pub conversations: u64,
    /// Messages of those conversations.
    pub messages: u64,
    /// Interviews.
    pub interviews: u64,
    /// What they agreed to, or did not.
    pub consents: u64,
    /// Opportunities of the program's own CRM.
    pub opportunities: u64,
    /// Remarks of the program's own CRM.
    pub notes: u64,
    /// Appointments, past and to come.
    pub appointments: u64,
    /// Tickets of the program's own help desk.
    pub tickets: u64,
    /// Orders of the program's own catalog. They stay when a person is forgotten, without anything that says whose they
    /// were: what was sold has to be kept for the tax office (LGPD art. 16 I).
    pub orders: u64,
}

/// How far forgetting reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtVendors {
    /// What vendors' CRMs have is deleted there too, where the connector can.
    #[default]
    Delete,
    /// The same, but for deals: it is not known which of them were closed.
    LeaveDeals,
    /// It stays there, and is listed.
    Leave,
}

/// What becomes of a record at a vendor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalState {
    /// It is still to be deleted.
    Waiting,
    /// It is not there any more.
    Done,
    /// The program has no way to: a person deletes it there.
    ByHand,
}

impl RemovalState {
    /// The name used in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::ByHand => "by_hand",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Done, Self::ByHand].into_iter().find(|state| state.as_str() == name)
    }
}

/// A record at a vendor that stands for somebody who was forgotten.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Removal {
    /// For which erasure.
    pub erasure: ErasureId,
    /// Name of the connector.
    pub connector: String,
    /// What kind of record, e.g. `contact`.
    pub kind: String,
    /// Its id there.
    pub remote: String,
    /// What became of it.
    pub state: RemovalState,
    /// How often it was tried.
    pub attempts: u32,
}

/// That a person was forgotten: the proof that it was done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Erasure {
    /// Its id.
    pub id: ErasureId,
    /// The id the person had here; kept for a day, so that nothing that is still under way brings them back.
    pub contact: Option<ContactId>,
    /// Who had it done.
    pub asked_by: String,
    /// When.
    pub at: Timestamp,
    /// What was deleted here; `orders` are those that stay.
    pub removed: Holdings,
    /// What there was of them at vendors.
    pub removals: Vec<Removal>,
}
