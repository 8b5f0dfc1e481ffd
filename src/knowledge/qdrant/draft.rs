//! A version of the index that is being written: what is put, and what is kept of the versions before. Until it is
//! published nobody finds it, and when it is dropped it is removed again.

use super::QdrantIndex;
use super::failure::Failure;
use super::points::{FIELDS, MEANING, TERMS, payload, point};
use super::state::{Below, State};
use super::version::Version;
use super::view::{Over, View};
use crate::knowledge::chunk::Chunk;
use crate::knowledge::hidden::{self, Hidden};
use crate::knowledge::index::{Embedding, Entry, EntryId, IndexError, Indexed, Manifest, TermId, Update};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::profile::Profile;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{
    CreateCollection, Distance, Filter, Modifier, PointStruct, SparseVectorConfig, SparseVectorParams,
    VectorParams, VectorParamsMap, VectorsConfig,
};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, MutexGuard};

/// Points written or read at a time. The next ones wait until the server has done these: nothing piles up.
const BATCH: usize = 256;

/// Parts of the state written at a time.
const PARTS: usize = 8;

/// A version that is being written.
pub(super) struct Draft<'a> {
    index: &'a QdrantIndex,
    /// What it is to follow.
    before: Arc<View>,
    collection: String,
    manifest: Manifest,
    lexicon: Lexicon,
    profile: Profile,
    batch: Vec<PointStruct>,
    /// What it lies over, once that is decided.
    below: Option<Below>,
    published: bool,
}

impl<'a> Draft<'a> {
    /// An empty one that is to follow `before`, for vectors of this model.
    pub(super) fn begin(
        index: &'a QdrantIndex,
        before: Arc<View>,
        embedding: Option<Embedding>,
    ) -> Result<Self, IndexError> {
        let draft = Self {
            collection: index.shared.next_name(),
            index,
            before,
            manifest: Manifest::new(),
            lexicon: Lexicon::default(),
            profile: Profile::of_model(embedding),
            batch: Vec::with_capacity(BATCH),
            below: None,
            published: false,
        };
        let (shared, collection) = (Arc::clone(&index.shared), draft.shape());
        index.bridge.wait(async move {
            shared.sweep().await;
            shared.server.create(collection, &FIELDS).await
        })??;
        Ok(draft)
    }

    /// The collection of such a version.
    fn shape(&self) -> CreateCollection {
        // Vectors have length 1, so that a dot product is the cosine.
        let meaning = |embedding: &Embedding| VectorsConfig {
            config: Some(Config::ParamsMap(VectorParamsMap {
                map: HashMap::from([(
                    MEANING.to_owned(),
                    VectorParams {
                        size: embedding.dimension as u64,
                        distance: Distance::Dot as i32,
                        ..VectorParams::default()
                    },
                )]),
            })),
        };
        let terms = SparseVectorParams { index: None, modifier: Some(Modifier::Idf as i32) };
        CreateCollection {
            collection_name: self.collection.clone(),
            vectors_config: self.profile.embedding.as_ref().map(meaning),
            sparse_vectors_config: Some(SparseVectorConfig {
                map: HashMap::from([(TERMS.to_owned(), terms)]),
            }),
            // Each shard counts for itself how rare a term is.
            shard_number: Some(1),
            ..CreateCollection::default()
        }
    }

    fn push(&mut self, point: PointStruct, chunk: &Chunk, terms: &[TermId]) -> Result<(), IndexError> {
        self.lexicon.observe(terms, chunk);
        self.profile.observe(chunk);
        self.batch.push(point);
        if self.batch.len() < BATCH {
            return Ok(());
        }
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.write(batch)
    }

    fn write(&self, points: Vec<PointStruct>) -> Result<(), IndexError> {
        if points.is_empty() {
            return Ok(());
        }
        let (server, collection) = (self.index.shared.server.clone(), self.collection.clone());
        self.index.bridge.wait(async move { server.upsert(&collection, points).await })??;
        Ok(())
    }

    /// Takes over the documents of a version that are to be kept, with their terms, their vectors if they are of the
    /// draft's model, and these vectors.
    fn carry_over(
        &mut self,
        from: &Arc<Version>,
        keep: impl Fn(&str) -> bool,
        vectors: &HashMap<EntryId, Vec<f32>>,
    ) -> Result<(), IndexError> {
        let kept = from.manifest.iter().filter(|(source, _)| keep(source));
        let kept: Vec<_> = kept.map(|(source, indexed)| (source.clone(), indexed.clone())).collect();
        if kept.is_empty() {
            return Ok(());
        }
        self.manifest.extend(kept);
        let same_model = from.profile.embedding == self.profile.embedding;
        let mut offset = None;
        loop {
            let (server, from, begin) = (self.index.shared.server.clone(), Arc::clone(from), offset.take());
            let page = async move { from.page(&server, Filter::default(), begin, BATCH as u32).await };
            let (entries, next) = self.index.bridge.wait(page)?.map_err(|failure| self.lost(failure))?;
            for mut entry in entries.into_iter().filter(|entry| keep(&entry.chunk.source)) {
                let own = entry.meaning.take().filter(|_| same_model);
                entry.meaning = vectors.get(&entry.id).cloned().or(own);
                let (chunk, terms) = (entry.chunk.clone(), entry.terms.indices.clone());
                self.push(entry.point(), &chunk, &terms)?;
            }
            match next {
                Some(_) => offset = next,
                None => return Ok(()),
            }
        }
    }

    /// Takes over all that is found of the documents to be kept; see [`carry_over`](Self::carry_over).
    pub(super) fn carry_all(
        &mut self,
        keep: impl Fn(&str) -> bool,
        vectors: &HashMap<EntryId, Vec<f32>>,
    ) -> Result<(), IndexError> {
        let before = Arc::clone(&self.before);
        let Some(over) = before.over() else { return self.carry_over(&before.base, keep, vectors) };
        self.carry_over(&over.version, &keep, vectors)?;
        self.carry_over(&before.base, |source| keep(source) && !over.hidden.gone.contains(source), vectors)
    }

    /// Takes over what lies over the base; see [`carry_over`](Self::carry_over).
    pub(super) fn carry_laid_over(
        &mut self,
        keep: impl Fn(&str) -> bool,
        vectors: &HashMap<EntryId, Vec<f32>>,
    ) -> Result<(), IndexError> {
        let before = Arc::clone(&self.before);
        before.over().map_or(Ok(()), |over| self.carry_over(&over.version, keep, vectors))
    }

    /// Brings the draft to the server, but not yet into use.
    fn seal(&mut self) -> Result<Arc<Version>, IndexError> {
        let batch = std::mem::take(&mut self.batch);
        self.write(batch)?;
        let state = State {
            manifest: Arc::new(std::mem::take(&mut self.manifest)),
            lexicon: Arc::new(std::mem::take(&mut self.lexicon)),
            profile: std::mem::take(&mut self.profile),
            below: self.below.take(),
        };
        let mut points = state.pack()?;
        let parts = points.len() as u64;
        while !points.is_empty() {
            let others = points.split_off(PARTS.min(points.len()));
            self.write(std::mem::replace(&mut points, others))?;
        }
        Ok(Arc::new(Version::of(self.collection.clone(), state, parts)))
    }

    fn bring(&mut self, view: View) -> Result<(), IndexError> {
        let (shared, before) = (Arc::clone(&self.index.shared), Arc::clone(&self.before));
        let published = async move { shared.publish(&before, Arc::new(view)).await };
        self.index.bridge.wait(published)?.map_err(|failure| self.lost(failure))?;
        self.published = true;
        Ok(())
    }

    /// Makes it the version that is searched.
    pub(super) fn publish(mut self) -> Result<(), IndexError> {
        let version = self.seal()?;
        self.bring(View::of(version))
    }

    /// Makes it a part of what is searched, over the base of what it follows.
    pub(super) fn publish_over(mut self, hidden: Hidden) -> Result<(), IndexError> {
        let base = Arc::clone(&self.before.base);
        let collection = base.collection.clone().unwrap_or_default();
        self.below = Some(Below { collection, hidden: hidden.clone() });
        let version = self.seal()?;
        self.bring(View::with(base, Arc::new(Over { version, hidden })))
    }

    /// What a failure means to the draft. A version that is gone has been replaced, by another process: this one writes
    /// one at a time.
    pub(super) fn lost(&self, failure: Failure) -> IndexError {
        match failure {
            Failure::Missing(_) => {
                let shared = Arc::clone(&self.index.shared);
                // Whoever tries again is to see what there is now.
                match self.index.bridge.wait(async move { shared.refresh().await }) {
                    Ok(Ok(_)) => IndexError::Overtaken,
                    Ok(Err(failure)) => failure.into(),
                    Err(error) => error,
                }
            }
            Failure::Exists(_) | Failure::Away(_) | Failure::Busy(..) | Failure::Refused(_) => failure.into(),
        }
    }
}

/// An update under way; this process has no other one.
pub(super) struct Change<'a> {
    pub(super) draft: Draft<'a>,
    pub(super) _writing: MutexGuard<'a, ()>,
}

impl Update for Change<'_> {
    fn put(&mut self, source: &str, indexed: Indexed, entries: Vec<Entry>) -> Result<(), IndexError> {
        self.draft.manifest.insert(source.to_owned(), indexed);
        for Entry { chunk, way, terms } in entries {
            let indices = terms.indices.clone();
            let point = point(EntryId::of(&chunk, way), payload(&chunk)?, terms, None);
            self.draft.push(point, &chunk, &indices)?;
        }
        Ok(())
    }

    fn commit(self: Box<Self>, keep: &HashSet<String>) -> Result<(), IndexError> {
        let Self { mut draft, _writing } = *self;
        let before = Arc::clone(&draft.before);
        let gone = before.gone(keep);
        let lost = gone.iter().filter_map(|source| before.base.manifest.get(source));
        let lost: usize = lost.map(|indexed| indexed.passages).sum();
        let laid_over = before.over().map_or(0, |over| over.version.lexicon.entries());
        let changed = draft.lexicon.entries() + laid_over + lost;
        if before.base.profile.by_source && hidden::is_small(changed, before.base.lexicon.entries()) {
            let shared = Arc::clone(&draft.index.shared);
            let hiding = async move { before.hide(&shared.server, gone).await };
            let hidden = draft.index.bridge.wait(hiding)?.map_err(|failure| draft.lost(failure))?;
            draft.carry_laid_over(|source| keep.contains(source), &HashMap::new())?;
            return draft.publish_over(hidden);
        }
        draft.carry_all(|source| keep.contains(source), &HashMap::new())?;
        draft.publish()
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.published {
            let (shared, collection) = (Arc::clone(&self.index.shared), std::mem::take(&mut self.collection));
            self.index.bridge.begin(async move { shared.discard(&collection).await });
        }
    }
}
