//! Reads a model from the folder that the model hub has it in: `model.safetensors`, `tokenizer.json`, `config.json`.
//! Believes nothing the files say of themselves.

use super::coding::Coding;
use super::normalize::{Charsmap, Normalizer};
use super::shape::{LayerPart, Opened, Part, Shape, Side, Tensors, WordTable};
use super::tokenizer::Tokenizer;
use super::vocabulary::Vocabulary;
use super::weight_file::{LoadError, WeightFile};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;

/// The weights.
pub const WEIGHTS: &str = "model.safetensors";

/// The tokens.
pub const TOKENIZER: &str = "tokenizer.json";

/// The sizes.
pub const CONFIG: &str = "config.json";

/// Most bytes of a file of JSON.
const MOST_JSON: u64 = 64 * 1024 * 1024;

/// The tensor with what stands for each token.
const WORDS: &str = "embeddings.word_embeddings.weight";

/// A folder that was read, and its parts found.
pub(super) struct Hub {
    file: WeightFile,
    tensors: HashMap<String, Entry>,
    /// Where the tensors begin in the file.
    begin: u64,
    tokenizer_hash: [u8; 32],
}

#[derive(Deserialize)]
struct Config {
    model_type: String,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    layer_norm_eps: f32,
    hidden_act: String,
}

/// A tensor in the header of the weights.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

#[derive(Deserialize)]
struct TokenizerFile {
    model: Model,
    normalizer: Value,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: String,
    unk_id: u32,
    vocab: Vec<(String, f32)>,
}

impl Hub {
    /// Opens the files of `folder`.
    ///
    /// # Errors
    /// One is missing, damaged or another model's.
    pub(super) fn open(folder: &Path) -> Result<Opened<Self>, LoadError> {
        let config_file = WeightFile::open(&folder.join(CONFIG))?;
        let (config, _) = json::<Config>(&config_file)?;
        let shape = shape(&config).map_err(|problem| config_file.fault(problem))?;
        let tokenizer_file = WeightFile::open(&folder.join(TOKENIZER))?;
        let (content, tokenizer_hash) = json::<TokenizerFile>(&tokenizer_file)?;
        let tokenizer = tokenizer(content, &shape, &tokenizer_file)?;
        let file = WeightFile::open(&folder.join(WEIGHTS))?;
        let header = "the header";
        let length: [u8; 8] = file.read(0, 8, header)?.try_into().map_err(|_| file.fault("it is empty"))?;
        let length = u64::from_le_bytes(length);
        if length > MOST_JSON {
            return Err(file.fault("its header is too long; it is no file of safetensors"));
        }
        let header: HashMap<String, Value> = serde_json::from_slice(&file.read(8, length, header)?)
            .map_err(|error| file.fault(format!("its header: {error}")))?;
        let tensors = header
            .into_iter()
            // Says who wrote the file.
            .filter(|(name, _)| name != "__metadata__")
            .map(|(name, entry)| {
                let entry = serde_json::from_value(entry)
                    .map_err(|error| file.fault(format!("`{name}`: {error}")))?;
                // Some files hold the model as a part of a larger one.
                Ok((name.strip_prefix("bert.").unwrap_or(&name).to_owned(), entry))
            })
            .collect::<Result<_, LoadError>>()?;
        let hub = Self { file, tensors, begin: 8 + length, tokenizer_hash };
        Ok(Opened { shape, tokenizer, tensors: hub })
    }

    /// Where a tensor of at least `count` numbers begins, and how it is coded.
    fn place(&self, name: &str, count: usize) -> Result<(u64, Coding), LoadError> {
        let fault = |problem: &str| self.file.fault(format!("`{name}` {problem}"));
        let entry = self.tensors.get(name).ok_or_else(|| fault("is missing"))?;
        let coding = match entry.dtype.as_str() {
            "F32" => Coding::F32,
            "F16" => Coding::F16,
            "BF16" => Coding::Bf16,
            _ => return Err(fault("is coded in a way unknown here")),
        };
        let numbers = entry.shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
        let bytes = numbers.and_then(|numbers| coding.bytes(numbers));
        let [from, to] = entry.data_offsets;
        if numbers.is_none_or(|numbers| numbers < count)
            || bytes.map(|bytes| bytes as u64) != to.checked_sub(from)
            || self.begin.checked_add(to).is_none_or(|end| end > self.file.length())
        {
            return Err(fault("has not the size it should have"));
        }
        Ok((self.begin + from, coding))
    }
}

impl Tensors for Hub {
    fn read(&self, part: Part, count: usize) -> Result<Vec<f32>, LoadError> {
        let name = name(part);
        let (at, coding) = self.place(&name, count)?;
        self.file.numbers(at, count, coding, &name)
    }

    fn into_words(self, shape: &Shape, hasher: &mut Sha256) -> Result<WordTable, LoadError> {
        let count = shape.width * shape.words;
        let (from, coding) = self.place(WORDS, count)?;
        let bytes = coding.bytes(count).ok_or_else(|| self.file.beyond(WORDS))?;
        let at = from..from + bytes as u64;
        hasher.update(self.tokenizer_hash);
        self.file.hash(&at, hasher)?;
        Ok(WordTable { file: self.file, at, coding, width: shape.width })
    }
}

fn name(part: Part) -> String {
    let side = |side| match side {
        Side::Weight => "weight",
        Side::Bias => "bias",
    };
    match part {
        Part::Positions => "embeddings.position_embeddings.weight".to_owned(),
        Part::TokenTypes => "embeddings.token_type_embeddings.weight".to_owned(),
        Part::EmbeddingNorm(of) => format!("embeddings.LayerNorm.{}", side(of)),
        Part::Layer(layer, part, of) => {
            let part = match part {
                LayerPart::Query => "attention.self.query",
                LayerPart::Key => "attention.self.key",
                LayerPart::Value => "attention.self.value",
                LayerPart::Attended => "attention.output.dense",
                LayerPart::AttendedNorm => "attention.output.LayerNorm",
                LayerPart::Widen => "intermediate.dense",
                LayerPart::Narrow => "output.dense",
                LayerPart::Norm => "output.LayerNorm",
            };
            format!("encoder.layer.{layer}.{part}.{}", side(of))
        }
    }
}

/// Reads a whole file of JSON; also its hash.
fn json<T: DeserializeOwned>(file: &WeightFile) -> Result<(T, [u8; 32]), LoadError> {
    if file.length() > MOST_JSON {
        return Err(file.fault(format!("it has {} bytes; more than {MOST_JSON} are not read", file.length())));
    }
    let bytes = file.read(0, file.length(), "the file")?;
    let content = serde_json::from_slice(&bytes).map_err(|error| file.fault(error.to_string()))?;
    Ok((content, Sha256::digest(&bytes).into()))
}

fn shape(config: &Config) -> Result<Shape, String> {
    if config.model_type != "bert" || config.hidden_act != "gelu" {
        return Err(format!(
            "this is a `{}` model with `{}`; multilingual-e5-small is `bert` with `gelu`",
            config.model_type, config.hidden_act
        ));
    }
    let shape = Shape {
        width: config.hidden_size,
        layers: config.num_hidden_layers,
        heads: config.num_attention_heads,
        middle: config.intermediate_size,
        words: config.vocab_size,
        positions: config.max_position_embeddings,
        epsilon: config.layer_norm_eps,
    };
    shape.problem().map_or(Ok(shape), Err)
}

fn tokenizer(content: TokenizerFile, shape: &Shape, file: &WeightFile) -> Result<Tokenizer, LoadError> {
    let TokenizerFile { model, normalizer } = content;
    if model.kind != "Unigram" {
        return Err(file.fault(format!("its model is `{}`; `Unigram` is known here", model.kind)));
    }
    if model.vocab.len() > shape.words {
        return Err(file.fault(format!("it has {} pieces for {} tokens", model.vocab.len(), shape.words)));
    }
    let token = |name: &str| {
        let index = model.vocab.iter().position(|(piece, _)| piece == name);
        index
            .and_then(|index| u32::try_from(index).ok())
            .ok_or_else(|| file.fault(format!("there is no piece `{name}`")))
    };
    let (begin, end) = (token("<s>")?, token("</s>")?);
    let mut special = vec![begin, end];
    // These two need not be there.
    special.extend(["<pad>", "<mask>"].iter().filter_map(|name| token(name).ok()));
    let mut text = Vec::new();
    let mut begins = vec![0];
    let mut scores = Vec::with_capacity(model.vocab.len());
    for (piece, score) in &model.vocab {
        text.extend_from_slice(piece.as_bytes());
        begins.push(u32::try_from(text.len()).map_err(|_| file.fault("the pieces are too long"))?);
        scores.push(*score);
    }
    let vocabulary = Vocabulary::new(text, begins, scores, &special, model.unk_id)
        .map_err(|problem| file.fault(problem))?;
    let encoded =
        charsmap(&normalizer).ok_or_else(|| file.fault("there is no `Precompiled` table of characters"))?;
    let bytes = BASE64_STANDARD
        .decode(encoded)
        .map_err(|error| file.fault(format!("the table of characters: {error}")))?;
    let normalizer = Normalizer::Charsmap(Charsmap::read(&bytes, |problem| file.fault(problem))?);
    Ok(Tokenizer { normalizer, vocabulary, begin, end })
}

/// The table of characters, which may be one of several normalisers in a row.
fn charsmap(normalizer: &Value) -> Option<&str> {
    normalizer["precompiled_charsmap"]
        .as_str()
        .or_else(|| normalizer["normalizers"].as_array()?.iter().find_map(charsmap))
}
