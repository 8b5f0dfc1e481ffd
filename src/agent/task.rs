//! What a turn works on, what it comes to, and whom it needs: a journal, an audience, a place to look things up.

use crate::domain::contact::Contact;
use crate::domain::conversation::{Conversation, REFERRED_WITH};
use crate::domain::effect::Effect;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ConversationId, TurnId};
use crate::domain::interview::InterviewState;
use crate::domain::language::Language;
use crate::domain::message::{Button, Confirmation, Input, KeptFile, Message, Role, SourceRef};
use crate::domain::passage::{Asked, Lookup};
use crate::domain::tool_call::ToolCall;
use crate::domain::turn::{StopReason, Usage};
use crate::llm::model::SentFile;
use async_trait::async_trait;
use serde_json::Value;
use std::collections::HashSet;
use std::time::Duration;

/// The turn's own log. Implementors owe durability before they return.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends events of this turn.
    ///
    /// # Errors
    /// The claim was lost, or the store is gone: the turn must stop at once.
    async fn append(&self, events: Vec<EventBody>) -> anyhow::Result<()>;

    /// Called right before something outside may change: from now on the turn must not be superseded.
    fn about_to_write(&self);
}

/// The customer, waiting. Nothing said here is durable.
pub trait Audience: Send + Sync {
    /// Words of the answer.
    fn delta(&self, words: &str);
    /// What is being done.
    fn progress(&self, sentence: &str);
}

/// Finds passages for a question.
#[async_trait]
pub trait Retrieve: Send + Sync {
    /// The best passages with enough evidence, best first.
    async fn retrieve(&self, asked: &Asked, limit: usize) -> anyhow::Result<Lookup>;

    /// Those of these passages, found some time ago, that no longer hold: their document has changed, is gone or expired.
    async fn outdated(&self, passages: Vec<String>) -> anyhow::Result<HashSet<String>>;
}

/// The files that customers sent.
#[async_trait]
pub trait CustomerFiles: Send + Sync {
    /// The bytes of a picture; none if it is gone, cannot be had, or no model sees.
    async fn picture(&self, conversation: ConversationId, file: &KeptFile) -> Option<Vec<u8>>;

    /// A document, with at most `characters` of its words; none if it is gone, or there is nothing in it that a model
    /// could be given.
    async fn document(
        &self,
        conversation: ConversationId,
        file: &KeptFile,
        characters: usize,
    ) -> Option<Found>;
}

/// A document of a customer's.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// Its words.
    pub words: Words,
    /// The file, if a model takes it as it is.
    pub file: Option<SentFile>,
}

/// Words of a document.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Words {
    /// They themselves.
    pub text: String,
    /// Whether there are more.
    pub cut: bool,
}

impl Words {
    /// The first `characters` of them.
    #[must_use]
    pub fn within(&self, characters: usize) -> Self {
        match self.text.char_indices().nth(characters) {
            Some((end, _)) => Self { text: self.text.get(..end).unwrap_or_default().to_owned(), cut: true },
            None => self.clone(),
        }
    }
}

/// What a turn works on.
pub struct Task {
    /// The turn.
    pub turn: TurnId,
    /// The conversation.
    pub conversation: Conversation,
    /// The person on the other side.
    pub contact: Contact,
    /// The newest events of the conversation, this turn's included, oldest first.
    pub events: Vec<Event>,
    /// The customer messages to answer, oldest first.
    pub answers: Vec<Message>,
    /// The customer's newest interview, whatever became of it.
    pub interview: Option<InterviewState>,
    /// Names of every interview the customer was ever asked in.
    pub interviewed: Vec<String>,
    /// Whether the customer may be told that the answer comes later.
    pub may_postpone: bool,
}

impl Task {
    /// Whether it counts where the customer came from: nobody has answered them yet, or an advertisement has brought
    /// them back with one of the messages to answer.
    pub(super) fn has_just_come(&self) -> bool {
        let is_answer = |event: &Event| matches!(&event.body, EventBody::Message(message) if message.role == Role::Assistant);
        let referred_with = self.conversation.metadata.get(REFERRED_WITH).and_then(Value::as_str);
        let is_referred =
            |message: &Message| referred_with.is_some() && message.client_id.as_deref() == referred_with;
        !self.events.iter().any(is_answer) || self.answers.iter().any(is_referred)
    }
}

/// What a turn comes to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The answer; empty for none.
    pub text: String,
    /// Choices under it.
    pub buttons: Vec<Button>,
    /// How the question in it may be answered, if it is an interview's.
    pub input: Option<Input>,
    /// What it rests on.
    pub sources: Vec<SourceRef>,
    /// The call that waits for the customer's word.
    pub confirmation: Option<(ToolCall, Confirmation)>,
    /// What the tools asked for.
    pub effects: Vec<Effect>,
    /// The interview as it is after the turn, if it took part.
    pub interview: Option<InterviewState>,
    /// Journal events that were not appended yet: they ride along with the commit.
    pub events: Vec<EventBody>,
    /// Why it ended.
    pub stop_reason: Option<StopReason>,
    /// What it cost.
    pub usage: Usage,
    /// The language the customer turned out to speak.
    pub language: Language,
    /// Time spent waiting for models and tools.
    pub waited: Duration,
}
