//! Gives passages their vectors, behind everybody's back: searches go by words until all are there, then by meaning too,
//! from one moment to the next. The same when the embedder is another one than before. Decides nothing about what a
//! vector is worth.

use crate::knowledge::index::{Embedding, EntryId, IndexError, Unembedded};
use crate::knowledge::search::KnowledgeBase;
use crate::llm::embed::{EmbedError, Embedder, TextKind};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Entries whose vectors are made at a time; between two batches the work can be stopped.
const BATCH: usize = 32;

/// Entries looked up at a time.
const PAGE: usize = 1_024;

/// Ingests that the work looks for after itself before it lets go; the next ingest calls it again.
const MOST_ROUNDS: usize = 16;

/// Vectors that could not be made; those that were made before are lost to this index, not to a cache.
#[derive(Debug, thiserror::Error)]
pub enum VectorError {
    /// The embedder.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// How far the vectors are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum VectorState {
    /// There is no embedder: passages are found by their words alone.
    #[default]
    Off,
    /// They are being made.
    Making {
        /// Entries that have theirs.
        made: usize,
        /// Entries of the index.
        of: usize,
    },
    /// All are there.
    Ready,
    /// They could not be made.
    Failed(String),
}

impl fmt::Display for VectorState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => formatter.write_str("passages are found by their words alone: no embedder is open"),
            Self::Making { made, of } => {
                write!(
                    formatter,
                    "passages are found by their words alone until all have vectors: {made} of {of}"
                )
            }
            Self::Ready => formatter.write_str("passages are found by their words and by their meaning"),
            Self::Failed(reason) => {
                write!(formatter, "passages without vectors are found by their words alone: {reason}")
            }
        }
    }
}

/// Where the state is kept for all who ask.
#[derive(Debug, Default)]
pub(crate) struct VectorWatch(Mutex<VectorState>);

impl VectorWatch {
    pub(crate) fn get(&self) -> VectorState {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: VectorState) {
        let (made, missing) = match &state {
            VectorState::Making { made, of } => (*made, of.saturating_sub(*made)),
            VectorState::Off | VectorState::Ready | VectorState::Failed(_) => (0, 0),
        };
        if made == 0 || missing == 0 || made.is_multiple_of(PAGE) {
            tracing::debug!(%state, "vectors of the knowledge");
        }
        metrics::gauge!("balcao_knowledge_vectors_missing").set(missing as f64);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl KnowledgeBase {
    /// How far the vectors are.
    pub fn vectors(&self) -> VectorState {
        self.watch.get()
    }

    /// There will be no vectors, for this reason.
    pub fn without_vectors(&self, reason: &str) {
        self.watch.set(VectorState::Failed(reason.to_owned()));
    }

    /// Makes the vectors that are missing, and gives them to the index all at once. Gives how many. Blocks; ingests and
    /// searches go on meanwhile, and what an ingest brings in between is done as well. Ends early when `stop` is
    /// cancelled.
    ///
    /// # Errors
    /// [`VectorError`]; the index is as it was.
    pub fn make_vectors(&self, stop: &CancellationToken) -> Result<usize, VectorError> {
        let Some(embedder) = self.embedder.get() else { return Ok(0) };
        let made = self.make_with(embedder.as_ref(), stop);
        match &made {
            Ok(_) if stop.is_cancelled() => {}
            Ok(_) => self.watch.set(VectorState::Ready),
            Err(error) => self.watch.set(VectorState::Failed(error.to_string())),
        }
        made
    }

    fn make_with(&self, embedder: &dyn Embedder, stop: &CancellationToken) -> Result<usize, VectorError> {
        let embedding = Embedding::of(embedder);
        let mut made = 0;
        for _ in 0..MOST_ROUNDS {
            let Some(vectors) = self.missing(embedder, &embedding, stop)? else { break };
            if vectors.is_empty() {
                break;
            }
            // Before the first question that needs it.
            self.background(embedder)?;
            match self.index.add_vectors(&embedding, &vectors) {
                // What is missing now is looked up anew; what was made is at hand.
                Err(IndexError::Overtaken) => continue,
                added => added?,
            }
            tracing::info!(vectors = vectors.len(), model = %embedding.model, "passages are found by their meaning");
            made += vectors.len();
        }
        Ok(made)
    }

    /// The vectors of all entries that have none; nothing if the work was stopped.
    fn missing(
        &self,
        embedder: &dyn Embedder,
        embedding: &Embedding,
        stop: &CancellationToken,
    ) -> Result<Option<HashMap<EntryId, Vec<f32>>>, VectorError> {
        let of = self.index.lexicon().entries();
        let mut vectors = HashMap::new();
        let mut after = None;
        loop {
            let page = self.index.unembedded(embedding, after, PAGE)?;
            let Some(last) = page.last() else { return Ok(Some(vectors)) };
            after = Some(last.id);
            for batch in page.chunks(BATCH) {
                if stop.is_cancelled() {
                    return Ok(None);
                }
                self.watch.set(VectorState::Making { made: vectors.len(), of });
                let said: Vec<String> =
                    batch.iter().map(|Unembedded { chunk, way, .. }| chunk.said(*way)).collect();
                let said: Vec<&str> = said.iter().map(String::as_str).collect();
                let made = embedder.embed(&said, TextKind::Passage)?;
                vectors.extend(batch.iter().map(|entry| entry.id).zip(made));
            }
        }
    }
}
