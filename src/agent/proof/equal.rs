//! Whether a piece of evidence says what a claim says, however either is written. Pure; who may prove what is told in
//! `bind.rs`.

use super::evident::Evident;
use super::formulas::CENT;
use super::ledger::{Ledger, weekday_number};
use super::result::{Class, What};
use crate::language::statements::{Fact, Half, Pace, THING, Word};
use jiff::civil::Date;

const DAY: u32 = 24 * 60;
const HALF_DAY: u16 = 12 * 60;
/// A weekday is one of the next so many days.
const WEEK: i64 = 7;
/// How far a loosely said number may be from the one it stands for, in thousandths.
const LOOSE: u64 = 50;

/// Whether `evident` says what `claim` says.
pub(super) fn says(claim: Fact, evident: &Evident<'_>, ledger: &Ledger) -> bool {
    match evident.what {
        What::Raw(raw, class) => raw_says(claim, raw, class),
        What::Fact(fact) => fact_says(claim, fact, evident.said_on, ledger),
    }
}

fn raw_says(claim: Fact, raw: u64, class: Class) -> bool {
    match claim {
        Fact::Money(cents) => {
            let cents = cents.unsigned_abs();
            let in_currency = raw == cents * 100 || (raw + 50) / 100 == cents && !raw.is_multiple_of(100);
            match class {
                Class::Cents => raw == cents * 10_000,
                // A whole number may be the amount in hundredths.
                Class::Money | Class::Any | Class::Share => in_currency || raw == cents * 10_000,
                Class::Percent
                | Class::Count
                | Class::Listed
                | Class::Minutes(_)
                | Class::Months(_)
                | Class::Length
                | Class::Hour
                | Class::Name => false,
            }
        }
        Fact::Percent(hundredths) => {
            let hundredths = u64::from(hundredths);
            // A share of one is told as a percentage.
            let named = matches!(class, Class::Percent | Class::Share);
            (named && raw == hundredths * 100)
                || ((named || class == Class::Any) && raw == hundredths && raw <= 10_000)
        }
        Fact::Minutes(minutes, _) => {
            let of = |each: u32| raw * u64::from(each) == u64::from(minutes) * 10_000;
            match class {
                Class::Minutes(each) => of(each),
                Class::Length => of(DAY) || of(60) || of(1) || of(7 * DAY),
                Class::Any
                | Class::Money
                | Class::Cents
                | Class::Percent
                | Class::Share
                | Class::Hour
                | Class::Count
                | Class::Listed
                | Class::Months(_)
                | Class::Name => false,
            }
        }
        Fact::Months(months) => {
            let of = |each: u32| raw * u64::from(each) == u64::from(months) * 10_000;
            match class {
                Class::Months(each) => of(each),
                Class::Length => of(1) || of(12),
                _ => false,
            }
        }
        Fact::Count(hundredths, unit) => {
            let rounded = (raw + 500) / 1_000 * 1_000;
            let is_same = || {
                [raw, rounded].contains(&(hundredths * 100))
                    || in_other_units(hundredths, unit).any(|(other, _)| raw == other * 100)
            };
            // `te quedan 45` of days.
            let is_elliptic = unit == "piece" && matches!(class, Class::Minutes(_) | Class::Months(_));
            // So many are listed, and nothing is weighed by that.
            let is_counted = class == Class::Listed && matches!(unit, "piece" | "person" | THING);
            (matches!(class, Class::Any | Class::Count) || is_elliptic || is_counted) && is_same()
        }
        Fact::Number(number) => {
            raw == number
                || (!raw.is_multiple_of(10_000) && (raw + 500) / 1_000 * 1_000 == number)
                || (!raw.is_multiple_of(100) && (raw + 50) / 100 * 100 == number)
        }
        Fact::Clock(minutes, _) => class == Class::Hour && raw * 60 == u64::from(minutes) * 10_000,
        Fact::Word(Word::SameDay) => raw == 0 && matches!(class, Class::Minutes(_)),
        // `slots: []`
        Fact::Word(Word::SoldOut) => raw == 0 && class == Class::Listed,
        Fact::Word(Word::Extra) => raw > 0 && matches!(class, Class::Money | Class::Cents),
        Fact::DayOfMonth(day) => class == Class::Minutes(DAY) && raw == u64::from(day) * 10_000,
        Fact::Date { .. }
        | Fact::Weekday(_)
        | Fact::Relative(_)
        | Fact::Moment(_)
        | Fact::Code(_)
        | Fact::Word(_) => false,
    }
}

/// The same measure in units next to its own: `2,30 m` is `230 cm`.
pub(super) fn in_other_units(hundredths: u64, unit: &str) -> impl Iterator<Item = (u64, &'static str)> {
    const STEPS: [(&str, &str, u64); 7] = [
        ("m", "cm", 100),
        ("cm", "mm", 10),
        ("m", "mm", 1_000),
        ("km", "m", 1_000),
        ("kg", "g", 1_000),
        ("l", "ml", 1_000),
        ("tb", "gb", 1_000),
    ];
    STEPS.into_iter().filter_map(move |(large, small, times)| match unit {
        unit if unit == large => Some((hundredths * times, small)),
        unit if unit == small && hundredths.is_multiple_of(times) => Some((hundredths / times, large)),
        _ => None,
    })
}

fn fact_says(claim: Fact, fact: Fact, said_on: Date, ledger: &Ledger) -> bool {
    match (claim, fact) {
        (Fact::Minutes(claimed, claimed_pace), Fact::Minutes(told, told_pace)) => {
            claimed == told && (claimed_pace == Pace::Unsaid || claimed_pace == told_pace)
        }
        (Fact::Clock(claimed, claimed_half), Fact::Clock(told, told_half)) => {
            let either = claimed_half == Half::Either || told_half == Half::Either;
            claimed == told || (either && claimed % HALF_DAY == told % HALF_DAY)
        }
        (Fact::Clock(claimed, half), Fact::Moment(second)) => moment(second, ledger).is_some_and(|time| {
            let told = u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
            claimed == told || (half == Half::Either && claimed % HALF_DAY == told % HALF_DAY)
        }),
        // `9h` of two hours of work, `2 horas` of the hour.
        (Fact::Clock(claimed, _), Fact::Minutes(told, Pace::Unsaid)) => {
            u32::from(claimed) == told && claimed % 60 == 0
        }
        (Fact::Minutes(claimed, Pace::Unsaid), Fact::Clock(told, _)) => {
            claimed == u32::from(told) && told != 0
        }
        // `de 5 años` of somebody `de 5`.
        (Fact::Months(months), Fact::Number(told)) => {
            months % 12 == 0 && u64::from(months / 12) * 10_000 == told
        }
        (Fact::Months(months), Fact::Count(told, THING)) => {
            months % 12 == 0 && u64::from(months / 12) * 100 == told
        }
        (Fact::Number(claimed), told) => number_of(told).contains(&Some(claimed)),
        (Fact::Count(claimed, unit), Fact::Count(told, told_unit)) if unit != told_unit => {
            in_other_units(claimed, unit).any(|other| other == (told, told_unit))
        }
        (Fact::Count(claimed, "piece" | "person"), Fact::Number(told)) => claimed * 100 == told,
        (Fact::Count(claimed, THING), told) => number_of(told).contains(&Some(claimed * 100)),
        // A table's column says what its numbers are.
        (Fact::Money(claimed), Fact::Number(told)) => claimed.unsigned_abs() * 100 == told,
        (Fact::Word(claimed), told) => word_says(claimed, told),
        // `entregamos no mesmo dia`
        (Fact::Relative(0), Fact::Word(Word::SameDay)) => true,
        (Fact::Date { .. } | Fact::Weekday(_) | Fact::Relative(_) | Fact::DayOfMonth(_), told) => {
            day_says(claim, told, said_on, ledger)
        }
        (claimed, told) => claimed == told,
    }
}

/// Whether a number, in ten-thousandths, is what a fact tells, but for a rounding by a centavo. Nothing is told by a zero.
pub(super) fn tells(fact: Fact) -> impl Fn(u64) -> bool + Copy {
    let numbers = number_of(fact);
    move |number| numbers.into_iter().flatten().any(|told| told > 0 && number.abs_diff(told) <= CENT)
}

/// The bare numbers that a fact is told by, in ten-thousandths.
pub(super) fn number_of(fact: Fact) -> [Option<u64>; 2] {
    match fact {
        Fact::Number(number) => [Some(number), None],
        Fact::Money(cents) => [Some(cents.unsigned_abs() * 100), None],
        Fact::Percent(hundredths) => [Some(u64::from(hundredths) * 100), None],
        Fact::Count(hundredths, _) => [Some(hundredths * 100), None],
        Fact::Minutes(minutes, _) => {
            [Some(u64::from(minutes / DAY) * 10_000), Some(u64::from(minutes / 60) * 10_000)]
        }
        Fact::Months(months) => [Some(u64::from(months) * 10_000), Some(u64::from(months / 12) * 10_000)],
        Fact::Date { day, year, .. } => {
            [Some(u64::from(day) * 10_000), (year > 0).then_some(u64::from(year) * 10_000)]
        }
        Fact::DayOfMonth(day) => [Some(u64::from(day) * 10_000), None],
        Fact::Clock(minutes, _) => [Some(u64::from(minutes / 60) * 10_000), None],
        Fact::Weekday(_) | Fact::Relative(_) | Fact::Moment(_) | Fact::Code(_) | Fact::Word(_) => {
            [None, None]
        }
    }
}

fn word_says(claimed: Word, told: Fact) -> bool {
    match (claimed, told) {
        (Word::InStock, Fact::Word(Word::InStock | Word::Available)) => true,
        // Hours that are listed are to be had.
        (Word::Available, Fact::Word(Word::InStock | Word::Available) | Fact::Clock(..)) => true,
        (Word::Free, Fact::Money(0) | Fact::Word(Word::Included)) => true,
        (Word::SameDay, Fact::Relative(0)) => true,
        // What is free is paid for with the rest; what has a price of its own is not.
        (Word::Included, Fact::Word(Word::Free)) | (Word::Extra, Fact::Money(1..)) => true,
        (claimed, Fact::Word(told)) => claimed == told,
        _ => false,
    }
}

fn moment(second: i64, ledger: &Ledger) -> Option<jiff::Zoned> {
    Some(jiff::Timestamp::from_second(second).ok()?.to_zoned(ledger.zone().clone()))
}

/// The year in which a day without one is nearest to the present.
pub(super) fn nearest(day: u8, month: u8, today: Date) -> Option<Date> {
    let (day, month) = (i8::try_from(day).ok()?, i8::try_from(month).ok()?);
    (-1..=1)
        .filter_map(|years| Date::new(today.year() + years, month, day).ok())
        .min_by_key(|date| days_between(today, *date).abs())
}

fn days_between(from: Date, until: Date) -> i64 {
    from.until(until).map_or(i64::MAX / 2, |span| i64::from(span.get_days()))
}

/// The day that a fact names outright.
pub(super) fn date_of(fact: Fact, said_on: Date, ledger: &Ledger) -> Option<Date> {
    match fact {
        Fact::Date { day, month, year: 0 } => nearest(day, month, ledger.today()),
        Fact::Date { day, month, year } => {
            Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
        }
        Fact::Relative(days) => said_on.checked_add(jiff::Span::new().days(days)).ok(),
        Fact::Moment(second) => moment(second, ledger).map(|time| time.date()),
        _ => None,
    }
}

fn day_says(claim: Fact, told: Fact, said_on: Date, ledger: &Ledger) -> bool {
    let date = date_of(claim, ledger.today(), ledger);
    let told_date = date_of(told, said_on, ledger);
    match (claim, date, told, told_date) {
        (Fact::Date { day: 0, month, year }, ..) => {
            let of = |told_month: u8, told_year: u16| {
                month == told_month && (year == 0 || told_year == 0 || year == told_year)
            };
            match (told, told_date) {
                (Fact::Date { month, year, .. }, _) => of(month, year),
                (_, Some(told)) => of(told.month().unsigned_abs(), told.year().unsigned_abs()),
                (_, None) => false,
            }
        }
        (Fact::Weekday(claimed), _, Fact::Weekday(told), _) => claimed == told,
        (Fact::Weekday(claimed), _, _, Some(told)) => claimed == weekday_number(told.weekday()),
        (Fact::DayOfMonth(claimed), _, Fact::DayOfMonth(told), _) => claimed == told,
        (Fact::DayOfMonth(claimed), _, _, Some(told)) => claimed == told.day().unsigned_abs(),
        (
            Fact::Date { day, month, year },
            _,
            Fact::Date { day: told_day, month: told_month, year: told_year },
            _,
        ) => day == told_day && month == told_month && (year == 0 || told_year == 0 || year == told_year),
        (_, Some(claimed), _, Some(told)) => claimed == told,
        (_, Some(claimed), Fact::Weekday(told), _) => {
            told == weekday_number(claimed.weekday()) && (0..=WEEK).contains(&days_between(said_on, claimed))
        }
        (_, Some(claimed), Fact::DayOfMonth(told), _) => {
            told == claimed.day().unsigned_abs() && (0..=31).contains(&days_between(said_on, claimed))
        }
        _ => false,
    }
}

/// Whether `evident` is a number near to a loosely said one, on the side that `below` and `above` allow.
pub(super) fn nears(claim: Fact, evident: &Evident<'_>, below: bool, above: bool) -> bool {
    let told = match (claim, evident.what) {
        (_, What::Raw(raw, class)) if raw_class_fits(claim, class) => Some(raw),
        (_, What::Fact(fact)) if fact.kind() == claim.kind() => number_of(fact)[0],
        _ => None,
    };
    let (Some(told), Some(claimed)) = (told, number_of(claim)[0]) else { return false };
    let told = match (claim, evident.what) {
        (Fact::Money(_), What::Raw(raw, Class::Cents)) => raw / 100,
        _ => told,
    };
    let distance = told.abs_diff(claimed);
    let near = claimed > 0 && distance.saturating_mul(1_000) <= claimed.saturating_mul(LOOSE);
    near && (told == claimed || (told < claimed && below) || (told > claimed && above))
}

fn raw_class_fits(claim: Fact, class: Class) -> bool {
    match claim {
        Fact::Money(_) => matches!(class, Class::Money | Class::Cents),
        Fact::Percent(_) => class == Class::Percent,
        Fact::Count(..) | Fact::Number(_) => matches!(class, Class::Count | Class::Any),
        _ => false,
    }
}
