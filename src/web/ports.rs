//! What the HTTP surface needs from the rest of the program beside stores: small traits that the composition root
//! implements and tests replace. Nothing here knows HTTP.

use crate::domain::passage::Passage;
use crate::domain::tool::ToolSpec;
use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// One thing that must work for the program to be ready.
#[async_trait]
pub trait HealthProbe: Send + Sync {
    /// Its name in the answer: `store`, `vectors`, `model`.
    fn name(&self) -> &'static str;

    /// Looks whether it works, and says what else is worth knowing. Must be quick: the caller gives up after two seconds.
    ///
    /// # Errors
    /// Says in plain words what is wrong.
    async fn check(&self) -> Result<Option<String>, String>;
}

/// The retrieval that a turn uses.
#[async_trait]
pub trait KnowledgeSearch: Send + Sync {
    /// Passages for `query`, best first, at most `limit`.
    ///
    /// # Errors
    /// If the index cannot be asked.
    async fn search(&self, query: &str, limit: usize) -> anyhow::Result<Vec<Passage>>;

    /// Documents for `query`, best first, each once, at most `limit`.
    ///
    /// # Errors
    /// If the index cannot be asked.
    async fn rank(&self, query: &str, limit: usize) -> anyhow::Result<Vec<String>>;
}

/// Reads the knowledge folder again.
#[async_trait]
pub trait KnowledgeIngest: Send + Sync {
    /// Indexes `paths` and only these; without any, the knowledge folder. Only one runs at a time; another waits.
    ///
    /// # Errors
    /// If the index cannot be written. A document that cannot be read is in the report instead.
    async fn ingest(&self, paths: Vec<PathBuf>) -> anyhow::Result<IngestReport>;
}

/// What an indexing run did.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct IngestReport {
    /// Documents seen for the first time.
    pub added: usize,
    /// Documents whose text changed.
    pub changed: usize,
    /// Documents as they were.
    pub unchanged: usize,
    /// Documents that are no longer there.
    pub removed: usize,
    /// Documents that could not be read, each with the reason.
    pub failed: Vec<IngestFailure>,
}

/// A document that could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct IngestFailure {
    /// The document.
    pub source: String,
    /// Why.
    pub reason: String,
}

/// The tools as the model sees them.
pub trait ToolCatalog: Send + Sync {
    /// Every enabled tool, in the order the model sees them.
    fn tools(&self) -> Vec<ToolSpec>;
}

/// A rehearsal that the models are away.
pub trait ModelDrill: Send + Sync {
    /// Begins one and returns when it ends; `None` if the built-in model answers alone.
    fn begin(&self, length: Duration) -> Option<Timestamp>;

    /// Ends it.
    fn end(&self);
}

/// Renders the metrics as Prometheus text.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;
