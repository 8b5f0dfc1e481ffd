//! Qdrant inside the process: the only file that names `qdrant_edge`. It keeps one shard per generation of the
//! index, written once and then only read, because the engine's write-ahead log is not replayed by it: crash
//! safety comes from the generations (`generation.rs`). Its BM25 weighs and hashes the terms.

use crate::domain::language::Language;
use crate::knowledge::analyze;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::generation::{IndexFolder, write_durably};
use crate::knowledge::index::{
    Entry, Hit, Index, IndexError, Indexed, Manifest, SparseVector, TermId, Update,
};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::stop_words::{Role, role};
use qdrant_edge::bm25_embed::{EdgeBm25, EdgeBm25Config};
use qdrant_edge::external::ordered_float::NotNan;
use qdrant_edge::{
    EdgeConfig, EdgeShard, EdgeSparseVectorParams, Modifier, NamedQuery, Payload, PointId,
    PointInsertOperations, PointOperations, PointStructPersisted, QueryEnum, ScrollRequest, SearchRequest,
    TokenizerType, UpdateOperation, VectorInternal, VectorPersisted, VectorStructInternal,
    VectorStructPersisted, WalOptions, WithPayloadInterface, WithVector,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use uuid::Uuid;

const VECTOR: &str = "text";
const MANIFEST: &str = "manifest.json";
const LEXICON: &str = "lexicon.json";
const SHARD: &str = "shard";

/// Points written or read at a time.
const BATCH: usize = 256;

/// The engine's default of 32 MiB would be most of a small index.
const LOG_BYTES: usize = 64 * 1024;

/// Saturation of a term's count within a passage.
const SATURATION: f64 = 1.2;

/// How far a long passage must say a term more often; passages are cut to about one length, so little.
const LENGTH_PENALTY: f64 = 0.6;

/// What the title says goes without saying in every passage below it, so passages need not repeat it.
const TITLE_WEIGHT: f32 = 0.8;

/// A tag mostly belongs to one passage of its document; that one says it itself, and should come first.
const TAG_WEIGHT: f32 = 0.4;

/// Terms of a usual passage, function words left out.
const USUAL_TERMS: f64 = 60.0;

/// Makes weighted terms of text. The same for documents and queries.
#[derive(Debug)]
pub struct Encoder {
    models: Vec<(Language, EdgeBm25)>,
}

impl Encoder {
    /// An encoder for every language we serve.
    ///
    /// # Errors
    /// [`IndexError::Fault`] if the engine lacks a stemmer.
    pub fn new() -> Result<Self, IndexError> {
        let number = |value| NotNan::new(value).map_err(fault);
        let models = Language::ALL.map(|language| {
            let name = match language {
                Language::Portuguese => "portuguese",
                Language::English => "english",
                Language::Spanish => "spanish",
            };
            let config = EdgeBm25Config {
                k: number(SATURATION)?,
                b: number(LENGTH_PENALTY)?,
                avg_len: number(USUAL_TERMS)?,
                tokenizer: TokenizerType::Whitespace,
                language: Some(name.to_owned()),
                // `analyze` and `stop_words` have done these, in folded form, before the text comes here.
                stopwords: Some(serde_json::from_value(json!({ "custom": [] })).map_err(fault)?),
                ascii_folding: Some(false),
                ..EdgeBm25Config::default()
            };
            Ok((language, EdgeBm25::new(config).map_err(fault)?))
        });
        Ok(Self { models: models.into_iter().collect::<Result<_, IndexError>>()? })
    }

    fn model(&self, language: Language) -> Option<&EdgeBm25> {
        self.models.iter().find(|(of, _)| *of == language).map(|(_, model)| model)
    }

    /// The terms of a text, weighted by how often each is said.
    pub fn text(&self, language: Language, text: &str) -> SparseVector {
        let mut forms = String::with_capacity(text.len());
        for word in analyze::words(text).filter(|word| role(language, word) != Role::Function) {
            forms.push_str(&analyze::stemmer_form(language, &word));
            forms.push(' ');
        }
        let Some(model) = self.model(language) else { return SparseVector::default() };
        let vector = model.embed_document(&forms);
        vector.indices.into_iter().zip(vector.values).collect()
    }

    /// The terms a passage is found by: those of one of its search texts, and those of its document.
    pub fn passage(&self, chunk: &Chunk, search_text: &str) -> SparseVector {
        let tags = chunk.tags.join(" ");
        let parts = [(search_text, 1.0), (chunk.title.as_str(), TITLE_WEIGHT), (tags.as_str(), TAG_WEIGHT)];
        let weighted = parts.into_iter().flat_map(|(text, weight)| {
            let terms = self.text(chunk.language, text);
            terms.indices.into_iter().zip(terms.values).map(move |(term, value)| (term, value * weight))
        });
        weighted.collect()
    }

    /// The term of a folded word.
    pub fn word(&self, language: Language, word: &str) -> Option<TermId> {
        let form = analyze::stemmer_form(language, word);
        self.model(language)?.embed_query(&form).indices.first().copied()
    }
}

/// The embedded index.
pub struct EdgeIndex {
    folder: IndexFolder,
    live: RwLock<Arc<Generation>>,
    writing: Mutex<()>,
}

impl EdgeIndex {
    /// Opens the index in `path`, an empty one if there is none. A damaged index is opened as an empty one too: the
    /// next ingest builds it anew.
    ///
    /// # Errors
    /// [`IndexError::InUse`], or [`IndexError::Fault`] if the folder cannot be used.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let folder = IndexFolder::open(path)?;
        let generation = folder.current().map(|directory| Generation::load(&directory));
        let generation = match generation {
            None => Generation::default(),
            Some(Ok(generation)) => generation,
            Some(Err(error)) => {
                tracing::error!(%error, "the knowledge index is damaged; ingest the documents again");
                Generation::default()
            }
        };
        Ok(Self { folder, live: RwLock::new(Arc::new(generation)), writing: Mutex::new(()) })
    }

    fn live(&self) -> Arc<Generation> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Index for EdgeIndex {
    fn manifest(&self) -> Arc<Manifest> {
        Arc::clone(&self.live().manifest)
    }

    fn lexicon(&self) -> Arc<Lexicon> {
        Arc::clone(&self.live().lexicon)
    }

    fn search(&self, terms: &SparseVector, limit: usize) -> Result<Vec<Hit>, IndexError> {
        let generation = self.live();
        let Some(shard) = &generation.shard else { return Ok(Vec::new()) };
        if terms.indices.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let query =
            qdrant_edge::SparseVector { indices: terms.indices.clone(), values: terms.values.clone() };
        let request = SearchRequest {
            query: QueryEnum::Nearest(NamedQuery {
                query: VectorInternal::Sparse(query),
                using: Some(VECTOR.into()),
            }),
            filter: None,
            params: None,
            limit,
            offset: 0,
            with_payload: Some(WithPayloadInterface::Bool(true)),
            with_vector: None,
            score_threshold: None,
        };
        let points = shard.search(request).map_err(fault)?;
        points.into_iter().map(|point| Ok(Hit { chunk: chunk(point.payload)?, score: point.score })).collect()
    }

    fn begin(&self) -> Result<Box<dyn Update + '_>, IndexError> {
        Ok(Box::new(EdgeUpdate::begin(self)?))
    }
}

/// One state of the index. Read-only once it is live.
#[derive(Default)]
struct Generation {
    shard: Option<EdgeShard>,
    directory: PathBuf,
    manifest: Arc<Manifest>,
    lexicon: Arc<Lexicon>,
    /// Set when it has been replaced, or was never finished: its files go when the last search is done with it.
    discarded: AtomicBool,
}

impl Generation {
    fn load(directory: &Path) -> Result<Self, IndexError> {
        let read = |name: &str| fs::read(directory.join(name)).map_err(fault);
        let shard = guarded(|| EdgeShard::load(&directory.join(SHARD), None).map_err(fault))?;
        Ok(Self {
            shard: Some(shard),
            directory: directory.to_owned(),
            manifest: Arc::new(serde_json::from_slice(&read(MANIFEST)?).map_err(fault)?),
            lexicon: Arc::new(serde_json::from_slice(&read(LEXICON)?).map_err(fault)?),
            discarded: AtomicBool::new(false),
        })
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        if let Some(shard) = self.shard.take() {
            // The engine flushes when it is dropped and panics where the disk refuses.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(shard)));
        }
        if self.discarded.load(Ordering::Acquire) {
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

/// A generation that is being written.
struct EdgeUpdate<'a> {
    index: &'a EdgeIndex,
    draft: Generation,
    manifest: Manifest,
    lexicon: Lexicon,
    batch: Vec<PointStructPersisted>,
    _writing: MutexGuard<'a, ()>,
}

impl<'a> EdgeUpdate<'a> {
    fn begin(index: &'a EdgeIndex) -> Result<Self, IndexError> {
        let writing = index.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = index.folder.next()?;
        let mut draft = Generation::default();
        draft.directory = directory;
        draft.discarded = AtomicBool::new(true);
        let terms =
            EdgeSparseVectorParams { modifier: Some(Modifier::Idf), ..EdgeSparseVectorParams::default() };
        let log = WalOptions {
            segment_capacity: LOG_BYTES,
            segment_queue_len: 0,
            retain_closed: NonZeroUsize::MIN,
        };
        let config = EdgeConfig::builder().sparse_vector(VECTOR, terms).wal_options(log).build();
        let shard = draft.directory.join(SHARD);
        fs::create_dir(&shard).map_err(fault)?;
        draft.shard = Some(guarded(|| EdgeShard::new(&shard, config).map_err(fault))?);
        let (manifest, lexicon) = (Manifest::new(), Lexicon::default());
        Ok(Self { index, draft, manifest, lexicon, batch: Vec::with_capacity(BATCH), _writing: writing })
    }

    fn push(
        &mut self,
        point: PointStructPersisted,
        chunk: &Chunk,
        terms: &[TermId],
    ) -> Result<(), IndexError> {
        self.lexicon.observe(terms, chunk);
        self.batch.push(point);
        if self.batch.len() == BATCH { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), IndexError> {
        let points = PointInsertOperations::PointsList(std::mem::take(&mut self.batch));
        let operation = UpdateOperation::PointOperation(PointOperations::UpsertPoints(points));
        self.draft.shard.as_ref().map_or(Ok(()), |shard| guarded(|| shard.update(operation).map_err(fault)))
    }

    /// Takes over what is to be kept of the live generation, terms and all.
    fn carry_over(&mut self, keep: &HashSet<String>) -> Result<(), IndexError> {
        let live = self.index.live();
        for (source, indexed) in live.manifest.iter().filter(|(source, _)| keep.contains(*source)) {
            self.manifest.insert(source.clone(), indexed.clone());
        }
        let Some(shard) = &live.shard else { return Ok(()) };
        let mut offset = None;
        loop {
            let (records, next) = shard
                .scroll(ScrollRequest {
                    offset,
                    limit: Some(BATCH),
                    with_payload: Some(WithPayloadInterface::Bool(true)),
                    with_vector: WithVector::Bool(true),
                    ..ScrollRequest::default()
                })
                .map_err(fault)?;
            for record in records {
                let chunk = chunk(record.payload.clone())?;
                let Some(vector) = record.vector.filter(|_| keep.contains(&chunk.source)) else { continue };
                let terms = match &vector {
                    VectorStructInternal::Named(vectors) => match vectors.get(VECTOR) {
                        Some(VectorInternal::Sparse(terms)) => terms.indices.clone(),
                        Some(VectorInternal::Dense(_) | VectorInternal::MultiDense(_)) | None => Vec::new(),
                    },
                    VectorStructInternal::Single(_) | VectorStructInternal::MultiDense(_) => Vec::new(),
                };
                let point =
                    PointStructPersisted { id: record.id, vector: vector.into(), payload: record.payload };
                self.push(point, &chunk, &terms)?;
            }
            match next {
                Some(_) => offset = next,
                None => return Ok(()),
            }
        }
    }

    /// Brings the draft to the disk, and opens it as it will be opened from now on.
    fn finish(&mut self) -> Result<Generation, IndexError> {
        self.write()?;
        let Some(shard) = self.draft.shard.take() else { return Err(IndexError::Fault("no draft".into())) };
        guarded(|| {
            shard.flush();
            drop(shard);
            Ok(())
        })?;
        // The log has done its work: a finished generation is never written to again.
        let directory = &self.draft.directory;
        fs::remove_dir_all(directory.join(SHARD).join("wal")).map_err(fault)?;
        write_json(&directory.join(MANIFEST), &self.manifest)?;
        write_json(&directory.join(LEXICON), &self.lexicon)?;
        Generation::load(directory)
    }
}

impl Update for EdgeUpdate<'_> {
    fn put(&mut self, source: &str, indexed: Indexed, entries: Vec<Entry>) -> Result<(), IndexError> {
        self.manifest.insert(source.to_owned(), indexed);
        for Entry { chunk, variant, terms } in entries {
            let vector = qdrant_edge::SparseVector { indices: terms.indices.clone(), values: terms.values };
            let vectors = HashMap::from([(VECTOR.into(), VectorPersisted::Sparse(vector))]);
            let Value::Object(fields) = serde_json::to_value(&chunk).map_err(fault)? else { continue };
            let point = PointStructPersisted {
                id: PointId::Uuid(point_id(chunk.id, variant)),
                vector: VectorStructPersisted::Named(vectors),
                payload: Some(Payload(fields)),
            };
            self.push(point, &chunk, &terms.indices)?;
        }
        Ok(())
    }

    fn commit(mut self: Box<Self>, keep: &HashSet<String>) -> Result<(), IndexError> {
        self.carry_over(keep)?;
        let generation = self.finish()?;
        self.index.folder.publish(&generation.directory)?;
        self.draft.discarded.store(false, Ordering::Release);
        let mut live = self.index.live.write().unwrap_or_else(PoisonError::into_inner);
        let replaced = std::mem::replace(&mut *live, Arc::new(generation));
        replaced.discarded.store(replaced.shard.is_some(), Ordering::Release);
        Ok(())
    }
}

/// Each way to find a passage is a point of its own.
fn point_id(chunk: Uuid, variant: u32) -> Uuid {
    Uuid::from_u128(chunk.as_u128() ^ u128::from(variant))
}

fn chunk(payload: Option<Payload>) -> Result<Chunk, IndexError> {
    serde_json::from_value(Value::Object(payload.unwrap_or_default().0)).map_err(fault)
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), IndexError> {
    write_durably(path, &serde_json::to_vec(value).map_err(fault)?).map_err(fault)
}

/// The engine panics where it should report, most of all when the disk is full.
fn guarded<T>(work: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(IndexError::Fault("the engine gave up; is the disk full?".into())))
}

fn fault(error: impl std::fmt::Display) -> IndexError {
    IndexError::Fault(error.to_string())
}
