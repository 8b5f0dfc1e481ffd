//! What a turn may say because it is proven: by tool results, passages, the settings of the business, the clock, and the
//! customer's own words as the customer's. It collects; what is said against it is the guard's.

pub mod acts;
mod bind;
mod deeds;
mod equal;
pub mod ledger;
mod manner;
pub mod policies;
mod result;
mod sums;

use super::names::InternalNames;
use crate::config::business::Business;
use crate::domain::effect::Effect;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::TurnId;
use crate::domain::language::Language;
use crate::domain::message::{Message, Role};
use crate::domain::passage::Passage;
use crate::domain::provenance::Origin;
use crate::domain::tool_call::{ToolCall, ToolOutcome};
use crate::language::dates::find_times;
use crate::language::fold::{fold, words};
use crate::language::statements::{Term, terms_of};
pub use acts::Acts;
pub use bind::{Binder, UNPROVEN};
use deeds::{By, claims_to_have_looked, deeds_in};
use jiff::Zoned;
use ledger::Ledger;
use policies::{Policy, is_contradicted, policies_in};
use serde_json::Value;
use std::sync::Arc;

/// A number with so many digits names a record.
const NAMING_DIGITS: usize = 3;

/// Longest text that names its record.
const LONGEST_NAME: usize = 80;

/// What the guard knows of the turn.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// What values may be bound to.
    pub ledger: Ledger,
    /// What the customer's newest words are about.
    pub about: Vec<Term>,
    /// What was changed for the customer in this turn, one entry for each call; what cannot be told from the tool's
    /// name is anything.
    pub wrote: Vec<Acts>,
    /// Whether anything was found or looked up for what was asked: a passage or a result of this turn.
    pub grounded: bool,
    /// Deeds that earlier answers told of; those answers had their proof.
    pub deeds: Acts,
    /// States that tool results and people of the business tell of, each with the terms of its record.
    pub told: Vec<(Acts, Vec<Term>)>,
    /// States that passages speak of.
    pub described: Acts,
    /// What passages and people of the business say that the house does, and does not.
    pub policies: Vec<Arc<Vec<Policy>>>,
    /// Names of tools: never for the customer's eyes.
    pub internal_names: InternalNames,
    /// Whether the clock is in the ledger.
    pub told_the_time: bool,
}

impl Proof {
    /// Nothing but what the program itself vouches for.
    pub fn of_the_program(business: &Business, now: &Zoned, language: Language) -> Self {
        let mut ledger = Ledger::new(business.timezone.clone(), now.date());
        for value in [&business.name, &business.phone, &business.email, &business.address, &business.website]
        {
            ledger.add_text(Origin::Business, value, "", language);
        }
        ledger.add_hours(&business.hours);
        Self { ledger, ..Self::default() }
    }

    /// Lets the guard rely on the conversation so far, of which `turn` is the present turn. `calls` says how the tool of a
    /// call is called for people.
    pub fn add_events(&mut self, events: &[Event], turn: TurnId, now: &Zoned, language: Language) {
        for event in events {
            match &event.body {
                EventBody::Message(message) => self.add_message(message, now, language),
                EventBody::ToolFinished { call, outcome, .. } => {
                    if event.turn == Some(turn) {
                        self.add_outcome(call, "", outcome, language);
                    } else {
                        let wrote = std::mem::take(&mut self.wrote);
                        self.learn(call, "", outcome, language);
                        self.wrote = wrote;
                    }
                }
                EventBody::Retrieved { passages, .. } => {
                    passages.iter().for_each(|passage| self.add_passage(passage, language));
                }
                _ => {}
            }
        }
    }

    fn add_message(&mut self, message: &Message, now: &Zoned, language: Language) {
        let said_on = message.created_at.to_zoned(now.time_zone().clone()).date();
        match message.role {
            Role::Customer => {
                let origin = Origin::Customer { message: message.id };
                self.ledger.add_text_of(said_on, origin, &message.text, "", language);
            }
            Role::Human => {
                let origin = Origin::Person { message: message.id };
                self.ledger.add_text_of(said_on, origin, &message.text, "", language);
                self.told.push((acts::called(&message.text), numbers_of(&message.text, language)));
                self.policies.push(policies_in(&message.text, language));
            }
            Role::Assistant => {
                let told = deeds_in(&fold(&message.text));
                // `Feito!` tells of no deed in particular.
                let done = told.iter().filter(|deed| !deed.is_denied && deed.acts != Acts::ANYTHING);
                self.deeds = done.fold(self.deeds, |all, deed| all.and(deed.acts));
            }
            Role::System => {}
        }
    }

    /// Lets the guard rely on a passage.
    pub fn add_passage(&mut self, passage: &Passage, language: Language) {
        let about = format!("{} {}", passage.title, passage.heading.as_deref().unwrap_or_default());
        let origin = Origin::Passage { id: passage.id.clone() };
        self.ledger.add_text(origin, &passage.text, &about, language);
        self.described = self.described.and(acts::called(&passage.text));
        self.policies.push(policies_in(&passage.text, language));
    }

    /// There is something to answer from.
    pub fn ground(&mut self) {
        self.grounded = true;
        self.add_days();
    }

    /// Lets the guard rely on the calendar. The date is proof only beside something else, or for who asks for a day or
    /// an hour: what happens in the world today is not proven by it.
    pub fn add_days(&mut self) {
        if !std::mem::replace(&mut self.told_the_time, true) {
            self.ledger.add_clock();
        }
    }

    /// Lets the guard rely on an outcome of this turn. `title` is how people call the tool.
    pub fn add_outcome(&mut self, call: &ToolCall, title: &str, outcome: &ToolOutcome, language: Language) {
        if matches!(outcome, ToolOutcome::Done { .. } | ToolOutcome::Refused { .. }) {
            self.ground();
        }
        self.learn(call, title, outcome, language);
    }

    fn learn(&mut self, call: &ToolCall, title: &str, outcome: &ToolOutcome, language: Language) {
        let origin = Origin::Tool { call: call.id.clone(), tool: call.name.clone() };
        match outcome {
            ToolOutcome::Done { data, effects, .. } => {
                self.ledger.add_result(origin, data, language);
                states_of(data, &[], language, &mut self.told);
                if effects.contains(&Effect::Wrote) && !has_failed(data) {
                    let acts = acts::called(&call.name).and(acts::called(title));
                    self.wrote.push(acts);
                }
            }
            // A refusal may name what is possible instead (free times, a limit).
            ToolOutcome::Refused { reason, .. } => self.ledger.add_text(origin, reason, "", language),
            ToolOutcome::Unknown { .. } | ToolOutcome::NeedsConfirmation { .. } => {}
        }
    }

    /// Whether what is known of the house says the opposite of a sentence.
    pub fn contradicts(&self, sentence: &str, language: Language) -> bool {
        !self.policies.is_empty() && is_contradicted(&policies_in(sentence, language), &self.policies)
    }

    /// Why a deed that a sentence tells of must not be told of, if so.
    pub fn fault_of_deeds(&self, sentence: &str, folded: &str, language: Language) -> Option<&'static str> {
        const UNDONE: &str = "it says that something was done, and nothing was";
        const OTHER: &str = "it says that something was done that was not: other things were";
        const NOT_SO: &str = "it says of a state what no tool result says";
        const UNLOOKED: &str = "it says that something was looked up, and nothing was";
        for deed in deeds_in(folded).iter() {
            // What a tool's name does not tell may be anything.
            let wrote = self.wrote.iter().any(|acts| acts.is_empty() || acts.meets(deed.acts));
            let known = wrote || self.deeds.meets(deed.acts);
            // What the deed is called by names no record.
            let named: Vec<String> =
                words(sentence).into_iter().filter(|word| acts::called(word).is_empty()).collect();
            let terms = terms_of(&named.join(" "), language);
            let shared = |told: &[Term]| terms.iter().filter(|term| told.contains(term)).count();
            let best = |wanted: &dyn Fn(Acts) -> bool| {
                self.told
                    .iter()
                    .filter(|(acts, _)| wanted(*acts))
                    .map(|(_, told)| shared(told) + 1)
                    .max()
                    .unwrap_or(0)
            };
            let (fits, rival) = (best(&|acts| acts.meets(deed.acts)), best(&|acts| !acts.is_empty()));
            // Of a record that is named better, something else is told.
            let is_told = fits > 0 && fits >= rival;
            let is_named = rival > 1;
            match (deed.by, deed.is_denied) {
                (By::Bot, true) => {}
                (By::Bot, false) if known => {}
                (By::Bot, false) => return Some(if self.wrote.is_empty() { UNDONE } else { OTHER }),
                (By::Anyone, true) if is_told && !wrote => return Some(NOT_SO),
                (By::Anyone, true) => {}
                (By::Anyone, false) if is_told || (known && !is_named) || wrote => {}
                (By::Anyone, false)
                    if self.described.meets(deed.acts) && !self.is_of_somebody(sentence, language) => {}
                (By::Anyone, false) => return Some(NOT_SO),
            }
        }
        (!self.grounded && claims_to_have_looked(folded)).then_some(UNLOOKED)
    }

    /// Whether a sentence speaks of one customer's affair and not of how things are done.
    fn is_of_somebody(&self, sentence: &str, language: Language) -> bool {
        !numbers_of(sentence, language).is_empty() || manner::Manner::of(sentence, language).is_personal()
    }
}

/// The terms of numbers that name records.
fn numbers_of(text: &str, language: Language) -> Vec<Term> {
    let numbers: Vec<&str> = text
        .split(|sign: char| !sign.is_ascii_digit())
        .filter(|digits| digits.len() >= NAMING_DIGITS)
        .collect();
    terms_of(&numbers.join(" "), language)
}

/// The states that the texts of a result tell of, each with the terms of its record and of those around it.
fn states_of(data: &Value, around: &[Term], language: Language, told: &mut Vec<(Acts, Vec<Term>)>) {
    match data {
        Value::Object(fields) => {
            let mut terms = around.to_vec();
            for value in fields.values() {
                match value {
                    Value::String(text) if text.len() <= LONGEST_NAME => {
                        terms.extend(terms_of(text, language))
                    }
                    Value::Number(number) => terms.extend(numbers_of(&number.to_string(), language)),
                    _ => {}
                }
            }
            fields.values().for_each(|value| states_of(value, &terms, language, told));
        }
        Value::Array(elements) => {
            elements.iter().for_each(|element| states_of(element, around, language, told))
        }
        // An address of the web is no state, whatever words are in it.
        Value::String(text) if !text.contains("://") && !text.contains('@') => {
            let acts = acts::called(text);
            if !acts.is_empty() {
                told.push((acts, around.to_vec()));
            }
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

/// Whether a result says that nothing came of the call.
fn has_failed(data: &Value) -> bool {
    let says = |key: &str, value: bool| data.get(key).and_then(Value::as_bool) == Some(value);
    let error = data.get("error").is_some_and(|error| !error.is_null() && error.as_bool() != Some(false));
    says("success", false) || says("ok", false) || error
}

/// Whether `text` is about days or hours, so that the present date belongs into an answer.
pub fn asks_for_time(text: &str, now: &Zoned, language: Language) -> bool {
    const WORDS: [&str; 13] = [
        "dia", "data", "hora", "horas", "horario", "horarios", "agora", "day", "date", "time", "now",
        "fecha", "hoy",
    ];
    words(text).iter().any(|word| WORDS.contains(&word.as_str()))
        || !find_times(text, now, language).is_empty()
}
