//! The index as it is searched: one version, or a small one over a large one of which some passages are hidden. Every score is
//! that of the whole. Knows nothing of how versions are written.

use super::failure::Failure;
use super::points::{Stored, chunk, conditions, entry_id, point_id};
use super::server::{Patience, Server};
use super::state::Below;
use super::version::{Asked, Question, Version, Wanted};
use crate::knowledge::background::dot;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::hidden::{Hidden, Part};
use crate::knowledge::index::{EntryId, Hit, Manifest, Meaning, SparseVector, Unembedded};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::profile::Profile;
use qdrant_client::qdrant::{Condition, Filter, PointId, ScoredPoint};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// A small version over a large one.
#[derive(Debug)]
pub(super) struct Over {
    pub(super) version: Arc<Version>,
    pub(super) hidden: Hidden,
}

/// The index as it is searched; the default is that of an index that nobody has written yet.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) base: Arc<Version>,
    over: Option<Arc<Over>>,
    /// What of the base is not to be found, as the server wants it said.
    without: Option<Condition>,
    pub(super) manifest: Arc<Manifest>,
    pub(super) lexicon: Arc<Lexicon>,
    pub(super) profile: Profile,
}

impl View {
    /// Of one version.
    pub(super) fn of(base: Arc<Version>) -> Self {
        let (manifest, lexicon) = (Arc::clone(&base.manifest), Arc::clone(&base.lexicon));
        Self { manifest, lexicon, profile: base.profile.clone(), base, over: None, without: None }
    }

    /// Of a version over another one.
    pub(super) fn with(base: Arc<Version>, over: Arc<Over>) -> Self {
        let (manifest, lexicon, profile) = over.hidden.whole(base.part(), over.version.part());
        let hidden = over.hidden.entries.iter().map(|id| point_id(*id));
        let without = Some(Condition::has_id(hidden.collect::<Vec<_>>()));
        let (manifest, lexicon) = (Arc::new(manifest), Arc::new(lexicon));
        Self { base, over: Some(over), without, manifest, lexicon, profile }
    }

    /// What a collection holds, with what it lies over. `known` is what is known so far.
    pub(super) async fn load(server: &Server, collection: &str, known: &Self) -> Result<Self, Failure> {
        let (version, below) = Version::load(server, collection).await?;
        let Some(Below { collection: below, hidden }) = below else { return Ok(Self::of(Arc::new(version))) };
        let base = match &known.base.collection {
            Some(base) if *base == below => Arc::clone(&known.base),
            Some(_) | None => Arc::new(Version::load(server, &below).await?.0),
        };
        Ok(Self::with(base, Arc::new(Over { version: Arc::new(version), hidden })))
    }

    /// What lies over the base, if anything does.
    pub(super) fn over(&self) -> Option<&Arc<Over>> {
        self.over.as_ref()
    }

    /// Its versions, the latest first.
    pub(super) fn versions(&self) -> impl Iterator<Item = &Arc<Version>> {
        self.over.iter().map(|over| &over.version).chain([&self.base])
    }

    /// Its collections, the one that the alias leads to first; none of an index that nobody has written yet.
    pub(super) fn collections(&self) -> impl Iterator<Item = &String> {
        self.versions().filter_map(|version| version.collection.as_ref())
    }

    /// The documents of the base that are gone when only those in `keep` stay of the whole.
    pub(super) fn gone(&self, keep: &HashSet<String>) -> BTreeSet<String> {
        let nothing = Hidden::default();
        self.over().map_or(&nothing, |over| &over.hidden).gone(&self.base.manifest, keep)
    }

    /// What hides these documents of the base.
    pub(super) async fn hide(&self, server: &Server, gone: BTreeSet<String>) -> Result<Hidden, Failure> {
        let mut hidden = self.over().map(|over| over.hidden.clone()).unwrap_or_default();
        let fresh: Vec<&String> = gone.difference(&hidden.gone).collect();
        for Stored { id, terms, .. } in self.base.entries_of(server, &fresh).await? {
            hidden.entries.insert(id);
            hidden.lost.count(&terms.indices);
        }
        hidden.gone = gone;
        Ok(hidden)
    }

    /// What lies over the base, if none of these entries is found in the base itself.
    pub(super) async fn over_alone(
        &self,
        server: &Server,
        entries: Vec<EntryId>,
    ) -> Result<Option<Arc<Over>>, Failure> {
        let (Some(over), Some(base)) = (self.over(), &self.base.collection) else { return Ok(None) };
        let below = entries.into_iter().filter(|id| !over.hidden.entries.contains(id)).map(point_id);
        let below: Vec<PointId> = below.collect();
        let found = match below.is_empty() {
            true => Vec::new(),
            false => server.get(base, below, Patience::Bulk).await?,
        };
        Ok(found.is_empty().then(|| Arc::clone(over)))
    }

    fn without(&self, version: &Arc<Version>) -> Vec<Condition> {
        self.without.iter().filter(|_| Arc::ptr_eq(version, &self.base)).cloned().collect()
    }

    /// See [`Index::search`](crate::knowledge::index::Index::search).
    pub(super) async fn search(&self, server: &Server, question: &Question) -> Result<Vec<Hit>, Failure> {
        let meaning =
            question.meaning.as_ref().filter(|it| self.profile.embedding.as_ref() == Some(&it.embedding));
        let (mut by_terms, mut by_meaning) = (Vec::new(), Vec::new());
        for (place, version) in self.versions().enumerate() {
            let mut filter = Filter::must_not(self.without(version));
            filter.must = conditions(&version.profile, &question.filter);
            let terms = self.lexicon.weigh(&question.terms, &version.lexicon);
            let asked = Asked { depth: question.depth, filter, terms, meaning };
            let [terms, meanings] = version.nearest(server, asked).await?;
            by_terms.extend(terms.into_iter().map(|point| (place, point)));
            by_meaning.extend(meanings.into_iter().map(|point| (place, point)));
        }
        let depth = usize::try_from(question.depth).unwrap_or(usize::MAX);
        for side in [&mut by_terms, &mut by_meaning] {
            side.sort_by(|(_, left), (_, right): &(usize, ScoredPoint)| right.score.total_cmp(&left.score));
            side.truncate(depth);
        }
        let Some(meaning) = meaning else {
            let hit = |(_, point): (usize, ScoredPoint)| {
                Ok(Hit { chunk: chunk(point.payload)?, terms: point.score, likeness: None })
            };
            return by_terms.into_iter().map(hit).collect();
        };
        let mut scored = HashMap::new();
        let mut found: HashMap<EntryId, usize> = HashMap::new();
        for (place, point) in by_terms {
            let Some(id) = point.id.and_then(entry_id) else { continue };
            scored.insert(id, point.score);
            found.insert(id, place);
        }
        found.extend(by_meaning.into_iter().filter_map(|(place, point)| Some((entry_id(point.id?)?, place))));
        let mut hits = Vec::with_capacity(found.len());
        for (place, version) in self.versions().enumerate() {
            let own = found.iter().filter(|(_, at)| **at == place).map(|(id, _)| point_id(*id));
            let own: Vec<PointId> = own.collect();
            let Some(collection) = version.collection.as_ref().filter(|_| !own.is_empty()) else { continue };
            for point in server.get(collection, own, Patience::Search).await? {
                let Some(stored) = Stored::read(point)? else { continue };
                hits.push(self.hit(stored, &scored, &question.terms, meaning));
            }
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

    /// See [`Index::passages`](crate::knowledge::index::Index::passages). An entry by all that a passage says has its id.
    pub(super) async fn passages(&self, server: &Server, ids: &[Uuid]) -> Result<Vec<Chunk>, Failure> {
        let mut found = Vec::new();
        for version in self.versions() {
            let is_base = Arc::ptr_eq(version, &self.base);
            let hidden = self.over().filter(|_| is_base).map(|over| &over.hidden.entries);
            let wanted = ids.iter().map(|id| EntryId(*id));
            let wanted = wanted.filter(|id| hidden.is_none_or(|hidden| !hidden.contains(id))).map(point_id);
            let wanted: Vec<PointId> = wanted.collect();
            let Some(collection) = version.collection.as_ref().filter(|_| !wanted.is_empty()) else {
                continue;
            };
            for point in server.get(collection, wanted, Patience::Search).await? {
                found.extend(Stored::read(point)?.map(|stored| stored.chunk));
            }
        }
        Ok(found)
    }

    /// See [`Index::unembedded`](crate::knowledge::index::Index::unembedded).
    pub(super) async fn unembedded(
        &self,
        server: &Server,
        wanted: &Wanted,
    ) -> Result<Vec<Unembedded>, Failure> {
        let mut all = Vec::new();
        for version in self.versions() {
            all.extend(version.unembedded(server, wanted, self.without(version)).await?);
        }
        all.sort_by_key(|entry| entry.id);
        all.truncate(usize::try_from(wanted.limit).unwrap_or(usize::MAX));
        Ok(all)
    }
}

impl Version {
    fn part(&self) -> Part<'_> {
        Part { manifest: &self.manifest, lexicon: &self.lexicon, profile: &self.profile }
    }
}
