//! What happens in a conversation, as it happens: committed events and provisional words. A reader that falls
//! behind is told so and reads the log instead. Nothing here is durable.

use crate::domain::event::Event;
use crate::domain::ids::{ConversationId, Seq, TurnId};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::{Notify, broadcast, mpsc};

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
    readers: Mutex<HashMap<ConversationId, Channel>>,
    /// Where provisional words go as well: to the other processes of the database, if there can be any.
    beyond: OnceLock<mpsc::Sender<(ConversationId, Live)>>,
    work: Notify,
    due: Mutex<Vec<(ConversationId, Timestamp)>>,
    deliveries: Notify,
    posts: Notify,
    news: Notify,
}

/// A conversation that somebody listens to.
struct Channel {
    sender: broadcast::Sender<Live>,
    /// The newest event its readers were given, where the order has to be watched.
    told: Option<Seq>,
}

/// What became of events that had to go out in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Published {
    /// Readers have them, or nobody listens.
    Whole,
    /// Events between what readers have and these are missing: nothing was given to anybody. Only the log has it all.
    Behind,
}

impl LiveHub {
    /// Begins to listen to a conversation.
    pub fn subscribe(&self, conversation: ConversationId) -> broadcast::Receiver<Live> {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Channel { sender: broadcast::channel(BACKLOG).0, told: None };
        readers.entry(conversation).or_insert_with(new).sender.subscribe()
    }

    /// Tells the readers of a conversation, and of provisional words the other processes too. Forgets the
    /// conversation when nobody listens any more.
    pub fn publish(&self, conversation: ConversationId, live: Live) {
        if let (Some(beyond), Live::Delta { .. } | Live::Progress { .. }) = (self.beyond.get(), &live) {
            // Whoever cannot keep up shows the message without its draft.
            beyond.try_send((conversation, live.clone())).ok();
        }
        self.publish_here(conversation, live);
    }

    /// Tells the readers of a conversation in this process alone.
    pub fn publish_here(&self, conversation: ConversationId, live: Live) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = readers.get(&conversation)
            && channel.sender.send(live).is_err()
        {
            readers.remove(&conversation);
        }
    }

    /// Tells the readers of a conversation of committed events, in the order of the log: for a database that others
    /// write too, and on several connections. What readers have already is left out.
    pub fn publish_in_order(&self, conversation: ConversationId, mut events: Vec<Event>) -> Published {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(channel) = readers.get_mut(&conversation) else { return Published::Whole };
        let told = channel.told;
        events.retain(|event| told.is_none_or(|told| event.seq > told));
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Published::Whole };
        if told.is_some_and(|told| first.seq > told + 1) {
            return Published::Behind;
        }
        channel.told = Some(last.seq);
        if channel.sender.send(Live::Committed(Arc::new(events))).is_err() {
            readers.remove(&conversation);
        }
        Published::Whole
    }

    /// The conversations that somebody listens to, each with the newest event its readers were given in order.
    pub fn listened(&self) -> Vec<(ConversationId, Option<Seq>)> {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.retain(|_, channel| channel.sender.receiver_count() > 0);
        readers.iter().map(|(conversation, channel)| (*conversation, channel.told)).collect()
    }

    /// As [`Self::listened`], of one conversation; `None` if nobody listens.
    pub fn told(&self, conversation: ConversationId) -> Option<Option<Seq>> {
        let readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.get(&conversation).map(|channel| channel.told)
    }

    /// Gives provisional words to `beyond` too from now on. The first call counts.
    pub fn share_with(&self, beyond: mpsc::Sender<(ConversationId, Live)>) {
        self.beyond.set(beyond).ok();
    }

    /// Forgets a conversation unless somebody listens to it; for a reader that leaves.
    pub fn forget_unread(&self, conversation: ConversationId) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.get(&conversation).is_some_and(|channel| channel.sender.receiver_count() == 0) {
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

    /// Says that a body was kept.
    pub fn signal_post(&self) {
        self.posts.notify_one();
    }

    /// Waits until a body was kept.
    pub async fn post(&self) {
        self.posts.notified().await;
    }

    /// A vendor's news were kept.
    pub fn signal_news(&self) {
        self.news.notify_one();
    }

    /// Waits until a vendor's news were kept.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// Waits until a delivery was queued.
    pub async fn delivery(&self) {
        self.deliveries.notified().await;
    }
}
