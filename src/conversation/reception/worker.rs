//! Works through what was posted: woken when a body is kept, with a slow poll behind it for what another process left.
//! Bodies are claimed, so that several processes share them. News of one person are taken in one behind the other, in
//! the order in which they happened; those of different people side by side.

use super::desk::{Desk, Taken};
use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::address::{UserId, WaId};
use crate::channels::whatsapp::wire::{Person, Update, What, read};
use crate::domain::clock::Clock;
use crate::limits::alerts::Alerts;
use crate::store::error::StoreError;
use crate::store::live::LiveHub;
use crate::store::posts::{Post, PostOutcome, PostStore};
use futures_util::StreamExt;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the store is asked for bodies that nobody signalled.
const POLL: Duration = Duration::from_secs(1);
/// Bodies of one claim, and how long it lasts.
const CLAIM: u32 = 8;
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// People whose news are taken in side by side.
const SIDE_BY_SIDE: usize = 16;
/// The wait before a body is worked through a second time; it doubles.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(5);
/// So many times in vain, and people are told.
const IN_VAIN: u32 = 8;
/// How long bodies are kept: Meta posts them again for seven days.
const KEPT: SignedDuration = SignedDuration::from_hours(8 * 24);
/// How often old ones are looked for, and how many are forgotten at a time.
const SWEEP: Duration = Duration::from_secs(600);
const SWEPT: u32 = 1_000;

/// Works through bodies.
pub struct PostWorker {
    desk: Desk,
    posts: Arc<dyn PostStore>,
    live: Arc<LiveHub>,
    clock: Arc<dyn Clock>,
    alerts: Arc<Alerts>,
}

/// An update and the body it stands in.
struct Item {
    post: usize,
    received_at: Timestamp,
    update: Update,
}

impl PostWorker {
    /// A worker that hands what it reads to `desk`.
    pub fn new(
        desk: Desk,
        posts: Arc<dyn PostStore>,
        live: Arc<LiveHub>,
        clock: Arc<dyn Clock>,
        alerts: Arc<Alerts>,
    ) -> Self {
        Self { desk, posts, live, clock, alerts }
    }

    /// Works until `stop`; what was begun is finished.
    pub async fn run(self, stop: CancellationToken) {
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut sweep = tokio::time::interval(SWEEP);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.live.post() => {}
                _ = poll.tick() => {}
                _ = sweep.tick() => self.sweep().await,
            }
            while !stop.is_cancelled() {
                match self.round().await {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(error = %error, "bodies of WhatsApp could not be worked through");
                        break;
                    }
                }
            }
        }
    }

    async fn sweep(&self) {
        self.desk.parts.files.tidy().await;
        let before = self.clock.now().saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
        match self.posts.sweep(before, SWEPT).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "old bodies of WhatsApp were forgotten"),
            Err(error) => tracing::warn!(error = %error, "old bodies of WhatsApp could not be forgotten"),
        }
    }

    /// Works through the bodies that are due; returns how many there were.
    async fn round(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        let posts = self.posts.claim(CHANNEL, now, until, CLAIM).await?;
        let mut unreadable = BTreeSet::new();
        let mut items = Vec::new();
        for (place, post) in posts.iter().enumerate() {
            match read(&post.body) {
                Ok(updates) => items.extend(updates.into_iter().map(|update| Item {
                    post: place,
                    received_at: post.received_at,
                    update,
                })),
                Err(reason) => {
                    unreadable.insert(place);
                    self.report_unreadable(post, &reason.to_string());
                }
            }
        }
        let failed = self.take_all(items).await;
        for (place, post) in posts.iter().enumerate() {
            let outcome = if unreadable.contains(&place) {
                PostOutcome::Unreadable
            } else if failed.contains(&place) {
                self.again(post)
            } else {
                PostOutcome::Done
            };
            self.posts.settle(post.id, outcome).await?;
        }
        Ok(posts.len())
    }

    fn report_unreadable(&self, post: &Post, reason: &str) {
        metrics::counter!("balcao_inbound_total", "channel" => CHANNEL, "outcome" => "unparsed").increment(1);
        let text = format!("a signed body cannot be read ({reason}); it is kept in the table `posts`");
        self.alerts.waiting(&format!("WhatsApp webhook, body {}", post.id), &text);
    }

    fn again(&self, post: &Post) -> PostOutcome {
        if post.attempts == IN_VAIN {
            let text = "what it holds could not be taken in so far; it is tried again and again";
            self.alerts.waiting(&format!("WhatsApp webhook, body {}", post.id), text);
        }
        let doubled = FIRST_WAIT.saturating_mul(1_i32.checked_shl(post.attempts.min(16)).unwrap_or(i32::MAX));
        let at = self.clock.now().saturating_add(doubled.min(LONGEST_WAIT)).unwrap_or(Timestamp::MAX);
        PostOutcome::Again { at }
    }

    /// Takes everything in; returns the places of the bodies of which something failed.
    async fn take_all(&self, items: Vec<Item>) -> BTreeSet<usize> {
        // Who somebody is now has to be known before their words are taken in, whatever came first.
        let (moves, others): (Vec<Item>, Vec<Item>) =
            items.into_iter().partition(|item| matches!(item.update.what, What::Moved(_)));
        let mut failed = self.take_in_order(moves).await;
        let mut queues: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        for (place, item) in others.into_iter().enumerate() {
            let key = match item.update.person() {
                Some(person) => key(person),
                // Nobody's: in nobody's way.
                None => format!("#{}", place % SIDE_BY_SIDE),
            };
            queues.entry(key).or_default().push(item);
        }
        let mut taken = stream::iter(queues.into_values().map(|queue| self.take_in_order(queue)))
            .buffer_unordered(SIDE_BY_SIDE);
        while let Some(places) = taken.next().await {
            failed.extend(places);
        }
        failed
    }

    /// Takes in what belongs together, oldest first. Behind a failure nothing is taken in: it would be out of order.
    async fn take_in_order(&self, mut items: Vec<Item>) -> BTreeSet<usize> {
        // Equal times stay in the order in which they came.
        items.sort_by_key(|item| item.update.at.unwrap_or(item.received_at));
        let mut failed = BTreeSet::new();
        for item in items {
            if !failed.is_empty() {
                failed.insert(item.post);
                continue;
            }
            match self.desk.take(&item.update, item.received_at).await {
                Ok(Taken::Whole) => {}
                Ok(Taken::NotYet) => {
                    failed.insert(item.post);
                }
                Err(error) => {
                    tracing::warn!(error = %error, "something that WhatsApp told could not be taken in; it is tried again");
                    failed.insert(item.post);
                }
            }
        }
        failed
    }
}

/// Whose news have to stay in order. Who is named by a number in one body and by an id in another is two for that long.
fn key(person: &Person) -> String {
    let user = person.user.as_ref().map(|user: &UserId| user.as_str().to_owned());
    user.or_else(|| person.phone.as_ref().map(WaId::canonical)).unwrap_or_default()
}
