//! The knowledge base as the parts of the program ask for it.

use super::build::Options;
use super::documents::{Documents, Which};
use crate::agent::task::Retrieve;
use crate::config::embeddings::{EmbeddingSettings, ModelChoice};
use crate::domain::language::Language;
use crate::domain::passage::{Asked, Lookup, Passage};
use crate::knowledge::ingest::IngestReport;
use crate::knowledge::ledger::Roots;
use crate::knowledge::rerank::Reranker;
use crate::knowledge::search::KnowledgeBase;
use crate::limits::pause::TimerPause;
use crate::llm::embed::{Embedder, open as embed};
use crate::llm::factory::allowance;
use crate::llm::model::ChatModel;
use crate::prompts::Prompts;
use crate::tools::builtin::knowledge::KnowledgeSearch;
use crate::web::ports::{self, HealthProbe, KnowledgeIngest};
use async_trait::async_trait;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// The knowledge base with the place its documents come from.
#[derive(Clone)]
pub struct Library {
    /// The index.
    pub base: KnowledgeBase,
    /// What it is filled from.
    pub documents: Arc<Documents>,
    /// Held by whoever changes what is indexed.
    pub(super) one_at_a_time: Arc<tokio::sync::Mutex<()>>,
    /// Told of every ingest: new passages want vectors.
    pub(super) ingested: Arc<Notify>,
}

impl Library {
    /// Opens the index; a new one is filled at once, but for its vectors.
    ///
    /// # Errors
    /// If another process has it, or it cannot be written.
    pub fn open(options: &Options) -> anyhow::Result<Self> {
        let library = Self::open_unfilled(options)?;
        if library.base.manifest().is_empty() || !library.documents.has_ledger() {
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
        let business = &options.settings.business;
        let index = settings.index_folder(&options.data)?;
        let base = KnowledgeBase::open(&index, business.language, settings)?
            .with_calendar(options.clock.clone(), business.timezone.clone());
        if options.settings.embeddings.choice()? == ModelChoice::E5 && embed::pulled(&options.data).is_none()
        {
            return Err(embed::OpenError::NotPulled.into());
        }
        let documents = Arc::new(Documents::open(options)?);
        Ok(Self { base, documents, one_at_a_time: Arc::default(), ingested: Arc::default() })
    }

    /// Opens the embedder that the settings name, and searches by meaning from now on. Whether there is one. Blocks, for
    /// as long as weights are read or an endpoint is asked: searches go by words meanwhile.
    ///
    /// # Errors
    /// [`embed::OpenError`].
    pub fn open_embedder(&self, options: &Options, runtime: Handle) -> Result<bool, embed::OpenError> {
        let Some(embedder) = open_embedder(options, &options.settings.embeddings, runtime)? else {
            return Ok(false);
        };
        self.base.attach(embedder);
        Ok(true)
    }

    /// Lets this model order what is found, if the settings want it.
    pub fn ordered_by(&self, options: &Options, model: Arc<dyn ChatModel>, prompts: Arc<Prompts>) {
        let settings = &options.settings.knowledge;
        if settings.rerank {
            self.base.ordered_by(Reranker {
                model,
                prompts,
                clock: options.clock.clone(),
                zone: options.settings.business.timezone.clone(),
                candidates: settings.rerank_candidates,
                timeout: Duration::from_millis(settings.rerank_timeout_ms),
            });
        }
    }

    /// Indexes `paths` and only these; if there are none, what the settings name.
    ///
    /// # Errors
    /// If a place cannot be read or the index cannot be written.
    pub fn ingest_blocking(&self, paths: &[PathBuf]) -> anyhow::Result<IngestReport> {
        self.ingest_roots(if paths.is_empty() { Roots::Configured } else { Roots::Named(paths.to_vec()) })
    }
}

/// The embedder that `embeddings` names, if it names one. Blocks, as [`embed::open`] does.
///
/// # Errors
/// [`embed::OpenError`].
pub fn open_embedder(
    options: &Options,
    embeddings: &EmbeddingSettings,
    runtime: Handle,
) -> Result<Option<Arc<dyn Embedder>>, embed::OpenError> {
    embed::open(embed::EmbedderParts {
        settings: embeddings,
        llm: &options.settings.llm,
        allowance: allowance(&options.settings.limits),
        data: &options.data,
        clock: options.clock.clone(),
        pause: Arc::new(TimerPause),
        runtime,
    })
}

#[async_trait]
impl KnowledgeIngest for Library {
    async fn ingest(&self, paths: Vec<PathBuf>) -> anyhow::Result<ports::IngestReport> {
        if paths.is_empty() {
            self.visit_sites(Which::All).await?;
        }
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
                .map(|failure| ports::IngestFailure {
                    source: failure.origin,
                    line: failure.line,
                    reason: failure.reason,
                })
                .collect(),
        })
    }
}

/// The one retrieval path: for a turn, the tool, the API and the command line.
pub struct Retrieval(pub Library);

#[async_trait]
impl Retrieve for Retrieval {
    async fn retrieve(&self, asked: &Asked, limit: usize) -> anyhow::Result<Lookup> {
        let mut found = self.0.base.look_up(asked, limit).await?;
        found.passages.retain(|passage| self.0.base.is_evident(passage));
        Ok(found)
    }
}

#[async_trait]
impl KnowledgeSearch for Retrieval {
    async fn passages(&self, query: &str, limit: usize, language: Language) -> anyhow::Result<Vec<Passage>> {
        let asked = Asked { text: query.to_owned(), before: Vec::new(), language };
        Ok(self.retrieve(&asked, limit).await?.passages)
    }
}

#[async_trait]
impl ports::KnowledgeSearch for Retrieval {
    async fn search(&self, query: &str, limit: usize) -> anyhow::Result<Vec<Passage>> {
        Ok(self.0.base.search(query, limit).await?)
    }

    async fn rank(&self, query: &str, limit: usize) -> anyhow::Result<Vec<String>> {
        Ok(self.0.base.rank_documents(query, limit).await?)
    }
}

/// Looks whether the knowledge can be searched, and says by what.
pub struct KnowledgeProbe(pub Library);

#[async_trait]
impl HealthProbe for KnowledgeProbe {
    fn name(&self) -> &'static str {
        "vectors"
    }

    async fn check(&self) -> Result<Option<String>, String> {
        self.0.base.search("?", 1).await.map_err(|error| error.to_string())?;
        Ok(Some(self.0.base.vectors().to_string()))
    }
}
