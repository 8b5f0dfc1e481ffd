//! Reads the time arguments of tools: ISO local times as the schema asks for, or the customer's own words through
//! the one resolver of the program, relative to the turn's present.

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
        ToolError::bad_argument(parameter, "not a time that can be understood; ask the customer for the day and time")
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

fn spoken(_text: &str, _context: &ToolContext) -> Option<When> {
    None
}
