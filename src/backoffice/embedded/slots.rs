//! Which times can be booked: one pure validator, used when times are listed and when one is taken.

use crate::backoffice::calendar::Busy;
use crate::backoffice::words::fold;
use crate::config::backoffice::AgendaRules;
use crate::domain::agenda::{Appointment, Professional, Service};
use crate::domain::calendar::{Calendar, intersect};
use crate::domain::hours::{HoursError, WeekHours};
use crate::domain::ids::RecordId;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use std::fmt;

/// Why a time cannot be booked; the later in the list, the nearer it is to one that can.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Refusal {
    /// It is over.
    Past,
    /// It lies behind the last day that can be booked.
    TooFar {
        /// Days ahead that can be booked.
        days: u32,
    },
    /// Too little notice.
    TooSoon {
        /// The earliest start, as far as notice goes.
        earliest: DateTime,
    },
    /// The business is closed that day, or the professional does not work.
    Closed,
    /// Not wholly inside working hours.
    OutsideHours {
        /// Working hours of that day.
        hours: Vec<(Time, Time)>,
    },
    /// Between two starts that are offered.
    OffStep {
        /// Minutes between two starts.
        step: u32,
    },
    /// Somebody else has it.
    Taken,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Past => formatter.write_str("that time is already over"),
            Self::TooFar { days } => write!(formatter, "only the next {days} days can be booked"),
            Self::TooSoon { earliest } => {
                let earliest = earliest.strftime("%Y-%m-%d %H:%M");
                write!(formatter, "that is too short notice: the earliest start is {earliest}")
            }
            Self::Closed => formatter.write_str("closed on that day"),
            Self::OutsideHours { hours } => {
                formatter
                    .write_str("the appointment would not lie inside the working hours of that day (")?;
                for (index, (from, until)) in hours.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(formatter, "{separator}{}-{}", from.strftime("%H:%M"), until.strftime("%H:%M"))?;
                }
                formatter.write_str(")")
            }
            Self::OffStep { step } => {
                write!(formatter, "appointments start every {step} minutes, counted from opening time")
            }
            Self::Taken => formatter.write_str("that time is taken"),
        }
    }
}

/// One professional's hours and what they already have.
#[derive(Clone, Debug)]
pub struct Diary {
    hours: Option<WeekHours>,
    busy: Vec<Busy>,
}

impl Diary {
    /// The diary of `professional` among standing `appointments` and what keeps them busy `elsewhere`, as if `except`
    /// did not exist, here and there.
    pub fn of(
        professional: &Professional,
        appointments: &[Appointment],
        elsewhere: &[Busy],
        except: Option<RecordId>,
    ) -> Result<Self, HoursError> {
        let hours = professional.hours.trim();
        let own = appointments.iter().filter(|booked| booked.professional == professional.id);
        let left_out = own.clone().find(|booked| Some(booked.id) == except);
        let elsewhere = elsewhere.iter().flat_map(|span| match left_out {
            Some(booked) => without(*span, (booked.start, booked.end)),
            None => [Some(*span), None],
        });
        Ok(Self {
            // Nothing written means: whenever the business is open.
            hours: if hours.is_empty() { None } else { Some(hours.parse()?) },
            busy: own
                .filter(|booked| Some(booked.id) != except)
                .map(|booked| (booked.start, booked.end))
                .chain(elsewhere.flatten())
                .collect(),
        })
    }
}

/// What is left of a busy span without another one: calendars give spans, not the entries they are made of.
fn without((start, end): Busy, (from, until): Busy) -> [Option<Busy>; 2] {
    if until <= start || end <= from {
        return [Some((start, end)), None];
    }
    let before = (start < from).then_some((start, from));
    let behind = (until < end).then_some((until, end));
    [before, behind]
}

/// Everything that decides whether a time can be booked, at one instant.
pub struct Rules<'a> {
    /// The operator's rules.
    pub agenda: &'a AgendaRules,
    /// When the business is open.
    pub calendar: &'a Calendar,
    /// Its time zone.
    pub zone: &'a TimeZone,
    /// The present, in that zone.
    pub now: Zoned,
}

impl Rules<'_> {
    /// The first day on which a start may lie behind the horizon.
    pub fn horizon(&self) -> Date {
        self.now.date().checked_add(i64::from(self.agenda.max_days_ahead).days()).unwrap_or(Date::MAX)
    }

    /// Start and end of an appointment that begins at `start`, or why it cannot be had.
    pub fn check(
        &self,
        service: &Service,
        diary: &Diary,
        start: DateTime,
    ) -> Result<(Zoned, Zoned), Refusal> {
        // A local time that a change of clocks leaves out is moved by the zone; then it is not the one asked for.
        let begin = start.to_zoned(self.zone.clone()).map_err(|_| Refusal::Past)?;
        let minutes = i64::from(service.duration_minutes.max(1));
        let end = begin.checked_add(minutes.minutes()).map_err(|_| Refusal::TooFar { days: 0 })?;
        if begin <= self.now {
            return Err(Refusal::Past);
        }
        if begin.date() > self.horizon() {
            return Err(Refusal::TooFar { days: self.agenda.max_days_ahead });
        }
        let earliest = self.earliest(service);
        if start < earliest {
            return Err(Refusal::TooSoon { earliest });
        }
        let hours = self.hours(diary, start.date());
        if hours.is_empty() {
            return Err(Refusal::Closed);
        }
        let same_day = end.date() == start.date() && begin.datetime() == start;
        let span =
            hours.iter().find(|(from, until)| same_day && *from <= start.time() && end.time() <= *until);
        let Some((from, _)) = span else {
            return Err(Refusal::OutsideHours { hours });
        };
        let minutes_open = minute_of_day(start.time()).abs_diff(minute_of_day(*from));
        if !minutes_open.is_multiple_of(self.step()) || start.second() != 0 {
            return Err(Refusal::OffStep { step: self.step() });
        }
        let buffer = i64::from(self.agenda.buffer_minutes) * 60;
        let (first, last) = (begin.timestamp().as_second() - buffer, end.timestamp().as_second() + buffer);
        if diary.busy.iter().any(|(from, until)| from.as_second() < last && first < until.as_second()) {
            return Err(Refusal::Taken);
        }
        Ok((begin, end))
    }

    /// Every start of a day that [`Self::check`] lets pass, by time.
    pub fn free_on(&self, service: &Service, diary: &Diary, day: Date) -> Vec<(Zoned, Zoned)> {
        let mut free = Vec::new();
        for (from, until) in self.hours(diary, day) {
            let step = usize::try_from(self.step()).unwrap_or(usize::MAX);
            for minute in (minute_of_day(from)..minute_of_day(until)).step_by(step) {
                let time = i8::try_from(minute / 60).ok().zip(i8::try_from(minute % 60).ok());
                let Some(Ok(time)) = time.map(|(hour, minute)| Time::new(hour, minute, 0, 0)) else {
                    continue;
                };
                free.extend(self.check(service, diary, day.to_datetime(time)));
            }
        }
        free
    }

    /// The earliest local start, as far as notice goes.
    fn earliest(&self, service: &Service) -> DateTime {
        let notice = i64::from(self.agenda.min_notice_minutes).minutes();
        let by_minutes = self.now.checked_add(notice).map_or(DateTime::MAX, |earliest| earliest.datetime());
        let location = fold(service.location.trim());
        let days = self
            .agenda
            .min_business_days_by_location
            .iter()
            .find(|(name, _)| fold(name) == location)
            .map_or(0, |(_, days)| i32::try_from(*days).unwrap_or(i32::MAX));
        let by_days = self.calendar.add_business_days(self.now.date(), days).unwrap_or(Date::MAX);
        by_minutes.max(by_days.to_datetime(Time::midnight()))
    }

    fn hours(&self, diary: &Diary, day: Date) -> Vec<(Time, Time)> {
        let open = self.calendar.hours_on(day);
        match &diary.hours {
            None => open,
            Some(hours) => intersect(&open, &hours.on(day.weekday()).collect::<Vec<_>>()),
        }
    }

    fn step(&self) -> u32 {
        self.agenda.slot_step_minutes.max(5)
    }
}

fn minute_of_day(time: Time) -> u32 {
    u32::from(time.hour().unsigned_abs()) * 60 + u32::from(time.minute().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use std::collections::BTreeMap;

    fn service(minutes: u32, location: &str) -> Service {
        Service {
            id: "s".to_owned(),
            name: "S".to_owned(),
            duration_minutes: minutes,
            price: None,
            description: String::new(),
            location: location.to_owned(),
        }
    }

    fn diary(hours: &str, busy: &[(&str, &str)]) -> Diary {
        let read = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        Diary {
            hours: Some(hours.parse().unwrap()),
            busy: busy.iter().map(|(from, until)| (read(from), read(until))).collect(),
        }
    }

    fn with_rules(now: &str, run: impl FnOnce(&Rules<'_>)) {
        let agenda = AgendaRules {
            min_notice_minutes: 60,
            max_days_ahead: 60,
            slot_step_minutes: 30,
            buffer_minutes: 15,
            min_business_days_by_location: BTreeMap::from([("domicílio".to_owned(), 1)]),
        };
        let calendar = Calendar::new(
            "mon-fri 09:00-18:00; sat 09:00-13:00".parse().unwrap(),
            vec!["12-25".parse().unwrap(), "12-24 09:00-13:00".parse().unwrap()],
        );
        let now: Zoned = now.parse().unwrap();
        let zone = now.time_zone().clone();
        run(&Rules { agenda: &agenda, calendar: &calendar, zone: &zone, now });
    }

    // Monday.
    const NOW: &str = "2026-11-23T10:10[America/Sao_Paulo]";

    #[test]
    fn each_rule_refuses_by_its_own_name() {
        with_rules(NOW, |rules| {
            let (shop, home) = (service(60, "loja"), service(60, "Domicilio"));
            let tue = diary("tue-fri 09:00-18:00; sat 09:00-13:00", &[]);
            let any = diary("mon-sat 08:00-20:00", &[]);
            let at = |month, day, hour, minute| date(2026, month, day).at(hour, minute, 0, 0);
            assert_eq!(rules.check(&shop, &any, at(11, 23, 10, 0)), Err(Refusal::Past));
            let earliest = at(11, 23, 11, 10);
            assert_eq!(rules.check(&shop, &any, at(11, 23, 11, 0)), Err(Refusal::TooSoon { earliest }));
            assert!(rules.check(&shop, &any, at(11, 23, 11, 30)).is_ok());
            let earliest = at(11, 24, 0, 0);
            assert_eq!(rules.check(&home, &any, at(11, 23, 16, 0)), Err(Refusal::TooSoon { earliest }));
            assert!(rules.check(&home, &any, at(11, 24, 9, 0)).is_ok());
            assert_eq!(rules.check(&shop, &tue, at(11, 30, 10, 0)), Err(Refusal::Closed), "off on Mondays");
            assert_eq!(rules.check(&shop, &any, at(12, 25, 10, 0)), Err(Refusal::Closed), "Christmas");
            assert_eq!(rules.check(&shop, &any, at(11, 29, 10, 0)), Err(Refusal::Closed), "Sunday");
            assert_eq!(
                rules.check(&shop, &any, date(2027, 1, 23).at(10, 0, 0, 0)),
                Err(Refusal::TooFar { days: 60 })
            );
            assert!(rules.check(&shop, &any, date(2027, 1, 22).at(10, 0, 0, 0)).is_ok(), "the 60th day");
            for start in [at(11, 24, 17, 30), at(11, 24, 8, 30), at(12, 24, 12, 30), at(11, 28, 12, 30)] {
                let refusal = rules.check(&shop, &any, start).unwrap_err();
                assert!(matches!(refusal, Refusal::OutsideHours { .. }), "{start}: {refusal:?}");
            }
            assert!(rules.check(&shop, &any, at(11, 24, 17, 0)).is_ok(), "ends with closing time");
            assert_eq!(rules.check(&shop, &any, at(11, 24, 10, 10)), Err(Refusal::OffStep { step: 30 }));
        });
    }

    #[test]
    fn a_buffer_lies_on_both_sides_of_what_is_taken() {
        with_rules(NOW, |rules| {
            // 10:00-11:00 in São Paulo, which is three hours behind UTC.
            let busy = diary("mon-fri 09:00-18:00", &[("2026-11-24T13:00:00Z", "2026-11-24T14:00:00Z")]);
            let starts: Vec<_> = rules
                .free_on(&service(30, "loja"), &busy, date(2026, 11, 24))
                .iter()
                .map(|(start, _)| start.strftime("%H:%M").to_string())
                .collect();
            assert_eq!(starts[..3], ["09:00", "11:30", "12:00"], "09:30 would end at 10:00, without a pause");
            assert_eq!(starts.last().map(String::as_str), Some("17:30"));
        });
    }

    #[test]
    fn whatever_is_listed_passes_the_check_and_nothing_else_does() {
        with_rules(NOW, |rules| {
            let busy = diary(
                "mon-fri 10:00-12:30, 13:30-17:00",
                &[("2026-11-25T13:00:00Z", "2026-11-25T13:45:00Z")],
            );
            let service = service(45, "loja");
            for day in [date(2026, 11, 23), date(2026, 11, 25), date(2026, 12, 24), date(2026, 11, 28)] {
                let listed: Vec<_> =
                    rules.free_on(&service, &busy, day).iter().map(|(start, _)| start.datetime()).collect();
                let checked: Vec<_> = (0..24 * 60)
                    .map(|minute| {
                        day.at(i8::try_from(minute / 60).unwrap(), i8::try_from(minute % 60).unwrap(), 0, 0)
                    })
                    .filter(|start| rules.check(&service, &busy, *start).is_ok())
                    .collect();
                assert_eq!(listed, checked, "{day}");
            }
        });
    }

    #[test]
    fn a_change_of_clocks_moves_no_appointment() {
        // New York springs forward on Sunday 8 March 2026, from 02:00 to 03:00.
        with_rules("2026-03-06T12:00[America/New_York]", |rules| {
            let calendar = Calendar::new("sun-sat 00:00-23:30".parse().unwrap(), Vec::new());
            let rules = Rules { calendar: &calendar, now: rules.now.clone(), ..*rules };
            let day = diary("sun-sat 00:00-23:30", &[]);
            let gap = date(2026, 3, 8).at(2, 30, 0, 0);
            assert!(rules.check(&service(30, "loja"), &day, gap).is_err(), "02:30 does not exist that day");
            let (start, end) =
                rules.check(&service(60, "loja"), &day, date(2026, 3, 8).at(1, 30, 0, 0)).unwrap();
            assert_eq!((end.timestamp() - start.timestamp()).get_seconds(), 3600);
            assert_eq!(end.datetime(), date(2026, 3, 8).at(3, 30, 0, 0));
        });
    }
}
