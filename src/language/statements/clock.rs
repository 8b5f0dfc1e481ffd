//! Times of day: `15h30`, `às nove e meia`, `at 3 pm`, `de 9 a 18 h`; and lengths that are written like one: `dura 1h30`.

use super::lexicon::{Pace, joins};
use super::times::{Read, digits};
use super::{Fact, Half, Source, Stated, take};
use crate::domain::language::Language;
use crate::language::fold::TokenKind;
use crate::language::numbers::read_number;

const MIDNIGHT: u16 = 24 * 60;

pub(super) fn clock_fact(hour: u16, minute: u16, half: Half) -> Option<Fact> {
    (hour < 25 && minute < 60).then_some(Fact::Clock((hour * 60 + minute) % MIDNIGHT, half))
}

/// `15h`, `15h30`, `15:30`, `3pm`, `3:30 p.m.`.
pub(super) fn clock(source: &Source<'_>, at: usize) -> Read {
    let hour = u16::try_from(digits(source, at)?).ok().filter(|hour| *hour < 25)?;
    let next = source.word(at + 1);
    let glued = source.touches_next(at);
    let minute = |place: usize| {
        (source.touches_next(place - 1) && source.tokens[place].span.len() == 2)
            .then(|| digits(source, place))
            .flatten()
            .and_then(|minute| u16::try_from(minute).ok())
    };
    if glued
        && matches!(next, ":" | "h")
        && source.tokens.get(at + 2).is_some_and(|token| token.kind == TokenKind::Digits)
        && let Some(minute) = minute(at + 2)
    {
        // `15:30:00`
        let seconds = if source.word(at + 3) == ":"
            && source.touches_next(at + 2)
            && digits(source, at + 4).is_some()
        {
            2
        } else {
            0
        };
        let mut used = 3 + seconds;
        if matches!(source.word(at + used), "h" | "hs" | "hrs" | "min") {
            used += 1;
        }
        let last = source.before(at, 1);
        if is_length(source, at) && !matches!(last, "after" | "apos" | "por" | "in" | "en") {
            return Some((vec![Fact::Minutes(u32::from(hour) * 60 + u32::from(minute), Pace::Unsaid)], used));
        }
        return with_half(source, at, hour, minute, used);
    }
    // `24h`, `em 2h` and `a cada 4h` are lengths; `de 9 a 18 h` are hours.
    if matches!(next, "h" | "hs" | "hrs") && (glued || ends_a_stretch(source, at)) {
        let is_length = hour == 24 || is_length(source, at);
        return (!is_length).then(|| clock_fact(hour, 0, Half::Told).map(|fact| (vec![fact], 2))).flatten();
    }
    // `abrimos de 9 a 18`
    if is_stretch_of_hours(source, at) {
        let until = u16::try_from(digits(source, at + 2)?).ok()?;
        return Some((vec![clock_fact(hour, 0, Half::Told)?, clock_fact(until, 0, Half::Told)?], 3));
    }
    let has_half = half_at(source, at + 1).is_some();
    if has_half || introduces_hour(source, at) {
        return with_half(source, at, hour, 0, 1);
    }
    None
}

/// Whether two bare numbers from `at` on are hours: a sentence of opening or of weekdays says `de 9 a 18`, and nothing that is
/// counted stands behind them.
fn is_stretch_of_hours(source: &Source<'_>, at: usize) -> bool {
    let opened = matches!(source.before(at, 1), "de" | "das" | "from" | "desde" | "entre");
    let joined = matches!(source.word(at + 1), "a" | "as" | "to" | "y" | "e");
    let (Some(from), Some(until)) = (digits(source, at), digits(source, at + 2)) else { return false };
    let ends = source.tokens.get(at + 3).is_none_or(|next| match next.kind {
        TokenKind::Mark => {
            !matches!(next.text.as_str(), "%" | "$" | "/" | "-" | ":") && !source.touches_next_digit(at + 3)
        }
        TokenKind::Word => matches!(
            next.text.as_str(),
            "de" | "y" | "e" | "and" | "on" | "nos" | "nas" | "los" | "aos" | "em"
        ),
        TokenKind::Digits => false,
    });
    let of_opening = |word: &str| {
        super::lexicon::weekday(word).is_some()
            || matches!(
                word,
                "abrimos"
                    | "abre"
                    | "abren"
                    | "abrem"
                    | "atendemos"
                    | "atiende"
                    | "atienden"
                    | "atende"
                    | "atendem"
                    | "horario"
                    | "horarios"
                    | "open"
                    | "hours"
                    | "funciona"
                    | "funcionamos"
                    | "aberto"
                    | "abierto"
            )
    };
    opened
        && joined
        && ends
        && from < until
        && until <= 24
        && source.tokens.iter().any(|token| of_opening(&token.text))
}

/// Whether what is measured at `at` is how long something takes.
fn is_length(source: &Source<'_>, at: usize) -> bool {
    let takes = |word: &str| {
        matches!(
            word,
            "em" | "in"
                | "en"
                | "cada"
                | "every"
                | "dentro"
                | "por"
                | "within"
                | "apos"
                | "after"
                | "dura"
                | "duram"
                | "leva"
                | "levam"
                | "demora"
                | "tarda"
                | "tardan"
                | "takes"
                | "take"
                | "lasts"
                | "last"
                | "durante"
                | "duracao"
                | "duracion"
                | "duration"
                | "dure"
        )
    };
    let (other, last) = (source.before(at, 2), source.before(at, 1));
    takes(last)
        || (matches!(last, "de" | "about" | "around" | "uns" | "umas" | "unos" | "unas" | ":")
            && takes(other))
        || matches!((other, last), ("cerca" | "prazo", "de"))
}

/// Whether the hour at `at` stands behind a preposition of hours or the end of a stretch.
fn ends_a_stretch(source: &Source<'_>, at: usize) -> bool {
    matches!(
        source.before(at, 1),
        "as" | "a" | "ate" | "to" | "-" | "–" | "las" | "hasta" | "until" | "das" | "desde" | "from"
    )
}

/// `às nove`, `às dez e meia`, `at three`, `a las cuatro y media de la tarde`.
pub(super) fn clock_in_words(source: &Source<'_>, at: usize) -> Read {
    if !introduces_hour(source, at) && half_at(source, at + 1).is_none() {
        return None;
    }
    let (hour, used) = read_number(source.tokens, at, source.language)?;
    // `as duas` without its accent are two of something, unless an hour is named behind.
    let accented = at.checked_sub(1).and_then(|place| source.text.get(source.tokens[place].span.clone()));
    let named =
        half_at(source, at + used).is_some() || matches!(source.word(at + used), "horas" | "hora" | "h");
    if source.language == Language::Portuguese
        && !named
        && accented.is_some_and(|word| word.eq_ignore_ascii_case("as"))
    {
        return None;
    }
    // `qualquer uma das duas` is one of two.
    if source.language == Language::Portuguese
        && !named
        && source.before(at, 1) == "das"
        && matches!(
            source.before(at, 2),
            "uma" | "um" | "qualquer" | "cada" | "nenhuma" | "nenhum" | "alguma" | "ambas" | "quais" | "qual"
        )
    {
        return None;
    }
    let hour = u16::try_from(hour).ok().filter(|hour| (1..=24).contains(hour))?;
    with_half(source, at, hour, 0, used)
}

/// Whether an hour comes at `at`: behind `às`, `at`, `a las`, and not before something that is counted.
fn introduces_hour(source: &Source<'_>, at: usize) -> bool {
    let (other, last) = (source.before(at, 2), source.before(at, 1));
    let hours = |at: usize| matches!(source.word(at), "h" | "hs" | "horas" | "hora" | "o");
    let follows_time = matches!(source.before(at, 3), "antes" | "despues" | "partir" | "luego" | "alrededor");
    let is_a_number = digits(source, at).is_some() || half_at(source, at + 1).is_some();
    let introduced = match source.language {
        Language::Portuguese => {
            // `as 3 horas saem por R$ 270,00` are three of them, and `às 3 horas` is when.
            let written =
                || at.checked_sub(1).map_or("", |last| &source.text[source.tokens[last].span.clone()]);
            let is_an_article =
                last == "as" && hours(at + 1) && source.word(at + 1).len() > 2 && written() == "as";
            matches!(last, "as" | "das" | "pelas") && !is_an_article
        }
        Language::English => last == "at" || (last == "by" && half_at(source, at + 1).is_some()),
        // `de las dos` are two of something, unless it is `antes de las dos`.
        Language::Spanish => {
            matches!(last, "las" | "la")
                && (matches!(other, "a" | "hasta" | "desde")
                    || other == "de" && (follows_time || is_a_number))
        }
    };
    if !introduced {
        return false;
    }
    let next = source.tokens.get(at + 1);
    let ends = next.is_none_or(|token| match token.kind {
        TokenKind::Mark => !matches!(token.text.as_str(), "%" | "$"),
        TokenKind::Digits => false,
        TokenKind::Word => {
            half_at(source, at + 1).is_some()
                || hours(at + 1)
                || matches!(
                    token.text.as_str(),
                    "e" | "y"
                        | "as"
                        | "a"
                        | "ate"
                        | "com"
                        | "com."
                        | "no"
                        | "na"
                        | "de"
                        | "da"
                        | "do"
                        | "em"
                        | "on"
                        | "with"
                        | "to"
                        | "until"
                        | "hasta"
                        | "con"
                        | "en"
                        | "del"
                        | "ou"
                        | "or"
                        | "o"
                        | "para"
                        | "for"
                        | "tomorrow"
                        | "amanha"
                        | "manana"
                        | "today"
                )
        }
    });
    // `antes de las 14 se retiran`
    let is_late = follows_time && digits(source, at).is_some_and(|hour| (13..=24).contains(&hour));
    (ends || is_late && source.language == Language::Spanish)
        && (source.language != Language::Portuguese || !matches!(source.word(at + 1), "opcoes" | "de"))
}

/// The half of the day that is named at `at`: hours to add below noon, and tokens.
fn half_at(source: &Source<'_>, at: usize) -> Option<(u16, usize)> {
    let word = |place: usize| source.word(at + place);
    match (word(0), word(1), word(2)) {
        ("pm", ..) => Some((12, 1)),
        ("am", ..) => Some((0, 1)),
        ("p", ".", "m") => Some((12, if word(3) == "." { 4 } else { 3 })),
        ("a", ".", "m") => Some((0, if word(3) == "." { 4 } else { 3 })),
        ("da", "tarde" | "noite", _) => Some((12, 2)),
        ("da", "manha" | "madrugada", _) => Some((0, 2)),
        ("in", "the", "afternoon" | "evening") => Some((12, 3)),
        ("in", "the", "morning") => Some((0, 3)),
        ("de" | "por", "la", "tarde" | "noche") => Some((12, 3)),
        ("de" | "por", "la", "manana") => Some((0, 3)),
        _ => None,
    }
}

/// An hour with what is said behind it: `e meia`, `horas`, `da tarde`.
fn with_half(source: &Source<'_>, at: usize, hour: u16, minute: u16, used: usize) -> Read {
    let (mut minute, mut used) = (minute, used);
    if matches!(source.word(at + used), "horas" | "hora" | "h" | "hs") {
        used += 1;
    }
    match (source.word(at + used), source.word(at + used + 1)) {
        ("e" | "y", "meia" | "media") if minute == 0 => {
            minute = 30;
            used += 2;
        }
        ("o", "'") => used += 3,
        _ => {}
    }
    let (hour, half) = match half_at(source, at + used) {
        Some((add, more)) => {
            used += more;
            let hour = match (hour, add) {
                (12, 0) => 0,
                (hour, add) if hour < 12 => hour + add,
                (hour, _) => hour,
            };
            (hour, Half::Told)
        }
        None if (1..=11).contains(&hour) && source.language != Language::Portuguese => (hour, Half::Either),
        None => (hour, Half::Told),
    };
    clock_fact(hour, minute, half).map(|fact| (vec![fact], used))
}

/// `das 9 às 18h`, `from 9 to 6 pm`, `9, 10 e 14h`: numbers that share the sign of the hour behind them.
pub(super) fn share_hours(source: &Source<'_>, taken: &mut [bool], found: &mut Vec<Stated>) {
    let mut clocks: Vec<usize> = found
        .iter()
        .filter(|stated| matches!(stated.fact, Fact::Clock(..)))
        .filter_map(|stated| super::codes::tokens_within(source, &stated.span).map(|(at, _)| at))
        .collect();
    while let Some(clock) = clocks.pop() {
        let Some(joint) =
            clock.checked_sub(1).filter(|joint| joins(source.word(*joint)) || source.word(*joint) == ",")
        else {
            continue;
        };
        let Some(place) = joint.checked_sub(1).filter(|place| !taken[*place]) else { continue };
        let Some(hour) = digits(source, place)
            .and_then(|hour| u16::try_from(hour).ok())
            .filter(|hour| (1..=24).contains(hour))
        else {
            continue;
        };
        let glued =
            place > 0 && source.touches_next(place - 1) && source.tokens[place - 1].kind != TokenKind::Mark;
        let counted = matches!(source.before(place, 1), "dia" | "dias" | "$" | "/" | "." | ",")
            && source.touches_next(place.saturating_sub(1))
            && place > 0;
        let half =
            if hour <= 12 && source.language != Language::Portuguese { Half::Either } else { Half::Told };
        if !glued
            && !counted
            && let Some(fact) = clock_fact(hour, 0, half)
            && take(taken, place, 1)
        {
            found.push(source.stated(fact, place, 1));
            clocks.push(place);
        }
    }
}
