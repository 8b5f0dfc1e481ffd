//! Forgetting people on SQLite.

use super::Database;
use super::rows::Columns;
use super::statement::{Statement, query};
use super::transaction::Transaction;
use super::writer::Atomicity;
use crate::domain::crm::Opportunity;
use crate::domain::erasure::{Erasure, Holdings, Removal};
use crate::domain::ids::{ContactId, ConversationId, ErasureId, RecordId};
use crate::store::erasures::{Erased, ErasureStore, NewErasure, RemovalOutcome};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{self, blob, farthest, json, removal_settled, removal_state};
use async_trait::async_trait;
use jiff::Timestamp;

/// Forgets what calls to vendors returned in a person's turns and interviews. `$1` contact.
const FORGET_CALLS: &str = "
    DELETE FROM connector_calls WHERE replace(substr(key, 1, 36), '-', '') IN (
        SELECT lower(hex(turn_id)) FROM events
        WHERE kind = 'turn_started' AND conversation_id IN (SELECT id FROM conversations WHERE contact_id = $1)
        UNION SELECT lower(hex(id)) FROM interviews WHERE contact_id = $1)";

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
    transaction.write(query(sql::erasures::FORGET_EFFECTS).bind(new.contact.to_string()))?;
    transaction.write(theirs(FORGET_CALLS))?;
    for text in sql::erasures::FORGET {
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
