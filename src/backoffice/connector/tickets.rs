//! A help desk of a vendor's. A ticket is a contact's own if this program opened it for them, or if the vendor has it
//! under the e-mail of that contact: then whoever knows its number and that e-mail is let see it, as everywhere.

use super::engine::{Connector, Lookup};
use super::fault::Fault;
use super::person::escaped;
use super::remote::shaped;
use crate::backoffice::BackofficeError;
use crate::backoffice::limits;
use crate::backoffice::tickets::{NewTicket, Tickets};
use crate::declared::instants::instant;
use crate::domain::clock::Clock;
use crate::domain::contact::Contact;
use crate::domain::handle::canonical_email;
use crate::domain::ids::ContactId;
use crate::domain::ticket::{Ticket, TicketComment, TicketStatus};
use crate::store::connectors::Link;
use crate::store::contacts::ContactStore;
use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The kind of link between a contact and a ticket.
const TICKET: &str = "ticket";
/// Most tickets of one contact that are listed.
const MOST: usize = 20;

/// The vendor's help desk.
pub struct ConnectorTickets {
    vendor: Arc<Connector>,
    contacts: Arc<dyn ContactStore>,
    clock: Arc<dyn Clock>,
}

/// What `create_ticket` and `find_ticket` give.
#[derive(Deserialize)]
struct Created {
    number: i64,
}

/// What `ticket` gives.
#[derive(Deserialize)]
struct Remote {
    number: i64,
    subject: Option<String>,
    description: Option<String>,
    category: Option<String>,
    priority: Option<String>,
    /// `open`, `pending`, `solved` or `closed`.
    status: String,
    /// E-mail of whose it is.
    email: Option<String>,
    created_at: Option<Value>,
    updated_at: Option<Value>,
}

/// What `ticket_comments` gives: a list of these, oldest first.
#[derive(Deserialize)]
struct RemoteComment {
    /// `customer` or `team`; left out, it is the team's.
    author: Option<String>,
    text: Option<String>,
    at: Option<Value>,
    /// Whether the customer may see it; left out, they may.
    public: Option<bool>,
}

impl ConnectorTickets {
    /// The help desk of this vendor, for these contacts.
    pub fn new(vendor: Arc<Connector>, contacts: Arc<dyn ContactStore>, clock: Arc<dyn Clock>) -> Self {
        Self { vendor, contacts, clock }
    }

    async fn person(&self, contact: ContactId) -> Result<Option<Contact>, BackofficeError> {
        Ok(self.contacts.get(contact).await?)
    }

    /// The ticket, if it is that contact's.
    async fn owned(&self, number: i64, contact: ContactId) -> Result<Ticket, BackofficeError> {
        let nothing = || BackofficeError::not_found(format!("ticket {number}"));
        let owner = self.vendor.store().local(self.vendor.name(), TICKET, &number.to_string()).await?;
        let read = match self.vendor.read("ticket", &json!({"number": number})).await {
            Ok(Value::Null) | Err(Fault::Missing) => return Err(nothing()),
            Ok(ticket) => shaped::<Remote>(ticket, self.vendor.name(), "ticket")?,
            Err(fault) => return Err(fault.into()),
        };
        let is_theirs = match owner {
            Some(owner) => owner == contact.to_string(),
            None => {
                let own = self.person(contact).await?.and_then(|person| person.email);
                let on_file = read.email.as_deref().and_then(canonical_email);
                own.is_some() && own.as_deref().and_then(canonical_email) == on_file
            }
        };
        if !is_theirs {
            return Err(nothing());
        }
        let comments = self.comments(number).await?;
        Ok(ticket(read, comments, contact, self.clock.now()))
    }

    async fn comments(&self, number: i64) -> Result<Vec<TicketComment>, BackofficeError> {
        if !self.vendor.can("ticket_comments") {
            return Ok(Vec::new());
        }
        let result = self.vendor.read("ticket_comments", &json!({"number": number})).await?;
        let remote: Option<Vec<RemoteComment>> = shaped(result, self.vendor.name(), "ticket_comments")?;
        let now = self.clock.now();
        let told = remote.into_iter().flatten().filter(|comment| comment.public != Some(false));
        Ok(told
            .filter_map(|comment| {
                Some(TicketComment {
                    author: match comment.author.as_deref() {
                        Some("customer") => "customer".to_owned(),
                        Some(_) | None => "team".to_owned(),
                    },
                    text: comment.text.filter(|text| !text.trim().is_empty())?,
                    at: comment.at.as_ref().and_then(instant).unwrap_or(now),
                })
            })
            .collect())
    }

    async fn link(&self, contact: ContactId, number: i64) -> Result<(), BackofficeError> {
        let link = Link {
            connector: self.vendor.name().to_owned(),
            kind: TICKET.to_owned(),
            local: contact.to_string(),
            remote: number.to_string(),
        };
        Ok(self.vendor.store().link(&link, self.clock.now()).await?)
    }
}

#[async_trait]
impl Tickets for ConnectorTickets {
    async fn create(&self, key: &str, request: NewTicket) -> Result<Ticket, BackofficeError> {
        let subject = limits::line("subject", &request.subject, limits::LINE)?;
        let description = limits::story("description", &request.description)?;
        let category = limits::line("category", &request.category, limits::WORD)?;
        let person = self.person(request.contact).await?;
        let email = person.as_ref().and_then(|person| person.email.clone());
        let arguments = json!({
            "subject": subject,
            "description": description,
            "html": escaped(&description),
            "category": category,
            "priority": request.priority.as_str(),
            "name": person.as_ref().and_then(|person| person.name.clone()),
            "email": email,
            "phone": person.as_ref().and_then(|person| person.phone.clone()),
        });
        let lookup = Lookup {
            operation: "find_ticket",
            arguments: json!({
                "subject": arguments["subject"], "email": arguments["email"], "phone": arguments["phone"],
            }),
        };
        let result = self.vendor.effect("create_ticket", key, &arguments, &lookup).await?;
        let Created { number } = shaped(result, self.vendor.name(), "create_ticket")?;
        self.link(request.contact, number).await?;
        let now = self.clock.now();
        Ok(Ticket {
            number,
            contact: request.contact,
            subject,
            description,
            category,
            priority: request.priority.as_str().to_owned(),
            status: TicketStatus::Open,
            comments: Vec::new(),
            created_at: now,
            updated_at: now,
        })
    }

    async fn status(&self, number: i64, contact: ContactId) -> Result<Ticket, BackofficeError> {
        self.owned(number, contact).await
    }

    async fn list(&self, contact: ContactId) -> Result<Vec<Ticket>, BackofficeError> {
        let numbers = self.vendor.store().remotes(self.vendor.name(), TICKET, &contact.to_string()).await?;
        let mut tickets = Vec::new();
        for number in numbers.iter().filter_map(|number| number.parse().ok()).take(MOST) {
            match self.owned(number, contact).await {
                Ok(ticket) => tickets.push(ticket),
                // Somebody deleted it over there.
                Err(BackofficeError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(tickets)
    }

    async fn comment(
        &self,
        key: &str,
        number: i64,
        contact: ContactId,
        text: &str,
    ) -> Result<Ticket, BackofficeError> {
        let text = limits::story("text", text)?;
        let before = self.owned(number, contact).await?;
        if before.status == TicketStatus::Closed {
            return Err(BackofficeError::conflict(format!("ticket {number} is closed; open a new one")));
        }
        let person = self.person(contact).await?;
        let arguments = json!({
            "number": number,
            "text": text,
            "html": escaped(&text),
            "name": person.as_ref().and_then(|person| person.name.clone()),
            "email": person.as_ref().and_then(|person| person.email.clone()),
            "status": before.status.as_str(),
        });
        let lookup = Lookup {
            operation: "find_comment",
            arguments: json!({"number": number, "text": arguments["text"]}),
        };
        self.vendor.effect("comment_ticket", key, &arguments, &lookup).await?;
        match self.owned(number, contact).await {
            Ok(after) => Ok(after),
            // The comment is there; that it cannot be read back just now does not undo it.
            Err(_) => {
                let at = self.clock.now();
                let mut after = before;
                after.comments.push(TicketComment { author: "customer".to_owned(), text, at });
                Ok(after)
            }
        }
    }
}

fn ticket(read: Remote, comments: Vec<TicketComment>, contact: ContactId, now: Timestamp) -> Ticket {
    let status = match read.status.as_str() {
        "open" => TicketStatus::Open,
        "solved" => TicketStatus::Solved,
        "closed" => TicketStatus::Closed,
        _ => TicketStatus::Pending,
    };
    let created_at = read.created_at.as_ref().and_then(instant).unwrap_or(now);
    Ticket {
        number: read.number,
        contact,
        subject: read.subject.unwrap_or_default(),
        description: read.description.unwrap_or_default(),
        category: read.category.unwrap_or_default(),
        priority: read.priority.unwrap_or_else(|| "normal".to_owned()),
        status,
        comments,
        created_at,
        updated_at: read.updated_at.as_ref().and_then(instant).unwrap_or(created_at),
    }
}
