//! Binds the claims of an answer to evidence, sentence by sentence. A claim binds to evidence that says the same of the same
//! subject; what the customer said binds only as the customer's. Pure.

use super::equal::{date_of, nears, says};
use super::ledger::{Evident, Ledger, weekday_number};
use super::manner::Manner;
use crate::domain::language::Language;
use crate::domain::message::Claim;
use crate::domain::provenance::{Binding, Origin};
use crate::language::statements::{
    Fact, Hedge, Kind, Stated, Term, Word, names_a_day, read_sentence, term_of_relative, terms_of_day,
};

/// Why a claim did not bind.
pub const UNPROVEN: &str =
    "it states a number, price, date or time that no tool result or passage of this conversation holds";
const ELSEWHERE: &str = "it says of one thing what the tool results and passages say of another";
const WRONG_WEEKDAY: &str = "its weekday is not the weekday of its date";
const UNPROVEN_WORD: &str =
    "it says something of stock, opening or cost that no tool result or passage of this conversation says";
const CUSTOMERS: &str = "it states as the house's what only the customer said";

/// A weekday this close to a date, in bytes, belongs to it.
const BESIDE: usize = 16;

/// The claims of one answer, as far as it was read.
#[derive(Default)]
pub struct Binder {
    /// What the last sentence with a subject was about.
    pub(super) carried: Vec<Term>,
    /// Amounts that were bound.
    pub(super) amounts: Vec<i64>,
    /// Percentages that were bound, in hundredths.
    pub(super) shares: Vec<u32>,
}

/// Where a claim stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) sentence: &'a str,
    pub(super) ledger: &'a Ledger,
    pub(super) about: &'a [Term],
    pub(super) manner: &'a Manner<'a>,
    pub(super) language: Language,
}

impl Binder {
    /// Binds what `sentence` states, or says why it must not be sent. `about` are the terms of what was asked.
    ///
    /// # Errors
    /// The reason, for the model and the operator.
    pub fn bind(
        &mut self,
        sentence: &str,
        ledger: &Ledger,
        about: &[Term],
        language: Language,
    ) -> Result<Vec<Binding>, &'static str> {
        let read = read_sentence(sentence, language);
        let manner = Manner::of(sentence, language);
        let mut bindings = Vec::new();
        let names_a_day = read.stated.iter().any(|stated| stated.fact.kind() == Kind::Day);
        for stated in &read.stated {
            if is_idle(stated, &manner) || !manner.states(stated, names_a_day) {
                continue;
            }
            // Terms that are beside no evidence of the kind tell nothing; then those around them may.
            let alone = read.stated.iter().filter(|other| other.fact.competes_with(stated.fact)).count() == 1;
            let sentence_terms = if alone { &read.terms } else { &stated.near };
            let around = [&stated.near, sentence_terms, &self.carried];
            let telling = around.into_iter().find(|terms| tells(stated.fact, terms, ledger));
            let mut near = telling.map_or(about, Vec::as_slice).to_vec();
            resolve_days(&mut near, ledger);
            let place = Place { sentence, ledger, about, manner: &manner, language };
            bindings.push(self.bind_one(stated, &near, &place)?);
        }
        weekdays_fit(&read.stated, ledger)?;
        if !read.terms.is_empty() {
            self.carried.clone_from(&read.terms);
        }
        Ok(bindings)
    }

    fn bind_one(
        &mut self,
        stated: &Stated,
        near: &[Term],
        place: &Place<'_>,
    ) -> Result<Binding, &'static str> {
        let Place { sentence, ledger, manner, .. } = *place;
        let mut best: Option<(usize, usize, Evident<'_>)> = None;
        // The best that evidence of the same kind and another value fits.
        let mut rival = 0;
        let mut said_by_customer = false;
        let mut days = Days::of(near, stated.fact);
        // `grátis a partir de R$ 199,00` is about both.
        let says_free = read_sentence(sentence, place.language)
            .stated
            .iter()
            .any(|other| other.fact == Fact::Word(Word::Free));
        for evident in ledger.evidence() {
            if !may_prove(&evident, stated, manner) {
                said_by_customer |= says(stated.fact, &evident, ledger);
                continue;
            }
            // Most evidence is of something else: what it is said of is looked at last.
            if proves(stated, &evident, ledger) {
                let fits = evident.fits(near);
                days.prove(&evident);
                let rank = rank(evident.origin);
                if best.as_ref().is_none_or(|(other, other_rank, _)| (fits, rank) > (*other, *other_rank)) {
                    best = Some((fits, rank, evident));
                }
            } else if is_rival(stated.fact, &evident) && !(says_free && evident.is_free()) {
                days.rival(&evident);
                rival = rival.max(evident.fits(near));
            }
        }
        let claim = claim_of(sentence, stated);
        let Some((fits, _, evident)) = best else {
            if let Fact::Money(cents) = stated.fact
                && self.is_computed(cents, near, place)
            {
                self.amounts.push(cents);
                return Ok(Binding { claim, origin: Origin::Computed, path: None, span: None });
            }
            if let Fact::Percent(share) = stated.fact
                && self.is_computed_share(share, sentence, place.language)
            {
                return Ok(Binding { claim, origin: Origin::Computed, path: None, span: None });
            }
            return Err(match (stated.fact, said_by_customer) {
                (_, true) => CUSTOMERS,
                (Fact::Word(_), _) => UNPROVEN_WORD,
                _ => UNPROVEN,
            });
        };
        // What the customer said is said as the customer's, whatever the house says of it.
        let is_the_houses = evident.origin.is_of_the_house();
        if is_the_houses && has_subject(stated.fact) && (rival > fits || days.are_broken()) {
            return Err(ELSEWHERE);
        }
        if has_subject(stated.fact) && evident.is_of_another_line(&stated.near) {
            return Err(ELSEWHERE);
        }
        let whole = &read_sentence(sentence, place.language).terms;
        let said = [near, whole.as_slice(), &self.carried, place.about];
        let of_the_whole = |other: &Evident<'_>| {
            other.origin == evident.origin
                && other.competes_with(stated.fact)
                && !says(stated.fact, other, ledger)
                && evident.is_of_an_unnamed_part(other, &said)
        };
        if evident.path.is_some() && ledger.evidence().any(|other| of_the_whole(&other)) {
            return Err(ELSEWHERE);
        }
        if has_other_record(stated.fact, &evident, fits, near, ledger) {
            return Err(ELSEWHERE);
        }
        match stated.fact {
            Fact::Money(cents) => self.amounts.push(cents),
            Fact::Percent(share) => self.shares.push(share),
            _ => {}
        }
        Ok(Binding {
            claim,
            origin: evident.origin.clone(),
            path: evident.path.map(str::to_owned),
            span: evident.span.map(|span| (span.start, span.end)),
        })
    }
}

/// Whether the same field of a record that is named better says something else.
fn has_other_record(fact: Fact, evident: &Evident<'_>, fits: usize, near: &[Term], ledger: &Ledger) -> bool {
    let Some(path) = evident.path.filter(|path| path.contains('[') && fact.kind() != Kind::Code) else {
        return false;
    };
    ledger.evidence().any(|other| {
        other.origin == evident.origin
            && other.path.is_some_and(|other| is_same_field(other, path))
            && other.fits(near) > fits
            && !says(fact, &other, ledger)
    })
}

/// Whether two paths are of one field in two records.
fn is_same_field(one: &str, other: &str) -> bool {
    let fields = |path: &str| {
        path.split('[')
            .map(|part| part.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == ']').to_owned())
            .collect::<Vec<_>>()
    };
    one != other && fields(one) == fields(other)
}

/// Whether terms stand beside any evidence of what competes with `fact`.
fn tells(fact: Fact, terms: &[Term], ledger: &Ledger) -> bool {
    let of_kind = |evident: &Evident<'_>| evident.competes_with(fact) || says(fact, evident, ledger);
    !terms.is_empty()
        && (terms.iter().any(|term| names_a_day(*term))
            || ledger.evidence().any(|evident| of_kind(&evident) && evident.fits(terms) > 0))
}

/// The days that a claim names, and whether evidence of the same day says the same.
struct Days {
    /// Each day, whether its evidence says the same, and whether it says something else.
    named: Vec<(Term, bool, bool)>,
    applies: bool,
}

impl Days {
    fn of(near: &[Term], fact: Fact) -> Self {
        let applies = matches!(fact.kind(), Kind::Clock | Kind::Opening);
        let named =
            near.iter().filter(|term| names_a_day(**term)).map(|term| (*term, false, false)).collect();
        Self { named, applies }
    }

    fn prove(&mut self, evident: &Evident<'_>) {
        self.named.iter_mut().for_each(|(day, proven, _)| *proven |= evident.is_of_day(*day));
    }

    fn rival(&mut self, evident: &Evident<'_>) {
        self.named.iter_mut().for_each(|(day, _, rival)| *rival |= evident.is_of_day(*day));
    }

    /// Whether a day is named of which the evidence says only something else. One of several names of one day is enough
    /// where its evidence has only that.
    fn are_broken(&self) -> bool {
        let names_one_day = self.named.len() <= 2 && self.named.iter().any(|(_, proven, _)| *proven);
        self.applies && !names_one_day && self.named.iter().any(|(_, proven, rival)| *rival && !*proven)
    }
}

/// The words of a claim and their place, in characters.
fn claim_of(sentence: &str, stated: &Stated) -> Claim {
    let text = sentence.get(stated.span.clone()).unwrap_or_default().to_owned();
    let start = sentence.get(..stated.span.start).unwrap_or_default().chars().count();
    Claim { end: start + text.chars().count(), start, text }
}

/// `hoje` and `agora` fill sentences; a tomorrow that nobody promises for fills them too.
fn is_idle(stated: &Stated, manner: &Manner<'_>) -> bool {
    match stated.fact {
        Fact::Relative(_) => manner.asks || !manner.promises(),
        _ => false,
    }
}

/// Relative days in terms are days of the calendar.
fn resolve_days(near: &mut Vec<Term>, ledger: &Ledger) {
    for days in -1..=2 {
        if let Ok(place) = near.binary_search(&term_of_relative(days))
            && let Ok(date) = ledger.today().checked_add(jiff::Span::new().days(days))
        {
            near.remove(place);
            near.extend(terms_of_day(date));
            near.sort_unstable();
        }
    }
}

/// A weekday beside a date is that date's.
fn weekdays_fit(stated: &[Stated], ledger: &Ledger) -> Result<(), &'static str> {
    for pair in stated.windows(2) {
        let gap = pair[1].span.start.saturating_sub(pair[0].span.end);
        let (weekday, date) = match (pair[0].fact, pair[1].fact) {
            (Fact::Weekday(weekday), date @ Fact::Date { .. })
            | (date @ Fact::Date { .. }, Fact::Weekday(weekday)) => (weekday, date),
            _ => continue,
        };
        // `de segunda a sexta` are several at one place.
        let alone =
            stated.iter().filter(|other| other.span == pair[0].span || other.span == pair[1].span).count()
                == 2;
        if alone && gap <= BESIDE && !told_together(weekday, date, ledger) {
            return Err(WRONG_WEEKDAY);
        }
    }
    Ok(())
}

fn told_together(weekday: u8, date: Fact, ledger: &Ledger) -> bool {
    let Some(day) = date_of(date, ledger.today(), ledger) else { return true };
    if weekday_number(day.weekday()) == weekday {
        return true;
    }
    // The evidence may mean another year.
    ledger.evidence().any(|evident| match (evident.what, date) {
        (
            super::result::What::Fact(told @ Fact::Date { day, month, year: 1.. }),
            Fact::Date { day: other_day, month: other_month, year: 0 },
        ) => {
            (day, month) == (other_day, other_month)
                && date_of(told, ledger.today(), ledger)
                    .is_some_and(|told| weekday_number(told.weekday()) == weekday)
        }
        _ => false,
    })
}

fn may_prove(evident: &Evident<'_>, stated: &Stated, manner: &Manner<'_>) -> bool {
    match evident.origin {
        Origin::Customer { .. } => manner.repeats_the_customer(stated),
        // The date alone proves nothing that happens on it.
        Origin::Clock => !manner.promises(),
        // On which days the shop is open says nothing of what happens on them.
        Origin::Business => stated.fact.kind() != Kind::Day || manner.is_of_opening(),
        Origin::Tool { .. } | Origin::Passage { .. } | Origin::Person { .. } | Origin::Computed => true,
    }
}

fn proves(stated: &Stated, evident: &Evident<'_>, ledger: &Ledger) -> bool {
    says(stated.fact, evident, ledger)
        || match stated.hedge {
            Hedge::Exact => false,
            Hedge::About => nears(stated.fact, evident, true, true),
            Hedge::Below => nears(stated.fact, evident, true, false),
            Hedge::Above => nears(stated.fact, evident, false, true),
        }
}

/// Whether the evidence says something else of what may be the same subject.
fn is_rival(claim: Fact, evident: &Evident<'_>) -> bool {
    matches!(evident.origin, Origin::Tool { .. } | Origin::Passage { .. } | Origin::Business)
        && evident.competes_with(claim)
}

/// Whether the evidence has to be of the same subject: a name is its own.
fn has_subject(fact: Fact) -> bool {
    match fact.kind() {
        Kind::Money
        | Kind::Percent
        | Kind::Length
        | Kind::Count
        | Kind::Clock
        | Kind::Stock
        | Kind::Opening => true,
        Kind::Day => !matches!(fact, Fact::Weekday(_)),
        Kind::Word => matches!(fact, Fact::Word(Word::Free)),
        Kind::Number | Kind::Code => false,
    }
}

/// Of two equally fitting pieces of evidence the stronger one is taken.
fn rank(origin: &Origin) -> usize {
    match origin {
        Origin::Tool { .. } => 5,
        Origin::Passage { .. } => 4,
        Origin::Business => 3,
        Origin::Person { .. } => 2,
        Origin::Clock => 1,
        Origin::Customer { .. } | Origin::Computed => 0,
    }
}
