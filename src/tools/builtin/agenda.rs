//! Tools over the agenda. They book for the conversation's own contact; the agenda's one validator decides what
//! can be had.

use super::capability::{Builtin, Capability, Declaration, failure};
use super::times::{self, When};
use super::words::{brief, local, moment, pick, short};
use crate::backoffice::BackofficeError;
use crate::backoffice::agenda::{Agenda, Book, Booked, Reschedule, SlotQuery};
use crate::domain::agenda::Service;
use crate::domain::effect::Effect;
use crate::domain::message::Button;
use crate::domain::tool::{ParamSource, Risk};
use crate::tools::tool::{Tool, ToolContext, ToolError, ToolOutput};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Free times told at once.
const SLOTS: u32 = 8;

/// Most buttons under an answer.
const CHOICES: usize = 10;

/// The tools over the agenda.
pub fn tools(agenda: &Arc<dyn Agenda>) -> Vec<Arc<dyn Tool>> {
    vec![
        Builtin::tool(ListSlots(agenda.clone())),
        Builtin::tool(BookTool(agenda.clone())),
        Builtin::tool(MyAppointments(agenda.clone())),
        Builtin::tool(RescheduleTool(agenda.clone())),
        Builtin::tool(Cancel(agenda.clone())),
    ]
}

struct ListSlots(Arc<dyn Agenda>);

#[derive(Deserialize, JsonSchema)]
struct ListSlotsArguments {
    /// The service, by name or id; leave out to learn which services there are.
    #[schemars(length(max = 80), extend("x-balcao-kind" = "name", "x-balcao-choice-of" = "agenda_list_slots", "x-balcao-choice" = "services[].id"))]
    service: Option<String>,
    /// The professional the customer wishes, by name or id; leave out for anybody.
    #[schemars(length(max = 80), extend("x-balcao-kind" = "name"))]
    professional: Option<String>,
    /// The day or time wished: YYYY-MM-DD, YYYY-MM-DDTHH:MM, or the customer's own words ("sexta à tarde"). Leave out
    /// for the next free times.
    #[schemars(length(max = 80), extend("x-balcao-kind" = "date"))]
    when: Option<String>,
}

impl Capability for ListSlots {
    type Arguments = ListSlotsArguments;

    const DECLARATION: Declaration = Declaration {
        name: "agenda_list_slots",
        description: "Lists free times for a service, or the services that can be booked. Always list before booking, and \
                      offer two or three times.",
        risk: Risk::Read,
        sources: &[("professional", ParamSource::Said)],
        trusted: &["service", "services[].id", "slots[].start", "slots[].professional"],
    };

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let services = self.0.services().await.map_err(failure)?;
        let service = match (arguments.service, services.as_slice()) {
            (Some(service), _) => service,
            (None, [only]) => only.id.clone(),
            (None, _) => {
                let data = json!({"choose": "service", "services": told_services(&services)});
                let named =
                    |service: &Service| Button { label: service.name.clone(), value: service.name.clone() };
                return Ok(offering(data, services.iter().map(named).collect()));
            }
        };
        let (from, until) =
            match arguments.when.as_deref().map(|when| times::read("when", when, context)).transpose()? {
                None => (None, None),
                // From a wished moment on: if it is taken, the next ones are the answer.
                Some(When::At(at)) => (Some(at), None),
                Some(When::Within { from, until }) => (Some(from), Some(until)),
            };
        let query = SlotQuery {
            service: service.clone(),
            professional: arguments.professional,
            from,
            until,
            limit: SLOTS,
        };
        let slots = match self.0.list_slots(query.clone()).await {
            Err(BackofficeError::NotFound { what }) => return Err(unknown(&what, &services)),
            slots => slots.map_err(failure)?,
        };
        let wished = !slots.is_empty();
        let slots = if slots.is_empty() && until.is_some() {
            // Nothing in the wished span: what comes next is more use than an empty list.
            self.0.list_slots(SlotQuery { until: None, ..query }).await.map_err(failure)?
        } else {
            slots
        };
        let told: Vec<Value> = slots
            .iter()
            .map(|slot| {
                json!({
                    "start": local(&slot.start),
                    "when": moment(&slot.start, context.language),
                    "end": local(&slot.end),
                    "professional": slot.professional,
                    "professional_name": slot.professional_name,
                })
            })
            .collect();
        let found = slots.first().map(|slot| (slot.service.clone(), slot.service_name.clone()));
        let (service, service_name) = found.unwrap_or_else(|| (service.clone(), service));
        let data = json!({
            "service": service,
            "service_name": service_name,
            "in_wished_time": wished,
            "count": told.len(),
            "slots": told,
        });
        let alone = slots
            .iter()
            .all(|slot| Some(&slot.professional) == slots.first().map(|first| &first.professional));
        let choices = slots.iter().map(|slot| {
            let when = moment(&slot.start, context.language);
            let with = pick(["com", "with", "con"], context.language);
            let mut label = brief(&slot.start, context.language);
            if !alone {
                label = format!("{label} · {}", slot.professional_name);
            }
            Button { label, value: format!("{when}, {with} {}", slot.professional_name) }
        });
        Ok(offering(data, choices.collect()))
    }
}

/// A result with buttons, unless there are none or more than a screen holds. What a button says is what the customer
/// could have written.
fn offering(data: Value, buttons: Vec<Button>) -> ToolOutput {
    let mut output = ToolOutput::data(data);
    if (1..=CHOICES).contains(&buttons.len()) {
        output.effects.push(Effect::Buttons { buttons });
    }
    output
}

fn told_services(services: &[Service]) -> Vec<Value> {
    services
        .iter()
        .take(30)
        .map(|service| {
            json!({
                "id": service.id,
                "name": service.name,
                "duration_minutes": service.duration_minutes,
                "price": service.price.map(|price| price.to_string()),
                "price_cents": service.price.map(|price| price.0),
                "location": service.location,
                "description": short(&service.description, 200),
            })
        })
        .collect()
}

fn unknown(what: &str, services: &[Service]) -> ToolError {
    let names: Vec<&str> = services.iter().take(30).map(|service| service.name.as_str()).collect();
    ToolError::refused(format!("{what} was not found; the services are: {}", names.join("; ")))
}

struct BookTool(Arc<dyn Agenda>);

#[derive(Deserialize, JsonSchema)]
struct BookArguments {
    /// The service, by name or id.
    #[schemars(length(min = 1, max = 80), extend("x-balcao-kind" = "name", "x-balcao-choice-of" = "agenda_list_slots", "x-balcao-choice" = "service"))]
    service: String,
    /// Start, YYYY-MM-DDTHH:MM: one of the free times, as the customer chose it.
    #[schemars(length(min = 1, max = 80), extend("x-balcao-kind" = "date_time", "x-balcao-choice-of" = "agenda_list_slots", "x-balcao-choice" = "slots[].start"))]
    start: String,
    /// The professional the customer wishes, by name or id; leave out for anybody who is free.
    #[schemars(length(max = 80), extend("x-balcao-kind" = "name"))]
    professional: Option<String>,
    /// What the professional should know.
    #[schemars(length(max = 500), extend("x-balcao-kind" = "text"))]
    notes: Option<String>,
}

impl Capability for BookTool {
    type Arguments = BookArguments;

    const DECLARATION: Declaration = Declaration {
        name: "agenda_book",
        description: "Books a free time for the customer. Only with a time the customer chose; say the day, time and \
                      professional back from the result.",
        risk: Risk::Write,
        sources: &[("notes", ParamSource::Model)],
        trusted: &["code", "start", "service", "professional"],
    };

    async fn check(&self, arguments: Self::Arguments, context: &ToolContext) -> Result<(), ToolError> {
        let start = times::moment("start", &arguments.start, context)?;
        let (service, professional) = (arguments.service, arguments.professional);
        let query = SlotQuery { service, professional, from: Some(start), until: None, limit: SLOTS };
        let slots = self.0.list_slots(query).await.map_err(failure)?;
        if slots.first().is_some_and(|slot| slot.start.datetime() == start) {
            return Ok(());
        }
        let reason = "that time cannot be had".to_owned();
        Err(failure(BackofficeError::Conflict { reason, alternatives: slots }))
    }

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let request = Book {
            service: arguments.service,
            professional: arguments.professional,
            start: times::moment("start", &arguments.start, context)?,
            contact: context.contact,
            notes: arguments.notes.unwrap_or_default(),
        };
        let booked = self.0.book(&context.effect_key(), request).await.map_err(failure)?;
        Ok(ToolOutput::wrote(told(&booked, context)))
    }
}

struct MyAppointments(Arc<dyn Agenda>);

#[derive(Deserialize, JsonSchema)]
struct MyAppointmentsArguments {}

impl Capability for MyAppointments {
    type Arguments = MyAppointmentsArguments;

    const DECLARATION: Declaration = Declaration {
        name: "agenda_my_appointments",
        description: "Lists the customer's coming appointments with their codes: before moving or cancelling one.",
        risk: Risk::Read,
        sources: &[],
        trusted: &["appointments[].code", "appointments[].start", "appointments[].service"],
    };

    async fn perform(&self, _: Self::Arguments, context: &ToolContext) -> Result<ToolOutput, ToolError> {
        let booked = self.0.appointments(context.contact).await.map_err(failure)?;
        let told: Vec<Value> = booked.iter().take(10).map(|booked| told(booked, context)).collect();
        Ok(ToolOutput::data(json!({"count": booked.len(), "appointments": told})))
    }
}

struct RescheduleTool(Arc<dyn Agenda>);

#[derive(Deserialize, JsonSchema)]
struct RescheduleArguments {
    /// Code of the appointment, as the tools and the customer give it.
    #[schemars(length(min = 1, max = 64), extend("x-balcao-kind" = "code", "x-balcao-choice-of" = "agenda_my_appointments", "x-balcao-choice" = "appointments[].code"))]
    appointment: String,
    /// The new start, YYYY-MM-DDTHH:MM: one of the free times, as the customer chose it.
    #[schemars(length(min = 1, max = 80), extend("x-balcao-kind" = "date_time", "x-balcao-choice-of" = "agenda_list_slots", "x-balcao-choice" = "slots[].start"))]
    start: String,
    /// Another professional, by name or id; leave out to keep the same one.
    #[schemars(length(max = 80), extend("x-balcao-kind" = "name"))]
    professional: Option<String>,
}

impl Capability for RescheduleTool {
    type Arguments = RescheduleArguments;

    const DECLARATION: Declaration = Declaration {
        name: "agenda_reschedule",
        description: "Moves one of the customer's appointments to another free time. The old time stays if the new one \
                      cannot be had.",
        risk: Risk::Write,
        sources: &[],
        trusted: &["code", "start", "service", "professional"],
    };

    async fn check(&self, arguments: Self::Arguments, context: &ToolContext) -> Result<(), ToolError> {
        is_theirs(self.0.as_ref(), &arguments.appointment, context).await
    }

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let request = Reschedule {
            reference: arguments.appointment,
            contact: context.contact,
            start: times::moment("start", &arguments.start, context)?,
            professional: arguments.professional,
        };
        let booked = self.0.reschedule(&context.effect_key(), request).await.map_err(failure)?;
        Ok(ToolOutput::wrote(told(&booked, context)))
    }
}

struct Cancel(Arc<dyn Agenda>);

#[derive(Deserialize, JsonSchema)]
struct CancelArguments {
    /// Code of the appointment, as the tools and the customer give it.
    #[schemars(length(min = 1, max = 64), extend("x-balcao-kind" = "code", "x-balcao-choice-of" = "agenda_my_appointments", "x-balcao-choice" = "appointments[].code"))]
    appointment: String,
}

impl Capability for Cancel {
    type Arguments = CancelArguments;

    const DECLARATION: Declaration = Declaration {
        name: "agenda_cancel",
        description: "Calls off one of the customer's appointments. Offer another time first if they did not refuse one.",
        risk: Risk::Sensitive,
        sources: &[],
        trusted: &["code"],
    };

    async fn check(&self, arguments: Self::Arguments, context: &ToolContext) -> Result<(), ToolError> {
        is_theirs(self.0.as_ref(), &arguments.appointment, context).await
    }

    async fn perform(
        &self,
        arguments: Self::Arguments,
        context: &ToolContext,
    ) -> Result<ToolOutput, ToolError> {
        let key = context.effect_key();
        let booked = self.0.cancel(&key, &arguments.appointment, context.contact).await.map_err(failure)?;
        Ok(ToolOutput::wrote(told(&booked, context)))
    }
}

/// Whether the customer has that appointment; else they are told which ones they have.
async fn is_theirs(agenda: &dyn Agenda, code: &str, context: &ToolContext) -> Result<(), ToolError> {
    let booked = agenda.appointments(context.contact).await.map_err(failure)?;
    let wanted = code.trim().trim_start_matches('#');
    let is_wanted = |own: &Booked| {
        own.appointment.code.eq_ignore_ascii_case(wanted) || own.appointment.id.to_string() == wanted
    };
    if booked.iter().any(is_wanted) {
        return Ok(());
    }
    let theirs: Vec<String> = booked
        .iter()
        .take(10)
        .map(|booked| {
            format!("{} ({}, {})", booked.appointment.code, booked.service.name, local(&booked.start))
        })
        .collect();
    Err(ToolError::refused(match theirs.is_empty() {
        true => "the customer has no such appointment, nor any other to come".to_owned(),
        false => format!("the customer has no such appointment; theirs are: {}", theirs.join("; ")),
    }))
}

fn told(booked: &Booked, context: &ToolContext) -> Value {
    json!({
        "code": booked.appointment.code,
        "status": booked.appointment.status.as_str(),
        "service": booked.service.id,
        "service_name": booked.service.name,
        "professional": booked.professional.id,
        "professional_name": booked.professional.name,
        "start": local(&booked.start),
        "when": moment(&booked.start, context.language),
        "end": local(&booked.end),
        "location": booked.service.location,
        "price": booked.service.price.map(|price| price.to_string()),
        "price_cents": booked.service.price.map(|price| price.0),
    })
}
