//! Binds the claims of an answer to evidence, sentence by sentence. A claim binds to evidence that says the same of the same
//! subject; what the customer said binds only as the customer's. Pure.

use super::attribution::Candidates;
use super::cited::Citation;
use super::days::{resolve_days, weekdays_fit};
use super::equal::{nears, says};
use super::evident::Evident;
use super::follows::Times;
use super::ledger::Ledger;
use super::manner::Manner;
use super::result::What;
use super::rivals::{is_counted_otherwise, is_not_included, is_rival, lists_what_is_apart, miscounts};
use super::said::{amount_of, counted_by_the_customer, is_idle, is_within};
use super::sums::is_multiplier;
use super::terms_of_use::{drops_the_bound, is_the_end_of_it};
use crate::domain::language::Language;
use crate::domain::message::Claim;
use crate::domain::provenance::{Binding, Origin};
use crate::language::statements::{
    Fact, Hedge, Kind, Stated, THING, Term, Word, names_a_day, read_sentence, terms_of,
};

/// Why a claim did not bind.
pub const UNPROVEN: &str =
    "it states a number, price, date or time that no tool result or passage of this conversation holds";
const ELSEWHERE: &str = "it says of one thing what the tool results and passages say of another";
const UNPROVEN_WORD: &str =
    "it says something of stock, opening or cost that no tool result or passage of this conversation says";
const CUSTOMERS: &str = "it states as the house's what only the customer said";

/// Whether a model may show words of a source for what did not bind for this reason.
pub fn can_be_shown(reason: &str) -> bool {
    [UNPROVEN, ELSEWHERE, UNPROVEN_WORD, CUSTOMERS].contains(&reason)
}

/// The claims of one answer, as far as it was read.
#[derive(Default)]
pub struct Binder {
    /// What the last sentence with a subject was about.
    pub(super) carried: Vec<Term>,
    /// Amounts that were bound.
    pub(super) amounts: Vec<i64>,
    /// Percentages that were bound, in hundredths.
    pub(super) shares: Vec<u32>,
    /// Whether what follows stands in a list of sums: `Somando peças e mão de obra:`.
    pub(super) heads_sums: bool,
    /// Days, hours and lengths that were bound.
    pub(super) times: Times,
    /// What the model shows for claims.
    pub(super) citations: Vec<Citation>,
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
    /// Looks at what the model shows where its words do not bind by themselves.
    pub fn rely_on(&mut self, citations: Vec<Citation>) {
        self.citations = citations;
    }

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
        if !sentence.trim_start().starts_with(['-', '*', '•']) {
            self.heads_sums = manner.sums_up() && sentence.trim_end().ends_with(':');
        }
        let has_a_day = read.stated.iter().any(|stated| stated.fact.kind() == Kind::Day)
            || read.terms.iter().any(|term| names_a_day(*term));
        for stated in &read.stated {
            if is_idle(stated, &manner)
                || !manner.states(stated, has_a_day)
                || is_within(stated, &read.stated, ledger)
            {
                continue;
            }
            // `4 x R$ 140 = R$ 560`: how often the amount is taken, and the sum has to fit.
            if let Fact::Count(hundredths, "times") = stated.fact
                && sentence.get(stated.span.end..).is_some_and(|behind| behind.contains('='))
            {
                self.times.factors.extend(i64::try_from(hundredths / 100));
                continue;
            }
            if let Fact::Count(_, THING) = stated.fact {
                match miscounts(stated, ledger, language) {
                    Some(true) if !manner.asks => {
                        let place = Place { sentence, ledger, about, manner: &manner, language };
                        bindings.push(self.shown(stated, &place).ok_or(ELSEWHERE)?);
                    }
                    Some(false) => self.times.keep(stated.fact, ledger),
                    Some(true) | None => {}
                }
                continue;
            }
            if let Fact::Word(Word::Included) = stated.fact {
                let place = Place { sentence, ledger, about, manner: &manner, language };
                if (is_not_included(stated, &read.stated, ledger) || lists_what_is_apart(stated, &place))
                    && !self.vouches_for(sentence, ledger, language)
                {
                    return Err(UNPROVEN_WORD);
                }
                continue;
            }
            // `no sábado abrimos das 9h às 14h`: the hours are what is said, and they need proof.
            if let Fact::Word(Word::Open) = stated.fact
                && read.stated.iter().any(|other| {
                    let between = sentence.get(stated.span.end..other.span.start).unwrap_or(";");
                    other.fact.kind() == Kind::Clock
                        && !between.contains(';')
                        && between.matches(',').count() < 2
                })
            {
                continue;
            }
            // Terms that are beside no evidence of the kind tell nothing; then those around them may.
            let alone = read.stated.iter().filter(|other| other.fact.competes_with(stated.fact)).count() == 1;
            let sentence_terms = if alone { &read.terms } else { &stated.near };
            // A day is not said of another day, nor what happens on one.
            let carried: Vec<Term> = match stated.fact.kind() == Kind::Day || has_a_day {
                true => self.carried.iter().copied().filter(|term| !names_a_day(*term)).collect(),
                false => self.carried.clone(),
            };
            let around = [&stated.near, sentence_terms, &carried];
            let telling = around.into_iter().find(|terms| tells(stated.fact, terms, ledger));
            let mut near = telling.map_or(about, Vec::as_slice).to_vec();
            // `La piscina abre también los domingos`: on what days stands anywhere in the clause.
            if alone && stated.fact.kind() == Kind::Opening {
                let begin = sentence
                    .get(..stated.span.start)
                    .and_then(|before| before.rfind(';'))
                    .map_or(0, |at| at + 1);
                let end = sentence
                    .get(stated.span.end..)
                    .and_then(|behind| behind.find(';'))
                    .map_or(sentence.len(), |at| stated.span.end + at);
                let clause = read_sentence(sentence.get(begin..end).unwrap_or_default(), language);
                near.extend(clause.terms.iter().filter(|term| names_a_day(**term)));
                near.sort_unstable();
                near.dedup();
            }
            resolve_days(&mut near, ledger);
            let place = Place { sentence, ledger, about, manner: &manner, language };
            match self.bind_one(stated, &near, &place) {
                Ok(binding) => bindings.push(binding),
                Err(fault) => bindings.push(self.shown(stated, &place).ok_or(fault)?),
            }
        }
        weekdays_fit(sentence, &read.stated, ledger)?;
        if !read.terms.is_empty() {
            self.carried.clone_from(&read.terms);
        }
        Ok(bindings)
    }

    /// What the model shows for a claim, bound.
    fn shown(&mut self, stated: &Stated, place: &Place<'_>) -> Option<Binding> {
        let origin = self.cited(stated, place)?;
        self.keep(stated.fact, place.ledger);
        Some(Binding { claim: claim_of(place.sentence, stated), origin, path: None, span: None })
    }

    fn bind_one(
        &mut self,
        stated: &Stated,
        near: &[Term],
        place: &Place<'_>,
    ) -> Result<Binding, &'static str> {
        let Place { sentence, ledger, manner, .. } = *place;
        let mut best: Option<(usize, usize, Evident<'_>)> = None;
        let mut candidates = Candidates::of(near, stated.fact);
        let mut said_by_customer = false;
        // The best that the whole sentence fits an hour that is taken.
        let (mut taken, whole) = (0, &read_sentence(sentence, place.language).terms);
        // `grátis a partir de R$ 199,00` is about both.
        let says_free = read_sentence(sentence, place.language)
            .stated
            .iter()
            .any(|other| other.fact == Fact::Word(Word::Free));
        for evident in ledger.evidence() {
            // What the customer said is no rival.
            if matches!(evident.origin, Origin::Customer { .. }) && !proves(stated, &evident, ledger) {
                continue;
            }
            if !may_prove(&evident, stated, place) {
                said_by_customer |= says(stated.fact, &evident, ledger);
                continue;
            }
            // An hour that is taken is no hour that is offered.
            if evident.is_taken && stated.fact.kind() == Kind::Clock && !manner.says_it_is_taken(stated) {
                if says(stated.fact, &evident, ledger) {
                    taken = taken.max(evident.fits(whole));
                }
                continue;
            }
            if drops_the_bound(stated, &evident, sentence, place.language)
                || is_the_end_of_it(stated, &evident, sentence, place.language)
            {
                continue;
            }
            // Most evidence is of something else: what it is said of is looked at last.
            if proves(stated, &evident, ledger) {
                let fits = evident.fits_with_field(near);
                candidates.prove(&evident, near);
                let rank = rank(evident.origin);
                if best.as_ref().is_none_or(|(other, other_rank, _)| (fits, rank) > (*other, *other_rank)) {
                    best = Some((fits, rank, evident));
                }
            } else if is_rival(stated, &evident, place)
                && !(says_free && is_of_a_price(stated, &evident, place))
                && !evident.is_of_another_kind(whole)
            {
                candidates.rival(evident, near);
            }
        }
        let claim = claim_of(sentence, stated);
        // What only bounds a clause is the customer's, whatever else is told of it.
        let mut said = ledger.evidence().filter(|evident| matches!(evident.origin, Origin::Customer { .. }));
        if let Some(evident) = said.find(|evident| says(stated.fact, evident, ledger))
            && manner.takes_up(stated)
        {
            self.keep(stated.fact, ledger);
            let span = evident.span.map(|span| (span.start, span.end));
            return Ok(Binding { claim, origin: evident.origin.clone(), path: None, span });
        }
        if let Fact::Money(cents) = stated.fact
            && self.is_instalment(cents, stated, place)
        {
            self.amounts.push(cents);
            return Ok(Binding { claim, origin: Origin::Computed, path: None, span: None });
        }
        let Some((_, _, evident)) = best else {
            if let Some(origin) = counted_by_the_customer(stated, place) {
                self.keep(stated.fact, ledger);
                return Ok(Binding { claim, origin, path: None, span: None });
            }
            if let Some(cents) = amount_of(stated.fact, sentence, place.language)
                && self.is_computed(cents, near, place, manner.explains())
            {
                self.amounts.push(cents);
                return Ok(Binding { claim, origin: Origin::Computed, path: None, span: None });
            }
            // So many days are told: that as many lie between two candidates is no proof.
            let is_rivalled = (candidates.best_rival > 0 || is_counted_otherwise(stated.fact, ledger))
                && !manner.counts_down(stated)
                && matches!(stated.fact, Fact::Minutes(minutes, _) if minutes.is_multiple_of(24 * 60));
            if (!is_rivalled && self.follows(stated, place))
                || ((candidates.best_rival == 0 || matches!(stated.fact.kind(), Kind::Length | Kind::Number))
                    && is_multiplier(stated, place))
            {
                self.times.keep(stated.fact, ledger);
                return Ok(Binding { claim, origin: Origin::Computed, path: None, span: None });
            }
            if let Fact::Percent(share) = stated.fact
                && self.is_computed_share(share, stated.hedge, place)
            {
                return Ok(Binding { claim, origin: Origin::Computed, path: None, span: None });
            }
            return Err(match (stated.fact, said_by_customer) {
                (_, true) => CUSTOMERS,
                (Fact::Word(_), _) => UNPROVEN_WORD,
                _ => UNPROVEN,
            });
        };
        if taken > evident.fits(whole) {
            return Err(ELSEWHERE);
        }
        if self.is_of_another(stated, &evident, &candidates, near, place) {
            let is_computed = match stated.fact {
                Fact::Money(cents) => {
                    place.manner.explains()
                        && (self.amounts.contains(&cents)
                            || self.is_computed(cents, near, place, place.manner.tells_apart()))
                }
                Fact::Count(_, "times") => false,
                _ => self.follows(stated, place) || is_multiplier(stated, place),
            };
            if is_computed {
                self.keep(stated.fact, ledger);
                return Ok(Binding { claim, origin: Origin::Computed, path: None, span: None });
            }
            return Err(ELSEWHERE);
        }
        self.keep(stated.fact, ledger);
        Ok(Binding {
            claim,
            origin: evident.origin.clone(),
            path: evident.path.map(str::to_owned),
            span: evident.span.map(|span| (span.start, span.end)),
        })
    }

    /// What was bound may prove what follows from it.
    fn keep(&mut self, fact: Fact, ledger: &Ledger) {
        match fact {
            Fact::Money(cents) => self.amounts.push(cents),
            Fact::Percent(share) => self.shares.push(share),
            fact => self.times.keep(fact, ledger),
        }
    }
}

/// Whether evidence is that something is free, or an amount that nothing is free from: none of a sentence that says from what
/// amount on something is free.
fn is_of_a_price(stated: &Stated, evident: &Evident<'_>, place: &Place<'_>) -> bool {
    let free = terms_of("free gratis gratuito gratuita", place.language);
    evident.is_free() || (stated.fact.kind() == Kind::Money && !evident.stands_beside(&free))
}

/// Whether terms stand beside any evidence of what competes with `fact`.
fn tells(fact: Fact, terms: &[Term], ledger: &Ledger) -> bool {
    let of_kind = |evident: &Evident<'_>| evident.competes_with(fact) || says(fact, evident, ledger);
    !terms.is_empty()
        && (terms.iter().any(|term| names_a_day(*term))
            || ledger.evidence().any(|evident| of_kind(&evident) && evident.fits(terms) > 0))
}

/// The words of a claim and their place, in characters.
fn claim_of(sentence: &str, stated: &Stated) -> Claim {
    let text = sentence.get(stated.span.clone()).unwrap_or_default().to_owned();
    let start = sentence.get(..stated.span.start).unwrap_or_default().chars().count();
    Claim { end: start + text.chars().count(), start, text }
}

fn may_prove(evident: &Evident<'_>, stated: &Stated, place: &Place<'_>) -> bool {
    let manner = place.manner;
    // `de segunda a sexta`: that one of them is today says nothing.
    let is_one_of_several = || {
        let read = read_sentence(place.sentence, place.language);
        read.stated.iter().filter(|other| other.span == stated.span).count() > 1
    };
    match evident.origin {
        Origin::Customer { .. } => manner.repeats_the_customer(stated),
        // The date alone proves nothing that happens on it.
        Origin::Clock => !manner.promises() && !is_one_of_several(),
        // On which days the shop is open says nothing of what happens on them.
        Origin::Business => match stated.fact.kind() {
            Kind::Day => manner.is_of_opening(),
            Kind::Number | Kind::Count => !matches!(evident.what, What::Fact(Fact::Date { .. })),
            _ => true,
        },
        // Nor do the opening hours of a document say on which day something arrives.
        Origin::Passage { .. } => {
            stated.fact.kind() != Kind::Day || !manner.promises_arrival() || !evident.tells_opening_hours()
        }
        Origin::Tool { .. } | Origin::Person { .. } | Origin::Computed => true,
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
