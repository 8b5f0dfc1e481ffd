//! Evidence that says something else of what a claim may be said of. Pure; what comes of it is told in `bind.rs`.

use super::bind::Place;
use super::ends::Part;
use super::equal::says;
use super::evident::Evident;
use super::ledger::Ledger;
use super::result::What;
use super::terms_of_use::is_only_a_bound;
use crate::domain::language::Language;
use crate::domain::provenance::Origin;
use crate::language::statements::{Fact, Kind, Pace, Stated, Term, Word, read_sentence, terms_of};

/// Whether what is said to be included has a price of its own or is said to be paid apart, and nothing says that it is
/// included.
pub(super) fn is_not_included(stated: &Stated, all: &[Stated], ledger: &Ledger) -> bool {
    // What is counted is proven by itself.
    let is_bare = all.iter().all(|other| matches!(other.fact, Fact::Word(_)));
    let (mut included, mut apart) = (0, 0);
    for evident in ledger.evidence().filter(|evident| evident.origin.is_of_the_house()) {
        let fits = evident.fits(&stated.near);
        if says(stated.fact, &evident, ledger) {
            included = included.max(fits);
        } else if says(Fact::Word(Word::Extra), &evident, ledger) && (is_bare || !evident.is_an_amount()) {
            apart = apart.max(fits);
        }
    }
    apart > included
}

/// `inclui bebida, postre y café`: whether one of the things that are listed behind the word has a price of its own or is said to
/// be paid apart, and nothing says that it is included.
pub(super) fn lists_what_is_apart(stated: &Stated, place: &Place<'_>) -> bool {
    let Place { sentence, ledger, language, .. } = *place;
    let word = sentence.get(stated.span.clone()).unwrap_or_default().to_lowercase();
    if !["inclui", "incluem", "includes", "include", "incluye", "incluyen"].contains(&word.as_str()) {
        return false;
    }
    let behind = sentence.get(stated.span.end..).unwrap_or_default();
    let listed = behind.split(['.', ';', ':', '(']).next().unwrap_or_default();
    let items = listed
        .split(',')
        .flat_map(|item| item.split(" e "))
        .flat_map(|item| item.split(" y "))
        .flat_map(|item| item.split(" and "))
        // What is counted is proven by its number.
        .filter(|item| !item.bytes().any(|byte| byte.is_ascii_digit()))
        .map(|item| terms_of(item, language))
        .filter(|item| !item.is_empty());
    let told: Vec<_> = ledger.evidence().filter(|evident| evident.origin.is_of_the_house()).collect();
    let names = |evident: &Evident<'_>, item: &[Term]| {
        item.iter().all(|term| evident.near.binary_search(term).is_ok())
    };
    items.into_iter().any(|item| {
        let of_item = || told.iter().filter(|evident| names(evident, &item));
        of_item().any(|evident| says(Fact::Word(Word::Extra), evident, ledger))
            && !of_item().any(|evident| says(stated.fact, evident, ledger))
    })
}

/// Whether other numbers of the same things are told, and this one is not; nothing if none is.
pub(super) fn miscounts(stated: &Stated, ledger: &Ledger, language: Language) -> Option<bool> {
    let mut is_rivalled = false;
    for evident in ledger.evidence().filter(|evident| evident.counts(&stated.near, language)) {
        if says(stated.fact, &evident, ledger) {
            return Some(false);
        }
        // Of what is listed fewer may be told, and not more.
        is_rivalled |= evident.origin.is_of_the_house() && !evident.lists_enough_for(stated.fact);
    }
    is_rivalled.then_some(true)
}

/// Whether the same field of a record that is named better says something else.
pub(super) fn has_other_record(
    fact: Fact,
    evident: &Evident<'_>,
    fits: usize,
    near: &[Term],
    ledger: &Ledger,
) -> bool {
    let is_a_name = matches!(fact.kind(), Kind::Code | Kind::Number);
    let Some(path) = evident.path.filter(|path| path.contains('[') && !is_a_name) else {
        return false;
    };
    ledger.evidence().any(|other| {
        other.origin == evident.origin
            && other.path.is_some()
            && other.fits_with_field(near) > fits
            && evident.named_by(near) & !other.named_by(near) == 0
            && other.path.is_some_and(|other| is_same_field(other, path))
            && !says(fact, &other, ledger)
    })
}

/// Whether two paths are of one field in two records.
pub(super) fn is_same_field(one: &str, other: &str) -> bool {
    let fields = |path: &str| {
        path.split('[')
            .map(|part| part.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == ']').to_owned())
            .collect::<Vec<_>>()
    };
    one != other && fields(one) == fields(other)
}

/// Whether the evidence says something else of what may be the same subject.
pub(super) fn is_rival(claim: &Stated, evident: &Evident<'_>, place: &Place<'_>) -> bool {
    if !evident.competes_with(claim.fact) {
        return false;
    }
    let may_be = match evident.origin {
        Origin::Tool { .. } | Origin::Passage { .. } => true,
        // At what hours the shop is open says nothing of what else happens on that day, nor on which days of other days.
        Origin::Business => place.manner.is_of_opening() && claim.fact.kind() != Kind::Day,
        Origin::Clock | Origin::Customer { .. } | Origin::Person { .. } | Origin::Computed => false,
    };
    // From when on and until when are two things.
    let is_other_end = || {
        let stated = &read_sentence(place.sentence, place.language).stated;
        let ends = (evident.part_of_day(), Part::of_claim(place.sentence, stated, claim));
        matches!(ends, (Part::Begin, Part::End) | (Part::End, Part::Begin))
    };
    may_be
        && !is_only_a_bound(evident, place.sentence, place.language)
        && !(claim.fact.kind() == Kind::Clock && is_other_end())
        // That something is free is said of what is named, not of what was asked.
        && (!evident.is_free() || claim.fact.kind() != Kind::Money || evident.fits(&claim.near) > 0)
}

/// Whether the evidence has to be of the same subject: a name is its own.
pub(super) fn has_subject(fact: Fact) -> bool {
    match fact.kind() {
        Kind::Money
        | Kind::Percent
        | Kind::Length
        | Kind::Count
        | Kind::Clock
        | Kind::Stock
        | Kind::Inclusion
        | Kind::Opening => true,
        Kind::Day => !matches!(fact, Fact::Weekday(_) | Fact::Date { day: 0, .. }),
        Kind::Word => matches!(fact, Fact::Word(Word::Free)),
        Kind::Number | Kind::Code => false,
    }
}

/// Whether business days are told, and not as many.
pub(super) fn is_counted_otherwise(fact: Fact, ledger: &Ledger) -> bool {
    matches!(fact, Fact::Minutes(_, Pace::Business))
        && ledger.evidence().any(|evident| {
            matches!(evident.what, What::Fact(Fact::Minutes(_, Pace::Business)))
                && evident.origin.is_of_the_house()
        })
}
