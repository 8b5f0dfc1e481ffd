//! Whether evidence that says what a claim says says it of something else: what it is said of is told by the words beside it,
//! and other evidence of the kind may be named better by the words of the claim. Pure.

use super::bind::{Binder, Place};
use super::days::Days;
use super::equal::says;
use super::evident::Evident;
use super::result::What;
use super::rivals::{has_other_record, has_subject, is_same_field};
use super::units::unit_behind;
use crate::language::detect::detect;
use crate::language::phrases::{Phrases, spaced};
use crate::language::statements::{Fact, Kind, Stated, Term, Word, names_a_day, read_sentence};

use std::sync::LazyLock;

/// Words of what is left: that so many are listed says nothing of it.
static LEFT: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "left|restam|resta|restantes|sobram|quedan|queda|em estoque|in stock|en stock|disponiveis|available|disponibles",
    )
});

/// What a word that names something counts; what only names a field or a rate counts less.
const WORD: usize = 2;

/// The words that tell what a claim is said of.
pub(super) struct Named<'a> {
    /// Those that are taken to name it.
    pub(super) near: &'a [Term],
    /// Those of its sentence.
    whole: &'a [Term],
    /// Whether the first are of an earlier sentence, or of what was asked: they tell which record is meant, and not which of
    /// its fields.
    are_borrowed: bool,
}

/// The evidence that a claim may be about: what says the same, and what says something else of the kind.
pub(super) struct Candidates<'a> {
    /// How well what says the same is named, and by which words of the claim.
    same: Vec<(usize, u64)>,
    /// How well what says something else is named.
    rivals: Vec<(usize, Evident<'a>)>,
    /// The best of those that say something else.
    pub(super) best_rival: usize,
    /// The days it is told of.
    pub(super) days: Days,
}

impl<'a> Candidates<'a> {
    pub(super) fn of(near: &[Term], fact: Fact) -> Self {
        Self { same: Vec::new(), rivals: Vec::new(), best_rival: 0, days: Days::of(near, fact) }
    }

    pub(super) fn prove(&mut self, evident: &Evident<'_>, near: &[Term]) {
        self.days.prove(evident);
        self.same.push((evident.fits_with_field(near), evident.named_by(near)));
    }

    pub(super) fn rival(&mut self, evident: Evident<'a>, near: &[Term]) {
        self.days.rival(&evident);
        let fits = evident.fits_with_field(near);
        self.best_rival = self.best_rival.max(fits);
        self.rivals.push((fits, evident));
    }

    /// Whether one of the rivals is named by all that names `evident`, and more: in another document clearly more, as
    /// other words stand there.
    ///
    /// The words of the whole sentence must not name `evident` better than a rival. `measured` is how many other measures
    /// of the sentence its record has.
    fn outdo(&self, evident: &Evident<'_>, named: &Named<'_>, stated: &Stated, measured: usize) -> bool {
        let Named { near, whole, are_borrowed } = *named;
        let fits = evident.fits_with_field(near) + WORD * measured;
        // `a orquídea está disponível para amanhã`: what is told of no day is told of the orchid all the same.
        let days = near.iter().take(64).enumerate().filter(|(_, term)| names_a_day(**term));
        let days = days.fold(0_u64, |all, (place, _)| all | 1 << place);
        let fits_whole = evident.fits_with_field(whole);
        self.rivals.iter().any(|(fit, rival)| {
            let is_the_same_field =
                || rival.path.zip(evident.path).is_some_and(|(one, other)| is_same_field(one, other));
            if (are_borrowed && !is_the_same_field()) || rival.fits_with_field(whole) < fits_whole {
                return false;
            }
            let counted = if rival.names_days() { u64::MAX } else { !days };
            let is_alike = rival.origin == evident.origin || rival.path.is_some() && evident.path.is_some();
            let named = rival.named_by(near);
            // `menos de 24 horas … em até 3 dias`: lengths of one sentence are named by the same words around them.
            let is_beside =
                fits >= WORD && stated.fact.kind() == Kind::Length && rival.is_in_the_sentence_of(evident);
            let least = if is_beside { fits + 3 } else { fits + usize::from(!is_alike) };
            *fit > least && self.same.iter().all(|(fit, by)| *fit < fits || by & counted & !named == 0)
        })
    }
}

impl Binder {
    /// Whether the evidence that says the same says it of something else.
    pub(super) fn is_of_another(
        &self,
        stated: &Stated,
        evident: &Evident<'_>,
        candidates: &Candidates<'_>,
        near: &[Term],
        place: &Place<'_>,
    ) -> bool {
        let Place { sentence, ledger, .. } = *place;
        if stated.fact.kind() == Kind::Money && is_for_something_else(stated, place) {
            return true;
        }
        // What the customer said is said as the customer's, whatever the house says of it.
        let fits = evident.fits_with_field(near);
        let is_the_houses = evident.origin.is_of_the_house();
        // A measure in the name of a record tells which record is meant: what is said of it is another claim.
        if matches!(stated.fact, Fact::Count(..))
            && (evident.is_a_name()
                || (evident.lists_exactly(stated.fact) && !LEFT.are_in(&spaced(sentence))))
        {
            return false;
        }
        // `hoje`, where a schedule names its weekday.
        if stated.fact == Fact::Relative(0) && matches!(evident.what, What::Fact(Fact::Weekday(_))) {
            return false;
        }
        // A month is told of many things.
        if matches!(stated.fact, Fact::Date { day: 0, .. }) {
            return false;
        }
        // What was asked names no day or hour.
        // What was told before names no other day.
        let is_carried = stated.fact.kind() == Kind::Day
            && evident.is_of_one_of_several()
            && !near.is_empty()
            && near.iter().all(|term| self.carried.contains(term) && !stated.near.contains(term));
        let is_only_asked =
            is_carried || near == place.about && matches!(stated.fact.kind(), Kind::Day | Kind::Clock);
        // What is written in another language is named by other words.
        let is_foreign = || detect(evident.written).is_some_and(|language| language != place.language);
        // `| Power BI | segundas e quartas |`: the days of a line are that line's.
        let has_subject_here = has_subject(stated.fact)
            || (matches!(stated.fact, Fact::Weekday(_)) && evident.is_of_one_of_several());
        let measured = measures_told(evident, stated, place);
        let named = Named {
            near,
            whole: &read_sentence(sentence, place.language).terms,
            are_borrowed: near == self.carried.as_slice() || near == place.about,
        };
        if is_the_houses
            && has_subject_here
            && ((candidates.outdo(evident, &named, stated, measured)
                && !is_only_asked
                && !(fits < WORD && candidates.best_rival < 2 * WORD && is_foreign()))
                || candidates.days.are_broken())
        {
            return true;
        }
        // `hasta 10 cm desde $45.000`: of another size in the same list.
        if stated.fact.kind() == Kind::Money
            && evident.path.is_some_and(|path| path.contains('['))
            && candidates.rivals.iter().any(|(_, rival)| {
                rival.path.zip(evident.path).is_some_and(|(one, other)| is_same_field(one, other))
                    && measures_told(rival, stated, place) > measured
            })
        {
            return true;
        }
        // `El filtro se cobra aparte` of what is included, where only the whole has a price.
        if stated.fact == Fact::Word(Word::Extra)
            && evident.is_an_amount()
            && candidates.rivals.iter().any(|(rival, other)| {
                *rival >= fits
                    && other.what == What::Fact(Fact::Word(Word::Included))
                    && near.iter().all(|term| other.near.contains(term))
            })
        {
            return true;
        }
        // `Both colors are in stock`, and one is not.
        if stated.fact.kind() == Kind::Stock
            && speaks_of_all(sentence)
            && candidates.rivals.iter().any(|(rival, other)| *rival >= fits && other.origin == evident.origin)
        {
            return true;
        }
        // `{frete: "R$ 60,00", retirada: "R$ 0,00"}`: what is free is told by its field.
        let costs = |other: &Evident<'_>| {
            other.is_in_the_record_of(evident)
                && other.amount().is_some_and(|cents| cents > 0)
                && other.fits_with_field(near) > fits
        };
        if stated.fact == Fact::Word(Word::Free) && ledger.evidence().any(|other| costs(&other)) {
            return true;
        }
        // `Retiramos o colchão velho por R$ 80,00`, and what is free is the delivery.
        let has_a_price = |other: &Evident<'_>| {
            other.origin.is_of_the_house()
                && other.path.is_none()
                && other.amount().is_some_and(|cents| cents > 0)
                && other.fits(&stated.near) >= evident.fits(&stated.near) + WORD
        };
        if stated.fact == Fact::Word(Word::Free) && ledger.evidence().any(|other| has_a_price(&other)) {
            return true;
        }
        // Something else is free.
        if stated.fact == Fact::Word(Word::Free)
            && !is_foreign()
            && evident.path.is_none()
            && !stated.near.is_empty()
            && !evident.stands_beside(&stated.near)
        {
            return true;
        }
        if has_subject_here
            && (evident.is_of_another_line(&stated.near)
                || evident.is_at_another_rate(stated, sentence, place.language))
        {
            return true;
        }
        let whole = &read_sentence(sentence, place.language).terms;
        let said = [near, whole.as_slice(), &self.carried, place.about];
        let of_the_whole = |other: &Evident<'_>| {
            other.origin == evident.origin
                && (other.competes_with(stated.fact)
                    || (stated.fact == Fact::Word(Word::Free)
                        && other.amount().is_some_and(|cents| cents > 0)))
                && !says(stated.fact, other, ledger)
                && evident.is_of_an_unnamed_part(other, &said)
        };
        (evident.path.is_some() && ledger.evidence().any(|other| of_the_whole(&other)))
            || has_other_record(stated.fact, evident, fits, near, ledger)
    }
}

/// How many other measures of the sentence the record of `evident` has, where it is one of several: `hasta 10 cm` names the
/// record with `hasta_cm: 10`.
fn measures_told(evident: &Evident<'_>, stated: &Stated, place: &Place<'_>) -> usize {
    if evident.path.is_none_or(|path| !path.contains('[')) {
        return 0;
    }
    let in_the_record = |fact: Fact| {
        place.ledger.evidence().any(|other| {
            other.path != evident.path
                && other.is_in_the_record_of(evident)
                && says(fact, &other, place.ledger)
        })
    };
    let read = read_sentence(place.sentence, place.language);
    // What stands beyond another amount is that one's.
    let is_beyond = |other: &Stated| {
        let between = other.span.end.min(stated.span.end)..other.span.start.max(stated.span.start);
        read.stated
            .iter()
            .any(|third| third.fact.kind() == Kind::Money && between.contains(&third.span.start))
    };
    let measures = read.stated.iter().filter(|other| matches!(other.fact, Fact::Count(..)));
    measures
        .filter(|other| other.span != stated.span && !is_beyond(other) && in_the_record(other.fact))
        .count()
}

/// Whether a sentence says something of each of several.
fn speaks_of_all(sentence: &str) -> bool {
    static ALL: LazyLock<Phrases> = LazyLock::new(|| {
        Phrases::of(
            "ambos|ambas|os dois|as duas|todos os|todas as|both|all of them|all the|all our|los dos|las dos|todos los|todas las",
        )
    });
    ALL.are_in(&spaced(sentence))
}

/// Whether every text that states the amount says that it is for something else: a stay, not a day.
fn is_for_something_else(stated: &Stated, place: &Place<'_>) -> bool {
    let claimed = place.sentence.get(stated.span.end..).and_then(unit_behind);
    let Some(claimed) = claimed else { return false };
    let mut others = false;
    let told = place
        .ledger
        .evidence()
        .filter(|evident| evident.origin.is_of_the_house() && says(stated.fact, evident, place.ledger));
    for evident in told {
        let behind = evident
            .span
            .as_ref()
            .filter(|_| evident.path.is_none())
            .and_then(|span| evident.written.get(evident.lead_in + span.end..).and_then(unit_behind));
        match behind {
            Some(unit) if unit != claimed => others = true,
            // As it says nothing of it, it may be so.
            Some(_) | None => return false,
        }
    }
    others
}
