//! What customers are reminded of: an appointment some time before it, a payment that still waits some time after it was
//! asked for. Planned when a tool has told of it, looked up again before it is told, told once.

use super::desk::{NewsDesk, NewsError, Standing, known};
use super::mention::Record;
use crate::backoffice::calendar;
use crate::backoffice::payments::{Charge, ChargeStatus};
use crate::config::reminders::ReminderSettings;
use crate::config::whatsapp::HourSettings;
use crate::domain::agenda::{Appointment, Service};
use crate::domain::catalog::OrderStatus;
use crate::domain::conversation::Conversation;
use crate::domain::event::EventBody;
use crate::domain::ids::ConversationId;
use crate::domain::language::Language;
use crate::domain::tool_call::ToolOutcome;
use crate::prompts::sentences::{ReminderSentences, fill};
use crate::store::reminders::{Reminded, Reminder, ReminderPlan};
use crate::tools::builtin::words::moment;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::ops::Range;

/// A payment is reminded of so long after its time, e.g. after a night without electricity, and then no more.
const LATEST_PAYMENT: SignedDuration = SignedDuration::from_hours(48);
/// How far ahead an appointment is looked for that was moved.
const FARTHEST: SignedDuration = SignedDuration::from_hours(24 * 400);
/// The length of time in which an appointment is looked for at its beginning.
const BEGINNING: SignedDuration = SignedDuration::from_secs(1);

/// When customers are reminded.
#[derive(Clone, Debug)]
pub struct Reminding {
    before_appointments: Vec<SignedDuration>,
    after_payments: Vec<SignedDuration>,
    timezone: TimeZone,
    /// At which hours of the day people are written to where messages are pushed to them.
    by_day: Range<i8>,
}

impl Reminding {
    /// As the settings say, for a business in `timezone` that writes to people at these hours.
    pub fn new(settings: &ReminderSettings, hours_of_day: HourSettings, timezone: TimeZone) -> Self {
        let hours =
            |hours: &[u32]| hours.iter().map(|one| SignedDuration::from_hours((*one).into())).collect();
        Self {
            before_appointments: hours(&settings.appointment_hours),
            after_payments: hours(&settings.payment_hours),
            timezone,
            by_day: hours_of_day.from..hours_of_day.until,
        }
    }

    /// Whether people are written to now.
    fn is_day(&self, now: Timestamp) -> bool {
        self.by_day.contains(&now.to_zoned(self.timezone.clone()).hour())
    }

    /// What these events of a conversation give reason to remind of, and when.
    pub fn plans(
        &self,
        conversation: ConversationId,
        events: &[EventBody],
        now: Timestamp,
    ) -> Vec<ReminderPlan> {
        events.iter().filter_map(|event| self.of_event(conversation, event, now)).collect()
    }

    fn of_event(
        &self,
        conversation: ConversationId,
        event: &EventBody,
        now: Timestamp,
    ) -> Option<ReminderPlan> {
        let EventBody::ToolFinished { call, outcome: ToolOutcome::Done { data, .. }, .. } = event else {
            return None;
        };
        let text = |name: &str| data.get(name).and_then(Value::as_str);
        match call.name.as_str() {
            "agenda_book" | "agenda_reschedule" => {
                let start: DateTime = text("start")?.parse().ok()?;
                let start = start.to_zoned(self.timezone.clone()).ok()?.timestamp();
                Some(self.of_appointment(conversation, text("code")?, start, now))
            }
            "payment_request" if text("state") == Some(ChargeStatus::Pending.as_str()) => {
                Some(ReminderPlan {
                    conversation,
                    record: Reminded::Payment,
                    number: text("number")?.to_owned(),
                    stands_at: now,
                    due_at: self
                        .after_payments
                        .iter()
                        .filter_map(|after| now.checked_add(*after).ok())
                        .collect(),
                })
            }
            _ => None,
        }
    }

    /// When somebody is reminded of an appointment that they know of since `now`.
    pub(super) fn of_appointment(
        &self,
        conversation: ConversationId,
        code: &str,
        start: Timestamp,
        now: Timestamp,
    ) -> ReminderPlan {
        let times = self.before_appointments.iter().filter_map(|before| start.checked_sub(*before).ok());
        ReminderPlan {
            conversation,
            record: Reminded::Appointment,
            number: code.to_owned(),
            stands_at: start,
            due_at: times.filter(|due| *due > now).collect(),
        }
    }
}

impl NewsDesk {
    /// Reminds of what stands, unless one of the `later` reminders that are due as well says the same.
    ///
    /// # Errors
    /// [`NewsError`]: it is to be done again.
    pub(super) async fn remind(
        &self,
        reminder: &Reminder,
        later: &[Reminder],
    ) -> Result<&'static str, NewsError> {
        let is_same = |other: &Reminder| other.record == reminder.record && other.number == reminder.number;
        if later.iter().any(is_same) {
            return Ok("late");
        }
        let Some(conversation) = self.stores.conversations.get(reminder.conversation).await? else {
            return Ok("nobody");
        };
        // What is queued at night leaves in the morning, and nobody looks again by then.
        if self.pushed.contains(&conversation.channel) && !self.reminding.is_day(self.clock.now()) {
            return Err(NewsError::Early);
        }
        let text = match reminder.record {
            Reminded::Appointment => self.appointment_to_come(reminder, &conversation).await?,
            Reminded::Payment => self.payment_that_waits(reminder, &conversation).await?,
        };
        let Some(text) = text else { return Ok("no_news") };
        let standing = Standing {
            record: match reminder.record {
                Reminded::Appointment => Record::Appointment,
                Reminded::Payment => Record::Order,
            },
            number: reminder.number.clone(),
            state: format!("reminded {} {}", reminder.stands_at, reminder.due_at),
            sentence: Box::new(move |_| text.clone()),
        };
        self.tell(&conversation, standing).await
    }

    /// What is told of an appointment, if it stands.
    async fn appointment_to_come(
        &self,
        reminder: &Reminder,
        conversation: &Conversation,
    ) -> Result<Option<String>, NewsError> {
        let start = reminder.stands_at;
        if start <= self.clock.now() {
            return Ok(None);
        }
        let until = start.saturating_add(BEGINNING).unwrap_or(Timestamp::MAX);
        let standing = self.stores.backoffice.appointments_between(start, until).await?;
        let is_it = |one: &&Appointment| one.code == reminder.number && one.start == start;
        let Some(appointment) = standing.iter().find(is_it) else {
            self.plan_anew(reminder).await?;
            return Ok(None);
        };
        match known(self.backoffice.agenda.outside(appointment).await)? {
            // Nobody else writes into this agenda, or it is not in the calendar yet.
            Some(None | Some(calendar::Standing::Unwritten)) => {}
            Some(Some(calendar::Standing::At(at, _))) if at == start => {}
            // The customer is told of that by itself.
            _ => return Ok(None),
        }
        let services = self.backoffice.agenda.services().await;
        let services = services.map_err(|error| NewsError::Lookup(error.to_string()))?;
        let service = services.iter().find(|service| service.id == appointment.service);
        let when = moment(&start.to_zoned(self.timezone.clone()), conversation.language);
        let sentences = &self.prompts.sentences(conversation.language).news.reminder;
        Ok(Some(of_appointment(sentences, appointment, service, &when)))
    }

    /// An appointment that stands at another time than was planned for, moved where no plan followed: it is reminded of then.
    async fn plan_anew(&self, reminder: &Reminder) -> Result<(), NewsError> {
        let now = self.clock.now();
        let until = now.saturating_add(FARTHEST).unwrap_or(Timestamp::MAX);
        let standing = self.stores.backoffice.appointments_between(now, until).await?;
        if let Some(moved) = standing.iter().find(|one| one.code == reminder.number) {
            let plan = self.reminding.of_appointment(reminder.conversation, &moved.code, moved.start, now);
            self.stores.reminders.plan(&plan).await?;
        }
        Ok(())
    }

    /// What is told of a payment, if it waits and can still be made.
    async fn payment_that_waits(
        &self,
        reminder: &Reminder,
        conversation: &Conversation,
    ) -> Result<Option<String>, NewsError> {
        let now = self.clock.now();
        if now.duration_since(reminder.due_at) > LATEST_PAYMENT {
            return Ok(None);
        }
        let Some(payments) = &self.backoffice.payments else { return Ok(None) };
        let order = known(self.backoffice.catalog.order(&reminder.number).await)?;
        if order.is_none_or(|order| order.status != OrderStatus::AwaitingPayment) {
            return Ok(None);
        }
        let charges = known(payments.charges(&reminder.number).await)?.unwrap_or_default();
        if charges.iter().any(|one| matches!(one.status, ChargeStatus::Approved | ChargeStatus::Refunded)) {
            return Ok(None);
        }
        let waits =
            |one: &&Charge| one.status == ChargeStatus::Pending && one.expires_at.is_none_or(|end| end > now);
        let Some(charge) = charges.iter().find(waits) else { return Ok(None) };
        let sentences = &self.prompts.sentences(conversation.language).news.reminder;
        Ok(Some(of_payment(sentences, &reminder.number, charge, &self.timezone, conversation.language)))
    }
}

fn of_appointment(
    sentences: &ReminderSentences,
    appointment: &Appointment,
    service: Option<&Service>,
    when: &str,
) -> String {
    let name = service.map_or(appointment.service.as_str(), |service| service.name.as_str());
    let mut text = fill(&sentences.appointment, "code", &appointment.code);
    text = fill(&text, "when", when);
    text = fill(&text, "service", name);
    let place = service.map(|service| service.location.trim()).filter(|place| !place.is_empty());
    if let Some(place) = place {
        text.push_str(&fill(&sentences.place, "place", place.trim_end_matches('.')));
    }
    text.push_str(&sentences.change);
    text
}

fn of_payment(
    sentences: &ReminderSentences,
    number: &str,
    charge: &Charge,
    timezone: &TimeZone,
    language: Language,
) -> String {
    let mut text = fill(&sentences.payment, "number", number);
    text = fill(&text, "amount", &charge.amount.to_string());
    if let Some(end) = charge.expires_at {
        let end = moment(&end.to_zoned(timezone.clone()), language);
        text.push_str(&fill(&sentences.until, "when", &end));
    }
    text.push_str(&sentences.paid);
    let link = charge.link.as_deref().filter(|link| !link.contains(char::is_whitespace));
    if let Some(way) = charge.pix_code.as_deref().or(link) {
        text.push_str("\n\n");
        text.push_str(way.trim());
    }
    text
}
