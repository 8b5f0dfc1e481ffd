//! What stands right behind a number and is said of it: a bracket, `na capital`, `de frete`, `pickup fee`. Pure.

use super::{Fact, Source};
use crate::language::fold::TokenKind;
use std::ops::Range;

/// The bytes right behind `end` that are said of what ends there: a bracket, or `na capital`, `da pequena`.
pub(super) fn tail_behind(source: &Source<'_>, end: usize, fact: Fact) -> Option<Range<usize>> {
    let first = source.tokens.iter().position(|token| token.span.start >= end)?;
    // `já com o casco novo`
    let first = first + usize::from(matches!(source.word(first), "ja" | "ya" | "already"));
    let opens = matches!(
        source.word(first),
        "na" | "no"
            | "nas"
            | "nos"
            | "para"
            | "pra"
            | "da"
            | "do"
            | "das"
            | "dos"
            | "por"
            | "per"
            | "/"
            | "ao"
            | "in"
            | "for"
            | "on"
            | "of"
            | "en"
            | "del"
    );
    // `a 14-day free trial`
    let joint = first.checked_sub(2).and_then(|place| source.tokens.get(place));
    let is_joined = joint.is_some_and(|token| token.text == "-");
    if is_joined && matches!(fact, Fact::Minutes(..) | Fact::Months(_)) {
        let behind = source.tokens[first..].iter().take(2).take_while(|token| token.kind == TokenKind::Word);
        return behind.last().map(|last| end..last.span.end);
    }
    // `R$ 420,00 de mão de obra`, `85 € por el aceite`, `$79 pickup fee`: for what an amount is.
    let is_an_amount = matches!(fact, Fact::Money(_));
    if is_an_amount && let Some(tail) = fee_behind(source, first) {
        return Some(tail);
    }
    let opens = opens || (is_an_amount && matches!(source.word(first), "de" | "com" | "con" | "with"));
    // `às 15h, com o Caio`
    let with = first + usize::from(source.word(first) == ",");
    let opens =
        opens || (matches!(fact, Fact::Clock(..)) && matches!(source.word(with), "com" | "con" | "with"));
    if opens {
        let first = if matches!(fact, Fact::Clock(..)) { with } else { first };
        let ends = |word: &str| {
            matches!(
                word,
                "," | ";"
                    | "."
                    | "!"
                    | "?"
                    | "("
                    | "e"
                    | "ou"
                    | "and"
                    | "or"
                    | "y"
                    | "o"
                    | "mas"
                    | "but"
                    | "pero"
                    | "com"
                    | "with"
                    | "con"
            )
        };
        let behind = source.tokens[first + 1..].iter().find(|token| ends(&token.text));
        return Some(end..behind.map_or(source.text.len(), |token| token.span.start));
    }
    let behind = source.text.get(end..)?;
    let open = behind
        .find(|sign: char| !sign.is_whitespace() && sign != '*')
        .filter(|at| behind[*at..].starts_with('('))?;
    let close = behind[open..].find(')')?;
    Some(end + open..end + open + close)
}

/// `$79 pickup fee`, `R$ 40,00 taxa`: the words right behind an amount up to one that says of what kind it is.
fn fee_behind(source: &Source<'_>, first: usize) -> Option<Range<usize>> {
    const LONGEST: usize = 4;
    const KINDS: [&str; 16] = [
        "fee",
        "charge",
        "deposit",
        "surcharge",
        "refund",
        "credit",
        "discount",
        "tip",
        "balance",
        "fine",
        "penalty",
        "taxa",
        "multa",
        "sinal",
        "frete",
        "caucao",
    ];
    let words =
        source.tokens.get(first..)?.iter().take(LONGEST).take_while(|token| token.kind == TokenKind::Word);
    let last = words.enumerate().find(|(_, token)| KINDS.contains(&token.text.as_str()))?.1;
    let begin = source.tokens.get(first)?.span.start;
    let is_plain =
        source.tokens[first..].iter().take_while(|token| token.span.end <= last.span.end).all(|token| {
            !matches!(
                token.text.as_str(),
                "e" | "y" | "and" | "plus" | "mais" | "with" | "com" | "con" | "is" | "no" | "sem"
            )
        });
    is_plain.then_some(begin..last.span.end)
}

#[cfg(test)]
mod tests {
    use crate::domain::language::Language;
    use crate::language::statements::{Kind, read_sentence, terms_of};

    #[test]
    fn what_an_amount_is_for_stands_behind_it() {
        use Language::{English, Portuguese, Spanish};
        for (language, text, places) in [
            (
                Portuguese,
                "O total é R$ 1.480,00: R$ 1.060,00 de peças e R$ 420,00 de funilaria",
                ["total", "peças", "funilaria"],
            ),
            (
                Spanish,
                "El total es 225 €: 85 € por el aceite y 140 € por las pastillas",
                ["total", "aceite", "pastillas"],
            ),
            (
                English,
                "The sofa is $900, minus the $79 pickup fee and a $50 discount",
                ["sofa", "pickup", "discount"],
            ),
        ] {
            let read = read_sentence(text, language);
            let amounts = read.stated.iter().filter(|stated| stated.fact.kind() == Kind::Money);
            for (amount, name) in amounts.zip(places) {
                assert!(
                    terms_of(name, language).iter().all(|term| amount.near.contains(term)),
                    "{text}: {name}"
                );
            }
        }
    }

    #[test]
    fn a_length_that_is_joined_to_a_noun_is_of_that_noun() {
        let read = read_sentence("Every plan comes with a 14-day free trial", Language::English);
        let trial = terms_of("trial", Language::English);
        let length = read.stated.iter().find(|stated| stated.fact.kind() == Kind::Length);
        assert!(length.is_some_and(|length| length.near.contains(&trial[0])));
    }
}
