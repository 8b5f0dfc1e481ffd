//! Whether a value stands under a no: `não tenho 10 mil`, `não é 5`. A value that is denied is no value.

use super::message::{Message, WordAt};
use crate::domain::language::Language;
use crate::language::clauses::Clause;
use std::ops::Range;

/// What follows a no and takes its force away: `não sei, uns 5 mil`.
const HARMLESS: &[&[&str]] = &[
    &["sei"],
    &["tenho", "certeza"],
    &["tenho", "ideia"],
    &["so"],
    &["decidi"],
    &["defini"],
    &["pensei"],
    &["importa"],
    &["lembro"],
    &["posso", "esperar"],
    &["know"],
    &["sure"],
    &["se"],
    &["problema"],
    &["falta"],
];

/// Whether a word of denial stands in front of `span` in its clause, or right behind it.
pub(super) fn is_denied(message: &Message<'_>, clause: &Clause, span: &Range<usize>) -> bool {
    let before = message.words_in(&(clause.span.start..span.start.max(clause.span.start)));
    let denies = before
        .iter()
        .enumerate()
        .any(|(at, word)| is_no(&word.folded, message.language) && !is_harmless(&before[at + 1..]));
    let behind = message.words_in(&(span.end.min(clause.span.end)..clause.span.end));
    let ends_in_no = behind.first().is_some_and(|word| matches!(word.folded.as_str(), "nao" | "not"))
        && behind.get(1).is_none_or(|next| {
            matches!(next.folded.as_str(), "da" | "tenho" | "rola" | "posso" | "consigo" | "quero")
        });
    denies || ends_in_no
}

fn is_no(word: &str, language: Language) -> bool {
    let common = matches!(word, "nao" | "nunca" | "jamais" | "nem" | "n");
    common
        || match language {
            Language::Portuguese => word == "sem",
            Language::English => matches!(
                word,
                "no" | "not"
                    | "never"
                    | "don"
                    | "dont"
                    | "isn"
                    | "aren"
                    | "doesn"
                    | "didn"
                    | "can"
                    | "cannot"
                    | "without"
            ),
            Language::Spanish => matches!(word, "no" | "ni" | "sin" | "tampoco"),
        }
}

fn is_harmless(behind: &[WordAt]) -> bool {
    let behind = match behind.first() {
        Some(word) if word.folded == "t" => &behind[1..],
        _ => behind,
    };
    HARMLESS.iter().any(|phrase| {
        behind.len() >= phrase.len()
            && behind.iter().zip(phrase.iter()).all(|(word, expected)| word.folded == *expected)
    })
}
