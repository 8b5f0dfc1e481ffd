//! Days, weekdays and times of day that are named outright. It reads what stands there: which year `27/11` is of, and
//! whether a day is near, is not known here.

use super::clock::{clock, clock_fact, clock_in_words, share_hours};
use super::lexicon::{is_counted, joins, month, short_weekday, weekday};
use super::{Fact, Half, Pace, Source, Stated, take};
use crate::domain::language::Language;
use crate::language::fold::TokenKind;

const NOON: u16 = 12 * 60;

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

pub(super) type Read = Option<(Vec<Fact>, usize)>;

fn read(source: &Source<'_>, at: usize) -> Read {
    match source.tokens[at].kind {
        TokenKind::Digits => machine_time(source, at)
            .or_else(|| machine_month(source, at))
            .or_else(|| date(source, at))
            .or_else(|| clock(source, at)),
        TokenKind::Word => bare_month(source, at)
            .or_else(|| weekdays(source, at))
            .or_else(|| month_first(source, at))
            .or_else(|| named(source, at))
            .or_else(|| clock_in_words(source, at)),
        TokenKind::Mark => None,
    }
}

pub(super) fn digits(source: &Source<'_>, at: usize) -> Option<i64> {
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
    // `1º/12`
    if first == 1
        && matches!(source.word(at + 1), "o" | "º" | "°")
        && source.word(at + 2) == "/"
        && source.touches_next(at + 1)
    {
        return civil(1, digits(source, at + 3)?, None).map(|fact| (vec![fact], 4));
    }
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
    let name = source.word(place + joined);
    // `5 out of 5`
    let is_english_out = name == "out" && source.word(place + joined + 1) == "of";
    let named = month(name).filter(|_| !is_english_out && (joined == 1 || is_long_month(name)))?;
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

/// `em janeiro`, `junho de 2027`: a month of which no day is named.
fn bare_month(source: &Source<'_>, at: usize) -> Read {
    let word = source.word(at);
    let named = month(word)
        .filter(|_| word.len() > 4 || matches!(word, "maio" | "mayo" | "june" | "july" | "may"))?;
    // A field's value is a month without more.
    let alone = source.tokens.len() <= 3;
    let introduced = matches!(
        source.before(at, 1),
        "em" | "para"
            | "de"
            | "ate"
            | "desde"
            | "in"
            | "of"
            | "by"
            | "until"
            | "since"
            | "en"
            | "hasta"
            | "your"
            | "the"
            | "for"
    );
    let has_day =
        digits(source, at + 1).is_some_and(|day| day <= 31) || (at > 1 && digits(source, at - 2).is_some());
    let (year, more) = year_at(source, at + 1);
    ((introduced || alone) && !has_day).then_some(())?;
    let year = year.and_then(|year| u16::try_from(year).ok()).unwrap_or(0);
    Some((vec![Fact::Date { day: 0, month: named, year }], 1 + more))
}

/// `2027-06`.
fn machine_month(source: &Source<'_>, at: usize) -> Read {
    let year = digits(source, at).filter(|year| (1900..2200).contains(year))?;
    let month = digits(source, at + 2).filter(|month| (1..=12).contains(month))?;
    let glued = source.word(at + 1) == "-" && source.touches_next(at) && source.touches_next(at + 1);
    let alone = source.tokens.len() == at + 3 && at == 0 && source.tokens[at + 2].text.len() == 2;
    (glued && alone).then(|| {
        (
            vec![Fact::Date {
                day: 0,
                month: u8::try_from(month).unwrap_or(0),
                year: u16::try_from(year).unwrap_or(0),
            }],
            3,
        )
    })
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
        (&["diariamente"], 0..=6),
        (&["a", "diario"], 0..=6),
        (&["seven", "days", "a", "week"], 0..=6),
    ] {
        if phrase(words) {
            return Some((days.map(Fact::Weekday).collect(), words.len()));
        }
    }
    // `6 a.m. to 10 p.m. daily`, and no `daily limit`.
    if word == "daily"
        && source.tokens.get(at + 1).is_none_or(|next| {
            next.kind == TokenKind::Mark || matches!(next.text.as_str(), "from" | "between")
        })
    {
        return Some(((0..=6).map(Fact::Weekday).collect(), 1));
    }
    let one = |at: usize| {
        let fair = usize::from(matches!(source.word(at + 1), "-" | "–")) + 1;
        let used = if matches!(source.word(at + fair), "feira" | "feiras") { fair + 1 } else { 1 };
        short_weekday(source.word(at)).map(|day| (day, used))
    };
    // `la segunda persona`: in Spanish no day is called so.
    if source.language == Language::Spanish
        && matches!(word, "segunda" | "segundas" | "quinta" | "quintas" | "sexta")
    {
        return None;
    }
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
    let mut facts = vec![Fact::Weekday(first)];
    let day = day_behind(source, at + used);
    facts.extend(day.map(Fact::DayOfMonth));
    (!is_ordinal).then(|| (facts, used + usize::from(day.is_some())))
}

/// `sábado 28`, `Friday 27`: the day of the month that stands right behind a weekday, and is no hour.
fn day_behind(source: &Source<'_>, at: usize) -> Option<u8> {
    let day = digits(source, at).filter(|day| (1..=31).contains(day))?;
    let next = source.word(at + 1);
    let touches = source.touches_next(at);
    let is_date = month(next).is_some()
        || (matches!(next, "de" | "of") && month(source.word(at + 2)).is_some())
        || matches!(next, "/" | "º" | "st" | "nd" | "rd" | "th");
    let is_measured =
        (touches && matches!(next, ":" | "." | "," | "-" | "–") && digits(source, at + 2).is_some())
            || matches!(next, "h" | "hs" | "hrs" | "hora" | "horas" | "am" | "pm" | "%" | "x")
            || (matches!(next, "a" | "p") && matches!(source.word(at + 2), "." | "m"));
    // `sábado 9 às 13h`
    let opens = day <= 24 && (joins(next) || matches!(next, "e" | "y" | "and"));
    (!is_date && !is_measured && !opens).then(|| u8::try_from(day).ok())?
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
        // `guaranteed for a full year`
        "a" | "one"
            if matches!(next, "full" | "whole" | "entire")
                && matches!(source.word(at + 2), "year" | "month" | "week" | "day") =>
        {
            let fact = match source.word(at + 2) {
                "year" => Fact::Months(12),
                "month" => Fact::Months(1),
                "week" => Fact::Minutes(7 * 24 * 60, Pace::Unsaid),
                _ => Fact::Minutes(24 * 60, Pace::Unsaid),
            };
            Some((vec![fact], 3))
        }
        // Longer than anything that is promised in numbers.
        "lifetime" | "vitalicia" | "vitalicio" => Some((vec![Fact::Months(1_200)], 1)),
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

#[cfg(test)]
mod tests {
    use crate::domain::language::Language;
    use crate::language::statements::{Fact, read_sentence};

    #[test]
    fn the_day_behind_a_weekday_is_no_hour_and_an_hour_no_day() {
        let day = |language: Language, text: &str| {
            let read = read_sentence(text, language);
            read.stated.iter().find_map(|stated| match stated.fact {
                Fact::DayOfMonth(day) => Some(day),
                _ => None,
            })
        };
        for (language, text, expected) in [
            (Language::Spanish, "para el sábado 28 hay tiempo", Some(28)),
            (Language::English, "from Friday 27, breakfast included", Some(27)),
            (Language::Portuguese, "na sexta 27 às 14h", Some(27)),
            (Language::Portuguese, "no sábado 9 às 13h", None),
            (Language::Portuguese, "na sexta 27/11", None),
            (Language::Portuguese, "na sexta 15h", None),
            (Language::English, "on Friday 9 am", None),
            (Language::Spanish, "el lunes 7 de diciembre", None),
        ] {
            assert_eq!(day(language, text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_daily_is_on_every_day_unless_it_is_a_rate() {
        let weekdays = |text: &str| {
            let read = read_sentence(text, Language::English);
            read.stated.iter().filter(|stated| matches!(stated.fact, Fact::Weekday(_))).count()
        };
        assert_eq!((weekdays("Open 6 am to 10 pm daily."), weekdays("The daily rate is R$ 90.")), (7, 0));
    }

    #[test]
    fn three_hours_are_not_three_o_clock() {
        let facts = |text: &str| {
            read_sentence(text, Language::Portuguese)
                .stated
                .iter()
                .map(|stated| stated.fact)
                .collect::<Vec<_>>()
        };
        assert!(matches!(facts("as 3 horas saem barato")[..], [Fact::Minutes(180, _)]));
        assert!(matches!(facts("é às 3 horas em ponto")[..], [Fact::Clock(180, _)]));
    }
}
