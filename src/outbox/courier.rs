//! Takes deliveries out of the outbox and to their channels. A send whose fate is unknown is looked into, never
//! repeated; what cannot be delivered is kept for the operator, who is told.

use super::push::{Fate, Parcel, Push, Schedule, SendError};
use crate::domain::clock::Clock;
use crate::limits::alerts::Alerts;
use crate::store::Stores;
use crate::store::error::StoreError;
use crate::store::outbox::{Delivery, DeliveryOutcome};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Deliveries under way at once.
const AT_ONCE: u32 = 64;
/// How often the outbox is looked at when nothing was signalled.
const POLL: Duration = Duration::from_secs(1);
/// A claim outlives an attempt by so much, so that its outcome can be written down.
const MARGIN: Duration = Duration::from_secs(30);
/// How often a send in doubt is looked into before it is given up.
const LOOKS: u32 = 6;
/// How often an outcome is written while the database is away; then the claim runs out and the send is in doubt.
const WRITES: u32 = 6;

/// The courier.
pub struct Courier {
    stores: Stores,
    channels: HashMap<String, Arc<dyn Push>>,
    clock: Arc<dyn Clock>,
    alerts: Arc<Alerts>,
}

impl Courier {
    /// A courier to `channels`.
    pub fn new(
        stores: Stores,
        channels: Vec<Arc<dyn Push>>,
        clock: Arc<dyn Clock>,
        alerts: Arc<Alerts>,
    ) -> Self {
        let channels = channels.into_iter().map(|channel| (channel.channel().to_owned(), channel)).collect();
        Self { stores, channels, clock, alerts }
    }

    /// Delivers until stopped. What is under way then is brought to its end. A channel that is slow holds up its own
    /// conversations and no others, as long as there is room for both.
    pub async fn run(self, stop: CancellationToken) {
        let courier = Arc::new(self);
        let live = courier.stores.live.clone();
        let mut under_way = JoinSet::new();
        while !stop.is_cancelled() {
            let room = AT_ONCE.saturating_sub(u32::try_from(under_way.len()).unwrap_or(AT_ONCE));
            let taken = match room {
                0 => Ok(0),
                room => courier.clone().take(room, &mut under_way).await,
            };
            if let Err(error) = taken {
                tracing::warn!(error = %error, "the outbox could not be asked for deliveries");
            }
            let wait = courier.until_next().await;
            tokio::select! {
                () = stop.cancelled() => {}
                // What waited behind it in its conversation may leave now.
                Some(_) = under_way.join_next() => {}
                () = live.delivery(), if room > 0 => {}
                () = tokio::time::sleep(wait), if room > 0 => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    /// Delivers everything that is due now; returns how many deliveries were tried.
    ///
    /// # Errors
    /// If the outbox cannot be asked. What came of each delivery is in the store.
    pub async fn round(self: Arc<Self>) -> Result<usize, StoreError> {
        let mut under_way = JoinSet::new();
        let taken = self.take(AT_ONCE, &mut under_way).await?;
        while under_way.join_next().await.is_some() {}
        Ok(taken)
    }

    /// Sets out with up to `room` deliveries that are due.
    async fn take(self: Arc<Self>, room: u32, under_way: &mut JoinSet<()>) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let longest = self.channels.values().map(|channel| channel.schedule().timeout).max();
        let lease = later(now, longest.unwrap_or_default() + MARGIN);
        let deliveries = self.stores.outbox.claim(now, lease, room).await?;
        let taken = deliveries.len();
        for delivery in deliveries {
            let courier = self.clone();
            under_way.spawn(async move { courier.deliver(delivery).await });
        }
        Ok(taken)
    }

    async fn until_next(&self) -> Duration {
        match self.stores.outbox.next_due().await {
            Ok(Some(due)) => {
                Duration::try_from(due.duration_since(self.clock.now())).unwrap_or(Duration::ZERO).min(POLL)
            }
            Ok(None) | Err(_) => POLL,
        }
    }

    async fn deliver(&self, delivery: Delivery) {
        let (id, channel) = (delivery.id, delivery.channel.clone());
        let outcome = self.outcome(delivery).await;
        let label = match &outcome {
            DeliveryOutcome::Accepted { .. } => "accepted",
            DeliveryOutcome::Retry { .. } => "retry",
            DeliveryOutcome::Deferred { .. } => "deferred",
            DeliveryOutcome::InDoubt { .. } => "in_doubt",
            DeliveryOutcome::Dead { error } => {
                let text = format!("a message to a customer was given up: {error}. See /api/v1/outbox/dead");
                self.alerts.given_up(&format!("{channel} {id}"), &text);
                "dead"
            }
        };
        metrics::counter!("balcao_deliveries_total", "channel" => channel, "outcome" => label).increment(1);
        for attempt in 1..=WRITES {
            match self.stores.outbox.settle(id, outcome.clone(), self.clock.now()).await {
                Ok(()) => return,
                Err(StoreError::Unavailable(_)) if attempt < WRITES => {
                    tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
                }
                Err(error) => {
                    tracing::error!(delivery.id = %id, error = %error, "what came of a delivery could not be written down");
                    return;
                }
            }
        }
    }

    /// One attempt.
    async fn outcome(&self, delivery: Delivery) -> DeliveryOutcome {
        let Some(channel) = self.channels.get(&delivery.channel) else {
            return dead(format!("the channel `{}` is not set up", delivery.channel));
        };
        let schedule = channel.schedule();
        let message = match self.stores.outbox.message(&delivery).await {
            Ok(Some(message)) => message,
            Ok(None) => return dead("its message is not in the log".to_owned()),
            Err(error) => return self.again(&delivery, schedule, None, error.to_string()),
        };
        let parcel = Parcel { delivery, message };
        if parcel.delivery.in_doubt {
            let looked = tokio::time::timeout(schedule.timeout, channel.fate(&parcel)).await;
            match looked.unwrap_or(Fate::Unknown) {
                Fate::Sent { external_id } => return DeliveryOutcome::Accepted { external_id },
                Fate::NotSent => {}
                Fate::Awaited { after } => {
                    let error = "whether it was sent is waited for".to_owned();
                    return DeliveryOutcome::Deferred { at: later(self.clock.now(), after), error };
                }
                Fate::Unknown => {
                    let error = "nobody knows whether it was sent".to_owned();
                    return self.in_doubt(&parcel.delivery, schedule, error);
                }
            }
        }
        match tokio::time::timeout(schedule.timeout, channel.send(&parcel)).await {
            Ok(Ok(external_id)) => DeliveryOutcome::Accepted { external_id },
            Ok(Err(SendError::NotNow { after, error })) => {
                self.again(&parcel.delivery, schedule, after, error)
            }
            Ok(Err(SendError::NotYet { after, error })) => {
                DeliveryOutcome::Deferred { at: later(self.clock.now(), after), error }
            }
            Ok(Err(SendError::Refused { error })) => dead(error),
            Ok(Err(SendError::InDoubt { error })) => self.in_doubt(&parcel.delivery, schedule, error),
            Err(_) => {
                self.in_doubt(&parcel.delivery, schedule, "the channel did not answer in time".to_owned())
            }
        }
    }

    fn again(
        &self,
        delivery: &Delivery,
        schedule: Schedule,
        after: Option<Duration>,
        error: String,
    ) -> DeliveryOutcome {
        let attempt = delivery.attempts + 1;
        if attempt >= schedule.attempts {
            return dead(format!("{error} (after {attempt} attempts)"));
        }
        let wait = schedule.backoff.wait(attempt + 1, self.clock.random());
        // Nobody waits for hours: the customer would have gone, and the operator is told instead.
        let asked = after.unwrap_or_default();
        if asked > schedule.backoff.longest {
            return dead(format!("{error} (the channel asks for {} s of patience)", asked.as_secs()));
        }
        DeliveryOutcome::Retry { at: later(self.clock.now(), wait.max(asked)), error }
    }

    fn in_doubt(&self, delivery: &Delivery, schedule: Schedule, error: String) -> DeliveryOutcome {
        let look = delivery.attempts + 1;
        if look >= LOOKS.max(schedule.attempts) {
            return dead(format!(
                "{error}; it was not sent again, so that the customer does not get it twice: replay it if they did not \
                 get it"
            ));
        }
        let wait = schedule.backoff.wait(look + 1, self.clock.random());
        DeliveryOutcome::InDoubt { at: later(self.clock.now(), wait), error }
    }
}

fn dead(error: String) -> DeliveryOutcome {
    DeliveryOutcome::Dead { error }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX))
        .unwrap_or(Timestamp::MAX)
}
