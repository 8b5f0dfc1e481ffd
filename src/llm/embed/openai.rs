//! Any endpoint that speaks OpenAI's embeddings protocol, hosted or local. Knows the protocol and its faults; what is
//! worth remembering is `cache.rs`'s business.

use super::{EmbedError, Embedder, TextKind, unit};
use crate::config::embeddings::EmbeddingSettings;
use crate::config::secret::Secret;
use crate::domain::clock::Clock;
use crate::limits::backoff::Backoff;
use crate::limits::breaker::{Breaker, BreakerPolicy};
use crate::limits::net::Allowance;
use crate::limits::pause::Pause;
use crate::llm::model::ModelErrorKind;
use crate::llm::openai::{self, Answers, EndpointError};
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// Most bytes of a text that are sent: most models read less.
const MOST_BYTES: usize = 32 * 1024;

/// Most numbers of a vector.
const MOST_NUMBERS: usize = 16_384;

/// How often passages are tried; a question is tried once, as somebody waits for it.
const ATTEMPTS: u32 = 5;

/// Longest wait an endpoint may ask for between two attempts.
const PATIENCE: Duration = Duration::from_secs(60);

/// The waits in between, where the endpoint asks for none.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(20) };

/// Where the model is.
#[derive(Clone, Debug)]
pub struct EmbeddingEndpoint {
    /// The name in logs and metrics, e.g. `openai@near:MODEL`.
    pub name: String,
    /// The base URL, up to and with `/v1`.
    pub base_url: String,
    /// The key; empty for a server that wants none.
    pub api_key: Secret,
    /// The model's name there.
    pub model: String,
    /// Which private addresses may be called.
    pub allowance: Allowance,
}

/// How the model tells one kind of text from the other, and how long it may take.
#[derive(Clone, Debug)]
struct Manner {
    prefix: String,
    input_type: Option<String>,
    timeout: Duration,
    attempts: u32,
}

/// A model behind an endpoint.
pub struct OpenAiEmbedder {
    id: String,
    endpoint: EmbeddingEndpoint,
    dimension: usize,
    batch: usize,
    query: Manner,
    passage: Manner,
    client: Client<OpenAIConfig>,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
    pause: Arc<dyn Pause>,
    runtime: Handle,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: &'a [String],
    encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_type: Option<&'a str>,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Datum>,
}

#[derive(Deserialize)]
struct Datum {
    index: Option<usize>,
    embedding: Vec<f32>,
}

/// An attempt that failed.
struct Failure {
    error: EmbedError,
    retry_after: Option<Duration>,
}

impl OpenAiEmbedder {
    /// The model at `endpoint`, used as `settings` say. Where they do not say how long a vector is, the endpoint is
    /// asked: this blocks, as every call does, and must not be done on a thread of `runtime`.
    ///
    /// # Errors
    /// The endpoint cannot be used as it is set up, or was asked and did not answer.
    pub fn open(
        endpoint: EmbeddingEndpoint,
        settings: &EmbeddingSettings,
        clock: Arc<dyn Clock>,
        pause: Arc<dyn Pause>,
        runtime: Handle,
    ) -> Result<Self, EmbedError> {
        let EmbeddingEndpoint { base_url, api_key, allowance, .. } = &endpoint;
        let client = openai::connect(base_url, api_key, allowance, clock.clone(), Answers::Documents)
            .map_err(|error: EndpointError| EmbedError::Fault(error.to_string()))?;
        let manner = |prefix: &str, input_type: &str, timeout, attempts| Manner {
            prefix: prefix.to_owned(),
            input_type: Some(input_type.trim().to_owned()).filter(|kind| !kind.is_empty()),
            timeout: Duration::from_millis(timeout),
            attempts,
        };
        let query = manner(&settings.query_prefix, &settings.query_input_type, settings.query_timeout_ms, 1);
        let passage = manner(
            &settings.passage_prefix,
            &settings.passage_input_type,
            settings.passage_timeout_ms,
            ATTEMPTS,
        );
        let breaker = Breaker::new(
            format!("embeddings:{}", endpoint.name),
            BreakerPolicy::AFTER_RETRIES,
            clock.clone(),
        );
        let (dimension, batch) = (settings.dimension, settings.batch.max(1));
        let mut model = Self {
            id: String::new(),
            endpoint,
            dimension,
            batch,
            query,
            passage,
            client,
            breaker,
            clock,
            pause,
            runtime,
        };
        if dimension == 0 {
            let input = ["?".to_owned()];
            let request = model.attempt(&input, &model.passage);
            let vectors = model.runtime.block_on(request).map_err(|failure| failure.error)?;
            model.dimension = vectors.first().map_or(0, Vec::len);
        }
        model.id = model.named();
        Ok(model)
    }

    /// A name that changes with everything the vectors depend on, as far as it can be known from here.
    fn named(&self) -> String {
        let mut hasher = Sha256::new();
        for manner in [&self.query, &self.passage] {
            for part in [&manner.prefix, manner.input_type.as_deref().unwrap_or_default()] {
                hasher.update(part.as_bytes());
                hasher.update([0]);
            }
        }
        hasher.update(self.endpoint.base_url.trim().trim_end_matches('/').as_bytes());
        let mut id = format!("openai-{}-{}-", self.endpoint.model, self.dimension);
        for byte in &hasher.finalize()[..6] {
            id.push_str(&format!("{byte:02x}"));
        }
        id
    }

    fn manner(&self, kind: TextKind) -> &Manner {
        match kind {
            TextKind::Query => &self.query,
            TextKind::Passage => &self.passage,
        }
    }

    async fn batch(&self, input: &[String], manner: &Manner) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut attempt = 1;
        loop {
            let permit = self.breaker.permit().map_err(|open| EmbedError::Unavailable(open.to_string()))?;
            let Failure { error, retry_after } = match self.attempt(input, manner).await {
                Ok(vectors) => {
                    permit.succeeded();
                    return Ok(vectors);
                }
                Err(failure) => failure,
            };
            match (&error, retry_after) {
                (EmbedError::Unavailable(_), None) => permit.failed(),
                // Busy, or it is the request's fault: that says nothing of whether the endpoint is there.
                (EmbedError::Unavailable(_), Some(_)) | (EmbedError::Fault(_), _) => drop(permit),
            }
            attempt += 1;
            let wait = BACKOFF.wait(attempt, self.clock.random()).max(retry_after.unwrap_or_default());
            if attempt > manner.attempts || wait > PATIENCE || matches!(error, EmbedError::Fault(_)) {
                return Err(error);
            }
            tracing::debug!(model = %self.endpoint.name, attempt, wait_ms = wait.as_millis(), "asking for vectors again: {error}");
            self.pause.pause(wait).await;
        }
    }

    async fn attempt(&self, input: &[String], manner: &Manner) -> Result<Vec<Vec<f32>>, Failure> {
        let request = Request {
            model: &self.endpoint.model,
            input,
            encoding_format: "float",
            input_type: manner.input_type.as_deref(),
        };
        let embeddings = self.client.embeddings();
        let asking = embeddings.create_byot::<_, Answer>(request);
        let answer = match timeout(manner.timeout, asking).await {
            Ok(answer) => answer.map_err(|error| self.failure(error))?,
            Err(_) => return Err(self.unavailable("timed out".to_owned(), None)),
        };
        self.vectors(answer, input.len()).map_err(|problem| Failure {
            error: EmbedError::Fault(format!("{} {problem}", self.endpoint.name)),
            retry_after: None,
        })
    }

    /// The vectors in the order of the texts.
    fn vectors(&self, answer: Answer, texts: usize) -> Result<Vec<Vec<f32>>, String> {
        if answer.data.len() != texts {
            return Err(format!("answered {texts} texts with {} vectors", answer.data.len()));
        }
        let mut vectors = vec![Vec::new(); texts];
        for (position, Datum { index, embedding }) in answer.data.into_iter().enumerate() {
            let place = vectors.get_mut(index.unwrap_or(position)).filter(|place| place.is_empty());
            let place = place.ok_or("gave two vectors for one text")?;
            let length = embedding.len();
            if length == 0 || length > MOST_NUMBERS || (self.dimension > 0 && length != self.dimension) {
                return Err(match self.dimension {
                    0 => format!("gives vectors of {length} numbers"),
                    expected => format!(
                        "gives vectors of {length} numbers, not {expected}: is it another model now? see \
                         `embeddings.dimension`"
                    ),
                });
            }
            *place = unit(embedding).ok_or("gave a vector without a direction")?;
        }
        Ok(vectors)
    }

    fn failure(&self, error: OpenAIError) -> Failure {
        let (kind, detail) = match error {
            // Its text holds the whole answer.
            OpenAIError::JSONDeserialize(..) => {
                (ModelErrorKind::Permanent, "the answer is not what the embeddings protocol says".to_owned())
            }
            other => openai::reason(other),
        };
        match kind {
            ModelErrorKind::Transient { retry_after } => self.unavailable(detail, retry_after),
            ModelErrorKind::OverQuota { retry_after } => self.unavailable(detail, Some(retry_after)),
            ModelErrorKind::Exhausted
            | ModelErrorKind::OverBudget
            | ModelErrorKind::TooLong
            | ModelErrorKind::Refused
            | ModelErrorKind::Permanent => Failure {
                error: EmbedError::Fault(format!("{}: {detail}", self.endpoint.name)),
                retry_after: None,
            },
        }
    }

    fn unavailable(&self, detail: String, retry_after: Option<Duration>) -> Failure {
        Failure { error: EmbedError::Unavailable(format!("{}: {detail}", self.endpoint.name)), retry_after }
    }
}

impl Embedder for OpenAiEmbedder {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn embed(&self, texts: &[&str], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        let manner = self.manner(kind);
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(self.batch) {
            let input: Vec<String> = batch
                .iter()
                .map(|text| {
                    // Some endpoints refuse a text with nothing in it.
                    let text = if text.trim().is_empty() { "-" } else { text };
                    format!("{}{}", manner.prefix, &text[..text.floor_char_boundary(MOST_BYTES)])
                })
                .collect();
            vectors.extend(self.runtime.block_on(self.batch(&input, manner))?);
        }
        Ok(vectors)
    }
}
