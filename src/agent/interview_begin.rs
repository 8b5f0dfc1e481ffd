//! How an interview begins in a turn, by a rule or by the model's own call, and what systems tell of it on the way.
//! Whether a model may begin one is the definition's to say.

use super::interview::Lead;
use super::lookups::{told, told_by};
use super::run::Run;
use crate::domain::event::EventBody;
use crate::domain::ids::InterviewId;
use crate::domain::interview::{InterviewState, InterviewStep, StartRule};
use crate::domain::tool::ToolSpec;
use crate::interview::definition::Definition;
use crate::interview::hear::{Hearing, hear};
use crate::interview::known::{Sources, all_looked_up, known};
use crate::interview::react::{Reaction, Then, Words, react};
use crate::interview::start::Visit;
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;

impl Run<'_> {
    /// The tools as the model sees them in this turn.
    pub(super) fn tools(&self) -> Arc<Vec<ToolSpec>> {
        let registry = self.agent.dispatcher.registry();
        match self.may_begin().is_empty() {
            true => registry.specs_without_interviews(),
            false => registry.specs(),
        }
    }

    /// Names of the interviews that the model may begin: none while one is led, and none that the customer has been
    /// asked in.
    pub(super) fn may_begin(&self) -> Vec<String> {
        let earlier = self.task.interview.as_ref();
        if self.lead.is_some() || earlier.is_some_and(|state| self.goes_on(state)) {
            return Vec::new();
        }
        let asked = |name: &str| {
            self.task.interviewed.iter().any(|known| known == name)
                || earlier.is_some_and(|state| state.name == name)
        };
        self.agent.interviews.by_tool().filter(|name| !asked(name)).map(str::to_owned).collect()
    }

    /// Begins an interview with what is known already.
    pub(super) fn begin_interview(&mut self, definition: Arc<Definition>, rule: StartRule) {
        let registry = self.agent.dispatcher.registry();
        let mut told = told(&self.task.events, registry, &definition);
        for (tool, data) in &self.results {
            told.extend(told_by((tool.as_str(), data, self.now.timestamp()), registry, &definition));
        }
        let sources = Sources {
            contact: &self.task.contact,
            writes_from_phone: self.task.conversation.knows_phone(),
            earlier: self.task.interview.as_ref(),
            told: &told,
            visit: Visit::of(&self.task.conversation.metadata),
            at: self.now.timestamp(),
        };
        let step = InterviewStep::Started {
            name: definition.name.clone(),
            version: definition.version.clone(),
            rule,
            known: known(&definition, sources),
        };
        let (conversation, at) = (self.task.conversation.id, self.now.timestamp());
        let id = InterviewId(self.agent.clock.new_id());
        if let Some(state) = InterviewState::begin(id, conversation, self.language, &step, at) {
            self.buffered.push(EventBody::Interview { interview: id, step: Box::new(step) });
            self.lead = Some(Lead::of(definition, state));
        }
    }

    /// Begins the interview that the model's call asked for. Its questions come behind the model's answer; what the
    /// customer's words answer already is not asked.
    pub(super) fn begin_by_tool(&mut self, name: &str) {
        // A turn that is taken up again has begun it.
        if self.lead.is_some() {
            return;
        }
        let Some(definition) = self.agent.interviews.version_for(name, self.task.contact.id).cloned() else {
            return;
        };
        self.begin_interview(definition, StartRule::Tool);
        let said: Vec<&str> = self.task.answers.iter().map(|message| message.text.as_str()).collect();
        let said = said.join("\n");
        let (Some(lead), Some(message)) = (&self.lead, self.task.answers.last()) else { return };
        let hearing = Hearing {
            definition: &lead.definition,
            state: &lead.state,
            language: self.language,
            now: &self.now,
        };
        let heard = hear(&hearing, &said);
        // What it asks the model has answered.
        let (begins, asks, returns) = (true, false, false);
        let at = self.now.timestamp();
        let words = Words { message: message.id, text: &said, at, begins, asks, returns };
        let Reaction { steps, said, then, .. } =
            react(&self.voice(&lead.definition), &lead.state, &heard, words);
        for step in steps {
            self.interview_step(step);
        }
        if let Some(lead) = &mut self.lead {
            // The model has answered the words; only an end is told of.
            lead.said = if then == Then::Rest { said } else { Vec::new() };
            lead.then = then;
        }
    }

    /// Takes in what a system told, for the interview that is led or may still begin.
    pub(super) fn look_up(&mut self, tool: &str, data: &Value) {
        if self.agent.interviews.is_empty() {
            return;
        }
        self.results.push((tool.to_owned(), data.clone()));
        let Some(lead) = &self.lead else { return };
        let at: Timestamp = self.now.timestamp();
        let told = told_by((tool, data, at), self.agent.dispatcher.registry(), &lead.definition);
        let answers = all_looked_up(&lead.definition, &told);
        let step = InterviewStep::LookedUp { answers };
        let mut after = lead.state.clone();
        after.on(&step, at);
        after.updated_at = lead.state.updated_at;
        if after != lead.state {
            self.interview_step(step);
        }
    }
}
