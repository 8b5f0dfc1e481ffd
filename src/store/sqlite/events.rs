//! Events on their way into the log: written as JSON before the writer is asked, so that it only binds, and made
//! whole again, with their place, for the readers that wait.

use super::rows::Statement;
use super::scripts::EventScript;
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
    /// The bodies as JSON; empty where a script has taken it.
    texts: Vec<String>,
    /// How many of them a script appends, from the first.
    scripted: usize,
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
        Ok(Self { bodies, texts, scripted: 0 })
    }

    /// How many.
    pub(super) fn count(&self) -> i64 {
        i64::try_from(self.bodies.len()).unwrap_or(i64::MAX)
    }

    /// The script that appends them, if they are not too many, bound up to its own parameters.
    pub(super) fn script(
        &mut self,
        script: &'static EventScript,
        place: Place,
        epoch: i64,
    ) -> Statement<'static> {
        let (text, scripted) = script.appending(self.bodies.len());
        self.scripted = scripted;
        sqlx::query(text)
            .bind(blob(place.conversation.0))
            .bind(place.turn.map(|turn| blob(turn.0)))
            .bind(place.at.as_millisecond())
            .bind(epoch)
            .bind(self.count())
    }

    /// Binds the events that the script appends, behind its own parameters.
    pub(super) fn bind<'q>(&mut self, mut statement: Statement<'q>) -> Statement<'q> {
        for (body, text) in self.bodies.iter().zip(&mut self.texts).take(self.scripted) {
            statement = statement.bind(body.kind()).bind(std::mem::take(text));
        }
        statement
    }

    /// Appends those that no script has appended. `last` is the place of the last one, already counted in the
    /// conversation.
    pub(super) async fn append(
        self,
        transaction: &mut Transaction,
        place: Place,
        last: Seq,
    ) -> Result<(), StoreError> {
        let first = last - self.count() + 1;
        for ((seq, body), text) in (first..).zip(&self.bodies).zip(self.texts).skip(self.scripted) {
            let statement = sqlx::query(sql::conversations::INSERT_EVENT)
                .bind(blob(place.conversation.0))
                .bind(place.turn.map(|turn| blob(turn.0)))
                .bind(place.at.as_millisecond())
                .bind(seq)
                .bind(body.kind())
                .bind(text);
            transaction.write(statement).await?;
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
