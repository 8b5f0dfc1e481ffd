//! Amounts of money as customers write them. The currency is always the business's own; nothing is converted.

use super::amount_words::{factor_of, is_currency};
use super::fold::{Token, TokenKind, beginning, tokens};
use super::numbers::read_number;
use super::span::Found;
use crate::domain::language::Language;
use crate::domain::money::Money;

/// Longest text that is looked at.
const LONGEST_TEXT: usize = 8 * 1024;

/// The largest amount anybody means, in centavos; more is a slip or an attack.
const LARGEST: i64 = 10_000_000_000_000;

/// Amounts of money: `R$ 1.234,50`, `5 mil reais`, `uns 3k`, `vinte reais`, `150 conto`, `$20`. A bare number is not
/// money.
pub fn find_money(text: &str, language: Language) -> Vec<Found<Money>> {
    let text = beginning(text, LONGEST_TEXT);
    let all = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < all.len() {
        match read_amount(text, &all, at, language) {
            Some((value, used)) => {
                found.push(Found { span: all[at].span.start..all[at + used - 1].span.end, value });
                at += used;
            }
            // A number that is no money is passed over whole, lest its tail looks like some.
            None => at += read_plain(text, &all, at, language).map_or(1, |(_, used)| used.max(1)),
        }
    }
    found
}

/// One amount that begins at token `at`, and how many tokens it takes.
fn read_amount(text: &str, all: &[Token], at: usize, language: Language) -> Option<(Money, usize)> {
    let word = |index: usize| all.get(index).map_or("", |token| token.text.as_str());
    let sign = match (word(at), word(at + 1)) {
        ("r" | "us", "$") => 2,
        // `S/ 95.00`, in Peru.
        ("s", "/") if all.get(at + 2).is_some_and(|next| next.kind == TokenKind::Digits) => 2,
        ("$", _) => 1,
        ("brl" | "usd" | "eur" | "gbp" | "mxn" | "ars" | "clp" | "cop" | "pen" | "uyu", _) => 1,
        _ => 0,
    };
    if sign == 0 && at > 0 && all[at - 1].touches(&all[at]) && all[at - 1].kind != TokenKind::Mark {
        return None;
    }
    let begin = at + sign;
    let (cents, mut used) = match read_plain(text, all, begin, language) {
        Some(plain) => plain,
        // `meio milhão`, `meia` nothing else.
        None if matches!(word(begin), "meio" | "medio" | "half") && is_million(word(begin + 1)) => (50, 1),
        None => return None,
    };
    let mut marked = sign > 0;
    let mut cents = cents;
    let (factor, words_taken) = match multiplier(all, begin + used) {
        // `$2M`: behind a sign it is no measure.
        (1, _)
            if sign > 0 && word(begin + used) == "m" && all[begin + used - 1].touches(&all[begin + used]) =>
        {
            (1_000_000, 1)
        }
        found => found,
    };
    if factor > 1 {
        cents = cents.checked_mul(factor)?;
        used += words_taken;
        marked = true;
        if let Some((rest, more)) = rest_of_thousands(all, begin + used, language, factor) {
            cents += rest;
            used += more;
        }
    }
    let joiner = usize::from(matches!(word(begin + used), "de" | "of"));
    if is_currency(word(begin + used + joiner)) {
        used += joiner + 1;
        marked = true;
        if let Some((rest, more)) = read_cents(all, begin + used, language) {
            cents += rest;
            used += more;
        }
    } else if is_cents(word(begin + used)) {
        return Some((Money(cents / 100), sign + used + 1));
    }
    // Thousands in words are an amount only with a mark, or `mil pessoas` would be money.
    (marked && cents <= LARGEST).then_some((Money(cents), sign + used))
}

/// A plain number in centavos: grouped digits with or without cents, or number words.
fn read_plain(text: &str, all: &[Token], at: usize, language: Language) -> Option<(i64, usize)> {
    let first = all.get(at)?;
    if first.kind != TokenKind::Digits {
        let (value, used) = read_number(all, at, language)?;
        return value.checked_mul(100).map(|cents| (cents, used));
    }
    let mut used = 1;
    while let [mark, digits, ..] = &all[at + used..] {
        let last = &all[at + used - 1];
        let joins = matches!(mark.text.as_str(), "." | ",") && last.touches(mark) && mark.touches(digits);
        if !joins || digits.kind != TokenKind::Digits || used > 12 {
            break;
        }
        used += 2;
    }
    let written = &text[first.span.start..all[at + used - 1].span.end];
    if written.len() > 20 {
        return None;
    }
    Money::parse(written).map(|money| (money.0, used))
}

/// `mil`, `k`, `milhões` behind a number, and how many tokens the word takes.
fn multiplier(all: &[Token], at: usize) -> (i64, usize) {
    let Some(token) = all.get(at) else { return (1, 0) };
    let factor = match token.text.as_str() {
        "mil" | "thousand" | "k" => 1_000,
        word if is_million(word) => 1_000_000,
        _ => 1,
    };
    (factor, usize::from(factor > 1))
}

/// `e quinhentos` behind `5 mil`.
fn rest_of_thousands(all: &[Token], at: usize, language: Language, factor: i64) -> Option<(i64, usize)> {
    let joined = all.get(at).is_some_and(|token| matches!(token.text.as_str(), "e" | "and"));
    let (value, used) = read_number(all, at + usize::from(joined), language)?;
    (joined && value < factor && value < 1_000).then_some((value * 100, used + 1))
}

/// `e 50 centavos`, `e cinquenta` behind the currency.
fn read_cents(all: &[Token], at: usize, language: Language) -> Option<(i64, usize)> {
    let word = |index: usize| all.get(index).map_or("", |token| token.text.as_str());
    if !matches!(word(at), "e" | "and" | "con" | "y") {
        return None;
    }
    let (value, used) = read_number(all, at + 1, language)?;
    let named = is_cents(word(at + 1 + used));
    (value < 100 && named).then_some((value, used + 2))
}

fn is_million(word: &str) -> bool {
    // Whatever the language, `mi` behind a number is the Portuguese one; `mm` and `kk` are no money yet.
    factor_of(word, Language::Portuguese) == Some((1_000_000, false)) && !matches!(word, "mm" | "kk")
}

fn is_cents(word: &str) -> bool {
    matches!(word, "centavo" | "centavos" | "cent" | "cents")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_amounts() {
        use Language::{English, Portuguese, Spanish};
        let none: &[i64] = &[];
        for (language, text, cents) in [
            (Portuguese, "R$ 1.234,50", &[123_450][..]),
            (Portuguese, "r$50", &[5_000]),
            (Portuguese, "custa 1.234,50 reais", &[123_450]),
            (Portuguese, "5 mil reais", &[500_000]),
            (Portuguese, "uns 3k", &[300_000]),
            (Portuguese, "R$ 2,5 mil", &[250_000]),
            (Portuguese, "vinte reais", &[2_000]),
            (Portuguese, "vinte mil reais", &[2_000_000]),
            (Portuguese, "mil e quinhentos reais", &[150_000]),
            (Portuguese, "5 mil e quinhentos", &[550_000]),
            (Portuguese, "150 conto", &[15_000]),
            (Portuguese, "20 reais e 50 centavos", &[2_050]),
            (Portuguese, "99 centavos", &[99]),
            (Portuguese, "2 milhões de reais", &[200_000_000]),
            (Portuguese, "meio milhão", &[50_000_000]),
            (Portuguese, "entre R$ 100 e R$ 200,00", &[10_000, 20_000]),
            (Portuguese, "10000", none),
            (Portuguese, "pedido 10421 dia 25/11", none),
            (Portuguese, "vinte vasos", none),
            (English, "$1,234.50", &[123_450]),
            (English, "$20", &[2_000]),
            (English, "twenty dollars", &[2_000]),
            (English, "five thousand dollars", &[500_000]),
            (Spanish, "cien reales", &[10_000]),
            (Spanish, "dos mil reales", &[200_000]),
        ] {
            let found: Vec<_> = find_money(text, language).into_iter().map(|found| found.value.0).collect();
            assert_eq!(found, cents, "{text}");
        }
    }

    #[test]
    fn hostile_text_is_only_text() {
        for text in [
            "R$ ".repeat(5_000),
            "9".repeat(50_000),
            "1.".repeat(5_000),
            format!("R$ {} milhões", "9".repeat(9)),
        ] {
            find_money(&text, Language::Portuguese);
        }
        assert!(find_money("R$ 999999999 milhões", Language::Portuguese).is_empty());
    }
}
