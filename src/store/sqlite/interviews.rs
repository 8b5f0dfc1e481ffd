//! Interviews on SQLite: rows in and out. What a change does to a row is decided in `store/interviews.rs`.

use super::Database;
use super::events::{Drafts, Place};
use super::ownership::change_owner_after;
use super::rows::{Columns, event};
use super::statement::query;
use super::transaction::Transaction;
use super::writer::Atomicity;
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
use crate::store::sql::values::{blob, from_json, json};
use async_trait::async_trait;
use futures_util::FutureExt;
use jiff::Timestamp;

/// [`InterviewStore`] on SQLite.
pub(super) struct Interviews {
    database: Database,
}

impl Interviews {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl InterviewStore for Interviews {
    async fn get(&self, id: InterviewId) -> Result<Option<InterviewRecord>, StoreError> {
        self.database.reader.one(query(sql::interviews::GET).bind(blob(id.0)), record)
    }

    async fn newest_of(&self, contact: ContactId) -> Result<Option<InterviewRecord>, StoreError> {
        self.database.reader.one(query(sql::interviews::NEWEST_OF).bind(blob(contact.0)), record)
    }

    async fn all_of(&self, contact: ContactId) -> Result<Vec<InterviewRecord>, StoreError> {
        self.database.reader.many(query(sql::interviews::ALL_OF).bind(blob(contact.0)), record).await
    }

    async fn newest_in(&self, conversation: ConversationId) -> Result<Option<InterviewRecord>, StoreError> {
        self.database.reader.one(query(sql::interviews::NEWEST_IN).bind(blob(conversation.0)), record)
    }

    async fn names_of(&self, contact: ContactId) -> Result<Vec<String>, StoreError> {
        let statement = query(sql::interviews::NAMES_OF).bind(blob(contact.0));
        self.database.reader.few(statement, |columns| columns.value())
    }

    async fn begin(&self, new: NewInterview) -> Result<InterviewRecord, StoreError> {
        self.database.writer.run(Atomicity::Savepoint, move |tx| at_once(begin(tx, new))).await
    }

    async fn list(&self, filter: &InterviewFilter) -> Result<Page<InterviewRecord>, StoreError> {
        let (before, id) = match &filter.cursor {
            Some(cursor) => read_cursor(cursor)?,
            None => NEWEST,
        };
        let statement = query(sql::interviews::LIST)
            .bind(filter.name.as_deref())
            .bind(filter.standing.as_deref())
            .bind(filter.temperature.as_deref())
            .bind(filter.since.map_or(i64::MIN, Timestamp::as_millisecond))
            .bind(before)
            .bind(blob(id))
            .bind(i64::from(filter.limit) + 1);
        let mut items = self.database.reader.many(statement, record).await?;
        let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor_behind) } else { None };
        Ok(Page { items, next })
    }

    async fn amend(
        &self,
        id: InterviewId,
        amendment: Amendment,
        at: Timestamp,
    ) -> Result<InterviewRecord, StoreError> {
        self.database.writer.run(Atomicity::Savepoint, move |tx| at_once(amend(tx, id, amendment, at))).await
    }

    async fn take_follow_ups(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<InterviewRecord>, StoreError> {
        let take = query(sql::interviews::TAKE_FOLLOW_UPS)
            .bind(now.as_millisecond())
            .bind(until.as_millisecond())
            .bind(limit);
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write_returning(take, record)).await
    }
}

/// What the program does with rows on every database, at once: nothing here waits.
pub(super) fn at_once<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let done = work.now_or_never();
    done.unwrap_or_else(|| Err(StoreError::Fault("a write to the database file waited".to_owned())))
}

impl InterviewRows for Transaction {
    /// There is one writer.
    async fn lock(&mut self, _conversation: ConversationId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn read(&mut self, id: InterviewId) -> Result<Option<InterviewRecord>, StoreError> {
        Transaction::read(self, query(sql::interviews::GET).bind(blob(id.0)), record)
    }

    /// There is one writer.
    async fn take(&mut self, id: InterviewId) -> Result<Option<InterviewRecord>, StoreError> {
        InterviewRows::read(self, id).await
    }

    async fn save(&mut self, record: &InterviewRecord) -> Result<(), StoreError> {
        let InterviewRecord { state, contact, seq, assignment, nurture, follow_up_at } = record;
        let statement = query(sql::interviews::SAVE)
            .bind(blob(state.id.0))
            .bind(blob(state.conversation.0))
            .bind(blob(contact.0))
            .bind(*seq)
            .bind(state.name.as_str())
            .bind(state.standing.as_str())
            .bind(state.verdict.as_ref().map(|verdict| verdict.temperature.as_str()))
            .bind(state.started_at.as_millisecond())
            .bind(json(state)?)
            .bind(assignment.as_ref().map(|assignment| assignment.route.as_str()))
            .bind(assignment.as_ref().map(|assignment| assignment.person.as_str()))
            .bind(assignment.as_ref().map(|assignment| assignment.assigned_at.as_millisecond()))
            .bind(assignment.as_ref().map(json).transpose()?)
            .bind(nurture.as_ref().map(json).transpose()?)
            .bind(follow_up_at.map(Timestamp::as_millisecond));
        self.write(statement).map(drop)
    }

    async fn steps(&mut self, conversation: ConversationId, behind: Seq) -> Result<Vec<Event>, StoreError> {
        self.read_all(query(sql::interviews::STEPS).bind(blob(conversation.0)).bind(behind), event)
    }

    async fn taken(&mut self, name: &str, route: &str) -> Result<Vec<Taken>, StoreError> {
        self.read_all(query(sql::interviews::TAKEN).bind(name).bind(route), |columns| {
            Ok(Taken { person: columns.value()?, last_at: columns.time()?, leads: columns.value()? })
        })
    }

    async fn append(
        &mut self,
        conversation: ConversationId,
        bodies: Vec<EventBody>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let drafts = Drafts::of(bodies)?;
        let room = query(sql::interviews::MAKE_ROOM)
            .bind(blob(conversation.0))
            .bind(drafts.count())
            .bind(at.as_millisecond());
        let last = self.write_returning(room, |columns| columns.value())?;
        let last = last.into_iter().next().ok_or(StoreError::NotFound)?;
        drafts.append(self, Place { conversation, turn: None, at }, last)
    }

    async fn waiting(&mut self, conversation: ConversationId) -> Result<Waiting, StoreError> {
        let statement = query(sql::interviews::WAITING).bind(blob(conversation.0));
        let waiting = Transaction::read(self, statement, |columns| columns.value())?;
        waiting.map(Waiting::of).ok_or(StoreError::NotFound)
    }

    async fn change_owner(
        &mut self,
        conversation: ConversationId,
        change: OwnerChange,
        before: Vec<EventBody>,
    ) -> Result<Conversation, StoreError> {
        change_owner_after(self, conversation, change, before)
    }
}

fn record(columns: &mut Columns<'_>) -> Result<InterviewRecord, StoreError> {
    Ok(InterviewRecord {
        contact: ContactId(columns.id()?),
        seq: columns.value()?,
        state: columns.json()?,
        assignment: columns.optional_text()?.map(from_json).transpose()?,
        nurture: columns.optional_text()?.map(from_json).transpose()?,
        follow_up_at: columns.optional_time()?,
    })
}
