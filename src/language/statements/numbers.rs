//! Amounts, percentages, lengths of time, quantities and bare numbers, in digits or in words. A small number that counts
//! nothing measurable (`3 opções`) is no statement.

use super::codes::tokens_within;
use super::compound::{half_hour_at, with_rest};
use super::counted::{counts_things, is_a_party, is_article, is_counted_stock};
use super::currencies::foreign_amount;
use super::fractions::{fraction_at, workday_at};
use super::lexicon::{Pace, Unit, joins, pace, unit};
use super::{Fact, Hedge, Source, Stated, THING, take};
use crate::language::fold::TokenKind;
use crate::language::money;
use crate::language::numbers::read_number;

/// A number below this needs a unit to be a statement.
const SMALL: u64 = 10;
/// A number from this on names something more often than it counts.
const LARGE: u64 = 100;
/// Ten-thousandths, which numbers are kept in.
const PARTS: u64 = 10_000;
/// A larger number is a code.
const LARGEST: u64 = 1_000_000_000_000;

/// Amounts of money.
pub(super) fn find_money(source: &Source<'_>, taken: &mut [bool], found: &mut Vec<Stated>) {
    for amount in money::find_money(source.text, source.language) {
        let Some((at, used)) = tokens_within(source, &amount.span) else { continue };
        if take(taken, at, used) {
            let mut stated = source.stated(Fact::Money(amount.value.0), at, used);
            stated.hedge = hedge(source, at);
            found.push(stated);
        }
    }
    let mut at = 0;
    while at < source.tokens.len() {
        let foreign = foreign_amount(source, at).filter(|(_, used)| take(taken, at, *used));
        if let Some((amount, used)) = foreign {
            let mut stated = source.stated(amount, at, used);
            stated.hedge = hedge(source, at);
            found.push(stated);
        }
        at += foreign.map_or(1, |(_, used)| used);
    }
    // `entre 90 e R$ 120`, `de 30 a 50 reais`: the first end shares the mark of the second.
    let ends: Vec<usize> = found
        .iter()
        .filter(|stated| matches!(stated.fact, Fact::Money(_)))
        .filter_map(|stated| tokens_within(source, &stated.span).map(|(at, _)| at))
        .collect();
    for end in ends {
        let is_stretch = end >= 2
            && joins(source.word(end - 1))
            && !matches!(source.word(end - 1), "e" | "y" | "and" | "o");
        let opened = is_stretch
            || matches!(
                (source.before(end, 3), source.before(end, 1)),
                ("entre" | "between", "e" | "y" | "and")
            );
        if !opened {
            continue;
        }
        if let Some((value, at, used)) = number_ending_at(source, end - 1)
            && take(taken, at, used)
        {
            found.push(source.stated(Fact::Money(i64::try_from(value / 100).unwrap_or(i64::MAX)), at, used));
        }
    }
}

/// Everything else that a number states.
pub(super) fn find(source: &Source<'_>, taken: &mut [bool], found: &mut Vec<Stated>) {
    let mut at = 0;
    while at < source.tokens.len() {
        if taken[at] {
            at += 1;
            continue;
        }
        // `3XL`: a part of a name.
        if source.tokens[at].kind == TokenKind::Digits
            && source.touches_next(at)
            && source.tokens.get(at + 1).is_some_and(|next| {
                next.kind == TokenKind::Word
                    && next.text != "x"
                    && unit(&next.text).is_none()
                    && next.text.len() > 1
            })
        {
            at += 2;
            continue;
        }
        if let Some(used) = half_hour_at(source, at).filter(|used| take(taken, at, *used)) {
            found.push(source.stated(Fact::Minutes(30, Pace::Unsaid), at, used));
            at += used;
            continue;
        }
        if let Some((share, used)) = fraction_at(source, at).filter(|(_, used)| take(taken, at, *used)) {
            let mut stated = source.stated(Fact::Percent(share), at, used);
            stated.hedge = hedge(source, at);
            found.push(stated);
            at += used;
            continue;
        }
        if let Some((place, used)) = workday_at(source, at).filter(|(_, used)| take(taken, at, *used)) {
            found.push(source.stated(Fact::Count(place * 100, "workday"), at, used));
            at += used;
            continue;
        }
        let Some((value, used)) = number_at(source, at) else {
            at += 1;
            continue;
        };
        let in_words = source.tokens[at].kind == TokenKind::Word;
        let end = at + used;
        if taken[at..end].iter().any(|taken| *taken) {
            at = end;
            continue;
        }
        let explained = explained(source, end, value).map(|(fact, more)| with_rest(source, end, fact, more));
        match explained {
            Some((fact, more)) if !(in_words && is_figure_of_speech(source, at, fact)) => {
                take(taken, at, used + more);
                let mut stated = source.stated(fact, at, used + more);
                stated.hedge = hedge(source, at);
                found.push(stated);
                at = end + more;
            }
            _ => {
                if is_a_party(source, at, end) && take(taken, at, used) {
                    found.push(source.stated(Fact::Count(value / 100, "person"), at, used));
                    at = end;
                    continue;
                }
                if is_counted_stock(source, at, end) && take(taken, at, used) {
                    found.push(source.stated(Fact::Count(value / 100, "piece"), at, used));
                    at = end;
                    continue;
                }
                if (PARTS..LARGE * PARTS).contains(&value)
                    && (value > PARTS || !in_words)
                    && counts_things(source, end)
                {
                    found.push(source.stated(Fact::Count(value / 100, THING), at, used));
                }
                let digits = source.tokens[at].kind == TokenKind::Digits;
                if digits && is_told_in_a_currency(source, at) && take(taken, at, used) {
                    let amount = i64::try_from(value / 100).unwrap_or(i64::MAX);
                    found.push(source.stated(Fact::Money(amount), at, used));
                    at = end;
                    continue;
                }
                let is_a_cell = source.before(at, 1) == "|" && source.word(end) == "|";
                if digits
                    && (value >= SMALL * PARTS || !value.is_multiple_of(PARTS) || is_a_cell)
                    && !is_list_marker(source, at, end)
                {
                    take(taken, at, used);
                    let mut stated = source.stated(Fact::Number(value), at, used);
                    stated.hedge = hedge(source, at);
                    found.push(stated);
                }
                at = end;
            }
        }
    }
}

/// `o sinal em reais é 3`: whether a bare number is said to be one of a currency right before.
fn is_told_in_a_currency(source: &Source<'_>, at: usize) -> bool {
    matches!(source.before(at, 3), "em" | "en" | "in")
        && matches!(
            source.before(at, 2),
            "reais" | "reales" | "pesos" | "euros" | "dolares" | "dollars" | "soles"
        )
        && matches!(source.before(at, 1), "e" | "fica" | "da" | "sao" | "es" | "son" | "is" | "are" | ":")
}

/// What stands behind a number and says what it is, and how many tokens that takes.
fn explained(source: &Source<'_>, end: usize, value: u64) -> Option<(Fact, usize)> {
    let word = |place: usize| source.word(place);
    if word(end) == "%" || matches!(word(end), "percent" | "pct") {
        return Some((Fact::Percent(u32::try_from(value / 100).ok()?), 1));
    }
    if (word(end) == "por" && matches!(word(end + 1), "cento" | "ciento"))
        || (word(end) == "per" && word(end + 1) == "cent")
    {
        return Some((Fact::Percent(u32::try_from(value / 100).ok()?), 2));
    }
    if let Some((fact, more)) = measured(source, end, value) {
        return Some((fact, more));
    }
    // `a 5-year warranty`
    if word(end) == "-"
        && source.touches_next(end)
        && let Some((fact, more)) = measured(source, end + 1, value)
    {
        return Some((fact, more + 1));
    }
    // `3 a 5 dias`, `2-4 business days`: the unit of the second number is the first one's too.
    if joins(word(end)) && (word(end) != "-" || value < 1_000 * PARTS) {
        let (_, used) = number_at(source, end + 1)?;
        let (fact, _) = measured(source, end + 1 + used, value)?;
        let is_times = matches!(fact, Fact::Count(_, "times"));
        // `10 x 20 cm` measures twice; `em 2 ou 3x` may be either.
        return (!is_times || matches!(word(end), "a" | "ate" | "ou" | "or" | "to" | "o"))
            .then_some((fact, 0));
    }
    if word(end) == "x" {
        let (_, used) = number_at(source, end + 1)?;
        return measured(source, end + 1 + used, value).map(|(fact, _)| (fact, 0));
    }
    None
}

/// A number of the unit that stands at `at`.
pub(super) fn measured(source: &Source<'_>, at: usize, value: u64) -> Option<(Fact, usize)> {
    // `5 business days`
    let word = |place: usize| source.word(place);
    let (skipped, mut counted) = match pace(word(at)) {
        Some(pace) if unit(word(at + 1)).is_some() => (1, pace),
        // `two full days`
        None if matches!(word(at), "full" | "whole" | "entire") && unit(word(at + 1)).is_some() => {
            (1, Pace::Unsaid)
        }
        _ => (0, Pace::Unsaid),
    };
    let place = at + skipped;
    // `2 x R$ 10` multiplies and `2x o vaso` counts vases; `3x sem juros` counts payments.
    if word(place) == "x"
        && !matches!(
            word(place + 1),
            "de" | "sem"
                | "sin"
                | "no"
                | "na"
                | "of"
                | "without"
                | "iguais"
                | "com"
                | "con"
                | "with"
                | ","
                | "."
                | "!"
                | ""
        )
    {
        return None;
    }
    match unit(word(place))? {
        Unit::Minutes(minutes) => {
            let behind = pace(word(place + 1));
            let more = usize::from(behind.is_some());
            counted = behind.unwrap_or(counted);
            let minutes = value.checked_mul(u64::from(minutes))? / PARTS;
            Some((Fact::Minutes(u32::try_from(minutes).ok()?, counted), skipped + 1 + more))
        }
        Unit::Months(months) => {
            let months = value.checked_mul(u64::from(months))? / PARTS;
            Some((Fact::Months(u32::try_from(months).ok()?), skipped + 1))
        }
        Unit::Of(name) => Some((Fact::Count(value / 100, name), skipped + 1)),
    }
}

/// `tenha um bom dia`, `uma vez`: words for one that count nothing, unless a preposition makes them a length.
fn is_figure_of_speech(source: &Source<'_>, at: usize, fact: Fact) -> bool {
    // `duas vezes` is no number of payments without an amount.
    if matches!(fact, Fact::Count(_, "times")) && !source.text.contains('$') {
        return true;
    }
    let is_article = is_article(source.word(at));
    // `un año de garantía`
    let is_of_something = matches!(source.word(at + 2), "de" | "of");
    let measures_time = matches!(fact, Fact::Minutes(..) | Fact::Months(_));
    let introduced = matches!(
        source.before(at, 1),
        "em" | "de"
            | "dentro"
            | "por"
            | "in"
            | "within"
            | "for"
            | "en"
            | "ate"
            | "apos"
            | "after"
            | "dura"
            | "duram"
            | "leva"
            | "demora"
            | "tarda"
            | "takes"
            | "lasts"
            | "uns"
            | "cerca"
            | "tem"
            | "tiene"
            | "tienes"
            | "tienen"
            | "have"
            | "has"
    );
    // `em um minuto` is soon.
    is_article
        && !(measures_time && (introduced || is_of_something) && fact != Fact::Minutes(1, Pace::Unsaid))
}

/// `1.` and `2)` at the beginning number the items of a list.
fn is_list_marker(source: &Source<'_>, at: usize, end: usize) -> bool {
    let lead =
        source.tokens[..at].iter().all(|token| matches!(token.text.as_str(), "*" | "-" | "#" | "(" | "_"));
    lead && end - at == 1 && source.touches_next(at) && matches!(source.word(end), "." | ")" | "º" | "°")
}

/// A number in ten-thousandths that begins at the token `at`, and how many tokens it takes.
pub(super) fn number_at(source: &Source<'_>, at: usize) -> Option<(u64, usize)> {
    let first = source.tokens.get(at)?;
    match first.kind {
        TokenKind::Mark => None,
        TokenKind::Word => {
            // No number is written with one letter, and most words are no numbers.
            let (value, used) = read_number(source.tokens, at, source.language)?;
            Some((u64::try_from(value).ok()?.checked_mul(PARTS)?, used))
        }
        TokenKind::Digits => {
            // The tail of a word (`covid19`) is no number.
            if at > 0 && source.tokens[at - 1].kind == TokenKind::Word && source.touches_next(at - 1) {
                return None;
            }
            let mut used = 1;
            while used < 9
                && matches!(source.word(at + used), "." | ",")
                && source.touches_next(at + used - 1)
                && source.touches_next(at + used)
                && source.tokens.get(at + used + 1).is_some_and(|next| next.kind == TokenKind::Digits)
            {
                used += 2;
            }
            decimal(&source.text[source.span(at, used)]).map(|value| (value, used))
        }
    }
}

/// The number whose last token stands before `end`.
fn number_ending_at(source: &Source<'_>, end: usize) -> Option<(u64, usize, usize)> {
    (1..=3).rev().filter_map(|used| end.checked_sub(used).map(|at| (at, used))).find_map(|(at, used)| {
        let (value, taken) = number_at(source, at)?;
        let whole = at == 0 || !matches!(source.before(at, 1), "." | ",");
        (taken == used && whole).then_some((value, at, used))
    })
}

/// Digits with marks between them, in ten-thousandths: three digits behind a single mark are thousands.
pub(crate) fn decimal(written: &str) -> Option<u64> {
    let marks: Vec<(usize, char)> =
        written.char_indices().filter(|(_, sign)| matches!(sign, '.' | ',')).collect();
    let split = match marks.as_slice() {
        [] => None,
        [.., (at, last)] => {
            let behind = written.len() - at - 1;
            let mixed = marks.iter().any(|(_, mark)| mark != last);
            let grouped = behind == 3 && !mixed && !written.starts_with('0');
            (!grouped && (marks.len() == 1 || mixed)).then_some(*at)
        }
    };
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (whole, part) = match split {
        Some(at) => (digits(&written[..at]), digits(&written[at + 1..])),
        None => (digits(written), String::new()),
    };
    let whole: u64 = whole.parse().ok().filter(|whole| *whole < LARGEST)?;
    let part: u64 = format!("{part:0<4}").get(..4)?.parse().ok()?;
    whole.checked_mul(PARTS)?.checked_add(part)
}

/// How loosely the number at `at` is said.
fn hedge(source: &Source<'_>, at: usize) -> Hedge {
    let (last, other) = (source.before(at, 1), source.before(at, 2));
    match (other, last) {
        (_, "quase" | "casi" | "almost" | "nearly") | ("just" | "pouco" | "little", "under" | "abaixo") => {
            Hedge::Below
        }
        ("menos" | "less", "de" | "than") => Hedge::Below,
        ("mais" | "mas" | "more", "de" | "than") | (_, "over") => Hedge::Above,
        (
            _,
            "aproximadamente" | "aprox" | "approximately" | "about" | "around" | "roughly" | "uns" | "umas"
            | "unos" | "unas" | "~",
        ) => Hedge::About,
        ("cerca" | "perto" | "proximo" | "torno" | "volta" | "alrededor", "de") => Hedge::About,
        _ => Hedge::Exact,
    }
}
