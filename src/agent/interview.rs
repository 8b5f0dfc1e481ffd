//! An interview inside a turn: it has the customer's words first, and puts its next question behind the answer. What
//! is asked and how it ends is decided in `interview`, the same with a strong model, a weak one, or none; the model
//! answers what the customer asks beside it.

use super::run::Run;
use super::step::{Ending, Next};
use crate::domain::effect::Effect;
use crate::domain::event::EventBody;
use crate::domain::interview::{
    EndReason, InterviewState, InterviewStep, Manner, Question, Standing, StartRule,
};
use crate::domain::turn::StopReason;
use crate::interview::definition::Definition;
use crate::interview::hear::{Hearing, hear};
use crate::interview::plan;
use crate::interview::react::{Put, Reaction, Then, Words, put, react};
use crate::interview::say::{Spoken, Voice};
use crate::interview::start::Visit;
use jiff::SignedDuration;
use std::sync::Arc;

/// The built-in model alone: it has no better ears than the rules.
pub(super) const OFFLINE: &str = "offline";
/// Who was silent for longer was away: the question that waits is said again in the first place.
const A_WHILE: SignedDuration = SignedDuration::from_hours(8);

/// An interview that takes part in the turn.
pub(super) struct Lead {
    pub(super) definition: Arc<Definition>,
    pub(super) state: InterviewState,
    /// What is said before the next question.
    pub(super) said: Vec<String>,
    /// What comes behind the turn's answer.
    pub(super) then: Then,
    /// Whether it was just taken up again.
    resumed: bool,
}

impl Lead {
    /// An interview that begins.
    pub(super) fn of(definition: Arc<Definition>, state: InterviewState) -> Self {
        Self { definition, state, said: Vec::new(), then: Then::GoOn, resumed: false }
    }
}

impl Run<'_> {
    /// Lets the interview have the customer's words first. Returns the end of the turn if no model is needed.
    pub(super) async fn interview(&mut self, said: &str) -> anyhow::Result<Option<Next>> {
        let began = self.take_up(said);
        if self.lead.is_none() {
            return Ok(None);
        }
        let wants_more = match self.heard_before() {
            // A turn that is taken up again has heard already.
            Some((then, wants_more)) => {
                self.set_then(then);
                wants_more
            }
            None => self.listen(said, began).await,
        };
        if wants_more {
            return Ok(None);
        }
        let spoken = self.speak().await?;
        let text = spoken.text.clone();
        self.tail = Some(Spoken { text: String::new(), ..spoken });
        Ok(Some(Next::Stop(Ending { reason: StopReason::Answered, text: Some(text), confirmation: None })))
    }

    /// Puts the next question behind the answer of a turn that a model answered.
    pub(super) async fn lead_on(&mut self, ending: &Ending) -> anyhow::Result<()> {
        if self.lead.is_none() || self.tail.is_some() {
            return Ok(());
        }
        // One question at a time: choices that a tool offered come first.
        let offers = self.outcome.effects.iter().any(|effect| matches!(effect, Effect::Buttons { .. }));
        match ending.reason {
            StopReason::HandedOff => {
                let verdict = self.verdict_now();
                self.interview_step(InterviewStep::Ended { reason: EndReason::HandedOff, verdict });
            }
            StopReason::Answered if ending.confirmation.is_none() && !offers => {
                let spoken = self.speak().await?;
                self.tail = (!spoken.text.is_empty()).then_some(spoken);
            }
            _ => {}
        }
        Ok(())
    }

    fn set_then(&mut self, then: Then) {
        if let Some(lead) = &mut self.lead {
            lead.then = then;
        }
    }

    /// Takes up the interview that is open, or begins the one that the message asks for. Returns whether it begins.
    fn take_up(&mut self, said: &str) -> bool {
        let interviews = self.agent.interviews.clone();
        let earlier = self.task.interview.as_ref();
        if let Some(state) = earlier.filter(|state| self.goes_on(state)) {
            let Some(definition) = interviews.get(&state.name, &state.version) else { return false };
            let here = self.task.conversation.id;
            let silent = self.now.timestamp().duration_since(state.updated_at);
            let resumed =
                state.standing != Standing::Running || state.conversation != here || silent > A_WHILE;
            let (definition, state) = (definition.clone(), state.clone());
            self.lead = Some(Lead { resumed, ..Lead::of(definition, state) });
            if resumed {
                self.interview_step(InterviewStep::Resumed { conversation: here });
            }
            return false;
        }
        let first = self.task.has_just_come();
        let visit = Visit::of(&self.task.conversation.metadata);
        let begun = interviews.begun_by(said, first, &visit, self.task.contact.id);
        let Some((definition, rule)) = begun else { return false };
        // Who has been interviewed here lately, or did not want to be, is not interviewed again by the same words.
        let again = earlier.is_some_and(|state| {
            let is_here = state.conversation == self.task.conversation.id;
            is_here
                && state.name == definition.name
                && state.is_recent(definition.resume_days, self.now.timestamp())
        });
        if again {
            return false;
        }
        self.begin_interview(definition.clone(), rule);
        true
    }

    /// Whether an interview that was begun earlier goes on with this message.
    pub(super) fn goes_on(&self, state: &InterviewState) -> bool {
        let Some(definition) = self.agent.interviews.get(&state.name, &state.version) else { return false };
        state.goes_on(definition.resume_days, self.now.timestamp())
    }

    /// Notes what happened, in the log and in the state.
    pub(super) fn interview_step(&mut self, step: InterviewStep) {
        let at = self.now.timestamp();
        let Some(lead) = &mut self.lead else { return };
        lead.state.on(&step, at);
        self.buffered.push(EventBody::Interview { interview: lead.state.id, step: Box::new(step) });
    }

    /// What a turn that is taken up again has left to do, if it heard the customer before it was interrupted, and
    /// whether a model has to answer first.
    fn heard_before(&self) -> Option<(Then, bool)> {
        let mut then = None;
        let mut by_model = false;
        for event in self.task.events.iter().filter(|event| event.turn == Some(self.task.turn)) {
            if let EventBody::Interview { step, .. } = &event.body {
                by_model |= matches!(**step, InterviewStep::Started { rule: StartRule::Tool, .. });
                then = match **step {
                    InterviewStep::Drifted => Some(Then::LeadBack),
                    InterviewStep::Ended { .. } => Some(Then::Rest),
                    _ => then.or(Some(Then::GoOn)),
                };
            }
        }
        then.map(|then| (then.clone(), by_model || then != Then::GoOn))
    }

    /// Hears the customer's words and notes what they answer. Returns whether they want something beside it.
    async fn listen(&mut self, said: &str, begins: bool) -> bool {
        let Some(lead) = &self.lead else { return true };
        let hearing = Hearing {
            definition: &lead.definition,
            state: &lead.state,
            language: self.language,
            now: &self.now,
        };
        let mut heard = hear(&hearing, said);
        if heard.is_nothing() && !begins && self.agent.model.name() != OFFLINE {
            heard = self.heard_by_model(said).await;
        }
        let Some(lead) = &self.lead else { return true };
        let Some(message) = self.task.answers.last() else { return true };
        let asks = begins && self.agent.interviews.asks_more(&lead.definition, said);
        let returns = lead.resumed;
        let words =
            Words { message: message.id, text: said, at: self.now.timestamp(), begins, asks, returns };
        let Reaction { steps, said, then, wants_more } =
            react(&self.voice(&lead.definition), &lead.state, &heard, words);
        for step in steps {
            self.interview_step(step);
        }
        if let Some(lead) = &mut self.lead {
            lead.said = said;
            lead.then = then;
        }
        wants_more
    }

    pub(super) fn voice<'v>(&'v self, definition: &'v Definition) -> Voice<'v> {
        Voice { definition, sentences: self.agent.prompts.interview(self.language), language: self.language }
    }

    /// What the interview says next: what it noted, and the next question or the end.
    async fn speak(&mut self) -> anyhow::Result<Spoken> {
        let Some(lead) = &mut self.lead else { return Ok(Spoken::default()) };
        let (definition, mut said) = (lead.definition.clone(), std::mem::take(&mut lead.said));
        let today = self.now.date();
        let begins = !lead.state.introduced && lead.state.asked.is_empty();
        let resumed = std::mem::take(&mut lead.resumed);
        let put = put(&definition, &lead.state, today, &lead.then);
        let led_back = lead.then == Then::LeadBack;
        let sentences = self.agent.prompts.interview(self.language);
        let mut spoken = match put {
            Put::Nothing => Spoken::default(),
            Put::End(reason) => return self.end_interview(reason, said).await,
            Put::Ask(question) => {
                if begins {
                    said.push(self.voice(&definition).introduction());
                } else if resumed {
                    said.push(sentences.resumed.clone());
                }
                let spoken = self.question(&definition, &question, said.is_empty());
                self.interview_step(InterviewStep::Asked(question));
                spoken
            }
            Put::Repeat(question) => {
                if resumed && said.is_empty() {
                    said.push(sentences.resumed.clone());
                } else if led_back && said.is_empty() {
                    said.push(sentences.back.clone());
                }
                self.question(&definition, &question, false)
            }
        };
        said.push(std::mem::take(&mut spoken.text));
        said.retain(|part| !part.is_empty());
        spoken.text = said.join(" ");
        Ok(spoken)
    }

    /// The words of a question. `alone`: nothing was said before it that tells what was wrong with the answer.
    fn question(&self, definition: &Definition, question: &Question, alone: bool) -> Spoken {
        let Some(lead) = &self.lead else { return Spoken::default() };
        let remaining = plan::remaining(definition, &lead.state, self.now.date());
        let manner = match question.manner {
            Manner::Again if !alone => Manner::Ask,
            manner => manner,
        };
        let question = Question { manner, ..question.clone() };
        self.voice(definition).question(&question, &lead.state, remaining)
    }
}
