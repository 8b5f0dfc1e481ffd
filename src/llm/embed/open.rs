//! Makes the embedder that `[embeddings]` names, with its memory. The only place that knows every kind.

use super::cache::Cached;
use super::e5::{CONFIG, E5, LoadError, TOKENIZER, WEIGHTS};
use super::openai::{EmbeddingEndpoint, OpenAiEmbedder};
use super::{EmbedError, Embedder};
use crate::config::embeddings::{EmbeddingSettings, ModelChoice, UnknownModel};
use crate::config::llm::LlmSettings;
use crate::config::secret::Secret;
use crate::domain::clock::Clock;
use crate::limits::net::Allowance;
use crate::limits::pause::Pause;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::Handle;

/// The pulled model's folder, below the data folder.
const MODEL: &str = "models/multilingual-e5-small";

/// Where vectors are kept, below the data folder.
const VECTORS: &str = "vectors";

/// The file of a model that is one file, in the model's folder.
pub const PACKED: &str = "e5-small.bin";

/// Where the main endpoint is if the operator names none.
const OPENAI: &str = "https://api.openai.com/v1";

/// What an embedder is made of.
pub struct EmbedderParts<'a> {
    /// `[embeddings]`
    pub settings: &'a EmbeddingSettings,
    /// `[llm]`, for its endpoints.
    pub llm: &'a LlmSettings,
    /// Which private addresses further endpoints may have.
    pub allowance: Allowance,
    /// The data folder.
    pub data: &'a Path,
    /// Time and randomness.
    pub clock: Arc<dyn Clock>,
    /// Waiting.
    pub pause: Arc<dyn Pause>,
    /// The runtime that endpoints are called on.
    pub runtime: Handle,
}

/// An embedder that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The settings name none.
    #[error("embeddings.model: {0}")]
    Unknown(#[from] UnknownModel),
    /// The settings name an endpoint that is none.
    #[error("embeddings.model: there is no [llm.endpoints.{0}]")]
    NoEndpoint(String),
    /// There is no pulled model.
    #[error(
        "embeddings.model is \"e5\", and no model was pulled: run `balcao models pull`, or write \"auto\""
    )]
    NotPulled,
    /// The weights cannot be used.
    #[error(transparent)]
    Weights(#[from] LoadError),
    /// The endpoint cannot be used.
    #[error(transparent)]
    Endpoint(#[from] EmbedError),
}

/// The folder that `balcao models pull` fills.
pub fn model_folder(data: &Path) -> PathBuf {
    data.join(MODEL)
}

/// The pulled model, in the form [`E5::open`] takes; `None` if there is none.
pub fn pulled(data: &Path) -> Option<PathBuf> {
    let folder = model_folder(data);
    let packed = folder.join(PACKED);
    if packed.is_file() {
        return Some(packed);
    }
    [WEIGHTS, TOKENIZER, CONFIG].iter().all(|name| folder.join(name).is_file()).then_some(folder)
}

/// The embedder that the settings name; `None` if none is wanted, or none is there and that is allowed. Blocks: call it
/// on a thread that may. A failure with [`OpenError::Endpoint`] may pass by itself.
///
/// # Errors
/// [`OpenError`] says what is missing and what to do.
pub fn open(parts: EmbedderParts<'_>) -> Result<Option<Arc<dyn Embedder>>, OpenError> {
    let settings = parts.settings;
    let local = |path: &Path| -> Result<Arc<dyn Embedder>, OpenError> {
        let threads = NonZeroUsize::new(settings.threads).unwrap_or(NonZeroUsize::MIN);
        Ok(Arc::new(E5::open(path, threads)?))
    };
    let embedder = match (settings.choice()?, pulled(parts.data)) {
        (ModelChoice::Off, _) => return Ok(None),
        (ModelChoice::Auto, None) => {
            tracing::info!(
                "no embedding model: search goes by words alone (BM25); `balcao models pull` gets one"
            );
            return Ok(None);
        }
        (ModelChoice::E5, None) => return Err(OpenError::NotPulled),
        (ModelChoice::Auto | ModelChoice::E5, Some(path)) => local(&path)?,
        (ModelChoice::File(path), _) => local(&path)?,
        (ModelChoice::Main { model }, _) => {
            let base_url = parts.llm.base_url.trim();
            let base_url = if base_url.is_empty() { OPENAI } else { base_url }.to_owned();
            let api_key = parts.llm.api_key.clone();
            // The operator's own word: it needs no allowance.
            let allowance = Allowance::Everything;
            let name = format!("openai:{model}");
            remote(&parts, EmbeddingEndpoint { name, base_url, api_key, model, allowance })?
        }
        (ModelChoice::Endpoint { name, model }, _) => {
            let endpoint =
                parts.llm.endpoints.get(&name).ok_or_else(|| OpenError::NoEndpoint(name.clone()))?;
            let (base_url, allowance) = (endpoint.base_url.clone(), parts.allowance.clone());
            let api_key: Secret = endpoint.api_key.clone().unwrap_or_default();
            let name = format!("openai@{name}:{model}");
            remote(&parts, EmbeddingEndpoint { name, base_url, api_key, model, allowance })?
        }
    };
    let vectors = parts.data.join(VECTORS);
    let cached = Cached::over(embedder, &vectors, settings.cache_mb, settings.batch);
    tracing::info!(model = cached.id(), dimension = cached.dimension(), "texts are embedded");
    Ok(Some(Arc::new(cached)))
}

fn remote(parts: &EmbedderParts<'_>, endpoint: EmbeddingEndpoint) -> Result<Arc<dyn Embedder>, EmbedError> {
    let (clock, pause) = (parts.clock.clone(), parts.pause.clone());
    Ok(Arc::new(OpenAiEmbedder::open(endpoint, parts.settings, clock, pause, parts.runtime.clone())?))
}
