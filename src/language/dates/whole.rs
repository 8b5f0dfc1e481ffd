//! Puts the pieces of a time together: `sexta`, `dia 27`, `à tarde`, `às 3` are one when they stand side by side.

use super::clock::afternoon_unless_settled;
use super::lexicon::{connects, lists};
use super::reader::{Clock, Meaning, Piece, Reader};
use super::{Grain, When};
use crate::language::span::Found;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{Span, ToSpan};

/// Most tokens that may stand between two pieces of one time.
const WIDEST_GAP: usize = 4;

/// Pieces that belong together.
#[derive(Clone, Copy, Debug)]
struct Group {
    first: usize,
    end: usize,
    day: Option<DayPart>,
    clock: Option<Clock>,
    part: Option<(u16, u16)>,
    instant: Option<(DateTime, Grain)>,
    /// The day of the time before this one, when the two are set side by side.
    inherited: Option<DayPart>,
}

/// The day a group speaks of, as far as it is known.
#[derive(Clone, Copy, PartialEq, Debug)]
enum DayPart {
    Date(Date),
    Weekday { weekday: Weekday, of_next_week: bool },
    Days { from: Date, until: Date, grain: Grain },
}

/// Joins `pieces` into times.
pub(super) fn join(reader: &Reader<'_>, pieces: &[Piece]) -> Vec<Found<When>> {
    let mut groups: Vec<Group> = Vec::new();
    for piece in pieces {
        let gap = groups.last().map(|group| gap(reader, group.end, piece.first));
        if gap == Some(Gap::Connected)
            && let Some(last) = groups.last_mut()
            && let Some(joined) = joined(reader, last, piece)
        {
            *last = joined;
            continue;
        }
        let Some(mut group) = fresh(piece) else { continue };
        if group.day.is_none() && matches!(gap, Some(Gap::Listed | Gap::Connected)) {
            group.inherited = groups.last().and_then(|last| last.day.or(last.inherited));
        }
        groups.push(group);
    }
    groups
        .iter()
        .filter_map(|group| {
            let span = reader.tokens[group.first].span.start..reader.tokens[group.end - 1].span.end;
            Some(Found { span, value: resolve(reader, group)? })
        })
        .collect()
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gap {
    Connected,
    Listed,
    Wide,
}

fn gap(reader: &Reader<'_>, end: usize, next: usize) -> Gap {
    let between = &reader.tokens[end..next];
    if between.len() > WIDEST_GAP {
        return Gap::Wide;
    }
    let iso = between.len() == 1
        && between[0].text == "t"
        && end > 0
        && reader.touches_next(end - 1)
        && reader.touches_next(end);
    if iso || between.iter().all(|token| connects(&token.text, reader.language)) {
        return Gap::Connected;
    }
    if between.iter().all(|token| lists(&token.text) || connects(&token.text, reader.language)) {
        Gap::Listed
    } else {
        Gap::Wide
    }
}

/// A group of one piece, unless the piece only counts next to a day.
fn fresh(piece: &Piece) -> Option<Group> {
    let empty = Group {
        first: piece.first,
        end: piece.end,
        day: None,
        clock: None,
        part: None,
        instant: None,
        inherited: None,
    };
    Some(match piece.meaning {
        Meaning::Day(date) => Group { day: Some(DayPart::Date(date)), ..empty },
        Meaning::Weekday { weekday, of_next_week } => {
            Group { day: Some(DayPart::Weekday { weekday, of_next_week }), ..empty }
        }
        Meaning::Days { from, until, grain } => {
            Group { day: Some(DayPart::Days { from, until, grain }), ..empty }
        }
        Meaning::Clock(clock) => Group { clock: Some(clock), ..empty },
        Meaning::Part { loose: true, .. } => return None,
        Meaning::Part { from, until, .. } => Group { part: Some((from, until)), ..empty },
        Meaning::Instant { at, grain } => Group { instant: Some((at, grain)), ..empty },
    })
}

/// `group` with `piece` in it, if the two can be one time.
fn joined(reader: &Reader<'_>, group: &Group, piece: &Piece) -> Option<Group> {
    let grown = Group { end: piece.end, ..*group };
    if group.instant.is_some() {
        return None;
    }
    match piece.meaning {
        Meaning::Instant { .. } => None,
        Meaning::Clock(clock) => group.clock.is_none().then_some(Group { clock: Some(clock), ..grown }),
        Meaning::Part { loose: true, .. } if group.day.is_none() => None,
        Meaning::Part { from, until, .. } => {
            group.part.is_none().then_some(Group { part: Some((from, until)), ..grown })
        }
        Meaning::Day(date) => {
            merge_days(reader, group.day, DayPart::Date(date)).map(|day| Group { day: Some(day), ..grown })
        }
        Meaning::Weekday { weekday, of_next_week } => {
            merge_days(reader, group.day, DayPart::Weekday { weekday, of_next_week })
                .map(|day| Group { day: Some(day), ..grown })
        }
        Meaning::Days { from, until, grain } => {
            merge_days(reader, group.day, DayPart::Days { from, until, grain })
                .map(|day| Group { day: Some(day), ..grown })
        }
    }
}

/// One day out of two ways to name it; `None` when they name different days.
fn merge_days(reader: &Reader<'_>, known: Option<DayPart>, new: DayPart) -> Option<DayPart> {
    let Some(known) = known else { return Some(new) };
    match (known, new) {
        // `sexta, 27/11`: the date is the better name, even if the customer has the weekday wrong.
        (DayPart::Weekday { .. }, DayPart::Date(date)) => Some(DayPart::Date(date)),
        (DayPart::Date(date), DayPart::Weekday { weekday, .. }) => {
            (date.weekday() == weekday).then_some(known)
        }
        (DayPart::Days { from, until, grain: Grain::Week }, DayPart::Weekday { weekday, .. })
        | (DayPart::Weekday { weekday, .. }, DayPart::Days { from, until, grain: Grain::Week }) => {
            let mut day = from;
            while day < until && day.weekday() != weekday {
                day = day.tomorrow().ok()?;
            }
            (day < until).then_some(DayPart::Date(day))
        }
        (DayPart::Date(one), DayPart::Date(other)) => (one == other).then_some(known),
        (DayPart::Weekday { .. }, DayPart::Weekday { .. }) => {
            (weekday_date(reader, known) == weekday_date(reader, new)).then_some(known)
        }
        (DayPart::Days { .. }, _) | (_, DayPart::Days { .. }) => None,
    }
}

/// The day a weekday falls on: the next one, and never today, which everybody calls today.
fn weekday_date(reader: &Reader<'_>, day: DayPart) -> Option<Date> {
    match day {
        DayPart::Weekday { weekday, of_next_week } => {
            if of_next_week {
                let today = reader.today();
                let monday = today
                    .checked_sub(Span::new().days(i64::from(today.weekday().to_monday_zero_offset())))
                    .ok()?;
                let days = 7 + i64::from(weekday.to_monday_zero_offset());
                return monday.checked_add(Span::new().days(days)).ok();
            }
            reader.today().nth_weekday(1, weekday).ok()
        }
        DayPart::Date(_) | DayPart::Days { .. } => None,
    }
}

fn resolve(reader: &Reader<'_>, group: &Group) -> Option<When> {
    if let Some((at, grain)) = group.instant {
        return Some(When { from: at, until: at.checked_add(1.minute()).ok()?, grain, day_named: true });
    }
    let (from, until, grain) = match group.day.or(group.inherited) {
        Some(DayPart::Date(date)) => (date, date.tomorrow().ok()?, Grain::Day),
        Some(day @ DayPart::Weekday { .. }) => {
            let date = weekday_date(reader, day)?;
            (date, date.tomorrow().ok()?, Grain::Day)
        }
        Some(DayPart::Days { from, until, grain }) => (from, until, grain),
        None => return resolve_without_day(reader, group),
    };
    match (group.clock, group.part) {
        (Some(clock), part) => at_clock(from, in_part(clock, part)),
        (None, Some((first, last)))
            if grain == Grain::Day && from.tomorrow().is_ok_and(|next| next == until) =>
        {
            within(from, first, last)
        }
        (None, _) => Some(When {
            from: from.to_datetime(Time::midnight()),
            until: until.to_datetime(Time::midnight()),
            grain,
            day_named: true,
        }),
    }
}

/// A bare time of day is the next one to come.
fn resolve_without_day(reader: &Reader<'_>, group: &Group) -> Option<When> {
    let today = reader.today();
    let resolved = |day: Date| match (group.clock, group.part) {
        (Some(clock), part) => at_clock(day, in_part(clock, part)),
        (None, Some((first, last))) => within(day, first, last),
        (None, None) => None,
    };
    let now = resolved(today)?;
    let over = match now.grain {
        Grain::Hour | Grain::Minute => now.from <= reader.now,
        Grain::PartOfDay | Grain::Day | Grain::Week | Grain::Month => now.until <= reader.now,
    };
    let next = if over { resolved(today.tomorrow().ok()?)? } else { now };
    Some(When { day_named: false, ..next })
}

/// The clock, moved into the named part of the day: `amanhã à tarde, às 3`.
fn in_part(clock: Clock, part: Option<(u16, u16)>) -> Clock {
    match part {
        Some((_, until)) if !clock.settled && until <= 12 * 60 => clock,
        Some((from, _)) if !clock.settled && from >= 12 * 60 && clock.minutes < 12 * 60 => {
            Clock { minutes: clock.minutes + 12 * 60, ..clock }
        }
        Some(_) | None => afternoon_unless_settled(clock),
    }
}

fn at_clock(day: Date, clock: Clock) -> Option<When> {
    let from = at_minutes(day, clock.minutes)?;
    let (length, grain) = if clock.exact { (1.minute(), Grain::Minute) } else { (1.hour(), Grain::Hour) };
    Some(When { from, until: from.checked_add(length).ok()?, grain, day_named: true })
}

fn within(day: Date, first: u16, last: u16) -> Option<When> {
    Some(When {
        from: at_minutes(day, first)?,
        until: at_minutes(day, last)?,
        grain: Grain::PartOfDay,
        day_named: true,
    })
}

fn at_minutes(day: Date, minutes: u16) -> Option<DateTime> {
    day.to_datetime(Time::midnight()).checked_add(i64::from(minutes).minutes()).ok()
}
