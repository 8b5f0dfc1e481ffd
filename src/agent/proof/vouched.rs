//! What a model that did not write a draft shows for a claim of it which reading words could not bind. That model may be tricked
//! by what it reads, so that it is believed in one thing only: of which thing a value is said. The words that it shows have to
//! stand in a source of the house, and the value in them; or it has to follow from them and from numbers, days and hours that are
//! known. Pure.

use super::bind::{Binder, Place};
use super::cited::{Citation, is_long_enough, plain, quote_says};
use super::equal::number_of;
use super::follows::{clocks_told, days_told, is_of_day, moved};
use super::formulas::{Formula, numbers_in};
use super::ledger::Ledger;
use crate::domain::provenance::Origin;
use crate::language::numbers::find_quantities;
use crate::language::phrases::{Phrases, spaced};
use crate::language::statements::{Fact, Kind, Pace, Stated};
use jiff::civil::Date;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Numbers are kept in ten-thousandths.
const PARTS: u64 = 10_000;
/// Ten-thousandths of a centavo: what a rounding is off by.
const CENT: u64 = 100;
/// Most days that a rule is taken to speak of.
const MOST_DAYS: u64 = 400;
const DAY: u32 = 24 * 60;
/// A clock that says no half of the day goes round in so many minutes.
const HALF_DAY: i64 = 12 * 60;

/// `na véspera do evento`, `the day after`.
static NEXT_DAYS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "vespera|dia anterior|dia seguinte|day before|day after|next day|following day|previous day|vispera|dia siguiente",
    )
});

impl Binder {
    /// The source of a claim, by what is shown for it in words of the house's sources, each with its own.
    pub(super) fn vouched(
        &self,
        citation: &Citation,
        quoted: &[(&Origin, &str)],
        stated: &Stated,
        place: &Place<'_>,
    ) -> Option<Origin> {
        let (first, _) = quoted.first()?;
        let says = |(origin, quote): &&(&Origin, &str)| quote_says(origin, quote, stated.fact, place);
        if let Some((origin, _)) = quoted.iter().find(says) {
            return Some((*origin).clone());
        }
        let is_shown = match (&citation.formula, stated.fact) {
            // That something is free, in stock or included has no number: which words say so is for the model to tell.
            (_, Fact::Word(_)) => true,
            (_, Fact::Code(_)) => false,
            (_, Fact::Clock(claimed, _)) => self.clock_follows(i64::from(claimed), quoted, place),
            (_, fact) if fact.kind() == Kind::Day => self.day_follows(fact, quoted, place),
            (Some(formula), fact) => self.comes_to_known(formula, fact, place),
            (None, _) => false,
        };
        is_shown.then(|| (*first).clone())
    }

    /// Whether a model that did not write `sentence` shows words of the house's sources for something that stands in it.
    pub fn vouches_for(&self, sentence: &str, ledger: &Ledger) -> bool {
        let is_of_it =
            |citation: &&Citation| !citation.claim.is_empty() && sentence.contains(&citation.claim);
        self.are_vouched_for
            && self.citations.iter().filter(is_of_it).any(|citation| {
                let quoted = ledger.quoted(&citation.quotes);
                quoted.is_some_and(|quoted| quoted.iter().any(|(_, quote)| is_long_enough(&plain(quote))))
            })
    }

    /// Whether a calculation comes to what is claimed: from numbers of the house's, of which the customer's may only say how often.
    fn comes_to_known(&self, formula: &str, fact: Fact, place: &Place<'_>) -> bool {
        let Some(formula) = Formula::read(formula) else { return false };
        let claimed: Vec<u64> = number_of(fact).into_iter().flatten().filter(|number| *number > 0).collect();
        let is_claimed = |number: u64| claimed.iter().any(|claimed| number.abs_diff(*claimed) <= CENT);
        let house: HashSet<u64> = place.ledger.written_by_the_house().flat_map(numbers_in).collect();
        let counts = counted_by_the_others(place);
        let is_of_the_house = |number: u64, is_share: bool| {
            house.contains(&number)
                // Cents of a vendor's, and `× 0,85` or `× 85 %` where 15 % are taken off.
                || number.checked_mul(100).is_some_and(|cents| house.contains(&cents))
                || (number < PARTS && house.contains(&((PARTS - number) * 100)))
                || (is_share && number < 100 * PARTS && house.contains(&(100 * PARTS - number)))
                || (!is_share && number == 100 * PARTS)
        };
        let in_parts = |cents: i64| u64::try_from(cents).ok()?.checked_mul(CENT);
        let amounts: HashSet<u64> = place
            .ledger
            .evidence()
            .filter(|evident| evident.origin.is_of_the_house())
            .flat_map(|evident| {
                let loose = evident.loose_amount();
                // A field that is no price by its name may be in hundredths too.
                let minor = loose.filter(|cents| cents % 100 == 0).map(|cents| cents / 100);
                [evident.amount(), evident.minor_amount(), loose, minor]
            })
            .chain(self.amounts.iter().map(|cents| Some(*cents)))
            .filter_map(|cents| in_parts(cents?))
            .collect();
        (fact.kind() != Kind::Money || formula.is_sum_of(|number| amounts.contains(&number)))
            && formula.numbers().iter().any(|(number, is_share)| is_of_the_house(*number, *is_share))
            && formula.numbers().iter().all(|(number, is_share)| {
                is_of_the_house(*number, *is_share)
                    || amounts.contains(number)
                    || (counts.contains(number) && !formula.divides_by(*number))
            })
            && formula.value().is_some_and(is_claimed)
    }

    /// Whether a day lies as far from one that is known as the quoted words say.
    fn day_follows(&self, fact: Fact, quoted: &[(&Origin, &str)], place: &Place<'_>) -> bool {
        let ledger = place.ledger;
        let is_claimed = |day: Date| is_of_day(fact, day, ledger);
        let bases: Vec<Date> = days_told(ledger).chain(self.days_so_far()).chain([ledger.today()]).collect();
        quoted.iter().flat_map(|(_, quote)| counts_in(quote, place)).any(|count| {
            let lengths = [
                Fact::Minutes(count * DAY, Pace::Unsaid),
                Fact::Minutes(count * DAY, Pace::Business),
                Fact::Months(count),
            ];
            lengths.into_iter().any(|length| {
                bases.iter().any(|base| {
                    [1, -1].into_iter().any(|sign| moved(*base, length, sign).is_some_and(is_claimed))
                })
            })
        })
    }

    /// Whether an hour lies as far from one that is known as the quoted words say.
    fn clock_follows(&self, claimed: i64, quoted: &[(&Origin, &str)], place: &Place<'_>) -> bool {
        let bases: Vec<i64> = clocks_told(place.ledger).map(i64::from).collect();
        quoted.iter().flat_map(|(_, quote)| counts_in(quote, place)).map(i64::from).any(|count| {
            [count, -count, 60 * count, -60 * count]
                .into_iter()
                .any(|by| bases.iter().any(|base| (base + by - claimed).rem_euclid(HALF_DAY) == 0))
        })
    }
}

/// Whole numbers of days, hours or minutes that words of a source may be of.
fn counts_in(quote: &str, place: &Place<'_>) -> Vec<u32> {
    let written = find_quantities(quote, place.language).into_iter();
    let written = written.filter_map(|found| u64::try_from(found.value).ok());
    let digits = numbers_in(quote).into_iter().filter(|number| number.is_multiple_of(PARTS));
    let beside = NEXT_DAYS.are_in(&spaced(quote)).then_some(1);
    let all = digits.map(|number| number / PARTS).chain(written).chain(beside);
    all.filter(|count| (1..=MOST_DAYS).contains(count))
        .filter_map(|count| u32::try_from(count).ok())
        .collect()
}

/// Whole numbers by which the customer or the sentence counts, in ten-thousandths.
fn counted_by_the_others(place: &Place<'_>) -> HashSet<u64> {
    let said = place.ledger.customers_words().map(|(_, said)| said).chain([place.sentence]);
    let counted = said.flat_map(|text| find_quantities(text, place.language));
    counted.filter_map(|found| u64::try_from(found.value).ok()?.checked_mul(PARTS)).collect()
}
