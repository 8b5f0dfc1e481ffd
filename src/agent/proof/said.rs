//! What single claims are by the sentence around them. Pure.

use super::bind::Place;
use crate::domain::language::Language;
use crate::domain::provenance::Origin;
use crate::language::numbers::find_quantities;
use crate::language::statements::{Fact, Kind, Stated, THING, read_sentence};

/// `Para 3 personas`, `for a 9-year-old`: a number that the customer said, as small as it is, where the sentence only takes it up.
pub(super) fn counted_by_the_customer(stated: &Stated, place: &Place<'_>) -> Option<Origin> {
    let number = match stated.fact {
        Fact::Count(hundredths, "person" | "piece" | THING) => i64::try_from(hundredths / 100).ok()?,
        Fact::Months(months) if months.is_multiple_of(12) => i64::from(months / 12),
        _ => return None,
    };
    let said = |text: &str| find_quantities(text, place.language).iter().any(|found| found.value == number);
    let mut words = place.ledger.customers_words().filter(|(_, text)| said(text));
    words.next().filter(|_| place.manner.repeats_the_customer(stated)).map(|(origin, _)| origin.clone())
}

/// `sexta a domingo`: whether a weekday lies within a stretch of which the ends are proven.
pub(super) fn is_within(stated: &Stated, all: &[Stated]) -> bool {
    let mut stretch = all.iter().filter(|other| other.span == stated.span);
    let (first, last) = (stretch.next(), stretch.next_back());
    matches!(stated.fact, Fact::Weekday(_))
        && [first, last]
            .iter()
            .flatten()
            .all(|end| matches!(end.fact, Fact::Weekday(_)) && end.fact != stated.fact)
        && last.is_some()
}

/// The amount in centavos that a claim is: a bare number is one beside another (`150 reais a primeira e 105 a segunda`).
pub(super) fn amount_of(fact: Fact, sentence: &str, language: Language) -> Option<i64> {
    let has_an_amount =
        || read_sentence(sentence, language).stated.iter().any(|other| other.fact.kind() == Kind::Money);
    match fact {
        Fact::Money(cents) => Some(cents),
        Fact::Number(number) if has_an_amount() => i64::try_from(number / 100).ok(),
        _ => None,
    }
}
