//! The index as it is searched: one generation, or a small one over a large one of which some passages are hidden. Every score
//! is that of the whole. Knows nothing of how generations are written.

use super::draft::{Draft, entry_id};
use super::fault;
use super::filter::conditions;
use super::shard::{Generation, MEANING, TERMS, chunk};
use crate::knowledge::background::dot;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::hidden::{Hidden, Part};
use crate::knowledge::index::{
    Embedding, EntryId, Hit, IndexError, Manifest, Meaning, Search, SparseVector, Unembedded,
};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::profile::Profile;
use qdrant_edge::{
    Condition, Filter, HasIdCondition, PointId, Record, ScoredPoint, VectorInternal, VectorStructInternal,
    WithPayloadInterface,
};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// What a generation hides of the one below it, in its folder.
pub(super) const HIDDEN: &str = "hidden.json";

/// A small generation over a large one.
pub(super) struct Over {
    pub(super) generation: Arc<Generation>,
    pub(super) hidden: Hidden,
}

/// The index as it is searched.
#[derive(Default)]
pub(super) struct View {
    pub(super) base: Arc<Generation>,
    over: Option<Arc<Over>>,
    /// What of the base is not to be found, as the engine wants it said.
    without: Option<HasIdCondition>,
    pub(super) manifest: Arc<Manifest>,
    pub(super) lexicon: Arc<Lexicon>,
    pub(super) profile: Profile,
}

impl View {
    /// Of one generation.
    pub(super) fn of(base: Arc<Generation>) -> Self {
        let (manifest, lexicon) = (Arc::clone(&base.manifest), Arc::clone(&base.lexicon));
        Self { manifest, lexicon, profile: base.profile.clone(), base, over: None, without: None }
    }

    /// Of a generation over another one.
    pub(super) fn with(base: Arc<Generation>, over: Arc<Over>) -> Self {
        let (manifest, lexicon, profile) = over.hidden.whole(base.part(), over.generation.part());
        let without = over.hidden.entries.iter().map(|EntryId(id)| PointId::Uuid(*id)).collect();
        let (manifest, lexicon) = (Arc::new(manifest), Arc::new(lexicon));
        Self { base, over: Some(over), without: Some(without), manifest, lexicon, profile }
    }

    /// Opens what lies in these folders, the latest first.
    pub(super) fn load(directories: &[impl AsRef<Path>]) -> Result<Self, IndexError> {
        match directories {
            [] => Ok(Self::default()),
            [base] => Ok(Self::of(Arc::new(Generation::load(base.as_ref())?))),
            [over, base] => {
                let hidden = fs::read(over.as_ref().join(HIDDEN)).map_err(fault)?;
                let hidden = serde_json::from_slice(&hidden).map_err(fault)?;
                let over = Over { generation: Arc::new(Generation::load(over.as_ref())?), hidden };
                Ok(Self::with(Arc::new(Generation::load(base.as_ref())?), Arc::new(over)))
            }
            [_, _, _, ..] => Err(IndexError::Fault("there are too many current generations".into())),
        }
    }

    /// What lies over the base, if anything does.
    pub(super) fn over(&self) -> Option<&Arc<Over>> {
        self.over.as_ref()
    }

    /// Its generations, the latest first.
    pub(super) fn generations(&self) -> impl Iterator<Item = &Arc<Generation>> {
        self.over.iter().map(|over| &over.generation).chain([&self.base])
    }

    /// The documents of the base that are gone when only those in `keep` stay of the whole.
    pub(super) fn gone(&self, keep: &HashSet<String>) -> BTreeSet<String> {
        let nothing = Hidden::default();
        self.over().map_or(&nothing, |over| &over.hidden).gone(&self.base.manifest, keep)
    }

    /// What hides these documents of the base.
    pub(super) fn hide(&self, gone: BTreeSet<String>) -> Result<Hidden, IndexError> {
        let mut hidden = self.over().map(|over| over.hidden.clone()).unwrap_or_default();
        let fresh: Vec<&String> = gone.difference(&hidden.gone).collect();
        self.base.entries_of(&fresh, |id, terms| {
            hidden.entries.insert(id);
            hidden.lost.count(terms);
        })?;
        hidden.gone = gone;
        Ok(hidden)
    }

    /// Copies what is found of the documents to be kept into a draft; see [`Draft::carry_over`].
    pub(super) fn carry_into(
        &self,
        draft: &mut Draft<'_>,
        keep: impl Fn(&str) -> bool,
        vectors: &HashMap<EntryId, Vec<f32>>,
    ) -> Result<(), IndexError> {
        let Some(over) = self.over() else { return draft.carry_over(&self.base, keep, vectors) };
        draft.carry_over(&over.generation, &keep, vectors)?;
        draft.carry_over(&self.base, |source| keep(source) && !over.hidden.gone.contains(source), vectors)
    }

    /// What lies over the base, if none of these entries is found in the base itself.
    pub(super) fn over_alone<'a>(
        &self,
        entries: impl Iterator<Item = &'a EntryId>,
    ) -> Result<Option<&Arc<Over>>, IndexError> {
        let Some(over) = self.over() else { return Ok(None) };
        let below = |id: &&EntryId| !over.hidden.entries.contains(id);
        let points: Vec<PointId> = entries.filter(below).map(|EntryId(id)| PointId::Uuid(*id)).collect();
        let found = self.base.retrieve(&points, WithPayloadInterface::Bool(false))?;
        Ok(found.is_empty().then_some(over))
    }

    /// The conditions of a search in one of the generations.
    fn filter(
        &self,
        generation: &Generation,
        filter: &crate::knowledge::index::Filter,
    ) -> Result<Filter, IndexError> {
        let must = conditions(&generation.profile, filter)?;
        let must_not = self.without(generation);
        Ok(Filter { should: None, min_should: None, must: Some(must), must_not: Some(must_not) })
    }

    fn without(&self, generation: &Generation) -> Vec<Condition> {
        let is_base = std::ptr::eq(generation, Arc::as_ptr(&self.base));
        self.without.clone().filter(|_| is_base).map(Condition::HasId).into_iter().collect()
    }

    /// The best of all generations for a side of a search, each with the place of its generation.
    fn best(
        &self,
        search: Search<'_>,
        side: &'static str,
        query: impl Fn(&Generation) -> VectorInternal,
        payload: WithPayloadInterface,
    ) -> Result<Vec<(usize, ScoredPoint)>, IndexError> {
        let mut all = Vec::new();
        for (place, generation) in self.generations().enumerate() {
            let filter = self.filter(generation, search.filter)?;
            let found = generation.nearest(query(generation), side, filter, search.depth, payload.clone())?;
            all.extend(found.into_iter().map(|point| (place, point)));
        }
        all.sort_by(|(_, left), (_, right)| right.score.total_cmp(&left.score));
        all.truncate(search.depth);
        Ok(all)
    }

    /// See [`Index::search`](crate::knowledge::index::Index::search).
    pub(super) fn search(&self, search: Search<'_>) -> Result<Vec<Hit>, IndexError> {
        if search.depth == 0 {
            return Ok(Vec::new());
        }
        let meaning =
            search.meaning.filter(|meaning| self.profile.embedding.as_ref() == Some(&meaning.embedding));
        let mut by_terms = Vec::new();
        if !search.terms.indices.is_empty() {
            let query = |generation: &Generation| {
                let SparseVector { indices, values } = self.lexicon.weigh(search.terms, &generation.lexicon);
                VectorInternal::Sparse(qdrant_edge::SparseVector { indices, values })
            };
            by_terms = self.best(search, TERMS, query, WithPayloadInterface::Bool(meaning.is_none()))?;
        }
        let Some(meaning) = meaning else {
            let hit = |(_, point): (usize, ScoredPoint)| {
                Ok(Hit { chunk: chunk(point.payload)?, terms: point.score, likeness: None })
            };
            return by_terms.into_iter().map(hit).collect();
        };
        let query = |_: &Generation| VectorInternal::Dense(meaning.vector.clone());
        let by_meaning = self.best(search, MEANING, query, WithPayloadInterface::Bool(false))?;
        let scored: HashMap<PointId, f32> =
            by_terms.iter().map(|(_, point)| (point.id, point.score)).collect();
        let mut seen = HashSet::new();
        let points = by_terms.iter().chain(&by_meaning).map(|(place, point)| (*place, point.id));
        let points: Vec<(usize, PointId)> = points.filter(|(_, id)| seen.insert(*id)).collect();
        let mut hits = Vec::with_capacity(points.len());
        for (place, generation) in self.generations().enumerate() {
            let own: Vec<PointId> = points.iter().filter(|(at, _)| *at == place).map(|(_, id)| *id).collect();
            for record in generation.retrieve(&own, WithPayloadInterface::Bool(true))? {
                hits.push(self.hit(record, &scored, search.terms, meaning)?);
            }
        }
        Ok(hits)
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

    /// See [`Index::passages`](crate::knowledge::index::Index::passages). An entry by all that a passage says has its id.
    pub(super) fn passages(&self, ids: &[Uuid]) -> Result<Vec<Chunk>, IndexError> {
        let mut found = Vec::new();
        for generation in self.generations() {
            let is_base = Arc::ptr_eq(generation, &self.base);
            let hidden = self.over().filter(|_| is_base).map(|over| &over.hidden.entries);
            let is_hidden = |id: &Uuid| hidden.is_some_and(|hidden| hidden.contains(&EntryId(*id)));
            let points: Vec<PointId> =
                ids.iter().filter(|id| !is_hidden(id)).map(|id| PointId::Uuid(*id)).collect();
            for record in generation.retrieve(&points, WithPayloadInterface::Bool(true))? {
                found.push(chunk(record.payload)?);
            }
        }
        Ok(found)
    }

    /// See [`Index::unembedded`](crate::knowledge::index::Index::unembedded).
    pub(super) fn unembedded(
        &self,
        embedding: &Embedding,
        after: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Unembedded>, IndexError> {
        let mut all = Vec::new();
        for generation in self.generations() {
            let records = generation.unembedded(embedding, self.without(generation), after, limit)?;
            for Record { id, payload, .. } in records {
                let Some(id) = entry_id(id) else { continue };
                let chunk = chunk(payload)?;
                all.push(Unembedded { way: id.way(&chunk), id, chunk });
            }
        }
        all.sort_by_key(|entry| entry.id);
        all.truncate(limit);
        Ok(all)
    }
}

impl Generation {
    fn part(&self) -> Part<'_> {
        Part { manifest: &self.manifest, lexicon: &self.lexicon, profile: &self.profile }
    }
}
