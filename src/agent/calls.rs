//! Makes the calls of a model answer: reads side by side, whatever changes something one after the other, each with
//! its journal entry before the next step.

use super::confirm::{self, Reader};
use super::run::{Run, milliseconds};
use super::step::{Happened, Next, PlannedCall, Turn};
use crate::domain::event::{Event, EventBody, Settled};
use crate::domain::ids::{CallId, TurnId};
use crate::domain::message::Role;
use crate::domain::tool::Risk;
use crate::domain::tool_call::{RefusalClass, ToolCall, ToolOutcome};
use crate::tools::dispatch::Admitted;
use crate::tools::gate::decide::Consent;
use crate::tools::tool::ToolContext;
use futures_util::future::join_all;
use std::time::{Duration, Instant};

impl Run<'_> {
    /// Makes the calls of one answer: reads side by side, whatever changes something one after the other.
    pub(super) async fn make_calls(
        &mut self,
        turn: &mut Turn,
        calls: Vec<PlannedCall>,
    ) -> anyhow::Result<Next> {
        let consent = match self.outcome_of_settlement() {
            true if turn.step() == 1 => Consent::Given,
            _ => Consent::NotAsked,
        };
        let mut next = Next::Wait;
        let mut finished: Vec<(ToolCall, ToolOutcome, Duration)> = Vec::with_capacity(calls.len());
        let mut reads: Vec<Admitted> = Vec::new();
        let mut writes: Vec<Admitted> = Vec::new();
        let mut asks = false;
        for PlannedCall { call, refused } in calls {
            if let Some(outcome) = self.replay.finished.remove(&call.id.0) {
                self.take_in(&call, &outcome);
                asks |= matches!(outcome, ToolOutcome::NeedsConfirmation { .. });
                next = turn.on(Happened::CallEnded { call, outcome });
                continue;
            }
            let admitted = match refused {
                Some(outcome) => Err(Box::new(outcome)),
                None => self.agent.dispatcher.admit(&call, &self.evidence, consent),
            };
            let announces_itself = matches!(&admitted, Ok(admitted) if admitted.risk != Risk::Read);
            if call.id.is_confirmed() && !announces_itself && !self.replay.started.contains_key(&call.id.0) {
                self.buffered.push(EventBody::ToolStarted { call: call.clone() });
            }
            match admitted {
                Err(outcome) => {
                    let outcome = match *outcome {
                        ToolOutcome::NeedsConfirmation { because } => {
                            self.question_or_not(&call, because, asks).await?
                        }
                        other => other,
                    };
                    asks |= matches!(outcome, ToolOutcome::NeedsConfirmation { .. });
                    finished.push((call, outcome, Duration::ZERO));
                }
                Ok(admitted) if self.replay.started.contains_key(&call.id.0) && !admitted.repeatable => {
                    let reason =
                        "the program was interrupted during this call; whether it was done is not known";
                    finished.push((call, ToolOutcome::Unknown { reason: reason.to_owned() }, Duration::ZERO));
                }
                Ok(admitted) if self.makes_again(&admitted.call).is_some() && !admitted.repeatable => {
                    let reason = "the same call was made before, and whether it was done is not known; it is not made \
                                  again: a person has to look";
                    finished.push((call, ToolOutcome::Unknown { reason: reason.to_owned() }, Duration::ZERO));
                }
                Ok(admitted) if admitted.risk == Risk::Read => reads.push(admitted),
                Ok(admitted) => writes.push(admitted),
            }
        }
        for admitted in reads.iter().chain(&writes) {
            self.say_progress(&admitted.call);
        }
        finished.extend(self.perform_reads(reads).await?);
        for ended in finished {
            next = turn.on(self.ended(ended));
        }
        // What one write came to is in the journal before the next one begins.
        for admitted in writes {
            let ended = self.perform_write(admitted).await?;
            next = turn.on(self.ended(ended));
        }
        // The model is asked again only after the results are safe; an ending rides along with the commit.
        if matches!(next, Next::AskModel(_)) {
            self.flush().await?;
        }
        Ok(next)
    }

    /// The outcome of a call that needs the customer's word: it is asked for only if the customer can read all of
    /// what would be done, and one question at a time.
    async fn question_or_not(
        &self,
        call: &ToolCall,
        because: String,
        asks: bool,
    ) -> anyhow::Result<ToolOutcome> {
        if asks {
            return Ok(ToolOutcome::Refused {
                reason: "nothing was done: the customer is asked about one call at a time, and another of your calls \
                         comes first; call again after the customer's answer"
                    .to_owned(),
                class: RefusalClass::Cancelled,
            });
        }
        let entry = self.agent.dispatcher.registry().get(&call.name);
        let reader = Reader {
            sentences: self.agent.prompts.sentences(self.language),
            language: self.language,
            zone: self.now.time_zone(),
        };
        match confirm::too_long(call, entry.as_ref().map(|entry| entry.spec()), reader) {
            Some(reason) => Ok(ToolOutcome::Refused { reason, class: RefusalClass::BadArguments }),
            None => {
                let asked = ToolOutcome::NeedsConfirmation { because };
                self.agent.dispatcher.before_asking(call, asked, &self.tool_context(call)).await
            }
        }
    }

    /// Notes how a call ended.
    pub(super) fn ended(&mut self, (call, outcome, took): (ToolCall, ToolOutcome, Duration)) -> Happened {
        self.outcome.waited += took;
        self.take_in(&call, &outcome);
        self.buffered.push(EventBody::ToolFinished {
            call: call.clone(),
            outcome: outcome.clone(),
            duration_ms: milliseconds(took),
        });
        self.note_booking(&call, &outcome);
        Happened::CallEnded { call, outcome }
    }

    fn outcome_of_settlement(&self) -> bool {
        let confirmed = |event: &EventBody| {
            matches!(event, EventBody::ConfirmationSettled { settled: Settled::Confirmed, .. })
        };
        self.buffered.iter().any(confirmed) || matches!(self.replay.settled, Some((_, Settled::Confirmed)))
    }

    pub(super) async fn perform_reads(
        &self,
        reads: Vec<Admitted>,
    ) -> anyhow::Result<Vec<(ToolCall, ToolOutcome, Duration)>> {
        let performed = join_all(reads.into_iter().map(|admitted| async {
            let call = admitted.call.clone();
            let context = self.tool_context(&call);
            let began = Instant::now();
            let limit = self.deadline.saturating_duration_since(began);
            match tokio::time::timeout(limit, self.agent.dispatcher.perform(admitted, &context)).await {
                Ok(outcome) => outcome.map(|outcome| (call, outcome, began.elapsed())),
                Err(_) => {
                    let reason = "the turn's time is up".to_owned();
                    let outcome = ToolOutcome::Refused { reason, class: RefusalClass::Cancelled };
                    Ok((call, outcome, began.elapsed()))
                }
            }
        }))
        .await;
        performed.into_iter().collect()
    }

    pub(super) async fn perform_write(
        &mut self,
        admitted: Admitted,
    ) -> anyhow::Result<(ToolCall, ToolOutcome, Duration)> {
        let call = admitted.call.clone();
        let context = self.tool_context(&call);
        self.journal.about_to_write();
        self.buffered.push(EventBody::ToolStarted { call: call.clone() });
        self.flush().await?;
        let began = Instant::now();
        let outcome = self.agent.dispatcher.perform(admitted, &context).await?;
        // What the system did not take now it may have taken before the program was interrupted.
        let may_be_done = self.replay.started.contains_key(&call.id.0) || self.makes_again(&call).is_some();
        let outcome = match outcome {
            ToolOutcome::Refused { reason, class } if may_be_done && says_nothing(class) => {
                ToolOutcome::Unknown {
                    reason: format!(
                        "an earlier attempt may have been done, and whether it was is not known; now: {reason}"
                    ),
                }
            }
            other => other,
        };
        Ok((call, outcome, began.elapsed()))
    }

    /// The call that `call` makes again, of this turn or one lately before it: the same, and of unknown fate. To the
    /// system it is that call, so that it has its effect once.
    pub(super) fn makes_again(&self, call: &ToolCall) -> Option<(TurnId, &CallId)> {
        let same =
            |(_, other): &&(TurnId, ToolCall)| other.name == call.name && other.arguments == call.arguments;
        self.unknown.iter().find(same).map(|(turn, other)| (*turn, &other.id))
    }

    fn tool_context(&self, call: &ToolCall) -> ToolContext {
        let (turn, id) = self.makes_again(call).unwrap_or((self.task.turn, &call.id));
        ToolContext {
            conversation: self.task.conversation.id,
            turn,
            call: id.clone(),
            contact: self.task.contact.id,
            verified: self.verified.clone(),
            language: self.language,
            channel: self.task.conversation.channel.clone(),
            now: self.now.clone(),
            transcript: transcript_text(&self.task.events),
            interviews: self.may_begin(),
            deadline: self.deadline,
        }
    }

    fn say_progress(&self, call: &ToolCall) {
        let entry = self.agent.dispatcher.registry().get(&call.name);
        if let Some(sentence) = entry.as_ref().and_then(|entry| entry.spec().progress.get(self.language)) {
            self.audience.progress(sentence);
        }
    }
}

/// Whether a refusal tells nothing about an earlier attempt: the system itself did not say no.
fn says_nothing(class: RefusalClass) -> bool {
    match class {
        RefusalClass::Unavailable
        | RefusalClass::Unusable
        | RefusalClass::TimedOut
        | RefusalClass::OverQuota
        | RefusalClass::Cancelled => true,
        RefusalClass::UnknownTool
        | RefusalClass::BadArguments
        | RefusalClass::NotSaid
        | RefusalClass::NotVerified
        | RefusalClass::Declined
        | RefusalClass::System
        | RefusalClass::Repeated => false,
    }
}

fn transcript_text(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        if let EventBody::Message(message) = &event.body {
            let who = match message.role {
                Role::Customer => "Cliente",
                Role::Assistant => "Assistente",
                Role::Human => "Equipe",
                Role::System => continue,
            };
            text.push_str(who);
            text.push_str(": ");
            text.push_str(&message.text);
            text.push('\n');
        }
    }
    text
}
