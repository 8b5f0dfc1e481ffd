//! Dates and times in files: counted from the present (`-3d`, `+2d`, `+1bd 10:00`), ISO, or as written in Brazil.

use crate::domain::calendar::Calendar;
use crate::domain::hours::parse_time;
use jiff::civil::{Date, DateTime, Time, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

/// What to write, for messages.
pub const MOMENT: &str = "a date like `2026-11-25 10:00`, `25/11/2026 10:00`, `-3d 10:00` or `+1bd 10:00`";
/// What to write, for messages.
pub const DAY: &str = "a date like `2026-11-25`, `25/11/2026`, `-3d` or `+1bd`";

/// Furthest a relative date lies from the present, in days.
const FURTHEST: i32 = 40_000;
/// Time of day of a moment that has none: noon stays on its day in every zone nearby.
const NO_TIME: Time = time(12, 0, 0, 0);

/// Reads dates at one present.
pub struct Dates<'a> {
    now: Zoned,
    calendar: &'a Calendar,
}

impl<'a> Dates<'a> {
    /// Dates as seen at `now`.
    pub fn at(now: Timestamp, zone: &TimeZone, calendar: &'a Calendar) -> Self {
        Self { now: now.to_zoned(zone.clone()), calendar }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.now.timestamp()
    }

    /// An instant. A text that names its own zone (`Z`, `-03:00`) is taken by it, any other as local.
    pub fn moment(&self, text: &str) -> Option<Timestamp> {
        if let Ok(instant) = text.parse::<Timestamp>() {
            return in_range(instant.to_zoned(self.now.time_zone().clone()).date()).map(|_| instant);
        }
        let (day, time) = match text.split_once(['T', ' ']) {
            Some((day, time)) => (day, Some(time.trim())),
            None => (text, None),
        };
        let time = match time {
            Some(time) => parse_time(time).or_else(|| clock_time(time))?,
            None => NO_TIME,
        };
        let local: DateTime = self.day(day)?.to_datetime(time);
        local.to_zoned(self.now.time_zone().clone()).ok().map(|zoned| zoned.timestamp())
    }

    /// A day.
    pub fn day(&self, text: &str) -> Option<Date> {
        let text = text.trim();
        let day = if text.starts_with(['+', '-']) {
            self.relative(text)?
        } else if text.contains('/') {
            brazilian(text)?
        } else {
            text.parse().ok()?
        };
        in_range(day)
    }

    fn relative(&self, text: &str) -> Option<Date> {
        let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let count: i32 = number.parse().ok()?;
        if count.abs() > FURTHEST {
            return None;
        }
        match text.get(number.len()..)? {
            "d" => self.now.date().checked_add(i64::from(count).days()).ok(),
            "bd" => self.calendar.add_business_days(self.now.date(), count),
            _ => None,
        }
    }
}

/// `HH:MM:SS`, with or without a fraction.
fn clock_time(text: &str) -> Option<Time> {
    (text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.')))
        .then(|| text.parse().ok())?
}

fn brazilian(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn in_range(day: Date) -> Option<Date> {
    (1900..=2200).contains(&day.year()).then_some(day)
}

/// An instant as it is written: local, to the second or as exactly as it is.
pub fn written(instant: Timestamp, zone: &TimeZone) -> String {
    let zoned = instant.to_zoned(zone.clone());
    let local = zoned.datetime();
    // A local time that happens twice (clocks set back) is written with its offset.
    let is_plain = local.to_zoned(zone.clone()).is_ok_and(|again| again.timestamp() == instant);
    if is_plain { local.strftime("%Y-%m-%d %H:%M:%S%.f").to_string() } else { instant.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn with_dates(run: impl FnOnce(&Dates<'_>)) {
        let calendar = Calendar::new("mon-fri 09:00-18:00".parse().unwrap(), vec!["11-25".parse().unwrap()]);
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        // Monday 23 November 2026, 22:30 in São Paulo: already Tuesday in UTC.
        let now = "2026-11-24T01:30:00Z".parse().unwrap();
        run(&Dates::at(now, &zone, &calendar));
    }

    #[test]
    fn reads_every_form() {
        with_dates(|dates| {
            for (text, instant) in [
                ("-3d 10:00", "2026-11-20T13:00:00Z"),
                ("+0d 10:00", "2026-11-23T13:00:00Z"),
                ("+2d", "2026-11-25T15:00:00Z"),
                ("+2bd 9:30", "2026-11-26T12:30:00Z"),
                ("-1bd 10:00", "2026-11-20T13:00:00Z"),
                ("2026-11-25 10:00", "2026-11-25T13:00:00Z"),
                ("2026-11-25T10:00:07", "2026-11-25T13:00:07Z"),
                ("2026-11-25T10:00:00Z", "2026-11-25T10:00:00Z"),
                ("2026-11-25T10:00:00-05:00", "2026-11-25T15:00:00Z"),
                ("25/11/2026 10:00", "2026-11-25T13:00:00Z"),
                ("5/1/2026", "2026-01-05T15:00:00Z"),
            ] {
                assert_eq!(dates.moment(text), instant.parse().ok(), "{text}");
            }
            assert_eq!(dates.day("-3d"), Some(date(2026, 11, 20)));
        });
    }

    #[test]
    fn refuses_what_is_no_date() {
        with_dates(|dates| {
            for text in [
                "",
                "+",
                "+d",
                "+1",
                "+1w",
                "+999999d",
                "-99999999999d",
                "31/02/2026",
                "11/25/2026",
                "25/11/26",
                "2026-13-01",
                "amanhã",
                "+1d 25:00",
                "+1d 10:00 x",
                "0001-01-01",
                "9999-01-01",
                "+1ébd",
                "--1d",
            ] {
                assert_eq!(dates.moment(text), None, "{text}");
            }
        });
    }

    #[test]
    fn what_is_written_is_read_again() {
        with_dates(|dates| {
            let zone = TimeZone::get("America/New_York").unwrap();
            // 01:30 happens twice on 1 November 2026 in New York.
            for instant in [
                "2026-11-24T01:30:05Z",
                "2026-11-01T05:30:00Z",
                "2026-11-01T06:30:00Z",
                "2026-01-01T00:00:00.25Z",
            ] {
                let instant: Timestamp = instant.parse().unwrap();
                let calendar = dates.calendar;
                let there = Dates::at(instant, &zone, calendar);
                assert_eq!(there.moment(&written(instant, &zone)), Some(instant));
            }
        });
    }
}
