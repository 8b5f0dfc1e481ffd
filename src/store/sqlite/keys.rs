//! API keys on SQLite.

use super::Database;
use super::rows::Columns;
use super::transaction::Transaction;
use super::writer::Atomicity;
use crate::store::error::StoreError;
use crate::store::keys::{ApiKey, KeyStore};
use crate::store::sql;
use crate::store::sql::values::json;
use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;

/// [`KeyStore`] on SQLite.
pub(super) struct Keys {
    database: Database,
}

impl Keys {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl KeyStore for Keys {
    async fn add(&self, key: &ApiKey) -> Result<(), StoreError> {
        let key = key.clone();
        self.database.writer.run(Atomicity::RefusesFirst, |tx| Box::pin(add(tx, key))).await
    }

    async fn list(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.database.reader.all(sqlx::query(sql::keys::LIST)).await?.iter().map(key).collect()
    }

    async fn remove(&self, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.database
            .writer
            .run(Atomicity::RefusesFirst, |tx| {
                Box::pin(async move { Ok(tx.write(sqlx::query(sql::keys::REMOVE).bind(name)).await? > 0) })
            })
            .await
    }

    async fn touch(&self, name: &str, at: Timestamp) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.database.writer.run(Atomicity::RefusesFirst, move |tx| Box::pin(touch(tx, name, at))).await
    }
}

async fn add(transaction: &mut Transaction, key: ApiKey) -> Result<(), StoreError> {
    let statement = sqlx::query(sql::keys::ADD)
        .bind(key.name)
        .bind(json(&key.scopes)?)
        .bind(key.hash.to_vec())
        .bind(key.created_at.as_millisecond())
        .bind(key.last_used_at.map(Timestamp::as_millisecond));
    transaction.write(statement).await?;
    Ok(())
}

async fn touch(transaction: &mut Transaction, name: String, at: Timestamp) -> Result<(), StoreError> {
    let statement = sqlx::query(sql::keys::TOUCH).bind(name).bind(at.as_millisecond());
    match transaction.write(statement).await? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

fn key(row: &SqliteRow) -> Result<ApiKey, StoreError> {
    let mut columns = Columns::of(row);
    Ok(ApiKey {
        name: columns.value()?,
        scopes: columns.json()?,
        hash: columns.hash()?,
        created_at: columns.time()?,
        last_used_at: columns.optional_time()?,
    })
}
