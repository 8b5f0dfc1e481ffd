//! Calls, links and tokens of connectors on SQLite.

use super::Database;
use super::rows::Columns;
use super::statement::{Statement, query};
use super::transaction::Transaction;
use super::writer::Atomicity;
use crate::store::connectors::{Begun, CallName, CallRecord, ConnectorStore, KeptToken, Link};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{blob, json};
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

/// [`ConnectorStore`] on SQLite.
pub(super) struct Connectors {
    database: Database,
}

impl Connectors {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// Runs one statement; returns whether it changed a row.
    async fn write(&self, statement: Statement) -> Result<bool, StoreError> {
        self.database.writer.run(Atomicity::RefusesFirst, |tx| Ok(tx.write(statement)? > 0)).await
    }
}

#[async_trait]
impl ConnectorStore for Connectors {
    async fn record(&self, call: &CallName) -> Result<Option<CallRecord>, StoreError> {
        self.database.reader.one(named(sql::connectors::RECORD, call), |columns| {
            Ok(CallRecord { begun_at: columns.time()?, revision: columns.value()? })
        })
    }

    async fn begin(&self, call: &CallName, revision: &str, at: Timestamp) -> Result<Begun, StoreError> {
        let begin = named(sql::connectors::BEGIN, call).bind(at.as_millisecond()).bind(revision);
        if self.write(begin).await? {
            return Ok(Begun::Fresh);
        }
        let known = self.database.reader.one(named(sql::connectors::CALL, call), result)?;
        Ok(known.flatten().map_or(Begun::InDoubt, Begun::Done))
    }

    async fn finish(&self, call: &CallName, result: &Value) -> Result<(), StoreError> {
        self.write(named(sql::connectors::FINISH, call).bind(json(result)?)).await.map(drop)
    }

    async fn forget(&self, call: &CallName) -> Result<(), StoreError> {
        self.write(named(sql::connectors::FORGET, call)).await.map(drop)
    }

    async fn link(&self, link: &Link, at: Timestamp) -> Result<(), StoreError> {
        let statement = query(sql::connectors::LINK)
            .bind(link.connector.as_str())
            .bind(link.kind.as_str())
            .bind(link.local.as_str())
            .bind(link.remote.as_str())
            .bind(at.as_millisecond());
        let Some(contact) = link.contact() else { return self.write(statement).await.map(drop) };
        let late = query(sql::erasures::KEEP_LATE_REMOVAL)
            .bind(link.connector.as_str())
            .bind(link.kind.as_str())
            .bind(link.remote.as_str())
            .bind(at.as_millisecond())
            .bind(blob(contact.0));
        let linking = move |tx: &mut Transaction| {
            if tx.write(late)? > 0 {
                return Ok(false);
            }
            tx.write(statement).map(|_| true)
        };
        if self.database.writer.run(Atomicity::Savepoint, linking).await? {
            Ok(())
        } else {
            Err(StoreError::NotFound)
        }
    }

    async fn remotes(&self, connector: &str, kind: &str, local: &str) -> Result<Vec<String>, StoreError> {
        let statement = query(sql::connectors::REMOTES).bind(connector).bind(kind).bind(local);
        self.database.reader.few(statement, |columns| columns.value())
    }

    async fn local(&self, connector: &str, kind: &str, remote: &str) -> Result<Option<String>, StoreError> {
        let statement = query(sql::connectors::LOCAL).bind(connector).bind(kind).bind(remote);
        self.database.reader.one(statement, |columns| columns.value())
    }

    async fn token(&self, connector: &str) -> Result<Option<KeptToken>, StoreError> {
        self.database.reader.one(query(sql::connectors::TOKEN).bind(connector), token)
    }

    async fn claim_renewal(
        &self,
        connector: &str,
        generation: i64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let statement = query(sql::connectors::CLAIM)
            .bind(connector)
            .bind(generation)
            .bind(now.as_millisecond())
            .bind(until.as_millisecond());
        self.write(statement).await
    }

    async fn keep_token(&self, connector: &str, token: &KeptToken) -> Result<(), StoreError> {
        let statement = query(sql::connectors::KEEP)
            .bind(connector)
            .bind(token.generation)
            .bind(token.seed.as_str())
            .bind(token.access.as_str())
            .bind(token.refresh.as_str())
            .bind(token.expires_at.as_millisecond());
        self.write(statement).await.map(drop)
    }

    async fn give_up_renewal(&self, connector: &str) -> Result<(), StoreError> {
        self.write(query(sql::connectors::GIVE_UP).bind(connector)).await.map(drop)
    }
}

fn named(text: &'static str, call: &CallName) -> Statement {
    query(text).bind(call.connector.as_str()).bind(call.key.as_str()).bind(call.operation.as_str())
}

fn result(columns: &mut Columns<'_>) -> Result<Option<Value>, StoreError> {
    let text: Option<String> = columns.value()?;
    text.map(|text| serde_json::from_str(&text).map_err(|error| StoreError::Fault(error.to_string())))
        .transpose()
}

fn token(columns: &mut Columns<'_>) -> Result<KeptToken, StoreError> {
    Ok(KeptToken {
        generation: columns.value()?,
        seed: columns.value()?,
        access: columns.value()?,
        refresh: columns.value()?,
        expires_at: columns.time()?,
    })
}
