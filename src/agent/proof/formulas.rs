//! Sums that a sentence writes out: `2 × 28 + 2 × 21 = 98`. Pure.

use super::bind::Place;
use crate::language::statements::{Fact, decimal, read_sentence};

/// `£49 + £98 + £98 = £245`, `2 × 28 + 2 × 21 = 98`: whether an amount is what stands before its `=` comes to. What stands
/// there is proven by itself.
pub(super) fn is_the_result_of_its_sum(cents: i64, place: &Place<'_>) -> bool {
    let stated = &read_sentence(place.sentence, place.language).stated;
    let amounts = stated.iter().filter(|stated| stated.fact == Fact::Money(cents));
    amounts.into_iter().any(|amount| {
        let before = place.sentence.get(..amount.span.start).unwrap_or_default();
        let Some((formula, between)) = before.rsplit_once('=') else { return false };
        let formula = formula.rsplit(['=', ':', ';', '(', '?', '!']).next().unwrap_or_default();
        between.trim().trim_matches(['*', '_']).chars().count() <= 4 && comes_to(formula) == Some(cents)
    })
}

/// What a sum of products comes to, in centavos.
fn comes_to(formula: &str) -> Option<i64> {
    const PARTS: i64 = 10_000;
    let mut sum = 0_i64;
    let mut terms = 0;
    let mut sign = 1;
    for (at, term) in formula.split_inclusive(['+', '−', '-']).enumerate() {
        let next = if term.ends_with('+') { 1 } else { -1 };
        let mut product = PARTS;
        let mut factors = 0;
        for factor in term.trim_end_matches(['+', '−', '-']).split(['×', 'x', '*']) {
            let digits = factor.rsplit(|sign: char| !(sign.is_ascii_digit() || matches!(sign, '.' | ',')));
            let digits =
                digits.map(|digits| digits.trim_matches(['.', ','])).find(|digits| !digits.is_empty());
            // Marks of bold print stand between factors, too.
            let Some(digits) = digits else { continue };
            product = product.checked_mul(i64::try_from(decimal(digits)?).ok()?)? / PARTS;
            factors += 1;
        }
        if factors == 0 {
            return None;
        }
        terms += factors;
        sum = sum.checked_add(if at == 0 { product } else { sign * product })?;
        sign = next;
    }
    (terms > 1).then_some(sum / (PARTS / 100))
}

#[cfg(test)]
mod tests {
    use super::comes_to;

    #[test]
    fn a_sum_of_products_comes_to_what_it_does() {
        for (formula, cents) in [
            ("serían 2 × 28 + 2 × 21 ", Some(9_800)),
            ("£49 + £98 + £98 ", Some(24_500)),
            ("8 × R$ 39,00 ", Some(31_200)),
            ("R$ 1.250,00 − R$ 250,50 ", Some(99_950)),
            ("o total ", None),
            ("são 3 ", None),
            ("99999999999 × 99999999999 × 99999999999 ", None),
        ] {
            assert_eq!(comes_to(formula), cents, "{formula}");
        }
    }
}
