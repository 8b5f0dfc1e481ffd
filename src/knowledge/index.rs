//! The contract of an index: where passages are kept and found by weighted terms. Implementations pass
//! `tests/knowledge/contract.rs`. Says nothing of how terms are made or what a score is worth.

use crate::domain::language::Language;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::lexicon::Lexicon;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

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
        self.indices.binary_search(&term).is_ok()
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

/// One way to find a passage.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// The passage.
    pub chunk: Chunk,
    /// Which of the passage's ways this is, from 0.
    pub variant: u32,
    /// The terms it is found by.
    pub terms: SparseVector,
}

/// A passage that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// The passage; it comes up once for each of its ways that match.
    pub chunk: Chunk,
    /// Sum over the query's terms of weight × document weight × inverse document frequency.
    pub score: f32,
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

    /// The best `limit` hits, best first.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    fn search(&self, terms: &SparseVector, limit: usize) -> Result<Vec<Hit>, IndexError>;

    /// Starts an update; waits for another one to end. Dropping it leaves the index as it was.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    fn begin(&self) -> Result<Box<dyn Update + '_>, IndexError>;
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
    /// [`IndexError::Fault`]; the index is as it was.
    fn commit(self: Box<Self>, keep: &HashSet<String>) -> Result<(), IndexError>;
}
