//! Weekly working hours as a person writes them: `mon-fri 09:00-18:00; sat 09:00-13:00`. Knows no dates.

use super::agenda::DayHours;
use jiff::civil::{Time, Weekday};
use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

/// Longest text that is read as hours.
const LONGEST: usize = 1_000;

/// Working hours of a week: spans sorted by weekday (Monday first) and time, none overlapping.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct WeekHours(Vec<DayHours>);

/// Hours that cannot be read, with their place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("hours, at `{part}`: {reason}; write for example `mon-fri 09:00-18:00; sat 09:00-13:00`")]
pub struct HoursError {
    /// The part that is wrong, as written.
    pub part: String,
    /// What is wrong with it.
    pub reason: String,
}

impl HoursError {
    fn at(part: &str, reason: impl Into<String>) -> Self {
        Self { part: part.chars().take(60).collect(), reason: reason.into() }
    }
}

impl WeekHours {
    /// The spans of one weekday, by time.
    pub fn on(&self, weekday: Weekday) -> impl Iterator<Item = (Time, Time)> {
        self.0.iter().filter(move |day| day.weekday == weekday).map(|day| (day.from, day.until))
    }

    /// Whether there is no hour at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `time` of `weekday` lies in a span.
    pub fn contains(&self, weekday: Weekday, time: Time) -> bool {
        self.on(weekday).any(|(from, until)| from <= time && time < until)
    }
}

impl TryFrom<String> for WeekHours {
    type Error = HoursError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for WeekHours {
    type Err = HoursError;

    /// Reads parts between `;`: a weekday or a range of them, then one or more spans between `,`. Weekdays in
    /// English or Portuguese; times as `9:00`, `09:00`, `9h` or `9h30`. An empty text is no hours.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LONGEST {
            return Err(HoursError::at(text, format!("longer than {LONGEST} characters")));
        }
        let mut spans = Vec::new();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((days, times)) = part.split_once(char::is_whitespace) else {
                return Err(HoursError::at(part, "a weekday must be followed by a span of time"));
            };
            let weekdays = weekdays(days, part)?;
            for span in times.split(',') {
                let (from, until) = parse_span(span).map_err(|reason| HoursError::at(part, reason))?;
                spans.extend(weekdays.iter().map(|&weekday| DayHours { weekday, from, until }));
            }
        }
        spans.sort_by_key(|day| (day.weekday.to_monday_zero_offset(), day.from));
        for pair in spans.windows(2) {
            if pair[0].weekday == pair[1].weekday && pair[1].from < pair[0].until {
                let day = name(pair[0].weekday);
                return Err(HoursError::at(text, format!("two spans of {day} overlap")));
            }
        }
        Ok(Self(spans))
    }
}

impl fmt::Display for WeekHours {
    /// One part for each span, in the form that is read.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, day) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let (from, until) = (day.from.strftime("%H:%M"), day.until.strftime("%H:%M"));
            write!(formatter, "{separator}{} {from}-{until}", name(day.weekday))?;
        }
        Ok(())
    }
}

/// Reads `09:00-18:00`.
pub(super) fn parse_span(text: &str) -> Result<(Time, Time), String> {
    let text = text.trim();
    let (from, until) =
        text.split_once(['-', '–']).ok_or_else(|| format!("`{text}` is no span like 09:00-18:00"))?;
    let read =
        |time: &str| parse_time(time).ok_or_else(|| format!("`{}` is no time like 09:00", time.trim()));
    let (from, until) = (read(from)?, read(until)?);
    if from >= until {
        return Err(format!("`{text}` ends before it begins"));
    }
    Ok((from, until))
}

/// Reads `9:00`, `09:00`, `9h` or `9h30`.
pub fn parse_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once([':', 'h', 'H']).unwrap_or((text.trim(), "0"));
    let number = |digits: &str| -> Option<i8> {
        ((1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse().ok())?
    };
    let minute = if minute.is_empty() { 0 } else { number(minute)? };
    Time::new(number(hour)?, minute, 0, 0).ok()
}

/// Reads `mon`, `mon-fri`, `sat-mon` (round the week), or their Portuguese names.
fn weekdays(days: &str, part: &str) -> Result<Vec<Weekday>, HoursError> {
    let read = |day: &str| weekday(day).ok_or_else(|| HoursError::at(part, format!("`{day}` is no weekday")));
    match days.split_once('-') {
        None => Ok(vec![read(days)?]),
        Some((first, last)) => {
            let (mut day, last) = (read(first)?, read(last)?);
            let mut days = vec![day];
            while day != last {
                day = day.next();
                days.push(day);
            }
            Ok(days)
        }
    }
}

/// Reads a weekday by its first three letters.
fn weekday(text: &str) -> Option<Weekday> {
    let start: String = text.trim().chars().take(3).flat_map(char::to_lowercase).collect();
    match start.as_str() {
        "mon" | "seg" => Some(Weekday::Monday),
        "tue" | "ter" => Some(Weekday::Tuesday),
        "wed" | "qua" => Some(Weekday::Wednesday),
        "thu" | "qui" => Some(Weekday::Thursday),
        "fri" | "sex" => Some(Weekday::Friday),
        "sat" | "sáb" | "sab" => Some(Weekday::Saturday),
        "sun" | "dom" => Some(Weekday::Sunday),
        _ => None,
    }
}

fn name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::time;

    #[test]
    fn reads_ranges_several_spans_and_portuguese() {
        let hours: WeekHours = "seg-sex 9h-12h30, 13:30-18:00; Sábado 09:00-13:00".parse().unwrap();
        let monday: Vec<_> = hours.on(Weekday::Monday).collect();
        assert_eq!(monday, [(time(9, 0, 0, 0), time(12, 30, 0, 0)), (time(13, 30, 0, 0), time(18, 0, 0, 0))]);
        assert!(hours.contains(Weekday::Saturday, time(12, 59, 0, 0)));
        assert!(!hours.contains(Weekday::Saturday, time(13, 0, 0, 0)));
        assert_eq!(hours.on(Weekday::Sunday).count(), 0);
        assert_eq!(hours.to_string().parse::<WeekHours>().unwrap(), hours);
    }

    #[test]
    fn a_range_may_go_round_the_week() {
        let hours: WeekHours = "sat-mon 10:00-12:00".parse().unwrap();
        assert!(hours.contains(Weekday::Sunday, time(10, 0, 0, 0)));
        assert!(hours.contains(Weekday::Monday, time(10, 0, 0, 0)));
        assert!(!hours.contains(Weekday::Friday, time(10, 0, 0, 0)));
    }

    #[test]
    fn errors_name_the_part() {
        for (text, part, reason) in [
            ("mon-fri 09:00-18:00; xyz 9:00-10:00", "xyz 9:00-10:00", "no weekday"),
            ("mon 18:00-09:00", "mon 18:00-09:00", "ends before"),
            ("mon 25:00-26:00", "mon 25:00-26:00", "no time"),
            ("mon", "mon", "followed by"),
            ("mon 9", "mon 9", "no span"),
            ("mon 09:00-12:00, 11:00-13:00", "mon", "overlap"),
            ("mon +9:00-12:00", "mon", "no time"),
        ] {
            let error = text.parse::<WeekHours>().unwrap_err();
            assert!(error.part.starts_with(part), "{text}: {error}");
            assert!(error.reason.contains(reason), "{text}: {error}");
        }
        assert!("é".repeat(2_000).parse::<WeekHours>().is_err());
        assert!("".parse::<WeekHours>().unwrap().is_empty());
    }
}
