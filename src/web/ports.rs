//! What the HTTP surface needs from the rest of the program beside stores: small traits that the composition root
//! implements and tests replace. Nothing here knows HTTP.

use crate::domain::passage::Passage;
use crate::domain::tool::ToolSpec;
use crate::knowledge::document::Failure;
use crate::knowledge::ledger::{Ledger, Record};
use crate::knowledge::source::Defaults;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
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

/// The documents that are indexed, and those that operators upload.
#[async_trait]
pub trait KnowledgeDocuments: Send + Sync {
    /// What became of every document.
    fn ledger(&self) -> Arc<Ledger>;

    /// The day it is where the business is.
    fn today(&self) -> Date;

    /// Keeps and indexes a document, in place of the one of that name before it. Its name has been checked.
    ///
    /// # Errors
    /// If it cannot be kept or the index cannot be written.
    async fn upload(&self, name: &str, bytes: Vec<u8>, defaults: Defaults) -> anyhow::Result<Upload>;

    /// Removes an uploaded document by the id that a [`Record`] has.
    ///
    /// # Errors
    /// If it cannot be removed or the index cannot be written.
    async fn remove(&self, id: &str) -> anyhow::Result<Removal>;
}

/// What became of an upload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Upload {
    /// It is indexed.
    Stored {
        /// Its documents, and what of it could not be read.
        records: Vec<Record>,
        /// Whether there was none of that name.
        is_new: bool,
        /// What is worth knowing of it: it no longer holds, or another document contradicts it.
        notes: Vec<String>,
    },
    /// Nothing of it can be read; it is not kept.
    Unreadable(Vec<Failure>),
    /// The index holds only what somebody named on the command line.
    Elsewhere,
}

/// What became of a removal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Removal {
    /// It is gone.
    Removed,
    /// There is no such document.
    Unknown,
    /// It comes from this file, which is not ours to remove.
    NotUploaded(String),
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
    /// Documents that no longer hold, and pairs that contradict each other, with their places.
    pub notes: Vec<String>,
}

/// A document that could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct IngestFailure {
    /// The document.
    pub source: String,
    /// The line in it, from 1, where one is to blame.
    pub line: Option<usize>,
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
