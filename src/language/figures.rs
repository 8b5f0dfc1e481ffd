//! The figures that a business states: prices, percentages, how long something takes, at what times of day. It reads
//! what stands in one sentence and where; what the sentence is about is for its callers to say.

use super::fold::{Token, TokenKind, tokens};
use super::money::find_money;
use super::numbers::read_number;
use super::span::Found;
use crate::domain::language::Language;
use std::ops::Range;

/// What a figure measures.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Measure {
    /// Money.
    Price,
    /// A share of a hundred.
    Share,
    /// How long something takes or lasts.
    Duration,
    /// A time of day.
    Clock,
}

/// A unit of time. Days and business days are different promises.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unit {
    /// Minutes.
    Minutes,
    /// Hours, where they make no whole day.
    Hours,
    /// Days of the calendar.
    Days,
    /// Business days.
    BusinessDays,
    /// Months.
    Months,
}

/// A figure.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Figure {
    /// An amount in centavos.
    Price(i64),
    /// A percentage in hundredths.
    Share(u32),
    /// From so many to so many of a unit; both the same where it is no range.
    Duration(i64, i64, Unit),
    /// Minutes since midnight.
    Clock(u16),
}

impl Figure {
    /// What it measures.
    pub fn measure(self) -> Measure {
        match self {
            Self::Price(_) => Measure::Price,
            Self::Share(_) => Measure::Share,
            Self::Duration(..) => Measure::Duration,
            Self::Clock(_) => Measure::Clock,
        }
    }
}

/// Every figure of a sentence, in the order they stand.
pub fn find_figures(text: &str, language: Language) -> Vec<Found<Figure>> {
    let all = tokens(text);
    let mut found: Vec<Found<Figure>> = find_money(text, language)
        .into_iter()
        .map(|money| Found { span: money.span, value: Figure::Price(money.value.0) })
        .collect();
    let mut at = 0;
    while at < all.len() {
        let is_free = |span: &Range<usize>| {
            !found.iter().any(|other| span.start < other.span.end && other.span.start < span.end)
        };
        let read = is_free(&all[at].span)
            .then(|| {
                share(&all, at, language).or_else(|| duration(&all, at, language)).or_else(|| clock(&all, at))
            })
            .flatten();
        match read {
            Some((value, used)) => {
                found.push(Found { span: all[at].span.start..all[at + used - 1].span.end, value });
                at += used;
            }
            None => at += 1,
        }
    }
    found.sort_by_key(|figure| figure.span.start);
    found
}

fn word(all: &[Token], at: usize) -> &str {
    all.get(at).map_or("", |token| token.text.as_str())
}

/// A number in hundredths, and how many tokens it takes.
fn hundredths(all: &[Token], at: usize, language: Language) -> Option<(u32, usize)> {
    let first = all.get(at)?;
    if first.kind != TokenKind::Digits {
        let (value, used) = read_number(all, at, language)?;
        return Some((u32::try_from(value).ok()?.checked_mul(100)?, used));
    }
    let whole = u32::try_from(first.number()?).ok()?.checked_mul(100)?;
    let part = match (all.get(at + 1), all.get(at + 2)) {
        (Some(mark), Some(digits))
            if matches!(mark.text.as_str(), "," | ".")
                && first.touches(mark)
                && mark.touches(digits)
                && digits.kind == TokenKind::Digits
                && digits.text.len() <= 2 =>
        {
            let part = digits.text.parse::<u32>().ok()?;
            Some(if digits.text.len() == 1 { part * 10 } else { part })
        }
        _ => None,
    };
    Some(part.map_or((whole, 1), |part| (whole + part, 3)))
}

/// `10%`, `12,5 %`, `dez por cento`, `ten percent`.
fn share(all: &[Token], at: usize, language: Language) -> Option<(Figure, usize)> {
    let (value, used) = hundredths(all, at, language)?;
    let taken = match (word(all, at + used), word(all, at + used + 1)) {
        ("%", _) | ("percent", _) => 1,
        ("por", "cento" | "ciento") | ("per", "cent") => 2,
        _ => return None,
    };
    Some((Figure::Share(value), used + taken))
}

/// `7 dias úteis`, `2 a 5 dias`, `duas semanas`, `24 horas`.
fn duration(all: &[Token], at: usize, language: Language) -> Option<(Figure, usize)> {
    let follows_a_mark = at > 0
        && all[at - 1].touches(&all[at])
        && matches!(all[at - 1].text.as_str(), "," | "." | ":" | "/" | "-");
    // `às 18 horas` is a time of day.
    if follows_a_mark || at > 0 && is_at(word(all, at - 1)) {
        return None;
    }
    let (from, mut used) = whole_number(all, at, language)?;
    let mut until = from;
    let joined = matches!(word(all, at + used), "a" | "ate" | "to" | "-" | "–" | "e" | "ou" | "o" | "or");
    let second = whole_number(all, at + used + 1, language).filter(|(value, _)| joined && *value > from);
    if let Some((value, more)) = second {
        until = value;
        used += 1 + more;
    }
    // `7 (sete) dias`
    if word(all, at + used) == "(" && word(all, at + used + 2) == ")" {
        used += 3;
    }
    let (unit_used, factor, unit) = unit(all, at + used)?;
    let (from, until) = (from.checked_mul(factor)?, until.checked_mul(factor)?);
    Some((normal(from, until, unit), used + unit_used))
}

/// One form for the same stretch of time.
fn normal(from: i64, until: i64, unit: Unit) -> Figure {
    match unit {
        Unit::Hours if from % 24 == 0 && until % 24 == 0 && from > 0 => {
            Figure::Duration(from / 24, until / 24, Unit::Days)
        }
        Unit::Minutes if from % 60 == 0 && until % 60 == 0 && from > 0 => {
            normal(from / 60, until / 60, Unit::Hours)
        }
        Unit::Minutes | Unit::Hours | Unit::Days | Unit::BusinessDays | Unit::Months => {
            Figure::Duration(from, until, unit)
        }
    }
}

fn whole_number(all: &[Token], at: usize, language: Language) -> Option<(i64, usize)> {
    let first = all.get(at)?;
    let (value, used) = match first.kind {
        // `um dia` is mostly said of no day in particular.
        TokenKind::Word if matches!(first.text.as_str(), "um" | "uma" | "un" | "una" | "one") => return None,
        TokenKind::Digits => (first.number()?, 1),
        TokenKind::Word | TokenKind::Mark => read_number(all, at, language)?,
    };
    (1..=9_999).contains(&value).then_some((value, used))
}

/// A unit of time at `at`: its tokens, how many of ours one of it is, and ours.
fn unit(all: &[Token], at: usize) -> Option<(usize, i64, Unit)> {
    let next = word(all, at + 1);
    let business = matches!(next, "uteis" | "util" | "habiles" | "habil" | "laborables");
    match word(all, at) {
        "dia" | "dias" if business => Some((2, 1, Unit::BusinessDays)),
        "dia" | "dias" | "day" | "days" => Some((1, 1, Unit::Days)),
        "business" | "working" if matches!(next, "day" | "days") => Some((2, 1, Unit::BusinessDays)),
        "semana" | "semanas" | "week" | "weeks" => Some((1, 7, Unit::Days)),
        "mes" | "meses" | "month" | "months" => Some((1, 1, Unit::Months)),
        "ano" | "anos" | "year" | "years" => Some((1, 12, Unit::Months)),
        "hora" | "horas" | "hour" | "hours" | "hs" | "hrs" => Some((1, 1, Unit::Hours)),
        "minuto" | "minutos" | "min" | "minute" | "minutes" => Some((1, 1, Unit::Minutes)),
        _ => None,
    }
}

fn is_at(word: &str) -> bool {
    matches!(word, "as" | "at" | "las" | "das" | "desde")
}

/// `9h`, `9h30`, `18:00`, `9 às 18h`, `9am`, `6:30 p.m.`, `meio-dia`.
fn clock(all: &[Token], at: usize) -> Option<(Figure, usize)> {
    if matches!(
        (word(all, at), word(all, at + 1), word(all, at + 2)),
        ("meio", "-", "dia") | ("meia", "-", "noite")
    ) {
        return Some((Figure::Clock(if word(all, at) == "meio" { 12 * 60 } else { 0 }), 3));
    }
    match word(all, at) {
        "noon" | "meiodia" | "mediodia" => return Some((Figure::Clock(12 * 60), 1)),
        "midnight" | "medianoche" => return Some((Figure::Clock(0), 1)),
        _ => {}
    }
    let first = all.get(at).filter(|token| token.kind == TokenKind::Digits)?;
    let joined_before =
        at > 0 && all[at - 1].touches(first) && !matches!(all[at - 1].text.as_str(), "(" | "-" | "–" | "~");
    if joined_before {
        return None;
    }
    let hour = first.number().filter(|hour| (0..=24).contains(hour))?;
    let digits = |index: usize| {
        let token =
            all.get(index).filter(|token| token.kind == TokenKind::Digits && token.text.len() == 2)?;
        token.number().filter(|minute| *minute < 60)
    };
    let touching =
        |index: usize| all.get(index).zip(all.get(index + 1)).is_some_and(|(one, next)| one.touches(next));
    let (mut minutes, mut used, mut marked) = (0, 1, false);
    if word(all, at + 1) == ":" && touching(at) {
        minutes = digits(at + 2)?;
        (used, marked) = (3, true);
        // `18:00h`
        used += usize::from(word(all, at + used) == "h");
    } else if word(all, at + 1) == "h" {
        marked = true;
        used = 2;
        if let Some(value) = digits(at + 2).filter(|_| touching(at + 1)) {
            minutes = value;
            used = 3;
            used += usize::from(word(all, at + used) == "min");
        }
    } else if matches!(word(all, at + 1), "horas" | "hs" | "hrs") && at > 0 && is_at(word(all, at - 1)) {
        (used, marked) = (2, true);
    }
    let (half, half_used) = half_of_day(all, at + used);
    used += half_used;
    marked |= half_used > 0;
    // `das 9 às 18h`: the first one borrows its mark from the second.
    if !marked && matches!(word(all, at + used), "as" | "a" | "to" | "-" | "–" | "ate" | "until") {
        let second = all.get(at + used + 1).and_then(|token| token.number()).filter(|hour| *hour <= 24);
        let borrowed = second.is_some() && {
            let (behind, next) = (word(all, at + used + 2), word(all, at + used + 3));
            matches!(behind, "h" | "am" | "pm" | ":")
                || matches!(behind, "horas" | "hs") && next != "uteis" && at > 0 && is_at(word(all, at - 1))
        };
        marked = borrowed;
    }
    if !marked {
        return None;
    }
    let hour = match half {
        Half::Morning => hour % 12,
        Half::Evening => hour % 12 + 12,
        Half::Unsaid => hour,
    };
    u16::try_from(hour * 60 + minutes).ok().map(|minutes| (Figure::Clock(minutes), used))
}

#[derive(Clone, Copy)]
enum Half {
    Morning,
    Evening,
    Unsaid,
}

fn half_of_day(all: &[Token], at: usize) -> (Half, usize) {
    match (word(all, at), word(all, at + 1), word(all, at + 2)) {
        ("am", _, _) => (Half::Morning, 1),
        ("pm", _, _) => (Half::Evening, 1),
        ("a", ".", "m") => (Half::Morning, 3),
        ("p", ".", "m") => (Half::Evening, 3),
        _ => (Half::Unsaid, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, Portuguese, Spanish};

    fn figures(text: &str, language: Language) -> Vec<Figure> {
        find_figures(text, language).into_iter().map(|found| found.value).collect()
    }

    #[test]
    fn figures_are_read_in_three_languages() {
        let (days, business) =
            (|n, m| Figure::Duration(n, m, Unit::Days), |n, m| Figure::Duration(n, m, Unit::BusinessDays));
        let clock = |hour: u16, minute: u16| Figure::Clock(hour * 60 + minute);
        for (language, text, expected) in [
            (Portuguese, "O frete custa R$ 15,90.", vec![Figure::Price(1590)]),
            (
                Portuguese,
                "Pix tem 5% de desconto, boleto 2,5 %.",
                vec![Figure::Share(500), Figure::Share(250)],
            ),
            (Portuguese, "Dez por cento", vec![Figure::Share(1000)]),
            (Portuguese, "Troca em até 7 dias úteis", vec![business(7, 7)]),
            (Portuguese, "de 2 a 5 dias", vec![days(2, 5)]),
            (Portuguese, "em 7 (sete) dias corridos", vec![days(7, 7)]),
            (Portuguese, "duas semanas", vec![days(14, 14)]),
            (Portuguese, "em 24 horas", vec![days(1, 1)]),
            (Portuguese, "garantia de 1 ano", vec![Figure::Duration(12, 12, Unit::Months)]),
            (Portuguese, "Das 9 às 18h", vec![clock(9, 0), clock(18, 0)]),
            (Portuguese, "9h30-18:00", vec![clock(9, 30), clock(18, 0)]),
            (Portuguese, "das 9h às 18 horas", vec![clock(9, 0), clock(18, 0)]),
            (Portuguese, "até meio-dia", vec![clock(12, 0)]),
            (Portuguese, "vasos de 15 cm, 3 unidades, pedido 10421, 25/11, (11) 95555-0101", vec![]),
            (English, "open 9am to 6:30 p.m.", vec![clock(9, 0), clock(18, 30)]),
            (English, "within 3-5 business days", vec![business(3, 5)]),
            (English, "ten percent off", vec![Figure::Share(1000)]),
            (Spanish, "de 10:00 a 19:00", vec![clock(10, 0), clock(19, 0)]),
            (Spanish, "en 5 días hábiles", vec![business(5, 5)]),
        ] {
            assert_eq!(figures(text, language), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9a-z%:,.$() é-]{0,60}") {
            for found in find_figures(&text, Portuguese) {
                proptest::prop_assert!(text.get(found.span).is_some());
            }
        }
    }
}
