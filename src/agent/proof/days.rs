//! The days that a claim names: evidence of one day says nothing of another, and a weekday beside a date is that date's. Pure.

use super::equal::date_of;
use super::evident::Evident;
use super::ledger::{Ledger, weekday_number};
use super::result::What;
use crate::domain::language::Language;
use crate::language::dates::find_times;
use crate::language::fold::words;
use crate::language::phrases::spaced;
use crate::language::statements::{
    Fact, Kind, Stated, Term, names_a_day, names_a_weekday, term_of_relative, terms_of_day,
};
use jiff::Zoned;

/// Why a weekday beside a date is wrong.
const WRONG_WEEKDAY: &str = "its weekday is not the weekday of its date";

/// A weekday this close to a date, in bytes, belongs to it.
pub(super) const BESIDE: usize = 16;

/// Words between a weekday and its date.
const JOINTS: [&str; 17] = [
    "dia", "o", "a", "el", "the", "de", "do", "del", "of", "on", "em", "en", "feira", "this", "next",
    "proximo", "este",
];

/// The days that a claim names, and whether evidence of the same day says the same.
pub(super) struct Days {
    /// Each day, whether its evidence says the same, and whether it says something else.
    named: Vec<(Term, bool, bool)>,
    applies: bool,
    /// Whether what says the same is said of days, and of no day in particular.
    is_dated: bool,
    is_undated: bool,
}

impl Days {
    pub(super) fn of(near: &[Term], fact: Fact) -> Self {
        let applies = matches!(fact.kind(), Kind::Clock | Kind::Opening);
        let named =
            near.iter().filter(|term| names_a_day(**term)).map(|term| (*term, false, false)).collect();
        Self { named, applies, is_dated: false, is_undated: false }
    }

    pub(super) fn prove(&mut self, evident: &Evident<'_>) {
        if self.named.is_empty() {
            return;
        }
        let names_days = evident.names_days();
        self.is_dated |= names_days;
        self.is_undated |= !names_days;
        self.named.iter_mut().for_each(|(day, proven, _)| *proven |= evident.is_of_day(*day));
    }

    pub(super) fn rival(&mut self, evident: &Evident<'_>) {
        self.named.iter_mut().for_each(|(day, _, rival)| *rival |= evident.is_of_day(*day));
    }

    /// Whether a day is named of which the evidence says only something else, or says the same only of other days. One of
    /// several names of one day is enough where its evidence has only that.
    pub(super) fn are_broken(&self) -> bool {
        // `Saturday and Sunday, from 8 to 2` are two.
        let weekdays = self.named.iter().filter(|(day, ..)| names_a_weekday(*day)).count();
        let names_one_day =
            self.named.len() <= 2 && weekdays < 2 && self.named.iter().any(|(_, proven, _)| *proven);
        let only_of_others = self.is_dated && !self.is_undated;
        self.applies
            && !names_one_day
            && self.named.iter().any(|(_, proven, rival)| !*proven && (*rival || only_of_others))
    }
}

/// Relative days in terms are days of the calendar.
pub(super) fn resolve_days(near: &mut Vec<Term>, ledger: &Ledger) {
    for days in -1..=2 {
        if let Ok(place) = near.binary_search(&term_of_relative(days))
            && let Ok(date) = ledger.today().checked_add(jiff::Span::new().days(days))
        {
            near.remove(place);
            near.extend(terms_of_day(date));
            near.sort_unstable();
            near.dedup();
        }
    }
}

/// A weekday beside a date is that date's.
pub(super) fn weekdays_fit(sentence: &str, stated: &[Stated], ledger: &Ledger) -> Result<(), &'static str> {
    for (place, pair) in stated.windows(2).enumerate() {
        let gap = pair[1].span.start.saturating_sub(pair[0].span.end);
        let (weekday, date) = match (pair[0].fact, pair[1].fact) {
            (Fact::Weekday(weekday), date @ Fact::Date { .. })
            | (date @ Fact::Date { .. }, Fact::Weekday(weekday)) => (weekday, date),
            _ => continue,
        };
        // `December 9 to Friday, December 11`: the weekday is the next date's.
        let is_the_nexts = matches!(pair[1].fact, Fact::Weekday(_))
            && stated.get(place + 2).is_some_and(|next| {
                matches!(next.fact, Fact::Date { .. })
                    && next.span.start.saturating_sub(pair[1].span.end) < gap
            });
        if is_the_nexts {
            continue;
        }
        // `de segunda a sexta` are several at one place.
        let alone =
            stated.iter().filter(|other| other.span == pair[0].span || other.span == pair[1].span).count()
                == 2;
        // `due by December 10, so Tuesday's visit`: a word between them divides them.
        let between = spaced(sentence.get(pair[0].span.end..pair[1].span.start).unwrap_or_default());
        let is_beside = gap <= BESIDE && between.split_ascii_whitespace().all(|word| JOINTS.contains(&word));
        if alone && is_beside && !told_together(weekday, date, ledger) {
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
            What::Fact(told @ Fact::Date { day, month, year: 1.. }),
            Fact::Date { day: other_day, month: other_month, year: 0 },
        ) => {
            (day, month) == (other_day, other_month)
                && date_of(told, ledger.today(), ledger)
                    .is_some_and(|told| weekday_number(told.weekday()) == weekday)
        }
        _ => false,
    })
}

/// Whether `text` is about days or hours, so that the present date belongs into an answer.
pub fn asks_for_time(text: &str, now: &Zoned, language: Language) -> bool {
    const WORDS: [&str; 13] = [
        "dia", "data", "hora", "horas", "horario", "horarios", "agora", "day", "date", "time", "now",
        "fecha", "hoy",
    ];
    words(text).iter().any(|word| WORDS.contains(&word.as_str()))
        || !find_times(text, now, language).is_empty()
}
