//! Finding passages: the one way a turn, the command line and the tests search. Holds the index together with the
//! encoder that made its terms; decides nothing about what a customer is told.

use crate::config::knowledge::KnowledgeSettings;
use crate::domain::language::Language;
use crate::domain::passage::Passage;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::edge::{EdgeIndex, Encoder};
use crate::knowledge::evidence::{Covering, evidence};
use crate::knowledge::index::{Hit, Index, IndexError, Manifest};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::query::{self, Query};
use crate::language::memo::Memo;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// The most documents a ranking has.
pub const MOST_RANKED: usize = 100;

/// The most passages a search gives.
pub const MOST_PASSAGES: usize = 1_000;

/// What the company knows. Cheap to clone; clones share one index.
#[derive(Clone)]
pub struct KnowledgeBase {
    pub(crate) index: Arc<dyn Index>,
    pub(crate) encoder: Arc<Encoder>,
    /// The language of documents that name none.
    pub(crate) language: Language,
    evidence_threshold: f32,
    coverings: Arc<Memo<Covering>>,
}

impl KnowledgeBase {
    /// Opens the embedded index in `folder`; documents that name no language are in `language`.
    ///
    /// # Errors
    /// [`IndexError::InUse`] if another process has the index, [`IndexError::Fault`] if the folder cannot be used.
    pub fn open(folder: &Path, language: Language, settings: &KnowledgeSettings) -> Result<Self, IndexError> {
        Ok(Self::over(Arc::new(EdgeIndex::open(folder)?), Arc::new(Encoder::new()?), language, settings))
    }

    /// A knowledge base over an index that is open already.
    pub fn over(
        index: Arc<dyn Index>,
        encoder: Arc<Encoder>,
        language: Language,
        settings: &KnowledgeSettings,
    ) -> Self {
        Self {
            index,
            encoder,
            language,
            evidence_threshold: settings.evidence_threshold,
            coverings: Arc::default(),
        }
    }

    /// What is indexed, by source.
    pub fn manifest(&self) -> Arc<Manifest> {
        self.index.manifest()
    }

    /// Whether a passage may be taken for an answer.
    pub fn is_evident(&self, passage: &Passage) -> bool {
        passage.evidence >= self.evidence_threshold
    }

    /// The best `limit` passages for a query, best first, off the async runtime's own threads.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    pub async fn search(&self, query: &str, limit: usize) -> Result<Vec<Passage>, IndexError> {
        let (knowledge, query) = (self.clone(), query.to_owned());
        tokio::task::spawn_blocking(move || knowledge.search_blocking(&query, limit))
            .await
            .map_err(|error| IndexError::Fault(error.to_string()))?
    }

    /// [`search`](Self::search) for callers without a runtime.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    pub fn search_blocking(&self, query: &str, limit: usize) -> Result<Vec<Passage>, IndexError> {
        let started = Instant::now();
        let limit = limit.min(MOST_PASSAGES);
        let lexicon = self.index.lexicon();
        let queries = self.read(query, &lexicon);
        // Every passage can come up more than once, as it may be indexed in more than one way.
        let mut hits = self.index.search(&query::terms(&queries), limit.saturating_mul(2))?;
        sort(&mut hits);
        let mut seen = HashSet::new();
        hits.retain(|hit| seen.insert(hit.chunk.id));
        hits.truncate(limit);
        let passages = hits.into_iter().map(|hit| self.passage(hit, &queries, &lexicon)).collect();
        metrics::histogram!("balcao_knowledge_search_seconds").record(started.elapsed().as_secs_f64());
        Ok(passages)
    }

    /// The best `limit` documents for a query, best first, each by its best passage.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    pub fn rank(&self, query: &str, limit: usize) -> Result<Vec<String>, IndexError> {
        /// How many hits a document may have before it crowds out others.
        const HITS_A_DOCUMENT: usize = 4;
        let limit = limit.min(MOST_RANKED);
        let queries = self.read(query, &self.index.lexicon());
        let mut hits = self.index.search(&query::terms(&queries), limit * HITS_A_DOCUMENT)?;
        sort(&mut hits);
        let mut seen = HashSet::new();
        let sources =
            hits.into_iter().map(|hit| hit.chunk.source).filter(|source| seen.insert(source.clone()));
        Ok(sources.take(limit).collect())
    }

    /// The query in every language that documents are written in.
    fn read(&self, query: &str, lexicon: &Lexicon) -> Vec<Query> {
        let manifest = self.index.manifest();
        let languages: BTreeSet<_> = manifest.values().map(|indexed| indexed.language).collect();
        languages.into_iter().map(|language| Query::read(query, language, &self.encoder, lexicon)).collect()
    }

    /// What a passage speaks of. The same passages are found again and again.
    fn covering(&self, chunk: &Chunk) -> Arc<Covering> {
        let text = Covering::text(chunk);
        self.coverings.of(&text, chunk.language, || Covering::of(&text, chunk.language, &self.encoder))
    }

    fn passage(&self, hit: Hit, queries: &[Query], lexicon: &Lexicon) -> Passage {
        let query = queries.iter().find(|query| query.language == hit.chunk.language);
        let evidence = query.map_or(0.0, |query| evidence(query, &self.covering(&hit.chunk), lexicon));
        let Chunk { id, source, title, heading, text, .. } = hit.chunk;
        Passage { id: id.to_string(), source, title, heading, text, score: hit.score, evidence }
    }
}

/// Best first; equals in the order of the documents, so that the same search always says the same.
fn sort(hits: &mut [Hit]) {
    hits.sort_by(|left, right| {
        let place = |hit: &Hit| hit.chunk.ordinal;
        match right.score.total_cmp(&left.score) {
            Ordering::Equal => {
                left.chunk.source.cmp(&right.chunk.source).then(place(left).cmp(&place(right)))
            }
            unequal @ (Ordering::Less | Ordering::Greater) => unequal,
        }
    });
}
