//! Tells the operator once when something the counter relies on is away, and once when it is back: in the log, as a
//! metric, and to a webhook if one is set. It decides nothing about what is away.

use super::net::{Allowance, client_builder, guard_url};
use crate::domain::clock::Clock;
use jiff::Timestamp;
use reqwest::{Client, Url};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// So many alerts may wait for the webhook; later ones are only logged.
const QUEUE: usize = 64;
/// How often the webhook is tried, and the wait before the second time; it doubles.
const ATTEMPTS: u32 = 4;
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// How long one call of the webhook may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What the webhook is sent, as JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Alert {
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
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
    webhook: Option<mpsc::Sender<Alert>>,
}

/// Calls the webhook; to be run beside the server.
pub struct AlertTask {
    alerts: mpsc::Receiver<Alert>,
    client: Client,
    url: Url,
}

impl Alerts {
    /// Alerts that are logged and counted.
    pub fn logged(clock: Arc<dyn Clock>) -> Self {
        Self { clock, down: Mutex::default(), webhook: None }
    }

    /// Alerts that are also sent to `url`.
    ///
    /// # Errors
    /// An address that is none, or that must not be called.
    pub fn with_webhook(
        clock: Arc<dyn Clock>,
        url: &str,
        allowance: &Allowance,
    ) -> anyhow::Result<(Self, AlertTask)> {
        let url: Url = url.parse()?;
        guard_url(&url, allowance)?;
        let client = client_builder(allowance).timeout(TIMEOUT).build()?;
        let (sender, alerts) = mpsc::channel(QUEUE);
        let raised = Self { clock, down: Mutex::default(), webhook: Some(sender) };
        Ok((raised, AlertTask { alerts, client, url }))
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
        let Some(since) = self.known().remove(subject) else { return };
        let at = self.clock.now();
        metrics::gauge!("balcao_down", "subject" => subject.to_owned()).set(0.0);
        let text = format!("{subject} answers again after {} s", at.duration_since(since).as_secs());
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

    /// Something became of a lead. The text may name a person: it goes to the webhook and not into the log.
    pub fn lead(&self, event: AlertEvent, subject: &str, text: &str) {
        tracing::info!(subject, ?event, "something became of a lead");
        self.send(event, subject, text, self.clock.now());
    }

    /// What is away now.
    pub fn known_down(&self) -> Vec<String> {
        self.known().keys().cloned().collect()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Timestamp>> {
        self.down.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, event: AlertEvent, subject: &str, text: &str, at: Timestamp) {
        let Some(webhook) = &self.webhook else { return };
        let alert = Alert { event, subject: subject.to_owned(), text: text.to_owned(), at };
        if webhook.try_send(alert).is_err() {
            tracing::error!(subject, "the alert webhook is too slow; this alert is only in the log");
        }
    }
}

impl AlertTask {
    /// Sends alerts in order until `stop`; what waits then is sent once more without patience.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let alert = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                alert = self.alerts.recv() => alert,
            };
            let Some(alert) = alert else { return };
            let mut wait = FIRST_WAIT;
            for attempt in 1..=ATTEMPTS {
                if self.post(&alert).await {
                    break;
                }
                if attempt == ATTEMPTS {
                    tracing::error!("the alert webhook does not answer; an alert is only in the log");
                } else {
                    tokio::select! {
                        () = stop.cancelled() => break,
                        () = tokio::time::sleep(wait) => wait *= 2,
                    }
                }
            }
        }
        while let Ok(alert) = self.alerts.try_recv() {
            self.post(&alert).await;
        }
    }

    async fn post(&self, alert: &Alert) -> bool {
        let sent = self.client.post(self.url.clone()).json(alert).send().await;
        sent.is_ok_and(|response| response.status().is_success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;

    #[test]
    fn what_is_away_is_told_once_and_once_that_it_is_back() {
        let clock = Arc::new(ManualClock::at("2026-08-01T12:00:00Z".parse().unwrap()));
        let url = "http://127.0.0.1:9/hook";
        let (alerts, mut task) = Alerts::with_webhook(clock.clone(), url, &Allowance::Everything).unwrap();
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
        assert!(
            Alerts::with_webhook(clock, url, &Allowance::Hosts(Vec::new())).is_err(),
            "a private address"
        );
    }
}
