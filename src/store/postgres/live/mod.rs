//! What happens, over processes. Readers in this process are told directly, after the commit; the others by NOTIFY
//! (`herald`), and what others notify is taken in (`listener`) and read from the log (`follower`).
//!
//! Notices leave after the commit and many at a time, not inside each transaction: a transaction that notifies holds
//! a lock of the whole server through its commit, so that commits would go to the disk one by one. So a process that
//! dies behind a commit may leave it unsaid, and a full queue drops notices. Nothing rests on them: work is polled by
//! the worker, the log by the follower, deliveries by the time they are due.

mod follower;
mod herald;
mod listener;
pub(super) mod warden;
mod words;

use super::connect::Place;
use crate::domain::event::Event;
use crate::domain::ids::{ConversationId, Seq};
use crate::store::live::{Live, LiveHub, Published};
use follower::{Follower, Heard};
use herald::Herald;
use jiff::Timestamp;
use listener::Listener;
use sqlx::postgres::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use warden::Warden;
use words::Word;

/// The channel of NOTIFY.
const CHANNEL: &str = "balcao";
/// How long the server may say nothing to one of the messengers.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many notices may wait to leave, or to be taken in. More are dropped.
const QUEUE: usize = 8192;

/// Something to tell the world after a commit.
pub(super) enum Notice {
    /// Events of a conversation, in order.
    Appended(ConversationId, Vec<Event>),
    /// A conversation will be due.
    Work(ConversationId, Timestamp),
    /// Something changed in the outbox.
    Delivery,
}

/// Tells what was committed: this process at once, the others soon.
#[derive(Clone)]
pub(super) struct Announcer {
    live: Arc<LiveHub>,
    /// The name of this process.
    process: Arc<str>,
    herald: mpsc::Sender<Word>,
    follower: mpsc::Sender<Heard>,
}

impl Announcer {
    /// The name that this process's claims bear.
    pub(super) fn process(&self) -> &str {
        &self.process
    }

    /// Tells everything, in order.
    pub(super) fn announce(&self, notices: Vec<Notice>) {
        for notice in notices {
            let word = match notice {
                Notice::Appended(conversation, events) => self.appended(conversation, events),
                Notice::Work(conversation, due_at) => {
                    self.live.signal_work(conversation, due_at);
                    Some(Word::Work { conversation, due_at: due_at.as_millisecond() })
                }
                Notice::Delivery => {
                    self.live.signal_delivery();
                    Some(Word::Delivery)
                }
            };
            if let Some(word) = word
                && self.herald.try_send(word).is_err()
            {
                tracing::debug!("a notice to the other processes was dropped");
            }
        }
    }

    fn appended(&self, conversation: ConversationId, events: Vec<Event>) -> Option<Word> {
        let seq: Seq = events.last()?.seq;
        match self.live.publish_in_order(conversation, events) {
            Published::Whole => {}
            Published::Behind => {
                // Another connection's events come first. If there is no room, the next look at all logs finds them.
                self.follower.try_send(Heard::Committed { conversation, seq }).ok();
            }
        }
        Some(Word::Committed { conversation, seq })
    }
}

/// The tasks that carry notices to and fro.
pub(super) struct Messengers {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Messengers {
    /// Sends them off.
    pub(super) fn start(place: &Place, pool: &PgPool, live: &Arc<LiveHub>) -> (Announcer, Self) {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        // Tells this process's own notices from others'.
        let process: u64 = rand::random();
        let (herald, words) = mpsc::channel(QUEUE);
        let (follower, heard) = mpsc::channel(QUEUE);
        let (beyond, drafts) = mpsc::channel(QUEUE);
        live.share_with(beyond);
        tasks.spawn(Herald::new(place.clone(), process, words, drafts).run(stop.clone()));
        tasks.spawn(Follower::new(pool.clone(), Arc::clone(live), heard).run(stop.clone()));
        let listener = Listener {
            pool: place.listening_pool(&warden::name(process)),
            process,
            live: Arc::clone(live),
            follower: follower.clone(),
        };
        tasks.spawn(listener.run(stop.clone()));
        tasks.spawn(Warden { pool: pool.clone(), live: Arc::clone(live) }.run(stop.clone()));
        tasks.close();
        let process = warden::name(process).into();
        (Announcer { live: Arc::clone(live), process, herald, follower }, Self { tasks, stop })
    }

    /// Calls them back; what waits to leave still leaves.
    pub(super) async fn stop(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

/// What the follower does with words of another process, apart from what the hub is told at once.
fn heard(word: Word) -> Option<Heard> {
    match word {
        Word::Committed { conversation, seq } => Some(Heard::Committed { conversation, seq }),
        Word::Delta { conversation, turn, text } => {
            Some(Heard::Provisional(conversation, Live::Delta { turn, text }))
        }
        Word::Progress { conversation, turn, text } => {
            Some(Heard::Provisional(conversation, Live::Progress { turn, text }))
        }
        Word::Work { .. } | Word::Delivery => None,
    }
}
