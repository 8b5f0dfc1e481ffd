//! An effect happens once: its key and what it returned are written in the transaction that does it, and a key
//! seen before returns that instead. A refused effect leaves no key: it may be tried again. The key is taken first,
//! so that the same effect asked for twice at once waits for itself.

use super::Backoffice;
use crate::store::backoffice::EffectKey;
use crate::store::error::StoreError;
use crate::store::postgres::database::{Atomicity, Transaction};
use crate::store::postgres::rows::Columns;
use crate::store::postgres::scripts;
use crate::store::postgres::text::{json, stored};
use crate::store::sql;
use crate::store::sql::effects::Kind;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

impl Backoffice {
    /// Does `work`, unless its key was seen before.
    pub(super) async fn once<T, W>(&self, key: &EffectKey, kind: Kind, work: W) -> Result<T, StoreError>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        W: for<'t> Fn(&'t mut Transaction) -> BoxFuture<'t, Result<T, StoreError>> + Send + Sync + 'static,
    {
        let (key, work) = (key.clone(), Arc::new(work));
        self.database
            .write(Atomicity::Transaction, move |tx| {
                let (key, work) = (key.clone(), Arc::clone(&work));
                Box::pin(async move {
                    let take = sqlx::query(scripts::TAKE_EFFECT).bind(stored(&key.0)).bind(kind.as_str());
                    if tx.write(take).await? == 0 {
                        return seen_before(tx, &key, kind).await;
                    }
                    let result = work(tx).await?;
                    let keep = sqlx::query(scripts::KEEP_EFFECT).bind(stored(&key.0)).bind(json(&result)?);
                    tx.write(keep).await?;
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
) -> Result<T, StoreError> {
    let row = transaction.row(sqlx::query(sql::backoffice::EFFECT).bind(stored(&key.0))).await?;
    let row = row.ok_or(StoreError::NotFound)?;
    let mut columns = Columns::of(&row);
    let first = columns.name()?;
    if first != kind.as_str() {
        return Err(StoreError::Conflict(format!("the effect key {} stands for {first} already", key.0)));
    }
    columns.json()
}
