//! Conversations and their logs on SQLite.

use super::accept::Arrival;
use super::rows::{Columns, conversation, event, identity};
use super::transaction::Transaction;
use super::writer::Atomicity;
use super::{Database, contacts, outbox, ownership, scripts};
use crate::domain::contact::Identity;
use crate::domain::conversation::{Conversation, ConversationState};
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ConversationId, MessageId, Seq};
use crate::domain::message::Message;
use crate::store::conversations::{
    Accepted, ConversationFilter, ConversationStore, NewConversation, NewEcho, NewInbound, OwnerChange, Page,
    Visit,
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
        self.database.writer.run(Atomicity::Savepoint, |tx| Box::pin(open(tx, new))).await
    }

    async fn get(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        let row = self.database.reader.one(sqlx::query(sql::conversations::GET).bind(blob(id.0))).await?;
        row.map(|row| conversation(&mut Columns::of(&row))).transpose()
    }

    async fn token_hash(&self, id: ConversationId) -> Result<Option<[u8; 32]>, StoreError> {
        let row =
            self.database.reader.one(sqlx::query(sql::conversations::TOKEN_HASH).bind(blob(id.0))).await?;
        row.map_or(Ok(None), |row| Columns::of(&row).optional_hash())
    }

    async fn identity(&self, id: ConversationId) -> Result<Option<Identity>, StoreError> {
        let row =
            self.database.reader.one(sqlx::query(sql::conversations::IDENTITY).bind(blob(id.0))).await?;
        row.as_ref().map(identity).transpose()
    }

    async fn find_by_identity(
        &self,
        channel: &str,
        identity: &Identity,
    ) -> Result<Option<Conversation>, StoreError> {
        let statement = sqlx::query(sql::conversations::FIND_BY_IDENTITY)
            .bind(identity.kind.as_str())
            .bind(identity.value.as_str())
            .bind(channel);
        let row = self.database.reader.one(statement).await?;
        row.map(|row| conversation(&mut Columns::of(&row))).transpose()
    }

    async fn revisit(&self, id: ConversationId, visit: Visit) -> Result<(), StoreError> {
        let metadata = json(&visit.metadata)?;
        self.database
            .writer
            .run(Atomicity::RefusesFirst, move |tx| {
                Box::pin(async move {
                    let statement = sqlx::query(sql::conversations::REVISIT)
                        .bind(blob(id.0))
                        .bind(visit.identity.kind.as_str())
                        .bind(visit.identity.value)
                        .bind(metadata);
                    match tx.write(statement).await? {
                        0 => Err(StoreError::NotFound),
                        _ => Ok(()),
                    }
                })
            })
            .await
    }

    async fn list(&self, filter: &ConversationFilter) -> Result<Page<Conversation>, StoreError> {
        let words = words(filter);
        let (before, id) = match &filter.cursor {
            Some(cursor) => read_cursor(cursor)?,
            None => NEWEST,
        };
        let statement = sqlx::query(scripts::LIST)
            .bind(filter.owner.as_deref())
            .bind(filter.state.map(ConversationState::as_str))
            .bind(words)
            .bind(before)
            .bind(blob(id))
            .bind(i64::from(filter.limit) + 1);
        let rows = self.database.reader.all(statement).await?;
        let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let mut items = Vec::with_capacity(rows.len());
        for row in rows.iter().take(limit) {
            items.push(conversation(&mut Columns::of(row))?);
        }
        let next = if rows.len() > limit { items.last().map(cursor_behind) } else { None };
        Ok(Page { items, next })
    }

    async fn events(&self, id: ConversationId, after: Seq, limit: u32) -> Result<Vec<Event>, StoreError> {
        let statement = sqlx::query(sql::conversations::EVENTS).bind(blob(id.0)).bind(after).bind(limit);
        self.database.reader.all(statement).await?.iter().map(event).collect()
    }

    async fn recent_events(&self, id: ConversationId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let statement = sqlx::query(sql::conversations::RECENT_EVENTS).bind(blob(id.0)).bind(limit);
        self.database.reader.all(statement).await?.iter().rev().map(event).collect()
    }

    async fn messages(
        &self,
        id: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<(Seq, Message)>, StoreError> {
        let statement = sqlx::query(sql::conversations::MESSAGES).bind(blob(id.0)).bind(after).bind(limit);
        let rows = self.database.reader.all(statement).await?;
        let mut messages = Vec::with_capacity(rows.len());
        for row in &rows {
            let event = event(row)?;
            if let EventBody::Message(message) = event.body {
                messages.push((event.seq, message));
            }
        }
        Ok(messages)
    }

    async fn accept(&self, inbound: NewInbound) -> Result<Accepted, StoreError> {
        let arrival = Arrival::of(inbound)?;
        self.database.writer.run(Atomicity::RefusesFirst, |tx| Box::pin(arrival.accept(tx))).await
    }

    async fn accepted(
        &self,
        id: ConversationId,
        channel: &str,
        external_id: &str,
    ) -> Result<Option<MessageId>, StoreError> {
        let statement =
            sqlx::query(sql::conversations::ACCEPTED).bind(blob(id.0)).bind(channel).bind(external_id);
        let row = self.database.reader.one(statement).await?;
        row.map(|row| Ok(MessageId(Columns::of(&row).id()?))).transpose()
    }

    async fn said(
        &self,
        id: ConversationId,
        channel: &str,
        external_id: &str,
    ) -> Result<Option<Message>, StoreError> {
        let statement = sqlx::query(sql::conversations::SAID)
            .bind(blob(id.0))
            .bind(channel)
            .bind(NewEcho::counted_as(channel))
            .bind(external_id);
        let Some(row) = self.database.reader.one(statement).await? else { return Ok(None) };
        let message = MessageId(Columns::of(&row).id()?);
        outbox::message(&self.database, id, message).await
    }

    async fn change_owner(
        &self,
        id: ConversationId,
        change: OwnerChange,
    ) -> Result<Conversation, StoreError> {
        self.database
            .writer
            .run(Atomicity::Savepoint, move |tx| Box::pin(ownership::change_owner(tx, id, change)))
            .await
    }

    async fn leases_over(&self, now: Timestamp, limit: u32) -> Result<Vec<Conversation>, StoreError> {
        let statement =
            sqlx::query(sql::conversations::LEASES_OVER).bind(now.as_millisecond()).bind(i64::from(limit));
        let rows = self.database.reader.all(statement).await?;
        rows.iter().map(|row| conversation(&mut Columns::of(row))).collect()
    }

    async fn take_reminders(&self, now: Timestamp, limit: u32) -> Result<Vec<Conversation>, StoreError> {
        let statement =
            sqlx::query(sql::conversations::TAKE_REMINDERS).bind(now.as_millisecond()).bind(i64::from(limit));
        let rows = self
            .database
            .writer
            .run(Atomicity::RefusesFirst, |tx| Box::pin(async move { tx.write_returning(statement).await }))
            .await?;
        rows.iter().map(|row| conversation(&mut Columns::of(row))).collect()
    }

    async fn echo(&self, echo: NewEcho) -> Result<Accepted, StoreError> {
        self.database.writer.run(Atomicity::Savepoint, |tx| Box::pin(ownership::echo(tx, echo))).await
    }

    async fn set_state(
        &self,
        id: ConversationId,
        state: ConversationState,
        at: Timestamp,
    ) -> Result<Conversation, StoreError> {
        self.database
            .writer
            .run(Atomicity::Savepoint, move |tx| Box::pin(ownership::set_state(tx, id, state, at)))
            .await
    }
}

async fn open(transaction: &mut Transaction, new: NewConversation) -> Result<Conversation, StoreError> {
    if let Some(first) = find(transaction, new.id).await? {
        return Ok(first);
    }
    let contact = contacts::known_or_made(transaction, &new).await?;
    let statement = sqlx::query(sql::conversations::INSERT)
        .bind(blob(new.id.0))
        .bind(new.channel)
        .bind(blob(contact.0))
        .bind(new.language.tag())
        .bind(new.at.as_millisecond());
    transaction.write(statement).await?;
    let statement = sqlx::query(sql::conversations::INSERT_VISIT)
        .bind(blob(new.id.0))
        .bind(new.identity.kind.as_str())
        .bind(new.identity.value)
        .bind(new.token_hash.map(Vec::from))
        .bind(json(&new.metadata)?);
    transaction.write(statement).await?;
    find(transaction, new.id).await?.ok_or(StoreError::NotFound)
}

async fn find(transaction: &mut Transaction, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    let row = transaction.read(sqlx::query(sql::conversations::GET).bind(blob(id.0))).await?;
    row.map(|row| conversation(&mut Columns::of(&row))).transpose()
}
