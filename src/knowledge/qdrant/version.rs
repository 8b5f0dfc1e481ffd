//! One version of the index: a collection that is written once and then only searched, with what is known of it.

use super::failure::Failure;
use super::points::{MEANING, Stored, TERMS, chunk, conditions, entry_id, point_id, sparse};
use super::server::{Patience, Server};
use super::state::{self, State};
use crate::knowledge::background::dot;
use crate::knowledge::index::{
    Embedding, EntryId, Filter, Hit, Manifest, Meaning, Search, SparseVector, Unembedded,
};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::profile::Profile;
use qdrant_client::qdrant::query::Variant;
use qdrant_client::qdrant::{
    self, Condition, DenseVector, PointId, Query, QueryPoints, ScrollPoints, VectorInput, vector_input,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// One version of the index; the default is that of an index that nobody has written yet.
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
    terms: SparseVector,
    meaning: Option<Meaning>,
    filter: Filter,
    depth: u64,
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

/// Entries without a vector of a model, by the page.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) embedding: Embedding,
    pub(super) after: Option<EntryId>,
    pub(super) limit: u32,
}

impl Version {
    /// What a collection holds.
    pub(super) async fn load(server: &Server, collection: &str) -> Result<Self, Failure> {
        let read = |ids| server.get(collection, ids, Patience::Bulk);
        let head = read(state::ids(state::HEAD + 1)).await?;
        let parts = match head.first() {
            Some(head) => state::parts(head)?,
            None => return Err(state::not_ours()),
        };
        let points = if parts > 1 { read(state::ids(parts)).await? } else { head };
        Ok(Self::of(collection.to_owned(), State::unpack(&points, parts)?, parts))
    }

    /// A collection with its state, which has so many points.
    pub(super) fn of(collection: String, state: State, parts: u64) -> Self {
        let State { manifest, lexicon, profile } = state;
        Self { collection: Some(collection), manifest, lexicon, profile, parts }
    }

    /// See [`Index::search`](crate::knowledge::index::Index::search).
    pub(super) async fn search(&self, server: &Server, question: &Question) -> Result<Vec<Hit>, Failure> {
        let Some(collection) = &self.collection else { return Ok(Vec::new()) };
        let filter = conditions(&self.profile, &question.filter);
        let nearest = |input: vector_input::Variant, using: &str, payload: bool| QueryPoints {
            collection_name: collection.clone(),
            query: Some(Query { variant: Some(Variant::Nearest(VectorInput { variant: Some(input) })) }),
            using: Some(using.to_owned()),
            filter: filter.clone(),
            limit: Some(question.depth),
            with_payload: Some(payload.into()),
            with_vectors: Some(false.into()),
            ..QueryPoints::default()
        };
        let meaning =
            question.meaning.as_ref().filter(|it| self.profile.embedding.as_ref() == Some(&it.embedding));
        let mut asked = Vec::new();
        if !question.terms.indices.is_empty() {
            let terms = vector_input::Variant::Sparse(sparse(question.terms.clone()));
            asked.push(nearest(terms, TERMS, meaning.is_none()));
        }
        if let Some(Meaning { vector, .. }) = meaning {
            let dense = vector_input::Variant::Dense(DenseVector { data: vector.clone() });
            asked.push(nearest(dense, MEANING, false));
        }
        if asked.is_empty() || question.depth == 0 {
            return Ok(Vec::new());
        }
        let has_terms = !question.terms.indices.is_empty();
        let mut sides = server.search(collection, asked).await?.into_iter();
        let by_terms = if has_terms { sides.next().unwrap_or_default() } else { Vec::new() };
        let Some(meaning) = meaning else {
            let hit = |point: qdrant::ScoredPoint| {
                Ok(Hit { chunk: chunk(point.payload)?, terms: point.score, likeness: None })
            };
            return by_terms.into_iter().map(hit).collect();
        };
        let by_meaning = sides.next().unwrap_or_default();
        let mut scored = HashMap::new();
        let mut found = HashSet::new();
        for point in by_terms {
            let Some(id) = point.id.and_then(entry_id) else { continue };
            scored.insert(id, point.score);
            found.insert(id);
        }
        found.extend(by_meaning.into_iter().filter_map(|point| entry_id(point.id?)));
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<PointId> = found.into_iter().map(point_id).collect();
        let points = server.get(collection, ids, Patience::Search).await?;
        let mut hits = Vec::with_capacity(points.len());
        for point in points {
            let Some(stored) = Stored::read(point)? else { continue };
            hits.push(self.hit(stored, &scored, &question.terms, meaning));
        }
        Ok(hits)
    }

    /// A hit with both scores; the server gave those of the side that found it at most.
    fn hit(
        &self,
        stored: Stored,
        scored: &HashMap<EntryId, f32>,
        query: &SparseVector,
        meaning: &Meaning,
    ) -> Hit {
        let terms = scored.get(&stored.id).copied().unwrap_or_else(|| {
            let own = stored.terms.indices.iter().zip(&stored.terms.values);
            let weighed = own.filter_map(|(term, weight)| {
                Some(query.weight(*term)? * weight * self.lexicon.inverse_frequency(*term))
            });
            weighed.sum()
        });
        let likeness = stored.meaning.map(|vector| dot(&vector, &meaning.vector));
        Hit { chunk: stored.chunk, terms, likeness }
    }

    /// See [`Index::unembedded`](crate::knowledge::index::Index::unembedded).
    pub(super) async fn unembedded(
        &self,
        server: &Server,
        wanted: &Wanted,
    ) -> Result<Vec<Unembedded>, Failure> {
        let Some(collection) = &self.collection else { return Ok(Vec::new()) };
        let mut passed_over = vec![Condition::has_id(state::ids(self.parts))];
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

    /// A page of all entries from `offset` on, and where the next page begins.
    pub(super) async fn page(
        &self,
        server: &Server,
        offset: Option<PointId>,
        limit: u32,
    ) -> Result<(Vec<Stored>, Option<PointId>), Failure> {
        let Some(collection) = &self.collection else { return Ok((Vec::new(), None)) };
        let request = ScrollPoints {
            collection_name: collection.clone(),
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
