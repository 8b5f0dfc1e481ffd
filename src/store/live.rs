//! What happens in a conversation, as it happens: committed events and provisional words. A reader that falls
//! behind is told so and reads the log instead. Nothing here is durable.

use crate::domain::event::Event;
use crate::domain::ids::{ConversationId, TurnId};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, broadcast};

/// How many items a slow reader may be behind before it has to read the log.
/// Every conversation that is read keeps so many slots, so it is the larger part of what an idle reader costs.
const BACKLOG: usize = 32;

/// Something that just happened.
#[derive(Clone, Debug)]
pub enum Live {
    /// Events were committed, in order. All of one transaction come together.
    Committed(Arc<Vec<Event>>),
    /// Provisional words of an answer.
    Delta {
        /// The turn.
        turn: TurnId,
        /// The words to append.
        text: String,
    },
    /// What the customer may read while waiting.
    Progress {
        /// The turn.
        turn: TurnId,
        /// The sentence.
        text: String,
    },
}

/// Fans out what happens, per conversation, inside this process.
#[derive(Default)]
pub struct LiveHub {
    readers: Mutex<HashMap<ConversationId, broadcast::Sender<Live>>>,
    work: Notify,
    due: Mutex<Vec<(ConversationId, Timestamp)>>,
    deliveries: Notify,
}

impl LiveHub {
    /// Begins to listen to a conversation.
    pub fn subscribe(&self, conversation: ConversationId) -> broadcast::Receiver<Live> {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.entry(conversation).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }

    /// Tells the readers of a conversation. Forgets the conversation when nobody listens any more.
    pub fn publish(&self, conversation: ConversationId, live: Live) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = readers.get(&conversation)
            && sender.send(live).is_err()
        {
            readers.remove(&conversation);
        }
    }

    /// Forgets a conversation unless somebody listens to it; for a reader that leaves.
    pub fn forget_unread(&self, conversation: ConversationId) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.get(&conversation).is_some_and(|sender| sender.receiver_count() == 0) {
            readers.remove(&conversation);
        }
    }

    /// How many conversations somebody listens to.
    pub fn read_conversations(&self) -> usize {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Says that a conversation will be due for a turn at `due_at`.
    pub fn signal_work(&self, conversation: ConversationId, due_at: Timestamp) {
        self.due.lock().unwrap_or_else(PoisonError::into_inner).push((conversation, due_at));
        self.work.notify_one();
    }

    /// Waits until a conversation may be due.
    pub async fn work(&self) {
        self.work.notified().await;
    }

    /// Conversations signalled since the last call.
    pub fn take_signalled(&self) -> Vec<(ConversationId, Timestamp)> {
        std::mem::take(&mut *self.due.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says that a delivery was queued.
    pub fn signal_delivery(&self) {
        self.deliveries.notify_one();
    }

    /// Waits until a delivery was queued.
    pub async fn delivery(&self) {
        self.deliveries.notified().await;
    }
}
