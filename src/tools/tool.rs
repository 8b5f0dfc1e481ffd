//! The contract of a tool.

use crate::domain::contact::Identity;
use crate::domain::effect::Effect;
use crate::domain::ids::{CallId, ContactId, ConversationId, TurnId};
use crate::domain::language::Language;
use crate::domain::message::SourceRef;
use crate::domain::tool::ToolSpec;
use crate::domain::tool_call::RefusalClass;
use async_trait::async_trait;
use serde_json::Value;
use std::time::Instant;

/// What a tool knows beside its arguments. Identity and secrets come this way, never through the model.
#[derive(Clone, Debug)]
pub struct ToolContext {
    /// The conversation.
    pub conversation: ConversationId,
    /// The turn.
    pub turn: TurnId,
    /// The call, or the one of this turn that it makes again because nobody knows whether that one was done; with the
    /// turn it is the idempotency key.
    pub call: CallId,
    /// The person on the other side.
    pub contact: ContactId,
    /// Handles the person has proven to own in this conversation.
    pub verified: Vec<Identity>,
    /// Language the customer is served in.
    pub language: Language,
    /// Name of the channel, e.g. `web`: the origin of whatever is recorded.
    pub channel: String,
    /// The present, in the business's time zone.
    pub now: jiff::Zoned,
    /// The conversation as text, newest last, for tools that summarise it (hand-off).
    pub transcript: String,
    /// Names of the interviews that a model may begin with this customer now.
    pub interviews: Vec<String>,
    /// When the turn's time is up: whoever waits for something waits less than that.
    pub deadline: Instant,
}

impl ToolContext {
    /// The idempotency key of the call: the same after a restart, different for every call but one that makes another
    /// one of unknown fate again.
    pub fn effect_key(&self) -> String {
        format!("{}/{}", self.turn, self.call)
    }
}

/// What a tool gives back.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ToolOutput {
    /// For the model and for the `say` template: plain data, no prose.
    pub data: Value,
    /// For the program.
    pub effects: Vec<Effect>,
    /// For the customer: where the data comes from.
    pub sources: Vec<SourceRef>,
}

impl ToolOutput {
    /// A result without effects or sources.
    pub fn data(data: Value) -> Self {
        Self { data, effects: Vec::new(), sources: Vec::new() }
    }

    /// The result of a call that changed something.
    pub fn wrote(data: Value) -> Self {
        Self { data, effects: vec![Effect::Wrote], sources: Vec::new() }
    }
}

/// The only two ways a tool fails, plus not knowing.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The model is told, and may do something else.
    #[error("{reason}")]
    Tell {
        /// What is wrong and what to do instead, for the model, in English; it holds no secrets.
        reason: String,
        /// Its class, for metrics and limits.
        class: RefusalClass,
    },
    /// The call may have taken effect: it is reported as unknown and never repeated.
    #[error("{0}")]
    Unknown(String),
    /// The turn cannot go on.
    #[error(transparent)]
    Abort(#[from] anyhow::Error),
}

impl ToolError {
    /// The system behind the tool answered no.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Tell { reason: reason.into(), class: RefusalClass::System }
    }

    /// A value is not acceptable; the model should ask the customer for another one.
    pub fn bad_argument(parameter: &str, reason: impl std::fmt::Display) -> Self {
        Self::Tell { reason: format!("`{parameter}`: {reason}"), class: RefusalClass::BadArguments }
    }
}

/// Who may call a tool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caller {
    /// A model, when the gate lets it.
    Model,
    /// The program alone: no model sees it.
    Program,
}

/// A capability. Implementors owe: the same effect key has its effect once; results are data, not prose;
/// nothing about other customers; an answer within the spec's timeout or a drop-safe wait.
#[async_trait]
pub trait Tool: Send + Sync {
    /// What the model, the gate and the operator see.
    fn spec(&self) -> &ToolSpec;

    /// Who may call it.
    fn caller(&self) -> Caller {
        Caller::Model
    }

    /// Whether a call with the same effect key may be made again after its fate became unknown.
    fn is_idempotent(&self) -> bool {
        true
    }

    /// Whether the call could be made now; asked before the customer is asked to confirm it, so that nobody agrees to
    /// what cannot be. Changes nothing.
    ///
    /// # Errors
    /// [`ToolError`], as [`Tool::call`] would fail.
    async fn check(&self, _arguments: Value, _context: &ToolContext) -> Result<(), ToolError> {
        Ok(())
    }

    /// Whether the system behind it answers and knows what would be asked; nothing where that cannot be found out
    /// without a call. Changes nothing.
    async fn online(&self) -> Option<Result<(), String>> {
        None
    }

    /// Makes the call. `arguments` have been validated against the schema.
    ///
    /// # Errors
    /// [`ToolError`].
    async fn call(&self, arguments: Value, context: &ToolContext) -> Result<ToolOutput, ToolError>;
}
