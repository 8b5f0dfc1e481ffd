//! Tells the other processes: gathers words and sends them as notifications over a connection of its own. Commits
//! leave as soon as the one before has left; provisional words alone wait a moment for more of them.

use super::PATIENCE;
use super::words::{Batch, Word};
use super::{CHANNEL, QUEUE};
use crate::domain::ids::ConversationId;
use crate::store::live::Live;
use crate::store::postgres::connect::Place;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// How long provisional words wait for more: each notification is a transaction, and wakes every process.
const GATHER: Duration = Duration::from_millis(50);
/// How long it lets a server be that could not be reached.
const PAUSE: Duration = Duration::from_secs(1);

const NOTIFY: &str = "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload";

/// The task that sends.
pub(super) struct Herald {
    place: Place,
    process: u64,
    words: mpsc::Receiver<Word>,
    drafts: mpsc::Receiver<(ConversationId, Live)>,
    connection: Option<PgConnection>,
    /// Not before then is a lost connection made anew.
    paused_until: Instant,
    number: u64,
}

impl Herald {
    pub(super) fn new(
        place: Place,
        process: u64,
        words: mpsc::Receiver<Word>,
        drafts: mpsc::Receiver<(ConversationId, Live)>,
    ) -> Self {
        let paused_until = Instant::now();
        Self { place, process, words, drafts, connection: None, paused_until, number: 0 }
    }

    /// Sends until told to stop; then what waits.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut batch = Batch::default();
        let mut drafts_leave = Instant::now();
        loop {
            let was_empty = batch.is_empty();
            tokio::select! {
                biased;
                // In this order: drafts come before the commit that makes them a message.
                Some((conversation, live)) = self.drafts.recv() => {
                    Word::of(conversation, live).into_iter().for_each(|word| batch.add(word));
                }
                Some(word) = self.words.recv() => batch.add(word),
                () = sleep_until(drafts_leave), if !batch.is_empty() => {}
                () = stop.cancelled() => break,
            }
            if was_empty {
                drafts_leave = Instant::now() + GATHER;
            }
            self.gather(&mut batch);
            if batch.is_urgent || (!batch.is_empty() && Instant::now() >= drafts_leave) {
                self.send(&mut batch).await;
            }
        }
        self.gather(&mut batch);
        self.send(&mut batch).await;
        if let Some(connection) = self.connection {
            timeout(PATIENCE, connection.close()).await.ok();
        }
    }

    /// Whatever else is there already.
    fn gather(&mut self, batch: &mut Batch) {
        for _ in 0..QUEUE {
            match (self.drafts.try_recv(), self.words.try_recv()) {
                (Err(_), Err(_)) => return,
                (draft, word) => {
                    let draft = draft.ok().and_then(|(conversation, live)| Word::of(conversation, live));
                    draft.into_iter().chain(word).for_each(|word| batch.add(word));
                }
            }
        }
    }

    /// Sends what waits, or drops it: others look by themselves before long.
    async fn send(&mut self, batch: &mut Batch) {
        let payloads = batch.take(self.process, &mut self.number);
        if payloads.is_empty() || Instant::now() < self.paused_until {
            return;
        }
        let sent = match timeout(PATIENCE, self.try_send(payloads)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        };
        tracing::warn!(error = %sent, "other processes were not told of what happened; they look by themselves");
        self.connection = None;
        self.paused_until = Instant::now() + PAUSE;
    }

    async fn try_send(&mut self, payloads: Vec<String>) -> Result<(), sqlx::Error> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.place.connect_for_notices().await?),
        };
        sqlx::query(NOTIFY).bind(CHANNEL).bind(payloads).execute(connection).await?;
        Ok(())
    }
}
