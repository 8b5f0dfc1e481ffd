//! What people of the business do to interviews: begin one in a conversation, and correct what was answered. Whoever
//! asks has been checked already; what an interview then asks is decided in `interview`.

use super::interviews::standing;
use crate::agent::lookups::told;
use crate::domain::clock::Clock;
use crate::domain::conversation::{Conversation, ConversationState, Owner};
use crate::domain::ids::{ConversationId, InterviewId, MessageId, OutboxId};
use crate::domain::interview::{Answer, EndReason, InterviewState, InterviewStep, Standing, StartRule};
use crate::domain::language::Language;
use crate::domain::message::{Message, Role};
use crate::interview::definition::Definition;
use crate::interview::known::{Sources, known};
use crate::interview::library::Interviews;
use crate::interview::plan;
use crate::interview::react::{Put, Then, put};
use crate::interview::say::Voice;
use crate::interview::score;
use crate::interview::start::Visit;
use crate::prompts::Prompts;
use crate::store::Stores;
use crate::store::error::StoreError;
use crate::store::interviews::{Amendment, InterviewRecord, NewInterview, Opening, Rating};
use crate::store::outbox::NewDelivery;
use crate::tools::registry::Registry;
use jiff::tz::TimeZone;
use std::collections::HashSet;
use std::sync::Arc;

/// How much of a conversation is searched for what systems told: its newest events.
const EVENTS: u32 = 500;
/// How often a correction is tried that something else came before.
const TRIES: u32 = 4;

/// Begins and corrects.
pub struct InterviewDesk {
    /// The state.
    pub stores: Stores,
    /// The interviews that are led.
    pub interviews: Interviews,
    /// The tools, for what of their results may be relied on.
    pub registry: Arc<Registry>,
    /// Words.
    pub prompts: Arc<Prompts>,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// Where the business is.
    pub timezone: TimeZone,
    /// The language of the business, for reasons.
    pub language: Language,
    /// Channels whose messages have to be pushed.
    pub pushed: HashSet<String>,
}

/// Why an interview does not begin.
#[derive(Debug, thiserror::Error)]
pub enum NotBegun {
    /// There is no such conversation.
    #[error("there is no such conversation")]
    NoConversation,
    /// No interview of that name is led, or its file says that people do not begin it.
    #[error("no interview that a person may begin is called so; there are: {}", .0.join(", "))]
    NoInterview(Vec<String>),
    /// The customer is being interviewed.
    #[error("the customer is being interviewed: {0}")]
    Running(InterviewId),
    /// The conversation is over.
    #[error("the conversation is closed")]
    Closed,
    /// The bot may not speak: somebody else has the conversation.
    #[error("somebody else has the conversation")]
    Taken(Owner),
    /// The bot is answering, or something else came first.
    #[error("the conversation is being worked on")]
    Busy,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl InterviewDesk {
    /// Begins the interview `name` in a conversation in the name of `person`. The first question is put at once, or
    /// behind the answer to what the customer has just said. Who has the conversation gives it to the bot by this;
    /// nobody takes it from somebody else so.
    ///
    /// # Errors
    /// [`NotBegun`].
    pub async fn begin(
        &self,
        id: ConversationId,
        name: &str,
        person: &str,
    ) -> Result<InterviewRecord, NotBegun> {
        let conversation = self.stores.conversations.get(id).await?.ok_or(NotBegun::NoConversation)?;
        let definition = self.definition(name, &conversation)?;
        match (&conversation.state, &conversation.owner) {
            (ConversationState::Closed, _) => return Err(NotBegun::Closed),
            (ConversationState::Open, Owner::Bot) => {}
            (ConversationState::Open, Owner::Person { name }) if name == person => {}
            (ConversationState::Open, owner @ (Owner::Team | Owner::Person { .. } | Owner::Flow { .. })) => {
                return Err(NotBegun::Taken(owner.clone()));
            }
        }
        let now = self.clock.now();
        let events = self.stores.conversations.recent_events(id, EVENTS).await?;
        let earlier = standing(self.stores.interviews.as_ref(), &conversation, &events).await?;
        let is_led = |state: &InterviewState| {
            let definition = self.interviews.get(&state.name, &state.version);
            state.is_open() && definition.is_some_and(|definition| state.goes_on(definition.resume_days, now))
        };
        if let Some(open) = earlier.as_ref().filter(|earlier| is_led(earlier)) {
            return Err(NotBegun::Running(open.id));
        }
        // Whoever begins again what was led to its end wants it asked again.
        let whole = Standing::Ended(EndReason::Completed);
        let earlier = earlier.filter(|earlier| earlier.standing != whole);
        let contact = self.stores.contacts.get(conversation.contact).await?.ok_or(StoreError::NotFound)?;
        let told = told(&events, &self.registry, &definition);
        let sources = Sources {
            contact: &contact,
            writes_from_phone: conversation.knows_phone(),
            earlier: earlier.as_ref(),
            told: &told,
            visit: Visit::of(&conversation.metadata),
            at: now,
        };
        let started = InterviewStep::Started {
            name: definition.name.clone(),
            version: definition.version.clone(),
            rule: StartRule::Operator(person.to_owned()),
            known: known(&definition, sources),
        };
        let interview = InterviewId(self.clock.new_id());
        let new = NewInterview {
            id: interview,
            conversation: id,
            only_at: conversation.epoch,
            reason: format!("{person} began an interview"),
            opening: self.opening(&definition, interview, &conversation, &started),
            started,
            at: now,
        };
        self.stores.interviews.begin(new).await.map_err(|error| match error {
            StoreError::Stale | StoreError::Conflict(_) => NotBegun::Busy,
            StoreError::NotFound => NotBegun::NoConversation,
            error @ (StoreError::Unavailable(_) | StoreError::Fault(_)) => NotBegun::Store(error),
        })
    }

    /// The version of the interview that the lead gets.
    fn definition(&self, name: &str, conversation: &Conversation) -> Result<Arc<Definition>, NotBegun> {
        let found = self.interviews.version_for(name, conversation.contact);
        found.filter(|definition| definition.start.operator).cloned().ok_or_else(|| {
            let led = self.interviews.iter().filter(|definition| definition.start.operator);
            let mut names: Vec<String> = led.map(|definition| definition.name.clone()).collect();
            names.dedup();
            NotBegun::NoInterview(names)
        })
    }

    /// The first question, if there is one to put.
    fn opening(
        &self,
        definition: &Definition,
        interview: InterviewId,
        conversation: &Conversation,
        started: &InterviewStep,
    ) -> Option<Opening> {
        let (now, language) = (self.clock.now(), conversation.language);
        let today = now.to_zoned(self.timezone.clone()).date();
        let state = InterviewState::begin(interview, conversation.id, language, started, now)?;
        // What is settled already ends with the customer's next words.
        let Put::Ask(question) = put(definition, &state, today, &Then::GoOn) else { return None };
        let voice = Voice { definition, sentences: self.prompts.interview(language), language };
        let remaining = plan::remaining(definition, &state, today);
        let spoken = voice.question(&question, &state, remaining);
        let message = Message {
            buttons: spoken.buttons,
            input: spoken.input.map(Box::new),
            ..Message::new(
                MessageId(self.clock.new_id()),
                Role::Assistant,
                format!("{} {}", voice.introduction(), spoken.text),
                now,
            )
        };
        let outbox = self.pushed.contains(&conversation.channel).then(|| NewDelivery {
            id: OutboxId(self.clock.new_id()),
            channel: conversation.channel.clone(),
            message: message.id,
        });
        Some(Opening { asked: InterviewStep::Asked(question), message, outbox })
    }

    /// Writes answers of a person; their fields are locked. What an interview that is over comes to is worked out
    /// anew: its lead goes to the systems again, and to somebody else if it belongs there.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such interview, [`StoreError::Stale`] if others were always faster.
    pub async fn correct(
        &self,
        id: InterviewId,
        answers: Vec<Answer>,
    ) -> Result<InterviewRecord, StoreError> {
        let mut tried = 1;
        loop {
            let record = self.stores.interviews.get(id).await?.ok_or(StoreError::NotFound)?;
            let rating = self.rating(&record, &answers);
            let edited = Amendment::Edited { answers: answers.clone(), rating };
            match self.stores.interviews.amend(id, edited, self.clock.now()).await {
                Err(StoreError::Stale) if tried < TRIES => tried += 1,
                amended => return amended,
            }
        }
    }

    /// What an interview that is over comes to with these answers. One that is led is rated at its end; one that was
    /// declined is not rated at all.
    fn rating(&self, record: &InterviewRecord, answers: &[Answer]) -> Option<Rating> {
        record.state.verdict.as_ref()?;
        let definition = self.interviews.get(&record.state.name, &record.state.version)?;
        let now = self.clock.now();
        let mut state = record.state.clone();
        state.on(&InterviewStep::Edited { answers: answers.to_vec() }, now);
        let today = now.to_zoned(self.timezone.clone()).date();
        let verdict = score::verdict(definition, &state, today, self.language);
        let list = definition.end.of(verdict.temperature).nurture.clone();
        Some(Rating { verdict, list, seen: record.seen() })
    }
}
