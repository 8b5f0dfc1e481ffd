//! Finds conversations that are due and does their turns, many at a time. Woken by the live hub; a slow poll behind
//! it takes up what a crashed process left.

use super::turn::TurnRunner;
use crate::domain::ids::ConversationId;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the store is asked for work that nobody signalled.
const POLL: Duration = Duration::from_millis(1000);
/// Most conversations taken from one poll.
const POLL_LIMIT: u32 = 512;

/// The loop over due conversations.
pub struct Worker {
    runner: Arc<TurnRunner>,
    stop: CancellationToken,
    turns: TaskTracker,
    places: Arc<Semaphore>,
    due: BinaryHeap<Reverse<(Timestamp, ConversationId)>>,
    /// The due time that counts: a later message of a burst moves it.
    latest: HashMap<ConversationId, Timestamp>,
}

impl Worker {
    /// A worker that stops on `stop`.
    pub fn new(runner: Arc<TurnRunner>, stop: CancellationToken) -> Self {
        let places = Arc::new(Semaphore::new(runner.settings.max_live));
        Self {
            runner,
            stop,
            turns: TaskTracker::new(),
            places,
            due: BinaryHeap::new(),
            latest: HashMap::new(),
        }
    }

    /// Works until stopped; then waits for the turns that still run.
    pub async fn run(mut self) {
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let live = self.runner.stores.live.clone();
        loop {
            let wait = self.until_next();
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = live.work() => {
                    for (conversation, at) in live.take_signalled() {
                        self.schedule(conversation, at);
                    }
                }
                () = tokio::time::sleep(wait.unwrap_or(POLL)), if wait.is_some() => {}
                _ = poll.tick() => self.poll().await,
            }
            self.start_due();
        }
        self.turns.close();
        self.turns.wait().await;
    }

    async fn poll(&mut self) {
        let now = self.runner.clock.now();
        match self.runner.stores.turns.due(now, POLL_LIMIT).await {
            Ok(conversations) => {
                conversations.into_iter().for_each(|conversation| self.schedule(conversation, now))
            }
            Err(error) => tracing::warn!(error = %error, "the store could not be asked for work"),
        }
    }

    fn schedule(&mut self, conversation: ConversationId, at: Timestamp) {
        self.latest.insert(conversation, at);
        self.due.push(Reverse((at, conversation)));
    }

    /// How long until the next scheduled conversation is due.
    fn until_next(&self) -> Option<Duration> {
        let Reverse((at, _)) = self.due.peek()?;
        let wait = at.duration_since(self.runner.clock.now());
        // Timers tick in milliseconds; a little late is on time, a little early is a claim for nothing.
        Some(Duration::try_from(wait).unwrap_or(Duration::ZERO) + Duration::from_millis(1))
    }

    fn start_due(&mut self) {
        let now = self.runner.clock.now();
        while let Some(Reverse((at, conversation))) = self.due.peek().copied() {
            if at > now {
                break;
            }
            if self.latest.get(&conversation) != Some(&at) {
                self.due.pop();
                continue;
            }
            // No free place: it stays on the heap, and a finished turn wakes the loop.
            let Ok(place) = self.places.clone().try_acquire_owned() else { break };
            self.due.pop();
            self.latest.remove(&conversation);
            let runner = self.runner.clone();
            let stop = self.stop.clone();
            self.turns.spawn(async move {
                runner.work(conversation, &stop).await;
                drop(place);
            });
        }
    }
}
