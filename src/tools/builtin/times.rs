//! Reads the time arguments of tools: ISO local times as the schema asks for, or the customer's own words through
//! the one resolver of the program, relative to the turn's present.

use crate::language::dates::{Grain, find_times};
use crate::tools::tool::{ToolContext, ToolError};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

/// What a time argument means, local to the business.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// One moment.
    At(DateTime),
    /// A span: a day, an afternoon, a week.
    Within {
        /// Its begin.
        from: DateTime,
        /// Its end; exclusive.
        until: DateTime,
    },
}

/// Reads `text`; `parameter` names it in a refusal.
pub fn read(parameter: &str, text: &str, context: &ToolContext) -> Result<When, ToolError> {
    let text = text.trim();
    iso(text, context).or_else(|| spoken(text, context)).ok_or_else(|| {
        ToolError::bad_argument(
            parameter,
            "not a time that can be understood; ask the customer for the day and time",
        )
    })
}

/// One moment, for a booking.
pub fn moment(parameter: &str, text: &str, context: &ToolContext) -> Result<DateTime, ToolError> {
    match read(parameter, text, context)? {
        When::At(at) => Ok(at),
        When::Within { .. } => Err(ToolError::bad_argument(
            parameter,
            "a day and a time of day are needed; list the free times and let the customer choose one",
        )),
    }
}

/// `2026-11-27`, `2026-11-27T14:00`, or with an offset, which is then counted.
fn iso(text: &str, context: &ToolContext) -> Option<When> {
    if text.len() == 10 {
        return whole_day(text.parse().ok()?);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(When::At(instant.to_zoned(context.now.time_zone().clone()).datetime()));
    }
    text.parse().ok().map(When::At)
}

fn whole_day(date: Date) -> Option<When> {
    let until = date.tomorrow().ok()?.to_datetime(Time::midnight());
    Some(When::Within { from: date.to_datetime(Time::midnight()), until })
}

/// The first time in the customer's own words.
fn spoken(text: &str, context: &ToolContext) -> Option<When> {
    let found = find_times(text, &context.now, context.language).into_iter().next()?.value;
    Some(match found.grain {
        Grain::Minute | Grain::Hour => When::At(found.from),
        Grain::PartOfDay | Grain::Day | Grain::Week | Grain::Month => {
            When::Within { from: found.from, until: found.until }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{CallId, ContactId, ConversationId, TurnId};
    use crate::domain::language::Language;

    fn context() -> ToolContext {
        ToolContext {
            conversation: ConversationId(uuid::Uuid::nil()),
            turn: TurnId(uuid::Uuid::nil()),
            call: CallId("call_1_0".into()),
            contact: ContactId(uuid::Uuid::nil()),
            verified: Vec::new(),
            language: Language::Portuguese,
            channel: "web".into(),
            now: "2026-11-20T09:00[America/Sao_Paulo]".parse().unwrap(),
            transcript: String::new(),
            interviews: Vec::new(),
            deadline: std::time::Instant::now(),
        }
    }

    #[test]
    fn reads_iso_times_as_local_ones() {
        let two = "2026-11-27T14:00".parse().unwrap();
        for text in
            ["2026-11-27T14:00", "2026-11-27 14:00:00", "2026-11-27T14:00:00-03:00", "2026-11-27T17:00Z"]
        {
            assert_eq!(read("start", text, &context()).unwrap(), When::At(two), "{text}");
        }
        let day = When::Within {
            from: "2026-11-27T00:00".parse().unwrap(),
            until: "2026-11-28T00:00".parse().unwrap(),
        };
        assert_eq!(read("when", "2026-11-27", &context()).unwrap(), day);
    }

    #[test]
    fn reads_what_customers_say() {
        let at = |text: &str| text.parse().unwrap();
        assert_eq!(read("start", "amanhã às 15h", &context()).unwrap(), When::At(at("2026-11-21T15:00")));
        let When::Within { from, until } = read("when", "terça à tarde", &context()).unwrap() else {
            panic!("a span")
        };
        assert_eq!(from.date(), at("2026-11-24T00:00").date());
        assert!(from.hour() >= 12 && until <= at("2026-11-24T20:00"), "{from} {until}");
    }

    #[test]
    fn refuses_what_is_no_moment() {
        for text in ["", "xyz", "2026-13-45", "2026-11-27", "ção", "9999-12-31"] {
            assert!(moment("start", text, &context()).is_err(), "{text}");
        }
    }
}
