//! Performs the steps of a turn: asks the model, makes the calls, journals each before the next. A turn that was
//! interrupted is run again over its journal; what is journalled is not done twice.

use super::confirm;
use super::context::{self, Parts};
use super::history::{self, StandIn};
use super::house::told_by_settings;
use super::interview::Lead;
use super::names::InternalNames;
use super::proof::{Proof, Vouched, asks_for_time};
use super::replay::Replay;
use super::sent_files::Read;
use super::step::{Ending, Happened, Next, Turn};
use super::task::{Audience, CustomerFiles, Journal, Outcome, Retrieve, Task};
use crate::config::business::Business;
use crate::config::turn::TurnSettings;
use crate::domain::clock::Clock;
use crate::domain::contact::Identity;
use crate::domain::effect::Effect;
use crate::domain::event::{Event, EventBody, Settled};
use crate::domain::ids::{CallId, TurnId};
use crate::domain::language::Language;
use crate::domain::message::Confirmation;
use crate::domain::passage::{Asked, Lookup, Passage};
use crate::domain::provenance::Binding;
use crate::domain::tool_call::{ToolCall, ToolOutcome};
use crate::domain::turn::{StopReason, Usage};
use crate::interview::library::Interviews;
use crate::interview::say::Spoken;
use crate::language::detect::detect;
use crate::language::yes_no::{YesNo, read_yes_no};
use crate::llm::model::{ChatMessage, ChatModel, Picture};
use crate::llm::offline::OfflineModel;
use crate::prompts::Prompts;
use crate::tools::dispatch::Dispatcher;
use crate::tools::gate::evidence::Evidence;
use jiff::Zoned;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A model without room for the whole transcript is shown one part in so many of the past and of the passages.
pub(super) const LITTLE: usize = 4;

/// The mind of the counter.
pub struct Agent {
    /// Answers.
    pub model: Arc<dyn ChatModel>,
    /// Knows by itself which tools a message is likely to want.
    pub built_in: Arc<OfflineModel>,
    /// Acts.
    pub dispatcher: Dispatcher,
    /// Knows.
    pub knowledge: Arc<dyn Retrieve>,
    /// Speaks.
    pub prompts: Arc<Prompts>,
    /// Whose counter it is.
    pub business: Arc<Business>,
    /// What is known of it without being asked.
    pub vouched: Vouched,
    /// Interviews.
    pub interviews: Interviews,
    /// Bounds.
    pub settings: TurnSettings,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where the files are that customers sent, if they are kept.
    pub files: Option<Arc<dyn CustomerFiles>>,
}

/// One run over one task.
pub(super) struct Run<'a> {
    pub(super) agent: &'a Agent,
    pub(super) task: &'a Task,
    /// The task's events without what earlier turns were told by documents that have changed since.
    pub(super) past: Cow<'a, [Event]>,
    /// The passages that have changed.
    pub(super) changed: HashSet<String>,
    pub(super) journal: &'a dyn Journal,
    pub(super) audience: &'a dyn Audience,
    pub(super) language: Language,
    pub(super) now: Zoned,
    pub(super) deadline: Instant,
    pub(super) replay: Replay,
    pub(super) buffered: Vec<EventBody>,
    pub(super) evidence: Evidence,
    pub(super) proof: Proof,
    pub(super) bindings: Vec<Binding>,
    pub(super) base: Vec<ChatMessage>,
    pub(super) room: Room,
    pub(super) passages: Vec<Passage>,
    pub(super) pictures: Vec<Picture>,
    pub(super) documents: Vec<Read>,
    pub(super) outcome: Outcome,
    pub(super) verified: Vec<Identity>,
    pub(super) stands_in: Option<StandIn>,
    pub(super) at_a_loss: bool,
    /// The interview that takes part in the turn.
    pub(super) lead: Option<Lead>,
    /// What the tools of this turn gave, for an interview that may begin in it.
    pub(super) results: Vec<(String, serde_json::Value)>,
    /// Calls of this turn and of those lately before it of which nobody knows whether they were done, each with the turn
    /// that made it first.
    pub(super) unknown: Vec<(TurnId, ToolCall)>,
    /// What the interview puts behind the answer.
    pub(super) tail: Option<Spoken>,
    /// Whether the built-in model wrote the newest answer.
    pub(super) by_built_in: bool,
    /// What model calls cost that are no steps of the turn: of who listened to an interview's answer, or looked at a draft.
    pub(super) aside: Usage,
}

/// How much of the past the model has room for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Room {
    /// As much as the settings allow.
    Plenty,
    /// It found that too long.
    Little,
}

impl Agent {
    /// Works on `task` to its end.
    ///
    /// # Errors
    /// The journal was lost, or a fault of ours. Nothing was said to the customer then.
    pub async fn run(
        &self,
        task: &Task,
        journal: &dyn Journal,
        audience: &dyn Audience,
    ) -> anyhow::Result<Outcome> {
        let zone = self.business.timezone.clone();
        // The turn's own beginning, so that a turn that is taken up again asks the model the very same thing.
        let now = began_at(task).unwrap_or_else(|| self.clock.now()).to_zoned(zone.clone());
        let said: Vec<&str> = task.answers.iter().map(|message| message.text.as_str()).collect();
        let said = said.join("\n");
        let language = detect(&said).unwrap_or(task.conversation.language);
        let run = Run {
            agent: self,
            task,
            past: Cow::Borrowed(&task.events),
            changed: HashSet::new(),
            journal,
            audience,
            language,
            now,
            deadline: Instant::now() + Duration::from_secs(self.settings.max_seconds),
            replay: Replay::of(&task.events, task.turn),
            buffered: Vec::new(),
            unknown: history::of_unknown_fate(task, self.dispatcher.registry(), self.clock.now()),
            evidence: history::evidence(&task.events, self.dispatcher.registry(), language, &zone),
            proof: Proof::default(),
            bindings: Vec::new(),
            base: Vec::new(),
            room: Room::Plenty,
            passages: Vec::new(),
            pictures: Vec::new(),
            documents: Vec::new(),
            outcome: Outcome { language, ..Outcome::default() },
            stands_in: history::stand_in(&task.events, task.turn),
            at_a_loss: false,
            lead: None,
            results: Vec::new(),
            tail: None,
            by_built_in: false,
            aside: Usage::default(),
            verified: history::verified(&task.events),
        };
        run.work_through(&said).await
    }
}

/// When the turn began.
fn began_at(task: &Task) -> Option<jiff::Timestamp> {
    task.events
        .iter()
        .find(|event| event.turn == Some(task.turn) && matches!(event.body, EventBody::TurnStarted { .. }))
        .map(|event| event.at)
}

impl Run<'_> {
    async fn work_through(mut self, said: &str) -> anyhow::Result<Outcome> {
        self.forget_what_changed().await;
        self.know_the_program();
        let mut turn = Turn::new(self.agent.settings.clone());
        let mut next = self.settle_waiting_call(said, &mut turn);
        // A call that waited for the customer's word had these words.
        if self.is_free(&next)
            && let Some(end) = self.interview(said).await?
        {
            next = end;
        }
        if !matches!(next, Next::Stop(_)) {
            self.retrieve(said).await?;
            self.look_at_files().await?;
            self.base = self.context()?;
        }
        loop {
            next = match next {
                Next::AskModel(choice) => {
                    let happened = self.ask_model(&turn, choice).await?;
                    turn.on(happened)
                }
                Next::Shorten(choice) => {
                    self.room = Room::Little;
                    self.base = self.context()?;
                    Next::AskModel(choice)
                }
                Next::MakeCalls(calls) => self.make_calls(&mut turn, calls).await?,
                Next::Judge(draft) => {
                    let verdict = self.judge(&draft, &turn).await?;
                    turn.on(Happened::Judged(verdict))
                }
                Next::Wait => anyhow::bail!("the turn waits for calls that nobody makes"),
                Next::Stop(ending) => {
                    self.lead_on(&ending).await?;
                    let usage = turn.usage().plus(self.aside);
                    return Ok(self.finish(ending, usage));
                }
            };
        }
    }

    /// What the program itself vouches for.
    fn know_the_program(&mut self) {
        let business = &self.agent.business;
        for value in [&business.name, &business.phone, &business.email, &business.address, &business.website]
        {
            self.evidence.add_program(value);
        }
        self.proof = self.agent.vouched.on(business, &self.now, self.language);
        for identity in &self.verified {
            self.evidence.add_program(&identity.value);
        }
        self.proof.internal_names = InternalNames::of(self.agent.dispatcher.registry().specs().iter());
        self.proof.add_task(&self.task.answers, &self.task.contact, self.language);
        self.proof.add_events(&self.past, self.task.turn, &self.now, self.language);
        if self.task.answers.iter().any(|message| asks_for_time(&message.text, &self.now, self.language)) {
            self.proof.add_days();
        }
    }

    /// Settles the call that waits for the customer's word, if one does. A "no" ends the turn here.
    fn settle_waiting_call(&mut self, said: &str, turn: &mut Turn) -> Next {
        let Some(call) = history::waiting_call(&self.task.events, self.task.turn).cloned() else {
            return turn.begin();
        };
        let settled = match (&self.replay.settled, read_yes_no(said)) {
            (Some((_, settled)), _) => *settled,
            (None, Some(YesNo::Yes)) => Settled::Confirmed,
            (None, Some(YesNo::No)) => Settled::Declined,
            (None, None) => Settled::Dropped,
        };
        if self.replay.settled.is_none() {
            let confirmation = Confirmation { tool: call.name.clone(), arguments: call.arguments.clone() };
            self.buffered.push(EventBody::ConfirmationSettled { confirmation, settled });
        }
        let sentences = self.agent.prompts.sentences(self.language);
        match settled {
            // Its old id may come again in this turn; this one cannot.
            Settled::Confirmed => {
                turn.begin_with_call(ToolCall { id: CallId::confirmed(self.task.turn), ..call })
            }
            Settled::Declined => Next::Stop(Ending {
                reason: StopReason::Answered,
                text: Some(sentences.confirm.declined.clone()),
                confirmation: None,
            }),
            Settled::Dropped => {
                let entry = self.agent.dispatcher.registry().get(&call.name);
                let spec = entry.as_ref().map(|entry| entry.spec());
                self.outcome.text = confirm::dropped(spec, sentences, self.language);
                turn.begin()
            }
        }
    }

    /// Whether the customer's words are still anybody's: no waiting call was settled by them.
    fn is_free(&self, next: &Next) -> bool {
        matches!(next, Next::AskModel(_))
            && history::waiting_call(&self.task.events, self.task.turn).is_none()
    }

    async fn retrieve(&mut self, said: &str) -> anyhow::Result<()> {
        if let Some(passages) = self.replay.retrieved.take() {
            self.passages = passages;
        } else {
            let asked = Asked {
                text: said.chars().take(1_000).collect(),
                before: history::said_before(&self.task.events, &self.task.answers),
                language: self.language,
            };
            let found = self.agent.knowledge.retrieve(&asked, self.agent.settings.passages).await;
            // A knowledge base that fails must not silence the counter: tools still work.
            let Lookup { query, mut passages, measured } = found.unwrap_or_else(|error| {
                tracing::error!(error = %error, "the knowledge base could not be searched");
                Lookup { query: asked.text, ..Lookup::default() }
            });
            let business = &self.agent.business;
            if let Some(told) = told_by_settings(said, &passages, business, &self.now, self.language) {
                passages.insert(0, told);
            }
            self.passages.clone_from(&passages);
            self.buffered.push(EventBody::Retrieved { query, passages, measured });
        }
        if !self.passages.is_empty() {
            self.proof.ground();
        }
        for passage in &self.passages {
            self.evidence.add_untrusted(&passage.text);
            self.proof.add_passage(passage, self.language);
        }
        Ok(())
    }

    fn context(&self) -> anyhow::Result<Vec<ChatMessage>> {
        let settings = &self.agent.settings;
        let (characters, passages) = match self.room {
            Room::Plenty => (settings.history_characters, self.passages.len()),
            Room::Little => (settings.history_characters / LITTLE, self.passages.len().div_ceil(LITTLE)),
        };
        context::build(
            &self.agent.prompts,
            Parts {
                business: &self.agent.business,
                contact: &self.task.contact,
                language: self.language,
                now: &self.now,
                history: history::transcript(
                    &self.past,
                    self.task.turn,
                    &self.task.answers,
                    &self.changed,
                    characters,
                ),
                passages: self.passages.get(..passages).unwrap_or(&self.passages),
                likely_tools: self.likely_tools().into_iter().map(|likely| likely.name).collect(),
                answers: &self.task.answers,
                interview: self.lead.as_ref().map(|lead| lead.definition.title.get(self.language)),
            },
        )
    }

    /// Lets the rest of the turn rely on an outcome.
    pub(super) fn take_in(&mut self, call: &ToolCall, outcome: &ToolOutcome) {
        let entry = self.agent.dispatcher.registry().get(&call.name);
        let spec = entry.as_ref().map(|entry| entry.spec());
        let title = spec.and_then(|spec| spec.title.get(self.language)).unwrap_or_default();
        self.proof.add_outcome(call, title, outcome, self.language);
        if matches!(outcome, ToolOutcome::Unknown { .. }) {
            let mut kept = call.clone();
            if let Some(entry) = &entry {
                entry.tidy(&mut kept.arguments);
            }
            if self.makes_again(&kept).is_none() {
                self.unknown.push((self.task.turn, kept));
            }
        }
        let ToolOutcome::Done { data, effects, sources, .. } = outcome else { return };
        let trusted = spec.map(|spec| spec.result_trusted.as_slice());
        self.evidence.add_result(data, trusted.unwrap_or_default());
        self.outcome.sources.extend(sources.iter().cloned());
        self.look_up(&call.name, data);
        for effect in effects {
            match effect {
                Effect::Verified { identities } => self.verified.extend(identities.iter().cloned()),
                Effect::BeginInterview { name } => self.begin_by_tool(name),
                Effect::HandOff { .. } | Effect::Contact { .. } | Effect::Buttons { .. } | Effect::Wrote => {}
            }
            self.outcome.effects.push(effect.clone());
        }
    }

    pub(super) async fn flush(&mut self) -> anyhow::Result<()> {
        if self.buffered.is_empty() {
            return Ok(());
        }
        self.journal.append(std::mem::take(&mut self.buffered)).await
    }
}

/// Whole milliseconds, for the journal.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
