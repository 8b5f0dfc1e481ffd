//! The clauses of a sentence and their parts, and the things that words name. Pure; what they say is told in `policies.rs` and
//! `opposites.rs`.

use super::senses::thing;
use crate::domain::language::Language;
use crate::language::fold::{fold, is_stopword};
use crate::language::memo::Memo;
use std::sync::LazyLock;

/// Longest label of a line.
const LONGEST_LABEL: usize = 40;

/// The clauses of a sentence: what stands behind a `mas` is another.
pub(super) fn split_clauses(sentence: &str) -> impl Iterator<Item = &str> {
    sentence
        .split([';', '('])
        .flat_map(|clause| clause.split(" mas "))
        .flat_map(|clause| clause.split(" but "))
        .flat_map(|clause| clause.split(" pero "))
}

/// Whether a line begins with what it is of.
pub(super) fn is_labelled(clause: &str) -> bool {
    let label = clause.find([',', '.', ':', '–', '—']).filter(|end| *end <= LONGEST_LABEL);
    label.is_some_and(|end| !clause[end..].starts_with([',', '.']))
}

/// The folded words of a clause, divided at its commas, colons and dashes and at its `e`; `R$ 99,90` is not divided, and `é` is no `e`.
pub(super) fn parts_of(clause: &str) -> Vec<Vec<String>> {
    let lower = clause.to_lowercase();
    let mut parts = vec![Vec::new()];
    let divides = |sign: char| matches!(sign, ',' | ':' | '–' | '—');
    let signs = |sign: char| !(sign.is_alphanumeric() || divides(sign));
    for piece in lower.split(signs).flat_map(|run| run.split_inclusive(divides)) {
        let word = piece.trim_end_matches(divides);
        let is_joint = matches!(word, "e" | "y" | "and");
        if let Some(part) = parts.last_mut().filter(|_| !word.is_empty() && !is_joint) {
            part.push(fold(word));
        }
        let is_number = word.ends_with(|sign: char| sign.is_ascii_digit());
        if is_joint || (piece.ends_with(divides) && !(is_number && piece.ends_with(','))) {
            parts.push(Vec::new());
        }
    }
    parts.iter_mut().for_each(name_predicates);
    parts.retain(|part| !part.is_empty());
    parts
}

/// `There is an exam`: there is no verb of having in it; nor one of needing in `no hace falta`.
fn name_predicates(words: &mut Vec<String>) {
    if let Some(at) = words.windows(2).position(|pair| pair[0] == "hace" && pair[1] == "falta") {
        words.splice(at..at + 2, ["necesita".to_owned()]);
    }
    let is_there = |pair: &[String]| pair[0] == "there" && ["is", "are", "s"].contains(&pair[1].as_str());
    if let Some(at) = words.windows(2).position(is_there) {
        words.splice(at..at + 2, ["have".to_owned()]);
    }
}

/// Words that name nothing.
const IDLE: &str = "damos dar dan give gives fazer deixar levar trazer dejar llevar traer bring leave ter hacer tener have \
    nenhum nenhuma ningun ninguna nao sim yes tambem also ainda mais nossa nuestra nuestro our seu sua your tus ser esta estao \
    been does que para com con with don doesn isn didn aren wasn won antes depois despues before after basta just only solo \
    apenas";

/// The things that words name, in order.
pub(super) fn named(words: &[String], language: Language) -> Vec<String> {
    // The same few thousand words come again and again.
    static NAMES: LazyLock<Memo<Option<String>>> = LazyLock::new(Memo::default);
    let name = |word: &String| {
        let name = NAMES.of(word, language, || {
            let is_idle = || IDLE.split_ascii_whitespace().any(|idle| idle == word.as_str());
            (word.len() > 2 && !is_stopword(word, language) && !is_idle()).then(|| thing(word, language))
        });
        name.as_ref().clone()
    };
    words.iter().filter_map(name).collect()
}
