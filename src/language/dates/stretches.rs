//! Weeks, weekends and months as a whole: `semana que vem`, `this weekend`, `fim do mês`.

use super::Grain;
use super::reader::{Meaning, Reader};
use crate::domain::language::Language;
use jiff::{Span, ToSpan};

/// Weeks, weekends and months as a whole.
pub(super) fn read(reader: &Reader<'_>, at: usize) -> Option<(Meaning, usize)> {
    let today = reader.today();
    let monday =
        today.checked_sub(Span::new().days(i64::from(today.weekday().to_monday_zero_offset()))).ok()?;
    let next_monday = monday.checked_add(1.week()).ok()?;
    let first = today.first_of_month();
    let next_first = first.checked_add(1.month()).ok()?;
    let phrases = Stretches::of(reader.language);
    let any = |list: &[&str]| reader.any_phrase(at, list);
    if let Some(used) = any(phrases.weekend) {
        let saturday = monday.checked_add(5.days()).ok()?;
        return Some((
            Meaning::Days { from: saturday.max(today), until: next_monday, grain: Grain::Day },
            used,
        ));
    }
    if let Some(used) = any(phrases.next_week) {
        return Some((
            Meaning::Days {
                from: next_monday,
                until: next_monday.checked_add(1.week()).ok()?,
                grain: Grain::Week,
            },
            used,
        ));
    }
    if let Some(used) = any(phrases.this_week) {
        return Some((Meaning::Days { from: today, until: next_monday, grain: Grain::Week }, used));
    }
    if let Some(used) = any(phrases.last_week) {
        return Some((
            Meaning::Days { from: monday.checked_sub(1.week()).ok()?, until: monday, grain: Grain::Week },
            used,
        ));
    }
    if let Some(used) = any(phrases.next_month) {
        return Some((
            Meaning::Days {
                from: next_first,
                until: next_first.checked_add(1.month()).ok()?,
                grain: Grain::Month,
            },
            used,
        ));
    }
    if let Some(used) = any(phrases.month_end) {
        let last_third = first.checked_add(20.days()).ok()?;
        return Some((
            Meaning::Days { from: last_third.max(today), until: next_first, grain: Grain::Week },
            used,
        ));
    }
    let used = any(phrases.this_month)?;
    Some((Meaning::Days { from: today, until: next_first, grain: Grain::Month }, used))
}

struct Stretches {
    weekend: &'static [&'static str],
    next_week: &'static [&'static str],
    this_week: &'static [&'static str],
    last_week: &'static [&'static str],
    next_month: &'static [&'static str],
    month_end: &'static [&'static str],
    this_month: &'static [&'static str],
}

impl Stretches {
    fn of(language: Language) -> Self {
        match language {
            Language::Portuguese => Self {
                weekend: &[
                    "fim de semana que vem",
                    "final de semana que vem",
                    "proximo fim de semana",
                    "proximo final de semana",
                    "fim de semana",
                    "final de semana",
                    "fds",
                ],
                next_week: &["semana que vem", "proxima semana", "semana seguinte", "outra semana"],
                this_week: &[
                    "esta semana",
                    "essa semana",
                    "nesta semana",
                    "nessa semana",
                    "ainda essa semana",
                ],
                last_week: &["semana passada", "ultima semana"],
                next_month: &["mes que vem", "proximo mes", "mes seguinte"],
                month_end: &["fim do mes", "final do mes", "fim deste mes", "final deste mes"],
                this_month: &["este mes", "esse mes", "neste mes", "nesse mes"],
            },
            Language::English => Self {
                weekend: &["next weekend", "this weekend", "the weekend", "weekend"],
                next_week: &["next week", "the following week"],
                this_week: &["this week"],
                last_week: &["last week"],
                next_month: &["next month"],
                month_end: &["the end of the month", "end of the month", "end of this month"],
                this_month: &["this month"],
            },
            Language::Spanish => Self {
                weekend: &["proximo fin de semana", "fin de semana", "finde"],
                next_week: &["semana que viene", "proxima semana", "semana proxima"],
                this_week: &["esta semana"],
                last_week: &["semana pasada"],
                next_month: &["mes que viene", "proximo mes"],
                month_end: &["fin de mes", "fin del mes", "final del mes", "finales de mes"],
                this_month: &["este mes"],
            },
        }
    }
}
