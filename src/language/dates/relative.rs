//! Times that are counted from now: `daqui a duas semanas`, `in 30 minutes`, `há 3 dias`.

use super::Grain;
use super::lexicon::{Unit, unit};
use super::reader::{Meaning, Reader};
use crate::domain::language::Language;
use jiff::Span;

/// Farthest distance that is believed, in its own unit.
const FARTHEST: i64 = 1_000;

/// Whether something lies ahead or behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ahead,
    Behind,
}

/// The relative time that begins at token `at`.
pub(super) fn read(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    if let Some(used) = reader.any_phrase(at, now_phrases(reader.language)) {
        return Some((Meaning::Instant { at: reader.now, grain: Grain::Minute }, used));
    }
    let (direction, opened) = opening(reader, at);
    let (amount, unit, used) = distance(reader, at + opened)?;
    let end = at + opened + used;
    let (direction, closed) = match direction {
        Some(direction) => (direction, 0),
        None => closing(reader, end)?,
    };
    // `em 3 dias úteis` speaks of a promise, not of a day.
    if matches!(reader.word(end), "uteis" | "util" | "habiles" | "business" | "working") {
        return None;
    }
    Some((resolve(reader, amount, unit, direction)?, opened + used + closed))
}

fn now_phrases(language: Language) -> &'static [&'static str] {
    match language {
        Language::Portuguese => &["agora mesmo", "neste momento", "imediatamente"],
        Language::English => &["right now", "as soon as possible", "asap"],
        Language::Spanish => &["ahora mismo", "en este momento"],
    }
}

fn opening(reader: &Reader<'_>, at: usize) -> (Option<Direction>, usize) {
    let (ahead, behind): (&[&str], &[&str]) = match reader.language {
        Language::Portuguese => (
            &["daqui a", "daqui ha", "daqui", "daki a", "dentro de", "em"],
            &["ha cerca de", "ha", "faz", "tem"],
        ),
        Language::English => (&["in about", "in", "within"], &[]),
        Language::Spanish => (&["dentro de", "de aqui a", "en"], &["hace", "hace unos"]),
    };
    if let Some(used) = reader.any_phrase(at, ahead) {
        return (Some(Direction::Ahead), used);
    }
    reader.any_phrase(at, behind).map_or((None, 0), |used| (Some(Direction::Behind), used))
}

/// Words behind the distance that say which way it goes.
fn closing(reader: &Reader<'_>, at: usize) -> Option<(Direction, usize)> {
    let (ahead, behind): (&[&str], &[&str]) = match reader.language {
        Language::Portuguese => (&["a partir de hoje", "a partir de agora", "pra frente"], &["atras"]),
        Language::English => (&["from now", "from today"], &["ago"]),
        Language::Spanish => (&["a partir de hoy", "a partir de ahora"], &["atras"]),
    };
    reader
        .any_phrase(at, ahead)
        .map(|used| (Direction::Ahead, used))
        .or_else(|| reader.any_phrase(at, behind).map(|used| (Direction::Behind, used)))
}

fn distance(reader: &Reader<'_>, at: usize) -> Option<(i64, Unit, usize)> {
    let half_hour: &[&str] = match reader.language {
        Language::Portuguese => &["meia hora"],
        Language::English => &["half an hour", "half hour"],
        Language::Spanish => &["media hora"],
    };
    if let Some(used) = reader.any_phrase(at, half_hour) {
        return Some((30, Unit::Minute, used));
    }
    let (amount, used) = reader.number(at)?;
    let unit = unit(reader.word(at + used), reader.language)?;
    (amount <= FARTHEST).then_some((amount, unit, used + 1))
}

fn resolve(reader: &Reader<'_>, amount: i64, unit: Unit, direction: Direction) -> Option<Meaning> {
    let signed = match direction {
        Direction::Ahead => amount,
        Direction::Behind => -amount,
    };
    let span = match unit {
        Unit::Minute | Unit::Hour => {
            let minutes = if unit == Unit::Hour { signed * 60 } else { signed };
            let at = reader.now.checked_add(Span::new().try_minutes(minutes).ok()?).ok()?;
            return Some(Meaning::Instant { at, grain: Grain::Minute });
        }
        Unit::Day => Span::new().try_days(signed),
        Unit::Week => Span::new().try_weeks(signed),
        Unit::Month => Span::new().try_months(signed),
        Unit::Year => Span::new().try_years(signed),
    };
    reader.today().checked_add(span.ok()?).ok().map(Meaning::Day)
}
