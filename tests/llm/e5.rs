//! The E5 model in this process: files that lie, both layouts on a small model, and the real weights against what the
//! package they come from makes of the same texts.

use crate::support::tiny_e5::{Folder, PIECES, POSITIONS, WIDTH, config, packed};
use balcao::llm::embed::e5::{CONFIG, E5, LoadError, WEIGHTS};
use balcao::llm::embed::{Embedder, TextKind};
use serde::Deserialize;
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::path::Path;

fn open(path: &Path) -> Result<E5, LoadError> {
    E5::open(path, NonZeroUsize::MIN)
}

fn close(one: &[f32], other: &[f32]) -> bool {
    one.iter().zip(other).all(|(one, other)| (one - other).abs() < 1e-5)
}

#[test]
fn both_layouts_are_one_model() {
    let folder = Folder::new();
    let packed = open(&folder.write("packed.bin", packed().0)).unwrap();
    folder.hub();
    let hub = open(folder.path()).unwrap();
    assert_ne!(packed.id(), hub.id());
    let texts = ["preço do pão", "abc cab", "", "</s> ?!", "preço abc"];
    for kind in [TextKind::Query, TextKind::Passage] {
        let (one, other) = (packed.embed(&texts, kind).unwrap(), hub.embed(&texts, kind).unwrap());
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one.len(), WIDTH);
            assert!((one.iter().map(|number| number * number).sum::<f32>() - 1.0).abs() < 1e-5);
            assert!(close(one, other), "{one:?} {other:?}");
        }
        assert!(!close(&one[0], &one[1]));
    }
    assert_eq!(packed.tokens("preço do pão", TextKind::Query), [5, 7, 8, 9, 10, 4, 11]);
    assert_eq!(packed.tokens("  preço\n\npão ", TextKind::Passage), [6, 7, 8, 9, 4, 11]);
}

#[test]
fn a_text_does_not_depend_on_those_beside_it() {
    let folder = Folder::new();
    let model = open(&folder.write("packed.bin", packed().0)).unwrap();
    let long = "preço do pão ".repeat(40);
    let texts: Vec<&str> = (0..60).map(|index| if index % 7 == 0 { long.as_str() } else { "abc" }).collect();
    let together = model.embed(&texts, TextKind::Passage).unwrap();
    for (text, vector) in texts.iter().zip(&together) {
        assert!(close(vector, &model.embed(&[text], TextKind::Passage).unwrap()[0]));
    }
    assert_eq!(model.embed(&[], TextKind::Query).unwrap(), Vec::<Vec<f32>>::new());
}

#[test]
fn a_text_without_end_is_read_up_to_a_bound() {
    let folder = Folder::new();
    let model = open(&folder.write("packed.bin", packed().0)).unwrap();
    let (long, endless) = ("abc".repeat(10_000), "abc".repeat(200_000));
    let vectors = model.embed(&["abc", &long, &endless], TextKind::Query).unwrap();
    assert!(close(&vectors[1], &vectors[2]));
    assert!(!close(&vectors[0], &vectors[1]));
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused() {
    let folder = Folder::new();
    let (whole, begin) = packed();
    for length in (0..begin).chain([begin + 1, whole.len() - 1]) {
        let cut = open(&folder.write("cut.bin", &whole[..length]));
        assert!(cut.is_err(), "{length}");
    }
    folder.hub();
    let weights = std::fs::read(folder.path().join(WEIGHTS)).unwrap();
    for length in [0, 4, 8, 100, 1000, weights.len() - 1] {
        folder.write(WEIGHTS, &weights[..length]);
        let error = open(folder.path()).err().unwrap();
        assert!(error.to_string().contains(WEIGHTS), "{error}");
    }
}

#[test]
fn no_byte_of_a_header_makes_a_panic() {
    let folder = Folder::new();
    let (whole, begin) = packed();
    for at in 0..begin {
        let mut wrong = whole.clone();
        for value in [0xff, whole[at] ^ 1, whole[at] ^ 0x80] {
            wrong[at] = value;
            if let Ok(model) = open(&folder.write("wrong.bin", &wrong)) {
                // It may still be a model, of another mind.
                model.embed(&["preço do pão\n"], TextKind::Query).ok();
            }
        }
    }
}

#[test]
fn what_is_wrong_is_said_with_the_file_and_what_to_do() {
    let folder = Folder::new();
    let says = |path: &Path, words: &str| {
        let error = open(path).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    };
    says(&folder.path().join("nowhere.bin"), "nowhere.bin: ");
    says(&folder.write("text.bin", "# not a model"), "give one, or a folder with");
    says(folder.path(), "config.json: ");
    folder.hub();
    let broken = |key: &str, value: Value| {
        let mut config = config();
        config[key] = value;
        folder.write(CONFIG, config.to_string());
    };
    broken("model_type", json!("xlm-roberta"));
    says(folder.path(), "this is a `xlm-roberta` model");
    broken("hidden_size", json!(1_000_000));
    says(folder.path(), "hidden size is 1000000");
    broken("max_position_embeddings", json!(POSITIONS + 1));
    says(folder.path(), "`embeddings.position_embeddings.weight` has not the size");
    broken("vocab_size", json!(PIECES.len() - 1));
    says(folder.path(), "it has 16 pieces for 15 tokens");
}

/// What the package's own program made of some texts.
#[derive(Deserialize)]
struct Reference {
    texts: Vec<ReferenceText>,
    dots: Vec<Vec<f32>>,
    dots_enpt: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct ReferenceText {
    kind: String,
    text: String,
    ids: Vec<u32>,
    ids_enpt: Vec<u32>,
}

impl ReferenceText {
    fn kind(&self) -> TextKind {
        if self.kind == "query" { TextKind::Query } else { TextKind::Passage }
    }
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("e5_reference.json")).unwrap()
}

/// The real weights: `None` without `BALCAO_TEST_E5`, which `./dev test` sets. It says so where that is seen.
#[expect(clippy::print_stderr, reason = "what was not tested should be seen")]
fn real(name: &str) -> Option<E5> {
    let Some(folder) = std::env::var_os("BALCAO_TEST_E5") else {
        eprintln!("LEFT OUT: BALCAO_TEST_E5 does not say where {name} is; ./dev test sets it");
        return None;
    };
    let model = E5::open(&Path::new(&folder).join(name), NonZeroUsize::new(2).unwrap());
    Some(model.unwrap_or_else(|error| panic!("BALCAO_TEST_E5 is set: {error}")))
}

fn agrees(name: &str, ids: impl Fn(&ReferenceText) -> &[u32], dots: &[Vec<f32>]) {
    let Some(model) = real(name) else { return };
    let texts = reference().texts;
    for text in &texts {
        assert_eq!(model.tokens(&text.text, text.kind()), ids(text), "{}", text.text);
    }
    let vectors = |kind: TextKind| {
        let texts = texts.iter().filter(|text| text.kind() == kind).map(|text| text.text.as_str());
        model.embed(&texts.collect::<Vec<_>>(), kind).unwrap()
    };
    let (questions, passages) = (vectors(TextKind::Query), vectors(TextKind::Passage));
    assert_eq!((questions.len(), passages.len()), (dots.len(), dots[0].len()));
    for (question, row) in questions.iter().zip(dots) {
        assert_eq!(question.len(), 384);
        for (passage, expected) in passages.iter().zip(row) {
            let dot: f32 = question.iter().zip(passage).map(|(one, other)| one * other).sum();
            // The package rounds what goes between the layers to 8 bits; this program does not.
            assert!((dot - expected).abs() < 0.01, "{dot} is not {expected}");
        }
    }
}

#[test]
fn the_real_model_agrees_with_the_program_it_comes_with() {
    agrees("e5-small-q4.bin", |text| &text.ids, &reference().dots);
}

#[test]
fn the_smaller_vocabulary_agrees_too() {
    agrees("e5-small-enpt-q4.bin", |text| &text.ids_enpt, &reference().dots_enpt);
}

#[test]
fn the_right_passage_is_nearest() {
    let Some(model) = real("e5-small-enpt-q4.bin") else { return };
    let passages = [
        "Trocas são aceitas em até trinta dias após o recebimento, com a nota fiscal.",
        "Abrimos de segunda a sexta das 9h às 18h, e aos sábados das 9h às 13h.",
        "Aceitamos cartão em até seis vezes sem juros, Pix e boleto.",
    ];
    let passages = model.embed(&passages, TextKind::Passage).unwrap();
    for (question, right) in [
        ("qual o prazo para trocar um produto com defeito?", 0),
        ("are you open on Saturday?", 1),
        ("posso parcelar no cartão?", 2),
    ] {
        let vector = &model.embed(&[question], TextKind::Query).unwrap()[0];
        let dot =
            |passage: &Vec<f32>| passage.iter().zip(vector).map(|(one, other)| one * other).sum::<f32>();
        let dots: Vec<f32> = passages.iter().map(dot).collect();
        let nearest = dots.iter().enumerate().max_by(|one, other| one.1.total_cmp(other.1)).unwrap().0;
        assert_eq!(nearest, right, "{question}: {dots:?}");
    }
}
