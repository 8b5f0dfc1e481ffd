//! Any endpoint that speaks OpenAI's chat protocol, hosted or local. The only folder of `llm` that knows
//! `async_openai`. It makes one attempt an answer; retrying and falling back are wrappers around it.

mod chunk;
mod dialect;
mod error;
mod transcript;
mod transport;
mod wire;

pub(in crate::llm) use transport::Answers;
pub use wire::function;

use crate::config::secret::Secret;
use crate::domain::clock::Clock;
use crate::domain::ids::CallId;
use crate::domain::tool_call::ToolCall;
use crate::domain::turn::Usage;
use crate::limits::net::{self, Allowance, Forbidden};
use crate::llm::model::{
    ChatAnswer, ChatModel, ChatRequest, DeltaSink, ModelError, ModelErrorKind, ToolChoice,
};
use crate::llm::price::Price;
use crate::llm::repair::{self, DeltaFilter, Ending};
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_trait::async_trait;
use chunk::{Chunk, Collected, Finish, WireUsage};
use dialect::{Dialect, Quirks};
use error::Rejection;
use futures_util::StreamExt;
use reqwest::header::HeaderValue;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use transport::{Authorization, Transport};

/// How often a request is written anew for an endpoint that does not understand a part of it.
const MAX_ADAPTATIONS: usize = 4;

/// How many events of a stream may be unreadable before it counts as garbage.
const MAX_GARBAGE: usize = 8;

/// Characters a token has on average, where the endpoint does not count for us.
const CHARACTERS_PER_TOKEN: usize = 4;

/// An endpoint and how to use it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The name in the chain, in metrics and in the journal.
    pub name: String,
    /// The base URL, up to and with `/v1`.
    pub base_url: String,
    /// The key; empty for a server that wants none.
    pub api_key: Secret,
    /// The model.
    pub model: String,
    /// Longest wait for the first event.
    pub timeout_first_token: Duration,
    /// Longest time for the whole answer.
    pub timeout_total: Duration,
    /// How freely the model chooses its words.
    pub temperature: f32,
    /// What tokens cost, if known.
    pub price: Option<Price>,
    /// Which private addresses may be called.
    pub allowance: Allowance,
    /// Whether the model is shown pictures.
    pub images: Images,
    /// Whether the model is sent files.
    pub files: Files,
}

/// How a model gets to know the documents that customers send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Files {
    /// It takes PDF as they are.
    Sent,
    /// It reads their words.
    Told,
}

/// Whether a model is shown the pictures that customers send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Images {
    /// It can see them.
    Shown,
    /// It reads that there are some.
    Named,
}

/// An endpoint that cannot be used as it is set up.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The base URL is none.
    #[error("`{0}` is not a URL")]
    NotAUrl(String),
    /// The base URL points where the program may not go.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The key cannot be sent.
    #[error("the API key holds characters that a header cannot carry")]
    Key,
    /// The HTTP client could not be made.
    #[error("cannot set up the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// A model behind an OpenAI-compatible endpoint.
pub struct OpenAiModel {
    endpoint: Endpoint,
    client: async_openai::Client<OpenAIConfig>,
    dialect: Dialect,
    tools: wire::ToolsCache,
}

/// Why an attempt failed, before it is put in the caller's terms.
enum Failure {
    Rejected(Rejection),
    Other(ModelErrorKind, String),
}

/// A client for the endpoint at `base_url`, which makes one attempt a request. Connects when first asked.
///
/// # Errors
/// [`EndpointError`] if the endpoint cannot be used as it is set up.
pub(in crate::llm) fn connect(
    base_url: &str,
    api_key: &Secret,
    allowance: &Allowance,
    clock: Arc<dyn Clock>,
    answers: Answers,
) -> Result<async_openai::Client<OpenAIConfig>, EndpointError> {
    let base_url = base_url.trim().trim_end_matches('/').to_owned();
    let url = reqwest::Url::parse(&base_url).map_err(|_| EndpointError::NotAUrl(base_url.clone()))?;
    net::guard_url(&url, allowance)?;
    let key = api_key.expose().trim();
    HeaderValue::from_str(key).map_err(|_| EndpointError::Key)?;
    let client = net::client_builder(allowance).build()?;
    let authorization = if key.is_empty() { Authorization::None } else { Authorization::Bearer };
    let transport = Transport { client, authorization, clock, answers };
    // Organisation and project would come from the environment, which only `config` may read.
    let config =
        OpenAIConfig::default().with_org_id("").with_project_id("").with_api_base(base_url).with_api_key(key);
    Ok(async_openai::Client::build(transport.client.clone(), config)
        .with_http_service(tower::service_fn(move |factory| transport.clone().send(factory))))
}

/// Why a request failed, and what the caller can do about it; without anything that may be a key or a customer's data.
pub(in crate::llm) fn reason(error: OpenAIError) -> (ModelErrorKind, String) {
    match Failure::from(error) {
        Failure::Rejected(rejection) => (rejection.kind(), rejection.to_string()),
        Failure::Other(kind, detail) => (kind, detail),
    }
}

impl OpenAiModel {
    /// A model behind `endpoint`. Connects when first asked.
    ///
    /// # Errors
    /// [`EndpointError`] if the endpoint cannot be used as it is set up.
    pub fn new(endpoint: Endpoint, clock: Arc<dyn Clock>) -> Result<Self, EndpointError> {
        let client =
            connect(&endpoint.base_url, &endpoint.api_key, &endpoint.allowance, clock, Answers::Events)?;
        Ok(Self { endpoint, client, dialect: Dialect::default(), tools: wire::ToolsCache::default() })
    }

    async fn attempt(
        &self,
        request: &ChatRequest,
        deltas: DeltaSink<'_>,
        begun: Instant,
        quirks: Quirks,
    ) -> Result<ChatAnswer, Failure> {
        let first_token = begun + self.endpoint.timeout_first_token;
        let whole = begun + self.endpoint.timeout_total;
        let mut wire =
            wire::request(&self.endpoint.model, self.endpoint.temperature, request, &self.tools, quirks);
        wire.show(request, self.endpoint.images, self.endpoint.files);
        let characters = wire.characters();
        let first_of = first_token.min(whole);
        let chat = self.client.chat();
        let opening = chat.create_stream_byot::<_, Chunk>(wire);
        let mut stream = timeout_at(first_of, opening).await.map_err(|_| timed_out("the first token"))??;

        let mut filter = DeltaFilter::new(&request.tools);
        let mut collected = Collected::default();
        let mut deadline = first_of;
        let mut garbage = 0;
        while let Some(event) = timeout_at(deadline, stream.next()).await.map_err(|_| {
            timed_out(if deadline == whole { "the end of the answer" } else { "the first token" })
        })? {
            deadline = whole;
            match event {
                Ok(Chunk { error: Some(error), .. }) if !error.is_null() => {
                    let rejection = error::of_stream_error(&error);
                    // Once words were sent, the question cannot be put in another way any more.
                    let begun = !collected.text.is_empty();
                    return Err(if begun { rejection.into() } else { Failure::Rejected(rejection) });
                }
                Ok(chunk) => collected.add(chunk, |words| filter.push(words, deltas)),
                Err(OpenAIError::JSONDeserialize(..)) if garbage < MAX_GARBAGE => garbage += 1,
                Err(error) => return Err(error.into()),
            }
        }
        if collected.finish.is_none() && !collected.usage_closed_it {
            return Err(transient("the stream was cut in the middle"));
        }
        let mut answer = self.understood(collected, request, characters)?;
        if !filter.agrees_with(&answer.text) {
            answer.repairs.push("draft_differs");
        }
        filter.finish(&answer.text, deltas);
        Ok(answer)
    }

    /// The answer out of what was collected.
    fn understood(
        &self,
        collected: Collected,
        request: &ChatRequest,
        characters: usize,
    ) -> Result<ChatAnswer, Failure> {
        let refused = collected.finish == Some(Finish::Filtered)
            || (!collected.refusal.trim().is_empty()
                && collected.text.trim().is_empty()
                && collected.calls.is_empty());
        if refused {
            return Err(Failure::Other(ModelErrorKind::Refused, "the model declined to answer".into()));
        }
        let written = collected.text.len()
            + collected.calls.iter().map(|call| call.name.len() + call.arguments.len()).sum::<usize>();
        let truncated = collected.finish == Some(Finish::Length);
        let ending = if truncated { Ending::Cut } else { Ending::Whole };
        let mut repaired = repair::repair_text(&collected.text, &request.tools, ending);
        let native = collected.calls.len();
        for (position, call) in collected.calls.into_iter().enumerate() {
            // Of a call that the token limit cut, the arguments may be half of what was meant.
            let cut = truncated
                && position + 1 == native
                && serde_json::from_str::<serde::de::IgnoredAny>(&call.arguments).is_err();
            if !cut {
                let call =
                    repair::repair_call(call.name, &call.arguments, &request.tools, &mut repaired.repairs);
                // Some servers deliver a call and leave its text in the words as well.
                if !repaired.calls.contains(&call) {
                    repaired.calls.push(call);
                }
            }
        }
        if request.tool_choice == ToolChoice::None {
            repaired.calls.clear();
        }
        let text = repaired.text.trim();
        if text.is_empty() && repaired.calls.is_empty() {
            return Err(transient("the answer was empty or unreadable"));
        }
        let mut repairs = repaired.repairs;
        let counted = collected.usage.filter(|usage| usage.prompt_tokens > 0 || usage.completion_tokens > 0);
        let usage = counted.unwrap_or_else(|| {
            repairs.push("usage_estimated");
            WireUsage { prompt_tokens: tokens(characters), completion_tokens: tokens(written) }
        });
        let (input, output) = (usage.prompt_tokens, usage.completion_tokens);
        Ok(ChatAnswer {
            stands_in: false,
            at_a_loss: false,
            text: text.to_owned(),
            calls: repaired
                .calls
                .into_iter()
                .enumerate()
                .map(|(index, call)| ToolCall {
                    id: CallId::at(request.step, index),
                    name: call.name,
                    arguments: call.arguments,
                })
                .collect(),
            usage: Usage {
                input_tokens: input,
                output_tokens: output,
                cost_micros: self.endpoint.price.map_or(0, |price| price.of(input, output)),
            },
            model: self.endpoint.name.clone(),
            repairs,
            truncated,
        })
    }

    fn error(&self, failure: Failure) -> ModelError {
        let (kind, detail) = match failure {
            Failure::Rejected(rejection) => (rejection.kind(), rejection.to_string()),
            Failure::Other(kind, detail) => (kind, detail),
        };
        ModelError { model: self.endpoint.name.clone(), kind, detail }
    }
}

#[async_trait]
impl ChatModel for OpenAiModel {
    fn name(&self) -> &str {
        &self.endpoint.name
    }

    async fn answer(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, ModelError> {
        let begun = Instant::now();
        let mut adaptations = 0;
        loop {
            let quirks = self.dialect.known();
            match self.attempt(request, deltas, begun, quirks).await {
                Ok(answer) => return Ok(answer),
                // No retry of a failure: the same question in words the endpoint understands.
                Err(Failure::Rejected(rejection))
                    if adaptations < MAX_ADAPTATIONS && self.dialect.learn(&rejection, quirks) =>
                {
                    adaptations += 1;
                }
                Err(failure) => return Err(self.error(failure)),
            }
        }
    }
}

fn tokens(characters: usize) -> u64 {
    u64::try_from(characters.div_ceil(CHARACTERS_PER_TOKEN)).unwrap_or(u64::MAX)
}

fn transient(detail: impl Into<String>) -> Failure {
    Failure::Other(ModelErrorKind::Transient { retry_after: None }, detail.into())
}

fn timed_out(waiting_for: &str) -> Failure {
    transient(format!("timed out waiting for {waiting_for}"))
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Other(rejection.kind(), rejection.to_string())
    }
}

impl From<OpenAIError> for Failure {
    fn from(error: OpenAIError) -> Self {
        match error {
            OpenAIError::Boxed(boxed) => match boxed.downcast::<Rejection>() {
                Ok(rejection) => Self::Rejected(*rejection),
                Err(other) => transient(error::redacted(&other.to_string())),
            },
            OpenAIError::Reqwest(error) => match net::forbidden_in(&error) {
                Some(forbidden) => Self::Other(ModelErrorKind::Permanent, forbidden.to_string()),
                None if error.is_builder() => {
                    Self::Other(ModelErrorKind::Permanent, "the request is malformed".into())
                }
                None if error.is_connect() => transient("cannot connect"),
                None if error.is_timeout() => transient("timed out"),
                None => transient("the connection failed"),
            },
            // Its text holds the event, and with it the customer's words.
            OpenAIError::JSONDeserialize(..) => transient("the stream holds garbage"),
            OpenAIError::StreamError(_) => transient("the stream was cut in the middle"),
            OpenAIError::ApiError(error) => Self::Rejected(Rejection {
                status: error.status_code.as_u16(),
                retry_after: None,
                body: error.api_error.message,
            }),
            other @ (OpenAIError::InvalidArgument(_)
            | OpenAIError::FileSaveError(_)
            | OpenAIError::FileReadError(_)) => {
                Self::Other(ModelErrorKind::Permanent, error::redacted(&other.to_string()))
            }
        }
    }
}
