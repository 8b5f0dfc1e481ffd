//! The help desk as tools see it. Only a contact's own tickets can be seen or changed.

use super::BackofficeError;
use crate::domain::ids::ContactId;
use crate::domain::ticket::Ticket;
use async_trait::async_trait;

/// How pressing a ticket is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Priority {
    /// It can wait.
    Low,
    /// As usual.
    #[default]
    Normal,
    /// It cannot wait.
    High,
}

impl Priority {
    /// Every priority, the lowest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::High];

    /// The name used in storage and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

/// A ticket to open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTicket {
    /// Whose.
    pub contact: ContactId,
    /// What it is about, in one line.
    pub subject: String,
    /// The whole story.
    pub description: String,
    /// Kind of problem, e.g. `entrega`.
    pub category: String,
    /// How pressing.
    pub priority: Priority,
}

/// The help desk. Implementors owe: the same `key` has its effect once; `NotFound` for another contact's ticket.
#[async_trait]
pub trait Tickets: Send + Sync {
    /// Opens a ticket and gives it its number.
    async fn create(&self, key: &str, request: NewTicket) -> Result<Ticket, BackofficeError>;

    /// One ticket with its comments.
    async fn status(&self, number: i64, contact: ContactId) -> Result<Ticket, BackofficeError>;

    /// Tickets of a contact, newest first.
    async fn list(&self, contact: ContactId) -> Result<Vec<Ticket>, BackofficeError>;

    /// Adds the customer's comment; a solved ticket is open again, a closed one refuses (`Conflict`).
    async fn comment(
        &self,
        key: &str,
        number: i64,
        contact: ContactId,
        text: &str,
    ) -> Result<Ticket, BackofficeError>;
}
