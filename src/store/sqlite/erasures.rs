//! Forgetting people on SQLite.

use super::Database;
use super::rows::{Columns, identity};
use super::statement::{Statement, query};
use super::transaction::Transaction;
use super::writer::Atomicity;
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

/// Forgets what channels posted of a person and was worked through. `$1` what they are known by.
const FORGET_POSTS: &str = "DELETE FROM posts WHERE state <> 'waiting' AND instr(body, $1) > 0";

/// [`ErasureStore`] on SQLite.
pub(super) struct Erasures {
    database: Database,
}

impl Erasures {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// An erasure with what there was at vendors.
    fn whole(&self, mut erasure: Erasure) -> Result<Erasure, StoreError> {
        let statement = query(sql::erasures::REMOVALS).bind(blob(erasure.id.0));
        erasure.removals = self.database.reader.few(statement, removal)?;
        Ok(erasure)
    }
}

#[async_trait]
impl ErasureStore for Erasures {
    async fn holdings(&self, contact: ContactId) -> Result<Holdings, StoreError> {
        let statement = query(sql::erasures::HOLDINGS).bind(blob(contact.0));
        Ok(self.database.reader.one(statement, holdings)?.unwrap_or_default())
    }

    async fn conversations_of(&self, contact: ContactId) -> Result<Vec<ConversationId>, StoreError> {
        let statement = query(sql::erasures::CONVERSATIONS).bind(blob(contact.0));
        self.database.reader.many(statement, |columns| columns.id().map(ConversationId)).await
    }

    async fn aliases(&self, contact: ContactId) -> Result<Vec<ContactId>, StoreError> {
        let statement = query(sql::erasures::ALIASES).bind(blob(contact.0));
        self.database.reader.few(statement, |columns| columns.id().map(ContactId))
    }

    async fn is_busy(&self, contact: ContactId, now: Timestamp) -> Result<bool, StoreError> {
        let statement = query(sql::erasures::BUSY).bind(blob(contact.0)).bind(now.as_millisecond());
        Ok(self.database.reader.one(statement, |_| Ok(()))?.is_some())
    }

    async fn erase(&self, new: NewErasure) -> Result<Erased, StoreError> {
        self.database.writer.run(Atomicity::Savepoint, move |tx| erase(tx, &new)).await
    }

    async fn expire(&self, before: Timestamp, limit: u32) -> Result<Vec<ConversationId>, StoreError> {
        self.database.writer.run(Atomicity::Savepoint, move |tx| expire(tx, before, limit)).await
    }

    async fn forget_ids(&self, before: Timestamp) -> Result<(), StoreError> {
        let statement = query(sql::erasures::FORGET_IDS).bind(before.as_millisecond());
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(statement).map(drop)).await
    }

    async fn claim_removals(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Removal>, StoreError> {
        let statement = query(sql::erasures::CLAIM)
            .bind(now.as_millisecond())
            .bind(lease_until.as_millisecond())
            .bind(limit)
            .bind(farthest_removal(now));
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write_returning(statement, removal)).await
    }

    async fn settle_removal(&self, removal: &Removal, outcome: RemovalOutcome) -> Result<(), StoreError> {
        let (state, due_at) = removal_settled(outcome);
        let statement = named(sql::erasures::SETTLE, removal).bind(state).bind(due_at);
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(statement).map(drop)).await
    }

    async fn list(&self, limit: u32) -> Result<Vec<Erasure>, StoreError> {
        let found = self.database.reader.many(query(sql::erasures::LIST).bind(limit), erasure).await?;
        found.into_iter().map(|erasure| self.whole(erasure)).collect()
    }

    async fn get(&self, id: ErasureId) -> Result<Option<Erasure>, StoreError> {
        let found = self.database.reader.one(query(sql::erasures::GET).bind(blob(id.0)), erasure)?;
        found.map(|erasure| self.whole(erasure)).transpose()
    }
}

fn erase(transaction: &mut Transaction, new: &NewErasure) -> Result<Erased, StoreError> {
    let theirs = |text: &'static str| query(text).bind(blob(new.contact.0));
    transaction.read(theirs(sql::contacts::GET), |_| Ok(()))?.ok_or(StoreError::NotFound)?;
    let busy = theirs(sql::erasures::BUSY).bind(new.at.as_millisecond());
    if transaction.read(busy, |_| Ok(()))?.is_some() {
        return Err(StoreError::Conflict("an answer to this person is being written".to_owned()));
    }
    let booked = theirs(sql::erasures::BOOKED).bind(new.at.as_millisecond());
    if transaction.read(booked, |_| Ok(()))?.is_some() {
        return Err(StoreError::Conflict("this person has just booked something".to_owned()));
    }
    let known = known(transaction, new)?;
    let conversations = known.talks.iter().map(|talk| talk.id).collect();
    let (writes, erasure) = new.plan(known, FORGET_POSTS)?;
    run(transaction, writes)?;
    Ok(Erased { erasure, conversations })
}

/// What there is of a person.
fn known(transaction: &mut Transaction, new: &NewErasure) -> Result<Known, StoreError> {
    let theirs = |text: &'static str| query(text).bind(blob(new.contact.0));
    let opportunities: Vec<Opportunity> =
        transaction.read_all(theirs(sql::backoffice::OPPORTUNITIES), |columns| columns.json())?;
    let notes = transaction.read_all(theirs(sql::erasures::NOTES), |columns| columns.id().map(RecordId))?;
    let mut links = Vec::new();
    for local in locals(new.contact, &opportunities, &notes) {
        let linked = query(sql::erasures::LINKED).bind(local.as_str());
        for (connector, kind, remote) in transaction
            .read_all(linked, |columns| Ok((columns.value()?, columns.value()?, columns.value()?)))?
        {
            let (connector, kind, remote): (String, String, String) = (connector, kind, remote);
            let locals = query(sql::erasures::LOCALS)
                .bind(connector.as_str())
                .bind(kind.as_str())
                .bind(remote.as_str());
            let locals = transaction.read_all(locals, |columns| columns.value())?;
            links.push(Linked { local: local.clone(), connector, kind, remote, locals });
        }
    }
    let conversations = transaction
        .read_all(theirs(sql::erasures::CONVERSATIONS), |columns| columns.id().map(ConversationId))?;
    let talks = conversations.into_iter().map(|id| talk(transaction, id)).collect::<Result<_, _>>()?;
    Ok(Known {
        removed: transaction.read(theirs(sql::erasures::HOLDINGS), holdings)?.unwrap_or_default(),
        identities: transaction.read_all(theirs(sql::contacts::IDENTITIES), identity)?,
        talks,
        interviews: transaction.read_all(theirs(sql::erasures::INTERVIEWS_OF), |columns| columns.id())?,
        opportunities,
        notes,
        appointments: transaction
            .read_all(theirs(sql::erasures::APPOINTMENTS), |columns| columns.id().map(RecordId))?,
        orders: transaction.read_all(theirs(sql::backoffice::ORDERS), |columns| columns.json())?,
        links,
    })
}

/// Old conversations, and who is a stranger without them.
fn expire(
    transaction: &mut Transaction,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<ConversationId>, StoreError> {
    let expired = query(sql::erasures::EXPIRED).bind(before.as_millisecond()).bind(limit);
    let expired = transaction
        .read_all(expired, |columns| Ok((ConversationId(columns.id()?), ContactId(columns.id()?))))?;
    for (conversation, contact) in &expired {
        let talk = talk(transaction, *conversation)?;
        run(transaction, forget_conversation(&talk))?;
        // Who has a record at a vendor is no stranger: nobody could tell any more what is to be deleted there.
        let linked = query(sql::erasures::LINKED).bind(contact.to_string());
        if transaction.read(linked, |_| Ok(()))?.is_none() {
            for text in sql::erasures::FORGET_STRANGER {
                transaction.write(query(text).bind(blob(contact.0)))?;
            }
        }
    }
    Ok(expired.into_iter().map(|(conversation, _)| conversation).collect())
}

fn talk(transaction: &Transaction, id: ConversationId) -> Result<Talk, StoreError> {
    let of = |text: &'static str| query(text).bind(blob(id.0));
    let turns = transaction.read_all(of(sql::erasures::TURNS_OF), |columns| columns.id())?;
    let interviews = transaction.read_all(of(sql::erasures::INTERVIEWS_IN), |columns| columns.id())?;
    Ok(Talk { id, turns, interviews })
}

fn run(transaction: &mut Transaction, writes: Vec<Write>) -> Result<(), StoreError> {
    for Write { text, values } in writes {
        let statement = values.into_iter().fold(query(text), |statement, value| match value {
            Bound::Id(id) => statement.bind(blob(id)),
            Bound::Text(text) => statement.bind(text),
            Bound::Bytes(bytes) => statement.bind(bytes),
            Bound::Time(milliseconds) => statement.bind(milliseconds),
        });
        transaction.write(statement)?;
    }
    Ok(())
}

fn named(text: &'static str, removal: &Removal) -> Statement {
    query(text)
        .bind(blob(removal.erasure.0))
        .bind(removal.connector.as_str())
        .bind(removal.kind.as_str())
        .bind(removal.remote.as_str())
}

fn holdings(columns: &mut Columns<'_>) -> Result<Holdings, StoreError> {
    values::holdings(|| columns.value())
}

fn removal(columns: &mut Columns<'_>) -> Result<Removal, StoreError> {
    Ok(Removal {
        erasure: ErasureId(columns.id()?),
        connector: columns.value()?,
        kind: columns.value()?,
        remote: columns.value()?,
        state: removal_state(columns.text()?)?,
        attempts: columns.value()?,
    })
}

fn erasure(columns: &mut Columns<'_>) -> Result<Erasure, StoreError> {
    Ok(Erasure {
        id: ErasureId(columns.id()?),
        contact: columns.optional_id()?.map(ContactId),
        asked_by: columns.value()?,
        at: columns.time()?,
        removed: columns.json()?,
        removals: Vec::new(),
    })
}
