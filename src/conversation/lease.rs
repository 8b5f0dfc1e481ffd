//! How long an owner keeps a conversation. Pure: rules and the present in, times out.

use crate::config::business::Business;
use crate::config::handoff::{HandoffSettings, Minutes};
use crate::domain::calendar::Calendar;
use crate::domain::conversation::{Lease, Owner};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The rules, as `[handoff]` and the opening hours say.
#[derive(Clone, Debug)]
pub struct LeaseRules {
    settings: HandoffSettings,
    calendar: Calendar,
    zone: TimeZone,
}

impl LeaseRules {
    /// Rules of a business.
    pub fn new(settings: &HandoffSettings, business: &Business) -> Self {
        Self { settings: settings.clone(), calendar: business.calendar(), zone: business.timezone.clone() }
    }

    /// The lease of an owner who begins, or gives a sign of life, now.
    pub fn lease(&self, owner: &Owner, now: Timestamp) -> Lease {
        let settings = &self.settings;
        match owner {
            Owner::Bot => Lease::default(),
            Owner::Person { .. } => {
                Lease { until: self.after(settings.person_minutes, settings.count, now), remind_at: None }
            }
            Owner::Team => Lease {
                until: self.after(settings.team_minutes, settings.count, now),
                remind_at: self.after(settings.remind_minutes, settings.count, now),
            },
            Owner::Flow { .. } => {
                Lease { until: self.after(settings.flow_minutes, Minutes::Clock, now), remind_at: None }
            }
        }
    }

    /// When `minutes` will have passed; never for 0. A business that has no opening hours is always open.
    fn after(&self, minutes: u32, count: Minutes, now: Timestamp) -> Option<Timestamp> {
        if minutes == 0 {
            return None;
        }
        let by_the_clock = now.checked_add(SignedDuration::from_mins(i64::from(minutes))).ok();
        match count {
            Minutes::Clock => by_the_clock,
            Minutes::OpenHours => {
                let local = now.to_zoned(self.zone.clone()).datetime();
                self.calendar
                    .add_open_minutes(local, minutes)
                    .and_then(|end| end.to_zoned(self.zone.clone()).ok())
                    .map_or(by_the_clock, |end| Some(end.timestamp()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Settings;
    use proptest::prelude::*;

    fn rules(change: impl FnOnce(&mut HandoffSettings)) -> LeaseRules {
        let mut settings = Settings::load(None, &Vec::new()).unwrap();
        change(&mut settings.handoff);
        LeaseRules::new(&settings.handoff, &settings.business)
    }

    fn bia() -> Owner {
        Owner::Person { name: "Bia".to_owned() }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn minutes_count_while_the_business_is_open() {
        // Open from 9 to 18 on weekdays, to 13 on Saturdays.
        let rules = rules(|_| {});
        for (now, person, team, remind) in [
            // A Tuesday morning.
            (
                "2026-11-24T10:00:00-03:00",
                "2026-11-24T12:00:00-03:00",
                "2026-11-24T14:00:00-03:00",
                "2026-11-24T10:15:00-03:00",
            ),
            // Half an hour before closing.
            (
                "2026-11-24T17:30:00-03:00",
                "2026-11-25T10:30:00-03:00",
                "2026-11-25T12:30:00-03:00",
                "2026-11-24T17:45:00-03:00",
            ),
            // In the middle of the night.
            (
                "2026-11-25T03:00:00-03:00",
                "2026-11-25T11:00:00-03:00",
                "2026-11-25T13:00:00-03:00",
                "2026-11-25T09:15:00-03:00",
            ),
            // Saturday at noon: the rest is Monday's.
            (
                "2026-11-28T12:00:00-03:00",
                "2026-11-30T10:00:00-03:00",
                "2026-11-30T12:00:00-03:00",
                "2026-11-28T12:15:00-03:00",
            ),
        ] {
            assert_eq!(rules.lease(&bia(), at(now)).until, Some(at(person)), "a person from {now}");
            let lease = rules.lease(&Owner::Team, at(now));
            assert_eq!(
                (lease.until, lease.remind_at),
                (Some(at(team)), Some(at(remind))),
                "the team from {now}"
            );
        }
    }

    #[test]
    fn a_flow_needs_no_sleep() {
        let flow = Owner::Flow { name: "pesquisa".to_owned() };
        let lease = rules(|_| {}).lease(&flow, at("2026-11-24T23:30:00-03:00"));
        assert_eq!(lease, Lease { until: Some(at("2026-11-25T00:30:00-03:00")), remind_at: None });
    }

    #[test]
    fn nothing_is_for_ever_unless_asked_for() {
        let now = at("2026-11-24T10:00:00-03:00");
        assert_eq!(rules(|_| {}).lease(&Owner::Bot, now), Lease::default());
        let for_ever = rules(|settings| settings.person_minutes = 0);
        assert_eq!(for_ever.lease(&bia(), now), Lease::default());
        let clock = rules(|settings| settings.count = Minutes::Clock);
        assert_eq!(
            clock.lease(&bia(), at("2026-11-25T03:00:00-03:00")).until,
            Some(at("2026-11-25T05:00:00-03:00"))
        );
    }

    #[test]
    fn a_business_without_hours_counts_all_minutes() {
        let mut settings = Settings::load(None, &Vec::new()).unwrap();
        settings.business.hours = "".parse().unwrap();
        let rules = LeaseRules::new(&settings.handoff, &settings.business);
        let now = at("2026-11-24T10:00:00-03:00");
        assert_eq!(rules.lease(&bia(), now).until, Some(at("2026-11-24T12:00:00-03:00")));
    }

    proptest! {
        /// Whatever the hour, a lease ends behind now and never before its minutes are over; a later sign of life
        /// never ends it sooner.
        #[test]
        fn leases_end_in_the_future_and_in_order(minute in 0i64..600_000, later in 0i64..3_000, minutes in 1u32..3_000) {
            let rules = rules(|settings| settings.person_minutes = minutes);
            let now = at("2026-01-01T00:00:00-03:00") + SignedDuration::from_mins(minute);
            let until = |now| rules.lease(&bia(), now).until.unwrap();
            prop_assert!(until(now) >= now + SignedDuration::from_mins(i64::from(minutes)));
            prop_assert!(until(now + SignedDuration::from_mins(later)) >= until(now));
        }
    }
}
