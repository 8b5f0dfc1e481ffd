//! An effect happens once: its key and what it returned are written in the transaction that does it, and a key
//! seen before returns that instead. A refused effect leaves no key: it may be tried again.

use super::Backoffice;
use crate::store::backoffice::EffectKey;
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::effects::Kind;
use crate::store::sql::values::{from_json, json};
use crate::store::sqlite::rows::Columns;
use crate::store::sqlite::transaction::Transaction;
use crate::store::sqlite::writer::Atomicity;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

impl Backoffice {
    /// Does `work`, unless its key was seen before.
    pub(super) async fn once<T, W>(&self, key: &EffectKey, kind: Kind, work: W) -> Result<T, StoreError>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        W: for<'t> FnOnce(&'t mut Transaction) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
    {
        let key = key.clone();
        self.database
            .writer
            .run(Atomicity::Savepoint, move |tx| {
                Box::pin(async move {
                    if let Some(first) = seen_before(tx, &key, kind).await? {
                        return Ok(first);
                    }
                    let result = work(tx).await?;
                    let statement = sqlx::query(sql::backoffice::KEEP_EFFECT)
                        .bind(key.0)
                        .bind(kind.as_str())
                        .bind(json(&result)?);
                    tx.write(statement).await?;
                    Ok(result)
                })
            })
            .await
    }
}

async fn seen_before<T: DeserializeOwned>(
    transaction: &mut Transaction,
    key: &EffectKey,
    kind: Kind,
) -> Result<Option<T>, StoreError> {
    let row = transaction.read(sqlx::query(sql::backoffice::EFFECT).bind(key.0.as_str())).await?;
    let Some(row) = row else { return Ok(None) };
    let mut columns = Columns::of(&row);
    let first: &str = columns.value()?;
    if first != kind.as_str() {
        return Err(StoreError::Conflict(format!("the effect key {} stands for {first} already", key.0)));
    }
    from_json(columns.value()?).map(Some)
}
