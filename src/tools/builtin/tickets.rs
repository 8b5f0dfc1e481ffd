//! Tools over the help desk. A customer sees and changes their own tickets; one of an earlier time is reached by its
//! number together with the e-mail on file.

use super::capability::{Builtin, Capability, Declaration, failure};
use super::identity::{not_verified, proof, same_email};
use super::words::{moment, short, ticket_status};
use crate::backoffice::BackofficeError;
use crate::backoffice::crm::{Crm, Handle};
use crate::backoffice::tickets::{NewTicket, Priority, Tickets};
use crate::domain::effect::Effect;
use crate::domain::ids::ContactId;
use crate::domain::ticket::Ticket;
use crate::domain::tool::{ParamSource, Risk};
use crate::tools::tool::{Tool, ToolContext, ToolError, ToolOutput};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The tools over the help desk.
pub fn tools(tickets: &Arc<dyn Tickets>, crm: &Arc<dyn Crm>) -> Vec<Arc<dyn Tool>> {
    let desk = Desk { tickets: tickets.clone(), crm: crm.clone() };
    vec![
        Builtin::tool(Create(desk.tickets.clone())),
        Builtin::tool(Status(desk.clone())),
        Builtin::tool(Comment(desk)),
    ]
}

/// The help desk, and the CRM to see whose e-mail it is.
#[derive(Clone)]
struct Desk {
    tickets: Arc<dyn Tickets>,
    crm: Arc<dyn Crm>,
}

impl Desk {
    /// The ticket and whose it is: the person's own, or one proven by its number and the e-mail on file.
    async fn find(
        &self,
        number: i64,
        email: Option<&str>,
        context: &ToolContext,
    ) -> Result<(Ticket, ContactId, Vec<Effect>), ToolError> {
        match self.tickets.status(number, context.contact).await {
            Ok(ticket) => return Ok((ticket, context.contact, Vec::new())),
            Err(BackofficeError::NotFound { .. }) => {}
            Err(error) => return Err(failure(error)),
        }
        let Some(email) = email else {
            return Err(ToolError::refused(
                "no ticket with this number in this conversation; ask for the e-mail it was opened with",
            ));
        };
        let owner = match self.crm.find_contact(&Handle::Email(email.to_owned())).await {
            Ok(Some(owner)) if owner.email.as_deref().is_some_and(|on_file| same_email(email, on_file)) => {
                owner.id
            }
            Ok(_) => return Err(not_verified("ticket")),
            Err(error) => return Err(failure(error)),
        };
        match self.tickets.status(number, owner).await {
            Ok(ticket) => Ok((ticket, owner, proof(email, owner, context))),
            Err(BackofficeError::NotFound { .. }) => Err(not_verified("ticket")),
            Err(error) => Err(failure(error)),
        }
    }
}

/// What a ticket may be about.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Category {
    Entrega,
    TrocaDevolucao,
    Avaria,
    GarantiaPlanta,
    Pagamento,
    NotaFiscal,
    Pedido,
    Agendamento,
    Sugestao,
    Elogio,
    Outro,
}

impl Category {
    fn as_str(self) -> &'static str {
        match self {
            Self::Entrega => "entrega",
            Self::TrocaDevolucao => "troca_devolucao",
            Self::Avaria => "avaria",
            Self::GarantiaPlanta => "garantia_planta",
            Self::Pagamento => "pagamento",
            Self::NotaFiscal => "nota_fiscal",
            Self::Pedido => "pedido",
            Self::Agendamento => "agendamento",
            Self::Sugestao => "sugestao",
            Self::Elogio => "elogio",
            Self::Outro => "outro",
        }
    }
}

/// How pressing the customer's problem is.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Urgency {
    Low,
    Normal,
    High,
}

struct Create(Arc<dyn Tickets>);

#[derive(Deserialize, JsonSchema)]
struct CreateArguments {
    /// What the problem is, told fully, in the customer's sense.
    #[schemars(length(min = 5, max = 4000), extend("x-balcao-kind" = "text"))]
    description: String,
    /// The problem in one line; made from the description if left out.
    #[schemars(length(max = 120), extend("x-balcao-kind" = "text"))]
    subject: Option<String>,
    /// What it is about.
    category: Option<Category>,
    /// How pressing it is.
    priority: Option<Urgency>,
    /// Number of the order it is about, if any.
    #[schemars(length(max = 20), extend("x-balcao-kind" = "order_number"))]
    order_number: Option<String>,
}

impl Capability for Create {
    type Arguments = CreateArguments;

    const DECLARATION: Declaration = Declaration {
        name: "ticket_create",
        description: "Opens a support ticket when the customer has a problem or complaint that a person has to solve: \
                      damage, a wrong or late delivery, a refund, an invoice. Understand the problem before you open one.",
        risk: Risk::Write,
        sources: &[
            ("description", ParamSource::Model),
            ("subject", ParamSource::Model),
            ("category", ParamSource::Model),
            ("priority", ParamSource::Model),
        ],
        trusted: &["number"],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let mut description = arguments.description;
        let subject =
            arguments.subject.unwrap_or_else(|| short(description.lines().next().unwrap_or_default(), 80));
        if let Some(number) = arguments.order_number.filter(|number| !description.contains(number.as_str())) {
            description.push_str(&format!("\nPedido: {number}"));
        }
        let request = NewTicket {
            contact: context.contact,
            subject,
            description,
            category: arguments.category.unwrap_or(Category::Outro).as_str().to_owned(),
            priority: match arguments.priority.unwrap_or(Urgency::Normal) {
                Urgency::Low => Priority::Low,
                Urgency::Normal => Priority::Normal,
                Urgency::High => Priority::High,
            },
        };
        let ticket = self.0.create(&context.effect_key(), request).await.map_err(failure)?;
        Ok(ToolOutput::wrote(told(&ticket, context)))
    }
}

struct Status(Desk);

#[derive(Deserialize, JsonSchema)]
struct StatusArguments {
    /// Number of the ticket; leave out to list the customer's tickets.
    #[schemars(range(min = 1), extend("x-balcao-kind" = "ticket_number", "x-balcao-choice-of" = "ticket_create", "x-balcao-choice" = "number"))]
    number: Option<i64>,
    /// E-mail the ticket was opened with; only needed for a ticket of an earlier conversation.
    #[schemars(length(max = 254), extend("x-balcao-kind" = "email"))]
    email: Option<String>,
}

impl Capability for Status {
    type Arguments = StatusArguments;

    const DECLARATION: Declaration = Declaration {
        name: "ticket_status",
        description: "Tells how far a support ticket of the customer is, by its number, or lists their tickets.",
        risk: Risk::Read,
        sources: &[("number", ParamSource::Said), ("email", ParamSource::Said)],
        trusted: &["number", "tickets[].number"],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let Some(number) = arguments.number else {
            let tickets = self.0.tickets.list(context.contact).await.map_err(failure)?;
            let told: Vec<Value> = tickets.iter().take(10).map(|ticket| told(ticket, context)).collect();
            return Ok(ToolOutput::data(json!({"count": tickets.len(), "tickets": told})));
        };
        let (ticket, _, effects) = self.0.find(number, arguments.email.as_deref(), context).await?;
        Ok(ToolOutput { effects, ..ToolOutput::data(told(&ticket, context)) })
    }
}

struct Comment(Desk);

#[derive(Deserialize, JsonSchema)]
struct CommentArguments {
    /// Number of the ticket.
    #[schemars(range(min = 1), extend("x-balcao-kind" = "ticket_number", "x-balcao-choice-of" = "ticket_status", "x-balcao-choice" = "tickets[].number"))]
    number: i64,
    /// What the customer wants to add.
    #[schemars(length(min = 2, max = 4000), extend("x-balcao-kind" = "text"))]
    text: String,
    /// E-mail the ticket was opened with; only needed for a ticket of an earlier conversation.
    #[schemars(length(max = 254), extend("x-balcao-kind" = "email"))]
    email: Option<String>,
}

impl Capability for Comment {
    type Arguments = CommentArguments;

    const DECLARATION: Declaration = Declaration {
        name: "ticket_comment",
        description: "Adds what the customer says to one of their support tickets; a solved ticket is open again.",
        risk: Risk::Write,
        sources: &[("text", ParamSource::Model)],
        trusted: &["number"],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let (_, owner, effects) = self.0.find(arguments.number, arguments.email.as_deref(), context).await?;
        let key = context.effect_key();
        let ticket =
            self.0.tickets.comment(&key, arguments.number, owner, &arguments.text).await.map_err(failure)?;
        let mut output = ToolOutput::wrote(told(&ticket, context));
        output.effects.extend(effects);
        Ok(output)
    }
}

fn told(ticket: &Ticket, context: &ToolContext) -> Value {
    let local = |at: jiff::Timestamp| moment(&at.to_zoned(context.now.time_zone().clone()), context.language);
    let mut told = json!({
        "number": ticket.number,
        "subject": short(&ticket.subject, 120),
        "status": ticket.status.as_str(),
        "status_text": ticket_status(ticket.status, context.language),
        "category": ticket.category,
        "priority": ticket.priority,
        "opened": local(ticket.created_at),
        "updated": local(ticket.updated_at),
        "comments": ticket.comments.len(),
    });
    if let Some(last) = ticket.comments.last() {
        told["last_comment"] =
            json!({"author": last.author, "text": short(&last.text, 500), "when": local(last.at)});
    }
    told
}
