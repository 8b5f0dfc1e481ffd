//! Conversations and their logs on PostgreSQL.

use super::accept::Arrival;
use super::database::{Atomicity, Database};
use super::rows::{Columns, conversation, event, identity};
use super::text::{json, stored};
use super::{outbox, ownership, scripts};
use crate::domain::contact::{Identity, IdentityKind};
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
use crate::store::sql::values::blob;
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::Arc;

/// How often an opening looks again because somebody opened with the same identity at the same time.
const OPENINGS: u32 = 4;

/// [`ConversationStore`] on PostgreSQL.
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
        let id = new.id;
        let new = Arc::new(new);
        let mut opening = 1;
        loop {
            match open(&self.database, Arc::clone(&new)).await {
                Err(StoreError::Conflict(_)) if opening < OPENINGS => opening += 1,
                Err(error) => return Err(error),
                Ok(()) => break,
            }
        }
        self.get(id).await?.ok_or(StoreError::NotFound)
    }

    async fn get(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        let row = self.database.one(sqlx::query(sql::conversations::GET).bind(blob(id.0))).await?;
        row.map(|row| conversation(&mut Columns::of(&row))).transpose()
    }

    async fn token_hash(&self, id: ConversationId) -> Result<Option<[u8; 32]>, StoreError> {
        let row = self.database.one(sqlx::query(sql::conversations::TOKEN_HASH).bind(blob(id.0))).await?;
        row.map_or(Ok(None), |row| Columns::of(&row).optional_hash())
    }

    async fn identity(&self, id: ConversationId) -> Result<Option<Identity>, StoreError> {
        let row = self.database.one(sqlx::query(sql::conversations::IDENTITY).bind(blob(id.0))).await?;
        row.as_ref().map(identity).transpose()
    }

    async fn find_by_identity(
        &self,
        channel: &str,
        identity: &Identity,
    ) -> Result<Option<Conversation>, StoreError> {
        let statement = sqlx::query(sql::conversations::FIND_BY_IDENTITY)
            .bind(identity.kind.as_str())
            .bind(stored(&identity.value))
            .bind(stored(channel));
        let row = self.database.one(statement).await?;
        row.map(|row| conversation(&mut Columns::of(&row))).transpose()
    }

    async fn revisit(&self, id: ConversationId, visit: Visit) -> Result<(), StoreError> {
        let (metadata, identity) = (json(&visit.metadata)?, visit.identity);
        self.database
            .write(Atomicity::Statement, move |tx| {
                let (metadata, identity) = (metadata.clone(), identity.clone());
                Box::pin(async move {
                    let statement = sqlx::query(sql::conversations::REVISIT)
                        .bind(blob(id.0))
                        .bind(identity.kind.as_str())
                        .bind(stored(&identity.value))
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
            .bind(filter.owner.as_deref().map(stored))
            .bind(filter.state.map(ConversationState::as_str))
            .bind(words.as_deref().map(stored))
            .bind(before)
            .bind(blob(id))
            .bind(i64::from(filter.limit) + 1);
        let rows = self.database.all(statement).await?;
        let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let mut items = Vec::with_capacity(rows.len());
        for row in rows.iter().take(limit) {
            items.push(conversation(&mut Columns::of(row))?);
        }
        let next = if rows.len() > limit { items.last().map(cursor_behind) } else { None };
        Ok(Page { items, next })
    }

    async fn events(&self, id: ConversationId, after: Seq, limit: u32) -> Result<Vec<Event>, StoreError> {
        let statement = sqlx::query(sql::conversations::EVENTS);
        let statement = statement.bind(blob(id.0)).bind(after).bind(i64::from(limit));
        self.database.all(statement).await?.iter().map(event).collect()
    }

    async fn recent_events(&self, id: ConversationId, limit: u32) -> Result<Vec<Event>, StoreError> {
        let statement = sqlx::query(sql::conversations::RECENT_EVENTS);
        let statement = statement.bind(blob(id.0)).bind(i64::from(limit));
        self.database.all(statement).await?.iter().rev().map(event).collect()
    }

    async fn messages(
        &self,
        id: ConversationId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<(Seq, Message)>, StoreError> {
        let statement = sqlx::query(sql::conversations::MESSAGES);
        let statement = statement.bind(blob(id.0)).bind(after).bind(i64::from(limit));
        let rows = self.database.all(statement).await?;
        let mut messages = Vec::with_capacity(rows.len());
        for row in &rows {
            let event = event(row)?;
            if let EventBody::Message(message) = event.body {
                messages.push((event.seq, message));
            }
        }
        Ok(messages)
    }

    async fn newest_message(&self, id: ConversationId) -> Result<Option<Message>, StoreError> {
        let rows =
            self.database.all(sqlx::query(sql::conversations::NEWEST_MESSAGE).bind(blob(id.0))).await?;
        let newest = rows.first().map(event).transpose()?;
        Ok(newest.and_then(|event| match event.body {
            EventBody::Message(message) => Some(message),
            _ => None,
        }))
    }

    async fn accept(&self, inbound: NewInbound) -> Result<Accepted, StoreError> {
        let arrival = Arc::new(Arrival::of(inbound)?);
        self.database
            .write(Atomicity::Statement, move |tx| {
                let arrival = Arc::clone(&arrival);
                Box::pin(async move { arrival.accept(tx).await })
            })
            .await
    }

    async fn accepted(
        &self,
        id: ConversationId,
        channel: &str,
        external_id: &str,
    ) -> Result<Option<MessageId>, StoreError> {
        let statement = sqlx::query(sql::conversations::ACCEPTED)
            .bind(blob(id.0))
            .bind(stored(channel))
            .bind(stored(external_id));
        let row = self.database.one(statement).await?;
        row.map(|row| Ok(MessageId(Columns::of(&row).id()?))).transpose()
    }

    async fn said(
        &self,
        id: ConversationId,
        channel: &str,
        external_id: &str,
    ) -> Result<Option<Message>, StoreError> {
        let echoes = NewEcho::counted_as(channel);
        let statement = sqlx::query(sql::conversations::SAID)
            .bind(blob(id.0))
            .bind(stored(channel))
            .bind(stored(&echoes))
            .bind(stored(external_id));
        let Some(row) = self.database.one(statement).await? else { return Ok(None) };
        let message = MessageId(Columns::of(&row).id()?);
        outbox::message(&self.database, id, message).await
    }

    async fn change_owner(
        &self,
        id: ConversationId,
        change: OwnerChange,
    ) -> Result<Conversation, StoreError> {
        self.database
            .write(Atomicity::Transaction, move |tx| {
                Box::pin(ownership::change_owner(tx, id, change.clone()))
            })
            .await
    }

    async fn leases_over(&self, now: Timestamp, limit: u32) -> Result<Vec<Conversation>, StoreError> {
        let statement =
            sqlx::query(sql::conversations::LEASES_OVER).bind(now.as_millisecond()).bind(i64::from(limit));
        let rows = self.database.all(statement).await?;
        rows.iter().map(|row| conversation(&mut Columns::of(row))).collect()
    }

    async fn take_reminders(&self, now: Timestamp, limit: u32) -> Result<Vec<Conversation>, StoreError> {
        let rows = self
            .database
            .write(Atomicity::Statement, move |tx| {
                Box::pin(async move {
                    let statement = sqlx::query(sql::conversations::TAKE_REMINDERS)
                        .bind(now.as_millisecond())
                        .bind(i64::from(limit));
                    tx.rows(statement).await
                })
            })
            .await?;
        rows.iter().map(|row| conversation(&mut Columns::of(row))).collect()
    }

    async fn echo(&self, echo: NewEcho) -> Result<Accepted, StoreError> {
        self.database
            .write(Atomicity::Transaction, move |tx| Box::pin(ownership::echo(tx, echo.clone())))
            .await
    }

    async fn inform(&self, news: NewNews) -> Result<Informed, StoreError> {
        self.database
            .write(Atomicity::Transaction, move |tx| Box::pin(ownership::inform(tx, news.clone())))
            .await
    }

    async fn set_state(
        &self,
        id: ConversationId,
        state: ConversationState,
        at: Timestamp,
    ) -> Result<Conversation, StoreError> {
        self.database
            .write(Atomicity::Transaction, move |tx| Box::pin(ownership::set_state(tx, id, state, at)))
            .await
    }
}

async fn open(database: &Database, new: Arc<NewConversation>) -> Result<(), StoreError> {
    let metadata = json(&new.metadata)?;
    database
        .write(Atomicity::Statement, move |tx| {
            let (new, metadata) = (Arc::clone(&new), metadata.clone());
            Box::pin(async move {
                let own = |kind| (new.identity.kind == kind).then(|| stored(&new.identity.value));
                let statement = sqlx::query(scripts::OPEN)
                    .bind(blob(new.id.0))
                    .bind(new.identity.kind.as_str())
                    .bind(stored(&new.identity.value))
                    .bind(blob(new.contact.0))
                    .bind(new.name.as_deref().map(stored))
                    .bind(own(IdentityKind::Email))
                    .bind(own(IdentityKind::Phone))
                    .bind(new.language.tag())
                    .bind(stored(&new.channel))
                    .bind(new.at.as_millisecond())
                    .bind(new.token_hash.map(Vec::from))
                    .bind(metadata);
                tx.write(statement).await.map(drop)
            })
        })
        .await
}
