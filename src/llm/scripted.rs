//! A model that says what it was told to, for tests and demonstrations. It keeps what it was asked and refuses a
//! transcript that a real endpoint would refuse. It understands nothing.

use super::model::{
    ChatAnswer, ChatMessage, ChatModel, ChatRequest, DeltaSink, ModelError, ModelErrorKind, Resort,
};
use crate::domain::ids::CallId;
use crate::domain::tool_call::ToolCall;
use crate::domain::turn::Usage;
use crate::limits::pause::{Pause, TimerPause};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One answer of the script.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// Given only to a customer whose last message contains this, in any case; to anybody if empty.
    pub when: String,
    /// The words; with an error, those sent before it.
    pub text: String,
    /// The calls.
    pub calls: Vec<ScriptedCall>,
    /// Fails instead of answering.
    pub error: Option<ScriptedError>,
    /// Waits before it begins.
    pub delay_ms: u64,
    /// Tokens it claims to have read.
    pub input_tokens: u64,
    /// Tokens it claims to have written.
    pub output_tokens: u64,
}

/// A call of the script.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedCall {
    /// The tool.
    pub name: String,
    /// Its arguments.
    #[serde(default)]
    pub arguments: Value,
}

/// A failure of the script.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptedError {
    /// [`ModelErrorKind::Transient`].
    Transient {
        /// What the endpoint asks for.
        retry_after_ms: Option<u64>,
    },
    /// [`ModelErrorKind::OverQuota`].
    OverQuota {
        /// What the quota asks for.
        retry_after_ms: u64,
    },
    /// [`ModelErrorKind::Exhausted`].
    Exhausted,
    /// [`ModelErrorKind::TooLong`].
    TooLong,
    /// [`ModelErrorKind::Refused`].
    Refused,
    /// [`ModelErrorKind::Permanent`].
    Permanent,
}

impl ScriptedError {
    fn kind(self) -> ModelErrorKind {
        match self {
            Self::Transient { retry_after_ms } => {
                ModelErrorKind::Transient { retry_after: retry_after_ms.map(Duration::from_millis) }
            }
            Self::OverQuota { retry_after_ms } => {
                ModelErrorKind::OverQuota { retry_after: Duration::from_millis(retry_after_ms) }
            }
            Self::Exhausted => ModelErrorKind::Exhausted,
            Self::TooLong => ModelErrorKind::TooLong,
            Self::Refused => ModelErrorKind::Refused,
            Self::Permanent => ModelErrorKind::Permanent,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    reply: VecDeque<Reply>,
}

/// A model that follows a script. Each reply is given once, in order.
pub struct ScriptedModel {
    name: String,
    pause: Arc<dyn Pause>,
    replies: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<ChatRequest>>,
}

impl ScriptedModel {
    /// A model called `name` that gives `replies`.
    pub fn new(name: impl Into<String>, replies: Vec<Reply>) -> Self {
        Self {
            name: name.into(),
            pause: Arc::new(TimerPause),
            replies: Mutex::new(replies.into()),
            requests: Mutex::default(),
        }
    }

    /// A script in TOML: `[[reply]]` tables with the fields of [`Reply`].
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn from_toml(name: impl Into<String>, script: &str) -> Result<Self, toml::de::Error> {
        let script: Script = toml::from_str(script)?;
        Ok(Self::new(name, script.reply.into()))
    }

    /// A script in JSON: `{"reply": [ … ]}`.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn from_json(name: impl Into<String>, script: &str) -> Result<Self, serde_json::Error> {
        let script: Script = serde_json::from_str(script)?;
        Ok(Self::new(name, script.reply.into()))
    }

    /// Waits by `pause` where the script says so.
    #[must_use]
    pub fn with_pause(mut self, pause: Arc<dyn Pause>) -> Self {
        self.pause = pause;
        self
    }

    /// Adds a reply at the end of the script.
    pub fn push(&self, reply: Reply) {
        locked(&self.replies).push_back(reply);
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Vec<ChatRequest> {
        locked(&self.requests).clone()
    }

    /// How many replies were not given yet.
    pub fn remaining(&self) -> usize {
        locked(&self.replies).len()
    }

    fn next_reply(&self, request: &ChatRequest) -> Option<Reply> {
        let said = request.messages.iter().rev().find_map(|message| match message {
            ChatMessage::Customer(text) => Some(text.to_lowercase()),
            ChatMessage::System(_) | ChatMessage::Assistant { .. } | ChatMessage::ToolResult { .. } => None,
        });
        let said = said.unwrap_or_default();
        let mut replies = locked(&self.replies);
        let fitting = replies.iter().position(|reply| said.contains(&reply.when.to_lowercase()))?;
        replies.remove(fitting)
    }

    fn error(&self, kind: ModelErrorKind, detail: impl Into<String>) -> ModelError {
        ModelError { model: self.name.clone(), kind, detail: detail.into() }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl ChatModel for ScriptedModel {
    fn name(&self) -> &str {
        &self.name
    }

    async fn answer(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, ModelError> {
        if request.resort == Resort::Last {
            return Err(self.error(ModelErrorKind::Permanent, "a script is nobody's last resort"));
        }
        locked(&self.requests).push(request.clone());
        let faults = transcript_faults(&request.messages);
        if !faults.is_empty() {
            return Err(
                self.error(ModelErrorKind::Permanent, format!("bad transcript: {}", faults.join("; ")))
            );
        }
        let Some(reply) = self.next_reply(request) else {
            return Err(self.error(ModelErrorKind::Permanent, "the script has no fitting reply left"));
        };
        if reply.delay_ms > 0 {
            self.pause.pause(Duration::from_millis(reply.delay_ms)).await;
        }
        // Word by word, as a model writes.
        reply.text.split_inclusive(' ').for_each(deltas);
        if let Some(error) = reply.error {
            return Err(self.error(error.kind(), "so the script wants it"));
        }
        if reply.text.is_empty() && reply.calls.is_empty() {
            return Err(self.error(ModelErrorKind::Transient { retry_after: None }, "the answer is empty"));
        }
        Ok(ChatAnswer {
            stands_in: false,
            at_a_loss: false,
            calls: reply
                .calls
                .into_iter()
                .enumerate()
                .map(|(index, call)| ToolCall {
                    id: CallId::at(request.step, index),
                    name: call.name,
                    arguments: call.arguments,
                })
                .collect(),
            text: reply.text,
            usage: Usage {
                input_tokens: reply.input_tokens,
                output_tokens: reply.output_tokens,
                cost_micros: 0,
            },
            model: self.name.clone(),
            repairs: Vec::new(),
            truncated: false,
        })
    }
}

/// What is wrong with a transcript: calls without their result right behind, results without a call, an id twice
/// since the customer's last words, empty messages.
pub fn transcript_faults(messages: &[ChatMessage]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut waiting: VecDeque<&CallId> = VecDeque::new();
    let mut used = HashSet::new();
    for (position, message) in messages.iter().enumerate() {
        if !waiting.is_empty() && !matches!(message, ChatMessage::ToolResult { .. }) {
            faults.push(format!("message {position}: {} has no result right behind it", join(&waiting)));
            waiting.clear();
        }
        match message {
            ChatMessage::System(text) if text.trim().is_empty() => {
                faults.push(format!("message {position}: empty system message"));
            }
            ChatMessage::System(_) => {}
            ChatMessage::Customer(_) => used.clear(),
            ChatMessage::Assistant { text, calls } => {
                if text.trim().is_empty() && calls.is_empty() {
                    faults.push(format!("message {position}: empty assistant message"));
                }
                for call in calls {
                    if !used.insert(&call.id) {
                        faults.push(format!("message {position}: the id {} is used twice", call.id));
                    }
                    waiting.push_back(&call.id);
                }
            }
            ChatMessage::ToolResult { call, .. } => match waiting.iter().position(|id| **id == call.id) {
                Some(found) => {
                    waiting.remove(found);
                }
                None => {
                    faults.push(format!("message {position}: a result for {}, which waits for none", call.id))
                }
            },
        }
    }
    if !waiting.is_empty() {
        faults.push(format!("the end: {} has no result", join(&waiting)));
    }
    faults
}

fn join(ids: &VecDeque<&CallId>) -> String {
    ids.iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
pub(super) mod testing {
    //! Replies and a request to test wrappers with.

    use super::*;
    use crate::domain::language::Language;
    use crate::llm::model::ToolChoice;

    pub fn says(text: &str) -> Reply {
        Reply { text: text.to_owned(), ..Reply::default() }
    }

    pub fn fails(kind: ModelErrorKind) -> Reply {
        let error = match kind {
            ModelErrorKind::Transient { retry_after } => ScriptedError::Transient {
                retry_after_ms: retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap()),
            },
            ModelErrorKind::OverQuota { retry_after } => {
                ScriptedError::OverQuota { retry_after_ms: u64::try_from(retry_after.as_millis()).unwrap() }
            }
            ModelErrorKind::Exhausted | ModelErrorKind::OverBudget => ScriptedError::Exhausted,
            ModelErrorKind::TooLong => ScriptedError::TooLong,
            ModelErrorKind::Refused => ScriptedError::Refused,
            ModelErrorKind::Permanent => ScriptedError::Permanent,
        };
        Reply { error: Some(error), ..Reply::default() }
    }

    pub fn request() -> ChatRequest {
        ChatRequest {
            messages: vec![ChatMessage::System("Be kind.".into()), ChatMessage::Customer("Oi".into())],
            tools: Arc::default(),
            tool_choice: ToolChoice::Auto,
            passages: Vec::new(),
            pictures: Vec::new(),
            documents: Vec::new(),
            language: Language::default(),
            now: jiff::Zoned::default(),
            max_output_tokens: 100,
            step: 1,
            resort: Resort::First,
            payer: crate::limits::budget::Payer::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::request;
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn follows_its_script() {
        let script = r#"
            [[reply]]
            when = "pedido"
            text = "Vou verificar."
            output_tokens = 5
            [[reply.calls]]
            name = "order_status"
            arguments = { order_number = "1042" }
            [[reply]]
            error = { transient = { retry_after_ms = 50 } }
            [[reply]]
            error = "refused"
        "#;
        let model = ScriptedModel::from_toml("scripted", script).unwrap();
        let first = model.answer(&request(), &|_| {}).await.unwrap_err();
        assert_eq!(first.kind, ModelErrorKind::Transient { retry_after: Some(Duration::from_millis(50)) });
        let mut asked = request();
        asked.messages.push(ChatMessage::Customer("Cadê meu Pedido?".into()));
        let answer = model.answer(&asked, &|_| {}).await.unwrap();
        assert_eq!(answer.calls[0].arguments, json!({"order_number": "1042"}));
        assert_eq!((answer.usage.output_tokens, model.remaining(), model.requests().len()), (5, 1, 2));
    }

    #[test]
    fn finds_the_faults_of_a_transcript() {
        let call = |id: &str| ToolCall { id: CallId(id.into()), name: "t".into(), arguments: json!({}) };
        let asks = |ids: &[&str]| ChatMessage::Assistant {
            text: String::new(),
            calls: ids.iter().map(|id| call(id)).collect(),
        };
        let result = |id: &str| ChatMessage::ToolResult { call: call(id), content: "1".into() };
        let customer = || ChatMessage::Customer("oi".into());
        for good in [
            vec![
                customer(),
                asks(&["a", "b"]),
                result("b"),
                result("a"),
                customer(),
                asks(&["a"]),
                result("a"),
            ],
            vec![],
        ] {
            assert_eq!(transcript_faults(&good), Vec::<String>::new());
        }
        for bad in [
            vec![asks(&["a"])],
            vec![asks(&["a"]), customer()],
            vec![result("a")],
            vec![asks(&["a"]), result("a"), result("a")],
            vec![asks(&["a"]), result("a"), asks(&["a"]), result("a")],
            vec![asks(&[])],
            vec![ChatMessage::System(" ".into())],
        ] {
            assert_eq!(transcript_faults(&bad).len(), 1, "{bad:?}");
        }
    }
}
