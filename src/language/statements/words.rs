//! Words that are statements by themselves: stock, gratuity, interest, opening. What a word means may be turned round by
//! a `não` before it.

use super::{Fact, Source, Stated, Word};
use crate::domain::language::Language;

/// How far before a word its `não` may stand.
const REACH: usize = 3;

/// The words of a sentence that are statements.
pub(super) fn find(source: &Source<'_>, found: &mut Vec<Stated>) {
    let mut at = 0;
    while at < source.tokens.len() {
        let Some((word, used)) = word_at(source, at) else {
            at += 1;
            continue;
        };
        let negated = (1..=REACH).any(|places| is_negation(source.before(at, places), source.language));
        if let Some(word) = if negated { opposite(word) } else { Some(word) } {
            found.push(source.stated(Fact::Word(word), at, used));
        }
        at += used;
    }
}

fn is_negation(word: &str, language: Language) -> bool {
    // `no mesmo dia` denies nothing.
    (word == "no" && language != Language::Portuguese)
        || matches!(
            word,
            "nao" | "not" | "nunca" | "never" | "isn" | "aren" | "don" | "sem" | "without" | "sin" | "nem"
        )
}

/// What a word says behind a `não`; nothing if that may be anything.
fn opposite(word: Word) -> Option<Word> {
    match word {
        Word::InStock | Word::Available => Some(Word::SoldOut),
        Word::SoldOut => Some(Word::InStock),
        Word::Open => Some(Word::Closed),
        Word::Closed => Some(Word::Open),
        Word::Free | Word::WithoutInterest | Word::SameDay => None,
    }
}

fn word_at(source: &Source<'_>, at: usize) -> Option<(Word, usize)> {
    let (first, second, third) = (source.word(at), source.word(at + 1), source.word(at + 2));
    let found = match (first, second, third) {
        ("fora" | "out", "de" | "of", "estoque" | "stock") => (Word::SoldOut, 3),
        ("sem" | "sin", "estoque" | "stock" | "existencias", _) => (Word::SoldOut, 2),
        ("em" | "in" | "en", "estoque" | "stock", _) => (Word::InStock, 2),
        ("pronta", "entrega", _) => (Word::InStock, 2),
        (
            "esgotado" | "esgotada" | "esgotados" | "esgotadas" | "esgotou" | "agotado" | "agotada"
            | "agotados" | "agotadas" | "indisponivel" | "indisponiveis" | "unavailable",
            ..,
        ) => (Word::SoldOut, 1),
        ("sold", "out", _) | ("em" | "en", "falta", _) => (Word::SoldOut, 2),
        ("disponivel" | "disponiveis" | "available" | "disponible" | "disponibles", ..) => {
            (Word::Available, 1)
        }
        ("sem" | "sin", "juros" | "interes" | "intereses", _) => (Word::WithoutInterest, 2),
        ("interest", "free", _) => (Word::WithoutInterest, 2),
        ("interest", "-", "free") => (Word::WithoutInterest, 3),
        ("no", "interest", _) => (Word::WithoutInterest, 2),
        ("gratis" | "gratuito" | "gratuita" | "gratuitos" | "gratuitas" | "gratuitamente", ..) => {
            (Word::Free, 1)
        }
        ("sem" | "sin", "custo" | "custos" | "costo", _) => (Word::Free, 2),
        ("free", next, _) if is_gift(source, at, next) => (Word::Free, 1),
        ("same", "day", _) => (Word::SameDay, 2),
        ("same", "-", "day") => (Word::SameDay, 3),
        ("mesmo", "dia", _) | ("mismo", "dia", _) => (Word::SameDay, 2),
        (
            "abrimos" | "abre" | "abrem" | "aberto" | "aberta" | "abertos" | "abertas" | "abierto"
            | "abierta" | "abiertos" | "abren",
            ..,
        ) => (Word::Open, 1),
        ("open" | "opens", ..) if second != "a" && second != "the" => (Word::Open, 1),
        ("funcionamos" | "funciona" | "atendemos", ..) => (Word::Open, 1),
        (
            "fechado" | "fechada" | "fechados" | "fechadas" | "fechamos" | "fecha" | "closed" | "closes"
            | "cerrado" | "cerrada" | "cerrados" | "cerramos",
            ..,
        ) => (Word::Closed, 1),
        _ => return None,
    };
    // An hour behind `fecha` says when the open day ends, not that it is closed.
    if found.0 == Word::Closed && matches!(first, "fecha" | "closes" | "fechamos" | "cerramos") {
        return None;
    }
    Some(found)
}

/// `free shipping` and `for free`, not `feel free`.
fn is_gift(source: &Source<'_>, at: usize, next: &str) -> bool {
    let before = source.before(at, 1);
    before != "feel"
        && before != "be"
        && before != "-"
        && (next != "to" && next != "-")
        && !matches!(next, "from")
}
