//! The contract of an index: where passages are kept and found, by weighted terms and by vectors. Implementations pass
//! `tests/knowledge/contract.rs`. Says nothing of how terms and vectors are made or what a score is worth.

use crate::domain::language::Language;
use crate::knowledge::chunk::{Chunk, Way};
use crate::knowledge::lexicon::Lexicon;
use crate::llm::embed::Embedder;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

/// A term: the hash of a stemmed word.
pub type TermId = u32;

/// Terms with their weights, by ascending id.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SparseVector {
    /// The terms.
    pub indices: Vec<TermId>,
    /// The weight of each.
    pub values: Vec<f32>,
}

impl SparseVector {
    /// Whether the term is in it.
    pub fn contains(&self, term: TermId) -> bool {
        self.weight(term).is_some()
    }

    /// The weight of a term that is in it.
    pub fn weight(&self, term: TermId) -> Option<f32> {
        let at = self.indices.binary_search(&term).ok()?;
        self.values.get(at).copied()
    }
}

impl FromIterator<(TermId, f32)> for SparseVector {
    /// Of the weights given for a term, the greatest counts.
    fn from_iter<T: IntoIterator<Item = (TermId, f32)>>(weighted: T) -> Self {
        let mut weighted: Vec<_> = weighted.into_iter().collect();
        weighted.sort_unstable_by(|left, right| left.0.cmp(&right.0).then(right.1.total_cmp(&left.1)));
        weighted.dedup_by_key(|(term, _)| *term);
        let (indices, values) = weighted.into_iter().unzip();
        Self { indices, values }
    }
}

/// Names an entry: a passage and one of its ways.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct EntryId(pub Uuid);

impl EntryId {
    /// The entry of a passage's way.
    pub fn of(chunk: &Chunk, way: Way) -> Self {
        Self(Uuid::from_u128(chunk.id.as_u128() ^ u128::from(way == Way::Question)))
    }

    /// Which of the passage's ways it is.
    pub fn way(self, chunk: &Chunk) -> Way {
        if self == Self::of(chunk, Way::Whole) { Way::Whole } else { Way::Question }
    }
}

/// One way to find a passage. Vectors come later: see [`Index::add_vectors`].
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// The passage.
    pub chunk: Chunk,
    /// Which of the passage's ways this is.
    pub way: Way,
    /// The terms it is found by.
    pub terms: SparseVector,
}

/// What vectors were made with. Vectors of two models are never in one generation of an index.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Embedding {
    /// [`Embedder::id`].
    pub model: String,
    /// How many numbers a vector has.
    pub dimension: usize,
}

impl Embedding {
    /// That of an embedder.
    pub fn of(embedder: &dyn Embedder) -> Self {
        Self { model: embedder.id().to_owned(), dimension: embedder.dimension() }
    }
}

/// A query as a vector.
#[derive(Clone, PartialEq, Debug)]
pub struct Meaning {
    /// What made it.
    pub embedding: Embedding,
    /// As the index compares it with the unit vectors of entries.
    pub vector: Vec<f32>,
}

/// Which passages may be found at all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Only passages in these languages; empty for all.
    pub languages: Vec<Language>,
    /// Only passages for everybody and for these; nothing said here is no condition.
    pub audiences: Option<Vec<String>>,
    /// Only passages that are valid on this day; none is no condition.
    pub day: Option<Date>,
}

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// By these terms …
    pub terms: &'a SparseVector,
    /// … and by this meaning, if the index has vectors of the same model.
    pub meaning: Option<&'a Meaning>,
    /// Among these passages.
    pub filter: &'a Filter,
    /// How many entries of each side are looked at, the best first.
    pub depth: usize,
}

/// An entry that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// The passage; it comes up once for each of its ways that match.
    pub chunk: Chunk,
    /// Sum over the query's terms of weight × document weight × inverse document frequency; 0 if it has none of them.
    pub terms: f32,
    /// The dot product with the query's vector; none if the search has no vector, or the entry none of the same model.
    pub likeness: Option<f32>,
}

/// An entry that has no vector yet.
#[derive(Clone, PartialEq, Debug)]
pub struct Unembedded {
    /// The entry.
    pub id: EntryId,
    /// Its passage.
    pub chunk: Chunk,
    /// Which of the passage's ways it is.
    pub way: Way,
}

/// What is indexed of one document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Indexed {
    /// [`Document::fingerprint`](crate::knowledge::document::Document::fingerprint) of what was indexed.
    pub fingerprint: String,
    /// The file it came from.
    pub origin: String,
    /// Its language.
    pub language: Language,
    /// How many passages it has.
    pub passages: usize,
}

/// Everything that is indexed, by source.
pub type Manifest = BTreeMap<String, Indexed>;

/// An index that could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Another process has it.
    #[error(
        "the index is in use by a running server; send the request to that server, or stop it first (index: {})",
        .0.display()
    )]
    InUse(PathBuf),
    /// The server that keeps it cannot be asked; that passes.
    #[error("the server of the knowledge does not answer: {0}")]
    Away(String),
    /// Somebody else changed the index since it was looked at: look again, and change what is left to be changed.
    #[error("the index was changed by somebody else in the meantime")]
    Overtaken,
    /// The disk, or the engine on it, refused.
    #[error("index: {0}")]
    Fault(String),
}

/// Where passages are kept. Calls block; searches may run side by side and beside an update.
///
/// Implementors owe: an update is seen whole or not at all, by searches and after a crash at any point; a search
/// never fails because of an update; frequencies of terms are those of what is indexed.
pub trait Index: Send + Sync {
    /// What is indexed at this moment.
    fn manifest(&self) -> Arc<Manifest>;

    /// The words of what is indexed at this moment.
    fn lexicon(&self) -> Arc<Lexicon>;

    /// What the vectors of this moment were made with; none if there are no vectors.
    fn embedding(&self) -> Option<Embedding>;

    /// The best entries by terms and the best by meaning, each with both scores, in no order.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    fn search(&self, search: Search<'_>) -> Result<Vec<Hit>, IndexError>;

    /// The passages of these ids that are indexed, in no order; whether they may be found is not asked.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    fn passages(&self, ids: &[Uuid]) -> Result<Vec<Chunk>, IndexError>;

    /// At most `limit` entries behind `after`, in the order of their ids, that have no vector of this model.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    fn unembedded(
        &self,
        embedding: &Embedding,
        after: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Unembedded>, IndexError>;

    /// Gives entries their vectors, all at once; vectors of another model are gone then. Entries that are no longer
    /// there are passed over. Waits for an update to end; searches go on meanwhile.
    ///
    /// # Errors
    /// [`IndexError::Fault`], or [`IndexError::Overtaken`]; the index is as it was.
    fn add_vectors(
        &self,
        embedding: &Embedding,
        vectors: &HashMap<EntryId, Vec<f32>>,
    ) -> Result<(), IndexError>;

    /// Brings what is indexed into the shape that is searched fastest, which may take minutes; searches and updates go on
    /// meanwhile. Whether anything was done: if so, an update may have come in between, and there is more to do. Indexes
    /// that see to it by themselves have nothing to do.
    ///
    /// # Errors
    /// [`IndexError::Fault`]; the index is as it was.
    fn optimise(&self) -> Result<bool, IndexError> {
        Ok(false)
    }

    /// Starts an update of an index that holds what was `seen`; waits for another one to end. Dropping it leaves the
    /// index as it was. What is kept keeps its vectors; what is put has none until they are added.
    ///
    /// # Errors
    /// [`IndexError::Fault`], or [`IndexError::Overtaken`] if the index holds something else by now.
    fn begin(&self, seen: &Manifest) -> Result<Box<dyn Update + '_>, IndexError>;

    /// Looks whether the index can be searched. Takes less than two seconds.
    ///
    /// # Errors
    /// What stands in the way.
    fn check(&self) -> Result<(), IndexError> {
        Ok(())
    }

    /// Comes when another process changed what is indexed, or a server that was away is back: passages may want vectors,
    /// or the index its documents. None if nobody else has the index. Whoever waits is the only one.
    fn moved(&self) -> Option<Arc<Notify>> {
        None
    }
}

/// A change in the making.
pub trait Update {
    /// Adds a document with all its entries.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    fn put(&mut self, source: &str, indexed: Indexed, entries: Vec<Entry>) -> Result<(), IndexError>;

    /// Makes the index hold the documents that were put and those in `keep`, and nothing else.
    ///
    /// # Errors
    /// [`IndexError::Fault`], or [`IndexError::Overtaken`]; the index is as it was.
    fn commit(self: Box<Self>, keep: &HashSet<String>) -> Result<(), IndexError>;
}
