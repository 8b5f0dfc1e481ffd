//! What a help desk keeps.

use super::ids::ContactId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How far a ticket is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// Nobody has answered yet.
    Open,
    /// Waiting for somebody.
    Pending,
    /// Answered; the customer may reopen it.
    Solved,
    /// Done.
    Closed,
}

impl TicketStatus {
    /// The name used in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Pending => "pending",
            Self::Solved => "solved",
            Self::Closed => "closed",
        }
    }
}

/// A request for help.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ticket {
    /// Number a customer can say.
    pub number: i64,
    /// Whose.
    pub contact: ContactId,
    /// What it is about, in one line; untrusted text.
    pub subject: String,
    /// The whole story; untrusted text.
    pub description: String,
    /// Kind of problem, e.g. `entrega`.
    pub category: String,
    /// `low`, `normal` or `high`.
    pub priority: String,
    /// How far it is.
    pub status: TicketStatus,
    /// What was said since, oldest first.
    pub comments: Vec<TicketComment>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One remark on a ticket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TicketComment {
    /// `customer` or `team`.
    pub author: String,
    /// The words; untrusted text.
    pub text: String,
    /// When.
    pub at: Timestamp,
}
