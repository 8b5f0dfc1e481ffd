//! Times of day: `às 15`, `15h30`, `3 da tarde`, `meio-dia`, `half past ten`. Stretches between
//! two of them are `ranges.rs`'s.

use super::lexicon::{connects, weekday};
use super::parts;
use super::ranges;
use super::reader::{Clock, Meaning, Reader};
use crate::domain::language::Language;
use crate::language::fold::TokenKind;

pub(super) const HOUR: u16 = 60;
pub(super) const MIDNIGHT: u16 = 24 * HOUR;

/// The time of day, or part of the day, that begins at token `at`.
pub(super) fn read(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    // In `2026-11-27T15:00` the hour touches a letter and is still an hour.
    let behind_iso_date = at > 1
        && reader.word(at - 1) == "t"
        && reader.digits(at - 2).is_some()
        && reader.touches_next(at - 2);
    if reader.touches_previous(at) && !behind_iso_date {
        return None;
    }
    ranges::between(reader, at)
        .or_else(|| ranges::open_ended(reader, at))
        .or_else(|| o_clock(reader, at).map(|(clock, used)| (Meaning::Clock(clock), used)))
        .or_else(|| parts::read(reader, at))
}

/// One time of day with whatever leads to it.
fn o_clock(reader: &Reader<'_>, at: usize) -> Option<(Clock, usize)> {
    if let Some((clock, used)) = minutes_before_or_past(reader, at) {
        return Some((clock, used));
    }
    let prefixes: &[&str] = match reader.language {
        Language::Portuguese => &[
            "por volta das",
            "la pelas",
            "pelas",
            "as",
            "a",
            "das",
            "pras",
            "para as",
            "umas",
            "ate as",
            "ao",
            "ate o",
        ],
        Language::English => &["at around", "at about", "at", "around", "by"],
        Language::Spanish => {
            &["a eso de las", "a las", "a la", "las", "sobre las", "para las", "al", "de las"]
        }
    };
    let prefix = reader.any_phrase(at, prefixes).unwrap_or(0);
    // `24h` alone is how long somebody is open, not when.
    if prefix == 0 && reader.word(at) == "24" {
        return None;
    }
    let (clock, used, marked) = hour_reading(reader, at + prefix)?;
    if marked {
        return Some((clock, prefix + used));
    }
    // A bare number needs an opening that speaks of time, and nothing behind it that could be counted.
    let accented = prefix > 0 && reader.text[reader.tokens[at].span.clone()].starts_with(['à', 'À']);
    let speaks_of_time = match reader.language {
        Language::Portuguese => {
            prefix > 0 && !matches!(reader.word(at + prefix - 1), "a" | "ao" | "o" | "das" | "umas")
                || accented
        }
        Language::English => matches!(reader.word(at), "at" | "around"),
        Language::Spanish => prefix > 1 && reader.word(at) != "de",
    };
    (accented || speaks_of_time && ends_well(reader, at + prefix + used)).then_some((clock, prefix + used))
}

/// Whether a bare hour may end in front of token `at`: behind `as 15` there may be a weekday, but not `camisas`.
pub(super) fn ends_well(reader: &Reader<'_>, at: usize) -> bool {
    let Some(next) = reader.tokens.get(at) else { return true };
    match next.kind {
        TokenKind::Mark => !matches!(next.text.as_str(), "%" | "$" | "/"),
        TokenKind::Digits => false,
        TokenKind::Word => {
            let word = next.text.as_str();
            connects(word, reader.language)
                || weekday(word, reader.language).is_some()
                || matches!(
                    word,
                    "e" | "ou"
                        | "or"
                        | "and"
                        | "y"
                        | "hoje"
                        | "amanha"
                        | "pode"
                        | "por"
                        | "com"
                        | "esta"
                        | "today"
                        | "tomorrow"
                        | "tonight"
                        | "please"
                        | "hoy"
                        | "manana"
                        | "ta"
                        | "pf"
                        | "pfv"
                        | "ok"
                        | "then"
                        | "entao"
                        | "works"
                        | "is"
                )
        }
    }
}

/// `dez pras três`, `half past ten`, `quarter to four`.
fn minutes_before_or_past(reader: &Reader<'_>, at: usize) -> Option<(Clock, usize)> {
    if reader.language == Language::English {
        let start = usize::from(reader.word(at) == "at");
        let (minutes, used) = match reader.word(at + start) {
            "half" => (30, 1),
            "quarter" => (15, 1),
            _ => return None,
        };
        let sign = match reader.word(at + start + used) {
            "past" => 1_i32,
            "to" => -1,
            _ => return None,
        };
        let (clock, more, _) = hour_reading(reader, at + start + used + 1)?;
        return shifted(clock, sign * minutes).map(|clock| (clock, start + used + 1 + more));
    }
    let to: &[&str] = match reader.language {
        Language::Portuguese => &["para as", "pras", "para a", "pra", "para o"],
        Language::Spanish => &["para las", "para la"],
        Language::English => return None,
    };
    let (minutes, used) = reader.number(at)?;
    let joined = reader.any_phrase(at + used, to)?;
    let (clock, more, _) = hour_reading(reader, at + used + joined)?;
    let minutes = i32::try_from(minutes).ok().filter(|minutes| (5..=29).contains(minutes))?;
    shifted(clock, -minutes).map(|clock| (clock, used + joined + more))
}

fn shifted(clock: Clock, minutes: i32) -> Option<Clock> {
    let minutes = u16::try_from(i32::from(clock.minutes) + minutes).ok()?;
    Some(Clock { minutes, exact: true, ..clock })
}

/// An hour, its minutes and its half of the day; whether anything but the number itself says that it is a time.
pub(super) fn hour_reading(reader: &Reader<'_>, at: usize) -> Option<(Clock, usize, bool)> {
    if let Some((minutes, used)) = noon_or_midnight(reader, at) {
        return Some((Clock { minutes, exact: false, settled: true }, used, true));
    }
    let (hour, mut used) = reader.number(at)?;
    let hour = u16::try_from(hour).ok().filter(|hour| *hour <= 24)?;
    let digits = reader.digits(at).is_some();
    let leading_zero = digits && reader.word(at).len() == 2 && reader.word(at).starts_with('0');
    let mut clock =
        Clock { minutes: hour * HOUR, exact: false, settled: leading_zero || !(1..=12).contains(&hour) };
    let mut marked = false;
    if digits {
        let (minutes, more) = written_minutes(reader, at)?;
        marked = more > 0;
        used += more;
        clock.minutes += minutes.unwrap_or(0);
        clock.exact = minutes.is_some();
    }
    if !clock.exact
        && let Some((minutes, more)) = spoken_minutes(reader, at + used)
        // `a 2 e 15` could be anything; words need words, or an hour that was marked.
        && (marked || !digits || reader.tokens[at + used + more - 1].kind == TokenKind::Word)
    {
        clock.minutes = clock.minutes.checked_add_signed(minutes)?;
        clock.exact = true;
        used += more;
        marked |= digits;
    }
    if reader.word(at + used) == "horas" || reader.word(at + used) == "hs" {
        used += 1;
        marked = true;
    }
    if let Some((afternoon, more)) = half_of_day(reader, at + used) {
        clock.minutes = in_half(clock.minutes, afternoon)?;
        clock.settled = true;
        used += more;
        marked = true;
    }
    // A number that runs on into something else is no hour: `3d`, `10%`, `12/5`.
    let runs_on = reader.touches_next(at + used - 1)
        && reader.tokens.get(at + used).is_some_and(|next| {
            next.kind != TokenKind::Mark
                || matches!(next.text.as_str(), "%" | "/" | "$" | "-" | "@")
                    && !reader.tokens.get(at + used + 1).is_none_or(|after| after.kind == TokenKind::Word)
                || matches!(next.text.as_str(), "." | "," | ":")
                    && reader.digits(at + used + 1).is_some()
                    && reader.touches_next(at + used)
        });
    let possible = clock.minutes <= MIDNIGHT && (!runs_on || marked);
    clock.minutes %= MIDNIGHT;
    possible.then_some((clock, used, marked))
}

/// What stands behind the digits of an hour at `at`: `:30`, `h`, `h30`, ` horas`. Gives the minutes, if any, and the
/// tokens taken. `None` when it cannot be a time.
fn written_minutes(reader: &Reader<'_>, at: usize) -> Option<(Option<u16>, usize)> {
    let two_digits = |index: usize| {
        reader
            .digits(index)
            .filter(|minutes| *minutes < 60 && reader.word(index).len() == 2)
            .and_then(|m| u16::try_from(m).ok())
    };
    let touches = reader.touches_next(at);
    match reader.word(at + 1) {
        ":" if touches && reader.touches_next(at + 1) => {
            let minutes = two_digits(at + 2)?;
            let mut used = 2;
            if reader.word(at + 3) == ":" && two_digits(at + 4).is_some() {
                used += 2;
                used += offset(reader, at + used + 1);
            }
            used += usize::from(matches!(reader.word(at + used + 1), "h" | "hs" | "hrs" | "z"));
            Some((Some(minutes), used))
        }
        "h" | "hs" | "hrs" | "hr" | "hora" | "horas" => {
            // `24 horas` is how long, not when.
            if !touches && reader.word(at + 1).starts_with("hora") && reader.digits(at)? == 24 {
                return None;
            }
            match two_digits(at + 2).filter(|_| touches && reader.touches_next(at + 1)) {
                Some(minutes) => Some((
                    Some(minutes),
                    2 + usize::from(matches!(reader.word(at + 3), "min" | "m" | "mins")),
                )),
                None => Some((None, 1)),
            }
        }
        "o" if reader.language == Language::English && reader.word(at + 3) == "clock" => Some((None, 3)),
        _ => Some((None, 0)),
    }
}

/// A zone offset behind an ISO time: the wall clock is what counts.
fn offset(reader: &Reader<'_>, at: usize) -> usize {
    let signed =
        matches!(reader.word(at), "-" | "+") && reader.digits(at + 1).is_some() && reader.touches_next(at);
    if signed && reader.word(at + 2) == ":" && reader.digits(at + 3).is_some() { 4 } else { 0 }
}

/// `e meia`, `e quinze`, `y cuarto`, `menos cuarto` behind an hour.
fn spoken_minutes(reader: &Reader<'_>, at: usize) -> Option<(i16, usize)> {
    let half: &[&str] = match reader.language {
        Language::Portuguese => &["e meia"],
        Language::English => return english_minutes(reader, at),
        Language::Spanish => &["y media"],
    };
    if let Some(used) = reader.any_phrase(at, half) {
        return Some((30, used));
    }
    if let Some(used) = reader.any_phrase(at, &["y cuarto"]) {
        return Some((15, used));
    }
    if let Some(used) = reader.any_phrase(at, &["menos cuarto"]) {
        return Some((-15, used));
    }
    if !matches!(reader.word(at), "e" | "y") {
        return None;
    }
    let (minutes, used) = reader.number(at + 1)?;
    let counted = reader.word(at + 1 + used);
    let minutes = i16::try_from(minutes).ok().filter(|minutes| (5..60).contains(minutes))?;
    // `duas e quinze` is a time, `dois e quinze reais` is none, `10 e 20` is two numbers.
    let words = reader.tokens[at + 1].kind == TokenKind::Word;
    (words && counted != "reais" && counted != "horas").then_some((minutes, used + 1))
}

/// `ten thirty`: only round minutes in words.
fn english_minutes(reader: &Reader<'_>, at: usize) -> Option<(i16, usize)> {
    match reader.word(at) {
        "thirty" => Some((30, 1)),
        "fifteen" => Some((15, 1)),
        "forty" if reader.phrase(at, "forty five").is_some() => Some((45, 2)),
        _ => None,
    }
}

fn noon_or_midnight(reader: &Reader<'_>, at: usize) -> Option<(u16, usize)> {
    let (noon, midnight): (&[&str], &[&str]) = match reader.language {
        Language::Portuguese => {
            (&["meio - dia", "meio dia", "meiodia"], &["meia - noite", "meia noite", "meianoite"])
        }
        Language::English => (&["noon", "midday"], &["midnight"]),
        Language::Spanish => (&["mediodia", "medio dia"], &["medianoche", "media noche"]),
    };
    let (minutes, used) = match reader.any_phrase(at, noon) {
        Some(used) => (12 * HOUR, used),
        None => (0, reader.any_phrase(at, midnight)?),
    };
    let half = reader.any_phrase(at + used, &["e meia", "y media"]);
    Some((minutes + if half.is_some() { 30 } else { 0 }, used + half.unwrap_or(0)))
}

/// Which part of the day words behind an hour name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
    Night,
}

fn half_of_day(reader: &Reader<'_>, at: usize) -> Option<(Half, usize)> {
    let (morning, afternoon, night): (&[&str], &[&str], &[&str]) = match reader.language {
        Language::Portuguese => (
            &["da manha", "de manha", "da madrugada"],
            &["da tarde", "de tarde", "a tarde"],
            &["da noite", "de noite", "a noite"],
        ),
        Language::English => (
            &["in the morning", "a . m .", "a . m", "am"],
            &["in the afternoon", "p . m .", "p . m", "pm"],
            &["in the evening", "at night", "tonight"],
        ),
        Language::Spanish => (
            &["de la manana", "por la manana", "de la madrugada", "a . m .", "a . m", "am"],
            &["de la tarde", "por la tarde", "p . m .", "p . m", "pm"],
            &["de la noche", "por la noche"],
        ),
    };
    [(Half::Morning, morning), (Half::Afternoon, afternoon), (Half::Night, night)]
        .into_iter()
        .find_map(|(half, phrases)| Some((half, reader.any_phrase(at, phrases)?)))
}

fn in_half(minutes: u16, half: Half) -> Option<u16> {
    let hour = minutes / HOUR;
    Some(match half {
        Half::Morning if hour == 12 => minutes - 12 * HOUR,
        Half::Morning if hour > 12 => return None,
        Half::Afternoon if hour < 12 => minutes + 12 * HOUR,
        Half::Night if (5..12).contains(&hour) => minutes + 12 * HOUR,
        Half::Night if hour == 12 => minutes - 12 * HOUR,
        Half::Morning | Half::Afternoon | Half::Night => minutes,
    })
}

/// An hour from one to six without more is meant in the afternoon: no counter is open at three in the morning.
pub(super) fn afternoon_unless_settled(clock: Clock) -> Clock {
    if !clock.settled && (HOUR..7 * HOUR).contains(&clock.minutes) {
        Clock { minutes: clock.minutes + 12 * HOUR, ..clock }
    } else {
        clock
    }
}
