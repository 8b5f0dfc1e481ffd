//! Calls, links and tokens of connectors on PostgreSQL.

use super::database::{Atomicity, Database};
use super::rows::Columns;
use super::text::{json, stored};
use crate::store::connectors::{Begun, CallName, CallRecord, ConnectorStore, KeptToken, Link};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::blob;
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use sqlx::Postgres;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use std::sync::Arc;

type PgQuery = Query<'static, Postgres, PgArguments>;

/// Waits for whoever is forgetting this person. `$1` contact.
const WAIT: &str = "SELECT id FROM contacts WHERE id = $1 FOR KEY SHARE";

/// [`ConnectorStore`] on PostgreSQL.
pub(super) struct Connectors {
    database: Database,
}

/// A value to bind, kept so that a statement can be made again when the database went away.
#[derive(Clone)]
enum Bound {
    Text(String),
    Number(i64),
}

impl Connectors {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// Runs one statement; returns whether it changed a row.
    async fn write(&self, text: &'static str, values: Vec<Bound>) -> Result<bool, StoreError> {
        self.database
            .write(Atomicity::Statement, move |tx| {
                let values = values.clone();
                Box::pin(async move {
                    let statement =
                        values.into_iter().fold(sqlx::query(text), |statement, value| match value {
                            Bound::Text(text) => statement.bind(text),
                            Bound::Number(number) => statement.bind(number),
                        });
                    Ok(tx.write(statement).await? > 0)
                })
            })
            .await
    }
}

fn text(text: &str) -> Bound {
    Bound::Text(stored(text).into_owned())
}

fn instant(at: Timestamp) -> Bound {
    Bound::Number(at.as_millisecond())
}

/// A query about one call.
fn of_call(text: &'static str, call: &CallName) -> PgQuery {
    sqlx::query(text)
        .bind(stored(&call.connector).into_owned())
        .bind(stored(&call.key).into_owned())
        .bind(stored(&call.operation).into_owned())
}

fn name(call: &CallName) -> Vec<Bound> {
    vec![text(&call.connector), text(&call.key), text(&call.operation)]
}

#[async_trait]
impl ConnectorStore for Connectors {
    async fn begin(&self, call: &CallName, revision: &str, at: Timestamp) -> Result<Begun, StoreError> {
        let mut values = name(call);
        values.extend([instant(at), text(revision)]);
        if self.write(sql::connectors::BEGIN, values).await? {
            return Ok(Begun::Fresh);
        }
        let statement = of_call(sql::connectors::CALL, call);
        let known = self.database.one(statement).await?.as_ref().map(result).transpose()?;
        Ok(known.flatten().map_or(Begun::InDoubt, Begun::Done))
    }

    async fn record(&self, call: &CallName) -> Result<Option<CallRecord>, StoreError> {
        let row = self.database.one(of_call(sql::connectors::RECORD, call)).await?;
        let record = |row| {
            let mut columns = Columns::of(row);
            Ok(CallRecord { begun_at: columns.time()?, revision: columns.text()? })
        };
        row.as_ref().map(record).transpose()
    }

    async fn finish(&self, call: &CallName, result: &Value) -> Result<(), StoreError> {
        let mut values = name(call);
        values.push(Bound::Text(json(result)?));
        self.write(sql::connectors::FINISH, values).await.map(drop)
    }

    async fn forget(&self, call: &CallName) -> Result<(), StoreError> {
        self.write(sql::connectors::FORGET, name(call)).await.map(drop)
    }

    async fn link(&self, link: &Link, at: Timestamp) -> Result<(), StoreError> {
        let values =
            vec![text(&link.connector), text(&link.kind), text(&link.local), text(&link.remote), instant(at)];
        let Some(contact) = link.contact() else {
            return self.write(sql::connectors::LINK, values).await.map(drop);
        };
        let link = Arc::new(link.clone());
        let is_linked = self
            .database
            .write(Atomicity::Transaction, move |tx| {
                let link = Arc::clone(&link);
                Box::pin(async move {
                    tx.row(sqlx::query(WAIT).bind(blob(contact.0))).await?;
                    let late = sqlx::query(sql::erasures::KEEP_LATE_REMOVAL)
                        .bind(stored(&link.connector))
                        .bind(stored(&link.kind))
                        .bind(stored(&link.remote))
                        .bind(at.as_millisecond())
                        .bind(blob(contact.0));
                    if tx.write(late).await? > 0 {
                        return Ok(false);
                    }
                    let linking = sqlx::query(sql::connectors::LINK)
                        .bind(stored(&link.connector))
                        .bind(stored(&link.kind))
                        .bind(stored(&link.local))
                        .bind(stored(&link.remote))
                        .bind(at.as_millisecond());
                    tx.write(linking).await?;
                    Ok(true)
                })
            })
            .await?;
        if is_linked { Ok(()) } else { Err(StoreError::NotFound) }
    }

    async fn remotes(&self, connector: &str, kind: &str, local: &str) -> Result<Vec<String>, StoreError> {
        let statement = sqlx::query(sql::connectors::REMOTES)
            .bind(stored(connector))
            .bind(stored(kind))
            .bind(stored(local));
        let rows = self.database.all(statement).await?;
        rows.iter().map(|row| Columns::of(row).text()).collect()
    }

    async fn local(&self, connector: &str, kind: &str, remote: &str) -> Result<Option<String>, StoreError> {
        let statement = sqlx::query(sql::connectors::LOCAL)
            .bind(stored(connector))
            .bind(stored(kind))
            .bind(stored(remote));
        let row = self.database.one(statement).await?;
        row.as_ref().map(|row| Columns::of(row).text()).transpose()
    }

    async fn token(&self, connector: &str) -> Result<Option<KeptToken>, StoreError> {
        let statement = sqlx::query(sql::connectors::TOKEN).bind(stored(connector));
        self.database.one(statement).await?.as_ref().map(token).transpose()
    }

    async fn claim_renewal(
        &self,
        connector: &str,
        generation: i64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = vec![text(connector), Bound::Number(generation), instant(now), instant(until)];
        self.write(sql::connectors::CLAIM, values).await
    }

    async fn keep_token(&self, connector: &str, token: &KeptToken) -> Result<(), StoreError> {
        let values = vec![
            text(connector),
            Bound::Number(token.generation),
            text(&token.seed),
            text(&token.access),
            text(&token.refresh),
            instant(token.expires_at),
        ];
        self.write(sql::connectors::KEEP, values).await.map(drop)
    }

    async fn give_up_renewal(&self, connector: &str) -> Result<(), StoreError> {
        self.write(sql::connectors::GIVE_UP, vec![text(connector)]).await.map(drop)
    }
}

fn result(row: &PgRow) -> Result<Option<Value>, StoreError> {
    let text = Columns::of(row).optional_text()?;
    text.map(|text| serde_json::from_str(&text).map_err(|error| StoreError::Fault(error.to_string())))
        .transpose()
}

fn token(row: &PgRow) -> Result<KeptToken, StoreError> {
    let mut columns = Columns::of(row);
    Ok(KeptToken {
        generation: columns.value()?,
        seed: columns.text()?,
        access: columns.text()?,
        refresh: columns.text()?,
        expires_at: columns.time()?,
    })
}
