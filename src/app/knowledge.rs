//! The knowledge base as the parts of the program ask for it.

use super::build::Options;
use super::documents::{Documents, Which};
use crate::agent::task::Retrieve;
use crate::config::embeddings::{EmbeddingSettings, ModelChoice};
use crate::config::knowledge::KnowledgePlace;
use crate::domain::language::Language;
use crate::domain::passage::{Asked, Lookup, Passage};
use crate::knowledge::edge::EdgeIndex;
use crate::knowledge::edge::encoder::Encoder;
use crate::knowledge::index::{Index, IndexError};
use crate::knowledge::ingest::IngestReport;
use crate::knowledge::ledger::Roots;
use crate::knowledge::qdrant::{QdrantIndex, QdrantPlace};
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
use std::collections::HashSet;
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
    /// Opens the index; a new one is filled at once, but for its vectors. One whose server is away stays as it is: see
    /// [`Library::fill`].
    ///
    /// # Errors
    /// If another process has it, or it cannot be written.
    pub fn open(options: &Options) -> anyhow::Result<Self> {
        let library = Self::open_unfilled(options)?;
        match library.fill() {
            Err(error) if !is_away(&error) => Err(error),
            Ok(()) | Err(_) => Ok(library),
        }
    }

    /// Opens the index as it is.
    ///
    /// # Errors
    /// As [`Library::open`].
    pub fn open_unfilled(options: &Options) -> anyhow::Result<Self> {
        let settings = &options.settings.knowledge;
        let business = &options.settings.business;
        let encoder = Arc::new(Encoder::new()?);
        let base = KnowledgeBase::over(index(options)?, encoder, business.language, settings)
            .with_calendar(options.clock.clone(), business.timezone.clone());
        if options.settings.embeddings.choice()? == ModelChoice::E5 && embed::pulled(&options.data).is_none()
        {
            return Err(embed::OpenError::NotPulled.into());
        }
        let documents = Arc::new(Documents::open(options)?);
        Ok(Self { base, documents, one_at_a_time: Arc::default(), ingested: Arc::default() })
    }

    /// Fills an index that is empty, or of which it is not known what it was filled with, unless somebody else may know. The
    /// caller holds the turn.
    ///
    /// # Errors
    /// If the index cannot be asked or written, or a place cannot be read.
    pub fn fill(&self) -> anyhow::Result<()> {
        self.base.index.check()?;
        let shared = self.base.index.moved().is_some();
        if self.base.manifest().is_empty() || !(shared || self.documents.has_ledger()) {
            let report = self.ingest_roots(&self.documents.ledger().roots)?;
            tracing::info!(added = report.added, failed = report.failed.len(), "the knowledge was indexed");
        }
        Ok(())
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
        self.ingest_roots(&if paths.is_empty() { Roots::Configured } else { Roots::Named(paths.to_vec()) })
    }

    /// Whether an ingest that nobody asked for would put the documents that come with the program in the place of those
    /// that other processes have brought in.
    pub(super) fn has_nothing_to_say(&self) -> bool {
        let shared = self.base.index.moved().is_some();
        shared && !self.documents.places.folder.exists() && !self.base.manifest().is_empty()
    }

    /// Indexes what `roots` says and only that. One at a time: the caller holds the turn. Where other processes write the
    /// same index, what is left to be changed is found out anew.
    ///
    /// # Errors
    /// If a place cannot be read or the index cannot be written.
    pub fn ingest_roots(&self, roots: &Roots) -> anyhow::Result<IngestReport> {
        for _ in 1..MOST_ATTEMPTS {
            match self.ingest_once(roots.clone()) {
                Err(error) if matches!(error.downcast_ref::<IndexError>(), Some(IndexError::Overtaken)) => {}
                ended => return ended,
            }
        }
        self.ingest_once(roots.clone())
    }
}

/// How often an ingest is begun where other processes write the same index.
const MOST_ATTEMPTS: u32 = 5;

/// The index that the settings name.
///
/// # Errors
/// If another process has it, or the settings lead nowhere.
pub fn index(options: &Options) -> anyhow::Result<Arc<dyn Index>> {
    let settings = &options.settings.knowledge;
    Ok(match settings.place(&options.data)? {
        KnowledgePlace::Folder(folder) => Arc::new(EdgeIndex::open(&folder)?),
        KnowledgePlace::Server(url) => Arc::new(on_server(options, &url)?),
    })
}

/// The index on the Qdrant server at this address. It is the operator's own word, as the database's is: private networks
/// are where such a server should be.
///
/// # Errors
/// As [`index`].
pub fn on_server(options: &Options, url: &str) -> anyhow::Result<QdrantIndex> {
    let settings = &options.settings.knowledge;
    let index = QdrantIndex::open(&QdrantPlace {
        url,
        api_key: settings.api_key.expose().trim(),
        collection: &settings.collection,
        timeout: Duration::from_millis(settings.timeout_ms),
        clock: options.clock.clone(),
    })?;
    Ok(index)
}

/// Whether an error passes when the server of the index answers again.
pub fn is_away(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<IndexError>(), Some(IndexError::Away(_)))
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
        let (library, before) = (self.clone(), self.documents.ledger());
        let report = tokio::task::spawn_blocking(move || library.ingest_blocking(&paths)).await??;
        self.log_new_remarks(&before);
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
            notes: self.remarks().iter().map(ToString::to_string).collect(),
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

    async fn outdated(&self, passages: Vec<String>) -> anyhow::Result<HashSet<String>> {
        Ok(self.0.base.outdated(passages).await?)
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
        let index = self.0.base.index.clone();
        let checked = tokio::task::spawn_blocking(move || index.check()).await;
        checked.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        self.0.base.search("?", 1).await.map_err(|error| error.to_string())?;
        Ok(Some(self.0.base.vectors().to_string()))
    }
}
