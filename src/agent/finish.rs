//! From the end of a turn to what the customer reads: the answer, the question, or the stop reason's own sentence.

use super::confirm::{self, Reader};
use super::history::StandIn;
use super::run::Run;
use super::sources::{cite, placed, sources_of};
use super::step::Ending;
use super::task::Outcome;
use crate::domain::effect::Effect;
use crate::domain::event::EventBody;
use crate::domain::turn::{StopReason, Usage};
use crate::prompts::sentences::fill;

impl Run<'_> {
    /// The outcome of a turn that came to `ending`.
    pub(super) fn finish(self, ending: Ending, usage: Usage) -> Outcome {
        let sentences = self.agent.prompts.sentences(self.language);
        let registry = self.agent.dispatcher.registry();
        let reader = Reader { sentences, language: self.language, zone: self.now.time_zone() };
        let mut text = match (&ending.reason, ending.text) {
            (StopReason::HandedOff, _) => {
                fill(&sentences.handoff.done, "when", &self.when_a_person_answers())
            }
            (_, Some(text)) => text,
            (reason, None) => sentences.stop(*reason).to_owned(),
        };
        let postponed = self.is_postponed(&ending.reason);
        let mut outcome = self.outcome;
        if let Some(call) = ending.confirmation {
            let entry = registry.get(&call.name);
            let spec = entry.as_ref().map(|entry| entry.spec());
            let question = confirm::question(&call, spec, reader);
            text = question.text;
            outcome.buttons = question.buttons;
            outcome.confirmation = Some((call, question.confirmation));
        } else {
            for effect in &outcome.effects {
                match effect {
                    Effect::Buttons { buttons } => outcome.buttons.clone_from(buttons),
                    // What was offered before it has been chosen from.
                    Effect::Wrote => outcome.buttons.clear(),
                    Effect::HandOff { .. }
                    | Effect::Verified { .. }
                    | Effect::Contact { .. }
                    | Effect::BeginInterview { .. } => {}
                }
            }
            if ending.reason.has_sentence() {
                outcome.buttons = vec![sentences.handoff.button()];
            }
        }
        if ending.reason == StopReason::Answered {
            outcome.sources.extend(sources_of(&text, &self.passages, self.language));
        }
        if postponed {
            text = match ending.reason.has_sentence() {
                true => sentences.outage.postponed.clone(),
                false => format!("{}\n\n{text}", sentences.outage.later),
            };
        }
        if self.stands_in == Some(StandIn::Now) && ending.reason != StopReason::HandedOff {
            text = format!("{}\n\n{text}", sentences.outage.basic_mode);
        }
        if let (StopReason::Answered, Some(tail)) = (&ending.reason, self.tail) {
            if !tail.text.is_empty() {
                text = format!("{text}\n\n{}", tail.text);
            }
            outcome.buttons = tail.buttons;
            outcome.input = tail.input;
        }
        outcome.interview = self.lead.map(|lead| lead.state).or(outcome.interview);
        // What was put aside is said first.
        outcome.text = match outcome.text.is_empty() {
            true => text,
            false => format!("{}\n\n{text}", outcome.text),
        };
        outcome.events = self.buffered;
        let bindings = placed(self.bindings, &outcome.text);
        if !bindings.is_empty() && ending.reason == StopReason::Answered {
            let called = |tool: &str| {
                let entry = registry.get(tool)?;
                entry.spec().title.get(self.language).map(str::to_owned)
            };
            cite(&mut outcome.sources, &bindings, &self.task.events, &self.passages, &called);
            outcome.events.push(EventBody::Bound { bindings });
        }
        outcome.stop_reason = Some(if postponed { StopReason::Postponed } else { ending.reason });
        outcome.usage = usage;
        outcome
    }

    /// Whether no model could make anything of the customer's words, nothing was done, and they may be answered later.
    fn is_postponed(&self, reason: &StopReason) -> bool {
        let unserved = match reason {
            StopReason::ModelUnavailable | StopReason::OverQuota => true,
            StopReason::Answered => self.at_a_loss,
            StopReason::AwaitingConfirmation
            | StopReason::HandedOff
            | StopReason::StepLimit
            | StopReason::RepeatLimit
            | StopReason::TokenLimit
            | StopReason::TimeLimit
            | StopReason::Postponed
            | StopReason::ModelRefused
            | StopReason::ModelGarbage
            | StopReason::GuardWithheld
            | StopReason::Superseded
            | StopReason::NotOwner
            | StopReason::InternalError => false,
        };
        unserved && self.task.may_postpone && self.outcome.effects.is_empty() && self.outcome.text.is_empty()
    }

    fn when_a_person_answers(&self) -> String {
        let sentences = &self.agent.prompts.sentences(self.language).handoff;
        let calendar = self.agent.business.calendar();
        match calendar.opens_after(self.now.datetime()) {
            None => sentences.open_now.clone(),
            Some(opens) => {
                let shown = opens.strftime("%d/%m, %H:%M").to_string();
                fill(&sentences.closed_now, "opens", &shown)
            }
        }
    }
}
