//! API keys on SQLite.

use super::Database;
use super::rows::Columns;
use super::statement::query;
use super::transaction::Transaction;
use super::writer::Atomicity;
use crate::store::error::StoreError;
use crate::store::keys::{ApiKey, KeyStore};
use crate::store::sql;
use crate::store::sql::values::json;
use async_trait::async_trait;
use jiff::Timestamp;

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
        self.database.writer.run(Atomicity::RefusesFirst, |tx| add(tx, key)).await
    }

    async fn list(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.database.reader.few(query(sql::keys::LIST), key)
    }

    async fn remove(&self, name: &str) -> Result<bool, StoreError> {
        let statement = query(sql::keys::REMOVE).bind(name);
        self.database.writer.run(Atomicity::RefusesFirst, |tx| Ok(tx.write(statement)? > 0)).await
    }

    async fn touch(&self, name: &str, at: Timestamp) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.database.writer.run(Atomicity::RefusesFirst, move |tx| touch(tx, name, at)).await
    }
}

fn add(transaction: &mut Transaction, key: ApiKey) -> Result<(), StoreError> {
    let statement = query(sql::keys::ADD)
        .bind(key.name)
        .bind(json(&key.scopes)?)
        .bind(key.hash.to_vec())
        .bind(key.created_at.as_millisecond())
        .bind(key.last_used_at.map(Timestamp::as_millisecond));
    transaction.write(statement)?;
    Ok(())
}

fn touch(transaction: &mut Transaction, name: String, at: Timestamp) -> Result<(), StoreError> {
    let statement = query(sql::keys::TOUCH).bind(name).bind(at.as_millisecond());
    match transaction.write(statement)? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

fn key(columns: &mut Columns<'_>) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        name: columns.value()?,
        scopes: columns.json()?,
        hash: columns.hash()?,
        created_at: columns.time()?,
        last_used_at: columns.optional_time()?,
    })
}
