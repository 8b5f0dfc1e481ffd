//! Events on their way into the log: written as JSON before the database is asked, and made whole again, with their
//! place, for the readers that wait.

use super::database::Transaction;
use super::rows::Statement;
use super::scripts;
use super::text::json;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ConversationId, Seq, TurnId};
use crate::store::error::StoreError;
use crate::store::sql::values::{blob, to_the_millisecond};
use jiff::Timestamp;

/// Events of one write, in order.
#[derive(Clone)]
pub(super) struct Drafts {
    bodies: Vec<EventBody>,
    kinds: Vec<&'static str>,
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
        let kinds = bodies.iter().map(EventBody::kind).collect();
        Ok(Self { bodies, kinds, texts })
    }

    /// How many.
    pub(super) fn count(&self) -> i64 {
        i64::try_from(self.bodies.len()).unwrap_or(i64::MAX)
    }

    /// The script with its first seven parameters bound: [`scripts::APPEND`] says which.
    pub(super) fn script<'q>(&'q self, script: &'static str, place: Place, epoch: i64) -> Statement<'q> {
        sqlx::query(script)
            .bind(blob(place.conversation.0))
            .bind(place.turn.map(|turn| blob(turn.0)))
            .bind(place.at.as_millisecond())
            .bind(epoch)
            .bind(self.count())
            .bind(&self.kinds)
            .bind(&self.texts)
    }

    /// Appends them. `last` is the place of the last one, already counted in the conversation.
    pub(super) async fn append(
        &self,
        transaction: &mut Transaction,
        place: Place,
        last: Seq,
    ) -> Result<(), StoreError> {
        if self.bodies.is_empty() {
            return Ok(());
        }
        let statement = sqlx::query(scripts::INSERT_EVENTS)
            .bind(blob(place.conversation.0))
            .bind(place.turn.map(|turn| blob(turn.0)))
            .bind(place.at.as_millisecond())
            .bind(last - self.count())
            .bind(&self.kinds)
            .bind(&self.texts);
        transaction.write(statement).await?;
        self.tell(transaction, place, last);
        Ok(())
    }

    /// Notes that they were appended. `last` is the place of the last one.
    pub(super) fn tell(&self, transaction: &mut Transaction, place: Place, last: Seq) {
        let at = to_the_millisecond(place.at);
        let first = last - self.count() + 1;
        let whole = (first..).zip(&self.bodies).map(|(seq, body)| Event {
            conversation: place.conversation,
            seq,
            turn: place.turn,
            at,
            body: body.clone(),
        });
        transaction.appended(place.conversation, whole.collect());
    }
}
