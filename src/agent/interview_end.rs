//! The end of an interview: what it comes to, what is passed on, the last words, times for a call.

use super::run::Run;
use crate::domain::effect::Effect;
use crate::domain::event::EventBody;
use crate::domain::ids::CallId;
use crate::domain::interview::{EndReason, InterviewStep, Standing, Verdict};
use crate::domain::message::Button;
use crate::domain::tool::Risk;
use crate::domain::tool_call::{ToolCall, ToolOutcome};
use crate::interview::handover;
use crate::interview::say::Spoken;
use crate::interview::score;
use crate::tools::gate::decide::Consent;
use serde_json::{Value, json};
use std::time::Duration;

/// The program's own tool that passes a lead on.
const SAVE: &str = "lead_save";
/// The tool that lists times.
const SLOTS: &str = "agenda_list_slots";
/// The tool that books one.
const BOOK: &str = "agenda_book";
/// So many times are read out.
const TOLD: usize = 3;

impl Run<'_> {
    /// What the lead is worth by what is known now, if there is an interview.
    pub(super) fn verdict_now(&self) -> Option<Verdict> {
        let lead = self.lead.as_ref()?;
        Some(score::verdict(&lead.definition, &lead.state, self.now.date(), self.agent.business.language))
    }

    /// Ends the interview: passes the lead on, says so, offers a call. `said` comes first.
    pub(super) async fn end_interview(
        &mut self,
        reason: EndReason,
        mut said: Vec<String>,
    ) -> anyhow::Result<Spoken> {
        let (Some(verdict), Some(lead)) = (self.verdict_now(), &self.lead) else {
            return Ok(Spoken::default());
        };
        let definition = lead.definition.clone();
        if reason == EndReason::Declined {
            said.extend(
                definition.consent.as_ref().map(|consent| consent.declined.get(self.language).to_owned()),
            );
            self.interview_step(InterviewStep::Ended { reason, verdict: None });
            return Ok(Spoken { text: said.join(" "), ..Spoken::default() });
        }
        let team = self.agent.business.language;
        let told = crate::interview::say::Voice {
            definition: &definition,
            sentences: self.agent.prompts.interview(team),
            language: team,
        };
        let conversation = &self.task.conversation;
        let arguments =
            handover::lead(&told, &lead.state, &verdict, (&conversation.channel, &conversation.metadata));
        said.push(handover::farewell(&self.voice(&definition), &lead.state, &verdict, self.language));
        if self.own_call(SAVE, arguments).await?.is_done() {
            self.interview_step(InterviewStep::PassedOn);
        } else {
            said.push(self.agent.prompts.interview(self.language).not_passed_on.clone());
        }
        let route = definition.routes.iter().find(|route| Some(&route.id) == verdict.route.as_ref());
        let service = route.and_then(|route| route.service.clone());
        let books = definition.end.of(verdict.temperature).book;
        self.interview_step(InterviewStep::Ended { reason, verdict: Some(verdict) });
        let mut spoken = Spoken { text: said.join(" "), ..Spoken::default() };
        if let (true, Some(service)) = (books, service) {
            self.offer_a_call(&service, &mut spoken).await?;
        }
        Ok(spoken)
    }

    /// Offers times for a call. A business without such a service, or without a free time, offers none.
    async fn offer_a_call(&mut self, service: &str, spoken: &mut Spoken) -> anyhow::Result<()> {
        let ToolOutcome::Done { data, effects, .. } =
            self.own_call(SLOTS, json!({"service": service})).await?
        else {
            return Ok(());
        };
        let slots = data.get("slots").and_then(Value::as_array);
        let times: Vec<String> = slots
            .into_iter()
            .flatten()
            .take(TOLD)
            .filter_map(|slot| Some(format!("- {}", slot.get("when")?.as_str()?)))
            .collect();
        if times.is_empty() {
            return Ok(());
        }
        let booking = &self.agent.prompts.interview(self.language).booking;
        spoken.text = format!("{}\n\n{booking}\n{}", spoken.text, times.join("\n"));
        let offered = effects.into_iter().find_map(|effect| match effect {
            Effect::Buttons { buttons } => Some(buttons),
            _ => None,
        });
        spoken.buttons = offered.unwrap_or_default().into_iter().take(TOLD).collect::<Vec<Button>>();
        Ok(())
    }

    /// Links an appointment to the interview that led to it.
    pub(super) fn note_booking(&mut self, call: &ToolCall, outcome: &ToolOutcome) {
        let ToolOutcome::Done { data, .. } = outcome else { return };
        let open = self.task.interview.as_ref().filter(|state| {
            state.conversation == self.task.conversation.id
                && state.booked.is_none()
                && state.standing == Standing::Ended(EndReason::Completed)
        });
        let (Some(mut state), true) = (open.cloned(), call.name == BOOK && self.lead.is_none()) else {
            return;
        };
        let code = data.get("code").and_then(Value::as_str).unwrap_or_default();
        let step = InterviewStep::Booked { appointment: code.to_owned() };
        state.on(&step, self.now.timestamp());
        self.buffered.push(EventBody::Interview { interview: state.id, step: Box::new(step) });
        self.outcome.interview = Some(state);
    }

    /// A call that the program itself decided on. It is journalled like any other.
    async fn own_call(&mut self, tool: &str, arguments: Value) -> anyhow::Result<ToolOutcome> {
        let call = ToolCall { id: CallId::own(tool), name: tool.to_owned(), arguments };
        if let Some(outcome) = self.replay.finished.remove(&call.id.0) {
            self.take_in(&call, &outcome);
            return Ok(outcome);
        }
        let (call, outcome, took) = match self.agent.dispatcher.admit(&call, &self.evidence, Consent::Given) {
            Err(outcome) => (call, *outcome, Duration::ZERO),
            Ok(admitted) if self.replay.started.contains_key(&call.id.0) && !admitted.repeatable => {
                let reason = "the program was interrupted during this call".to_owned();
                (call, ToolOutcome::Unknown { reason }, Duration::ZERO)
            }
            Ok(admitted) if admitted.risk == Risk::Read => {
                let mut performed = self.perform_reads(vec![admitted]).await?;
                match performed.pop() {
                    Some(performed) => performed,
                    None => anyhow::bail!("a call came to nothing"),
                }
            }
            Ok(admitted) => self.perform_write(admitted).await?,
        };
        self.ended((call, outcome.clone(), took));
        Ok(outcome)
    }
}
