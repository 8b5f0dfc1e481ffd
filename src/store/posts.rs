//! Bodies that channels posted to webhooks, kept as they came until they are worked through. What stands in them is
//! the channel's business.

use super::error::StoreError;
use crate::domain::ids::PostId;
use async_trait::async_trait;
use jiff::Timestamp;

/// A body to keep.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPost {
    /// Its id. Bodies are worked through in the order of their ids.
    pub id: PostId,
    /// Name of the channel.
    pub channel: String,
    /// The bytes.
    pub body: Vec<u8>,
    /// When it came.
    pub received_at: Timestamp,
}

/// A body that somebody is to work through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Post {
    /// Its id.
    pub id: PostId,
    /// The bytes.
    pub body: Vec<u8>,
    /// When it came.
    pub received_at: Timestamp,
    /// How often it was begun before.
    pub attempts: u32,
}

/// What became of a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PostOutcome {
    /// Everything in it was taken in.
    Done,
    /// Nobody can read it, now or later.
    Unreadable,
    /// It is to be worked through again.
    Again {
        /// When.
        at: Timestamp,
    },
}

/// How many bodies there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PostCounts {
    /// Not worked through yet.
    pub waiting: u64,
    /// Worked through.
    pub done: u64,
    /// Not readable.
    pub unreadable: u64,
}

/// The bodies.
#[async_trait]
pub trait PostStore: Send + Sync {
    /// Keeps a body, to be worked through. When this returns it is durable.
    async fn keep(&self, post: NewPost) -> Result<(), StoreError>;

    /// Claims bodies of `channel` that are due, at most `limit`, oldest first. A claim runs out at `lease_until`. A due
    /// time further off than [`super::turns::FARTHEST_DUE`] was written before the clock was set back: it has come.
    async fn claim(
        &self,
        channel: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Post>, StoreError>;

    /// Whether a body of `channel` came at `since` or later: its service can reach us.
    async fn came_since(&self, channel: &str, since: Timestamp) -> Result<bool, StoreError>;

    /// Records what became of a body.
    async fn settle(&self, id: PostId, outcome: PostOutcome) -> Result<(), StoreError>;

    /// Lets every claim run out now. Only for a process that knows that no other one works on this database.
    async fn expire_claims(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Forgets at most `limit` bodies that came before `before` and do not wait. Returns how many there were.
    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// How many bodies of `channel` there are.
    async fn counts(&self, channel: &str) -> Result<PostCounts, StoreError>;
}
