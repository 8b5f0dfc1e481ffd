//! The transaction that a customer's message is acknowledged for.

use super::rows::{Columns, Statement};
use super::scripts;
use super::transaction::Transaction;
use crate::domain::conversation::ConversationState;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{MessageId, Seq};
use crate::store::conversations::{Accepted, NewInbound};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{blob, json, to_the_millisecond};
use jiff::Timestamp;

/// A message on its way in: what can be done before the writer is asked, is done.
pub(super) struct Arrival {
    inbound: NewInbound,
    message: EventBody,
    reopening: EventBody,
    texts: [String; 2],
}

impl Arrival {
    /// Writes its events as JSON.
    pub(super) fn of(inbound: NewInbound) -> Result<Self, StoreError> {
        let message = EventBody::Message(inbound.message.clone());
        let reopening = EventBody::StateChanged { state: ConversationState::Open };
        let texts = [json(&message)?, json(&reopening)?];
        Ok(Self { inbound, message, reopening, texts })
    }

    /// Accepts it, unless it was accepted before.
    pub(super) async fn accept(mut self, transaction: &mut Transaction) -> Result<Accepted, StoreError> {
        let rows = transaction.write_returning(self.script()).await?;
        let Some(row) = rows.first() else { return self.accepted_before(transaction).await };
        let mut columns = Columns::of(row);
        let last: Seq = columns.value()?;
        let place: Seq = columns.value()?;
        let conversation = self.inbound.conversation;
        let is_due: bool = columns.value()?;
        if let Some(due_at) = self.inbound.due_at.filter(|_| is_due) {
            transaction.has_work(conversation, due_at);
        }
        let at = to_the_millisecond(self.inbound.message.created_at);
        let bodies = [self.message, self.reopening];
        let events =
            (place..=last).zip(bodies).map(|(seq, body)| Event { conversation, seq, turn: None, at, body });
        transaction.appended(conversation, events.collect());
        Ok(Accepted { message: self.inbound.message.id, duplicate: false })
    }

    fn script(&mut self) -> Statement<'static> {
        let [message, reopening] = std::mem::take(&mut self.texts);
        let inbound = &mut self.inbound;
        sqlx::query(scripts::ACCEPT)
            .bind(blob(inbound.conversation.0))
            .bind(inbound.channel.clone())
            .bind(inbound.external_id.clone())
            .bind(blob(inbound.message.id.0))
            .bind(inbound.due_at.map(Timestamp::as_millisecond))
            .bind(inbound.message.created_at.as_millisecond())
            .bind(message)
            .bind(reopening)
    }

    async fn accepted_before(&self, transaction: &mut Transaction) -> Result<Accepted, StoreError> {
        let statement = sqlx::query(sql::conversations::ACCEPTED)
            .bind(blob(self.inbound.conversation.0))
            .bind(self.inbound.channel.as_str())
            .bind(self.inbound.external_id.as_str());
        let row = transaction.read(statement).await?.ok_or(StoreError::NotFound)?;
        Ok(Accepted { message: MessageId(Columns::of(&row).id()?), duplicate: true })
    }
}
