//! The model itself: token ids in, one vector a window out. Plain BERT, with `f32` weights.
//!
//! Several windows are computed as one matrix with a row a token, without padding, so that a weight is fetched once
//! for all; only attention goes window by window. Work is split over the threads of the pool this is called on.

use super::shape::{LayerPart, Part, Shape, Side, Tensors, WordTable};
use super::weight_file::LoadError;
use crate::llm::embed::EmbedError;
use rayon::prelude::*;
use rten_gemm::{BiasVector, GemmError, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::{SimdOp, SimdUnaryOp};
use rten_tensor::NdTensorView;
use rten_vecmath::{Gelu, Normalize, NormalizeOptions, Softmax, Sum, SumSquareSub};
use sha2::Sha256;
use std::ops::Range;

/// Rows that a thread takes at a time where the work is little.
const ROWS: usize = 8;

/// The weights in memory, but for those of words.
pub(super) struct Encoder {
    shape: Shape,
    words: WordTable,
    /// What stands for each position, and for the only kind of token.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

struct Layer {
    /// The three in one, as they are made of the same.
    query_key_value: Linear,
    attended: Linear,
    attended_norm: Norm,
    widen: Linear,
    narrow: Linear,
    norm: Norm,
}

struct Linear {
    weights: PackedBMatrix<f32>,
    bias: Vec<f32>,
}

struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

/// Reads the parts of a model.
struct Builder<'a> {
    shape: &'a Shape,
    gemm: &'a GemmExecutor,
    tensors: &'a dyn Tensors,
}

impl Builder<'_> {
    fn norm(&self, part: impl Fn(Side) -> Part) -> Result<Norm, LoadError> {
        let width = self.shape.width;
        let scale = self.tensors.read(part(Side::Weight), width)?;
        Ok(Norm { scale, shift: self.tensors.read(part(Side::Bias), width)? })
    }

    /// Several parts that are made of the same `inputs` numbers, side by side.
    fn linear(
        &self,
        layer: usize,
        parts: &[LayerPart],
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear, LoadError> {
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for part in parts {
            weights.extend(self.tensors.read(Part::Layer(layer, *part, Side::Weight), inputs * outputs)?);
            bias.extend(self.tensors.read(Part::Layer(layer, *part, Side::Bias), outputs)?);
        }
        let weights = NdTensorView::from_data([bias.len(), inputs], weights.as_slice());
        Ok(Linear { weights: self.gemm.prepack_b(weights.transposed()), bias })
    }

    fn layer(&self, layer: usize) -> Result<Layer, LoadError> {
        let Shape { width, middle, .. } = *self.shape;
        let norm = |part| self.norm(|side| Part::Layer(layer, part, side));
        let three = [LayerPart::Query, LayerPart::Key, LayerPart::Value];
        Ok(Layer {
            query_key_value: self.linear(layer, &three, width, width)?,
            attended: self.linear(layer, &[LayerPart::Attended], width, width)?,
            attended_norm: norm(LayerPart::AttendedNorm)?,
            widen: self.linear(layer, &[LayerPart::Widen], width, middle)?,
            narrow: self.linear(layer, &[LayerPart::Narrow], middle, width)?,
            norm: norm(LayerPart::Norm)?,
        })
    }
}

impl Encoder {
    /// Reads the weights of `tensors`; what tells them from others goes into `hasher`.
    pub(super) fn load(shape: Shape, tensors: impl Tensors, hasher: &mut Sha256) -> Result<Self, LoadError> {
        let gemm = GemmExecutor::default();
        let build = Builder { shape: &shape, gemm: &gemm, tensors: &tensors };
        let mut positions = tensors.read(Part::Positions, shape.positions * shape.width)?;
        let kind = tensors.read(Part::TokenTypes, shape.width)?;
        for position in positions.chunks_exact_mut(shape.width) {
            add(position, &kind);
        }
        let norm = build.norm(Part::EmbeddingNorm)?;
        let layers = (0..shape.layers).map(|layer| build.layer(layer)).collect::<Result<_, _>>()?;
        let words = tensors.into_words(&shape, hasher)?;
        Ok(Self { shape, words, positions, norm, layers })
    }

    /// Tokens that a window may have.
    pub(super) fn positions(&self) -> usize {
        self.shape.positions
    }

    /// Numbers of a vector.
    pub(super) fn width(&self) -> usize {
        self.shape.width
    }

    /// The mean of what the model makes of the tokens, for each of `windows`. None of them may be empty or longer than
    /// the model's positions.
    ///
    /// # Errors
    /// The table of words cannot be read any more.
    pub(super) fn means(&self, windows: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError> {
        Pass { model: self, gemm: GemmExecutor::default() }.means(windows)
    }
}

/// One pass through a model. The multiplier belongs to it, as it does not change threads.
struct Pass<'a> {
    model: &'a Encoder,
    gemm: GemmExecutor,
}

impl Pass<'_> {
    fn means(&self, windows: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let width = self.model.shape.width;
        let mut begin = 0;
        let segments: Vec<Range<usize>> = windows
            .iter()
            .map(|window| {
                let segment = begin..begin + window.len();
                begin = segment.end;
                segment
            })
            .collect();
        let mut rows = self.embedded(windows, begin)?;
        for layer in &self.model.layers {
            let mut change = self.attended(layer, &rows, &segments).map_err(fault)?;
            self.add_and_normalize(&mut rows, &change, &layer.attended_norm);
            let mut middle = self.product(&rows, &layer.widen).map_err(fault)?;
            middle.par_chunks_mut(self.model.shape.middle * ROWS).for_each(|rows| Gelu {}.map_mut(rows));
            change = self.product(&middle, &layer.narrow).map_err(fault)?;
            self.add_and_normalize(&mut rows, &change, &layer.norm);
        }
        let mean = |segment: &Range<usize>| {
            let mut mean = vec![0.0; width];
            for row in rows[segment.start * width..segment.end * width].chunks_exact(width) {
                add(&mut mean, row);
            }
            let share = 1.0 / segment.len() as f32;
            mean.iter_mut().for_each(|number| *number *= share);
            mean
        };
        Ok(segments.iter().map(mean).collect())
    }

    /// What stands for each token at its position.
    fn embedded(&self, windows: &[&[u32]], tokens: usize) -> Result<Vec<f32>, EmbedError> {
        let width = self.model.shape.width;
        let mut rows = vec![0.0; tokens * width];
        let mut bytes = Vec::new();
        let places =
            windows.iter().flat_map(|window| window.iter().zip(self.model.positions.chunks_exact(width)));
        for ((token, position), row) in places.zip(rows.chunks_exact_mut(width)) {
            self.model.words.row(*token, &mut bytes, row)?;
            add(row, position);
        }
        rows.par_chunks_mut(width * ROWS).for_each(|rows| self.normalize(rows, &self.model.norm));
        Ok(rows)
    }

    fn product(&self, rows: &[f32], linear: &Linear) -> Result<Vec<f32>, GemmError> {
        let (inputs, outputs) = (linear.weights.rows(), linear.weights.cols());
        let mut product = vec![0.0; rows.len() / inputs * outputs];
        let rows = NdTensorView::from_data([rows.len() / inputs, inputs], rows);
        let bias = Some(BiasVector::Row(&linear.bias));
        let (rows, weights) = (GemmInputA::Unpacked(rows), GemmInputB::Packed(&linear.weights));
        self.gemm.gemm(&mut product, rows, weights, GemmOptions { bias, ..Default::default() })?;
        Ok(product)
    }

    /// What the tokens of each segment make of each other.
    fn attended(
        &self,
        layer: &Layer,
        rows: &[f32],
        segments: &[Range<usize>],
    ) -> Result<Vec<f32>, GemmError> {
        let Shape { width, heads, .. } = self.model.shape;
        let head_width = width / heads;
        let three = self.product(rows, &layer.query_key_value)?;
        let parts: Vec<(&Range<usize>, usize)> =
            segments.iter().flat_map(|segment| (0..heads).map(move |head| (segment, head))).collect();
        let attended: Vec<Vec<f32>> = parts
            .par_iter()
            .map(|(segment, head)| self.head(&three, segment, *head))
            .collect::<Result<_, _>>()?;
        let mut joined = vec![0.0; rows.len()];
        for ((segment, head), part) in parts.iter().zip(&attended) {
            let rows = joined[segment.start * width..segment.end * width].chunks_exact_mut(width);
            for (row, part) in rows.zip(part.chunks_exact(head_width)) {
                row[head * head_width..(head + 1) * head_width].copy_from_slice(part);
            }
        }
        self.product(&joined, &layer.attended)
    }

    /// One head over one segment; `three` holds query, key and value of all heads in each row.
    fn head(&self, three: &[f32], segment: &Range<usize>, head: usize) -> Result<Vec<f32>, GemmError> {
        let Shape { width, heads, .. } = self.model.shape;
        let head_width = width / heads;
        let tokens = segment.len();
        let part = |which: usize| {
            let begin = segment.start * 3 * width + which * width + head * head_width;
            let end = begin + (tokens - 1) * 3 * width + head_width;
            NdTensorView::from_slice_with_strides([tokens, head_width], &three[begin..end], [3 * width, 1])
                .map_err(|_| GemmError::OutputSizeMismatch)
        };
        let (query, key, value) = (part(0)?, part(1)?, part(2)?);
        let mut weights = vec![0.0; tokens * tokens];
        let alpha = 1.0 / (head_width as f32).sqrt();
        let (query, key) = (GemmInputA::Unpacked(query), GemmInputB::Unpacked(key.transposed()));
        self.gemm.gemm(&mut weights, query, key, GemmOptions { alpha, ..Default::default() })?;
        for row in weights.chunks_exact_mut(tokens) {
            Softmax::new_mut(row).dispatch();
        }
        let mut attended = vec![0.0; tokens * head_width];
        let weights = NdTensorView::from_data([tokens, tokens], weights.as_slice());
        let (weights, value) = (GemmInputA::Unpacked(weights), GemmInputB::Unpacked(value));
        self.gemm.gemm(&mut attended, weights, value, GemmOptions::default())?;
        Ok(attended)
    }

    fn add_and_normalize(&self, rows: &mut [f32], change: &[f32], norm: &Norm) {
        let piece = self.model.shape.width * ROWS;
        rows.par_chunks_mut(piece).zip(change.par_chunks(piece)).for_each(|(rows, change)| {
            add(rows, change);
            self.normalize(rows, norm);
        });
    }

    fn normalize(&self, rows: &mut [f32], norm: &Norm) {
        let width = self.model.shape.width as f32;
        for row in rows.chunks_exact_mut(self.model.shape.width) {
            let mean = Sum::new(row).dispatch() / width;
            let variance = SumSquareSub::new(row, mean).dispatch() / width;
            let options = NormalizeOptions {
                pre_scale_bias: mean,
                scale: 1.0 / (variance + self.model.shape.epsilon).sqrt(),
                element_scale: Some(&norm.scale),
                element_bias: Some(&norm.shift),
                ..NormalizeOptions::default()
            };
            Normalize::new_mut(row, options).dispatch();
        }
    }
}

fn add(to: &mut [f32], numbers: &[f32]) {
    for (to, number) in to.iter_mut().zip(numbers) {
        *to += number;
    }
}

fn fault(error: GemmError) -> EmbedError {
    EmbedError::Fault(format!("the encoder: {error}"))
}
