//! What the knowledge base does with documents: reads them all, keeps the ledger of what became of each, takes uploads, visits
//! web sites, and watches for changes. One of these at a time; searches go on meanwhile.

use super::build::Options;
use super::files;
use super::knowledge::Library;
use crate::config::environment;
use crate::domain::clock::Clock;
use crate::domain::language::Language;
use crate::knowledge::chunk;
use crate::knowledge::document::Failure;
use crate::knowledge::gather::Places;
use crate::knowledge::ingest::IngestReport;
use crate::knowledge::ledger::{Ledger, Memory, Roots, Writer};
use crate::knowledge::proposals::uploads_below;
use crate::knowledge::readers::outside::Outside;
use crate::knowledge::site::visit::{Means, visit};
use crate::knowledge::source::{Defaults, SourceFile};
use crate::knowledge::sources::SiteSource;
use crate::knowledge::uploads::Uploads;
use crate::knowledge::watch;
use crate::limits::net::Allowance;
use crate::limits::pause::TimerPause;
use crate::llm::factory::allowance;
use crate::web::ports::{KnowledgeDocuments, Removal, Upload};
use anyhow::Context;
use async_trait::async_trait;
use jiff::civil::Date;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Looking takes at most one part in so many of the time.
const LOOK_SHARE: u32 = 20;

/// How often it is asked whether a site is due.
const SITES: Duration = Duration::from_secs(60);

/// Documents and what is known of them.
pub struct Documents {
    /// Where they lie.
    pub places: Places,
    path: PathBuf,
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    zone: jiff::tz::TimeZone,
    language: Language,
    allowance: Allowance,
}

#[derive(Default)]
struct State {
    ledger: Arc<Ledger>,
    /// Whether there was a ledger when the program started, or has been one since.
    kept: bool,
    memory: Memory,
}

/// Where everything lies by these settings.
///
/// # Errors
/// If the program cannot say which file it is.
pub fn places(options: &Options) -> anyhow::Result<Places> {
    let shown = &options.settings.knowledge.folder;
    let program = match &options.program {
        Some(program) => program.clone(),
        None => environment::program().context("cannot tell where this program lies")?,
    };
    let data = &options.data;
    Ok(Places {
        folder: options.operator.join(shown),
        shown: shown.display().to_string(),
        uploads: Uploads::at(uploads_below(data)),
        sites: data.join("sites"),
        outside: Arc::new(Outside::new(program, data.join("read"))),
    })
}

impl Documents {
    /// Who reads documents that are hard to read safely.
    pub fn readers(&self) -> Arc<Outside> {
        self.places.outside.clone()
    }

    /// Opens the ledger.
    ///
    /// # Errors
    /// As [`places`].
    pub fn open(options: &Options) -> anyhow::Result<Self> {
        let path = options.data.join("documents.json");
        let ledger = Ledger::load(&path);
        let kept = ledger.is_some();
        let state = State { ledger: Arc::new(ledger.unwrap_or_default()), kept, memory: Memory::new() };
        Ok(Self {
            places: places(options)?,
            path,
            state: Mutex::new(state),
            clock: options.clock.clone(),
            zone: options.settings.business.timezone.clone(),
            language: options.settings.business.language,
            allowance: allowance(&options.settings.limits),
        })
    }

    /// What became of every document.
    pub fn ledger(&self) -> Arc<Ledger> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).ledger.clone()
    }

    /// Whether it is known what the index was filled with.
    pub fn has_ledger(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).kept
    }

    pub(super) fn today(&self) -> Date {
        self.clock.now().to_zoned(self.zone.clone()).date()
    }

    fn files(&self, roots: &Roots) -> anyhow::Result<Vec<SourceFile>> {
        Ok(match roots {
            Roots::Configured => self.places.configured(files::documents)?,
            Roots::Named(paths) => self.places.named(paths)?,
        })
    }
}

impl Library {
    /// One attempt at [`Library::ingest_roots`].
    ///
    /// # Errors
    /// As there; also if another process changed the index meanwhile.
    pub(super) fn ingest_once(&self, roots: Roots) -> anyhow::Result<IngestReport> {
        let documents = &self.documents;
        let files = documents.files(&roots)?;
        let looks = watch::looks(&files);
        let (before, memory) = {
            let mut state = documents.state.lock().unwrap_or_else(PoisonError::into_inner);
            (state.ledger.clone(), std::mem::take(&mut state.memory))
        };
        let mut writer = Writer::after(&before, &memory, documents.clock.now());
        let report = self.base.ingest_observed(&files, &mut |read| writer.read(&read))?;
        let manifest = self.base.manifest();
        let (ledger, memory) = writer.finish(&report.failed, &manifest, roots, looks, documents.today());
        if *before != ledger || !documents.has_ledger() {
            ledger
                .save(&documents.path)
                .with_context(|| format!("cannot write {}", documents.path.display()))?;
        }
        documents.places.outside.sweep();
        let mut state = documents.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { ledger: Arc::new(ledger), kept: true, memory };
        self.ingested.notify_one();
        Ok(report)
    }

    /// Visits these sites of `sources.toml`. Whether there was any to visit.
    ///
    /// # Errors
    /// Mistakes in `sources.toml`, or a disk that cannot be written.
    pub async fn visit_sites(&self, which: Which) -> anyhow::Result<bool> {
        let documents = &self.documents;
        let sources = documents.places.sources().map_err(super::build::listed)?;
        let mut visited = false;
        for site in &sources.sites {
            if which == Which::All || documents.is_due(site) {
                visited = true;
                self.visit_site(site).await?;
            }
        }
        Ok(visited)
    }

    async fn visit_site(&self, site: &SiteSource) -> anyhow::Result<()> {
        let documents = &self.documents;
        let cache = documents.places.site(&site.name);
        let means = Means { allowance: &documents.allowance, pause: &TimerPause, now: documents.clock.now() };
        let (known, visited) = Box::pin(visit(site, &cache, &means)).await;
        let (fetched, unchanged, removed) = (visited.fetched, visited.unchanged, visited.removed);
        match &known.error {
            None => tracing::info!(site = site.name, fetched, unchanged, removed, "a web site was visited"),
            Some(reason) => tracing::warn!(site = site.name, reason, "a web site could not be visited"),
        }
        let _turn = self.one_at_a_time.lock().await;
        cache.save(&known).with_context(|| format!("the pages of {} cannot be kept", site.name))
    }

    /// Indexes what changed, as soon as it has come to rest, and visits web sites when their time has come, until `stop`.
    pub async fn watch(self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            ((), ()) = async { tokio::join!(self.watch_files(), self.watch_sites()) } => {}
        }
    }

    async fn watch_files(&self) {
        let (mut pending, mut told) = (None, String::new());
        let mut wait = LOOK;
        loop {
            tokio::time::sleep(wait).await;
            let started = Instant::now();
            let outcome = self.look(&mut pending).await;
            wait = LOOK.max(started.elapsed().min(Duration::from_secs(30)) * LOOK_SHARE);
            match outcome {
                Ok(()) => told.clear(),
                Err(error) => {
                    // The same mistake is told once, not every second.
                    let text = format!("{error:#}");
                    if text != told {
                        tracing::error!(error = text, "the knowledge cannot be brought up to date");
                        told = text;
                    }
                }
            }
        }
    }

    /// Looks at the files; what looks the same twice and not as it did at the last ingest is indexed.
    async fn look(&self, pending: &mut Option<String>) -> anyhow::Result<()> {
        let ledger = self.documents.ledger();
        let library = self.clone();
        let roots = ledger.roots.clone();
        let looks = tokio::task::spawn_blocking(move || {
            library.documents.files(&roots).map(|files| watch::looks(&files))
        })
        .await??;
        if looks == ledger.looks || self.has_nothing_to_say() {
            *pending = None;
        } else if pending.replace(looks.clone()) == Some(looks) {
            *pending = None;
            self.ingest_again("a document changed").await?;
        }
        Ok(())
    }

    async fn watch_sites(&self) {
        loop {
            match self.visit_sites(Which::Due).await {
                Ok(true) if self.documents.ledger().roots == Roots::Configured => {
                    if let Err(error) = self.ingest_again("a web site was visited").await {
                        tracing::error!(error = format!("{error:#}"), "the pages cannot be indexed");
                    }
                }
                // Mistakes in the file are told by whoever watches it.
                Ok(_) | Err(_) => {}
            }
            tokio::time::sleep(SITES).await;
        }
    }

    async fn ingest_again(&self, cause: &'static str) -> anyhow::Result<IngestReport> {
        let _turn = self.one_at_a_time.lock().await;
        let before = self.documents.ledger();
        let (library, roots) = (self.clone(), before.roots.clone());
        let report = tokio::task::spawn_blocking(move || library.ingest_roots(&roots)).await??;
        self.log_new_remarks(&before);
        let IngestReport { added, changed, removed, .. } = report;
        tracing::info!(
            cause,
            added,
            changed,
            removed,
            failed = report.failed.len(),
            "the knowledge was brought up to date"
        );
        Ok(report)
    }
}

/// Which sites.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// All.
    All,
    /// Those whose time has come.
    Due,
}

impl Documents {
    fn is_due(&self, site: &SiteSource) -> bool {
        let visited = self.places.site(&site.name).known().visited;
        visited.is_none_or(|visited| {
            let since = self.clock.now().duration_since(visited);
            since.is_negative() || since.unsigned_abs() >= site.every
        })
    }
}

#[async_trait]
impl KnowledgeDocuments for Library {
    fn ledger(&self) -> Arc<Ledger> {
        self.documents.ledger()
    }

    fn today(&self) -> Date {
        self.documents.today()
    }

    async fn upload(&self, name: &str, bytes: Vec<u8>, defaults: Defaults) -> anyhow::Result<Upload> {
        let turn = self.one_at_a_time.lock().await;
        if self.documents.ledger().roots != Roots::Configured {
            return Ok(Upload::Elsewhere);
        }
        let (library, name) = (self.clone(), name.to_owned());
        let uploaded = tokio::task::spawn_blocking(move || library.store(&name, &bytes, &defaults)).await?;
        drop(turn);
        uploaded
    }

    async fn remove(&self, id: &str) -> anyhow::Result<Removal> {
        let turn = self.one_at_a_time.lock().await;
        let ledger = self.documents.ledger();
        let Some(record) = ledger.records.iter().find(|record| record.id() == id) else {
            return Ok(Removal::Unknown);
        };
        if !self.documents.places.uploads.remove(&record.origin)? {
            return Ok(Removal::NotUploaded(record.origin.clone()));
        }
        let (library, roots) = (self.clone(), ledger.roots.clone());
        tokio::task::spawn_blocking(move || library.ingest_roots(&roots)).await??;
        drop(turn);
        Ok(Removal::Removed)
    }
}

impl Library {
    fn store(&self, name: &str, bytes: &[u8], defaults: &Defaults) -> anyhow::Result<Upload> {
        let places = &self.documents.places;
        let draft = places.uploads.draft(name, bytes, defaults).context("the document cannot be kept")?;
        let file = draft.file().context("the document's format is not known")?.read_by(&places.outside);
        let origin = file.name().to_owned();
        let (mut failed, mut readable) = (Vec::new(), false);
        for read in file.documents(self.documents.language) {
            match read {
                Ok(document) if chunk::cut(&document).is_empty() => failed.push(Failure {
                    origin: origin.clone(),
                    line: document.line,
                    reason: "there is no text in it".to_owned(),
                }),
                Ok(_) => readable = true,
                Err(failure) => failed.push(failure),
            }
        }
        if !readable {
            return Ok(Upload::Unreadable(failed));
        }
        let is_new = !self.documents.ledger().records.iter().any(|record| record.origin == origin);
        draft.publish().context("the document cannot be kept")?;
        let before = self.documents.ledger();
        self.ingest_roots(&Roots::Configured)?;
        self.log_new_remarks(&before);
        let ledger = self.documents.ledger();
        let records = ledger.records.iter().filter(|record| record.origin == origin).cloned().collect();
        let notes = self.remarks().into_iter().filter(|remark| remark.is_about(&origin));
        Ok(Upload::Stored { records, is_new, notes: notes.map(|remark| remark.to_string()).collect() })
    }
}
