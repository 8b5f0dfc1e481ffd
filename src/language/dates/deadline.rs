//! By when, or from when on: `até o fim do mês`, `em 30 dias`, `pra ontem`, `sem pressa`, `no segundo semestre`. A
//! deadline is a stretch of days that may be open; a time of day is none of its business.

use super::deadline_words::{self, Named};
use super::lexicon::{Unit, full_month, unit};
use super::reader::Reader;
use super::{Grain, LONGEST_TEXT, find_times};
use crate::domain::language::Language;
use crate::language::fold::{beginning, tokens};
use crate::language::span::Found;
use jiff::civil::Date;
use jiff::{Span, ToSpan};

/// Farthest distance that is believed, in its own unit.
const FARTHEST: i64 = 1_000;

/// A stretch of days, both ends included. Both open: any time will do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadline {
    /// The first day; none if left open.
    pub from: Option<Date>,
    /// The last day; none if left open.
    pub until: Option<Date>,
}

impl Deadline {
    fn between(from: Date, until: Date) -> Self {
        Self { from: Some(from), until: Some(until) }
    }
}

/// How a stretch of days is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// In it.
    Within,
    /// Up to its end.
    Until,
    /// Up to the day before it.
    Before,
    /// From its beginning on.
    From,
    /// From the day behind it on.
    After,
}

impl Side {
    /// The same in front of a stretch that has a name: `em junho` is in it, though `em 30 dias` is up to it.
    fn of_named(self, word: &str, used: usize) -> Self {
        if used == 1 && matches!(word, "em" | "in" | "en") { Self::Within } else { self }
    }
}

/// The deadlines in `text`, in the order they stand there, seen from `now`.
pub fn find_deadlines(text: &str, now: &jiff::Zoned, language: Language) -> Vec<Found<Deadline>> {
    let text = beginning(text, LONGEST_TEXT);
    let all = tokens(text);
    let reader = Reader { text, tokens: &all, language, now: now.datetime() };
    let mut found: Vec<Found<Deadline>> = Vec::new();
    let mut at = 0;
    while at < all.len() {
        match own(&reader, at) {
            Some((value, used)) => {
                found.push(Found { span: all[at].span.start..all[at + used - 1].span.end, value });
                at += used;
            }
            None => at += 1,
        }
    }
    for time in find_times(text, now, language) {
        let is_free =
            found.iter().all(|other| time.span.end <= other.span.start || other.span.end <= time.span.start);
        let day = time.value.grain != Grain::PartOfDay || time.value.from.date() != time.value.until.date();
        if !is_free || !time.value.day_named || !day {
            continue;
        }
        let from = time.value.from.date();
        // The end of a time is exclusive.
        let Ok(until) = time.value.until.checked_sub(1.second()).map(|until| until.date()) else { continue };
        let begin = all.iter().position(|token| token.span.start >= time.span.start).unwrap_or(0);
        let (side, before) = side_before(&reader, begin);
        let start = all.get(begin - before).map_or(time.span.start, |token| token.span.start);
        // `até` may be a part of what was found.
        let inside = match (side, side_at(&reader, begin)) {
            (Side::Within, Some((_, 2))) if reader.phrase(begin, "depois de amanha").is_some() => {
                Side::Within
            }
            (Side::Within, Some((inside, used))) => inside.of_named(reader.word(begin), used),
            (Side::Within | Side::Until | Side::Before | Side::From | Side::After, _) => {
                side.of_named(reader.word(begin.saturating_sub(before)), before)
            }
        };
        if let Some(value) = sided(inside, from, until.max(from)) {
            found.push(Found { span: start..time.span.end, value });
        }
    }
    found.sort_by_key(|deadline| deadline.span.start);
    found
}

/// The deadlines that the grammar of times does not read.
fn own(reader: &Reader<'_>, at: usize) -> Option<(Deadline, usize)> {
    if let Some(used) = reader.any_phrase(at, deadline_words::NO_HURRY) {
        return Some((Deadline { from: None, until: None }, used));
    }
    let today = reader.today();
    if let Some(used) = reader.any_phrase(at, deadline_words::AT_ONCE) {
        return Some((Deadline::between(today, today), used));
    }
    let (side, opened) = side_at(reader, at).unwrap_or((Side::Within, 0));
    let begin = at + opened;
    if let Some((from, until, used)) = distance(reader, begin) {
        return distanced(side, from, until).map(|deadline| (deadline, opened + used));
    }
    if reader.touches_previous(begin) {
        return None;
    }
    let (from, until, used) = named(reader, begin).or_else(|| month(reader, begin, opened > 0))?;
    sided(side.of_named(reader.word(at), opened), from, until).map(|deadline| (deadline, opened + used))
}

/// A deadline counted from today: `em 30 dias` is up to that day, `daqui a 2 meses` about it.
fn distanced(side: Side, from: Date, until: Date) -> Option<Deadline> {
    match side {
        Side::From | Side::After => Some(Deadline { from: Some(until), until: None }),
        Side::Until | Side::Before => Some(Deadline { from: None, until: Some(until) }),
        Side::Within => Some(Deadline::between(from, until)),
    }
}

fn sided(side: Side, from: Date, until: Date) -> Option<Deadline> {
    Some(match side {
        Side::Within => Deadline::between(from, until),
        Side::Until => Deadline { from: None, until: Some(until) },
        Side::Before => Deadline { from: None, until: Some(from.yesterday().ok()?) },
        Side::From => Deadline { from: Some(from), until: None },
        Side::After => Deadline { from: Some(until.tomorrow().ok()?), until: None },
    })
}

/// What stands at `at` and says how the days behind it are meant.
fn side_at(reader: &Reader<'_>, at: usize) -> Option<(Side, usize)> {
    let longest = |list: &[&str]| list.iter().filter_map(|phrase| reader.phrase(at, phrase)).max();
    [
        (Side::Until, deadline_words::UNTIL),
        (Side::Before, deadline_words::BEFORE),
        (Side::From, deadline_words::FROM),
        (Side::After, deadline_words::AFTER),
        (Side::Within, deadline_words::WITHIN),
    ]
    .into_iter()
    .filter_map(|(side, list)| longest(list).map(|used| (side, used)))
    .max_by_key(|(_, used)| *used)
}

/// The same, ending in front of `end`; gives how many tokens it takes.
fn side_before(reader: &Reader<'_>, end: usize) -> (Side, usize) {
    let sides = [
        (Side::Until, deadline_words::UNTIL),
        (Side::Before, deadline_words::BEFORE),
        (Side::From, deadline_words::FROM),
        (Side::After, deadline_words::AFTER),
    ];
    (1..=end.min(4))
        .rev()
        .find_map(|back| {
            let stands =
                |list: &[&str]| list.iter().any(|phrase| reader.phrase(end - back, phrase) == Some(back));
            sides.iter().find(|(_, list)| stands(list)).map(|(side, _)| (*side, back))
        })
        .unwrap_or((Side::Within, 0))
}

/// `30 dias`, `3 a 6 meses`, `uns dois meses`: the days it ends on, and the tokens it takes.
fn distance(reader: &Reader<'_>, at: usize) -> Option<(Date, Date, usize)> {
    let about = usize::from(matches!(reader.word(at), "uns" | "umas" | "about" | "unos" | "unas" | "mais"));
    let begin = at + about;
    if reader.touches_previous(begin) {
        return None;
    }
    let (first, first_used) = reader.number(begin)?;
    let joint = begin + first_used;
    let second = matches!(reader.word(joint), "a" | "ou" | "e" | "to" | "or" | "o" | "y" | "-" | "ate")
        .then(|| reader.number(joint + 1))
        .flatten()
        .filter(|(second, _)| *second > first);
    let (low, high, end) = match second {
        Some((second, used)) => (first, second, joint + 1 + used),
        None => (first, first, joint),
    };
    let unit = unit(reader.word(end), reader.language)?;
    let mut used = end + 1 - at;
    if high > FARTHEST {
        return None;
    }
    let weekdays = matches!(reader.word(end + 1), "uteis" | "util" | "habiles" | "habil");
    used += usize::from(weekdays);
    // `há 2 meses`, `2 meses atrás`, `tem 3 anos de garantia`: what lies behind is no deadline.
    let behind = matches!(reader.word(at + used), "atras" | "ago" | "de" | "que" | "old")
        || at > 0
            && matches!(
                reader.word(at - 1),
                "ha" | "faz" | "tem" | "tenho" | "hace" | "temos" | "for" | "por"
            );
    let per = matches!(reader.word(at + used), "por" | "per") || reader.word(begin) == "a";
    if behind || per {
        return None;
    }
    let on = |amount: i64| {
        let span = match unit {
            Unit::Minute | Unit::Hour => Span::new().try_days(0),
            Unit::Day if weekdays => Span::new().try_days(amount + amount / 5 * 2),
            Unit::Day => Span::new().try_days(amount),
            Unit::Week => Span::new().try_weeks(amount),
            Unit::Month => Span::new().try_months(amount),
            Unit::Year => Span::new().try_years(amount),
        };
        reader.today().checked_add(span.ok()?).ok()
    };
    if matches!(unit, Unit::Minute | Unit::Hour) {
        return None;
    }
    Some((on(low)?, on(high)?, used))
}

/// `junho`, `junho de 2027`, `janeiro do ano que vem`, `início de março`: a month that is named.
fn month(reader: &Reader<'_>, at: usize, opened: bool) -> Option<(Date, Date, usize)> {
    let (part, part_used) = match reader.word(at) {
        "inicio" | "comeco" | "early" | "principios" => (Part::Beginning, 1),
        "meados" | "meio" | "mid" | "mediados" => (Part::Middle, 1),
        "fim" | "final" | "late" | "fines" | "finales" => (Part::End, 1),
        _ => (Part::Whole, 0),
    };
    let of = usize::from(part_used > 0 && matches!(reader.word(at + 1), "de" | "do" | "of"));
    let named = at + part_used + of;
    let number = full_month(reader.word(named), reader.language)?;
    // `may` is a month only behind something that says so, and a number in front makes it a day.
    let doubtful = reader.language == Language::English && reader.word(named) == "may" && !opened;
    let day = at > 0
        && (reader.digits(at - 1).is_some()
            || reader.word(at - 1) == "de" && at > 1 && reader.digits(at - 2).is_some());
    let day_behind =
        reader.language == Language::English && reader.digits(named + 1).is_some_and(|day| day <= 31);
    if doubtful || day || day_behind {
        return None;
    }
    let mut used = part_used + of + 1;
    let today = reader.today();
    let joined = usize::from(matches!(reader.word(at + used), "de" | "do" | "del" | "of"));
    let mut year = i64::from(today.year());
    match reader.digits(at + used + joined) {
        Some(said @ 2_000..=2_199) => {
            year = said;
            used += joined + 1;
        }
        _ => match reader.any_phrase(at + used, deadline_words::OF_NEXT_YEAR) {
            Some(more) => {
                year += 1;
                used += more;
            }
            None if number < today.month() => year += 1,
            None => {}
        },
    }
    let first = Date::new(i16::try_from(year).ok()?, number, 1).ok()?;
    let (from, until) = part.of(first, first.last_of_month())?;
    Some((from.max(today.min(until)), until, used))
}

/// A part of a longer stretch.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Beginning,
    Middle,
    End,
    Whole,
}

impl Part {
    fn of(self, first: Date, last: Date) -> Option<(Date, Date)> {
        let third = first.until(last).ok()?.get_days() / 3;
        let on = |days: i32| first.checked_add(Span::new().try_days(days).ok()?).ok();
        Some(match self {
            Self::Beginning => (first, on(third)?),
            Self::Middle => (on(third)?, on(2 * third)?),
            Self::End => (on(2 * third)?, last),
            Self::Whole => (first, last),
        })
    }
}

/// Quarters, halves of a year, years, feasts.
fn named(reader: &Reader<'_>, at: usize) -> Option<(Date, Date, usize)> {
    let today = reader.today();
    let day = |year: i16, month: i8, day: i8| Date::new(year, month, day).ok();
    let year = today.year();
    // `em 2027`
    if let Some(said @ 2_000..=2_199) = reader.digits(at).filter(|_| at > 0 && reader.word(at - 1) == "em") {
        let said = i16::try_from(said).ok()?;
        return Some((day(said, 1, 1)?, day(said, 12, 31)?, 1));
    }
    let (what, used) = deadline_words::NAMED
        .iter()
        .filter_map(|(what, phrases)| {
            let used = phrases.iter().filter_map(|phrase| reader.phrase(at, phrase)).max()?;
            Some((*what, used))
        })
        .max_by_key(|(_, used)| *used)?;
    let next_year = reader.any_phrase(at + used, deadline_words::OF_NEXT_YEAR);
    let (ahead, more) = next_year.map_or((0, 0), |more| (1, more));
    let months =
        |year: i16, first: i8, last: i8| Some((day(year, first, 1)?, day(year, last, 1)?.last_of_month()));
    let coming = |months: &dyn Fn(i16) -> Option<(Date, Date)>| {
        let found = months(year + ahead)?;
        if found.1 < today { months(year + 1) } else { Some(found) }
    };
    let (from, until) = match what {
        Named::Half(half) => coming(&|year| months(year, half * 6 - 5, half * 6))?,
        Named::Quarter(quarter) => coming(&|year| months(year, quarter * 3 - 2, quarter * 3))?,
        Named::NextYear => months(year + 1, 1, 12)?,
        Named::ThisYear => (today, day(year, 12, 31)?),
        Named::YearBeginning => coming(&|year| months(year, 1, 3))?,
        Named::YearMiddle => coming(&|year| months(year, 6, 7))?,
        Named::YearEnd => coming(&|year| months(year, 11, 12))?,
        Named::Feast(month, of_month) => {
            coming(&|year| Some((day(year, month, of_month)?, day(year, month, of_month)?)))?
        }
        Named::FeastSunday(month) => coming(&|year| {
            let sunday = day(year, month, 1)?.nth_weekday_of_month(2, jiff::civil::Weekday::Sunday).ok()?;
            Some((sunday, sunday))
        })?,
        Named::BlackFriday => coming(&|year| {
            let thursday = day(year, 11, 1)?.nth_weekday_of_month(4, jiff::civil::Weekday::Thursday).ok()?;
            Some((thursday.tomorrow().ok()?, thursday.tomorrow().ok()?))
        })?,
        Named::MonthEnd => {
            (today.first_of_month().checked_add(20.days()).ok()?.max(today), today.last_of_month())
        }
        Named::NextMonth(part) => {
            let first = today.first_of_month().checked_add(1.month()).ok()?;
            part.of(first, first.last_of_month())?
        }
    };
    Some((from.max(today.min(until)), until, used + more))
}
