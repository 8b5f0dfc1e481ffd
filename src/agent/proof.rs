//! What a turn may say because it is proven: by tool results, passages, the customer's own words. It only collects;
//! what is said against it is the guard's.

use super::claims::deeds_in;
use super::facts::Facts;
use super::names::InternalNames;
use crate::domain::effect::Effect;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::TurnId;
use crate::domain::language::Language;
use crate::domain::message::Role;
use crate::domain::tool_call::ToolOutcome;
use crate::language::dates::find_times;
use crate::language::fold::{fold, words};
use crate::tools::gate::paths::scalars;
use crate::tools::gate::reading::Reading;
use jiff::Zoned;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;

/// What the guard knows of the turn.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// What was proven.
    pub facts: Facts,
    /// Whether something was changed for the customer in this turn.
    pub wrote: bool,
    /// Whether anything was found or looked up for what was asked: a passage or a result of this turn.
    pub grounded: bool,
    /// Today and the days beside it: proof only beside something else, or for who asks for a day or an hour. What
    /// happens in the world today is not proven by the date.
    pub days: Vec<Date>,
    /// Roots of the deeds that earlier answers told of; those answers had their proof.
    pub deeds: HashSet<&'static str>,
    /// Texts of tool results: the state of an order that "was sent" stands among their words.
    pub told: Vec<Arc<Reading>>,
    /// Names of tools: never for the customer's eyes.
    pub internal_names: InternalNames,
}

impl Proof {
    /// Lets the guard rely on the conversation so far, of which `turn` is the present turn.
    pub fn add_events(&mut self, events: &[Event], turn: TurnId, language: Language) {
        for event in events {
            match &event.body {
                EventBody::Message(message) => match message.role {
                    Role::Customer | Role::Human => self.facts.add_text(&message.text, language),
                    Role::Assistant => self.deeds.extend(deeds_in(&fold(&message.text))),
                    Role::System => {}
                },
                EventBody::ToolFinished { outcome, .. } => {
                    if event.turn == Some(turn) {
                        self.add_outcome(outcome, language);
                    } else {
                        let wrote = self.wrote;
                        self.learn(outcome, language);
                        self.wrote = wrote;
                    }
                }
                EventBody::Retrieved { passages, .. } => {
                    passages.iter().for_each(|passage| self.facts.add_text(&passage.text, language));
                }
                _ => {}
            }
        }
    }

    /// There is something to answer from.
    pub fn ground(&mut self) {
        self.grounded = true;
        self.add_days();
    }

    /// Lets the guard rely on the calendar.
    pub fn add_days(&mut self) {
        for day in std::mem::take(&mut self.days) {
            self.facts.add_time(day.at(0, 0, 0, 0));
        }
    }

    /// Lets the guard rely on an outcome of this turn.
    pub fn add_outcome(&mut self, outcome: &ToolOutcome, language: Language) {
        if matches!(outcome, ToolOutcome::Done { .. } | ToolOutcome::Refused { .. }) {
            self.ground();
        }
        self.learn(outcome, language);
    }

    fn learn(&mut self, outcome: &ToolOutcome, language: Language) {
        match outcome {
            ToolOutcome::Done { data, effects, .. } => {
                self.facts.add_value(data, language);
                self.wrote |= effects.contains(&Effect::Wrote);
                scalars(data, &mut |scalar| {
                    if let Value::String(text) = scalar {
                        self.told.push(Reading::of(text));
                    }
                });
            }
            // A refusal may name what is possible instead (free times, a limit).
            ToolOutcome::Refused { reason, .. } => self.facts.add_text(reason, language),
            ToolOutcome::Unknown { .. } | ToolOutcome::NeedsConfirmation { .. } => {}
        }
    }
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
