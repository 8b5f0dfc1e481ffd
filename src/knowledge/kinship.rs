//! Which questions mean the same, by a model of meaning alone: how far two of them are more alike than questions that have
//! nothing to do with each other. Knows no index.

use super::background::Background;
use crate::llm::embed::{EmbedError, Embedder, TextKind};
use std::sync::{Arc, OnceLock};

/// So many standard deviations above unrelated questions, two mean the same. On 34 questions of twelve kinds, in three
/// languages, two thirds of the pairs of one kind are above it and one in a hundred of the others.
const ALIKE: f32 = 4.5;

/// Tells which questions mean the same, as soon as there is an embedder.
#[derive(Clone, Default)]
pub struct Kinship {
    /// Makes the vectors.
    pub embedder: Arc<OnceLock<Arc<dyn Embedder>>>,
    background: Arc<OnceLock<Background>>,
}

/// What questions mean.
pub struct Kin {
    /// One of length 1 for each, in order.
    pub vectors: Vec<Vec<f32>>,
    /// From which dot product on two of them mean the same.
    pub alike: f32,
}

impl Kinship {
    /// By this embedder, if there is one by then.
    pub fn by(embedder: Arc<OnceLock<Arc<dyn Embedder>>>) -> Self {
        Self { embedder, background: Arc::default() }
    }

    /// What these questions mean; none without an embedder. Blocks.
    ///
    /// # Errors
    /// [`EmbedError`].
    pub fn of(&self, questions: &[String]) -> Result<Option<Kin>, EmbedError> {
        let Some(embedder) = self.embedder.get().filter(|_| !questions.is_empty()) else { return Ok(None) };
        let background = match self.background.get() {
            Some(known) => known,
            None => {
                let measured = Background::measure(embedder.as_ref())?;
                self.background.get_or_init(|| measured)
            }
        };
        let texts: Vec<&str> = questions.iter().map(String::as_str).collect();
        let vectors = embedder.embed(&texts, TextKind::Query)?;
        let vectors = vectors.into_iter().map(|vector| background.peculiar(vector)).collect();
        Ok(Some(Kin { vectors, alike: background.among_questions(ALIKE) }))
    }
}
