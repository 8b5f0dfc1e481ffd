//! Takes in what other processes notify. What is heard only wakes: the worker claims as ever, and events are read
//! from the log. After every new connection all logs are looked at, for what was missed.

use super::PATIENCE;
use super::follower::Heard;
use super::words::{Payload, Word};
use super::{CHANNEL, heard};
use crate::store::live::LiveHub;
use jiff::{SignedDuration, Timestamp};
use sqlx::Executor;
use sqlx::postgres::{PgListener, PgPool};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// A connection that was silent for so long is asked whether it still lives.
const SILENCE: Duration = Duration::from_secs(20);
/// Waits between attempts to connect: the first, doubled up to the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// The process that accepted a message claims it first, if it has room: its customer listens there, and nobody runs
/// for nothing.
const HEAD_START: SignedDuration = SignedDuration::from_millis(50);

/// The task that listens.
pub(super) struct Listener {
    pub(super) pool: PgPool,
    pub(super) process: u64,
    pub(super) live: Arc<LiveHub>,
    pub(super) follower: mpsc::Sender<Heard>,
}

impl Listener {
    /// Listens until told to stop.
    pub(super) async fn run(self, stop: CancellationToken) {
        let listening = async {
            let mut wait = WAITS.0;
            loop {
                let began = Instant::now();
                if let Err(error) = self.listen().await {
                    tracing::warn!(%error, "other processes are not heard for now; work and logs are polled");
                }
                // One that stood for a while has not failed at once.
                wait = if began.elapsed() > WAITS.1 { WAITS.0 } else { (wait * 2).min(WAITS.1) };
                sleep(wait).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = listening => {}
        }
        // The listener's connection goes back to the pool in a task of its own.
        timeout(PATIENCE, self.pool.close()).await.ok();
    }

    /// Listens on one connection until it breaks.
    async fn listen(&self) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        self.follower.send(Heard::NothingForAWhile).await.ok();
        loop {
            match timeout(SILENCE, listener.try_recv()).await {
                Ok(Ok(Some(notification))) => self.take_in(notification.payload()),
                Ok(Ok(None)) => return Err(sqlx::Error::WorkerCrashed),
                Ok(Err(error)) => return Err(error),
                Err(_) => match timeout(PATIENCE, listener.execute("SELECT 1")).await {
                    Ok(alive) => _ = alive?,
                    Err(_) => return Err(sqlx::Error::PoolTimedOut),
                },
            }
        }
    }

    fn take_in(&self, payload: &str) {
        let Ok(Payload { process, words, .. }) = serde_json::from_str::<Payload>(payload) else {
            // A newer program may say more than this one understands.
            tracing::debug!("a notification was not understood");
            return;
        };
        if process == self.process {
            return;
        }
        for word in words {
            match &word {
                Word::Work { conversation, due_at } => {
                    let due_at = Timestamp::from_millisecond(*due_at).unwrap_or(Timestamp::MIN);
                    self.live.signal_work(*conversation, due_at.saturating_add(HEAD_START).unwrap_or(due_at));
                }
                Word::Delivery => self.live.signal_delivery(),
                Word::Committed { .. } | Word::Delta { .. } | Word::Progress { .. } => {}
            }
            if let Some(heard) = heard(word) {
                // If there is no room, the next look at all logs finds it.
                self.follower.try_send(heard).ok();
            }
        }
    }
}
