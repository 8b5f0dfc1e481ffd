//! The hours at which one writes to people who have not asked for it. Pure.

use crate::config::whatsapp::HourSettings;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use std::time::Duration;

/// The hours.
#[derive(Clone, Debug)]
pub struct Unasked {
    hours: HourSettings,
    zone: TimeZone,
}

impl Unasked {
    /// Hours of the day in `zone`.
    pub(super) fn between(hours: HourSettings, zone: TimeZone) -> Self {
        Self { hours, zone }
    }

    /// For the operator.
    pub(super) fn hours(&self) -> String {
        format!("from {} to {} o'clock", self.hours.from, self.hours.until)
    }

    /// The business's day.
    pub(super) fn day(&self, now: Timestamp) -> Date {
        now.to_zoned(self.zone.clone()).date()
    }

    /// How long it is until the next such hour; none if this is one.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Duration> {
        let here = now.to_zoned(self.zone.clone());
        if (self.hours.from..self.hours.until).contains(&here.hour()) {
            return None;
        }
        let morning = self.morning(&here)?;
        Duration::try_from(morning.timestamp().duration_since(now)).ok()
    }

    fn morning(&self, here: &Zoned) -> Option<Zoned> {
        let day = if here.hour() < self.hours.from {
            here.date()
        } else {
            here.date().checked_add(1.day()).ok()?
        };
        day.at(self.hours.from, 0, 0, 0).to_zoned(self.zone.clone()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_at_night_waits_for_the_morning() {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let unasked = Unasked::between(HourSettings { from: 8, until: 20 }, zone.clone());
        let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
        for (at, expected) in [
            ("2026-11-24T08:00:00-03:00", None),
            ("2026-11-24T19:59:59-03:00", None),
            ("2026-11-24T20:00:00-03:00", hours(12)),
            ("2026-11-24T07:00:00-03:00", hours(1)),
            ("2026-11-25T00:00:00-03:00", hours(8)),
            ("2026-12-31T23:00:00-03:00", hours(9)),
        ] {
            assert_eq!(unasked.wait(at.parse().unwrap()), expected, "{at}");
        }
        let always = Unasked::between(HourSettings { from: 0, until: 24 }, zone);
        assert_eq!(always.wait("2026-11-24T03:00:00-03:00".parse().unwrap()), None);
    }
}
