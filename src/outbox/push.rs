//! What a channel that is pushed to has to offer, and the words it answers in.

use crate::domain::message::Message;
use crate::limits::backoff::Backoff;
use crate::store::outbox::Delivery;
use async_trait::async_trait;
use std::time::Duration;

/// A message on its way to a customer.
#[derive(Clone, PartialEq, Debug)]
pub struct Parcel {
    /// The delivery; its id is the idempotency key.
    pub delivery: Delivery,
    /// What is delivered.
    pub message: Message,
}

/// How a channel is tried.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Schedule {
    /// The waits between attempts.
    pub backoff: Backoff,
    /// Most attempts, the first included.
    pub attempts: u32,
    /// How long one attempt may take. Behind it nobody knows whether the message was sent.
    pub timeout: Duration,
}

impl Default for Schedule {
    /// Eight attempts over about ten minutes: longer than a vendor's hiccup, shorter than a customer's patience.
    fn default() -> Self {
        Self {
            backoff: Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(300) },
            attempts: 8,
            timeout: Duration::from_secs(20),
        }
    }
}

/// Why a message was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SendError {
    /// It was not sent, and may be later.
    NotNow {
        /// What the channel asked for.
        after: Option<Duration>,
        /// Why, for the operator.
        error: String,
    },
    /// It is not its turn: nothing was tried, and no attempt is counted.
    NotYet {
        /// When to look again.
        after: Duration,
        /// What it waits for, for the operator.
        error: String,
    },
    /// It was not sent and never will be: a number that does not exist, a window that is closed.
    Refused {
        /// Why, for the operator.
        error: String,
    },
    /// Nobody knows whether it was sent.
    InDoubt {
        /// Why, for the operator.
        error: String,
    },
}

/// What became of a send that nobody knows of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It was sent.
    Sent {
        /// The channel's id of the message.
        external_id: String,
    },
    /// It was not.
    NotSent,
    /// The channel will say, or has to be waited for: no look is counted.
    Awaited {
        /// When to look again.
        after: Duration,
    },
    /// The channel cannot say, or not yet.
    Unknown,
}

/// A channel that is pushed to.
#[async_trait]
pub trait Push: Send + Sync {
    /// Its name in conversations and deliveries.
    fn channel(&self) -> &str;

    /// How it is tried.
    fn schedule(&self) -> Schedule {
        Schedule::default()
    }

    /// Sends; returns the channel's id of the message.
    ///
    /// # Errors
    /// [`SendError::InDoubt`] unless it surely was not sent.
    async fn send(&self, parcel: &Parcel) -> Result<String, SendError>;

    /// What became of an earlier send of this very delivery. A channel that cannot look has statuses to wait for.
    async fn fate(&self, _parcel: &Parcel) -> Fate {
        Fate::Unknown
    }
}
