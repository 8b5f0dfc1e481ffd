//! One version of the index: a collection that is written once and then only searched, with what is known of it. Knows
//! nothing of the version that it may lie over.

use super::failure::Failure;
use super::points::{MEANING, Stored, TERMS, chunk, entry_id, of_sources, point_id, sparse};
use super::server::{Patience, Server};
use super::state::{self, Below, State};
use crate::knowledge::index::{
    Embedding, EntryId, Filter, Manifest, Meaning, Search, SparseVector, Unembedded,
};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::profile::Profile;
use qdrant_client::qdrant::query::Variant;
use qdrant_client::qdrant::{
    self, Condition, DenseVector, PointId, Query, QueryPoints, ScoredPoint, ScrollPoints, VectorInput,
    vector_input,
};
use std::sync::Arc;
use uuid::Uuid;

/// Entries, or names of documents, that are read at a time.
const PAGE: u32 = 256;

/// One version of the index, or the large or the small part of one; the default is that of an index that nobody has written
/// yet.
#[derive(Debug, Default)]
pub(super) struct Version {
    /// Its collection; none if there is nothing.
    pub(super) collection: Option<String>,
    pub(super) manifest: Arc<Manifest>,
    pub(super) lexicon: Arc<Lexicon>,
    pub(super) profile: Profile,
    /// Points that are no entries.
    parts: u64,
}

/// A search that goes to another thread.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) terms: SparseVector,
    pub(super) meaning: Option<Meaning>,
    pub(super) filter: Filter,
    pub(super) depth: u64,
}

impl From<Search<'_>> for Question {
    fn from(search: Search<'_>) -> Self {
        Self {
            terms: search.terms.clone(),
            meaning: search.meaning.cloned(),
            filter: search.filter.clone(),
            depth: search.depth as u64,
        }
    }
}

/// A search as one version is asked.
pub(super) struct Asked<'a> {
    pub(super) depth: u64,
    pub(super) filter: qdrant::Filter,
    pub(super) terms: SparseVector,
    pub(super) meaning: Option<&'a Meaning>,
}

/// Entries without a vector of a model, by the page.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) embedding: Embedding,
    pub(super) after: Option<EntryId>,
    pub(super) limit: u32,
}

impl Version {
    /// What a collection holds, and what it lies over, if so.
    pub(super) async fn load(server: &Server, collection: &str) -> Result<(Self, Option<Below>), Failure> {
        let read = |ids| server.get(collection, ids, Patience::Bulk);
        let head = read(state::ids(state::HEAD + 1)).await?;
        let parts = match head.first() {
            Some(head) => state::parts(head)?,
            None => return Err(state::not_ours()),
        };
        let points = if parts > 1 { read(state::ids(parts)).await? } else { head };
        let mut state = State::unpack(&points, parts)?;
        let below = state.below.take();
        Ok((Self::of(collection.to_owned(), state, parts), below))
    }

    /// A collection with its state, which has so many points.
    pub(super) fn of(collection: String, state: State, parts: u64) -> Self {
        let State { manifest, lexicon, profile, below: _ } = state;
        Self { collection: Some(collection), manifest, lexicon, profile, parts }
    }

    /// The best points by terms and the best by meaning; those by terms with their passages if no meaning is asked for.
    pub(super) async fn nearest(
        &self,
        server: &Server,
        asked: Asked<'_>,
    ) -> Result<[Vec<ScoredPoint>; 2], Failure> {
        let Asked { depth, filter, terms, meaning } = asked;
        let filter = Some(filter).filter(|it| !it.must.is_empty() || !it.must_not.is_empty());
        let nothing = [Vec::new(), Vec::new()];
        let Some(collection) = &self.collection else { return Ok(nothing) };
        let nearest = |input: vector_input::Variant, using: &str, payload: bool| QueryPoints {
            collection_name: collection.clone(),
            query: Some(Query { variant: Some(Variant::Nearest(VectorInput { variant: Some(input) })) }),
            using: Some(using.to_owned()),
            filter: filter.clone(),
            limit: Some(depth),
            with_payload: Some(payload.into()),
            with_vectors: Some(false.into()),
            ..QueryPoints::default()
        };
        let has_terms = !terms.indices.is_empty();
        let mut questions = Vec::new();
        if has_terms {
            let terms = vector_input::Variant::Sparse(sparse(terms));
            questions.push(nearest(terms, TERMS, meaning.is_none()));
        }
        if let Some(Meaning { vector, .. }) = meaning {
            let dense = vector_input::Variant::Dense(DenseVector { data: vector.clone() });
            questions.push(nearest(dense, MEANING, false));
        }
        if questions.is_empty() || depth == 0 {
            return Ok(nothing);
        }
        let mut sides = server.search(collection, questions).await?.into_iter();
        let by_terms = if has_terms { sides.next().unwrap_or_default() } else { Vec::new() };
        Ok([by_terms, sides.next().unwrap_or_default()])
    }

    /// Every entry of these documents.
    pub(super) async fn entries_of(
        &self,
        server: &Server,
        sources: &[&String],
    ) -> Result<Vec<Stored>, Failure> {
        let mut all = Vec::new();
        for sources in sources.chunks(PAGE as usize) {
            let mut offset = None;
            loop {
                let filter = of_sources(sources);
                let (entries, next) = self.page(server, filter, offset, PAGE).await?;
                all.extend(entries);
                match next {
                    Some(_) => offset = next,
                    None => break,
                }
            }
        }
        Ok(all)
    }

    /// See [`Index::unembedded`](crate::knowledge::index::Index::unembedded); none that meet one of these conditions.
    pub(super) async fn unembedded(
        &self,
        server: &Server,
        wanted: &Wanted,
        without: Vec<Condition>,
    ) -> Result<Vec<Unembedded>, Failure> {
        let Some(collection) = &self.collection else { return Ok(Vec::new()) };
        let mut passed_over = without;
        passed_over.push(Condition::has_id(state::ids(self.parts)));
        if self.profile.embedding.as_ref() == Some(&wanted.embedding) {
            passed_over.push(Condition::has_vector(MEANING));
        }
        let next = |EntryId(id): EntryId| EntryId(Uuid::from_u128(id.as_u128().saturating_add(1)));
        let request = ScrollPoints {
            collection_name: collection.clone(),
            filter: Some(qdrant::Filter::must_not(passed_over)),
            offset: wanted.after.map(|after| point_id(next(after))),
            limit: Some(wanted.limit),
            with_payload: Some(true.into()),
            with_vectors: Some(false.into()),
            ..ScrollPoints::default()
        };
        let (points, _) = server.page(request).await?;
        let mut entries = Vec::with_capacity(points.len());
        for point in points {
            let Some(id) = point.id.and_then(entry_id) else { continue };
            let chunk = chunk(point.payload)?;
            entries.push(Unembedded { way: id.way(&chunk), id, chunk });
        }
        Ok(entries)
    }

    /// A page of the entries that meet the conditions from `offset` on, and where the next page begins.
    pub(super) async fn page(
        &self,
        server: &Server,
        filter: qdrant::Filter,
        offset: Option<PointId>,
        limit: u32,
    ) -> Result<(Vec<Stored>, Option<PointId>), Failure> {
        let Some(collection) = &self.collection else { return Ok((Vec::new(), None)) };
        let request = ScrollPoints {
            collection_name: collection.clone(),
            filter: Some(filter).filter(|filter| !filter.must.is_empty()),
            offset,
            limit: Some(limit),
            with_payload: Some(true.into()),
            with_vectors: Some(true.into()),
            ..ScrollPoints::default()
        };
        let (points, next) = server.page(request).await?;
        let entries: Result<Vec<_>, Failure> = points.into_iter().map(Stored::read).collect();
        Ok((entries?.into_iter().flatten().collect(), next))
    }
}
