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
use crate::language::fold::{fold, words};
use crate::tools::gate::paths::scalars;
use serde_json::Value;
use std::collections::HashSet;

/// What the guard knows of the turn.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// What was proven.
    pub facts: Facts,
    /// Whether something was changed for the customer in this turn.
    pub wrote: bool,
    /// Whether anything was found or looked up for what was asked: a passage or a result of this turn.
    pub grounded: bool,
    /// Roots of the deeds that earlier answers told of; those answers had their proof.
    pub deeds: HashSet<&'static str>,
    /// Words of tool results: the state of an order that "was sent" stands among them.
    pub told: HashSet<String>,
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
                    let (wrote, grounded) = (self.wrote, self.grounded);
                    self.add_outcome(outcome, language);
                    if event.turn != Some(turn) {
                        (self.wrote, self.grounded) = (wrote, grounded);
                    }
                }
                EventBody::Retrieved { passages, .. } => {
                    passages.iter().for_each(|passage| self.facts.add_text(&passage.text, language));
                }
                _ => {}
            }
        }
    }

    /// Lets the guard rely on an outcome.
    pub fn add_outcome(&mut self, outcome: &ToolOutcome, language: Language) {
        match outcome {
            ToolOutcome::Done { data, effects, .. } => {
                self.grounded = true;
                self.facts.add_value(data, language);
                self.wrote |= effects.contains(&Effect::Wrote);
                scalars(data, &mut |scalar| {
                    if let Value::String(text) = scalar {
                        self.told.extend(words(text));
                    }
                });
            }
            // A refusal may name what is possible instead (free times, a limit).
            ToolOutcome::Refused { reason, .. } => {
                self.grounded = true;
                self.facts.add_text(reason, language);
            }
            ToolOutcome::Unknown { .. } | ToolOutcome::NeedsConfirmation { .. } => {}
        }
    }
}
