//! On what condition something is so, and who bears what it costs: `grátis acima de R$ 199,00`, `o frete é por sua conta`, `em
//! qualquer caso`. A reply that drops the condition says more than the house does. Read off the words in pt, en and es. Pure.

use super::ends::Part;
use super::evident::Evident;
use super::fields::{lists, words_of};
use super::result::What;
use crate::domain::language::Language;
use crate::language::phrases::{Phrases, spaced};
use crate::language::statements::{Fact, Kind, Stated, Word, read_sentence};
use std::sync::LazyLock;

/// Words of a bound from which on something is so.
static BOUNDS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "acima|a partir|partir de|above|over|from|or more|ou mais|desde|minimo|minima|minimum|superior|superiores|mas de|\
        more than|mais de|at least|pelo menos|al menos|primeira compra|first order|primera compra",
    )
});

/// Words of what is so without any condition.
static ALWAYS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "em qualquer caso|qualquer valor|qualquer compra|qualquer pedido|qualquer motivo|sem valor minimo|sem minimo|any amount|\
        in any case|any purchase|any order|any reason|no minimum|cualquier caso|cualquier monto|cualquier compra|cualquier motivo|\
        sin minimo|em todos os casos|in all cases|en todos los casos",
    )
});

/// Words of a cost that the customer bears, and the beginnings of words by which a source says so.
static THEIRS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "por sua conta|por conta do cliente|por conta do comprador|at your expense|at your own expense|por tu cuenta|a tu cargo|\
        a cargo del cliente|corre por tu cuenta",
    )
});
const THEIRS_TOLD: [&str; 12] = [
    "sua conta",
    "conta do c",
    "cliente paga",
    "your expense",
    "tu cuenta",
    "cargo",
    "paid by",
    "by the customer",
    "customer pays",
    "buyer",
    "do comprador",
    "del cliente",
];

/// And of one that the house bears.
static OURS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "por nossa conta|por conta da loja|por conta da casa|on us|on the house|por nuestra cuenta|a nuestro cargo",
    )
});
const OURS_TOLD: [&str; 8] =
    ["nossa conta", "conta da l", "conta da c", "gratis", "gratuit", "on us", "free", "nuestr"];

/// Whether a sentence says that something is so whatever the case, or who pays, and no source says it like that. `told` is
/// whether a source has a word with this beginning.
pub(super) fn says_too_much(folded: &str, told: impl Fn(&str) -> bool) -> bool {
    let words = spaced(folded);
    let is_told = |beginnings: &[&str]| beginnings.iter().any(|beginning| told(beginning));
    (ALWAYS.are_in(&words)
        && !is_told(&[
            "qualquer",
            "any ",
            "cualquier",
            "sem minimo",
            "sem valor",
            "no minimum",
            "sin minimo",
            "todos os casos",
        ]))
        || (THEIRS.are_in(&words) && !is_told(&THEIRS_TOLD))
        || (OURS.are_in(&words) && !is_told(&OURS_TOLD))
}

/// Whether `evident` says that something is free from an amount on, and the sentence drops the amount.
pub(super) fn drops_the_bound(
    stated: &Stated,
    evident: &Evident<'_>,
    sentence: &str,
    language: Language,
) -> bool {
    if stated.fact != Fact::Word(Word::Free) || BOUNDS.are_in(&spaced(sentence)) {
        return false;
    }
    let names_an_amount =
        || read_sentence(sentence, language).stated.iter().any(|other| other.fact.kind() == Kind::Money);
    let is_bound = match (evident.path, &evident.span) {
        (Some(path), _) => is_a_threshold(path),
        (None, Some(_)) => is_free_from_an_amount(evident, language),
        (None, None) => false,
    };
    is_bound && !names_an_amount()
}

/// Whether a field says from what amount on something is free: `free_above: "R$ 199,00"`.
fn is_a_threshold(path: &str) -> bool {
    let words = words_of(path.rsplit('.').next().unwrap_or_default());
    let has = |list: &str| words.iter().any(|word| lists(list, word));
    has("free gratis gratuito")
        && has("above over from min minimum minimo minima acima partir desde threshold")
}

/// Whether `evident` is from what amount on something is free, and the sentence speaks of no such bound: it is no price.
pub(super) fn is_only_a_bound(evident: &Evident<'_>, sentence: &str, language: Language) -> bool {
    let is_bound = match evident.path {
        Some(path) => is_a_threshold(path),
        None => evident.is_of_money() && is_free_from_an_amount(evident, language),
    };
    is_bound && !BOUNDS.are_in(&spaced(sentence))
}

/// Whether the clause of a text that `evident` stands in says that something is free from an amount on.
fn is_free_from_an_amount(evident: &Evident<'_>, language: Language) -> bool {
    let Some(span) = &evident.span else { return false };
    let (from, until) = (evident.lead_in + span.start, evident.lead_in + span.end);
    let (before, behind) = (evident.written.get(..from), evident.written.get(until..));
    let (before, behind) = (before.unwrap_or_default(), behind.unwrap_or_default());
    let ends = ['.', ';', '!', '?', '\n'];
    // `R$ 250,00` has a mark, and ends nothing.
    let divides = |text: &str, at: usize| {
        !text.get(at + 1..).is_some_and(|next| next.starts_with(|sign: char| sign.is_ascii_digit()))
    };
    let begin = before
        .rmatch_indices(ends)
        .find(|(at, _)| divides(before, *at))
        .map_or(0, |(at, mark)| at + mark.len());
    let end =
        behind.match_indices(ends).find(|(at, _)| divides(behind, *at)).map_or(behind.len(), |(at, _)| at);
    let own = evident.written.get(begin..until + end).unwrap_or_default();
    let read = read_sentence(own, language);
    let is_free = read.stated.iter().any(|other| other.fact == Fact::Word(Word::Free));
    let mut amounts = read.stated.iter().filter(|other| other.fact.kind() == Kind::Money);
    let is_bounded = amounts.any(|amount| {
        let is_this = evident.what == What::Fact(amount.fact) || evident.is_free();
        let before = own.get(..amount.span.start).unwrap_or_default();
        let near =
            before.get(before.floor_char_boundary(before.len().saturating_sub(24))..).unwrap_or_default();
        is_this && BOUNDS.are_in(&spaced(near))
    });
    is_free && is_bounded
}

/// Whether `evident` is when something ends, and the sentence says when it begins: `às 15h` of what is from 14 to 15.
pub(super) fn is_the_end_of_it(
    stated: &Stated,
    evident: &Evident<'_>,
    sentence: &str,
    language: Language,
) -> bool {
    static ENDS: LazyLock<Phrases> = LazyLock::new(|| {
        Phrases::of(
            "ate|between|entre|termina|terminam|acaba|encerra|encerramos|fecha|fechamos|fim|until|till|ends|end|closes|close|by|hasta|cierra|\
            cerramos|finaliza|saida|check out|checkout|devolucao|dropoff|drop off|return|prazo|limite|no maximo|antes",
        )
    });
    let is_end = evident.path.is_some_and(|path| Part::of_field(path) == Part::End);
    stated.fact.kind() == Kind::Clock
        && is_end
        && read_sentence(sentence, language)
            .stated
            .iter()
            .filter(|other| other.fact.kind() == Kind::Clock)
            .count()
            == 1
        && !ENDS.are_in(&spaced(sentence))
}
