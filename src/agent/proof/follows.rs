//! Whether a day, an hour or a length that stands nowhere follows from what does: a day so long before or behind another,
//! the time between two. Every part has to be told; sums of money are in `sums.rs`. Pure.

use super::bind::{Binder, Place};
use super::days::BESIDE;
use super::ends::{Part, ends_so};
use super::equal::{date_of, in_other_units, says};
use super::evident::Evident;
use super::ledger::{Ledger, weekday_number};
use super::result::What;
use crate::language::numbers::find_quantities;
use crate::language::phrases::spaced;
use crate::language::statements::{Fact, Half, Pace, Stated, THING, read_sentence};
use jiff::Span;
use jiff::civil::{Date, Weekday};

const DAY: u32 = 24 * 60;
const ONE_DAY: Fact = Fact::Minutes(DAY, Pace::Unsaid);
const HALF_DAY: i64 = 12 * 60;
/// How far ahead a weekday tells which day of the month is meant.
const NEXT_DAYS: i8 = 14;
const WEEK: i64 = 7;
/// Longest stretch of business days that is counted.
const LONGEST: u32 = 400;

/// What a reply has told so far that days and hours may follow from.
#[derive(Default)]
pub(super) struct Times {
    days: Vec<Date>,
    lengths: Vec<Fact>,
    clocks: Vec<u16>,
    /// What amounts may be multiplied with.
    pub(super) factors: Vec<i64>,
}

impl Times {
    /// Keeps what was bound.
    pub(super) fn keep(&mut self, fact: Fact, ledger: &Ledger) {
        let factor = match fact {
            Fact::Minutes(minutes, _) => Some(i64::from(minutes / DAY)),
            Fact::Months(months) => Some(i64::from(months)),
            Fact::Count(hundredths, _) => i64::try_from(hundredths / 100).ok(),
            _ => None,
        };
        self.factors.extend(factor.filter(|factor| *factor > 1));
        match fact {
            Fact::Minutes(..) | Fact::Months(_) => self.lengths.push(fact),
            Fact::Clock(minutes, _) => self.clocks.push(minutes),
            Fact::Date { .. } | Fact::Relative(_) => self.days.extend(date_of(fact, ledger.today(), ledger)),
            _ => {}
        }
    }
}

/// Whether a claim of a day is that of `day`.
pub(super) fn is_of_day(claim: Fact, day: Date, ledger: &Ledger) -> bool {
    match claim {
        Fact::Date { day: claimed, month, year: 0 } => {
            (day.day().unsigned_abs(), day.month().unsigned_abs()) == (claimed, month)
        }
        Fact::Weekday(claimed) => weekday_number(day.weekday()) == claimed,
        Fact::DayOfMonth(claimed) => day.day().unsigned_abs() == claimed,
        fact => date_of(fact, ledger.today(), ledger) == Some(day),
    }
}

impl Binder {
    /// Days that the reply has told.
    pub(super) fn days_so_far(&self) -> impl Iterator<Item = Date> {
        self.times.days.iter().copied()
    }

    /// Whether what `stated` says follows from what was told.
    pub(super) fn follows(&self, stated: &Stated, place: &Place<'_>) -> bool {
        let ledger = place.ledger;
        let beside: Vec<Fact> = read_sentence(place.sentence, place.language)
            .stated
            .iter()
            .filter(|other| other.span != stated.span && is_the_houses(other.fact, ledger))
            .map(|other| other.fact)
            .collect();
        let lengths = || self.times.lengths.iter().chain(&beside).copied();
        match stated.fact {
            Fact::Date { .. } | Fact::Relative(_) => {
                let bases = days_told(ledger).chain(self.times.days.iter().copied()).chain([ledger.today()]);
                let bases: Vec<Date> = bases.collect();
                let is_claimed = |day: Date| is_of_day(stated.fact, day, ledger);
                // `chegou em 23/11, então você tem até 23/12`: the length is the rule's, the day stands beside it.
                let whole = &read_sentence(place.sentence, place.language).terms;
                let is_rule = |length: Fact| {
                    let told = ledger.evidence().filter(|evident| {
                        evident.origin.is_of_the_house() && evident.path.is_none() && evident.fits(whole) > 0
                    });
                    told.into_iter().any(|evident| evident.what == What::Fact(length))
                };
                let rules = ledger.evidence().filter_map(|evident| match evident.what {
                    What::Fact(length @ (Fact::Minutes(..) | Fact::Months(_))) => Some(length),
                    What::Fact(_) | What::Raw(..) => None,
                });
                let days_beside = beside.iter().filter_map(|fact| date_of(*fact, ledger.today(), ledger));
                let mut days_beside = days_beside.collect::<Vec<Date>>();
                days_beside.retain(|day| !is_claimed(*day));
                let follows_a_rule = place.manner.explains()
                    && rules.filter(|length| is_rule(*length)).any(|length| {
                        days_beside.iter().any(|base| moved(*base, length, 1).is_some_and(is_claimed))
                    });
                if follows_a_rule {
                    return true;
                }
                let next = place.manner.names_the_next_day().then_some(ONE_DAY);
                lengths().chain(next).any(|length| {
                    bases.iter().any(|base| {
                        [1, -1].into_iter().filter_map(|sign| moved(*base, length, sign)).any(is_claimed)
                    })
                })
            }
            // `com 24 horas de antecedência, ou seja, até domingo`
            Fact::Weekday(day) => {
                is_beside_its_date(day, stated, place)
                    || place.manner.explains()
                        && lengths().any(|length| {
                            days_told(ledger).chain(self.times.days.iter().copied()).any(|base| {
                                let moved = [1, -1].into_iter().filter_map(|sign| moved(base, length, sign));
                                moved.into_iter().any(|moved| weekday_number(moved.weekday()) == day)
                            })
                        })
            }
            // `amanhã, sexta 27`: the day that is named beside it.
            Fact::DayOfMonth(day) => {
                let stated = &read_sentence(place.sentence, place.language).stated;
                (0..=NEXT_DAYS).filter_map(|days| date_of(Fact::Relative(days), ledger.today(), ledger)).any(
                    |date| {
                        date.day().unsigned_abs() == day
                            && stated
                                .iter()
                                .any(|other| other.fact == Fact::Weekday(weekday_number(date.weekday())))
                    },
                )
            }
            Fact::Minutes(minutes, pace) if minutes.is_multiple_of(DAY) => {
                self.lies_between(stated, &beside, place, |from, until| match pace {
                    Pace::Business => moved(from, stated.fact, 1) == Some(until),
                    // `4 semanas` from a Monday to a Friday.
                    Pace::Unsaid | Pace::Running => {
                        let (days, told) = (days_between(from, until), i64::from(minutes / DAY));
                        days == told || (told % WEEK == 0 && told - 3 <= days && days < told)
                    }
                })
            }
            Fact::Count(hundredths, "night") => self.lies_between(stated, &beside, place, |from, until| {
                days_between(from, until) * 100 == i64::try_from(hundredths).unwrap_or(i64::MAX)
            }),
            // `quedan dos turnos: a las 17:30 y a las 18`
            Fact::Count(hundredths, THING | "piece")
                if u64::try_from(clocks_in(&beside).count())
                    .is_ok_and(|listed| listed * 100 == hundredths) =>
            {
                true
            }
            Fact::Count(hundredths, unit) => {
                let factors: Vec<u64> = find_quantities(place.sentence, place.language)
                    .into_iter()
                    .filter_map(|found| u64::try_from(found.value).ok())
                    .collect();
                beside.iter().any(|other| match other {
                    Fact::Count(part, part_unit) => {
                        let told = in_other_units(*part, part_unit).chain([(*part, *part_unit)]);
                        told.into_iter().any(|(part, part_unit)| {
                            part_unit == unit
                                && factors.iter().any(|times| *times > 1 && part * times == hundredths)
                        })
                    }
                    _ => false,
                })
            }
            Fact::Minutes(minutes, _) => {
                let parts: Vec<u32> = lengths().filter_map(minutes_of).collect();
                let clocks: Vec<u16> = clocks_in(&beside).chain(self.times.clocks.iter().copied()).collect();
                let adds_up = |one: &u32| {
                    parts.iter().any(|other| one + other == minutes || one.abs_diff(*other) == minutes)
                };
                lasts_so_long(minutes, stated, place)
                    || parts.iter().any(adds_up)
                    || is_product(minutes, &parts, place)
                    || clocks.iter().any(|one| {
                        clocks.iter().any(|other| u32::from(one.saturating_sub(*other)) == minutes)
                    })
            }
            Fact::Clock(claimed, _) if bounds_the_rest(claimed, stated, place) => true,
            Fact::Clock(claimed, half) => {
                let told = clocks_told(ledger).chain(clocks_in(&beside));
                let bases: Vec<u16> = told.chain(self.times.clocks.iter().copied()).collect();
                // `{"start": "09:15", "duration_min": 45}` ends at 10:00.
                let all = &read_sentence(place.sentence, place.language).stated;
                if Part::of_claim(place.sentence, all, stated) == Part::End && ends_so(claimed, ledger) {
                    return true;
                }
                let is = |minutes: i64| {
                    let round = if half == Half::Either { HALF_DAY } else { i64::from(DAY) };
                    (minutes - i64::from(claimed)).rem_euclid(round) == 0
                };
                lengths().filter_map(minutes_of).map(|length| length % DAY).any(|length| {
                    bases.iter().any(|base| {
                        is(i64::from(*base) + i64::from(length)) || is(i64::from(*base) - i64::from(length))
                    })
                })
            }
            _ => false,
        }
    }

    /// Whether `holds` of two days that the reply speaks of, one of which may be today; of those the evidence tells if it
    /// speaks of none.
    fn lies_between(
        &self,
        stated: &Stated,
        beside: &[Fact],
        place: &Place<'_>,
        holds: impl Fn(Date, Date) -> bool,
    ) -> bool {
        let (ledger, counts_down) = (place.ledger, place.manner.counts_down(stated));
        let named = beside.iter().filter_map(|fact| date_of(*fact, ledger.today(), ledger));
        let mut days: Vec<Date> = named.chain(self.times.days.iter().copied()).collect();
        // `duas semanas depois do começo`
        if !days.is_empty() && place.manner.tells_which_is_first() {
            days.extend(days_told(ledger));
        }
        if days.is_empty() {
            let today = ledger.today();
            return counts_down && days_told(ledger).any(|day| holds(today, day) || holds(day, today));
        }
        days.push(ledger.today());
        days.iter().any(|from| days.iter().any(|until| from < until && holds(*from, *until)))
    }
}

/// `doze semanas, duas aulas de 90 minutos por semana: 36 horas`: whether a length is another one as many times as the
/// sentence says, once or twice over.
fn is_product(minutes: u32, parts: &[u32], place: &Place<'_>) -> bool {
    let quantities = find_quantities(place.sentence, place.language);
    let times: Vec<u32> = quantities
        .into_iter()
        .filter_map(|found| u32::try_from(found.value).ok())
        .filter(|times| *times > 1)
        .collect();
    parts.iter().filter(|part| **part > 0 && **part < minutes).any(|part| {
        times.iter().enumerate().any(|(place, one)| {
            let once = part.checked_mul(*one);
            once == Some(minutes)
                || times[place + 1..]
                    .iter()
                    .any(|other| once.and_then(|once| once.checked_mul(*other)) == Some(minutes))
        })
    })
}

/// `Después de las 17 h quedan dos turnos, a las 17:30 y a las 18`: whether an hour only says which of those are told that stand
/// beside it, and they are all of those.
fn bounds_the_rest(claimed: u16, stated: &Stated, place: &Place<'_>) -> bool {
    let before = spaced(place.sentence.get(..stated.span.start).unwrap_or_default());
    let mut last = before.split_ascii_whitespace().rev().take(3);
    let is_least =
        last.clone().any(|word| matches!(word, "depois" | "apos" | "after" | "despues" | "partir"));
    let is_most = last.any(|word| matches!(word, "antes" | "before"));
    let read = read_sentence(place.sentence, place.language);
    let others: Vec<u16> = clocks_in(
        &read
            .stated
            .iter()
            .filter(|other| other.span != stated.span)
            .map(|other| other.fact)
            .collect::<Vec<_>>(),
    )
    .collect();
    let is_told = |minutes: &u16| is_the_houses(Fact::Clock(*minutes, Half::Told), place.ledger);
    !others.is_empty()
        && others.iter().all(is_told)
        && (is_least && others.iter().all(|other| *other >= claimed)
            || is_most && others.iter().all(|other| *other <= claimed))
}

/// `{"start": "…T11:00", "end": "…T13:00"}`: whether so much time lies between two moments of one record that the sentence names.
fn lasts_so_long(minutes: u32, stated: &Stated, place: &Place<'_>) -> bool {
    const MOST: usize = 200;
    let whole = &read_sentence(place.sentence, place.language).terms;
    let is_named = |evident: &Evident<'_>| {
        [stated.near.as_slice(), whole, place.about].iter().any(|terms| evident.fits(terms) > 0)
    };
    let named = place.ledger.evidence().filter(|evident| is_named(evident));
    let moments = named.filter_map(|evident| match evident.what {
        What::Fact(Fact::Moment(second)) => Some((second / 60, evident)),
        What::Fact(_) | What::Raw(..) => None,
    });
    let moments: Vec<(i64, Evident<'_>)> = moments.take(MOST).collect();
    moments.iter().any(|(from, begin)| {
        moments
            .iter()
            .any(|(until, end)| until - from == i64::from(minutes) && begin.is_in_the_record_of(end))
    })
}

/// Whether the house says it, or the clock.
fn is_the_houses(fact: Fact, ledger: &Ledger) -> bool {
    ledger.evidence().any(|evident| evident.origin.is_of_the_house() && says(fact, &evident, ledger))
}

/// Every day that the evidence names, whoever said it.
fn days_told(ledger: &Ledger) -> impl Iterator<Item = Date> {
    ledger.evidence().filter_map(|evident| match evident.what {
        What::Fact(fact @ (Fact::Date { .. } | Fact::Relative(_))) => date_of(fact, evident.said_on, ledger),
        What::Fact(_) | What::Raw(..) => None,
    })
}

/// Every time of day that the house names.
pub(super) fn clocks_told(ledger: &Ledger) -> impl Iterator<Item = u16> {
    let told = ledger.evidence().filter(|evident| evident.origin.is_of_the_house());
    told.filter_map(|evident| match evident.what {
        What::Fact(Fact::Clock(minutes, _)) => Some(minutes),
        What::Fact(_) | What::Raw(..) => None,
    })
}

fn clocks_in(facts: &[Fact]) -> impl Iterator<Item = u16> {
    facts.iter().filter_map(|fact| match fact {
        Fact::Clock(minutes, _) => Some(*minutes),
        _ => None,
    })
}

fn minutes_of(length: Fact) -> Option<u32> {
    match length {
        Fact::Minutes(minutes, _) => Some(minutes),
        _ => None,
    }
}

fn is_beside_its_date(weekday: u8, stated: &Stated, place: &Place<'_>) -> bool {
    read_sentence(place.sentence, place.language).stated.iter().any(|other| {
        let gap = other
            .span
            .start
            .saturating_sub(stated.span.end)
            .max(stated.span.start.saturating_sub(other.span.end));
        gap <= BESIDE
            && matches!(other.fact, Fact::Date { .. })
            && date_of(other.fact, place.ledger.today(), place.ledger)
                .is_some_and(|date| weekday_number(date.weekday()) == weekday)
    })
}

/// The day so long behind `base`, or before it.
pub(super) fn moved(base: Date, length: Fact, sign: i32) -> Option<Date> {
    match length {
        Fact::Months(months) => {
            base.checked_add(Span::new().months(i32::try_from(months).ok()?.checked_mul(sign)?)).ok()
        }
        Fact::Minutes(minutes, Pace::Business) => {
            let mut left = minutes / DAY;
            let mut day = base;
            while left > 0 && left < LONGEST {
                day = day.checked_add(Span::new().days(sign)).ok()?;
                left -= u32::from(!matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday));
            }
            (left == 0).then_some(day)
        }
        Fact::Minutes(minutes, _) if minutes.is_multiple_of(DAY) => {
            base.checked_add(Span::new().days(i32::try_from(minutes / DAY).ok()?.checked_mul(sign)?)).ok()
        }
        _ => None,
    }
}

fn days_between(from: Date, until: Date) -> i64 {
    from.until(until).map_or(i64::MAX / 200, |span| i64::from(span.get_days()))
}
