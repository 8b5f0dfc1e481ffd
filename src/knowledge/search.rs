//! Finding passages: the one way a turn, the command line and the tests search. Holds the index together with the
//! encoder that made its terms and the embedder of its vectors; decides nothing about what a customer is told.

use crate::config::knowledge::KnowledgeSettings;
use crate::domain::clock::Clock;
use crate::domain::language::Language;
use crate::domain::passage::{Asked, Lookup, Measured, Passage};
use crate::knowledge::agreement::{AGREEING, Agreement};
use crate::knowledge::background::Background;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::edge::EdgeIndex;
use crate::knowledge::edge::encoder::Encoder;
use crate::knowledge::evidence::{self, Covering};
use crate::knowledge::follow_up;
use crate::knowledge::fuse::{self, Candidate, Rule};
use crate::knowledge::index::{Embedding, Filter, Index, IndexError, Manifest, Meaning, Search};
use crate::knowledge::lexicon::Lexicon;
use crate::knowledge::measure;
use crate::knowledge::query::{self, Query};
use crate::knowledge::rerank::Reranker;
use crate::knowledge::vectors::VectorWatch;
use crate::language::detect::detect;
use crate::language::memo::Memo;
use crate::llm::embed::{EmbedError, Embedder, TextKind};
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// The most documents a ranking has.
pub const MOST_RANKED: usize = 100;

/// The most passages a search gives.
pub const MOST_PASSAGES: usize = 1_000;

/// Passages by words of which one covers the question best, if any does.
const LIKELY_COVERING: usize = 3;

/// Letters of a question that its vector is made of.
const MOST_LETTERS: usize = 1_000;

/// A question as it is searched for.
struct Question {
    text: String,
    /// What it takes from the messages before it, the newest first.
    carried: Vec<String>,
    /// The asker's language, where it is known.
    language: Option<Language>,
}

impl Question {
    fn alone(text: &str) -> Self {
        Self { text: text.to_owned(), carried: Vec::new(), language: None }
    }

    /// Everything in the order it was said.
    fn said(&self) -> String {
        let said: Vec<&str> =
            self.carried.iter().rev().map(String::as_str).chain([self.text.as_str()]).collect();
        said.join(" ")
    }
}

/// What the company knows. Cheap to clone; clones share one index.
#[derive(Clone)]
pub struct KnowledgeBase {
    pub(crate) index: Arc<dyn Index>,
    pub(crate) encoder: Arc<Encoder>,
    /// The language of documents that name none.
    pub(crate) language: Language,
    pub(crate) embedder: Arc<OnceLock<Arc<dyn Embedder>>>,
    pub(crate) watch: Arc<VectorWatch>,
    background: Arc<OnceLock<Background>>,
    reranker: Arc<OnceLock<Reranker>>,
    evidence_threshold: f32,
    dense_weight: f32,
    audiences: Vec<String>,
    languages: Vec<Language>,
    calendar: Option<(Arc<dyn Clock>, TimeZone)>,
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
            embedder: Arc::default(),
            watch: Arc::default(),
            background: Arc::default(),
            reranker: Arc::default(),
            evidence_threshold: settings.evidence_threshold,
            dense_weight: settings.dense_weight,
            audiences: settings.audiences.clone(),
            languages: settings.languages.clone(),
            calendar: None,
            coverings: Arc::default(),
        }
    }

    /// From now on passages are searched by meaning too, as soon as they have vectors of this model. The first embedder
    /// stays.
    pub fn attach(&self, embedder: Arc<dyn Embedder>) {
        // Another one would be none of this base's: it has been opened once.
        let _ = self.embedder.set(embedder);
    }

    /// From now on this has a say in the order of what is found. The first one stays.
    pub fn ordered_by(&self, reranker: Reranker) {
        // Another one would be made of the same settings.
        let _ = self.reranker.set(reranker);
    }

    /// Whether there is one.
    pub fn has_embedder(&self) -> bool {
        self.embedder.get().is_some()
    }

    /// The same knowledge, of which only what is valid on the day of the search is found.
    #[must_use]
    pub fn with_calendar(self, clock: Arc<dyn Clock>, zone: TimeZone) -> Self {
        Self { calendar: Some((clock, zone)), ..self }
    }

    /// What is indexed, by source.
    pub fn manifest(&self) -> Arc<Manifest> {
        self.index.manifest()
    }

    /// See [`Index::optimise`].
    ///
    /// # Errors
    /// As [`Index::optimise`].
    pub fn optimise(&self) -> Result<bool, IndexError> {
        self.index.optimise()
    }

    /// Whether a passage may be taken for an answer.
    pub fn is_evident(&self, passage: &Passage) -> bool {
        passage.evidence >= self.evidence_threshold
    }

    /// The best `limit` passages for what a customer asks in a conversation, best first, off the async runtime's own
    /// threads, and what was searched for.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    pub async fn look_up(&self, asked: &Asked, limit: usize) -> Result<Lookup, IndexError> {
        let Asked { text, before, language } = asked;
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        let carried = follow_up::carried(text, &before, *language);
        let question = Question { text: text.clone(), carried, language: Some(*language) };
        let query = question.said();
        let (passages, measured) = self.off_the_runtime(question, limit).await?;
        Ok(Lookup { query, passages, measured: Some(measured) })
    }

    /// The best `limit` passages for a query that stands alone, best first, off the async runtime's own threads.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    pub async fn search(&self, query: &str, limit: usize) -> Result<Vec<Passage>, IndexError> {
        Ok(self.off_the_runtime(Question::alone(query), limit).await?.0)
    }

    async fn off_the_runtime(
        &self,
        question: Question,
        limit: usize,
    ) -> Result<(Vec<Passage>, Measured), IndexError> {
        let looked_at = self.reranker.get().map_or(limit, |reranker| limit.max(reranker.candidates));
        let knowledge = self.clone();
        let searching = tokio::task::spawn_blocking(move || {
            let passages = knowledge.passages(&question, looked_at)?;
            Ok::<_, IndexError>((question, passages))
        });
        let found = searching.await.map_err(|error| IndexError::Fault(error.to_string()))?;
        let (question, (mut passages, measured)) = found?;
        if let Some(reranker) = self.reranker.get() {
            let (said, language) = (question.said(), self.language_of(&question));
            reranker.reorder(&said, language, &mut passages, |passage| self.is_evident(passage)).await;
        }
        passages.truncate(limit);
        Ok((passages, measured))
    }

    /// The language a question is asked in.
    fn language_of(&self, question: &Question) -> Language {
        question.language.or_else(|| detect(&question.text)).unwrap_or(self.language)
    }

    /// [`search`](Self::search) for callers without a runtime.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    pub fn search_blocking(&self, query: &str, limit: usize) -> Result<Vec<Passage>, IndexError> {
        Ok(self.passages(&Question::alone(query), limit)?.0)
    }

    fn passages(&self, question: &Question, limit: usize) -> Result<(Vec<Passage>, Measured), IndexError> {
        let started = Instant::now();
        let limit = limit.min(MOST_PASSAGES);
        let lexicon = self.index.lexicon();
        let queries = self.read(question, &lexicon);
        // Every passage can come up more than once, as it may be indexed in more than one way.
        let depth = limit.max(AGREEING).saturating_mul(2);
        let Found { mut candidates, by_meaning } = self.find(question, &queries, depth)?;
        let agreement = Agreement::of(&candidates, &self.index.manifest());
        candidates.truncate(limit);
        let asked = self.language_of(question);
        let passage = |it| self.passage(it, &queries, &lexicon, asked, &agreement);
        let passages: Vec<Passage> = candidates.into_iter().map(passage).collect();
        // A probe asks about nothing, and would be counted as a question that nothing answers.
        let measured = measure::measured(&passages, self.evidence_threshold);
        if !query::terms(&queries).indices.is_empty() {
            measure::tell(measured, by_meaning);
        }
        metrics::histogram!("balcao_knowledge_search_seconds").record(started.elapsed().as_secs_f64());
        Ok((passages, measured))
    }

    /// The best `limit` documents for a query, best first, each by its best passage.
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    pub fn rank(&self, query: &str, limit: usize) -> Result<Vec<String>, IndexError> {
        /// How many hits a document may have before it crowds out others.
        const HITS_A_DOCUMENT: usize = 4;
        let limit = limit.min(MOST_RANKED);
        let question = Question::alone(query);
        let queries = self.read(&question, &self.index.lexicon());
        let Found { candidates, .. } = self.find(&question, &queries, limit * HITS_A_DOCUMENT)?;
        let mut seen = HashSet::new();
        let sources =
            candidates.into_iter().map(|it| it.chunk.source).filter(|source| seen.insert(source.clone()));
        Ok(sources.take(limit).collect())
    }

    /// [`rank`](Self::rank) off the async runtime's own threads, its first documents in the order of
    /// [`search`](Self::search).
    ///
    /// # Errors
    /// [`IndexError::Fault`].
    pub async fn rank_documents(&self, query: &str, limit: usize) -> Result<Vec<String>, IndexError> {
        let (knowledge, asked) = (self.clone(), query.to_owned());
        let ranking = tokio::task::spawn_blocking(move || knowledge.rank(&asked, limit));
        let ranked = ranking.await.map_err(|error| IndexError::Fault(error.to_string()))??;
        let first = match self.reranker.get() {
            Some(reranker) => self.search(query, reranker.candidates).await?,
            None => return Ok(ranked),
        };
        let mut seen = HashSet::new();
        let documents = first.into_iter().map(|passage| passage.source).chain(ranked);
        Ok(documents.filter(|source| seen.insert(source.clone())).take(limit).collect())
    }

    /// The best passages by terms and by meaning, best first. `depth` is how many entries a side gives.
    fn find(&self, question: &Question, queries: &[Query], depth: usize) -> Result<Found, IndexError> {
        let terms = query::terms(queries);
        // What asks about nothing means nothing either.
        if terms.indices.is_empty() || depth == 0 {
            return Ok(Found::default());
        }
        let meaning = self.meaning(&question.said());
        let depth = if meaning.is_some() { depth.max(fuse::MEASURED) } else { depth };
        let filter = self.filter();
        let hits =
            self.index.search(Search { terms: &terms, meaning: meaning.as_ref(), filter: &filter, depth })?;
        let mut candidates = fuse::passages(hits);
        let coverage = if meaning.is_some() { self.best_coverage(&mut candidates, queries) } else { 1.0 };
        let rule = Rule { dense_weight: self.dense_weight, coverage, language: question.language };
        fuse::rank(&mut candidates, rule);
        Ok(Found { candidates, by_meaning: meaning.is_some() })
    }

    /// How much of the question the best passages by words cover.
    fn best_coverage(&self, candidates: &mut [Candidate], queries: &[Query]) -> f32 {
        let lexicon = self.index.lexicon();
        candidates.sort_by(|left, right| right.terms.total_cmp(&left.terms));
        let best =
            candidates.iter().take(LIKELY_COVERING).map(|it| self.coverage(&it.chunk, queries, &lexicon));
        best.fold(0.0, f32::max)
    }

    /// What may be found today.
    pub(super) fn filter(&self) -> Filter {
        let day = self.calendar.as_ref().map(|(clock, zone)| clock.now().to_zoned(zone.clone()).date());
        Filter { languages: self.languages.clone(), audiences: Some(self.audiences.clone()), day }
    }

    /// The question as a vector, if there is something to compare it with.
    fn meaning(&self, text: &str) -> Option<Meaning> {
        let embedder = self.embedder.get()?;
        let embedding = Embedding::of(embedder.as_ref());
        if self.index.embedding().as_ref() != Some(&embedding) {
            return None;
        }
        let text = text.get(..text.floor_char_boundary(MOST_LETTERS)).unwrap_or(text);
        let vector = self.background(embedder.as_ref()).and_then(|background| {
            let vector = embedder.embed(&[text], TextKind::Query)?.pop().unwrap_or_default();
            Ok(background.own(vector))
        });
        match vector {
            Ok(vector) => Some(Meaning { embedding, vector }),
            Err(error) => {
                tracing::warn!(%error, "the question is searched by its words alone");
                None
            }
        }
    }

    /// What a likeness is worth with this embedder; measured once.
    pub(crate) fn background(&self, embedder: &dyn Embedder) -> Result<&Background, EmbedError> {
        if let Some(known) = self.background.get() {
            return Ok(known);
        }
        // Two at once measure the same.
        let measured = Background::measure(embedder)?;
        Ok(self.background.get_or_init(|| measured))
    }

    /// The query in every language that documents are written in.
    fn read(&self, question: &Question, lexicon: &Lexicon) -> Vec<Query> {
        let mut languages = Cow::Borrowed(lexicon.languages());
        if languages.is_empty() {
            let manifest = self.index.manifest();
            languages = Cow::Owned(manifest.values().map(|indexed| indexed.language).collect());
        }
        let Question { text, carried, .. } = question;
        let read = |language| Query::read(text, carried, language, &self.encoder, lexicon);
        languages.iter().copied().map(read).collect()
    }

    /// What a passage speaks of. The same passages are found again and again.
    fn covering(&self, chunk: &Chunk) -> Arc<Covering> {
        let text = Covering::text(chunk);
        self.coverings.of(&text, chunk.language, || Covering::of(&text, chunk.language, &self.encoder))
    }

    /// How much of the question a passage covers.
    fn coverage(&self, chunk: &Chunk, queries: &[Query], lexicon: &Lexicon) -> f32 {
        let query = queries.iter().find(|query| query.language == chunk.language);
        query.map_or(0.0, |query| evidence::evidence(query, &self.covering(chunk), lexicon))
    }

    fn passage(
        &self,
        found: Candidate,
        queries: &[Query],
        lexicon: &Lexicon,
        asked: Language,
        agreement: &Agreement,
    ) -> Passage {
        let coverage = self.coverage(&found.chunk, queries, lexicon);
        let evidence = match (found.likeness, self.background.get()) {
            (Some(likeness), Some(background)) => {
                evidence::with_meaning(coverage, background.closeness(likeness, asked, found.chunk.language))
            }
            (None, _) | (_, None) => agreement.evidence(&found.chunk.source, coverage),
        };
        let Chunk { id, source, title, heading, text, .. } = found.chunk;
        Passage { id: id.to_string(), source, title, heading, text, score: found.score, evidence }
    }
}

/// What a search came to.
#[derive(Default)]
struct Found {
    /// Best first.
    candidates: Vec<Candidate>,
    /// Whether the meaning had a say.
    by_meaning: bool,
}
