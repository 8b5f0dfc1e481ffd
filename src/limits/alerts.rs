//! Tells the operator once when something the counter relies on is away, and once when it is back: in the log, as a
//! metric, and to a webhook if one is set. It decides nothing about what is away; how an alert gets to the webhook is
//! `alert_task`.

use super::alert_task::{AlertTask, Webhook};
use super::shelf::{AlertShelf, ShelfAway};
use crate::domain::clock::Clock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, mpsc};

/// So many alerts may wait to be kept; later ones are only logged.
const QUEUE: usize = 64;

/// What the webhook is sent, as JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Alert {
    /// The same if it comes a second time.
    pub id: String,
    /// What happened.
    pub event: AlertEvent,
    /// What it happened to: a model of the chain, a host with its port, a delivery.
    pub subject: String,
    /// For a person: what is known of it, and what to do.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertEvent {
    /// It does not answer any more.
    Down,
    /// It answers again.
    Back,
    /// A message to a customer was given up.
    GivenUp,
    /// A customer waits for a person.
    Waiting,
    /// A lead is in somebody's hands.
    Lead,
    /// A lead was not acknowledged in time, or is in nobody's hands.
    LeadEscalated,
    /// A lead is kept warm.
    LeadNurtured,
}

/// Where alerts are raised.
pub struct Alerts {
    clock: Arc<dyn Clock>,
    down: Mutex<BTreeMap<String, Timestamp>>,
    webhook: Option<Line>,
}

/// The way to the webhook.
struct Line {
    raised: mpsc::Sender<Alert>,
    shelf: Arc<dyn AlertShelf>,
    kept: Arc<Notify>,
}

impl Alerts {
    /// Alerts that are logged and counted.
    pub fn logged(clock: Arc<dyn Clock>) -> Self {
        Self { clock, down: Mutex::default(), webhook: None }
    }

    /// Alerts that are also sent to `webhook`, and wait for it on `shelf`.
    pub fn with_webhook(
        clock: Arc<dyn Clock>,
        webhook: Webhook,
        shelf: Arc<dyn AlertShelf>,
    ) -> (Self, AlertTask) {
        let (raised, alerts) = mpsc::channel(QUEUE);
        let kept = Arc::new(Notify::new());
        let line = Line { raised, shelf: shelf.clone(), kept: kept.clone() };
        let (held, taken) = (Vec::new(), Vec::new());
        let task = AlertTask { alerts, kept, shelf, clock: clock.clone(), webhook, held, taken };
        (Self { clock, down: Mutex::default(), webhook: Some(line) }, task)
    }

    /// `subject` is away. Said once until it is back.
    pub fn down(&self, subject: &str, text: &str) {
        let at = self.clock.now();
        let first = self.known().insert(subject.to_owned(), at).is_none();
        metrics::gauge!("balcao_down", "subject" => subject.to_owned()).set(1.0);
        if first {
            tracing::error!(subject, "{text}");
            self.send(AlertEvent::Down, subject, text, at);
        }
    }

    /// `subject` answers again. Said only if it was away.
    pub fn back(&self, subject: &str) {
        self.over(subject, "answers again");
    }

    /// What was told of `subject` is over; `what` says in which way. Said only if it was told.
    pub fn over(&self, subject: &str, what: &str) {
        let Some(since) = self.known().remove(subject) else { return };
        let at = self.clock.now();
        metrics::gauge!("balcao_down", "subject" => subject.to_owned()).set(0.0);
        let text = format!("{subject} {what} after {} s", at.duration_since(since).as_secs());
        tracing::warn!(subject, "{text}");
        self.send(AlertEvent::Back, subject, &text, at);
    }

    /// A message to a customer was given up.
    pub fn given_up(&self, subject: &str, text: &str) {
        tracing::error!(subject, "{text}");
        self.send(AlertEvent::GivenUp, subject, text, self.clock.now());
    }

    /// A customer waits for a person whom nobody has sent yet.
    pub fn waiting(&self, subject: &str, text: &str) {
        tracing::warn!(subject, "{text}");
        self.send(AlertEvent::Waiting, subject, text, self.clock.now());
    }

    /// Something became of a lead. The text may name a person: it goes to the webhook and not into the log. Once this
    /// returns, no restart loses it; the same `id` again, while it waits, is the same alert.
    ///
    /// # Errors
    /// It could not be kept: whoever tells it has to tell it again.
    pub async fn lead(
        &self,
        id: String,
        event: AlertEvent,
        subject: &str,
        text: &str,
    ) -> Result<(), ShelfAway> {
        if let Some(line) = &self.webhook {
            let (subject, text, at) = (subject.to_owned(), text.to_owned(), self.clock.now());
            line.shelf.keep(&Alert { id, event, subject, text, at }).await?;
            line.kept.notify_one();
        }
        tracing::info!(subject, ?event, "something became of a lead");
        Ok(())
    }

    /// What is away now.
    pub fn known_down(&self) -> Vec<String> {
        self.known().keys().cloned().collect()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Timestamp>> {
        self.down.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, event: AlertEvent, subject: &str, text: &str, at: Timestamp) {
        let Some(line) = &self.webhook else { return };
        let (id, subject, text) = (self.clock.new_id().to_string(), subject.to_owned(), text.to_owned());
        if let Err(refused) = line.raised.try_send(Alert { id, event, subject, text, at }) {
            let alert = refused.into_inner();
            tracing::error!(subject = alert.subject, "too many alerts at once; this one is only in the log");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;
    use crate::limits::net::Allowance;
    use crate::limits::shelf::{KeptAlert, Settled};
    use async_trait::async_trait;
    use std::time::Duration;

    /// Keeps nothing.
    struct NoShelf;

    #[async_trait]
    impl AlertShelf for NoShelf {
        async fn keep(&self, _: &Alert) -> Result<(), ShelfAway> {
            Ok(())
        }

        async fn take(&self, _: Timestamp, _: Timestamp, _: u32) -> Result<Vec<KeptAlert>, ShelfAway> {
            Ok(Vec::new())
        }

        async fn settle(&self, _: &str, _: Settled) -> Result<(), ShelfAway> {
            Ok(())
        }
    }

    #[test]
    fn what_is_away_is_told_once_and_once_that_it_is_back() {
        let clock = Arc::new(ManualClock::at("2026-08-01T12:00:00Z".parse().unwrap()));
        let url = "http://127.0.0.1:9/hook";
        let webhook = Webhook::at(url, &Allowance::Everything).unwrap();
        let (alerts, mut task) = Alerts::with_webhook(clock.clone(), webhook, Arc::new(NoShelf));
        alerts.back("openai:m");
        alerts.down("openai:m", "the model does not answer");
        alerts.down("openai:m", "it still does not");
        assert_eq!(alerts.known_down(), ["openai:m"]);
        clock.advance(Duration::from_secs(90));
        alerts.back("openai:m");
        alerts.back("openai:m");
        let mut sent = Vec::new();
        while let Ok(alert) = task.alerts.try_recv() {
            sent.push((alert.event, alert.text));
        }
        assert_eq!(
            sent,
            [
                (AlertEvent::Down, "the model does not answer".to_owned()),
                (AlertEvent::Back, "openai:m answers again after 90 s".to_owned()),
            ]
        );
        assert!(Webhook::at(url, &Allowance::Hosts(Vec::new())).is_err(), "a private address");
    }
}
