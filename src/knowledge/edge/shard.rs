//! One generation of the index: read-only once it is live, gone when it has been replaced and the last search is done with
//! it. Knows nothing of the generations beside it.

use super::draft::entry_id;
use super::filter::of_sources;
use super::{fault, guarded};
use crate::knowledge::chunk::Chunk;
use crate::knowledge::index::{Embedding, EntryId, IndexError, Manifest, TermId};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::profile::Profile;
use qdrant_edge::{
    Condition, EdgeShard, Filter, HasVectorCondition, NamedQuery, Payload, PointId, QueryEnum, Record,
    ScoredPoint, ScrollRequest, SearchRequest, VectorInternal, VectorStructInternal, WithPayloadInterface,
    WithVector,
};
use serde_json::Value;
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

/// Points, or names of documents, that are read at a time.
const PAGE: usize = 256;

/// One generation of the index.
#[derive(Default)]
pub(super) struct Generation {
    pub(super) shard: Option<EdgeShard>,
    directory: PathBuf,
    pub(super) manifest: Arc<Manifest>,
    pub(super) lexicon: Arc<Lexicon>,
    pub(super) profile: Profile,
    /// Whether all its entries that are not hidden are known to have vectors of its model.
    embedded: AtomicBool,
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
            embedded: AtomicBool::new(false),
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

    /// The best points by one of their vectors.
    pub(super) fn nearest(
        &self,
        query: VectorInternal,
        using: &str,
        filter: Filter,
        limit: usize,
        payload: WithPayloadInterface,
    ) -> Result<Vec<ScoredPoint>, IndexError> {
        let Some(shard) = &self.shard else { return Ok(Vec::new()) };
        let nothing_asked =
            |conditions: &Option<Vec<Condition>>| conditions.as_ref().is_none_or(Vec::is_empty);
        let free = nothing_asked(&filter.must) && nothing_asked(&filter.must_not);
        let request = SearchRequest {
            query: QueryEnum::Nearest(NamedQuery { query, using: Some(using.into()) }),
            filter: (!free).then_some(filter),
            params: None,
            limit,
            offset: 0,
            with_payload: Some(payload),
            with_vector: None,
            score_threshold: None,
        };
        shard.search(request).map_err(fault)
    }

    /// These points with their vectors, those that are there.
    pub(super) fn retrieve(
        &self,
        points: &[PointId],
        payload: WithPayloadInterface,
    ) -> Result<Vec<Record>, IndexError> {
        let shard = self.shard.as_ref().filter(|_| !points.is_empty());
        let Some(shard) = shard else { return Ok(Vec::new()) };
        shard.retrieve(points, Some(payload), Some(WithVector::Bool(true))).map_err(fault)
    }

    /// Shows every entry of these documents with its terms.
    pub(super) fn entries_of(
        &self,
        sources: &[&String],
        mut each: impl FnMut(EntryId, &[TermId]),
    ) -> Result<(), IndexError> {
        let Some(shard) = &self.shard else { return Ok(()) };
        for sources in sources.chunks(PAGE) {
            let filter = of_sources(sources)?;
            let mut offset = None;
            loop {
                let request = ScrollRequest {
                    offset,
                    limit: Some(PAGE),
                    filter: Some(filter.clone()),
                    with_payload: Some(WithPayloadInterface::Bool(false)),
                    with_vector: WithVector::Selector(vec![TERMS.into()]),
                    ..ScrollRequest::default()
                };
                let (records, next) = shard.scroll(request).map_err(fault)?;
                for Record { id, vector, .. } in records {
                    let terms = match vector {
                        Some(VectorStructInternal::Named(mut named)) => named.remove(TERMS),
                        Some(VectorStructInternal::Single(_) | VectorStructInternal::MultiDense(_))
                        | None => None,
                    };
                    let terms = match terms {
                        Some(VectorInternal::Sparse(terms)) => terms.indices,
                        Some(VectorInternal::Dense(_) | VectorInternal::MultiDense(_)) | None => Vec::new(),
                    };
                    if let Some(id) = entry_id(id) {
                        each(id, &terms);
                    }
                }
                match next {
                    Some(_) => offset = next,
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// At most `limit` points behind `after`, in the order of their ids, that have no vector of this model and meet none of
    /// these conditions.
    pub(super) fn unembedded(
        &self,
        embedding: &Embedding,
        mut without: Vec<Condition>,
        after: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Record>, IndexError> {
        let same_model = self.profile.embedding.as_ref() == Some(embedding);
        let Some(shard) = &self.shard else { return Ok(Vec::new()) };
        if same_model && self.embedded.load(Ordering::Acquire) {
            return Ok(Vec::new());
        }
        if same_model {
            without.push(Condition::HasVector(HasVectorCondition { has_vector: MEANING.into() }));
        }
        let filter = Filter { should: None, min_should: None, must: None, must_not: Some(without) };
        let request = ScrollRequest {
            offset: after.map(|EntryId(id)| PointId::Uuid(Uuid::from_u128(id.as_u128().saturating_add(1)))),
            limit: Some(limit),
            filter: Some(filter),
            with_payload: Some(WithPayloadInterface::Bool(true)),
            with_vector: WithVector::Bool(false),
            ..ScrollRequest::default()
        };
        let (records, _) = shard.scroll(request).map_err(fault)?;
        if same_model && after.is_none() && records.is_empty() && limit > 0 {
            // What is hidden now stays so.
            self.embedded.store(true, Ordering::Release);
        }
        Ok(records)
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
