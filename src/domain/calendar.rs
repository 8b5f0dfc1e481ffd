//! The business's calendar: which days it is open, and what a business day is. Pure; the caller brings the present.

use super::hours::{WeekHours, parse_span};
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{SignedDuration, ToSpan};
use serde::Deserialize;
use std::str::FromStr;

/// Most days that are looked through for a business day, so that no list of holidays makes an endless search.
const HORIZON_DAYS: u32 = 4_000;

/// A day of the year, or of one year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Day {
    /// Once: `2027-01-25`.
    Once(Date),
    /// Every year: `12-25`.
    Yearly { month: i8, day: i8 },
    /// So many days from Easter Sunday: `easter-2` is Good Friday.
    Easter { offset: i32 },
}

/// Days on which the business is closed or has other hours than usual.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Holiday {
    first: Day,
    last: Day,
    hours: Option<(Time, Time)>,
}

/// A holiday that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("holiday `{text}`: write `12-25`, `2027-03-01`, `01-01..01-03`, `easter-2` or `12-24 09:00-13:00`")]
pub struct HolidayError {
    /// As written.
    pub text: String,
}

impl Holiday {
    /// Whether it falls on `date`.
    fn covers(&self, date: Date) -> bool {
        match (self.first, self.last) {
            (Day::Yearly { month, day }, Day::Yearly { month: last_month, day: last_day }) => {
                let (first, last, this) = ((month, day), (last_month, last_day), (date.month(), date.day()));
                if first <= last { first <= this && this <= last } else { first <= this || this <= last }
            }
            (first, last) => match (first.in_year(date.year()), last.in_year(date.year())) {
                (Some(first), Some(last)) => first <= date && date <= last,
                (None, _) | (_, None) => false,
            },
        }
    }
}

impl Day {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(offset) = text.strip_prefix("easter") {
            let offset: i32 = if offset.is_empty() { 0 } else { offset.parse().ok()? };
            return (-300..=300).contains(&offset).then_some(Self::Easter { offset });
        }
        if let Ok(date) = text.parse::<Date>() {
            return Some(Self::Once(date));
        }
        let (month, day) = text.split_once('-')?;
        let (month, day) = (month.parse().ok()?, day.parse().ok()?);
        // 2024 is a leap year: 29 February is a day.
        Date::new(2024, month, day).ok()?;
        Some(Self::Yearly { month, day })
    }

    fn in_year(self, year: i16) -> Option<Date> {
        match self {
            Self::Once(date) => Some(date),
            Self::Yearly { month, day } => Date::new(year, month, day).ok(),
            Self::Easter { offset } => easter(year)?.checked_add(offset.days()).ok(),
        }
    }
}

impl FromStr for Holiday {
    type Err = HolidayError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (days, hours) = match text.trim().split_once(char::is_whitespace) {
                None => (text.trim(), None),
                Some((days, span)) => (days, Some(parse_span(span).ok()?)),
            };
            let (first, last) = days.split_once("..").unwrap_or((days, days));
            Some(Self { first: Day::parse(first)?, last: Day::parse(last)?, hours })
        };
        read().ok_or_else(|| HolidayError { text: text.chars().take(60).collect() })
    }
}

impl TryFrom<String> for Holiday {
    type Error = HolidayError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// When the business is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    week: WeekHours,
    holidays: Vec<Holiday>,
}

impl Calendar {
    /// A calendar of usual hours and exceptions from them.
    pub fn new(week: WeekHours, holidays: Vec<Holiday>) -> Self {
        Self { week, holidays }
    }

    /// Opening hours on a date, by time; none if closed.
    pub fn hours_on(&self, date: Date) -> Vec<(Time, Time)> {
        let mut hours: Vec<_> = self.week.on(date.weekday()).collect();
        for holiday in self.holidays.iter().filter(|holiday| holiday.covers(date)) {
            hours = match holiday.hours {
                None => return Vec::new(),
                Some(special) => intersect(&hours, &[special]),
            };
        }
        hours
    }

    /// When the business opens next after `now`; `None` while it is open, or if it never opens again.
    pub fn opens_after(&self, now: DateTime) -> Option<DateTime> {
        let mut day = now.date();
        for _ in 0..HORIZON_DAYS {
            for (from, until) in self.hours_on(day) {
                if day.to_datetime(until) <= now {
                    continue;
                }
                let opens = day.to_datetime(from);
                return (opens > now).then_some(opens);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The moment by which the business has been open for `minutes` more; `None` if it never is for so long.
    pub fn add_open_minutes(&self, now: DateTime, minutes: u32) -> Option<DateTime> {
        let mut left = SignedDuration::from_mins(i64::from(minutes));
        let mut date = now.date();
        for _ in 0..HORIZON_DAYS {
            for (from, until) in self.hours_on(date) {
                let from = date.to_datetime(from).max(now);
                let open = date.to_datetime(until).duration_since(from);
                if open.is_positive() {
                    if left <= open {
                        return from.checked_add(left).ok();
                    }
                    left -= open;
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// Whether `date` is a closed holiday.
    pub fn is_holiday(&self, date: Date) -> bool {
        self.holidays.iter().any(|holiday| holiday.hours.is_none() && holiday.covers(date))
    }

    /// Whether banks and carriers work: Monday to Friday and no closed holiday.
    pub fn is_business_day(&self, date: Date) -> bool {
        !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.is_holiday(date)
    }

    /// The `count`-th business day after `date` (before it, if negative). `date` itself if `count` is 0.
    pub fn add_business_days(&self, date: Date, count: i32) -> Option<Date> {
        let step = count.signum();
        let (mut day, mut left) = (date, count.unsigned_abs());
        let mut looked_at = 0;
        while left > 0 {
            looked_at += 1;
            if looked_at > HORIZON_DAYS {
                return None;
            }
            day = day.checked_add(step.days()).ok()?;
            if self.is_business_day(day) {
                left -= 1;
            }
        }
        Some(day)
    }

    /// How many business days lie behind `from`, up to and including `until`.
    pub fn business_days_between(&self, from: Date, until: Date) -> u32 {
        let mut count = 0;
        let mut day = from;
        for _ in 0..HORIZON_DAYS {
            let Ok(next) = day.tomorrow() else { break };
            if next > until {
                break;
            }
            day = next;
            count += u32::from(self.is_business_day(day));
        }
        count
    }
}

/// The spans that lie in both lists. Both are sorted; so is the result.
pub fn intersect(left: &[(Time, Time)], right: &[(Time, Time)]) -> Vec<(Time, Time)> {
    let mut both: Vec<_> = left
        .iter()
        .flat_map(|a| right.iter().map(move |b| (a.0.max(b.0), a.1.min(b.1))))
        .filter(|(from, until)| from < until)
        .collect();
    both.sort_unstable();
    both
}

/// Easter Sunday of a year, by the Gregorian computus of Meeus, Jones and Butcher.
fn easter(year: i16) -> Option<Date> {
    let year = i32::from(year);
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    fn calendar(holidays: &[&str]) -> Calendar {
        Calendar::new(
            "mon-fri 09:00-18:00; sat 09:00-13:00".parse().unwrap(),
            holidays.iter().map(|holiday| holiday.parse().unwrap()).collect(),
        )
    }

    #[test]
    fn knows_easter() {
        for (year, month, day) in [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25)] {
            assert_eq!(easter(year), Some(date(year, month, day)));
        }
    }

    #[test]
    fn closes_on_holidays_and_shortens_days() {
        let calendar = calendar(&["12-25", "12-24 09:00-13:00", "12-30..01-03", "easter-2", "2026-11-30"]);
        assert_eq!(calendar.hours_on(date(2026, 12, 25)), []);
        assert_eq!(calendar.hours_on(date(2026, 12, 24)), [(time(9, 0, 0, 0), time(13, 0, 0, 0))]);
        assert_eq!(calendar.hours_on(date(2026, 12, 31)), []);
        assert_eq!(calendar.hours_on(date(2027, 1, 2)), []);
        assert_eq!(calendar.hours_on(date(2027, 3, 26)), []);
        assert_eq!(calendar.hours_on(date(2026, 11, 30)), []);
        assert_eq!(calendar.hours_on(date(2027, 11, 30)).len(), 1);
        assert_eq!(calendar.hours_on(date(2026, 11, 22)), [], "a Sunday");
        assert!(calendar.is_business_day(date(2026, 12, 24)), "a short day is still a business day");
    }

    #[test]
    fn counts_business_days_over_weekends_and_holidays() {
        let calendar = calendar(&["11-20"]);
        // Thursday 19 November 2026; Friday 20 is a holiday.
        let thursday = date(2026, 11, 19);
        assert_eq!(calendar.add_business_days(thursday, 1), Some(date(2026, 11, 23)));
        assert_eq!(calendar.add_business_days(thursday, -1), Some(date(2026, 11, 18)));
        assert_eq!(
            calendar.add_business_days(date(2026, 11, 21), 1),
            Some(date(2026, 11, 23)),
            "from a Saturday"
        );
        assert_eq!(calendar.add_business_days(thursday, 0), Some(thursday));
        assert_eq!(calendar.business_days_between(thursday, date(2026, 11, 24)), 2);
        assert_eq!(calendar.business_days_between(thursday, thursday), 0);
    }

    #[test]
    fn counts_only_the_minutes_it_is_open() {
        // Open 9 to 18, Saturdays 9 to 13; Friday 20 November 2026 is a holiday.
        let calendar = calendar(&["11-20"]);
        let thursday = date(2026, 11, 19);
        for (now, minutes, then) in [
            (thursday.at(10, 0, 0, 0), 60, thursday.at(11, 0, 0, 0)),
            (thursday.at(17, 30, 0, 0), 60, date(2026, 11, 21).at(9, 30, 0, 0)),
            (thursday.at(3, 0, 0, 0), 60, thursday.at(10, 0, 0, 0)),
            (thursday.at(17, 0, 0, 0), 60, thursday.at(18, 0, 0, 0)),
            (date(2026, 11, 21).at(12, 0, 0, 0), 120, date(2026, 11, 23).at(10, 0, 0, 0)),
        ] {
            assert_eq!(calendar.add_open_minutes(now, minutes), Some(then), "{now} + {minutes}");
        }
        assert_eq!(
            Calendar::new(WeekHours::default(), Vec::new()).add_open_minutes(thursday.at(10, 0, 0, 0), 1),
            None
        );
    }

    #[test]
    fn a_year_of_holidays_ends_the_search() {
        assert_eq!(calendar(&["01-01..12-31"]).add_business_days(date(2026, 1, 1), 1), None);
    }

    #[test]
    fn refuses_what_is_no_holiday() {
        for text in ["", "natal", "13-01", "02-30", "12-25 9-", "easter+999", "12-25..", "…"] {
            assert!(text.parse::<Holiday>().is_err(), "{text}");
        }
        assert!("02-29".parse::<Holiday>().is_ok());
    }
}
