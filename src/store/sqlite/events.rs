//! Events on their way into the log: written as JSON before the writer is asked, so that it only binds, and made
//! whole again, with their place, for the readers that wait.

use super::statement::{Statement, query};
use super::transaction::Transaction;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ConversationId, Seq, TurnId};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{blob, json, to_the_millisecond};
use jiff::Timestamp;

/// Events of one write, in order.
pub(super) struct Drafts {
    bodies: Vec<EventBody>,
    /// The bodies as JSON.
    texts: Vec<String>,
}

/// Where the events of one write belong.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The conversation.
    pub(super) conversation: ConversationId,
    /// The turn, if one appends them.
    pub(super) turn: Option<TurnId>,
    /// When.
    pub(super) at: Timestamp,
}

impl Drafts {
    /// Writes them as JSON.
    pub(super) fn of(bodies: Vec<EventBody>) -> Result<Self, StoreError> {
        let texts = bodies.iter().map(json).collect::<Result<_, _>>()?;
        Ok(Self { bodies, texts })
    }

    /// How many.
    pub(super) fn count(&self) -> i64 {
        i64::try_from(self.bodies.len()).unwrap_or(i64::MAX)
    }

    /// Leaves the last one out.
    pub(super) fn drop_last(&mut self) {
        self.bodies.pop();
        self.texts.pop();
    }

    /// The statement that makes room for them in the log, bound up to its own parameters.
    pub(super) fn making_room(&self, text: &'static str, place: Place, epoch: i64) -> Statement {
        query(text)
            .bind(blob(place.conversation.0))
            .bind(place.turn.map(|turn| blob(turn.0)))
            .bind(place.at.as_millisecond())
            .bind(epoch)
            .bind(self.count())
    }

    /// Appends them. `last` is the place of the last one, already counted in the conversation.
    pub(super) fn append(
        self,
        transaction: &mut Transaction,
        place: Place,
        last: Seq,
    ) -> Result<(), StoreError> {
        let first = last - self.count() + 1;
        for ((seq, body), text) in (first..).zip(&self.bodies).zip(self.texts) {
            let statement = query(sql::conversations::INSERT_EVENT)
                .bind(blob(place.conversation.0))
                .bind(place.turn.map(|turn| blob(turn.0)))
                .bind(place.at.as_millisecond())
                .bind(seq)
                .bind(body.kind())
                .bind(text);
            transaction.write(statement)?;
        }
        let at = to_the_millisecond(place.at);
        let whole = (first..).zip(self.bodies).map(|(seq, body)| Event {
            conversation: place.conversation,
            seq,
            turn: place.turn,
            at,
            body,
        });
        transaction.appended(place.conversation, whole.collect());
        Ok(())
    }
}
