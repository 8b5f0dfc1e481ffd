//! One state of the index: read-only once it is live, gone when it has been replaced and the last search is done with it.

use super::draft::entry_id;
use super::filter::conditions;
use super::{fault, guarded};
use crate::knowledge::background::dot;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::index::{
    Embedding, EntryId, Hit, IndexError, Manifest, Meaning, Search, SparseVector, Unembedded,
};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::profile::Profile;
use qdrant_edge::{
    EdgeShard, HasVectorCondition, NamedQuery, Payload, PointId, QueryEnum, Record, ScoredPoint,
    ScrollRequest, SearchRequest, VectorInternal, VectorStructInternal, WithPayloadInterface, WithVector,
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

/// The sparse vector of a point.
pub(super) const TERMS: &str = "text";
/// The dense vector of a point.
pub(super) const MEANING: &str = "dense";

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const LEXICON: &str = "lexicon.json";
pub(super) const PROFILE: &str = "profile.json";
pub(super) const SHARD: &str = "shard";

/// One state of the index.
#[derive(Default)]
pub(super) struct Generation {
    pub(super) shard: Option<EdgeShard>,
    directory: PathBuf,
    pub(super) manifest: Arc<Manifest>,
    pub(super) lexicon: Arc<Lexicon>,
    pub(super) profile: Profile,
    /// Set when it has been replaced, or was never finished: its files go with it.
    discarded: AtomicBool,
}

impl Generation {
    /// The place of one that is yet to be written.
    pub(super) fn unfinished(directory: PathBuf) -> Self {
        let mut unfinished = Self::default();
        unfinished.directory = directory;
        unfinished.discarded = AtomicBool::new(true);
        unfinished
    }

    /// Opens what was written to a folder.
    pub(super) fn load(directory: &Path) -> Result<Self, IndexError> {
        let read = |name: &str| fs::read(directory.join(name)).map_err(fault);
        let shard = guarded(|| EdgeShard::load(&directory.join(SHARD), None).map_err(fault))?;
        let manifest: Manifest = serde_json::from_slice(&read(MANIFEST)?).map_err(fault)?;
        let profile = match fs::read(directory.join(PROFILE)) {
            Ok(profile) => serde_json::from_slice(&profile).map_err(fault)?,
            // Earlier versions wrote none, and had nothing to say in it.
            Err(error) if error.kind() == ErrorKind::NotFound => Profile::of_languages(&manifest),
            Err(error) => return Err(fault(error)),
        };
        Ok(Self {
            shard: Some(shard),
            directory: directory.to_owned(),
            manifest: Arc::new(manifest),
            lexicon: Arc::new(serde_json::from_slice(&read(LEXICON)?).map_err(fault)?),
            profile,
            discarded: AtomicBool::new(false),
        })
    }

    /// Where it lies.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its files stay.
    pub(super) fn keep(&self) {
        self.discarded.store(false, Ordering::Release);
    }

    /// Its files go when the last search is done with it.
    pub(super) fn discard(&self) {
        self.discarded.store(self.shard.is_some(), Ordering::Release);
    }

    /// See [`Index::search`](crate::knowledge::index::Index::search).
    pub(super) fn search(&self, search: Search<'_>) -> Result<Vec<Hit>, IndexError> {
        let Some(shard) = &self.shard else { return Ok(Vec::new()) };
        let filter = conditions(&self.profile, search.filter)?;
        let nearest =
            |query: VectorInternal, using: &str, payload: bool| -> Result<Vec<ScoredPoint>, IndexError> {
                let request = SearchRequest {
                    query: QueryEnum::Nearest(NamedQuery { query, using: Some(using.into()) }),
                    filter: filter.clone(),
                    params: None,
                    limit: search.depth,
                    offset: 0,
                    with_payload: Some(WithPayloadInterface::Bool(payload)),
                    with_vector: None,
                    score_threshold: None,
                };
                shard.search(request).map_err(fault)
            };
        let meaning =
            search.meaning.filter(|meaning| self.profile.embedding.as_ref() == Some(&meaning.embedding));
        if search.depth == 0 {
            return Ok(Vec::new());
        }
        let mut by_terms = Vec::new();
        if !search.terms.indices.is_empty() {
            let SparseVector { indices, values } = search.terms.clone();
            let query = VectorInternal::Sparse(qdrant_edge::SparseVector { indices, values });
            by_terms = nearest(query, TERMS, meaning.is_none())?;
        }
        let Some(meaning) = meaning else {
            let hit = |point: ScoredPoint| {
                Ok(Hit { chunk: chunk(point.payload)?, terms: point.score, likeness: None })
            };
            return by_terms.into_iter().map(hit).collect();
        };
        let by_meaning = nearest(VectorInternal::Dense(meaning.vector.clone()), MEANING, false)?;
        let scored: HashMap<PointId, f32> = by_terms.iter().map(|point| (point.id, point.score)).collect();
        let mut seen = HashSet::new();
        let points = by_terms.iter().chain(&by_meaning).map(|point| point.id);
        let points: Vec<PointId> = points.filter(|id| seen.insert(*id)).collect();
        let records =
            shard.retrieve(&points, Some(WithPayloadInterface::Bool(true)), Some(WithVector::Bool(true)));
        let records = records.map_err(fault)?.into_iter();
        records.map(|record| self.hit(record, &scored, search.terms, meaning)).collect()
    }

    /// A hit with both scores; the engine gave those of the side that found it at most.
    fn hit(
        &self,
        record: Record,
        scored: &HashMap<PointId, f32>,
        query: &SparseVector,
        meaning: &Meaning,
    ) -> Result<Hit, IndexError> {
        let mut vectors = match record.vector {
            Some(VectorStructInternal::Named(vectors)) => vectors,
            Some(VectorStructInternal::Single(_) | VectorStructInternal::MultiDense(_)) | None => {
                HashMap::new()
            }
        };
        let likeness = match vectors.remove(MEANING) {
            Some(VectorInternal::Dense(vector)) => Some(dot(&vector, &meaning.vector)),
            Some(VectorInternal::Sparse(_) | VectorInternal::MultiDense(_)) | None => None,
        };
        let terms = match (scored.get(&record.id), vectors.remove(TERMS)) {
            (Some(score), _) => *score,
            (None, Some(VectorInternal::Sparse(own))) => {
                let weighed = own.indices.iter().zip(&own.values).filter_map(|(term, weight)| {
                    Some(query.weight(*term)? * weight * self.lexicon.inverse_frequency(*term))
                });
                weighed.sum()
            }
            (None, Some(VectorInternal::Dense(_) | VectorInternal::MultiDense(_)) | None) => 0.0,
        };
        Ok(Hit { chunk: chunk(record.payload)?, terms, likeness })
    }

    /// See [`Index::unembedded`](crate::knowledge::index::Index::unembedded).
    pub(super) fn unembedded(
        &self,
        embedding: &Embedding,
        after: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Unembedded>, IndexError> {
        let Some(shard) = &self.shard else { return Ok(Vec::new()) };
        let has_vector = qdrant_edge::Condition::HasVector(HasVectorCondition { has_vector: MEANING.into() });
        let without = qdrant_edge::Filter {
            should: None,
            min_should: None,
            must: None,
            must_not: Some(vec![has_vector]),
        };
        let same_model = self.profile.embedding.as_ref() == Some(embedding);
        let request = ScrollRequest {
            offset: after.map(|EntryId(id)| PointId::Uuid(Uuid::from_u128(id.as_u128().saturating_add(1)))),
            limit: Some(limit),
            filter: same_model.then_some(without),
            with_payload: Some(WithPayloadInterface::Bool(true)),
            with_vector: WithVector::Bool(false),
            ..ScrollRequest::default()
        };
        let (records, _) = shard.scroll(request).map_err(fault)?;
        let entries = records.into_iter().filter_map(|record| Some((entry_id(record.id)?, record.payload)));
        let read = |(id, payload): (EntryId, _)| {
            let chunk = chunk(payload)?;
            Ok(Unembedded { way: id.way(&chunk), id, chunk })
        };
        entries.map(read).collect()
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

/// The passage of a point.
pub(super) fn chunk(payload: Option<Payload>) -> Result<Chunk, IndexError> {
    serde_json::from_value(Value::Object(payload.unwrap_or_default().0)).map_err(fault)
}
