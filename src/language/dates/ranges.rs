//! Stretches of a day by their clock times: `das 14h às 16h`, `depois das 14h`, `before noon`.

use super::clock::{HOUR, MIDNIGHT, afternoon_unless_settled, ends_well, hour_reading};
use super::reader::{Meaning, Reader};
use crate::domain::language::Language;

/// `das 14 às 16`, `entre 2 e 4 da tarde`, `from 2 to 4 pm`.
pub(super) fn between(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    // Openings that already say that hours follow, and those that only might.
    let (sure, vague, middle): (&[&str], &[&str], &[&str]) = match reader.language {
        Language::Portuguese => {
            (&["entre as", "das"], &["entre", "de"], &["e as", "ate as", "as", "a", "e", "ate"])
        }
        Language::English => (&[], &["between", "from"], &["to", "and", "until", "till", "-"]),
        Language::Spanish => {
            (&["entre las", "de las"], &["entre", "de"], &["y las", "a las", "hasta las", "y", "a"])
        }
    };
    let (opened, is_sure) = match reader.any_phrase(at, sure) {
        Some(used) => (used, true),
        None => (reader.any_phrase(at, vague)?, false),
    };
    let (first, first_used, first_marked) = hour_reading(reader, at + opened)?;
    let joined = at + opened + first_used;
    let second_at = joined + reader.any_phrase(joined, middle)?;
    let (second, second_used, second_marked) = hour_reading(reader, second_at)?;
    if !is_sure && !first_marked && !second_marked {
        return None;
    }
    let until = afternoon_unless_settled(second).minutes;
    // `entre 2 e 4 da tarde`: the first hour is in the half of the day that the second one names.
    let from = match first.minutes {
        minutes if !first.settled && minutes + 12 * HOUR < until => minutes + 12 * HOUR,
        minutes => minutes,
    };
    (from < until)
        .then_some((Meaning::Part { from, until, today: false, loose: false }, second_at + second_used - at))
}

/// `depois das 14h`, `a partir das 9`, `antes do meio-dia`, `after 3pm`.
pub(super) fn open_ended(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    let (after, before): (&[&str], &[&str]) = match reader.language {
        Language::Portuguese => (
            &[
                "a partir das",
                "a partir de",
                "a partir do",
                "depois das",
                "depois do",
                "depois da",
                "apos as",
                "apos o",
            ],
            &["antes das", "antes do", "antes da", "ate as", "ate o", "ate"],
        ),
        Language::English => (&["any time after", "after", "from"], &["before", "until", "till"]),
        Language::Spanish => (
            &["a partir de las", "a partir del", "despues de las", "despues del"],
            &["antes de las", "antes del", "hasta las", "hasta el"],
        ),
    };
    let (opened, is_after) = match reader.any_phrase(at, after) {
        Some(used) => (used, true),
        None => (reader.any_phrase(at, before)?, false),
    };
    let sure = reader.language != Language::English && reader.word(at + opened - 1) != "ate";
    let (clock, used, marked) = hour_reading(reader, at + opened)?;
    let believed = marked || sure && ends_well(reader, at + opened + used);
    if !believed {
        return None;
    }
    let minutes = afternoon_unless_settled(clock).minutes;
    let (from, until) = if is_after { (minutes, MIDNIGHT) } else { (0, minutes) };
    (from < until).then_some((Meaning::Part { from, until, today: false, loose: false }, opened + used))
}
