//! How well contradictions between documents are told from what only looks like one. The set is `conflicts.toml`.

use balcao::domain::language::Language;
use balcao::knowledge::conflicts::{Conflict, conflicts, statements};
use balcao::knowledge::document::{Body, Document, Terms};
use balcao::knowledge::source;
use balcao::language::detect::detect;
use jiff::civil::{Date, date};
use serde::Deserialize;
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

const TODAY: Date = date(2026, 11, 26);

#[derive(Deserialize)]
struct Set {
    pair: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    conflict: bool,
    one: String,
    other: String,
}

fn document(name: &str, text: &str, language: Language) -> Document {
    let faq = text.split_once(" => ").map(|(question, answer)| Document {
        source: name.to_owned(),
        origin: name.to_owned(),
        line: Some(1),
        title: Some(question.to_owned()),
        language,
        tags: Vec::new(),
        terms: Terms::default(),
        body: Body::Faq { question: question.to_owned(), answer: answer.to_owned() },
    });
    faq.unwrap_or_else(|| {
        let files = [(format!("{name}.md"), Cow::Owned(text.as_bytes().to_vec()))];
        let files = source::in_memory(files);
        files[0].documents(language).next().unwrap().unwrap()
    })
}

fn found(documents: &[Document]) -> Vec<Conflict> {
    let stated: Vec<_> = documents.iter().map(|document| Arc::new(statements(document))).collect();
    conflicts(&stated, TODAY)
}

#[test]
fn contradictions_are_told_from_what_only_looks_like_one() {
    let set: Set = toml::from_str(include_str!("conflicts.toml")).unwrap();
    let (mut caught, mut missed, mut invented, mut left) = (0, Vec::new(), Vec::new(), 0);
    for Pair { conflict, one, other } in &set.pair {
        let language = detect(&format!("{one} {other}")).unwrap_or_default();
        let documents = [document("um", one, language), document("outro", other, language)];
        match (conflict, !found(&documents).is_empty()) {
            (true, true) => caught += 1,
            (true, false) => missed.push(format!("{one} <> {other}")),
            (false, true) => invented.push(format!("{one} <> {other}")),
            (false, false) => left += 1,
        }
    }
    println!("conflicts caught {caught} of {}", caught + missed.len());
    println!("pairs without a conflict left alone {left} of {}", left + invented.len());
    for pair in missed.iter().chain(&invented) {
        println!("wrong: {pair:?}");
    }
    // Rather a miss than a false alarm.
    assert!(invented.is_empty(), "{invented:#?}");
    assert!(caught * 100 >= 85 * (caught + missed.len()), "{missed:#?}");
}

#[test]
fn the_demo_shop_does_not_contradict_itself() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge");
    let files = source::on_disk(&[folder]).unwrap();
    let documents: Vec<Document> =
        files.iter().flat_map(|file| file.documents(Language::Portuguese)).map(Result::unwrap).collect();
    assert!(documents.len() > 50);
    assert_eq!(found(&documents), []);
}

#[test]
fn both_places_are_named_with_heading_and_line() {
    let policies =
        "---\ntitle: Políticas\n---\n# Loja\n\n## Trocas\n\nGostou? Ótimo.\nO prazo de troca é de 7 dias.\n";
    let documents = [
        document("politicas", policies, Language::Portuguese),
        document("faq", "Qual é o prazo de troca? => 30 dias.", Language::Portuguese),
    ];
    let conflicts = found(&documents);
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    let Conflict { about, one, other } = &conflicts[0];
    assert_eq!(about, "period");
    assert_eq!(
        (one.origin.as_str(), one.line, one.heading.as_deref()),
        ("politicas.md", Some(9), Some("Trocas"))
    );
    assert_eq!(one.text, "O prazo de troca é de 7 dias.");
    assert_eq!((other.origin.as_str(), other.line, other.text.as_str()), ("faq", Some(1), "30 dias."));
}

#[test]
fn different_instalments_of_the_same_contradict_each_other() {
    let documents = [
        document(
            "pagamento",
            "# Pagamento\n\nNo cartão, parcelamos em até 6x sem juros.",
            Language::Portuguese,
        ),
        document("faq", "Parcelam no cartão? => Sim, em até 10x sem juros no cartão.", Language::Portuguese),
    ];
    let conflicts = found(&documents);
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert_eq!(conflicts[0].about, "instalments");
}
