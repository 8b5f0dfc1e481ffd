//! What single claims are by the sentence around them. Pure.

use super::bind::Place;
use super::equal::date_of;
use super::ledger::{Ledger, weekday_number};
use super::manner::Manner;
use crate::domain::language::Language;
use crate::domain::provenance::Origin;
use crate::language::numbers::find_quantities;
use crate::language::statements::{Fact, Kind, Stated, THING, read_sentence};

/// `hoje` and `agora` fill sentences; a tomorrow that nobody promises for fills them too.
pub(super) fn is_idle(stated: &Stated, manner: &Manner<'_>) -> bool {
    match stated.fact {
        // What was yesterday is over.
        Fact::Relative(-1) => manner.asks,
        Fact::Relative(_) => manner.asks || !(manner.promises_beside(stated) || manner.stresses(stated)),
        _ => false,
    }
}

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

/// `11 a 13 de dezembro (sexta a domingo)`: whether a weekday lies within a stretch of which the ends are proven, and that ends on
/// a date beside it. `De segunda a sexta` of every week says something of each day.
pub(super) fn is_within(stated: &Stated, all: &[Stated], ledger: &Ledger) -> bool {
    let mut stretch = all.iter().filter(|other| other.span == stated.span);
    let (Some(first), Some(last)) = (stretch.next(), stretch.next_back()) else { return false };
    let is_its_end = |other: &Stated| {
        matches!(other.fact, Fact::Date { .. })
            && date_of(other.fact, ledger.today(), ledger)
                .is_some_and(|date| last.fact == Fact::Weekday(weekday_number(date.weekday())))
    };
    let is_an_end = [first, last].iter().any(|end| end.fact == stated.fact);
    matches!(stated.fact, Fact::Weekday(_)) && !is_an_end && all.iter().any(is_its_end)
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

#[cfg(test)]
mod tests {
    use crate::agent::guard::judge;
    use crate::agent::proof::Proof;
    use crate::domain::language::Language;
    use crate::domain::provenance::Origin;
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    #[test]
    fn days_within_a_stretch_are_said_by_its_dates_alone() {
        let withheld = |passage: &str, draft: &str| {
            let ledger = crate::agent::proof::ledger::Ledger::new(TimeZone::UTC, date(2026, 11, 26));
            let mut proof = Proof { ledger, ..Proof::default() };
            proof.ledger.add_text(Origin::Passage { id: "p".to_owned() }, passage, "", Language::Portuguese);
            judge(draft, &proof, Language::Portuguese).withheld.len()
        };
        let stay = "Hospedagem de 11/12 a 13/12.";
        assert_eq!(withheld(stay, "A hospedagem é de 11/12 a 13/12 (sexta a domingo)."), 0);
        assert_eq!(withheld("Aulas às segundas, quartas e sextas.", "Há aulas de segunda a sexta."), 1);
    }
}
