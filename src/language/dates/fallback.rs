//! What our grammar does not read is put to `duckling`. It is slower, finds months inside of words (`mai` in `email`)
//! and takes the twelve-hour clock at its word, so it is asked last, rarely, and checked.

use super::{Grain, When};
use crate::domain::language::Language;
use crate::language::fold::Token;
use crate::language::span::Found;
use chrono::{DateTime as ChronoDateTime, Datelike, FixedOffset, NaiveDateTime, Timelike};
use duckling::{Context, DimensionKind, DimensionValue, Entity, Lang, Locale, Options, TimePoint, TimeValue};
use jiff::ToSpan;
use jiff::civil::DateTime;
use std::ops::Range;

/// Bytes put to duckling before and behind a hint; its work grows much faster than the number of times in a text.
const WINDOW: (usize, usize) = (60, 100);

/// The words around the first hint at a time that our own grammar does not know, if there is one. A second hint ends
/// the window: duckling tries to make one time of all of them, which takes it very long.
pub(super) fn window(text: &str, tokens: &[Token], language: Language) -> Option<Range<usize>> {
    let hints: &[&str] = match language {
        Language::Portuguese => &[
            "natal",
            "reveillon",
            "pascoa",
            "carnaval",
            "feriado",
            "quinzena",
            "trimestre",
            "semestre",
            "vespera",
            "ano",
        ],
        Language::English => &[
            "christmas",
            "easter",
            "thanksgiving",
            "eve",
            "halloween",
            "new",
            "end",
            "beginning",
            "quarter",
            "weekday",
            "month",
            "week",
            "valentine",
        ],
        Language::Spanish => {
            &["navidad", "pascua", "nochebuena", "quincena", "ano", "fin", "trimestre", "reyes"]
        }
    };
    let mut hinting = tokens.iter().filter(|token| hints.contains(&token.text.as_str()));
    let hint = &hinting.next()?.span;
    let end = hinting.next().map_or(text.len(), |second| second.span.start).min(hint.end + WINDOW.1);
    Some(text.floor_char_boundary(hint.start.saturating_sub(WINDOW.0))..text.floor_char_boundary(end))
}

/// The times duckling finds in `window` of `text`.
pub(super) fn find_times(
    text: &str,
    window: Range<usize>,
    now: &jiff::Zoned,
    language: Language,
) -> Vec<Found<When>> {
    let begin = window.start;
    let window = &text[window];
    let Some(reference) = reference_time(now) else { return Vec::new() };
    let lang = match language {
        Language::Portuguese => Lang::PT,
        Language::English => Lang::EN,
        Language::Spanish => Lang::ES,
    };
    let locale = Locale::new(lang, None);
    let context = Context::new(reference, locale);
    let asked = || duckling::parse(window, &locale, &[DimensionKind::Time], &context, &Options::default());
    // In builds with debug assertions duckling does not catch its own panics.
    let entities = std::panic::catch_unwind(std::panic::AssertUnwindSafe(asked)).unwrap_or_default();
    let mut found: Vec<Found<When>> = Vec::new();
    for entity in entities.iter().filter(|entity| on_word_boundaries(window, entity)) {
        let Some(value) = when(&entity.value) else { continue };
        let span = begin + entity.start..begin + entity.end;
        match found.last_mut() {
            Some(last) if last.span.start < span.end && span.start < last.span.end => {
                if span.len() > last.span.len() {
                    *last = Found { span, value };
                }
            }
            _ => found.push(Found { span, value }),
        }
    }
    found
}

fn reference_time(now: &jiff::Zoned) -> Option<ChronoDateTime<FixedOffset>> {
    let offset = FixedOffset::east_opt(now.offset().seconds())?;
    let utc = ChronoDateTime::from_timestamp(now.timestamp().as_second(), 0)?;
    Some(utc.with_timezone(&offset))
}

fn on_word_boundaries(text: &str, entity: &Entity) -> bool {
    let (Some(before), Some(after)) = (text.get(..entity.start), text.get(entity.end..)) else {
        return false;
    };
    !before.chars().next_back().is_some_and(char::is_alphanumeric)
        && !after.chars().next().is_some_and(char::is_alphanumeric)
}

fn when(value: &DimensionValue) -> Option<When> {
    let DimensionValue::Time(time) = value else { return None };
    match time {
        TimeValue::Single { value, .. } => {
            let (from, grain) = point(value)?;
            let (length, grain) = match grain {
                duckling::Grain::NoGrain | duckling::Grain::Second | duckling::Grain::Minute => {
                    (1.minute(), Grain::Minute)
                }
                duckling::Grain::Hour => (1.hour(), Grain::Hour),
                duckling::Grain::Day => (1.day(), Grain::Day),
                duckling::Grain::Week => (1.week(), Grain::Week),
                duckling::Grain::Month => (1.month(), Grain::Month),
                duckling::Grain::Quarter => (3.months(), Grain::Month),
                duckling::Grain::Year => (1.year(), Grain::Month),
            };
            Some(When { from, until: from.checked_add(length).ok()?, grain, day_named: true })
        }
        TimeValue::Interval { from, to, .. } => {
            let (from, grain) = point(from.as_ref()?)?;
            let (until, _) = point(to.as_ref()?)?;
            let grain = match grain {
                duckling::Grain::NoGrain
                | duckling::Grain::Second
                | duckling::Grain::Minute
                | duckling::Grain::Hour => Grain::PartOfDay,
                duckling::Grain::Day => Grain::Day,
                duckling::Grain::Week => Grain::Week,
                duckling::Grain::Month | duckling::Grain::Quarter | duckling::Grain::Year => Grain::Month,
            };
            (from < until).then_some(When { from, until, grain, day_named: true })
        }
    }
}

fn point(point: &TimePoint) -> Option<(DateTime, duckling::Grain)> {
    let naive = match point {
        TimePoint::Instant { value, .. } => value.naive_local(),
        TimePoint::Naive { value, .. } => *value,
    };
    Some((civil(naive)?, point.grain()))
}

fn civil(naive: NaiveDateTime) -> Option<DateTime> {
    let part = |value: u32| i8::try_from(value).ok();
    DateTime::new(
        i16::try_from(naive.year()).ok()?,
        part(naive.month())?,
        part(naive.day())?,
        part(naive.hour())?,
        part(naive.minute())?,
        part(naive.second())?,
        0,
    )
    .ok()
}
