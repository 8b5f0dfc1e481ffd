//! What becomes of messages that no model could serve: when they are tried again, and for how long. Pure: the log in,
//! times out.

use crate::config::turn::TurnSettings;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::MessageId;
use crate::domain::message::{Message, Role};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What was tried so far at the messages of a turn.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lateness {
    /// How often they were postponed. The customer was told the first time.
    pub attempts: u32,
    /// When the newest of them came.
    pub since: Option<Timestamp>,
    /// Messages whose customer was told that the answer comes later.
    pub told: Vec<MessageId>,
}

impl Lateness {
    /// How late the open messages `open` are, and those of them that are to be answered now: a customer who wrote more
    /// since they were told has turned to that.
    pub fn of(events: &[Event], open: Vec<Message>) -> (Self, Vec<Message>) {
        let last_told = events.iter().rposition(|event| matches!(event.body, EventBody::Postponed { .. }));
        let newer = |message: &Message| match last_told {
            None => true,
            Some(place) => events[place..].iter().any(|event| is(event, message.id)),
        };
        let fresh: Vec<Message> = open.iter().filter(|message| newer(message)).cloned().collect();
        let postponements = events.iter().filter_map(|event| match &event.body {
            EventBody::Postponed { answers } => Some(answers),
            _ => None,
        });
        let told = postponements.flatten().copied().collect();
        let since = open.last().map(|message| message.created_at);
        if fresh.is_empty() {
            let last_word = events.iter().rposition(is_customers).unwrap_or(0);
            let postponed = |event: &&Event| matches!(event.body, EventBody::Postponed { .. });
            let attempts = events[last_word..].iter().filter(postponed).count();
            return (Self { attempts: u32::try_from(attempts).unwrap_or(u32::MAX), since, told }, open);
        }
        (Self { attempts: 0, since, told }, fresh)
    }

    /// When they are tried again if they cannot be served now either; none if the customer has waited long enough.
    pub fn again_at(&self, settings: &TurnSettings, now: Timestamp) -> Option<Timestamp> {
        let first = Duration::from_millis(settings.late_first_wait_ms);
        let doubled = first.saturating_mul(1_u32.checked_shl(self.attempts.min(20)).unwrap_or(u32::MAX));
        let wait = SignedDuration::try_from(doubled.min(LONGEST_WAIT)).ok()?;
        let again = now.checked_add(wait).ok()?;
        let longest = SignedDuration::from_mins(i64::from(settings.late_minutes));
        let end = self.since.unwrap_or(now).checked_add(longest).ok()?;
        (again <= end).then_some(again)
    }
}

fn is_customers(event: &Event) -> bool {
    matches!(&event.body, EventBody::Message(message) if message.role == Role::Customer)
}

fn is(event: &Event, id: MessageId) -> bool {
    matches!(&event.body, EventBody::Message(message) if message.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Settings;
    use crate::domain::ids::ConversationId;
    use uuid::Uuid;

    fn settings() -> TurnSettings {
        Settings::load(None, &Vec::new()).unwrap().turn
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    fn message(seconds: i64) -> Message {
        Message::new(
            MessageId(Uuid::from_u128(seconds.unsigned_abs().into())),
            Role::Customer,
            "oi".to_owned(),
            at(seconds),
        )
    }

    fn log(bodies: Vec<EventBody>) -> Vec<Event> {
        let event = |(seq, body)| Event {
            conversation: ConversationId(Uuid::nil()),
            seq,
            turn: None,
            at: at(0),
            body,
        };
        (1..).zip(bodies).map(event).collect()
    }

    fn postponed(messages: &[&Message]) -> EventBody {
        EventBody::Postponed { answers: messages.iter().map(|message| message.id).collect() }
    }

    #[test]
    fn the_first_attempt_answers_everything() {
        let (one, two) = (message(0), message(3));
        let events = log(vec![EventBody::Message(one.clone()), EventBody::Message(two.clone())]);
        let (late, answers) = Lateness::of(&events, vec![one.clone(), two.clone()]);
        assert_eq!(
            (late, answers),
            (Lateness { attempts: 0, since: Some(at(3)), told: Vec::new() }, vec![one, two])
        );
    }

    #[test]
    fn who_waits_is_tried_again_and_who_turned_away_is_not() {
        let (one, two) = (message(0), message(90));
        let mut bodies = vec![EventBody::Message(one.clone()), postponed(&[&one]), postponed(&[&one])];
        let (late, answers) = Lateness::of(&log(bodies.clone()), vec![one.clone()]);
        assert_eq!((late.attempts, answers), (2, vec![one.clone()]));
        assert!(late.told.iter().all(|id| *id == one.id));
        bodies.push(EventBody::Message(two.clone()));
        let (late, answers) = Lateness::of(&log(bodies), vec![one, two.clone()]);
        assert_eq!((late.attempts, answers), (0, vec![two]));
    }

    #[test]
    fn waits_double_and_come_to_an_end() {
        let settings = settings();
        let late = |attempts| Lateness { attempts, since: Some(at(0)), told: Vec::new() };
        let again = |attempts, now| late(attempts).again_at(&settings, at(now));
        assert_eq!(again(0, 1), Some(at(31)));
        assert_eq!(again(1, 31), Some(at(91)));
        assert_eq!(again(4, 600), Some(at(900)), "five minutes at most");
        assert_eq!(again(40, 600), Some(at(900)));
        assert_eq!(again(9, 3_301), None, "an hour at most");
        let never = TurnSettings { late_minutes: 0, ..settings };
        assert_eq!(late(0).again_at(&never, at(0)), None);
    }
}
