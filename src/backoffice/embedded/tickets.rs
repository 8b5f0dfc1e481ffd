//! The help desk on the program's own store. A ticket of another contact does not exist for the caller.

use super::Foundation;
use crate::backoffice::BackofficeError;
use crate::backoffice::limits;
use crate::backoffice::tickets::{NewTicket, Tickets};
use crate::domain::ids::ContactId;
use crate::domain::ticket::{Ticket, TicketComment, TicketStatus};
use crate::store::backoffice::EffectKey;
use async_trait::async_trait;

/// The embedded help desk.
pub struct EmbeddedTickets {
    on: Foundation,
}

impl EmbeddedTickets {
    /// A help desk on these tables.
    pub fn new(foundation: Foundation) -> Self {
        Self { on: foundation }
    }
}

#[async_trait]
impl Tickets for EmbeddedTickets {
    async fn create(&self, key: &str, request: NewTicket) -> Result<Ticket, BackofficeError> {
        let now = self.on.clock.now();
        let ticket = Ticket {
            number: 0,
            contact: request.contact,
            subject: limits::line("subject", &request.subject, limits::LINE)?,
            description: limits::story("description", &request.description)?,
            category: limits::line("category", &request.category, limits::WORD)?,
            priority: request.priority.as_str().to_owned(),
            status: TicketStatus::Open,
            comments: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        Ok(self.on.records.create_ticket(&EffectKey(key.to_owned()), &ticket).await?)
    }

    async fn status(&self, number: i64, contact: ContactId) -> Result<Ticket, BackofficeError> {
        self.on
            .records
            .ticket(number)
            .await?
            .filter(|ticket| ticket.contact == contact)
            .ok_or_else(|| BackofficeError::not_found(format!("ticket {number}")))
    }

    async fn list(&self, contact: ContactId) -> Result<Vec<Ticket>, BackofficeError> {
        Ok(self.on.records.tickets(contact).await?)
    }

    async fn comment(
        &self,
        key: &str,
        number: i64,
        contact: ContactId,
        text: &str,
    ) -> Result<Ticket, BackofficeError> {
        let ticket = self.status(number, contact).await?;
        if ticket.status == TicketStatus::Closed {
            return Err(BackofficeError::conflict(format!("ticket {number} is closed; open a new one")));
        }
        let comment = TicketComment {
            author: "customer".to_owned(),
            text: limits::story("text", text)?,
            at: self.on.clock.now(),
        };
        Ok(self.on.records.comment_ticket(&EffectKey(key.to_owned()), number, &comment).await?)
    }
}
