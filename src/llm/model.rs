//! What the rest of the program knows of a language model.

use crate::domain::language::Language;
use crate::domain::passage::Passage;
use crate::domain::tool::ToolSpec;
use crate::domain::tool_call::ToolCall;
use crate::domain::turn::Usage;
use crate::limits::budget::Payer;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// One message of the transcript a model is given.
#[derive(Clone, PartialEq, Debug)]
pub enum ChatMessage {
    /// What the program tells the model.
    System(String),
    /// The customer's words.
    Customer(String),
    /// What the bot said, and the calls it asked for.
    Assistant {
        /// Its words; may be empty when there are calls.
        text: String,
        /// Its calls.
        calls: Vec<ToolCall>,
    },
    /// The outcome of one call. Every call of an `Assistant` message has exactly one, right behind it.
    ToolResult {
        /// The call it answers; `call.id` links the two.
        call: ToolCall,
        /// What the model reads: see [`crate::domain::tool_call::ToolOutcome::for_model`].
        content: String,
    },
}

/// A picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its type, by its bytes: `image/jpeg`.
    pub mime_type: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Picture({}, {} bytes)", self.mime_type, self.bytes.len())
    }
}

/// A document of the customer's: its words for models that read, the file itself for those that take files.
#[derive(Clone, PartialEq, Eq)]
pub struct SentDocument {
    /// Its words within a limit, with what they are: data that nobody vouches for. Empty if it has none.
    pub told: String,
    /// The file, if it is of a type that endpoints take, and not too large.
    pub file: Option<SentFile>,
}

/// A file as an endpoint takes it: a PDF.
#[derive(Clone, PartialEq, Eq)]
pub struct SentFile {
    /// A harmless name: `documento-1.pdf`.
    pub name: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for SentDocument {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.file.as_ref().map_or(0, |file| file.bytes.len());
        write!(formatter, "SentDocument({} characters, {bytes} bytes)", self.told.len())
    }
}

/// Whether the model may, must or must not call a tool.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ToolChoice {
    /// It decides.
    #[default]
    Auto,
    /// It must answer in words.
    None,
}

/// Which models of a chain may answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Resort {
    /// The first that can.
    #[default]
    First,
    /// Only those that stand before the built-in one, for what that cannot do.
    Outside,
    /// Only the built-in one: the others had their chance in this turn and made nothing of it.
    Last,
}

/// Everything a model is asked with.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// The transcript, oldest first; begins with system messages.
    pub messages: Vec<ChatMessage>,
    /// The tools it may call, in a stable order.
    pub tools: Arc<Vec<ToolSpec>>,
    /// Whether it may call them.
    pub tool_choice: ToolChoice,
    /// The passages that were retrieved for the customer's question, best first. They also stand in a system
    /// message; the offline model reads them here.
    pub passages: Vec<Passage>,
    /// Pictures that the customer sent lately, oldest first: for models that can see. The words say that there are some.
    pub pictures: Vec<Picture>,
    /// Documents that the customer sent lately, oldest first.
    pub documents: Vec<SentDocument>,
    /// Language the customer is served in.
    pub language: Language,
    /// The present, in the business's time zone.
    pub now: jiff::Zoned,
    /// Most tokens the answer may have.
    pub max_output_tokens: u32,
    /// Number of the model call in its turn, from 1; names the calls of the answer ([`crate::domain::ids::CallId::at`]).
    pub step: u32,
    /// Which models of a chain may answer.
    pub resort: Resort,
    /// For whom it is asked.
    pub payer: Payer,
}

/// A model's answer.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ChatAnswer {
    /// Its words.
    pub text: String,
    /// Its calls, with ids made by `CallId::at(request.step, index)`.
    pub calls: Vec<ToolCall>,
    /// What it cost.
    pub usage: Usage,
    /// Which model answered, as named in the chain (`openai:gpt-…`, `offline`).
    pub model: String,
    /// What had to be mended to understand the answer, e.g. `code_fence`; for metrics.
    pub repairs: Vec<&'static str>,
    /// Whether the answer was cut off by the token limit.
    pub truncated: bool,
    /// Whether the built-in model stands in for one that is away.
    pub stands_in: bool,
    /// Whether it says no more than that it did not understand or does not know.
    pub at_a_loss: bool,
}

/// What the caller can do about a model's failure.
#[derive(Clone, PartialEq, Debug)]
pub enum ModelErrorKind {
    /// Try again, after `retry_after` if given.
    Transient {
        /// What the endpoint asked for.
        retry_after: Option<Duration>,
    },
    /// There were too many requests, by our own count or the endpoint's: it works again after `retry_after`.
    OverQuota {
        /// What the quota or the endpoint asks for.
        retry_after: Duration,
    },
    /// The endpoint has no quota left or does not accept the key: another model may.
    Exhausted,
    /// There is no money for it: another model may cost less.
    OverBudget,
    /// The transcript is too long: cut it.
    TooLong,
    /// The model declined to answer this content.
    Refused,
    /// It will not work again either: a bad request, an unknown model.
    Permanent,
}

/// A model that could not answer. `detail` is for the operator's log; it holds neither keys nor message text.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("model `{model}`: {detail}")]
pub struct ModelError {
    /// Which model.
    pub model: String,
    /// What can be done about it.
    pub kind: ModelErrorKind,
    /// What happened.
    pub detail: String,
}

/// Receives the words of an answer as they are written. Words sent here are provisional.
pub type DeltaSink<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// A language model. Implementors owe: no retry of their own (the wrapper does that), an error instead of an
/// empty answer, calls named by `CallId::at`, and cancellation by being dropped.
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// The name used in the chain, in metrics and in the journal.
    fn name(&self) -> &str;

    /// Answers `request`, giving words to `deltas` as they come.
    ///
    /// # Errors
    /// [`ModelError`], sorted by what the caller can do.
    async fn answer(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, ModelError>;
}
