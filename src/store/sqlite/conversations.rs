//! Conversations and their logs on SQLite.

use super::accept::Arrival;
use super::rows::{conversation, event, identity};
use super::statement::query;
use super::transaction::Transaction;
use super::writer::Atomicity;
use super::{Database, contacts, outbox, ownership, texts};
use crate::domain::contact::Identity;
use crate::domain::conversation::{Conversation, ConversationState};
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ConversationId, MessageId, Seq};
use crate::domain::message::Message;
use crate::store::conversations::{
    Accepted, ConversationFilter, ConversationStore, Informed, NewConversation, NewEcho, NewInbound, NewNews,
    OwnerChange, Page, Visit,
};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::list::{NEWEST, cursor_behind, read_cursor, words};
use crate::store::sql::values::{blob, json};
use async_trait::async_trait;
use jiff::Timestamp;

/// [`ConversationStore`] on SQLite.
pub(super) struct Conversations {
    database: Database,
}

impl Conversations {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl ConversationStore for Conversations {
    async fn open(&self, new: NewConversation) -> Result<Conversation, StoreError> {
        self.database.writer.run(Atomicity::Savepoint, |tx| open(tx, new)).await
    }

    async fn get(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        self.database.reader.one(query(sql::conversations::GET).bind(blob(id.0)), conversation)
    }

    async fn token_hash(&self, id: ConversationId) -> Result<Option<[u8; 32]>, StoreError> {
        let statement = query(sql::conversations::TOKEN_HASH).bind(blob(id.0));
        Ok(self.database.reader.one(statement, |columns| columns.optional_hash())?.flatten())
    }

    async fn identity(&self, id: ConversationId) -> Result<Option<Identity>, StoreError> {
        self.database.reader.one(query(sql::conversations::IDENTITY).bind(blob(id.0)), identity)
    }

    async fn find_by_identity(
        &self,
        channel: &str,
        identity: &Identity,
    ) -> Result<Option<Conversation>, StoreError> {
        let statement = query(sql::conversations::FIND_BY_IDENTITY)
            .bind(identity.kind.as_str())
            .bind(identity.value.as_str())
            .bind(channel);
        self.database.reader.one(statement, conversation)
    }

    async fn revisit(&self, id: ConversationId, visit: Visit) -> Result<(), StoreError> {
        let statement = query(sql::conversations::REVISIT)
            .bind(blob(id.0))
            .bind(visit.identity.kind.as_str())
            .bind(visit.identity.value)
            .bind(json(&visit.metadata)?);
        let revisiting = self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(statement));
        match revisiting.await? {
            0 => Err(StoreError::NotFound),
            _ => Ok(()),
        }
    }

    async fn list(&self, filter: &ConversationFilter) -> Result<Page<Conversation>, StoreError> {
        let words = words(filter);
        let (before, id) = match &filter.cursor {
            Some(cursor) => read_cursor(cursor)?,
            None => NEWEST,
        };
        let statement = query(texts::LIST)
            .bind(filter.owner.as_deref())
            .bind(filter.state.map(ConversationState::as_str))
            .bind(words)
            .bind(before)
            .bind(blob(id))
            .bind(i64::from(filter.limit) + 1);
        let mut items = self.database.reader.many(statement, conversation).await?;
        let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor_behind) } else { None };
        Ok(Page { items, next })
    }

    async fn events(&self, id: ConversationId, after: Seq, limit: u32) -> Result<Vec<Event>, StoreError> {
        let statement = query(sql::conversations::EVENTS).bind(blob(id.0)).bind(after).bind(limit);
        self.database.reader.few(statement, event)
    }

    async fn recent_events(&self, id: ConversationId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let statement = query(sql::conversations::RECENT_EVENTS).bind(blob(id.0)).bind(limit);
        let mut events = self.database.reader.few(statement, event)?;
        events.reverse();
        Ok(events)
    }

    async fn messages(
        &self,
        id: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<(Seq, Message)>, StoreError> {
        let statement = query(sql::conversations::MESSAGES).bind(blob(id.0)).bind(after).bind(limit);
        let events = self.database.reader.few(statement, event)?;
        let messages = events.into_iter().filter_map(|event| match event.body {
            EventBody::Message(message) => Some((event.seq, message)),
            _ => None,
        });
        Ok(messages.collect())
    }

    async fn newest_message(&self, id: ConversationId) -> Result<Option<Message>, StoreError> {
        let events =
            self.database.reader.few(query(sql::conversations::NEWEST_MESSAGE).bind(blob(id.0)), event)?;
        Ok(events.into_iter().next().and_then(|event| match event.body {
            EventBody::Message(message) => Some(message),
            _ => None,
        }))
    }

    async fn accept(&self, inbound: NewInbound) -> Result<Accepted, StoreError> {
        let arrival = Arrival::of(inbound)?;
        self.database.writer.run(Atomicity::RefusesFirst, |tx| arrival.accept(tx)).await
    }

    async fn accepted(
        &self,
        id: ConversationId,
        channel: &str,
        external_id: &str,
    ) -> Result<Option<MessageId>, StoreError> {
        let statement = query(sql::conversations::ACCEPTED).bind(blob(id.0)).bind(channel).bind(external_id);
        self.database.reader.one(statement, |columns| columns.id().map(MessageId))
    }

    async fn said(
        &self,
        id: ConversationId,
        channel: &str,
        external_id: &str,
    ) -> Result<Option<Message>, StoreError> {
        let statement = query(sql::conversations::SAID)
            .bind(blob(id.0))
            .bind(channel)
            .bind(NewEcho::counted_as(channel))
            .bind(external_id);
        let reader = &self.database.reader;
        match reader.one(statement, |columns| columns.id().map(MessageId))? {
            Some(message) => outbox::message(reader, id, message),
            None => Ok(None),
        }
    }

    async fn change_owner(
        &self,
        id: ConversationId,
        change: OwnerChange,
    ) -> Result<Conversation, StoreError> {
        self.database
            .writer
            .run(Atomicity::Savepoint, move |tx| ownership::change_owner(tx, id, change))
            .await
    }

    async fn leases_over(&self, now: Timestamp, limit: u32) -> Result<Vec<Conversation>, StoreError> {
        let statement =
            query(sql::conversations::LEASES_OVER).bind(now.as_millisecond()).bind(i64::from(limit));
        self.database.reader.few(statement, conversation)
    }

    async fn take_reminders(&self, now: Timestamp, limit: u32) -> Result<Vec<Conversation>, StoreError> {
        let statement =
            query(sql::conversations::TAKE_REMINDERS).bind(now.as_millisecond()).bind(i64::from(limit));
        self.database
            .writer
            .run(Atomicity::RefusesFirst, |tx| tx.write_returning(statement, conversation))
            .await
    }

    async fn echo(&self, echo: NewEcho) -> Result<Accepted, StoreError> {
        self.database.writer.run(Atomicity::Savepoint, |tx| ownership::echo(tx, echo)).await
    }

    async fn inform(&self, news: NewNews) -> Result<Informed, StoreError> {
        self.database.writer.run(Atomicity::Savepoint, |tx| ownership::inform(tx, news)).await
    }

    async fn set_state(
        &self,
        id: ConversationId,
        state: ConversationState,
        at: Timestamp,
    ) -> Result<Conversation, StoreError> {
        self.database
            .writer
            .run(Atomicity::Savepoint, move |tx| ownership::set_state(tx, id, state, at))
            .await
    }
}

fn open(transaction: &mut Transaction, new: NewConversation) -> Result<Conversation, StoreError> {
    if let Some(first) = find(transaction, new.id)? {
        return Ok(first);
    }
    let contact = contacts::known_or_made(transaction, &new)?;
    let statement = query(sql::conversations::INSERT)
        .bind(blob(new.id.0))
        .bind(new.channel)
        .bind(blob(contact.0))
        .bind(new.language.tag())
        .bind(new.at.as_millisecond());
    transaction.write(statement)?;
    let statement = query(sql::conversations::INSERT_VISIT)
        .bind(blob(new.id.0))
        .bind(new.identity.kind.as_str())
        .bind(new.identity.value)
        .bind(new.token_hash.map(Vec::from))
        .bind(json(&new.metadata)?);
    transaction.write(statement)?;
    find(transaction, new.id)?.ok_or(StoreError::NotFound)
}

fn find(transaction: &mut Transaction, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    transaction.read(query(sql::conversations::GET).bind(blob(id.0)), conversation)
}
