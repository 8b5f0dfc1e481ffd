//! Forgetting people on PostgreSQL.

use super::database::{Atomicity, Database, Transaction};
use super::rows::{Columns, Statement, identity};
use super::text::stored;
use crate::domain::crm::Opportunity;
use crate::domain::erasure::{Erasure, Holdings, Removal};
use crate::domain::ids::{ContactId, ConversationId, ErasureId, RecordId};
use crate::store::erasure_plan::{Bound, Known, Linked, Talk, Write, forget_conversation, locals};
use crate::store::erasures::{Erased, ErasureStore, NewErasure, RemovalOutcome};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{self, blob, farthest_removal, removal_settled, removal_state};
use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use std::sync::Arc;
use uuid::Uuid;

/// Holds the person and their conversations still: nobody opens another one, and no turn begins meanwhile. `$1` contact.
const HOLD: [&str; 2] = [
    "SELECT id FROM contacts WHERE id = $1 FOR UPDATE",
    "SELECT id FROM conversations WHERE contact_id = $1 ORDER BY id FOR UPDATE",
];

/// Forgets what channels posted of a person and was worked through. `$1` what they are known by.
const FORGET_POSTS: &str = "DELETE FROM posts WHERE state <> 'waiting' AND position($1 IN body) > 0";

/// [`ErasureStore`] on PostgreSQL.
pub(super) struct Erasures {
    database: Database,
}

impl Erasures {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// An erasure with what there was at vendors.
    async fn whole(&self, row: &PgRow) -> Result<Erasure, StoreError> {
        let mut erasure = erasure(row)?;
        let statement = sqlx::query(sql::erasures::REMOVALS).bind(blob(erasure.id.0));
        erasure.removals =
            self.database.all(statement).await?.iter().map(removal).collect::<Result<_, _>>()?;
        Ok(erasure)
    }
}

#[async_trait]
impl ErasureStore for Erasures {
    async fn holdings(&self, contact: ContactId) -> Result<Holdings, StoreError> {
        let row = self.database.one(theirs(sql::erasures::HOLDINGS, contact)).await?;
        Ok(row.as_ref().map(holdings).transpose()?.unwrap_or_default())
    }

    async fn conversations_of(&self, contact: ContactId) -> Result<Vec<ConversationId>, StoreError> {
        let rows = self.database.all(theirs(sql::erasures::CONVERSATIONS, contact)).await?;
        rows.iter().map(|row| Columns::of(row).id().map(ConversationId)).collect()
    }

    async fn aliases(&self, contact: ContactId) -> Result<Vec<ContactId>, StoreError> {
        let rows = self.database.all(theirs(sql::erasures::ALIASES, contact)).await?;
        rows.iter().map(|row| Columns::of(row).id().map(ContactId)).collect()
    }

    async fn is_busy(&self, contact: ContactId, now: Timestamp) -> Result<bool, StoreError> {
        let statement = theirs(sql::erasures::BUSY, contact).bind(now.as_millisecond());
        Ok(self.database.one(statement).await?.is_some())
    }

    async fn erase(&self, new: NewErasure) -> Result<Erased, StoreError> {
        let new = Arc::new(new);
        self.database
            .write(Atomicity::Transaction, move |tx| {
                let new = Arc::clone(&new);
                Box::pin(async move { erase(tx, &new).await })
            })
            .await
    }

    async fn expire(&self, before: Timestamp, limit: u32) -> Result<Vec<ConversationId>, StoreError> {
        self.database.write(Atomicity::Transaction, move |tx| Box::pin(expire(tx, before, limit))).await
    }

    async fn forget_ids(&self, before: Timestamp) -> Result<(), StoreError> {
        self.database
            .write(Atomicity::Statement, move |tx| {
                Box::pin(async move {
                    let statement = sqlx::query(sql::erasures::FORGET_IDS).bind(before.as_millisecond());
                    tx.write(statement).await.map(drop)
                })
            })
            .await
    }

    async fn claim_removals(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Removal>, StoreError> {
        let rows = self
            .database
            .write(Atomicity::Statement, move |tx| {
                Box::pin(async move {
                    let statement = sqlx::query(sql::erasures::CLAIM)
                        .bind(now.as_millisecond())
                        .bind(lease_until.as_millisecond())
                        .bind(i64::from(limit))
                        .bind(farthest_removal(now));
                    tx.rows(statement).await
                })
            })
            .await?;
        rows.iter().map(removal).collect()
    }

    async fn settle_removal(&self, removal: &Removal, outcome: RemovalOutcome) -> Result<(), StoreError> {
        let (state, due_at) = removal_settled(outcome);
        let removal = Arc::new(removal.clone());
        self.database
            .write(Atomicity::Statement, move |tx| {
                let removal = Arc::clone(&removal);
                Box::pin(async move {
                    let statement = named(sql::erasures::SETTLE, &removal).bind(state).bind(due_at);
                    tx.write(statement).await.map(drop)
                })
            })
            .await
    }

    async fn list(&self, limit: u32) -> Result<Vec<Erasure>, StoreError> {
        let rows = self.database.all(sqlx::query(sql::erasures::LIST).bind(i64::from(limit))).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            found.push(self.whole(row).await?);
        }
        Ok(found)
    }

    async fn get(&self, id: ErasureId) -> Result<Option<Erasure>, StoreError> {
        match self.database.one(sqlx::query(sql::erasures::GET).bind(blob(id.0))).await? {
            Some(row) => self.whole(&row).await.map(Some),
            None => Ok(None),
        }
    }
}

async fn erase(transaction: &mut Transaction, new: &NewErasure) -> Result<Erased, StoreError> {
    let contact = new.contact;
    let [person, conversations] = HOLD;
    transaction.row(theirs(person, contact)).await?.ok_or(StoreError::NotFound)?;
    transaction.rows(theirs(conversations, contact)).await?;
    let busy = theirs(sql::erasures::BUSY, contact).bind(new.at.as_millisecond());
    if transaction.row(busy).await?.is_some() {
        return Err(StoreError::Conflict("an answer to this person is being written".to_owned()));
    }
    let booked = theirs(sql::erasures::BOOKED, contact).bind(new.at.as_millisecond());
    if transaction.row(booked).await?.is_some() {
        return Err(StoreError::Conflict("this person has just booked something".to_owned()));
    }
    let known = known(transaction, contact).await?;
    let conversations = known.talks.iter().map(|talk| talk.id).collect();
    let (writes, erasure) = new.plan(known, FORGET_POSTS)?;
    run(transaction, writes).await?;
    Ok(Erased { erasure, conversations })
}

/// What there is of a person.
async fn known(transaction: &mut Transaction, contact: ContactId) -> Result<Known, StoreError> {
    let row = transaction.row(theirs(sql::erasures::HOLDINGS, contact)).await?;
    let removed = row.as_ref().map(holdings).transpose()?.unwrap_or_default();
    let rows = transaction.rows(theirs(sql::contacts::IDENTITIES, contact)).await?;
    let identities = rows.iter().map(identity).collect::<Result<_, _>>()?;
    let rows = transaction.rows(theirs(sql::backoffice::OPPORTUNITIES, contact)).await?;
    let opportunities: Vec<Opportunity> =
        rows.iter().map(|row| Columns::of(row).json()).collect::<Result<_, _>>()?;
    let rows = transaction.rows(theirs(sql::backoffice::ORDERS, contact)).await?;
    let orders = rows.iter().map(|row| Columns::of(row).json()).collect::<Result<_, _>>()?;
    let records = |ids: Vec<Uuid>| ids.into_iter().map(RecordId).collect::<Vec<_>>();
    let notes = records(ids(transaction, theirs(sql::erasures::NOTES, contact)).await?);
    let appointments = records(ids(transaction, theirs(sql::erasures::APPOINTMENTS, contact)).await?);
    let interviews = ids(transaction, theirs(sql::erasures::INTERVIEWS_OF, contact)).await?;
    let mut talks = Vec::new();
    for id in ids(transaction, theirs(sql::erasures::CONVERSATIONS, contact)).await? {
        talks.push(talk(transaction, ConversationId(id)).await?);
    }
    let mut links = Vec::new();
    for local in locals(contact, &opportunities, &notes) {
        for row in transaction.rows(sqlx::query(sql::erasures::LINKED).bind(local.clone())).await? {
            let mut columns = Columns::of(&row);
            let (connector, kind, remote) = (columns.text()?, columns.text()?, columns.text()?);
            let locals = sqlx::query(sql::erasures::LOCALS)
                .bind(stored(&connector))
                .bind(stored(&kind))
                .bind(stored(&remote));
            let rows = transaction.rows(locals).await?;
            let locals = rows.iter().map(|row| Columns::of(row).text()).collect::<Result<_, _>>()?;
            links.push(Linked { local: local.clone(), connector, kind, remote, locals });
        }
    }
    Ok(Known { removed, identities, talks, interviews, opportunities, notes, appointments, orders, links })
}

async fn ids(transaction: &mut Transaction, statement: Statement<'_>) -> Result<Vec<Uuid>, StoreError> {
    transaction.rows(statement).await?.iter().map(|row| Columns::of(row).id()).collect()
}

/// Old conversations, and who is a stranger without them.
async fn expire(
    transaction: &mut Transaction,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<ConversationId>, StoreError> {
    let statement =
        sqlx::query(sql::erasures::HELD_EXPIRED).bind(before.as_millisecond()).bind(i64::from(limit));
    let mut gone = Vec::new();
    for row in transaction.rows(statement).await? {
        let mut columns = Columns::of(&row);
        let (conversation, contact) = (ConversationId(columns.id()?), ContactId(columns.id()?));
        let talk = talk(transaction, conversation).await?;
        run(transaction, forget_conversation(&talk)).await?;
        // Who has a record at a vendor is no stranger: nobody could tell any more what is to be deleted there.
        let linked = sqlx::query(sql::erasures::LINKED).bind(contact.to_string());
        if transaction.row(linked).await?.is_none() {
            for text in sql::erasures::FORGET_STRANGER {
                transaction.write(theirs(text, contact)).await?;
            }
        }
        gone.push(conversation);
    }
    Ok(gone)
}

async fn talk(transaction: &mut Transaction, id: ConversationId) -> Result<Talk, StoreError> {
    let of = |text: &'static str| sqlx::query(text).bind(blob(id.0));
    let turns = ids(transaction, of(sql::erasures::TURNS_OF)).await?;
    let interviews = ids(transaction, of(sql::erasures::INTERVIEWS_IN)).await?;
    Ok(Talk { id, turns, interviews })
}

async fn run(transaction: &mut Transaction, writes: Vec<Write>) -> Result<(), StoreError> {
    for Write { text, values } in writes {
        let statement = values.into_iter().fold(sqlx::query(text), |statement, value| match value {
            Bound::Id(id) => statement.bind(blob(id)),
            Bound::Text(text) => statement.bind(stored(&text).into_owned()),
            Bound::Bytes(bytes) => statement.bind(bytes),
            Bound::Time(milliseconds) => statement.bind(milliseconds),
        });
        transaction.write(statement).await?;
    }
    Ok(())
}

fn theirs(text: &'static str, contact: ContactId) -> Statement<'static> {
    sqlx::query(text).bind(blob(contact.0))
}

fn named<'r>(text: &'static str, removal: &'r Removal) -> Statement<'r> {
    sqlx::query(text)
        .bind(blob(removal.erasure.0))
        .bind(stored(&removal.connector))
        .bind(stored(&removal.kind))
        .bind(stored(&removal.remote))
}

fn holdings(row: &PgRow) -> Result<Holdings, StoreError> {
    let mut columns = Columns::of(row);
    values::holdings(|| columns.value())
}

fn removal(row: &PgRow) -> Result<Removal, StoreError> {
    let mut columns = Columns::of(row);
    Ok(Removal {
        erasure: ErasureId(columns.id()?),
        connector: columns.text()?,
        kind: columns.text()?,
        remote: columns.text()?,
        state: removal_state(columns.name()?)?,
        attempts: u32::try_from(columns.value::<i64>()?).unwrap_or(u32::MAX),
    })
}

fn erasure(row: &PgRow) -> Result<Erasure, StoreError> {
    let mut columns = Columns::of(row);
    Ok(Erasure {
        id: ErasureId(columns.id()?),
        contact: columns.optional_id()?.map(ContactId),
        asked_by: columns.text()?,
        at: columns.time()?,
        removed: columns.json()?,
        removals: Vec::new(),
    })
}
