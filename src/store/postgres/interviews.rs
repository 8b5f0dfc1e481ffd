//! Interviews on PostgreSQL: rows in and out. What a change does to a row is decided in `store/interviews.rs`.

use super::database::{Atomicity, Database, Transaction};
use super::events::{Drafts, Place};
use super::ownership::change_owner_after;
use super::rows::{Columns, Statement, event};
use super::scripts;
use super::text::{self, json, stored};
use crate::domain::conversation::Conversation;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::{ContactId, ConversationId, InterviewId, Seq};
use crate::store::conversations::{OwnerChange, Page};
use crate::store::error::StoreError;
use crate::store::interview_rows::{InterviewRows, Waiting, amend, begin};
use crate::store::interviews::{
    Amendment, InterviewFilter, InterviewRecord, InterviewStore, NewInterview, Taken,
};
use crate::store::sql;
use crate::store::sql::interviews::cursor_behind;
use crate::store::sql::list::{NEWEST, read_cursor};
use crate::store::sql::values::blob;
use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::postgres::PgRow;

/// [`InterviewStore`] on PostgreSQL.
pub(super) struct Interviews {
    database: Database,
}

impl Interviews {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    async fn one(&self, statement: Statement<'_>) -> Result<Option<InterviewRecord>, StoreError> {
        self.database.one(statement).await?.as_ref().map(record).transpose()
    }
}

#[async_trait]
impl InterviewStore for Interviews {
    async fn get(&self, id: InterviewId) -> Result<Option<InterviewRecord>, StoreError> {
        self.one(sqlx::query(sql::interviews::GET).bind(blob(id.0))).await
    }

    async fn newest_of(&self, contact: ContactId) -> Result<Option<InterviewRecord>, StoreError> {
        self.one(sqlx::query(sql::interviews::NEWEST_OF).bind(blob(contact.0))).await
    }

    async fn all_of(&self, contact: ContactId) -> Result<Vec<InterviewRecord>, StoreError> {
        let statement = sqlx::query(sql::interviews::ALL_OF).bind(blob(contact.0));
        self.database.all(statement).await?.iter().map(record).collect()
    }

    async fn newest_in(&self, conversation: ConversationId) -> Result<Option<InterviewRecord>, StoreError> {
        self.one(sqlx::query(sql::interviews::NEWEST_IN).bind(blob(conversation.0))).await
    }

    async fn names_of(&self, contact: ContactId) -> Result<Vec<String>, StoreError> {
        let statement = sqlx::query(sql::interviews::NAMES_OF).bind(blob(contact.0));
        self.database.all(statement).await?.iter().map(|row| Columns::of(row).text()).collect()
    }

    async fn begin(&self, new: NewInterview) -> Result<InterviewRecord, StoreError> {
        self.database.write(Atomicity::Transaction, move |tx| Box::pin(begin(tx, new.clone()))).await
    }

    async fn list(&self, filter: &InterviewFilter) -> Result<Page<InterviewRecord>, StoreError> {
        let (before, id) = match &filter.cursor {
            Some(cursor) => read_cursor(cursor)?,
            None => NEWEST,
        };
        let statement = sqlx::query(sql::interviews::LIST)
            .bind(filter.name.as_deref().map(stored))
            .bind(filter.standing.as_deref().map(stored))
            .bind(filter.temperature.as_deref().map(stored))
            .bind(filter.since.map_or(i64::MIN, Timestamp::as_millisecond))
            .bind(before)
            .bind(blob(id))
            .bind(i64::from(filter.limit) + 1);
        let rows = self.database.all(statement).await?;
        let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let items = rows.iter().take(limit).map(record).collect::<Result<Vec<_>, _>>()?;
        let next = if rows.len() > limit { items.last().map(cursor_behind) } else { None };
        Ok(Page { items, next })
    }

    async fn amend(
        &self,
        id: InterviewId,
        amendment: Amendment,
        at: Timestamp,
    ) -> Result<InterviewRecord, StoreError> {
        self.database
            .write(Atomicity::Transaction, move |tx| Box::pin(amend(tx, id, amendment.clone(), at)))
            .await
    }

    async fn take_follow_ups(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<InterviewRecord>, StoreError> {
        self.database
            .write(Atomicity::Statement, move |tx| {
                Box::pin(async move {
                    let take = sqlx::query(sql::interviews::TAKE_FOLLOW_UPS)
                        .bind(now.as_millisecond())
                        .bind(until.as_millisecond())
                        .bind(i64::from(limit));
                    tx.rows(take).await?.iter().map(record).collect()
                })
            })
            .await
    }
}

impl InterviewRows for Transaction {
    async fn lock(&mut self, conversation: ConversationId) -> Result<(), StoreError> {
        self.row(sqlx::query(scripts::STANDING).bind(blob(conversation.0))).await.map(drop)
    }

    async fn read(&mut self, id: InterviewId) -> Result<Option<InterviewRecord>, StoreError> {
        let row = self.row(sqlx::query(sql::interviews::GET).bind(blob(id.0))).await?;
        row.as_ref().map(record).transpose()
    }

    async fn take(&mut self, id: InterviewId) -> Result<Option<InterviewRecord>, StoreError> {
        let row = self.row(sqlx::query(sql::interviews::TAKE).bind(blob(id.0))).await?;
        row.as_ref().map(record).transpose()
    }

    async fn save(&mut self, record: &InterviewRecord) -> Result<(), StoreError> {
        let InterviewRecord { state, contact, seq, assignment, nurture, follow_up_at } = record;
        let statement = sqlx::query(sql::interviews::SAVE)
            .bind(blob(state.id.0))
            .bind(blob(state.conversation.0))
            .bind(blob(contact.0))
            .bind(*seq)
            .bind(stored(&state.name))
            .bind(state.standing.as_str())
            .bind(state.verdict.as_ref().map(|verdict| verdict.temperature.as_str()))
            .bind(state.started_at.as_millisecond())
            .bind(json(state)?)
            .bind(assignment.as_ref().map(|assignment| stored(&assignment.route)))
            .bind(assignment.as_ref().map(|assignment| stored(&assignment.person)))
            .bind(assignment.as_ref().map(|assignment| assignment.assigned_at.as_millisecond()))
            .bind(assignment.as_ref().map(json).transpose()?)
            .bind(nurture.as_ref().map(json).transpose()?)
            .bind(follow_up_at.map(Timestamp::as_millisecond));
        self.write(statement).await.map(drop)
    }

    async fn steps(&mut self, conversation: ConversationId, behind: Seq) -> Result<Vec<Event>, StoreError> {
        let statement = sqlx::query(sql::interviews::STEPS).bind(blob(conversation.0)).bind(behind);
        self.rows(statement).await?.iter().map(event).collect()
    }

    async fn taken(&mut self, name: &str, route: &str) -> Result<Vec<Taken>, StoreError> {
        // Who else gives out a lead of the route waits for this one.
        self.row(sqlx::query(scripts::LOCK_ROUTE).bind(stored(name)).bind(stored(route))).await?;
        let statement = sqlx::query(sql::interviews::TAKEN).bind(stored(name)).bind(stored(route));
        let rows = self.rows(statement).await?;
        let taken = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok(Taken { person: columns.text()?, last_at: columns.time()?, leads: columns.value()? })
        });
        taken.collect()
    }

    async fn append(
        &mut self,
        conversation: ConversationId,
        bodies: Vec<EventBody>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let drafts = Drafts::of(bodies)?;
        let room = sqlx::query(sql::interviews::MAKE_ROOM)
            .bind(blob(conversation.0))
            .bind(drafts.count())
            .bind(at.as_millisecond());
        let row = self.row(room).await?.ok_or(StoreError::NotFound)?;
        let last = Columns::of(&row).value()?;
        drafts.append(self, Place { conversation, turn: None, at }, last).await
    }

    async fn waiting(&mut self, conversation: ConversationId) -> Result<Waiting, StoreError> {
        let statement = sqlx::query(sql::interviews::WAITING).bind(blob(conversation.0));
        let row = self.row(statement).await?.ok_or(StoreError::NotFound)?;
        Ok(Waiting::of(Columns::of(&row).value()?))
    }

    async fn change_owner(
        &mut self,
        conversation: ConversationId,
        change: OwnerChange,
        before: Vec<EventBody>,
    ) -> Result<Conversation, StoreError> {
        change_owner_after(self, conversation, change, before).await
    }
}

fn record(row: &PgRow) -> Result<InterviewRecord, StoreError> {
    let mut columns = Columns::of(row);
    Ok(InterviewRecord {
        contact: ContactId(columns.id()?),
        seq: columns.value()?,
        state: columns.json()?,
        assignment: columns.value::<Option<&str>>()?.map(text::from_json).transpose()?,
        nurture: columns.value::<Option<&str>>()?.map(text::from_json).transpose()?,
        follow_up_at: columns.optional_time()?,
    })
}
