//! Forgetting people on SQLite.

use super::Database;
use super::rows::{Columns, identity};
use super::statement::{Statement, query};
use super::transaction::Transaction;
use super::writer::Atomicity;
use crate::domain::crm::Opportunity;
use crate::domain::erasure::{Erasure, Holdings, Removal};
use crate::domain::ids::{ContactId, ConversationId, ErasureId, RecordId};
use crate::store::erasures::{Erased, ErasureStore, NewErasure, RemovalOutcome, keys, marks};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{self, blob, farthest, json, removal_settled, removal_state};
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

    async fn erase(&self, new: NewErasure) -> Result<Erased, StoreError> {
        self.database.writer.run(Atomicity::Savepoint, |tx| erase(tx, new)).await
    }

    async fn expire(&self, before: Timestamp, limit: u32) -> Result<Vec<ConversationId>, StoreError> {
        self.database.writer.run(Atomicity::Savepoint, move |tx| expire(tx, before, limit)).await
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
            .bind(farthest(now));
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

fn erase(transaction: &mut Transaction, new: NewErasure) -> Result<Erased, StoreError> {
    let theirs = |text: &'static str| query(text).bind(blob(new.contact.0));
    transaction.read(theirs(sql::contacts::GET), |_| Ok(()))?.ok_or(StoreError::NotFound)?;
    let busy = theirs(sql::erasures::BUSY).bind(new.at.as_millisecond());
    if transaction.read(busy, |_| Ok(()))?.is_some() {
        return Err(StoreError::Conflict("an answer to this person is being written".to_owned()));
    }
    let removed = transaction.read(theirs(sql::erasures::HOLDINGS), holdings)?.unwrap_or_default();
    let conversations = transaction
        .read_all(theirs(sql::erasures::CONVERSATIONS), |columns| columns.id().map(ConversationId))?;
    let mut removals = Vec::new();
    let opportunities: Vec<Opportunity> =
        transaction.read_all(theirs(sql::backoffice::OPPORTUNITIES), |columns| columns.json())?;
    let notes = transaction.read_all(theirs(sql::erasures::NOTES), |columns| columns.id().map(RecordId))?;
    for (local, state) in new.locals(&opportunities, &notes) {
        let linked = query(sql::erasures::LINKED).bind(local.as_str());
        for (connector, kind, remote) in transaction
            .read_all(linked, |columns| Ok((columns.value()?, columns.value()?, columns.value()?)))?
        {
            removals.push(Removal { erasure: new.id, connector, kind, remote, state, attempts: 0 });
        }
        transaction.write(query(sql::erasures::UNLINK).bind(local))?;
    }
    transaction.write(query(sql::erasures::FORGET_NAMED).bind(new.contact.to_string()))?;
    for mark in marks(&transaction.read_all(theirs(sql::contacts::IDENTITIES), identity)?) {
        transaction.write(query(FORGET_POSTS).bind(mark))?;
    }
    for conversation in &conversations {
        forget_conversation(transaction, *conversation)?;
    }
    for text in sql::erasures::FORGET_PERSON {
        transaction.write(theirs(text))?;
    }
    transaction.write(theirs(sql::erasures::STRIP).bind(new.at.as_millisecond()))?;
    transaction.write(theirs(sql::erasures::DELETE))?;
    let keep = query(sql::erasures::KEEP)
        .bind(blob(new.id.0))
        .bind(blob(new.contact.0))
        .bind(new.asked_by.as_str())
        .bind(new.at.as_millisecond())
        .bind(json(&removed)?);
    transaction.write(keep)?;
    for removal in &removals {
        let keep = named(sql::erasures::KEEP_REMOVAL, removal)
            .bind(removal.state.as_str())
            .bind(new.at.as_millisecond());
        transaction.write(keep)?;
    }
    let NewErasure { id, contact, asked_by, at, .. } = new;
    Ok(Erased { erasure: Erasure { id, contact, asked_by, at, removed, removals }, conversations })
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
        forget_conversation(transaction, *conversation)?;
        for text in sql::erasures::FORGET_STRANGER {
            transaction.write(query(text).bind(blob(contact.0)))?;
        }
    }
    Ok(expired.into_iter().map(|(conversation, _)| conversation).collect())
}

fn forget_conversation(transaction: &mut Transaction, id: ConversationId) -> Result<(), StoreError> {
    let of = |text: &'static str| query(text).bind(blob(id.0));
    let turns = transaction.read_all(of(sql::erasures::TURNS_OF), |columns| columns.id())?;
    let interviews = transaction.read_all(of(sql::erasures::INTERVIEWS_IN), |columns| columns.id())?;
    for [from, until] in keys(&turns, &interviews) {
        for text in sql::erasures::FORGET_EFFECTS {
            transaction.write(query(text).bind(from.as_str()).bind(until.as_str()))?;
        }
    }
    for text in sql::erasures::FORGET_CONVERSATION {
        transaction.write(of(text))?;
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
        contact: ContactId(columns.id()?),
        asked_by: columns.value()?,
        at: columns.time()?,
        removed: columns.json()?,
        removals: Vec::new(),
    })
}
