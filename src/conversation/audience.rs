//! The customer, waiting: what a turn shows them before its answer is committed. Nothing here is durable.

use crate::agent::task::{Audience, Task};
use crate::domain::clock::Clock;
use crate::domain::ids::{ConversationId, TurnId};
use crate::domain::turn::Claim;
use crate::store::live::{Live, LiveHub};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The customer, reached through the live hub.
pub(super) struct LiveAudience {
    live: Arc<LiveHub>,
    conversation: ConversationId,
    turn: TurnId,
    asked_at: Option<Timestamp>,
    clock: Arc<dyn Clock>,
    seen: AtomicBool,
}

impl LiveAudience {
    /// The customer of `task`.
    pub(super) fn new(live: Arc<LiveHub>, claim: &Claim, task: &Task, clock: Arc<dyn Clock>) -> Self {
        Self {
            live,
            conversation: claim.conversation,
            turn: claim.turn,
            asked_at: task.answers.first().map(|message| message.created_at),
            clock,
            seen: AtomicBool::new(claim.resumed),
        }
    }

    fn note_first(&self) {
        if !self.seen.swap(true, Ordering::Relaxed)
            && let Some(asked_at) = self.asked_at
        {
            let waited = self.clock.now().duration_since(asked_at).as_secs_f64();
            metrics::histogram!("balcao_first_progress_seconds").record(waited.max(0.0));
        }
    }
}

impl Audience for LiveAudience {
    fn delta(&self, words: &str) {
        self.note_first();
        self.live.publish(self.conversation, Live::Delta { turn: self.turn, text: words.to_owned() });
    }

    fn progress(&self, sentence: &str) {
        self.note_first();
        self.live.publish(self.conversation, Live::Progress { turn: self.turn, text: sentence.to_owned() });
    }
}

/// A customer who was told that the answer comes later: nothing is shown until it is there.
pub(super) struct LateAudience;

impl Audience for LateAudience {
    fn delta(&self, _words: &str) {}

    fn progress(&self, _sentence: &str) {}
}
