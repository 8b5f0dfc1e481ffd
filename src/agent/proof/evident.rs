//! One piece of evidence: what it proves, whose it is, and how well it is named by the terms of a claim. Pure.

use super::ends::Part;
use super::fields::{STOCK, is_name, lists, words_of};
use super::result::{Class, What};
use super::units::several_behind;
use crate::domain::language::Language;
use crate::domain::provenance::Origin;
use crate::language::statements::{
    Fact, Kind, Stated, THING, Term, Word, measure_of, names_a_day, names_a_rate, rate_term,
    term_of_relative, terms_of, terms_of_day,
};
use jiff::civil::Date;
use std::ops::Range;
use std::sync::LazyLock;

/// One piece of evidence.
pub(super) struct Evident<'a> {
    /// What it proves.
    pub(super) what: What,
    /// Whose it is.
    pub(super) origin: &'a Origin,
    /// The path in a result.
    pub(super) path: Option<&'a str>,
    /// The bytes of a text.
    pub(super) span: Option<Range<usize>>,
    /// Terms that stand right beside it.
    pub(super) near: &'a [Term],
    pub(super) own: &'a [Term],
    /// Terms that name its field.
    pub(super) field: &'a [Term],
    pub(super) about: &'a [Term],
    pub(super) lead: &'a [Term],
    /// Terms that the lines of its text are labelled with.
    pub(super) labels: &'a [Term],
    /// The day on which it was said.
    pub(super) said_on: Date,
    /// Whether its record says that it is not to be had.
    pub(super) is_taken: bool,
    /// The whole of its document.
    pub(super) written: &'a str,
    /// Bytes of that before its text.
    pub(super) lead_in: usize,
}

/// The terms of kinds of amounts that are not the price.
fn kinds_of_amounts() -> &'static [Term] {
    static KINDS: LazyLock<Vec<Term>> = LazyLock::new(|| terms_of("frete sinal multa", Language::Portuguese));
    &KINDS
}

impl Evident<'_> {
    /// How well the terms of a claim name what this is said of.
    pub(super) fn fits(&self, claim: &[Term]) -> usize {
        // For how long an amount is names it less than what it is for.
        let weight = |term: &Term| if names_a_rate(*term) { 1 } else { 2 };
        let near: usize = claim.iter().filter(|term| self.near.binary_search(term).is_ok()).map(weight).sum();
        let is_in = |terms: &[Term], term: &Term| terms.binary_search(term).is_ok();
        let about = claim
            .iter()
            .filter(|term| {
                self.near.binary_search(term).is_err() && (is_in(self.about, term) || is_in(self.lead, term))
            })
            .count();
        near + about
    }

    /// Whether a term of a claim stands right beside it.
    pub(super) fn stands_beside(&self, claim: &[Term]) -> bool {
        claim.iter().any(|term| self.near.binary_search(term).is_ok())
    }

    /// The same, and that its field is called so tells it from other fields of its record.
    pub(super) fn fits_with_field(&self, claim: &[Term]) -> usize {
        self.fits(claim) + claim.iter().filter(|term| self.field.binary_search(term).is_ok()).count()
    }

    /// Which terms of a claim name what this is said of, or its field: a bit for each of the first 64.
    pub(super) fn named_by(&self, claim: &[Term]) -> u64 {
        let names = |term: &Term| {
            [self.near, self.about, self.lead, self.field].iter().any(|own| own.binary_search(term).is_ok())
        };
        let places = claim.iter().take(64).enumerate();
        places.filter(|(_, term)| names(term)).fold(0, |all, (place, _)| all | 1 << place)
    }

    /// Whether it stands in a record inside of the one that `other` stands in, by a name that none of `said` is.
    pub(super) fn is_of_an_unnamed_part(&self, other: &Self, said: &[&[Term]]) -> bool {
        let record = |path: Option<&'_ str>| {
            path.and_then(|path| path.rsplit_once('.')).map_or(String::new(), |(record, _)| record.to_owned())
        };
        let (inner, outer) = (record(self.path), record(other.path));
        inner.len() > outer.len()
            && inner.starts_with(&outer)
            && (!self.own.is_empty()
                || inner[outer.len()..].contains('[')
                // `retiro_en_tienda: {costo: 0}` says nothing of other costs.
                || (self.is_free()
                    && !self.field.iter().any(|term| {
                        other.field.binary_search(term).is_err() && said.iter().any(|said| said.contains(term))
                    })))
            && !self.own.iter().any(|term| said.iter().any(|said| said.contains(term)))
            // `results[1].price.formatted`: what names the result names its price.
            && !self.near.iter().any(|term| {
                other.near.binary_search(term).is_err() && said.iter().any(|said| said.contains(term))
            })
    }

    /// Whether both are fields of one record.
    pub(super) fn is_in_the_record_of(&self, other: &Self) -> bool {
        let record =
            |path: &str| path.rsplit_once('.').map_or(String::new(), |(record, _)| record.to_owned());
        self.origin == other.origin
            && self.path.zip(other.path).is_some_and(|(one, other)| record(one) == record(other))
    }

    /// Whether it stands in a line that tells when the house is open, and nothing of what it delivers.
    pub(super) fn tells_opening_hours(&self) -> bool {
        static HOURS: LazyLock<Vec<Term>> = LazyLock::new(|| {
            terms_of("hours opening horario horarios funcionamento atencion", Language::Portuguese)
        });
        static DELIVERIES: LazyLock<Vec<Term>> = LazyLock::new(|| {
            terms_of("entrega entregas delivery deliver envio envios frete shipping", Language::Portuguese)
        });
        let names = |terms: &[Term]| {
            terms.iter().any(|term| {
                [self.near, self.about, self.lead].iter().any(|own| own.binary_search(term).is_ok())
            })
        };
        names(&HOURS) && !names(&DELIVERIES)
    }

    /// Whether both stand in one sentence of a text.
    pub(super) fn is_in_the_sentence_of(&self, other: &Self) -> bool {
        let (Some(one), Some(two)) = (&self.span, &other.span) else { return false };
        let between = one.end.min(two.end) + self.lead_in..one.start.max(two.start) + self.lead_in;
        self.path.is_none()
            && self.origin == other.origin
            && self.lead_in == other.lead_in
            && self.written.get(between).is_some_and(|text| !text.contains(['.', ';', '!', '?', '\n', '|']))
    }

    /// Whether another line of its text is labelled with what the terms of a claim name, and its own is not.
    pub(super) fn is_of_another_line(&self, claim: &[Term]) -> bool {
        self.fits(claim) == 0
            && !self.heads_a_table()
            && claim.iter().any(|term| self.labels.binary_search(term).is_ok())
    }

    /// Whether it is of one of several: in a list of records, or in the line of a table.
    pub(super) fn is_of_one_of_several(&self) -> bool {
        let start = self.span.as_ref().map_or(0, |span| self.lead_in + span.start);
        let line =
            self.written.get(..start).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        self.path.map_or_else(|| line.trim_start().starts_with('|'), |path| path.contains('['))
    }

    /// Whether it stands in the first row of a table: what heads a column is said of every line.
    fn heads_a_table(&self) -> bool {
        let end = self.span.as_ref().map_or(0, |span| self.lead_in + span.end);
        let behind = self.written.get(end..).unwrap_or_default();
        let next = behind.split('\n').nth(1).unwrap_or_default();
        next.starts_with('|') && next.contains("--")
    }

    /// Which end of a stretch its field's name or the word right before it in its text makes of a time of day.
    pub(super) fn part_of_day(&self) -> Part {
        if let Some(path) = self.path {
            return Part::of_field(path);
        }
        let end = self.span.as_ref().map_or(0, |span| self.lead_in + span.start);
        Part::behind(self.written.get(..end).unwrap_or_default())
    }

    /// Whether it is an amount for another length of time.
    pub(super) fn is_at_another_rate(&self, claim: &Stated, sentence: &str, language: Language) -> bool {
        // `R$ 780,00 as duas noites` of what is the price of one.
        let several = sentence.get(claim.span.end..).and_then(|behind| several_behind(behind, language));
        // `diária` is what a night costs.
        let is_of = |unit: &str| rate_term(unit).is_some_and(|rate| self.near.contains(&rate));
        let is_of_one = |unit: &str| is_of(unit) || (unit == "night" && is_of("day"));
        if claim.fact.kind() == Kind::Money && several.is_some_and(is_of_one) {
            return true;
        }
        let rates =
            |terms: &[Term]| terms.iter().copied().filter(|term| names_a_rate(*term)).collect::<Vec<_>>();
        let (own, claimed) = (rates(self.near), rates(&claim.near));
        claim.fact.kind() == Kind::Money
            && !own.is_empty()
            && !claimed.is_empty()
            && !claimed.iter().any(|rate| own.contains(rate))
    }

    /// Whether it is an amount of a kind of its own (a deposit, a fee for late return) that none of `said` names.
    pub(super) fn is_of_another_kind(&self, said: &[Term]) -> bool {
        let kinds = kinds_of_amounts();
        let named = |term: &&Term| self.near.contains(term) || self.field.contains(term);
        self.is_an_amount() && kinds.iter().filter(named).any(|kind| !said.contains(kind))
    }

    /// Whether it is said of the day of that term; of no day in particular is of none.
    pub(super) fn is_of_day(&self, day: Term) -> bool {
        // `hoje` is the day on which it was said.
        let is_so_many_days_on = |days: i8| {
            let date = self.said_on.checked_add(jiff::Span::new().days(days));
            self.near.binary_search(&term_of_relative(days)).is_ok()
                && date.is_ok_and(|date| terms_of_day(date).contains(&day))
        };
        self.near.binary_search(&day).is_ok() || (-1..=2).any(is_so_many_days_on)
    }

    /// Whether it is said of days.
    pub(super) fn names_days(&self) -> bool {
        self.near.iter().any(|term| names_a_day(*term))
    }

    /// Whether it may say something else of what `claim` says, where its field's name or its form tells.
    pub(super) fn competes_with(&self, claim: Fact) -> bool {
        match self.what {
            // What is free has no price.
            What::Fact(Fact::Word(Word::Free)) if claim.kind() == Kind::Money => true,
            What::Fact(fact) => fact.competes_with(claim),
            What::Raw(_, Class::Money | Class::Cents) => claim.kind() == Kind::Money,
            What::Raw(_, Class::Percent) => claim.kind() == Kind::Percent,
            What::Raw(_, Class::Count | Class::Any) if self.is_measured_as(claim) => true,
            What::Raw(_, Class::Count) => matches!(claim, Fact::Count(_, "piece" | "times")),
            // Hours of work say nothing of months of warranty.
            What::Raw(_, Class::Minutes(1 | 60)) if matches!(claim, Fact::Months(_)) => false,
            What::Raw(_, Class::Minutes(_) | Class::Months(_) | Class::Length) => {
                claim.kind() == Kind::Length
            }
            What::Raw(_, Class::Any | Class::Listed | Class::Share | Class::Hour | Class::Name) => false,
        }
    }

    /// Whether its field, in one of several records, is called by the measure of a claim: `noites: 5`.
    fn is_measured_as(&self, claim: Fact) -> bool {
        let Fact::Count(_, measure) = claim else { return false };
        if !self.path.is_some_and(|path| path.contains('[')) {
            return false;
        }
        let field = self.path.and_then(|path| path.rsplit('.').next()).unwrap_or_default();
        words_of(field).iter().any(|word| measure_of(word) == Some(measure))
    }

    /// Whether it is a number of the things that `nouns` name.
    pub(super) fn counts(&self, nouns: &[Term], language: Language) -> bool {
        let key = |path: &str| {
            let field = path.rsplit('.').next().unwrap_or_default();
            field.split('[').next().unwrap_or_default().replace('_', " ")
        };
        self.fits(nouns) > 0
            && match (self.what, self.path) {
                (What::Fact(Fact::Count(_, THING)), _) => true,
                (What::Raw(_, Class::Any | Class::Count | Class::Listed), Some(path)) => {
                    terms_of(&key(path), language).iter().any(|term| nouns.contains(term))
                }
                (What::Fact(_) | What::Raw(..), _) => false,
            }
    }

    /// Whether it says how many are listed, and as many as are counted.
    pub(super) fn lists_enough_for(&self, claim: Fact) -> bool {
        match (self.what, claim) {
            (What::Raw(listed, Class::Listed), Fact::Count(hundredths, _)) => hundredths * 100 <= listed,
            (What::Raw(..) | What::Fact(_), _) => false,
        }
    }

    /// Whether as many are listed as are counted.
    pub(super) fn lists_exactly(&self, claim: Fact) -> bool {
        match (self.what, claim) {
            (What::Raw(listed, Class::Listed), Fact::Count(hundredths, _)) => hundredths * 100 == listed,
            (What::Raw(..) | What::Fact(_), _) => false,
        }
    }

    /// How many there are to be had, where its field says that.
    pub(super) fn stock(&self) -> Option<i64> {
        let What::Raw(raw, Class::Any | Class::Count) = self.what else { return None };
        let field = self.path.and_then(|path| path.rsplit('.').next())?;
        words_of(field)
            .iter()
            .any(|word| lists(STOCK, word))
            .then(|| i64::try_from(raw / 10_000).ok())
            .flatten()
    }

    /// The small number of nights, days or people that a result is told of.
    pub(super) fn multiplies(&self) -> Option<i64> {
        const MOST: u64 = 60;
        match self.what {
            What::Raw(raw, Class::Count | Class::Minutes(1_440) | Class::Months(1))
                if self.path.is_some()
                    && raw.is_multiple_of(10_000)
                    && (2..=MOST).contains(&(raw / 10_000)) =>
            {
                i64::try_from(raw / 10_000).ok()
            }
            What::Raw(..) | What::Fact(_) => None,
        }
    }

    /// How many of what its own field is called there are, where the terms of a claim name them.
    pub(super) fn number_named_by(&self, claim: &[Term]) -> Option<i64> {
        match self.what {
            What::Raw(raw, Class::Any | Class::Count)
                if raw.is_multiple_of(10_000)
                    && claim.iter().any(|term| self.field.binary_search(term).is_ok()) =>
            {
                i64::try_from(raw / 10_000).ok().filter(|number| *number > 1)
            }
            What::Raw(..) | What::Fact(_) => None,
        }
    }

    /// The length that it is, in minutes, where its field names the unit or it is written out.
    pub(super) fn minutes(&self) -> Option<u32> {
        match self.what {
            What::Fact(Fact::Minutes(minutes, _)) => Some(minutes),
            What::Raw(raw, Class::Minutes(each)) => u32::try_from(raw / 10_000).ok()?.checked_mul(each),
            What::Fact(_) | What::Raw(..) => None,
        }
    }

    /// Whether it is an amount, or says that there is none.
    pub(super) fn is_of_money(&self) -> bool {
        self.is_free() || self.amount().is_some()
    }

    /// Whether it says that something is free.
    pub(super) fn is_free(&self) -> bool {
        self.what == What::Fact(Fact::Word(Word::Free))
    }

    /// The amount in centavos that a number may be whose field's name tells nothing.
    pub(super) fn loose_amount(&self) -> Option<i64> {
        match self.what {
            What::Raw(raw, Class::Any) => i64::try_from(raw / 100).ok(),
            What::Fact(_) | What::Raw(..) => None,
        }
    }

    /// Whether it stands in the name of a record.
    pub(super) fn is_a_name(&self) -> bool {
        self.path.is_some_and(|path| is_name(path.rsplit('.').next().unwrap_or(path)))
    }

    /// Whether it is an amount.
    pub(super) fn is_an_amount(&self) -> bool {
        self.amount().is_some()
    }

    /// The percentage that it is, in hundredths.
    pub(super) fn share(&self) -> Option<u32> {
        match self.what {
            What::Fact(Fact::Percent(share)) => Some(share),
            What::Raw(raw, Class::Percent | Class::Share) => u32::try_from(raw / 100).ok(),
            What::Fact(_) | What::Raw(..) => None,
        }
    }

    /// The amount in centavos that a whole number may be, where a vendor counts in hundredths: `amount: 14900`.
    pub(super) fn minor_amount(&self) -> Option<i64> {
        const LEAST: u64 = 1_000;
        match self.what {
            What::Raw(raw, Class::Money) if raw.is_multiple_of(10_000) && raw / 10_000 >= LEAST => {
                i64::try_from(raw / 10_000).ok()
            }
            What::Fact(_) | What::Raw(..) => None,
        }
    }

    /// Whether it is what is left to pay, by the name of its field.
    pub(super) fn is_a_balance(&self) -> bool {
        let field = self.path.and_then(|path| path.rsplit('.').next()).unwrap_or_default();
        self.is_an_amount()
            && words_of(field).iter().any(|word| lists("balance saldo restante remaining outstanding", word))
    }

    /// The amount that it is, in centavos.
    pub(super) fn amount(&self) -> Option<i64> {
        match self.what {
            What::Fact(Fact::Money(cents)) => Some(cents),
            What::Raw(raw, Class::Money) => i64::try_from(raw / 100).ok(),
            What::Raw(raw, Class::Cents) => i64::try_from(raw / 10_000).ok(),
            What::Fact(_) | What::Raw(..) => None,
        }
    }
}
