//! What a model of this kind is made of: its sizes, and the names of its parts. Reads nothing and computes nothing.

use super::coding::Coding;
use super::tokenizer::Tokenizer;
use super::weight_file::{LoadError, WeightFile};
use crate::llm::embed::EmbedError;
use sha2::Sha256;
use std::ops::Range;

/// The sizes of a model.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Shape {
    /// Numbers that stand for a token.
    pub(super) width: usize,
    /// Layers.
    pub(super) layers: usize,
    /// Heads of attention in a layer.
    pub(super) heads: usize,
    /// Numbers in the middle of a layer.
    pub(super) middle: usize,
    /// Tokens that are known.
    pub(super) words: usize,
    /// Tokens that a text may have, those at its ends included.
    pub(super) positions: usize,
    /// What keeps a normalisation from dividing by nothing.
    pub(super) epsilon: f32,
}

impl Shape {
    /// What is wrong with the sizes: larger ones are another model, and would take memory by the gigabyte.
    pub(super) fn problem(&self) -> Option<String> {
        let bounds = [
            ("hidden size", self.width, 32..=1024),
            ("layers", self.layers, 1..=24),
            ("attention heads", self.heads, 1..=64),
            ("intermediate size", self.middle, 32..=4096),
            ("vocabulary size", self.words, 4..=1_000_000),
            ("positions", self.positions, 8..=8192),
        ];
        for (name, size, bounds) in bounds {
            if !bounds.contains(&size) {
                let (least, most) = bounds.into_inner();
                return Some(format!("{name} is {size}; a model of this kind has {least} to {most}"));
            }
        }
        if !self.width.is_multiple_of(self.heads) {
            return Some(format!(
                "{} attention heads do not share {} numbers evenly",
                self.heads, self.width
            ));
        }
        (!(0.0..0.1).contains(&self.epsilon)).then(|| format!("the layer norm's epsilon is {}", self.epsilon))
    }
}

/// A part of a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// What stands for each position.
    Positions,
    /// What stands for the first kind of token, the only one used.
    TokenTypes,
    /// The normalisation after these.
    EmbeddingNorm(Side),
    /// A part of the layer of this number.
    Layer(usize, LayerPart, Side),
}

/// A part of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LayerPart {
    Query,
    Key,
    Value,
    /// What is made of the attention.
    Attended,
    AttendedNorm,
    Widen,
    Narrow,
    Norm,
}

/// Which of the two tensors of a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    Weight,
    Bias,
}

/// A model that can be read part by part.
pub(super) trait Tensors {
    /// The first `count` numbers of a part.
    ///
    /// # Errors
    /// It is not there or not so large.
    fn read(&self, part: Part, count: usize) -> Result<Vec<f32>, LoadError>;

    /// The table of words, and with it the file; everything else that was read goes into `hasher`.
    ///
    /// # Errors
    /// It is not there or not as large as `shape` says.
    fn into_words(self, shape: &Shape, hasher: &mut Sha256) -> Result<WordTable, LoadError>
    where
        Self: Sized;
}

/// A model that was opened, its weights not yet read.
pub(super) struct Opened<T> {
    pub(super) shape: Shape,
    pub(super) tokenizer: Tokenizer,
    pub(super) tensors: T,
}

/// What stands for each token. It stays in the file, of which a text needs a few rows: in memory it would be most of
/// the model.
pub(super) struct WordTable {
    pub(super) file: WeightFile,
    /// Where it is in the file.
    pub(super) at: Range<u64>,
    pub(super) coding: Coding,
    /// Numbers of a row.
    pub(super) width: usize,
}

impl WordTable {
    /// Reads the row of `token` into `row`; `bytes` is room that is used again.
    ///
    /// # Errors
    /// The file cannot be read any more.
    pub(super) fn row(&self, token: u32, bytes: &mut Vec<u8>, row: &mut [f32]) -> Result<(), EmbedError> {
        let fault = |detail: String| EmbedError::Fault(format!("the word table: {detail}"));
        let length = self.coding.bytes(self.width).ok_or_else(|| fault("rows of no length".to_owned()))?;
        let at = self.at.start + u64::from(token) * length as u64;
        if at + length as u64 > self.at.end {
            return Err(fault(format!("there is no token {token}")));
        }
        bytes.resize(length, 0);
        self.file.fill(at, bytes).map_err(|error| fault(error.to_string()))?;
        self.coding.decode(bytes, row);
        Ok(())
    }
}
