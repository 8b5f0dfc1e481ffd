//! On what condition something is so, and who bears what it costs: `grátis acima de R$ 199,00`, `o frete é por sua conta`, `em
//! qualquer caso`. A reply that drops the condition says more than the house does. Read off the words in pt, en and es. Pure.

use super::evident::Evident;
use super::fields::{lists, words_of};
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
        (Some(path), _) => {
            // `free_above: "R$ 199,00"`
            let field = path.rsplit('.').next().unwrap_or_default();
            let words = words_of(field);
            let has = |list: &str| words.iter().any(|word| lists(list, word));
            has("free gratis gratuito")
                && has("above over from min minimum minimo acima partir desde threshold")
        }
        (None, Some(span)) => {
            let (from, until) = (evident.lead_in + span.start, evident.lead_in + span.end);
            let before = evident.written.get(..from).unwrap_or_default();
            let behind = evident.written.get(until..).unwrap_or_default();
            let ends = ['.', ';', '!', '?', '\n'];
            let own = format!(
                "{}{}",
                before.rsplit(ends).next().unwrap_or_default(),
                behind.split(['.', ';', '!', '?', '\n']).next().unwrap_or_default()
            );
            let amounts = read_sentence(&own, language);
            let mut amounts = amounts.stated.iter().filter(|other| other.fact.kind() == Kind::Money);
            amounts.any(|amount| {
                let before = own.get(..amount.span.start).unwrap_or_default();
                BOUNDS.are_in(&spaced(
                    before
                        .get(before.floor_char_boundary(before.len().saturating_sub(24))..)
                        .unwrap_or_default(),
                ))
            })
        }
        (None, None) => false,
    };
    is_bound && !names_an_amount()
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
            "ate|termina|terminam|acaba|encerra|encerramos|fecha|fechamos|fim|until|till|ends|end|closes|close|by|hasta|cierra|\
            cerramos|finaliza|saida|check out|checkout|devolucao|dropoff|drop off|return|prazo|limite|no maximo|antes",
        )
    });
    let is_end = evident.path.is_some_and(|path| {
        let words = words_of(path.rsplit('.').next().unwrap_or_default());
        words.iter().any(|word| lists("end ends until fim termino fin to", word))
    });
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
