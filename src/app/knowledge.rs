//! The knowledge base as the parts of the program ask for it, and the verbs `ingest` and `search`.

use super::build::Options;
use super::files;
use crate::agent::task::Retrieve;
use crate::domain::language::Language;
use crate::domain::passage::Passage;
use crate::knowledge::command::run_ingest;
use crate::knowledge::ingest::IngestReport;
use crate::knowledge::proposals::uploads_below;
use crate::knowledge::search::KnowledgeBase;
use crate::knowledge::source;
use crate::tools::builtin::knowledge::KnowledgeSearch;
use crate::web::ports::{self, KnowledgeIngest};
use async_trait::async_trait;
use std::path::PathBuf;
use std::sync::Arc;

/// The knowledge base with the place its documents come from.
#[derive(Clone)]
pub struct Library {
    /// The index.
    pub base: KnowledgeBase,
    folder: PathBuf,
    /// Documents that were added through the program; they count wherever the knowledge folder does.
    uploads: PathBuf,
    one_at_a_time: Arc<tokio::sync::Mutex<()>>,
}

impl Library {
    /// Opens the index; a new one is filled at once.
    ///
    /// # Errors
    /// If another process has it, or it cannot be written.
    pub fn open(options: &Options) -> anyhow::Result<Self> {
        let library = Self::open_unfilled(options)?;
        if library.base.manifest().is_empty() {
            let report = library.ingest_blocking(&[])?;
            tracing::info!(added = report.added, failed = report.failed.len(), "the knowledge was indexed");
        }
        Ok(library)
    }

    /// Opens the index as it is.
    ///
    /// # Errors
    /// As [`Library::open`].
    pub fn open_unfilled(options: &Options) -> anyhow::Result<Self> {
        let settings = &options.settings.knowledge;
        let index = settings.index_folder(&options.data)?;
        let base = KnowledgeBase::open(&index, options.settings.business.language, settings)?;
        let folder = options.operator.join(&settings.folder);
        let uploads = uploads_below(&options.data);
        Ok(Self { base, folder, uploads, one_at_a_time: Arc::default() })
    }

    /// Indexes `paths`, or the knowledge folder if there are none.
    ///
    /// # Errors
    /// If the index cannot be written.
    pub fn ingest_blocking(&self, paths: &[PathBuf]) -> anyhow::Result<IngestReport> {
        if !paths.is_empty() || !self.uploads.is_dir() {
            return Ok(run_ingest(&self.base, paths, &self.folder, files::documents())?);
        }
        let mut documents = match self.folder.exists() {
            true => source::on_disk(std::slice::from_ref(&self.folder))?,
            false => source::in_memory(files::documents()),
        };
        documents.extend(source::on_disk(std::slice::from_ref(&self.uploads))?);
        Ok(self.base.ingest(&documents)?)
    }
}

#[async_trait]
impl KnowledgeIngest for Library {
    async fn ingest(&self, paths: Vec<PathBuf>) -> anyhow::Result<ports::IngestReport> {
        let _turn = self.one_at_a_time.lock().await;
        let library = self.clone();
        let report = tokio::task::spawn_blocking(move || library.ingest_blocking(&paths)).await??;
        Ok(ports::IngestReport {
            added: report.added,
            changed: report.changed,
            unchanged: report.unchanged,
            removed: report.removed,
            failed: report
                .failed
                .into_iter()
                .map(|failure| ports::IngestFailure { source: failure.origin, reason: failure.reason })
                .collect(),
        })
    }
}

/// The one retrieval path: for a turn, the tool, the API and the command line.
pub struct Retrieval(pub Library);

#[async_trait]
impl Retrieve for Retrieval {
    async fn retrieve(&self, query: &str, limit: usize) -> anyhow::Result<Vec<Passage>> {
        let found = self.0.base.search(query, limit).await?;
        Ok(found.into_iter().filter(|passage| self.0.base.is_evident(passage)).collect())
    }
}

#[async_trait]
impl KnowledgeSearch for Retrieval {
    async fn passages(&self, query: &str, limit: usize, _language: Language) -> anyhow::Result<Vec<Passage>> {
        self.retrieve(query, limit).await
    }
}

#[async_trait]
impl ports::KnowledgeSearch for Retrieval {
    async fn search(&self, query: &str, limit: usize) -> anyhow::Result<Vec<Passage>> {
        Ok(self.0.base.search(query, limit).await?)
    }

    async fn rank(&self, query: &str, limit: usize) -> anyhow::Result<Vec<String>> {
        let (base, query) = (self.0.base.clone(), query.to_owned());
        Ok(tokio::task::spawn_blocking(move || base.rank(&query, limit)).await??)
    }
}
