//! Appointments that somebody of the business moved, or took out, in a calendar: the customer is told. A calendar that
//! reports it is looked into at once; the others are compared with the own agenda every few minutes.

use super::desk::{NewsDesk, NewsError, Standing, known};
use super::mention::{KEEPER, Record, conversation_of};
use crate::backoffice::calendar;
use crate::domain::agenda::Appointment;
use crate::domain::ids::RecordId;
use crate::prompts::sentences::fill;
use crate::store::connectors::{Begun, CallName};
use crate::store::error::StoreError;
use crate::tools::builtin::words::moment;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// What a calendar shows is believed when it has shown it for so long: a customer who moves an appointment in the chat
/// changes one place after the other, and is not told of their own doing.
const FOR_SURE: SignedDuration = SignedDuration::from_secs(60);
/// How far ahead appointments are compared, and within how much time one process does it for all.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 30);
const ROUND: i64 = 240;
/// Most appointments of a round, the earliest.
const MOST: usize = 200;
/// So many may be gone at once; beyond that, if they are most of all, it is taken for another calendar.
const FEW: usize = 3;
/// How far a reported appointment may lie from today.
const REPORTED_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 400);

impl NewsDesk {
    /// Compares the appointments to come with the calendars.
    ///
    /// # Errors
    /// [`NewsError`]; what was not compared is the next time.
    pub async fn appointments(&self) -> Result<(), NewsError> {
        let now = self.clock.now();
        if !self.is_our_round(now).await? {
            return Ok(());
        }
        let until = now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
        let standing = self.stores.backoffice.appointments_between(now, until).await?;
        let mut written = Vec::new();
        for appointment in standing.iter().take(MOST) {
            match self.backoffice.agenda.outside(appointment).await {
                Ok(Some(calendar::Standing::Unwritten)) => {}
                Ok(Some(there)) => written.push((appointment, there)),
                // Nobody else writes into this agenda.
                Ok(None) => return Ok(()),
                Err(error) if error.may_pass() => return Err(NewsError::Lookup(error.to_string())),
                // One entry that cannot be read keeps the others from nothing.
                Err(error) => {
                    tracing::warn!(appointment = %appointment.code, %error, "an appointment could not be compared");
                }
            }
        }
        let gone = written.iter().filter(|(_, there)| *there == calendar::Standing::Gone).count();
        if gone > FEW && 2 * gone > written.len() {
            let text = format!(
                "{gone} of {} appointments are not in the calendar any more; none was called off, as this looks like \
                 another calendar: see its settings, or call them off one by one",
                written.len()
            );
            self.alerts.waiting("the calendar of the agenda", &text);
            return Ok(());
        }
        for (appointment, there) in written {
            match self.compared(appointment, there).await {
                Ok(_) | Err(NewsError::Early) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// An appointment of which a calendar reports something, by our id of it.
    pub(super) async fn appointment(&self, key: &str) -> Result<&'static str, NewsError> {
        let now = self.clock.now();
        // Calendars have ids without hyphens; both are read.
        let Ok(id) = key.parse::<RecordId>() else { return Ok("unknown") };
        let until = now.saturating_add(REPORTED_AHEAD).unwrap_or(Timestamp::MAX);
        let standing = self.stores.backoffice.appointments_between(now, until).await?;
        match standing.iter().find(|appointment| appointment.id == id) {
            Some(appointment) => match known(self.backoffice.agenda.outside(appointment).await)? {
                Some(Some(there)) => self.compared(appointment, there).await,
                Some(None) | None => Ok("unknown"),
            },
            None => Ok("unknown"),
        }
    }

    /// One process looks for all: the first one to note the round.
    async fn is_our_round(&self, now: Timestamp) -> Result<bool, StoreError> {
        let round = |at: i64| CallName {
            connector: KEEPER.to_owned(),
            key: format!("calendars {at}"),
            operation: "round".to_owned(),
        };
        let at = now.as_second() / ROUND;
        let is_ours = self.stores.connectors.begin(&round(at), "", now).await? == Begun::Fresh;
        if is_ours {
            for before in 1..=3 {
                self.stores.connectors.forget(&round(at - before)).await?;
            }
        }
        Ok(is_ours)
    }

    /// What follows from how an appointment stands in the calendar.
    async fn compared(
        &self,
        appointment: &Appointment,
        there: calendar::Standing,
    ) -> Result<&'static str, NewsError> {
        let state = match there {
            calendar::Standing::Unwritten => return Ok("no_news"),
            calendar::Standing::At(start, _) if start == appointment.start => return Ok("no_news"),
            calendar::Standing::At(start, _) => format!("moved {} {start}", appointment.start),
            calendar::Standing::Gone => format!("cancelled {}", appointment.start),
        };
        if !self.is_for_sure(appointment, &state).await? {
            return Err(NewsError::Early);
        }
        let outcome = self.tell_of(appointment, there, state).await?;
        // The own agenda follows last: from then on nothing says any more that there is something to tell.
        known(self.backoffice.agenda.appointments(appointment.contact).await)?;
        Ok(outcome)
    }

    async fn tell_of(
        &self,
        appointment: &Appointment,
        there: calendar::Standing,
        state: String,
    ) -> Result<&'static str, NewsError> {
        let store = self.stores.connectors.as_ref();
        let found = conversation_of(store, Record::Appointment, &appointment.code).await?;
        let Some(id) = found else { return Ok("nobody") };
        let Some(conversation) = self.stores.conversations.get(id).await? else { return Ok("nobody") };
        let moved_to = match there {
            calendar::Standing::At(start, _) => Some(start),
            calendar::Standing::Gone | calendar::Standing::Unwritten => None,
        };
        let start = moved_to.unwrap_or(appointment.start).to_zoned(self.timezone.clone());
        let (code, when) = (appointment.code.clone(), moment(&start, conversation.language));
        let standing = Standing {
            record: Record::Appointment,
            number: appointment.code.clone(),
            state,
            sentence: Box::new(move |sentences| {
                let news = &sentences.appointment;
                let sentence = if moved_to.is_some() { &news.moved } else { &news.cancelled };
                fill(&fill(sentence, "code", &code), "when", &when)
            }),
        };
        let told = self.tell(&conversation, standing).await?;
        if let Some(start) = moved_to {
            let plan = self.reminding.of_appointment(id, &appointment.code, start, self.clock.now());
            self.stores.reminders.plan(&plan).await?;
        }
        Ok(told)
    }

    /// Whether the calendar has shown this for a while.
    async fn is_for_sure(&self, appointment: &Appointment, state: &str) -> Result<bool, StoreError> {
        let seen = CallName {
            connector: KEEPER.to_owned(),
            key: format!("appointment {} {state}", appointment.id),
            operation: "seen".to_owned(),
        };
        let (store, now) = (&self.stores.connectors, self.clock.now());
        let first = match store.begin(&seen, "", now).await? {
            Begun::Done(at) => at.as_i64().and_then(|at| Timestamp::from_second(at).ok()),
            Begun::Fresh | Begun::InDoubt => {
                store.finish(&seen, &json!(now.as_second())).await?;
                None
            }
        };
        Ok(first.is_some_and(|first| now.duration_since(first) >= FOR_SURE))
    }
}
