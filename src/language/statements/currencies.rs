//! Amounts in a currency that is not the business's own: `85,00 €`, `£20`, `20 euros`. Nothing is converted: they are compared
//! as they are written. Pure.

use super::numbers::number_at;
use super::{Fact, Source};
use crate::language::fold::TokenKind;

/// The amount that begins at the token `at`, and how many tokens it takes.
pub(super) fn foreign_amount(source: &Source<'_>, at: usize) -> Option<(Fact, usize)> {
    let is_sign = |place: usize| matches!(source.word(place), "€" | "£");
    let before = usize::from(is_sign(at));
    if before == 0 && source.tokens.get(at)?.kind == TokenKind::Mark {
        return None;
    }
    let (value, used) = number_at(source, at + before)?;
    let behind = before + used;
    // `the hot one £19`: the sign is the next number's.
    let is_of_the_next =
        source.tokens.get(at + behind + 1).is_some_and(|token| token.kind == TokenKind::Digits);
    let is_named = (is_sign(at + behind) && !is_of_the_next)
        || matches!(
            source.word(at + behind),
            "euro" | "euros" | "eur" | "pounds" | "gbp" | "pesos" | "soles"
        );
    let amount = Fact::Money(i64::try_from(value / 100).ok()?);
    (before > 0 || is_named).then_some((amount, behind + usize::from(is_named && before == 0)))
}

#[cfg(test)]
mod tests {
    use crate::domain::language::Language;
    use crate::language::statements::{Fact, read_sentence};

    #[test]
    fn amounts_are_read_in_any_currency() {
        for (text, cents) in [
            ("cuesta 59,95 €", Some(5_995)),
            ("€ 20 a day", Some(2_000)),
            ("£7.50", Some(750)),
            ("son 20 euros", Some(2_000)),
            ("son $ 24.900", Some(2_490_000)),
            ("son 20 turnos", None),
            ("the hot one £19", Some(1_900)),
            ("a £10 charge", Some(1_000)),
            ("o sinal disso em reais é 3", Some(300)),
            ("pago en pesos y son 20 turnos", None),
        ] {
            let read = read_sentence(text, Language::Spanish);
            let amounts: Vec<i64> = read
                .stated
                .iter()
                .filter_map(|stated| match stated.fact {
                    Fact::Money(cents) => Some(cents),
                    _ => None,
                })
                .collect();
            assert_eq!(amounts, Vec::from_iter(cents), "{text}");
        }
    }
}
