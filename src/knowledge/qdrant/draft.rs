//! A version of the index that is being written: what is put, and what is kept of the version before. Until it is
//! published nobody finds it, and when it is dropped it is removed again.

use super::QdrantIndex;
use super::failure::Failure;
use super::points::{FIELDS, MEANING, TERMS, payload, point};
use super::state::State;
use super::version::Version;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::index::{Embedding, Entry, EntryId, IndexError, Indexed, Manifest, TermId, Update};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::profile::Profile;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{
    CreateCollection, Distance, Modifier, PointStruct, SparseVectorConfig, SparseVectorParams, VectorParams,
    VectorParamsMap, VectorsConfig,
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
    base: Arc<Version>,
    collection: String,
    manifest: Manifest,
    lexicon: Lexicon,
    profile: Profile,
    batch: Vec<PointStruct>,
    published: bool,
    _writing: MutexGuard<'a, ()>,
}

impl<'a> Draft<'a> {
    /// An empty one that is to follow `base`, for vectors of this model.
    pub(super) fn begin(
        index: &'a QdrantIndex,
        writing: MutexGuard<'a, ()>,
        base: Arc<Version>,
        embedding: Option<Embedding>,
    ) -> Result<Self, IndexError> {
        let draft = Self {
            collection: index.shared.next_name(),
            index,
            base,
            manifest: Manifest::new(),
            lexicon: Lexicon::default(),
            profile: Profile::of_model(embedding),
            batch: Vec::with_capacity(BATCH),
            published: false,
            _writing: writing,
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

    /// Takes over the documents of the version before that are to be kept, with their terms, their vectors if they are of
    /// the draft's model, and these vectors.
    pub(super) fn carry_over(
        &mut self,
        keep: impl Fn(&str) -> bool,
        vectors: &HashMap<EntryId, Vec<f32>>,
    ) -> Result<(), IndexError> {
        let base = Arc::clone(&self.base);
        let kept = base.manifest.iter().filter(|(source, _)| keep(source));
        let kept: Vec<_> = kept.map(|(source, indexed)| (source.clone(), indexed.clone())).collect();
        if kept.is_empty() {
            return Ok(());
        }
        self.manifest.extend(kept);
        let same_model = base.profile.embedding == self.profile.embedding;
        let mut offset = None;
        loop {
            let (server, base, from) = (self.index.shared.server.clone(), Arc::clone(&base), offset.take());
            let page = async move { base.page(&server, from, BATCH as u32).await };
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

    /// Brings the draft to the server and makes it the version that is searched.
    pub(super) fn publish(mut self) -> Result<(), IndexError> {
        let batch = std::mem::take(&mut self.batch);
        self.write(batch)?;
        let state = State {
            manifest: Arc::new(std::mem::take(&mut self.manifest)),
            lexicon: Arc::new(std::mem::take(&mut self.lexicon)),
            profile: std::mem::take(&mut self.profile),
        };
        let mut points = state.pack()?;
        let parts = points.len() as u64;
        while !points.is_empty() {
            let others = points.split_off(PARTS.min(points.len()));
            self.write(std::mem::replace(&mut points, others))?;
        }
        let version = Arc::new(Version::of(self.collection.clone(), state, parts));
        let (shared, base) = (Arc::clone(&self.index.shared), Arc::clone(&self.base));
        let published = async move { shared.publish(&base, version).await };
        self.index.bridge.wait(published)?.map_err(|failure| self.lost(failure))?;
        self.published = true;
        Ok(())
    }

    /// What a failure means to the draft. A version that is gone has been replaced, by another process: this one writes
    /// one at a time.
    fn lost(&self, failure: Failure) -> IndexError {
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

impl Update for Draft<'_> {
    fn put(&mut self, source: &str, indexed: Indexed, entries: Vec<Entry>) -> Result<(), IndexError> {
        self.manifest.insert(source.to_owned(), indexed);
        for Entry { chunk, way, terms } in entries {
            let indices = terms.indices.clone();
            let point = point(EntryId::of(&chunk, way), payload(&chunk)?, terms, None);
            self.push(point, &chunk, &indices)?;
        }
        Ok(())
    }

    fn commit(mut self: Box<Self>, keep: &HashSet<String>) -> Result<(), IndexError> {
        self.carry_over(|source| keep.contains(source), &HashMap::new())?;
        self.publish()
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
