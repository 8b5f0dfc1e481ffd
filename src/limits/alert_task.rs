//! Takes alerts to the operator's webhook: each waits on the shelf until the webhook has it, also over a restart, and is
//! given up after a day. An alert may come twice, under the same id; it decides nothing about what is told.

use super::alerts::Alert;
use super::net::{Allowance, client_builder, guard_url};
use super::shelf::{AlertShelf, KeptAlert, Settled, ShelfAway};
use crate::domain::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Url};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

/// The wait before the second try; it doubles, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// How long an alert is tried.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
/// How often it is looked whether another process has left something.
const IDLE: Duration = Duration::from_secs(5);
/// How long one call of the webhook may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a process has to send what it took.
const LEASE: SignedDuration = SignedDuration::from_secs(45);
/// Most alerts of one round: each may take its time, all of them less than the lease.
const LIMIT: u32 = 3;
/// Most alerts that are held while the shelf is away; later ones are only in the log.
const HELD: usize = 256;
/// Name of the webhook among what is away.
const WEBHOOK: &str = "alerts webhook";

/// The operator's webhook.
pub struct Webhook {
    client: Client,
    url: Url,
}

impl Webhook {
    /// The webhook at `url`.
    ///
    /// # Errors
    /// An address that is none, or that must not be called.
    pub fn at(url: &str, allowance: &Allowance) -> anyhow::Result<Self> {
        let url: Url = url.parse()?;
        guard_url(&url, allowance)?;
        Ok(Self { client: client_builder(allowance).timeout(TIMEOUT).build()?, url })
    }

    async fn post(&self, alert: &Alert) -> bool {
        let sent = self.client.post(self.url.clone()).json(alert).send().await;
        sent.is_ok_and(|response| response.status().is_success())
    }
}

/// Calls the webhook; to be run beside the server.
pub struct AlertTask {
    pub(super) alerts: mpsc::Receiver<Alert>,
    pub(super) kept: Arc<Notify>,
    pub(super) shelf: Arc<dyn AlertShelf>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) webhook: Webhook,
    /// What the shelf has not taken yet.
    pub(super) held: Vec<Alert>,
    /// Ids of what was taken from the shelf and is not settled.
    pub(super) taken: Vec<String>,
}

impl AlertTask {
    /// Sends alerts until `stop`; what waits then is kept for the next start.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut wait = Duration::ZERO;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                alert = self.alerts.recv() => match alert {
                    Some(alert) => self.held.push(alert),
                    None => return,
                },
                () = self.kept.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
            wait = tokio::select! {
                () = stop.cancelled() => break,
                wait = self.round() => wait,
            };
        }
        self.take_in().await;
        // What the stop has cut short is due for whoever comes next.
        for id in std::mem::take(&mut self.taken) {
            self.shelf.settle(&id, Settled::Again(self.clock.now())).await.ok();
        }
        if !self.held.is_empty() {
            tracing::error!(count = self.held.len(), "the database is away: alerts are only in the log");
        }
    }

    /// Sends once what is due. Returns how long there is nothing to do, unless something is raised.
    pub async fn round(&mut self) -> Duration {
        self.take_in().await;
        match self.send_due().await {
            Ok(wait) if self.held.is_empty() => wait,
            Ok(_) | Err(_) => FIRST_WAIT,
        }
    }

    /// Puts what was raised on the shelf.
    async fn take_in(&mut self) {
        while let Ok(alert) = self.alerts.try_recv() {
            self.held.push(alert);
        }
        while let Some(alert) = self.held.first() {
            if self.shelf.keep(alert).await.is_err() {
                break;
            }
            self.held.remove(0);
        }
        if self.held.len() > HELD {
            tracing::error!("the database is away: the oldest alerts are only in the log");
            self.held.drain(..self.held.len() - HELD);
        }
    }

    async fn send_due(&mut self) -> Result<Duration, ShelfAway> {
        let now = self.clock.now();
        let until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        let mut wait = IDLE;
        let due = self.shelf.take(now, until, LIMIT).await?;
        let is_all = due.len() < LIMIT as usize;
        self.taken = due.iter().map(|kept| kept.alert.id.clone()).collect();
        for kept in due {
            let settled = self.send(&kept).await;
            if let Settled::Again(at) = settled {
                let left = at.duration_since(self.clock.now());
                wait = wait.min(Duration::try_from(left).unwrap_or(Duration::ZERO));
            }
            self.shelf.settle(&kept.alert.id, settled).await?;
            self.taken.retain(|id| *id != kept.alert.id);
        }
        Ok(if is_all { wait } else { Duration::ZERO })
    }

    async fn send(&self, KeptAlert { alert, attempts }: &KeptAlert) -> Settled {
        let gauge = metrics::gauge!("balcao_down", "subject" => WEBHOOK);
        if self.webhook.post(alert).await {
            gauge.set(0.0);
            return Settled::Done;
        }
        gauge.set(1.0);
        let now = self.clock.now();
        if now.duration_since(alert.at) >= PATIENCE {
            metrics::counter!("balcao_alerts_given_up_total").increment(1);
            tracing::error!(subject = alert.subject, event = ?alert.event,
                "the alert webhook does not answer: this alert was given up and is only in the log");
            return Settled::Done;
        }
        if *attempts == 0 {
            tracing::warn!(subject = alert.subject, "the alert webhook does not answer; it is tried again");
        }
        let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(*attempts)).min(LONGEST_WAIT);
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO);
        Settled::Again(now.saturating_add(wait).unwrap_or(Timestamp::MAX))
    }
}
