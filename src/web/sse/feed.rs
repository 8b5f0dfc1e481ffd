//! One reader's event stream: listens first, then reads the log from where the reader stopped, then passes on what
//! happens. A reader that falls behind reads the log again. It only reads; it never waits for a slow reader, the
//! reader's socket does.

use super::places::StreamPlace;
use super::projection;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ConversationId, Seq, TurnId};
use crate::store::error::StoreError;
use crate::store::live::{Live, LiveHub};
use crate::web::state::SharedState;
use futures_util::Stream;
use futures_util::stream;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// How many events are read from the log at a time.
const PAGE: u32 = 200;
/// A chunk of this many bytes is sent before more is gathered.
const CHUNK: usize = 16 * 1024;
/// Said first: how soon a browser that was cut off comes back, in milliseconds.
const OPENING: &str = "retry: 2000\n\n";
const HEARTBEAT: &str = ": alive\n\n";

/// Where a reader wants to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor(Seq);

impl Cursor {
    /// Behind `asked`; what is no place of the log counts as its beginning or its end.
    pub fn behind(asked: Seq, last: Seq) -> Self {
        Self(asked.clamp(0, last.max(0)))
    }
}

/// One reader's stream.
struct Feed {
    state: SharedState,
    conversation: ConversationId,
    subscription: Subscription,
    /// The newest event the reader has.
    cursor: Seq,
    /// The newest turn known to be finished: provisional words of it come too late.
    finished: Option<TurnId>,
    phase: Phase,
    heartbeat: Interval,
    _place: StreamPlace,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opening,
    Replay,
    Live,
}

/// A stream of chunks for one reader, to be sent as `text/event-stream`. `cursor` is asked after listening began,
/// so that nothing falls between the log and what is live.
///
/// # Errors
/// If the store cannot be asked, or has no such conversation.
pub async fn open(
    state: SharedState,
    conversation: ConversationId,
    asked: Option<Seq>,
    place: StreamPlace,
) -> Result<impl Stream<Item = Result<String, StoreError>> + Send + 'static, StoreError> {
    let subscription = Subscription::new(Arc::clone(&state.parts.stores.live), conversation);
    let last = match asked {
        // Everything is wanted: no need to know where the end is.
        None => 0,
        Some(_) => {
            state.parts.stores.conversations.get(conversation).await?.ok_or(StoreError::NotFound)?.last_seq
        }
    };
    let Cursor(cursor) = Cursor::behind(asked.unwrap_or(0), last);
    let period = state.parts.settings.heartbeat();
    let mut heartbeat = interval_at(Instant::now() + period, period);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let feed = Feed {
        state,
        conversation,
        subscription,
        cursor,
        finished: None,
        phase: Phase::Opening,
        heartbeat,
        _place: place,
    };
    Ok(stream::unfold(feed, |mut feed| async move {
        let chunk = feed.next().await.transpose()?;
        Some((chunk, feed))
    }))
}

impl Feed {
    /// The next chunk; `None` when the program stops.
    async fn next(&mut self) -> Result<Option<String>, StoreError> {
        loop {
            let chunk = match self.phase {
                Phase::Opening => {
                    self.phase = Phase::Replay;
                    OPENING.to_owned()
                }
                Phase::Replay => self.replay().await?,
                Phase::Live => match self.live().await {
                    Some(chunk) => chunk,
                    None => return Ok(None),
                },
            };
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
    }

    async fn replay(&mut self) -> Result<String, StoreError> {
        let events =
            self.state.parts.stores.conversations.events(self.conversation, self.cursor, PAGE).await?;
        if events.len() < PAGE as usize {
            self.phase = Phase::Live;
        }
        let mut chunk = String::new();
        for event in &events {
            self.pass_on(event, &mut chunk);
        }
        Ok(chunk)
    }

    async fn live(&mut self) -> Option<String> {
        let first = tokio::select! {
            biased;
            () = self.state.parts.shutdown.cancelled() => return None,
            received = self.subscription.receiver.recv() => received,
            _ = self.heartbeat.tick() => return Some(HEARTBEAT.to_owned()),
        };
        let mut chunk = String::new();
        match first {
            Ok(live) => self.take(&live, &mut chunk),
            Err(RecvError::Lagged(_)) => self.phase = Phase::Replay,
            Err(RecvError::Closed) => return None,
        }
        // Whatever else is there already leaves in the same write.
        while self.phase == Phase::Live && chunk.len() < CHUNK {
            match self.subscription.receiver.try_recv() {
                Ok(live) => self.take(&live, &mut chunk),
                Err(TryRecvError::Lagged(_)) => self.phase = Phase::Replay,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        self.heartbeat.reset();
        Some(chunk)
    }

    fn take(&mut self, live: &Live, chunk: &mut String) {
        match live {
            Live::Committed(events) => {
                for event in events.iter() {
                    if event.seq > self.cursor + 1 {
                        // Another process wrote in between: only the log has it all.
                        self.phase = Phase::Replay;
                        return;
                    }
                    if event.seq > self.cursor {
                        self.pass_on(event, chunk);
                    } else {
                        self.note_end_of_turn(event);
                    }
                }
            }
            Live::Delta { turn, .. } | Live::Progress { turn, .. } => {
                // Spoken before the end of a turn that the log already told: the draft must not come back.
                if self.finished.is_none_or(|finished| *turn > finished) {
                    projection::write_provisional(live, chunk);
                }
            }
        }
    }

    fn pass_on(&mut self, event: &Event, chunk: &mut String) {
        projection::write_event(event, chunk);
        self.note_end_of_turn(event);
        self.cursor = event.seq;
    }

    fn note_end_of_turn(&mut self, event: &Event) {
        if matches!(event.body, EventBody::TurnFinished { .. }) {
            self.finished = self.finished.max(event.turn);
        }
    }
}

/// A listener at the live hub. Fields are dropped in order: the hub is told when the receiver is gone already.
struct Subscription {
    receiver: Receiver<Live>,
    _leave: Leave,
}

impl Subscription {
    fn new(hub: Arc<LiveHub>, conversation: ConversationId) -> Self {
        Self { receiver: hub.subscribe(conversation), _leave: Leave { hub, conversation } }
    }
}

/// Tells the hub that a listener is gone, so that a conversation nobody reads costs nothing.
struct Leave {
    hub: Arc<LiveHub>,
    conversation: ConversationId,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.hub.forget_unread(self.conversation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_never_leaves_the_log() {
        for (asked, last, expected) in
            [(0, 9, 0), (5, 9, 5), (9, 9, 9), (10, 9, 9), (i64::MAX, 9, 9), (-4, 9, 0), (3, 0, 0)]
        {
            assert_eq!(Cursor::behind(asked, last).0, expected);
        }
    }
}
