//! Calculations: that a sentence writes out, `2 × 28 + 2 × 21 = 98`, and that a model shows for what it says. Pure.

use super::bind::Place;
use crate::language::statements::{Fact, decimal, read_sentence};

/// Ten-thousandths, which numbers are kept in, of a one.
pub(super) const PARTS: u64 = 10_000;
/// The same of a centavo.
pub(super) const CENT: u64 = 100;

/// `£49 + £98 + £98 = £245`, `2 × 28 + 2 × 21 = 98`: whether an amount is what stands before its `=` comes to, and what is added up
/// there are amounts that were bound, or that the house tells.
pub(super) fn is_the_result_of_its_sum(cents: i64, bound: &[i64], place: &Place<'_>) -> bool {
    let stated = &read_sentence(place.sentence, place.language).stated;
    let house = place.ledger.evidence().filter(|evident| evident.origin.is_of_the_house());
    let amounts: Vec<i64> =
        house.filter_map(|evident| evident.amount()).chain(bound.iter().copied()).collect();
    let is_amount = |number: u64| i64::try_from(number / 100).is_ok_and(|cents| amounts.contains(&cents));
    stated.iter().filter(|stated| stated.fact == Fact::Money(cents)).any(|amount| {
        let before = place.sentence.get(..amount.span.start).unwrap_or_default();
        let Some((formula, between)) = before.rsplit_once('=') else { return false };
        let formula = formula.rsplit(['=', ':', ';', '(', '?', '!']).next().unwrap_or_default();
        between.trim().trim_matches(['*', '_']).chars().count() <= 4
            && comes_to(formula) == Some(cents)
            && Formula::read(formula).is_some_and(|formula| formula.is_sum_of(is_amount))
    })
}

/// A calculation as people write it: `4 × R$ 469,00 + R$ 90,00`, `30% × 780`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Formula {
    parts: Vec<Part>,
}

/// A piece of a calculation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// A number, in ten-thousandths, and whether it is a percentage.
    Number(u64, bool),
    /// `+`, `-`, `*`, `/`, `(` or `)`.
    Sign(char),
}

/// Most pieces of a calculation.
const MOST: usize = 40;

impl Formula {
    /// Reads one; what stands behind its `=` is what it is said to come to. None if it has no sign or is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.split('=').find(|part| part.contains(|sign: char| sign.is_ascii_digit()))?;
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(sign) = rest.chars().next() {
            let taken = if sign.is_ascii_digit() {
                let end = rest
                    .find(|sign: char| !(sign.is_ascii_digit() || matches!(sign, '.' | ',')))
                    .unwrap_or(rest.len());
                let digits = rest[..end].trim_end_matches(['.', ',']);
                let is_share = rest[digits.len()..].trim_start().starts_with('%');
                parts.push(Part::Number(decimal(digits)?, is_share));
                digits.len()
            } else {
                let operator = match sign {
                    '+' | '/' | '*' | '(' | ')' => Some(sign),
                    '-' | '−' | '–' => Some('-'),
                    '×' | '·' => Some('*'),
                    '÷' => Some('/'),
                    'x' | 'X' if stands_alone(text, rest) => Some('*'),
                    _ => None,
                };
                parts.extend(operator.map(Part::Sign));
                sign.len_utf8()
            };
            rest = &rest[taken..];
        }
        let has_sign = parts.iter().any(|part| matches!(part, Part::Sign('+' | '-' | '*' | '/')));
        (has_sign && parts.len() <= MOST).then_some(Self { parts })
    }

    /// Its numbers, in ten-thousandths, and whether each is a percentage.
    pub(super) fn numbers(&self) -> Vec<(u64, bool)> {
        let numbers = self.parts.iter().filter_map(|part| match part {
            Part::Number(number, is_share) => Some((*number, *is_share)),
            Part::Sign(_) => None,
        });
        numbers.collect()
    }

    /// Whether each thing that is added or taken away has just one amount in it, by `is_amount`; the rest says how often, or which
    /// share of it.
    pub(super) fn is_sum_of(&self, is_amount: impl Fn(u64) -> bool) -> bool {
        let mut terms = vec![0_usize];
        for part in &self.parts {
            match part {
                // What stands in parentheses is added up before it is multiplied.
                Part::Sign('+' | '-') => terms.push(0),
                Part::Number(number, false) if is_amount(*number) => {
                    if let Some(last) = terms.last_mut() {
                        *last += 1;
                    }
                }
                Part::Sign(_) | Part::Number(..) => {}
            }
        }
        terms.iter().all(|amounts| *amounts == 1)
    }

    /// Whether something is shared out by a number.
    pub(super) fn divides_by(&self, number: u64) -> bool {
        self.parts
            .windows(2)
            .any(|pair| matches!(pair, [Part::Sign('/'), Part::Number(divisor, _)] if *divisor == number))
    }

    /// Whether it only multiplies and shares out.
    pub(super) fn is_product(&self) -> bool {
        !self.parts.iter().any(|part| matches!(part, Part::Sign('+' | '-')))
    }

    /// What it comes to, in ten-thousandths; none if that is nothing, less than nothing, or it is written wrongly.
    pub(super) fn value(&self) -> Option<u64> {
        let mut at = 0;
        let value = self.sum(&mut at)?;
        (at == self.parts.len()).then(|| u64::try_from(value).ok()).flatten()
    }

    fn sum(&self, at: &mut usize) -> Option<i128> {
        let mut sum = self.product(at)?;
        while let Some(Part::Sign(sign @ ('+' | '-'))) = self.parts.get(*at) {
            *at += 1;
            let next = self.product(at)?;
            sum = if *sign == '+' { sum.checked_add(next)? } else { sum.checked_sub(next)? };
        }
        Some(sum)
    }

    fn product(&self, at: &mut usize) -> Option<i128> {
        let mut product = self.factor(at)?;
        while let Some(Part::Sign(sign @ ('*' | '/'))) = self.parts.get(*at) {
            *at += 1;
            let next = self.factor(at)?;
            product = if *sign == '*' {
                product.checked_mul(next)? / i128::from(PARTS)
            } else {
                product.checked_mul(i128::from(PARTS))?.checked_div(next)?
            };
        }
        Some(product)
    }

    fn factor(&self, at: &mut usize) -> Option<i128> {
        let part = *self.parts.get(*at)?;
        *at += 1;
        match part {
            Part::Number(number, is_share) => Some(i128::from(number) / if is_share { 100 } else { 1 }),
            Part::Sign('(') => {
                let inner = self.sum(at)?;
                *at += 1;
                (self.parts.get(*at - 1) == Some(&Part::Sign(')'))).then_some(inner)
            }
            Part::Sign(_) => None,
        }
    }
}

/// Whether the letter that `rest` of `text` begins with is no piece of a word.
fn stands_alone(text: &str, rest: &str) -> bool {
    let before = text[..text.len() - rest.len()].chars().next_back();
    let behind = rest.chars().nth(1);
    ![before, behind].into_iter().flatten().any(char::is_alphabetic)
}

/// An amount of centavos in ten-thousandths; nothing below zero.
pub(super) fn in_parts(cents: i64) -> Option<u64> {
    u64::try_from(cents).ok()?.checked_mul(CENT)
}

/// The numbers that a text is written with, in ten-thousandths.
pub(super) fn numbers_in(text: &str) -> Vec<u64> {
    text.split(|sign: char| !(sign.is_ascii_digit() || matches!(sign, '.' | ',')))
        .filter_map(|digits| decimal(digits.trim_matches(['.', ','])))
        .collect()
}

/// What a calculation comes to, in centavos.
fn comes_to(formula: &str) -> Option<i64> {
    let value = Formula::read(formula)?.value()?;
    i64::try_from(value / 100).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calculation_comes_to_what_it_does() {
        for (formula, cents) in [
            ("serían 2 × 28 + 2 × 21 ", Some(9_800)),
            ("£49 + £98 + £98 ", Some(24_500)),
            ("8 × R$ 39,00 ", Some(31_200)),
            ("8 x R$ 39,00 = R$ 312,00", Some(31_200)),
            ("R$ 1.250,00 − R$ 250,50 ", Some(99_950)),
            ("30% × (390,00 × 2)", Some(23_400)),
            ("96,20 / 3", Some(3_206)),
            ("2 × (3 + 4", None),
            ("10 / 0", None),
            ("5 − 8", None),
            ("o total ", None),
            ("são 3 ", None),
            ("99999999999 × 99999999999 × 99999999999 ", None),
        ] {
            assert_eq!(comes_to(formula), cents, "{formula}");
        }
        assert_eq!(numbers_in("R$ 1.250,50 em 3x, (2)"), [12_505_000, 30_000, 20_000]);
    }
}
