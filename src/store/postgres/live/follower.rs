//! Reads what others committed and gives it to the readers of this process, in the order of the log. Only for
//! conversations that somebody here listens to. Now and then it looks whether any of their logs has gone on unheard.

use super::PATIENCE;
use crate::domain::event::Event;
use crate::domain::ids::{ConversationId, Seq};
use crate::store::error::StoreError;
use crate::store::live::{Live, LiveHub, Published};
use crate::store::postgres::database::connected;
use crate::store::postgres::rows::{Columns, event};
use crate::store::postgres::scripts;
use crate::store::sql;
use crate::store::sql::values::blob;
use sqlx::postgres::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often every log that is listened to is looked at: how late a reader is at most when a notice got lost.
const LOOK: Duration = Duration::from_secs(5);
/// How many events are read at a time.
const PAGE: i64 = 200;

/// What the follower is told.
pub(super) enum Heard {
    /// The log of a conversation goes up to `seq`.
    Committed { conversation: ConversationId, seq: Seq },
    /// Provisional words of another process.
    Provisional(ConversationId, Live),
    /// Notices may have got lost.
    NothingForAWhile,
}

/// The task that reads.
pub(super) struct Follower {
    pool: PgPool,
    live: Arc<LiveHub>,
    heard: mpsc::Receiver<Heard>,
}

impl Follower {
    pub(super) fn new(pool: PgPool, live: Arc<LiveHub>, heard: mpsc::Receiver<Heard>) -> Self {
        Self { pool, live, heard }
    }

    /// Follows until told to stop.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let heard = tokio::select! {
                () = stop.cancelled() => return,
                Some(heard) = self.heard.recv() => heard,
                _ = look.tick() => Heard::NothingForAWhile,
            };
            let followed = match heard {
                Heard::Committed { conversation, seq } => self.follow(conversation, seq).await,
                Heard::Provisional(conversation, live) => {
                    self.live.publish_here(conversation, live);
                    Ok(())
                }
                Heard::NothingForAWhile => self.look_at_all().await,
            };
            if let Err(error) = followed {
                tracing::debug!(%error, "a log could not be read; it is looked at again soon");
            }
        }
    }

    /// Gives the readers of a conversation everything up to `seq`, at least.
    async fn follow(&self, conversation: ConversationId, seq: Seq) -> Result<(), StoreError> {
        loop {
            let Some(told) = self.live.told(conversation) else { return Ok(()) };
            // Who listens since just now has read the log; one event tells them whether that was all of it.
            let after = told.unwrap_or(seq - 1);
            if after >= seq {
                return Ok(());
            }
            let events = self.events(conversation, after).await?;
            if events.is_empty() {
                return Ok(());
            }
            if self.live.publish_in_order(conversation, events) == Published::Behind {
                // Somebody began to listen anew meanwhile, and was told more than this.
                return Ok(());
            }
        }
    }

    async fn look_at_all(&self) -> Result<(), StoreError> {
        let listened = self.live.listened();
        if listened.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = listened.iter().map(|(conversation, _)| blob(conversation.0)).collect();
        let ends = connected(&self.pool, PATIENCE).await?.rows(sqlx::query(scripts::ENDS).bind(ids)).await?;
        for row in &ends {
            let mut columns = Columns::of(row);
            let (conversation, end) = (ConversationId(columns.id()?), columns.value()?);
            if end > 0 {
                self.follow(conversation, end).await?;
            }
        }
        Ok(())
    }

    async fn events(&self, conversation: ConversationId, after: Seq) -> Result<Vec<Event>, StoreError> {
        let statement =
            sqlx::query(sql::conversations::EVENTS).bind(blob(conversation.0)).bind(after).bind(PAGE);
        connected(&self.pool, PATIENCE).await?.rows(statement).await?.iter().map(event).collect()
    }
}
