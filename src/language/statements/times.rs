//! Days, weekdays and times of day that are named outright. It reads what stands there: which year `27/11` is of, and
//! whether a day is near, is not known here.

use super::lexicon::{Pace, is_counted, joins, month, short_weekday, weekday};
use super::{Fact, Half, Source, Stated, take};
use crate::domain::language::Language;
use crate::language::fold::TokenKind;
use crate::language::numbers::read_number;

const NOON: u16 = 12 * 60;
const MIDNIGHT: u16 = 24 * 60;

/// The days and hours of a sentence.
pub(super) fn find(source: &Source<'_>, taken: &mut [bool], found: &mut Vec<Stated>) {
    let mut at = 0;
    while at < source.tokens.len() {
        if taken[at] {
            at += 1;
            continue;
        }
        match read(source, at) {
            Some((facts, used)) => {
                if take(taken, at, used) {
                    found.extend(facts.into_iter().map(|fact| source.stated(fact, at, used)));
                }
                at += used;
            }
            None => at += 1,
        }
    }
    share_hours(source, taken, found);
}

type Read = Option<(Vec<Fact>, usize)>;

fn read(source: &Source<'_>, at: usize) -> Read {
    match source.tokens[at].kind {
        TokenKind::Digits => {
            machine_time(source, at).or_else(|| date(source, at)).or_else(|| clock(source, at))
        }
        TokenKind::Word => weekdays(source, at)
            .or_else(|| month_first(source, at))
            .or_else(|| named(source, at))
            .or_else(|| clock_in_words(source, at)),
        TokenKind::Mark => None,
    }
}

fn digits(source: &Source<'_>, at: usize) -> Option<i64> {
    source.tokens.get(at)?.number()
}

/// `2026-11-27`, `2026-11-27T15:00:00-03:00`.
fn machine_time(source: &Source<'_>, at: usize) -> Read {
    let text = source.text.get(source.tokens[at].span.start..)?;
    if text.as_bytes().get(4) != Some(&b'-') || text.as_bytes().get(7) != Some(&b'-') {
        return None;
    }
    let day: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    let mut facts = vec![date_fact(day.day(), day.month(), day.year())?];
    let rest = text.get(10..)?;
    let has_time = rest.starts_with(['T', 't', ' ']) && rest.as_bytes().get(3) == Some(&b':');
    let length = match has_time {
        false => 10,
        true => {
            let end = rest[1..]
                .find(|sign: char| {
                    !(sign.is_ascii_digit() || matches!(sign, ':' | '.' | '+' | '-' | 'Z' | 'z'))
                })
                .map_or(rest.len(), |end| end + 1);
            let written = rest[..end].trim_end_matches(['.', ':', '-', '+']);
            let whole = text.get(..10 + written.len())?;
            if let Ok(moment) = whole.parse::<jiff::Timestamp>() {
                facts.push(Fact::Moment(moment.as_second()));
            }
            let (hour, minute) = (written.get(1..3)?.parse().ok()?, written.get(4..6)?.parse().ok()?);
            facts.push(clock_fact(hour, minute, Half::Told)?);
            10 + written.len()
        }
    };
    let end = source.tokens[at].span.start + length;
    let used = source.tokens[at..].iter().take_while(|token| token.span.end <= end).count();
    Some((facts, used))
}

fn date_fact(day: i8, month: i8, year: i16) -> Option<Fact> {
    let (day, month) = (u8::try_from(day).ok()?, u8::try_from(month).ok()?);
    Some(Fact::Date { day, month, year: u16::try_from(year).unwrap_or(0) })
}

fn civil(day: i64, month: i64, year: Option<i64>) -> Option<Fact> {
    let year = match year {
        Some(short) if short < 100 => short + 2000,
        Some(year) => year,
        None => 0,
    };
    // 2024 is a leap year: 29 February is a day.
    let in_year = if year == 0 { 2024 } else { i16::try_from(year).ok()? };
    jiff::civil::Date::new(in_year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    date_fact(i8::try_from(day).ok()?, i8::try_from(month).ok()?, i16::try_from(year).ok()?)
}

/// `27/11`, `27/11/2026`, `27 de novembro de 2026`, `27th of November`.
fn date(source: &Source<'_>, at: usize) -> Read {
    let first = digits(source, at)?;
    let mark = source.word(at + 1);
    if matches!(mark, "/" | "." | "-") && source.touches_next(at) && source.touches_next(at + 1) {
        let second = digits(source, at + 2)?;
        let third =
            (source.word(at + 3) == mark && source.touches_next(at + 2) && source.touches_next(at + 3))
                .then(|| digits(source, at + 4))
                .flatten();
        // `3.5` and `10-20` are numbers; with a year they are days.
        if mark != "/" && third.is_none_or(|year| year < 1900) {
            return None;
        }
        let used = if third.is_some() { 5 } else { 3 };
        let swapped =
            || (source.language == Language::English).then(|| civil(second, first, third)).flatten();
        return civil(first, second, third).or_else(swapped).map(|fact| (vec![fact], used));
    }
    let mut place = at + 1;
    if matches!(source.word(place), "st" | "nd" | "rd" | "th" | "o" | "º") && source.touches_next(at) {
        place += 1;
    }
    let joined = usize::from(matches!(source.word(place), "de" | "of"));
    let named =
        month(source.word(place + joined)).filter(|_| joined == 1 || is_long_month(source.word(place)))?;
    place += joined + 1;
    let (year, more) = year_at(source, place);
    Some((vec![civil(first, i64::from(named), year)?], place + more - at))
}

/// `mar`, `may` and their like are other words, unless they stand in a date.
fn is_long_month(word: &str) -> bool {
    word.len() > 3
        || matches!(
            word,
            "jan"
                | "fev"
                | "feb"
                | "abr"
                | "apr"
                | "jun"
                | "jul"
                | "ago"
                | "aug"
                | "sep"
                | "set"
                | "oct"
                | "out"
                | "nov"
                | "dec"
                | "dez"
                | "dic"
                | "may"
                | "mar"
        )
}

fn year_at(source: &Source<'_>, at: usize) -> (Option<i64>, usize) {
    let skip = usize::from(matches!(source.word(at), "de" | "," | "of"));
    match digits(source, at + skip).filter(|year| (1900..2200).contains(year)) {
        Some(year) => (Some(year), skip + 1),
        None => (None, 0),
    }
}

/// `November 27th, 2026`.
fn month_first(source: &Source<'_>, at: usize) -> Read {
    if source.language != Language::English {
        return None;
    }
    let named = month(source.word(at)).filter(|_| is_long_month(source.word(at)))?;
    let day = digits(source, at + 1).filter(|day| (1..=31).contains(day))?;
    let mut place = at + 2;
    if matches!(source.word(place), "st" | "nd" | "rd" | "th") {
        place += 1;
    }
    let (year, more) = year_at(source, place);
    Some((vec![civil(day, i64::from(named), year)?], place + more - at))
}

/// `sexta-feira`, `seg a sex`, `weekends`, `todos os dias`.
fn weekdays(source: &Source<'_>, at: usize) -> Read {
    let word = source.word(at);
    let phrase =
        |words: &[&str]| words.iter().enumerate().all(|(place, word)| source.word(at + place) == *word);
    for (words, days) in [
        (&["fim", "de", "semana"][..], 5..=6),
        (&["fins", "de", "semana"], 5..=6),
        (&["fin", "de", "semana"], 5..=6),
        (&["fines", "de", "semana"], 5..=6),
        (&["weekend"], 5..=6),
        (&["weekends"], 5..=6),
        (&["todos", "os", "dias"], 0..=6),
        (&["todos", "los", "dias"], 0..=6),
        (&["every", "day"], 0..=6),
        (&["seven", "days", "a", "week"], 0..=6),
    ] {
        if phrase(words) {
            return Some((days.map(Fact::Weekday).collect(), words.len()));
        }
    }
    let one = |at: usize| {
        let fair = usize::from(matches!(source.word(at + 1), "-" | "–")) + 1;
        let used = if matches!(source.word(at + fair), "feira" | "feiras") { fair + 1 } else { 1 };
        short_weekday(source.word(at)).map(|day| (day, used))
    };
    let (first, used) = one(at)?;
    // `segunda à sexta`: the accent is folded away.
    if joins(source.word(at + used))
        && !matches!(source.word(at + used), "e" | "y" | "and" | "ou" | "or" | "o")
        && let Some((last, more)) = one(at + used + 1)
    {
        let days = (0..7).map(|step| (first + step) % 7);
        let length = usize::from((7 + last - first) % 7) + 1;
        return Some((days.take(length).map(Fact::Weekday).collect(), used + 1 + more));
    }
    weekday(word)?;
    let is_ordinal = used == 1
        && matches!(word, "segunda" | "terca" | "quarta" | "quinta" | "sexta")
        && is_counted(source.word(at + 1));
    (!is_ordinal).then(|| (vec![Fact::Weekday(first)], used))
}

/// `amanhã`, `dia 27`, `meio-dia`.
fn named(source: &Source<'_>, at: usize) -> Read {
    let word = source.word(at);
    let next = source.word(at + 1);
    match word {
        "amanha" | "tomorrow" => {
            let after = if source.before(at, 1) == "de" && source.before(at, 2) == "depois" { 2 } else { 1 };
            Some((vec![Fact::Relative(after)], 1))
        }
        // `por la mañana` is a part of the day.
        "manana" if source.language == Language::Spanish && source.before(at, 1) != "la" => {
            Some((vec![Fact::Relative(1)], 1))
        }
        "pasado" if next == "manana" => Some((vec![Fact::Relative(2)], 2)),
        "hoje" | "hoy" | "today" | "tonight" => Some((vec![Fact::Relative(0)], 1)),
        "ontem" | "ayer" | "yesterday" => Some((vec![Fact::Relative(-1)], 1)),
        "dia" | "dias" => {
            let day = digits(source, at + 1).filter(|day| (1..=31).contains(day))?;
            if source.word(at + 2) == "/"
                || source.word(at + 2) == "de" && month(source.word(at + 3)).is_some()
            {
                return None;
            }
            Some((vec![Fact::DayOfMonth(u8::try_from(day).ok()?)], 2))
        }
        "meio" | "medio" if matches!(next, "dia" | "-") => {
            let used = if next == "-" && source.word(at + 2) == "dia" { 3 } else { 2 };
            // Half a day is a length.
            (source.before(at, 1) != "de" || source.before(at, 2) != "cerca")
                .then(|| (vec![Fact::Clock(NOON, Half::Told)], used))
        }
        "mediodia" | "noon" | "midday" => Some((vec![Fact::Clock(NOON, Half::Told)], 1)),
        "meia" | "media"
            if matches!((next, source.word(at + 2)), ("noite" | "noche", _) | ("-", "noite")) =>
        {
            Some((vec![Fact::Clock(0, Half::Told)], if next == "-" { 3 } else { 2 }))
        }
        "medianoche" | "midnight" => Some((vec![Fact::Clock(0, Half::Told)], 1)),
        _ => None,
    }
}

fn clock_fact(hour: u16, minute: u16, half: Half) -> Option<Fact> {
    (hour < 25 && minute < 60).then_some(Fact::Clock((hour * 60 + minute) % MIDNIGHT, half))
}

/// `15h`, `15h30`, `15:30`, `3pm`, `3:30 p.m.`.
fn clock(source: &Source<'_>, at: usize) -> Read {
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
        if is_length(source, at) {
            return Some((vec![Fact::Minutes(u32::from(hour) * 60 + u32::from(minute), Pace::Unsaid)], used));
        }
        return with_half(source, at, hour, minute, used);
    }
    // `24h`, `em 2h` and `a cada 4h` are lengths; `de 9 a 18 h` are hours.
    if matches!(next, "h" | "hs" | "hrs") && (glued || ends_a_stretch(source, at)) {
        let is_length = hour == 24 || is_length(source, at);
        return (!is_length).then(|| clock_fact(hour, 0, Half::Told).map(|fact| (vec![fact], 2))).flatten();
    }
    let has_half = half_at(source, at + 1).is_some();
    if has_half || introduces_hour(source, at) {
        return with_half(source, at, hour, 0, 1);
    }
    None
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
fn clock_in_words(source: &Source<'_>, at: usize) -> Read {
    if !introduces_hour(source, at) && half_at(source, at + 1).is_none() {
        return None;
    }
    let (hour, used) = read_number(source.tokens, at, source.language)?;
    let hour = u16::try_from(hour).ok().filter(|hour| (1..=24).contains(hour))?;
    with_half(source, at, hour, 0, used)
}

/// Whether an hour comes at `at`: behind `às`, `at`, `a las`, and not before something that is counted.
fn introduces_hour(source: &Source<'_>, at: usize) -> bool {
    let (other, last) = (source.before(at, 2), source.before(at, 1));
    let hours = |at: usize| matches!(source.word(at), "h" | "hs" | "horas" | "hora" | "o");
    let introduced = match source.language {
        Language::Portuguese => {
            last == "as" || (last == "das" || last == "pelas" || (last == "as" && other == "ate"))
        }
        Language::English => last == "at" || (last == "by" && half_at(source, at + 1).is_some()),
        Language::Spanish => matches!(last, "las" | "la") && matches!(other, "a" | "de" | "hasta" | "desde"),
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
    ends && (source.language != Language::Portuguese || !matches!(source.word(at + 1), "opcoes" | "de"))
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
fn share_hours(source: &Source<'_>, taken: &mut [bool], found: &mut Vec<Stated>) {
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
