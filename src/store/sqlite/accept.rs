//! The transaction that a customer's message is acknowledged for.

use super::events::{Drafts, Place};
use super::statement::query;
use super::texts;
use super::transaction::Transaction;
use crate::domain::conversation::ConversationState;
use crate::domain::event::EventBody;
use crate::domain::ids::{MessageId, Seq};
use crate::store::conversations::{Accepted, NewInbound};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::blob;
use jiff::Timestamp;

/// A message on its way in: what can be done before the writer is asked, is done.
pub(super) struct Arrival {
    inbound: NewInbound,
    /// The message, and behind it that the conversation is open again, if it was closed.
    drafts: Drafts,
}

impl Arrival {
    /// Writes its events as JSON.
    pub(super) fn of(inbound: NewInbound) -> Result<Self, StoreError> {
        let message = EventBody::Message(inbound.message.clone());
        let reopening = EventBody::StateChanged { state: ConversationState::Open };
        Ok(Self { inbound, drafts: Drafts::of(vec![message, reopening])? })
    }

    /// Accepts it, unless it was accepted before.
    pub(super) fn accept(mut self, transaction: &mut Transaction) -> Result<Accepted, StoreError> {
        let NewInbound { conversation, channel, external_id, message, due_at } = self.inbound;
        let arrival = query(sql::conversations::INSERT_INBOUND)
            .bind(blob(conversation.0))
            .bind(channel.as_str())
            .bind(external_id.as_str())
            .bind(blob(message.id.0));
        if transaction.write(arrival)? == 0 {
            let first = query(sql::conversations::ACCEPTED)
                .bind(blob(conversation.0))
                .bind(channel)
                .bind(external_id);
            let first = transaction.read(first, |columns| columns.id().map(MessageId))?;
            return Ok(Accepted { message: first.ok_or(StoreError::NotFound)?, duplicate: true });
        }
        let at = message.created_at;
        let taking_in = query(texts::TAKE_IN)
            .bind(blob(conversation.0))
            .bind(due_at.map(Timestamp::as_millisecond))
            .bind(at.as_millisecond());
        let taken = transaction.write_returning(taking_in, |columns| {
            Ok((columns.value()?, columns.value()?, columns.value()?))
        })?;
        let (last, place, is_due): (Seq, Seq, bool) = *taken.first().ok_or(StoreError::NotFound)?;
        if let Some(due_at) = due_at.filter(|_| is_due) {
            transaction.has_work(conversation, due_at);
        }
        if place == last {
            self.drafts.drop_last();
        }
        self.drafts.append(transaction, Place { conversation, turn: None, at }, last)?;
        Ok(Accepted { message: message.id, duplicate: false })
    }
}
