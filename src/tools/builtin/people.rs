//! Giving the conversation to a person. The program, not the model, writes down what the person needs to know.

use super::capability::{Builtin, Capability, Declaration};
use super::identity::has_proven;
use super::words::{moment, order_status, short, ticket_status};
use crate::backoffice::Backoffice;
use crate::domain::effect::Effect;
use crate::domain::language::Language;
use crate::domain::ticket::TicketStatus;
use crate::domain::tool::{ParamSource, Risk};
use crate::tools::tool::{Tool, ToolContext, ToolError, ToolOutput};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;
use std::sync::Arc;

/// How much of the conversation's end goes into the summary, in characters.
const TRANSCRIPT_TAIL: usize = 1_500;

/// The tools that bring a person in.
pub fn tools(backoffice: &Backoffice) -> Vec<Arc<dyn Tool>> {
    vec![Builtin::tool(HandOff(backoffice.clone()))]
}

struct HandOff(Backoffice);

/// Why a person is needed.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Reason {
    /// They asked for a person.
    CustomerAsked,
    /// They are upset or complain.
    Complaint,
    /// They want to buy or negotiate something that needs the sales team.
    Sales,
    /// The answer is not known.
    NotKnown,
    /// A system failed or the tools do not suffice.
    Technical,
    /// It is about a payment, refund or fraud.
    Payment,
    /// It is about personal data or a legal matter.
    Privacy,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::CustomerAsked => "customer_asked",
            Self::Complaint => "complaint",
            Self::Sales => "sales",
            Self::NotKnown => "not_known",
            Self::Technical => "technical",
            Self::Payment => "payment",
            Self::Privacy => "privacy",
        }
    }
}

#[derive(Deserialize, JsonSchema)]
struct HandOffArguments {
    /// Why a person is needed.
    reason: Option<Reason>,
    /// What the customer wants and what was already tried, in two or three sentences, for the person who takes over.
    #[schemars(length(max = 1000), extend("x-balcao-kind" = "text"))]
    summary: Option<String>,
}

impl Capability for HandOff {
    type Arguments = HandOffArguments;

    const DECLARATION: Declaration = Declaration {
        name: "hand_off",
        description: "Gives the conversation to a person of the team; you are silent afterwards. Use it when the customer \
                      asks for a person, is upset, or needs what no tool can do. Saying you transfer without calling this \
                      transfers nothing.",
        risk: Risk::Write,
        sources: &[("reason", ParamSource::Model), ("summary", ParamSource::Model)],
        trusted: &[],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let reason = arguments.reason.unwrap_or(Reason::CustomerAsked).as_str();
        let summary = self.briefing(arguments.summary.as_deref(), context).await;
        let mut output = ToolOutput::wrote(json!({"handed_off": true, "reason": reason}));
        output.effects.push(Effect::HandOff { reason: reason.to_owned(), summary });
        Ok(output)
    }
}

impl HandOff {
    /// What the person needs to know. A system that does not answer leaves its part out: a customer who needs a
    /// person gets one.
    async fn briefing(&self, summary: Option<&str>, context: &ToolContext) -> String {
        let mut text = summary.map(|summary| format!("{}\n", summary.trim())).unwrap_or_default();
        let (record, tickets, appointments) = tokio::join!(
            self.0.crm.history(context.contact),
            self.0.tickets.list(context.contact),
            self.0.agenda.appointments(context.contact),
        );
        if let Ok(record) = record {
            let contact = &record.contact;
            let proven = if has_proven(context, contact) { "verificado" } else { "não verificado" };
            let handles = [contact.name.as_deref(), contact.email.as_deref(), contact.phone.as_deref()];
            let known: Vec<&str> = handles.into_iter().flatten().chain(contact.stage.as_deref()).collect();
            let _ = writeln!(text, "Cliente: {} ({proven})", known.join(" · "));
            for order in record.orders.iter().take(3) {
                let state = order_status(order.status, Language::Portuguese);
                let _ = writeln!(text, "Pedido {}: {state}, {}", order.number, order.total);
            }
            for opportunity in record.opportunities.iter().take(3) {
                let _ = writeln!(
                    text,
                    "Oportunidade: {} ({})",
                    short(&opportunity.title, 120),
                    opportunity.stage
                );
            }
        }
        for ticket in tickets.into_iter().flatten().filter(|ticket| is_open(ticket.status)).take(3) {
            let state = ticket_status(ticket.status, Language::Portuguese);
            let _ = writeln!(text, "Chamado {}: {} ({state})", ticket.number, short(&ticket.subject, 120));
        }
        for booked in appointments.into_iter().flatten().take(3) {
            let when = moment(&booked.start, Language::Portuguese);
            let _ = writeln!(text, "Agenda {}: {}, {when}", booked.appointment.code, booked.service.name);
        }
        let tail = tail(&context.transcript);
        if !tail.is_empty() {
            let _ = write!(text, "Últimas mensagens:\n{tail}");
        }
        text.trim_end().to_owned()
    }
}

fn is_open(status: TicketStatus) -> bool {
    match status {
        TicketStatus::Open | TicketStatus::Pending => true,
        TicketStatus::Solved | TicketStatus::Closed => false,
    }
}

/// The last whole lines of the transcript that fit.
fn tail(transcript: &str) -> &str {
    let Some((start, _)) = transcript.char_indices().rev().nth(TRANSCRIPT_TAIL) else {
        return transcript.trim();
    };
    let cut = &transcript[start..];
    cut.split_once('\n').map_or(cut, |(_, whole)| whole).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_whole_lines() {
        assert_eq!(tail("cliente: oi\n"), "cliente: oi");
        let long = format!("{}\ncliente: quero uma pessoa", "ã".repeat(5_000));
        assert_eq!(tail(&long), "cliente: quero uma pessoa");
    }
}
