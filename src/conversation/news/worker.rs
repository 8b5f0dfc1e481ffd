//! Works through what vendors posted: woken when a post is kept, with a slow poll behind it for what another process
//! left. What cannot be looked up now is looked up later; what a process began and did not end, another one does again.

use super::desk::{NewsDesk, NewsError};
use super::post::{CHANNEL, KeptNews};
use crate::store::connectors::{Begun, CallName};
use crate::store::error::StoreError;
use crate::store::posts::{Post, PostOutcome};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the store is asked for posts that nobody signalled.
const POLL: Duration = Duration::from_secs(2);
/// Posts of one claim, and how long it lasts: each is looked up at a vendor that may be slow.
const CLAIM: u32 = 4;
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// The wait before a post is worked through a second time; it doubles.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(2);
/// A store takes no due time further off than [`FARTHEST_DUE`] for one.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(14);
/// So many times in vain, and it is given up: news of a day ago are none.
const IN_VAIN: u32 = 24;
/// How long posts are kept, how often old ones are looked for, and how many are forgotten at a time.
const KEPT: SignedDuration = SignedDuration::from_hours(8 * 24);
const SWEEP: Duration = Duration::from_secs(600);
const SWEPT: u32 = 1_000;
/// How often appointments are compared with calendars that others write into.
const CALENDARS: Duration = Duration::from_secs(300);
/// How often reminders are looked for, most of a claim, and how long it lasts: one that could not be looked up is looked
/// up again behind it.
const REMINDERS: Duration = Duration::from_secs(5);
const REMINDED: u32 = 4;
const REMINDER_LEASE: SignedDuration = SignedDuration::from_mins(3);

/// Works through posts.
pub struct NewsWorker {
    desk: NewsDesk,
}

impl NewsWorker {
    /// A worker that hands what it reads to `desk`.
    pub fn new(desk: NewsDesk) -> Self {
        Self { desk }
    }

    /// Works until `stop`. Where no vendor's system is used, nothing is posted and nobody else writes into a calendar.
    pub async fn run(self: Box<Self>, stop: CancellationToken) {
        let has_systems = !self.desk.connectors.is_empty();
        let live = self.desk.stores.live.clone();
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut sweep = tokio::time::interval(SWEEP);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut calendars = tokio::time::interval(CALENDARS);
        calendars.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut reminders = tokio::time::interval(REMINDERS);
        reminders.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = reminders.tick() => {
                    self.remind(&stop).await;
                    continue;
                }
                _ = calendars.tick(), if has_systems => self.look_into_calendars(&stop).await,
                () = live.news(), if has_systems => {}
                _ = poll.tick(), if has_systems => {}
                _ = sweep.tick(), if has_systems => self.sweep().await,
            }
            loop {
                let round = tokio::select! {
                    () = stop.cancelled() => return,
                    round = self.round() => round,
                };
                match round {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(%error, "posts of connectors could not be worked through");
                        break;
                    }
                }
            }
        }
    }

    async fn sweep(&self) {
        let before = self.desk.clock.now().saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
        if let Err(error) = self.desk.stores.posts.sweep(before, SWEPT).await {
            tracing::warn!(%error, "old posts of connectors could not be forgotten");
        }
    }

    async fn remind(&self, stop: &CancellationToken) {
        let reminded = tokio::select! {
            () = stop.cancelled() => return,
            reminded = self.reminders() => reminded,
        };
        if let Err(error) = reminded {
            tracing::warn!(%error, "reminders could not be looked at");
        }
    }

    /// Tells the reminders that are due; returns how many there were.
    ///
    /// # Errors
    /// The store's.
    pub async fn reminders(&self) -> Result<usize, StoreError> {
        let now = self.desk.clock.now();
        let until = now.saturating_add(REMINDER_LEASE).unwrap_or(Timestamp::MAX);
        let claimed = self.desk.stores.reminders.claim(now, until, REMINDED).await?;
        for (place, reminder) in claimed.iter().enumerate() {
            let outcome = match self.desk.remind(reminder, &claimed[place + 1..]).await {
                Ok(outcome) => outcome,
                // By day; it is looked at again behind the lease.
                Err(NewsError::Early) => continue,
                Err(error) => {
                    tracing::warn!(conversation.id = %reminder.conversation, %error, "a reminder waits for what it is of");
                    continue;
                }
            };
            self.desk.stores.reminders.settle(reminder).await?;
            metrics::counter!("balcao_reminders_total", "record" => reminder.record.as_str(), "outcome" => outcome)
                .increment(1);
        }
        Ok(claimed.len())
    }

    async fn look_into_calendars(&self, stop: &CancellationToken) {
        let looked = tokio::select! {
            () = stop.cancelled() => return,
            looked = self.desk.appointments() => looked,
        };
        if let Err(error) = looked {
            tracing::warn!(%error, "appointments could not be compared with the calendars; it is tried again");
        }
    }

    /// Works through the posts that are due; returns how many there were.
    ///
    /// # Errors
    /// The store's.
    pub async fn round(&self) -> Result<usize, StoreError> {
        let now = self.desk.clock.now();
        let until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        let posts = &self.desk.stores.posts;
        let claimed = posts.claim(CHANNEL, now, until, CLAIM).await?;
        for post in &claimed {
            let outcome = self.work_through(post).await;
            posts.settle(post.id, outcome).await?;
        }
        Ok(claimed.len())
    }

    async fn work_through(&self, post: &Post) -> PostOutcome {
        let Ok(news) = serde_json::from_slice::<KeptNews>(&post.body) else { return PostOutcome::Unreadable };
        match self.once(&news).await {
            Ok(()) => PostOutcome::Done,
            Err(error) if post.attempts >= IN_VAIN => {
                let text = format!("what it reported could not be looked up and is given up: {error}");
                self.desk.alerts.given_up(&format!("connector {}", news.connector), &text);
                PostOutcome::Unreadable
            }
            Err(error) => {
                tracing::warn!(connector = %news.connector, %error, "a report of a vendor's is worked through again");
                let doubled =
                    FIRST_WAIT.saturating_mul(1_i32.checked_shl(post.attempts.min(16)).unwrap_or(i32::MAX));
                let wait = doubled.min(LONGEST_WAIT);
                PostOutcome::Again {
                    at: self.desk.clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX),
                }
            }
        }
    }

    /// Works through a post, unless its event was worked through to the end before.
    async fn once(&self, news: &KeptNews) -> anyhow::Result<()> {
        let store = &self.desk.stores.connectors;
        let event = news.delivery.id.as_ref().map(|id| CallName {
            connector: news.connector.clone(),
            key: id.clone(),
            operation: "webhook".to_owned(),
        });
        if let Some(event) = &event
            && let Begun::Done(_) = store.begin(event, "", self.desk.clock.now()).await?
        {
            return Ok(());
        }
        for named in &news.delivery.named {
            self.desk.take(&news.connector, named).await?;
        }
        if let Some(event) = &event {
            store.finish(event, &Value::Bool(true)).await?;
        }
        Ok(())
    }
}
