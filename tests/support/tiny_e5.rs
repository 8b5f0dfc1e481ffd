//! A model of the E5 kind, small enough to be written down by a test, in both layouts that the program reads. Its
//! weights mean nothing; its files are whole.

use balcao::llm::embed::e5::{CONFIG, TOKENIZER, WEIGHTS};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub const WIDTH: usize = 32;
const MIDDLE: usize = 64;
pub const POSITIONS: usize = 24;
pub const PIECES: [(&str, f32); 16] = [
    ("<s>", 0.0),
    ("<pad>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    ("\u{2581}", -3.0),
    ("\u{2581}query", -4.0),
    ("\u{2581}passage", -4.0),
    (":", -2.0),
    ("\u{2581}pre", -5.0),
    ("ço", -5.0),
    ("\u{2581}do", -5.0),
    ("pão", -6.0),
    ("a", -7.0),
    ("b", -7.0),
    ("c", -7.0),
    ("<mask>", 0.0),
];

/// Numbers that look like weights, the same at every run.
struct Weights(u32);

impl Weights {
    fn take(&mut self, count: usize) -> Vec<f32> {
        let mut next = || {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        (0..count).map(|_| next()).collect()
    }
}

/// The tensors by their names in the one layout and in the other.
fn tensors() -> Vec<(String, String, Vec<usize>, Vec<f32>)> {
    let mut weights = Weights(7);
    let mut all = Vec::new();
    let mut add = |short: String, long: String, shape: &[usize]| {
        all.push((short, long, shape.to_vec(), weights.take(shape.iter().product())));
    };
    let embeddings = |name: &str| format!("embeddings.{name}");
    add("emb.word".into(), embeddings("word_embeddings.weight"), &[PIECES.len(), WIDTH]);
    add("emb.pos".into(), embeddings("position_embeddings.weight"), &[POSITIONS, WIDTH]);
    add("emb.type".into(), embeddings("token_type_embeddings.weight"), &[2, WIDTH]);
    add("emb.ln.w".into(), embeddings("LayerNorm.weight"), &[WIDTH]);
    add("emb.ln.b".into(), embeddings("LayerNorm.bias"), &[WIDTH]);
    for layer in 0..2 {
        for (short, long, shape) in [
            ("q", "attention.self.query", &[WIDTH, WIDTH][..]),
            ("k", "attention.self.key", &[WIDTH, WIDTH]),
            ("v", "attention.self.value", &[WIDTH, WIDTH]),
            ("ao", "attention.output.dense", &[WIDTH, WIDTH]),
            ("aln", "attention.output.LayerNorm", &[WIDTH]),
            ("fi", "intermediate.dense", &[MIDDLE, WIDTH]),
            ("fo", "output.dense", &[WIDTH, MIDDLE]),
            ("oln", "output.LayerNorm", &[WIDTH]),
        ] {
            let long = format!("encoder.layer.{layer}.{long}");
            add(format!("l{layer}.{short}.w"), format!("{long}.weight"), shape);
            add(format!("l{layer}.{short}.b"), format!("{long}.bias"), &shape[..1]);
        }
    }
    all
}

fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// The model in the layout of the package, and where its tensors begin.
pub fn packed() -> (Vec<u8>, usize) {
    let mut file = b"E5S1".to_vec();
    let sizes = [1, WIDTH, 2, 4, MIDDLE, PIECES.len(), POSITIONS, 2];
    let word = |number: usize| (number as u32).to_le_bytes();
    file.extend(sizes.into_iter().flat_map(word));
    file.extend(1e-12_f32.to_le_bytes());
    file.extend([32, PIECES.len(), 0, 2, 1, 3].into_iter().flat_map(word));
    let text: String = PIECES.iter().map(|(piece, _)| *piece).collect();
    file.extend((text.len() as u64).to_le_bytes());
    let mut begin = 0;
    for (piece, _) in PIECES {
        file.extend(word(begin));
        begin += piece.len();
    }
    file.extend(word(begin));
    file.extend(bytes(&PIECES.map(|(_, score)| score)));
    file.extend(text.bytes());
    // One character: a new line is a space.
    file.extend([1, 9].into_iter().flat_map(word));
    file.extend([10, 0, 0, 0, 1, 32, 0, 0, 0]);
    let tensors = tensors();
    let directory: usize = 4 + tensors.iter().map(|(name, ..)| 2 + name.len() + 1 + 4 + 8 + 8).sum::<usize>();
    let begin = file.len() + directory;
    file.extend(word(tensors.len()));
    let mut at = begin as u64;
    for (name, _, _, numbers) in &tensors {
        file.extend((name.len() as u16).to_le_bytes());
        file.extend(name.bytes());
        file.push(0);
        file.extend(word(numbers.len()));
        let length = numbers.len() as u64 * 4;
        file.extend([at, length].map(u64::to_le_bytes).concat());
        at += length;
    }
    assert_eq!(file.len(), begin);
    file.extend(tensors.iter().flat_map(|(.., numbers)| bytes(numbers)));
    (file, begin)
}

/// A folder for its files.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The model as the hub has it.
    pub fn hub(&self) {
        let mut header = serde_json::Map::new();
        let mut data = Vec::new();
        for (_, name, shape, numbers) in tensors() {
            let begin = data.len();
            data.extend(bytes(&numbers));
            header.insert(name, json!({"dtype": "F32", "shape": shape, "data_offsets": [begin, data.len()]}));
        }
        header.insert("__metadata__".into(), json!({"format": "pt"}));
        let header = Value::from(header).to_string();
        let file = [(header.len() as u64).to_le_bytes().as_slice(), header.as_bytes(), &data].concat();
        self.write(WEIGHTS, file);
        let charsmap = BASE64_STANDARD.encode([4, 0, 0, 0, 0, 0, 0, 0]);
        let normalizer = json!({"type": "Sequence", "normalizers": [
            {"type": "Precompiled", "precompiled_charsmap": charsmap}, {"type": "Replace"}]});
        let model = json!({"type": "Unigram", "unk_id": 3, "vocab": PIECES});
        self.write(TOKENIZER, json!({"model": model, "normalizer": normalizer}).to_string());
        self.write(CONFIG, config().to_string());
    }
}

pub fn config() -> Value {
    json!({
        "model_type": "bert", "hidden_act": "gelu", "hidden_size": WIDTH, "num_hidden_layers": 2,
        "num_attention_heads": 4, "intermediate_size": MIDDLE, "vocab_size": PIECES.len(),
        "max_position_embeddings": POSITIONS, "layer_norm_eps": 1e-12,
    })
}
