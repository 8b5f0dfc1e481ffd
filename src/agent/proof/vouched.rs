//! What a model that did not write a draft shows for a claim of it which reading words could not bind. That model may be tricked
//! by what it reads, so that it is believed in one thing only: of which thing a value is said. The words that it shows have to
//! stand in a source of the house, and the value in them, of its kind; or it has to follow from them and from numbers, days and
//! hours that the house tells. Pure.

use super::bind::{Binder, Place};
use super::cited::{Citation, is_long_enough, plain};
use super::equal::{date_of, number_of, says, tells};
use super::evident::Evident;
use super::follows::{clocks_told, is_of_day, moved};
use super::formulas::{CENT, Formula, PARTS, in_parts, numbers_in};
use super::ledger::Ledger;
use super::result::{Class, What};
use crate::domain::language::Language;
use crate::domain::provenance::Origin;
use crate::language::numbers::find_quantities;
use crate::language::phrases::{Phrases, spaced};
use crate::language::statements::{Fact, Half, Kind, Pace, Stated, THING, Word, read_sentence, terms_of};
use jiff::civil::Date;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

/// A hundred of something.
const HUNDRED: u64 = 100 * PARTS;
const DAY: u32 = 24 * 60;
/// A clock that says no half of the day goes round in so many minutes.
const HALF_DAY: i64 = 12 * 60;
/// Least letters and digits of the words of a sentence, and of a source, that one is shown for the other by.
const LEAST_SAID: usize = 8;
const LEAST_QUOTED: usize = 12;

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
        let shown: Vec<Ledger> = quoted.iter().map(|(origin, quote)| typed(origin, quote, place)).collect();
        let found = quoted.iter().zip(&shown).find(|((_, quote), shown)| {
            is_long_enough(&plain(quote))
                && shown.evidence().any(|evident| is_said(stated.fact, &evident, shown))
        });
        if let Some(((origin, _), _)) = found {
            return Some((*origin).clone());
        }
        let is_about = || quoted.iter().any(|(_, quote)| self.is_about(quote, stated, place));
        let is_shown = match (&citation.formula, stated.fact) {
            (_, Fact::Code(_) | Fact::Word(Word::Free | Word::WithoutInterest)) => false,
            // What is in stock, open or included stands in fields of any name: which says so is for the model to tell.
            (_, Fact::Word(_)) => is_about(),
            (_, Fact::Clock(claimed, half)) => clock_follows(i64::from(claimed), half, &shown, place),
            (_, fact) if fact.kind() == Kind::Day => self.day_follows(fact, quoted, &shown, place),
            (Some(formula), _) => self.comes_to_known(formula, stated, quoted, place),
            (None, _) => false,
        };
        is_shown.then(|| quoted.first().map(|(origin, _)| (*origin).clone())).flatten()
    }

    /// Whether a model that did not write `sentence` shows words of the house's sources for words of it.
    pub fn vouches_for(&self, sentence: &str, ledger: &Ledger, language: Language) -> bool {
        let letters = |text: &str| text.chars().filter(|sign| sign.is_alphanumeric()).count();
        let terms = &read_sentence(sentence, language).terms;
        let is_of_it = |citation: &&Citation| {
            let claim = citation.claim.trim();
            citation.is_vouched
                && letters(claim) >= LEAST_SAID
                && claim.contains(char::is_whitespace)
                && sentence.contains(claim)
        };
        self.citations.iter().filter(is_of_it).any(|citation| {
            let quoted = ledger.quoted(&citation.quotes);
            quoted.is_some_and(|quoted| {
                quoted.iter().any(|(_, quote)| {
                    letters(quote) >= LEAST_QUOTED
                        && terms_of(quote, language).iter().any(|term| terms.contains(term))
                })
            })
        })
    }

    /// Whether a calculation comes to what is claimed: from numbers of the house's, of which the customer's may only say how often.
    fn comes_to_known(
        &self,
        formula: &str,
        stated: &Stated,
        quoted: &[(&Origin, &str)],
        place: &Place<'_>,
    ) -> bool {
        let Some(formula) = Formula::read(formula) else { return false };
        let is_claimed = tells(stated.fact);
        let ledger = place.ledger;
        let told = || ledger.evidence().filter(|evident| evident.origin.is_of_the_house());
        let house: HashSet<u64> = ledger.written_by_the_house().flat_map(numbers_in).collect();
        let shares: HashSet<u64> = told()
            .filter_map(|evident| evident.share())
            .chain(self.shares.iter().copied())
            .map(|share| u64::from(share) * CENT)
            .flat_map(|share| [share, HUNDRED.saturating_sub(share)])
            .collect();
        let counts = counted_by_the_others(stated, place);
        let amounts: HashSet<u64> = told()
            .flat_map(|evident| {
                let loose = evident.loose_amount();
                // A field that is no price by its name may be in hundredths too.
                let minor = loose.filter(|cents| cents % 100 == 0).map(|cents| cents / 100);
                [evident.amount(), evident.minor_amount(), loose, minor]
            })
            .chain(self.amounts.iter().map(|cents| Some(*cents)))
            .filter_map(|cents| in_parts(cents?))
            .collect();
        let is_of_the_house = |number: u64, is_share: bool| match is_share {
            true => shares.contains(&number),
            // `× 0,85` where 15 % are taken off.
            false if number < PARTS => shares.contains(&(number * 100)),
            false => {
                house.contains(&number)
                    || amounts.contains(&number)
                    // Cents of a vendor's.
                    || number.checked_mul(100).is_some_and(|cents| house.contains(&cents))
            }
        };
        let numbers = formula.numbers();
        let shown: HashSet<u64> = quoted.iter().flat_map(|(_, quote)| numbers_in(quote)).collect();
        let rests_on_a_source = match stated.fact.kind() {
            Kind::Money => {
                formula.is_sum_of(|number| amounts.contains(&number))
                    && numbers.iter().any(|(number, _)| amounts.contains(number))
            }
            _ => numbers.iter().any(|(number, _)| shown.contains(number)),
        };
        rests_on_a_source
            && numbers.iter().all(|(number, is_share)| {
                !is_claimed(*number)
                    && (!formula.divides_by(*number) || shown.contains(number))
                    && (is_of_the_house(*number, *is_share)
                        || (!is_share && counts.contains(number) && !formula.divides_by(*number)))
            })
            && formula.value().is_some_and(is_claimed)
    }

    /// Whether a day lies as far from one that the house or the reply tells, or from today, as the quoted words say.
    fn day_follows(
        &self,
        fact: Fact,
        quoted: &[(&Origin, &str)],
        shown: &[Ledger],
        place: &Place<'_>,
    ) -> bool {
        let ledger = place.ledger;
        let told = ledger.evidence().filter(|evident| evident.origin.is_of_the_house());
        let told = told.filter_map(|evident| match evident.what {
            What::Fact(day @ (Fact::Date { .. } | Fact::Moment(_))) => date_of(day, evident.said_on, ledger),
            What::Fact(_) | What::Raw(..) => None,
        });
        let bases: BTreeSet<Date> = told.chain(self.days_so_far()).chain([ledger.today()]).collect();
        let mut lengths = Vec::new();
        for evident in shown.iter().flat_map(Ledger::evidence) {
            match evident.what {
                What::Fact(length @ (Fact::Minutes(..) | Fact::Months(_))) => lengths.push(length),
                // Whether a field's days are business days is told by its name in any way.
                What::Raw(..) => lengths.extend(evident.minutes().into_iter().flat_map(|minutes| {
                    [Pace::Unsaid, Pace::Business].map(|pace| Fact::Minutes(minutes, pace))
                })),
                What::Fact(_) => {}
            }
        }
        if quoted.iter().any(|(_, quote)| NEXT_DAYS.are_in(&spaced(quote))) {
            lengths.push(Fact::Minutes(DAY, Pace::Unsaid));
        }
        lengths.into_iter().any(|length| {
            bases.iter().any(|base| {
                [1, -1]
                    .into_iter()
                    .any(|sign| moved(*base, length, sign).is_some_and(|day| is_of_day(fact, day, ledger)))
            })
        })
    }
}

/// Whether an hour lies as far from one that the house tells as the quoted words say.
fn clock_follows(claimed: i64, half: Half, shown: &[Ledger], place: &Place<'_>) -> bool {
    let round = if half == Half::Either { HALF_DAY } else { i64::from(DAY) };
    let bases: BTreeSet<i64> = clocks_told(place.ledger).map(i64::from).collect();
    let lengths = shown.iter().flat_map(Ledger::evidence).filter_map(|evident| evident.minutes());
    lengths.map(|minutes| i64::from(minutes % DAY)).any(|minutes| {
        bases.iter().any(|base| {
            [minutes, -minutes].into_iter().any(|by| (base + by - claimed).rem_euclid(round) == 0)
        })
    })
}

/// Whether evidence that is shown says a claim, of its kind: a bare number says no amount, unless a field that may be one has it.
fn is_said(claim: Fact, evident: &Evident<'_>, shown: &Ledger) -> bool {
    let is_measured =
        matches!(claim.kind(), Kind::Money | Kind::Percent | Kind::Length | Kind::Count | Kind::Number);
    match evident.what {
        What::Fact(Fact::Number(_) | Fact::Count(_, THING)) => {
            matches!(claim, Fact::Number(_) | Fact::Count(..)) && says(claim, evident, shown)
        }
        What::Raw(raw, Class::Any) if is_measured => {
            says(claim, evident, shown)
                || number_of(claim).into_iter().flatten().any(|claimed| claimed > 0 && claimed == raw)
        }
        What::Fact(_) | What::Raw(..) => says(claim, evident, shown),
    }
}

/// Words of a source as evidence by themselves; of a result the fields that stand whole in them.
fn typed(origin: &Origin, quote: &str, place: &Place<'_>) -> Ledger {
    let mut shown = Ledger::new(place.ledger.zone().clone(), place.ledger.today());
    let fields = fields_in(quote);
    if !matches!(origin, Origin::Tool { .. }) || fields.is_empty() {
        shown.add_text(origin.clone(), quote, "", place.language);
    }
    for (name, value) in fields {
        let field = Value::Object(Map::from_iter([(name, value)]));
        shown.add_result(origin.clone(), &field.to_string(), "", &field, place.language);
    }
    shown
}

/// The fields with a text, a number or a flag in a piece of JSON, which may begin and end anywhere.
fn fields_in(piece: &str) -> Vec<(String, Value)> {
    let mut fields = Vec::new();
    let mut rest = piece;
    while let Some((_, behind)) = rest.split_once('"') {
        // What no colon follows was the end of a text that began before the piece, or a text of its own.
        rest = behind;
        let Some((name, behind)) = behind.split_once('"') else { break };
        let Some(value) = behind.trim_start().strip_prefix(':').map(str::trim_start) else { continue };
        let written = match value.strip_prefix('"') {
            Some(text) => text.split_once('"').map(|(text, behind)| (Value::from(text), behind)),
            None => {
                let end = value.find([',', '}', ']', ' ', '\n']).unwrap_or(value.len());
                let (scalar, behind) = value.split_at(end);
                serde_json::from_str(scalar).ok().map(|scalar: Value| (scalar, behind))
            }
        };
        if let Some((value, behind)) = written {
            fields.push((name.to_owned(), value));
            rest = behind;
        }
    }
    fields
}

/// Whole numbers by which the customer counts, or the sentence beside the claim, in ten-thousandths.
fn counted_by_the_others(stated: &Stated, place: &Place<'_>) -> HashSet<u64> {
    let said = place.ledger.customers_words().flat_map(|(_, said)| find_quantities(said, place.language));
    let beside = find_quantities(place.sentence, place.language)
        .into_iter()
        .filter(|found| found.span.end <= stated.span.start || stated.span.end <= found.span.start);
    said.chain(beside).filter_map(|found| u64::try_from(found.value).ok()?.checked_mul(PARTS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_read_out_of_any_piece_of_a_result() {
        let piece = r#"sku":"A-1","name":"Gola"},{"price": 12.5,"libre":true,"of":{"stock":3"#;
        assert_eq!(
            fields_in(piece).into_iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
            [json!(["name", "Gola"]), json!(["price", 12.5]), json!(["libre", true]), json!(["stock", 3])]
        );
        assert_eq!(fields_in("sem campos: 12"), []);
        assert_eq!(fields_in("\"a\":\"b").len(), 0);
    }
}
