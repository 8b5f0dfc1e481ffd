//! What a bare number counts: what is left in stock, how many a table is for, or the things behind it. Pure.

use super::Source;
use super::lexicon::{is_neutral, month};
use crate::language::fold::TokenKind;

/// `restam 3`, `5 suites left`, `4 em estoque`: how many there are, however few.
pub(super) fn is_counted_stock(source: &Source<'_>, at: usize, end: usize) -> bool {
    // `queda un solo ejemplar`, `only one left`
    let is_only = matches!(source.word(end), "solo" | "unico" | "unica" | "so" | "sola")
        || matches!(source.before(at, 1), "apenas" | "only" | "just" | "solo" | "somente");
    if (is_article(source.word(at)) && !is_only) || is_of_a_model(source, at) {
        return false;
    }
    if matches!(source.before(at, 1), "restam" | "resta" | "sobraram" | "quedan" | "queda" | "restan") {
        return true;
    }
    (end..end + 8).take_while(|place| !matches!(source.word(*place), "" | "," | "." | ";")).any(|place| {
        (matches!(source.word(place), "left" | "remaining" | "restantes") && source.word(place + 1) != "over")
            || (matches!(source.word(place), "em" | "in" | "en")
                && matches!(source.word(place + 1), "estoque" | "stock"))
    })
}

/// `mesa para 4`: for how many a table is.
pub(super) fn is_a_party(source: &Source<'_>, at: usize, end: usize) -> bool {
    let is_table =
        |word: &str| matches!(word, "mesa" | "mesas" | "table" | "reserva" | "reservation" | "lugares");
    matches!(source.before(at, 1), "para" | "pra" | "for" | "of")
        && (2..=4).any(|places| is_table(source.before(at, places)))
        && source.tokens.get(end).is_none_or(|next| match next.kind {
            TokenKind::Mark => !matches!(next.text.as_str(), "/" | ":" | "%" | "º" | "ª"),
            TokenKind::Word => !counts_things(source, end) && next.text != "h",
            TokenKind::Digits => false,
        })
}

/// `Pixel 7`: a number behind a proper name is a part of it.
fn is_of_a_model(source: &Source<'_>, at: usize) -> bool {
    // `o número 41 em estoque`
    let is_named = matches!(
        source.before(at, 1),
        "numero" | "number" | "size" | "talla" | "tamanho" | "modelo" | "model"
    );
    is_named
        || at > 1
            && source.tokens[at - 1].kind == TokenKind::Word
            && source.text[source.tokens[at - 1].span.clone()].starts_with(char::is_uppercase)
}

/// Whether a word for one may be an article.
pub(super) fn is_article(word: &str) -> bool {
    matches!(word, "um" | "uma" | "un" | "una" | "a" | "an" | "one" | "uno")
}

/// Whether a word for things stands right behind a number: `5 profissionais`.
pub(super) fn counts_things(source: &Source<'_>, end: usize) -> bool {
    source.tokens.get(end).is_some_and(|next| {
        next.kind == TokenKind::Word
            && next.text.len() > 3
            && !is_neutral(&next.text)
            && month(&next.text).is_none()
    })
}
