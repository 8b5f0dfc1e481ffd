//! `[reminders]`: when customers are reminded of what they booked or began to pay. It only describes values.

use serde::Deserialize;

/// Most reminders of one thing, and the farthest from it, in hours.
const MOST: usize = 5;
const FARTHEST: u32 = 720;

/// See `default/reminders.toml` for what each means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReminderSettings {
    /// Hours before an appointment.
    pub appointment_hours: Vec<u32>,
    /// Hours after a payment was asked for.
    pub payment_hours: Vec<u32>,
}

impl ReminderSettings {
    /// Values that make no sense, each by its key.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let lists = [("appointment_hours", &self.appointment_hours), ("payment_hours", &self.payment_hours)];
        let makes_sense = |hours: &Vec<u32>| {
            hours.len() <= MOST && hours.iter().all(|hours| (1..=FARTHEST).contains(hours))
        };
        let wrong = lists.into_iter().filter(|(_, hours)| !makes_sense(hours));
        wrong
            .map(|(key, _)| {
                (key, format!("write at most {MOST} numbers of hours, each from 1 to {FARTHEST}"))
            })
            .collect()
    }
}
