//! Texts as vectors: the contract of an embedder. Says nothing of where vectors are kept or what a distance is worth.

pub mod cache;
pub mod e5;
pub mod open;
pub mod openai;

use thiserror::Error;

/// What a text is to a search: models that were taught the difference are told it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TextKind {
    /// What somebody asks.
    Query,
    /// What may answer it.
    Passage,
}

/// Makes vectors of texts. Calls block: from async code, call it on a thread that may.
///
/// Implementors owe: the same text gives the same vector for as long as [`id`](Self::id) is the same; every vector has
/// [`dimension`](Self::dimension) numbers and length 1, so that a dot product is the cosine.
pub trait Embedder: Send + Sync {
    /// Names the model and its weights. Vectors of two names are never compared.
    fn id(&self) -> &str;

    /// How many numbers a vector has.
    fn dimension(&self) -> usize;

    /// One vector for each text, in order.
    ///
    /// # Errors
    /// All or nothing: see [`EmbedError`].
    fn embed(&self, texts: &[&str], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError>;
}

/// Vectors that could not be made.
#[derive(Clone, PartialEq, Debug, Error)]
pub enum EmbedError {
    /// It may work later: an endpoint is away or asks to wait.
    #[error("the embedding model cannot be reached: {0}")]
    Unavailable(String),
    /// It will not work by itself: weights, key or configuration are wrong.
    #[error("the embedding model failed: {0}")]
    Fault(String),
}

/// The vector in length 1; `None` if it has no direction.
fn unit(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    if !length.is_normal() {
        return None;
    }
    vector.iter_mut().for_each(|number| *number /= length);
    Some(vector)
}
