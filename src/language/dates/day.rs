//! Days, weeks and months: `amanhã`, `próxima segunda`, `dia 25`, `25/11`, `November 25th`, `semana que vem`.

use super::Grain;
use super::clock::ends_well;
use super::lexicon::{follows_an_ordinal, full_month, month, short_weekday, weekday};
use super::reader::{Meaning, Reader};
use super::stretches;
use crate::domain::language::Language;
use crate::language::fold::TokenKind;
use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

/// The day, week or month that begins at token `at`.
pub(super) fn read(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    if reader.touches_previous(at) {
        return None;
    }
    numeric(reader, at)
        .or_else(|| named(reader, at))
        .or_else(|| by_weekday(reader, at))
        .or_else(|| stretches::read(reader, at))
        .or_else(|| by_month(reader, at))
        .or_else(|| day_of_month(reader, at))
        .or_else(|| another_day_of_month(reader, at))
}

/// `hoje`, `amanhã`, `depois de amanhã`, `ontem`.
fn named(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    let list: &[(&str, i64)] = match reader.language {
        Language::Portuguese => &[
            ("depois de amanha", 2),
            ("dps de amanha", 2),
            ("hoje", 0),
            ("hj", 0),
            ("amanha", 1),
            ("amanhan", 1),
            ("anteontem", -2),
            ("antes de ontem", -2),
            ("ontem", -1),
        ],
        Language::English => &[
            ("the day after tomorrow", 2),
            ("day after tomorrow", 2),
            ("the day before yesterday", -2),
            ("today", 0),
            ("tomorrow", 1),
            ("tmrw", 1),
            ("tomorow", 1),
            ("yesterday", -1),
        ],
        Language::Spanish => &[
            ("pasado manana", 2),
            ("antes de ayer", -2),
            ("anteayer", -2),
            ("hoy", 0),
            ("manana", 1),
            ("ayer", -1),
        ],
    };
    let (days, used) = list.iter().find_map(|(phrase, days)| Some((*days, reader.phrase(at, phrase)?)))?;
    // `la mañana` is the morning; only the bare word is tomorrow.
    if reader.language == Language::Spanish && reader.word(at) == "manana" && at > 0 {
        let before = reader.word(at - 1);
        if matches!(before, "la" | "esta") || before == "de" && at > 1 && reader.digits(at - 2).is_some() {
            return None;
        }
    }
    reader.in_days(days).map(|date| (Meaning::Day(date), used))
}

fn by_weekday(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    let before: &[&str] = match reader.language {
        Language::Portuguese => &[
            "proxima", "proximo", "esta", "essa", "este", "esse", "nesta", "nessa", "neste", "nesse", "na",
            "no",
        ],
        Language::English => &["next", "this", "coming", "on"],
        Language::Spanish => &["proximo", "este", "el"],
    };
    let prefix = usize::from(before.contains(&reader.word(at)));
    let core = at + prefix;
    let (day, mut used) = weekday_word(reader, core, prefix > 0)?;
    let next_week: &[&str] = match reader.language {
        Language::Portuguese => {
            &["da semana que vem", "da proxima semana", "da outra semana", "semana que vem"]
        }
        Language::English => &["of next week", "next week"],
        Language::Spanish => &["de la semana que viene", "de la proxima semana"],
    };
    let coming: &[&str] = match reader.language {
        Language::Portuguese => &["que vem", "agora"],
        Language::English => &[],
        Language::Spanish => &["que viene", "proximo"],
    };
    let of_next_week = reader.any_phrase(core + used, next_week);
    used += of_next_week.or_else(|| reader.any_phrase(core + used, coming)).unwrap_or(0);
    Some((Meaning::Weekday { weekday: day, of_next_week: of_next_week.is_some() }, prefix + used))
}

fn weekday_word(reader: &Reader<'_>, at: usize, prefixed: bool) -> Option<(Weekday, usize)> {
    let word = reader.word(at);
    if let Some(day) = weekday(word, reader.language) {
        let fair = fair_suffix(reader, at + 1);
        let ordinal = reader.language == Language::Portuguese
            && fair == 0
            && !matches!(day, Weekday::Saturday | Weekday::Sunday)
            && follows_an_ordinal(reader.word(at + 1));
        return (!ordinal).then_some((day, 1 + fair));
    }
    // `2ª-feira`
    if reader.language == Language::Portuguese
        && let Some(number @ 2..=6) = reader.digits(at)
    {
        let sign = usize::from(reader.word(at + 1) == "a");
        let fair = fair_suffix(reader, at + 1 + sign);
        let week =
            [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
        let index = usize::try_from(number - 2).ok()?;
        return (fair > 0).then(|| (week[index], 1 + sign + fair));
    }
    let day = short_weekday(word, reader.language)?;
    let fair = fair_suffix(reader, at + 1);
    let dated = reader
        .tokens
        .get(at + 1)
        .is_none_or(|next| next.kind == TokenKind::Mark || next.kind == TokenKind::Digits);
    (prefixed || fair > 0 || dated && reader.language != Language::Spanish).then_some((day, 1 + fair))
}

/// How many tokens `-feira` takes at `at`.
fn fair_suffix(reader: &Reader<'_>, at: usize) -> usize {
    if reader.language != Language::Portuguese {
        return 0;
    }
    let dash = usize::from(reader.word(at) == "-");
    if reader.word(at + dash) == "feira" { dash + 1 } else { 0 }
}

/// `25/11`, `25/11/2026`, `25.11.2026`, `2026-11-25`.
fn numeric(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    let first = reader.digits(at)?;
    let mark = reader.word(at + 1);
    if !reader.touches_next(at) || !reader.touches_next(at + 1) || !matches!(mark, "/" | "-" | ".") {
        return None;
    }
    if at > 0
        && reader.touches_next(at - 1)
        && matches!(reader.word(at - 1), "/" | "." | "-" | "," | "#" | "$")
    {
        return None;
    }
    let second = reader.digits(at + 2)?;
    let third = (reader.word(at + 3) == mark && reader.touches_next(at + 2) && reader.touches_next(at + 3))
        .then(|| reader.digits(at + 4))
        .flatten();
    let (date, used) = match third {
        Some(day) if first >= 1_000 => (date(first, second, day)?, 5),
        Some(year) => (day_and_month(reader, first, second, Some(year))?, 5),
        None if mark == "/" && (first, second) != (24, 7) => (day_and_month(reader, first, second, None)?, 3),
        None => return None,
    };
    // `1/2 kg` and `10/12/` are no dates.
    let next = reader.word(at + used);
    if matches!(next, "kg" | "g" | "l" | "ml")
        || (next == mark && reader.touches_next(at + used - 1) && mark != ".")
    {
        return None;
    }
    Some((Meaning::Day(date), used))
}

/// Day before month, as everywhere but in the United States; the other way round only if nothing else is possible.
fn day_and_month(reader: &Reader<'_>, day: i64, month: i64, year: Option<i64>) -> Option<Date> {
    let (day, month) = if month > 12 && day <= 12 && reader.language == Language::English {
        (month, day)
    } else {
        (day, month)
    };
    match year {
        Some(year) => date(if year < 100 { year + 2_000 } else { year }, month, day),
        None => next_date(reader, month, day),
    }
}

fn date(year: i64, month: i64, day: i64) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The next such day that is not over yet.
fn next_date(reader: &Reader<'_>, month: i64, day: i64) -> Option<Date> {
    let year = i64::from(reader.today().year());
    // A leap day may lie up to eight years ahead.
    (year..=year + 8).filter_map(|year| date(year, month, day)).find(|date| *date >= reader.today())
}

/// `25 de novembro de 2026`, `November 25th`, `the 25th of November`, `em dezembro`.
fn by_month(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    if let Some((day, used)) = ordinal_day(reader, at) {
        let of = usize::from(matches!(reader.word(at + used), "de" | "of" | "do" | "/" | "-"));
        let number = month(reader.word(at + used + of), reader.language)?;
        let (year, more) = year_after(reader, at + used + of + 1);
        let found = day_and_month(reader, day, i64::from(number), year)?;
        return Some((Meaning::Day(found), used + of + 1 + more));
    }
    if let Some(number) = month(reader.word(at), reader.language)
        && reader.language == Language::English
        && let Some((day, used)) = ordinal_day(reader, at + 1)
    {
        let (year, more) = year_after(reader, at + 1 + used);
        let found = day_and_month(reader, day, i64::from(number), year)?;
        return Some((Meaning::Day(found), 1 + used + more));
    }
    let opened: &[&str] = match reader.language {
        Language::Portuguese => &["em", "para", "mes de", "de", "ate"],
        Language::English => &["in", "for", "month of"],
        Language::Spanish => &["en", "para", "mes de"],
    };
    let used = reader.any_phrase(at, opened)?;
    let number = full_month(reader.word(at + used), reader.language)?;
    let (year, more) = year_after(reader, at + used + 1);
    let today = reader.today();
    let in_this_year = date(i64::from(today.year()), i64::from(number), 1)?;
    let from = match year {
        Some(year) => date(if year < 100 { year + 2_000 } else { year }, i64::from(number), 1)?,
        None if in_this_year.last_of_month() >= today => in_this_year,
        None => in_this_year.checked_add(1.year()).ok()?,
    };
    let until = from.checked_add(1.month()).ok()?;
    Some((Meaning::Days { from, until, grain: Grain::Month }, used + 1 + more))
}

/// A day of the month with its ordinal dress: `25`, `25th`, `1º`, `primeiro`.
fn ordinal_day(reader: &Reader<'_>, at: usize) -> Option<(i64, usize)> {
    if matches!(reader.word(at), "primeiro" | "primero") {
        return Some((1, 1));
    }
    let (day, used) = match reader.digits(at) {
        Some(day) => (day, 1),
        None if reader.language == Language::English => return None,
        None => reader.number(at)?,
    };
    let dressed = usize::from(
        reader.touches_next(at) && matches!(reader.word(at + 1), "o" | "th" | "st" | "nd" | "rd" | "ro"),
    );
    (1..=31).contains(&day).then_some((day, used + if used == 1 { dressed } else { 0 }))
}

fn year_after(reader: &Reader<'_>, at: usize) -> (Option<i64>, usize) {
    let joined = usize::from(matches!(reader.word(at), "de" | "do" | "del" | "," | "/" | "of"));
    match reader.digits(at + joined) {
        Some(year @ 2_000..=2_199) => (Some(year), joined + 1),
        _ => (None, 0),
    }
}

/// `dia 25`, `the 25th`, `el 25`, and the month they may name: `dia 5 do mês que vem`.
fn day_of_month(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    let opened: &[&str] = match reader.language {
        Language::Portuguese => &["dia", "dias"],
        Language::English => &["on the", "the"],
        Language::Spanish => &["el dia", "dia", "el"],
    };
    let prefix = reader.any_phrase(at, opened)?;
    if let Some((meaning, used)) = numeric(reader, at + prefix).or_else(|| by_month(reader, at + prefix)) {
        return matches!(meaning, Meaning::Day(_)).then_some((meaning, prefix + used));
    }
    let (day, used) = ordinal_day(reader, at + prefix)?;
    let end = at + prefix + used;
    let next = reader.word(end);
    let touches = reader.touches_next(end - 1) && reader.tokens[end].kind != TokenKind::Mark;
    let sure = match reader.language {
        Language::Portuguese => true,
        Language::English => used == 2,
        Language::Spanish => {
            prefix == 2
                || reader.word(at) == "dia"
                || next.is_empty()
                || !next.chars().all(char::is_alphabetic)
                || next == "a"
        }
    };
    if !sure || touches {
        return None;
    }
    let next_month: &[&str] = match reader.language {
        Language::Portuguese => &["do mes que vem", "do proximo mes", "mes que vem"],
        Language::English => &["of next month"],
        Language::Spanish => &["del mes que viene", "del proximo mes"],
    };
    let months = reader.any_phrase(end, next_month);
    let found = next_day_of_month(reader, day, i64::from(months.is_some()))?;
    Some((Meaning::Day(found), prefix + used + months.unwrap_or(0)))
}

/// The second day of `dia 24 ou 25`.
fn another_day_of_month(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    let listed = at > 1
        && matches!(reader.word(at), "ou" | "e" | "o" | "y")
        && reader.digits(at - 1).is_some()
        && matches!(reader.word(at - 2), "dia" | "dias");
    let day = reader.digits(at + 1).filter(|_| listed && ends_well(reader, at + 2))?;
    next_day_of_month(reader, day, 0).map(|date| (Meaning::Day(date), 2))
}

/// The next day with this number that is not over yet, at least `ahead` months from now.
fn next_day_of_month(reader: &Reader<'_>, day: i64, ahead: i64) -> Option<Date> {
    let first = reader.today().first_of_month();
    (ahead..13).find_map(|months| {
        let month = first.checked_add(Span::new().months(months)).ok()?;
        date(i64::from(month.year()), i64::from(month.month()), day).filter(|date| *date >= reader.today())
    })
}
