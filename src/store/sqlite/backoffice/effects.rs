//! An effect happens once: its key and what it returned are written in the transaction that does it, and a key
//! seen before returns that instead. A refused effect leaves no key: it may be tried again.

use super::Backoffice;
use crate::store::backoffice::EffectKey;
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::effects::Kind;
use crate::store::sql::values::{from_json, json};
use crate::store::sqlite::statement::query;
use crate::store::sqlite::transaction::Transaction;
use crate::store::sqlite::writer::Atomicity;
use serde::Serialize;
use serde::de::DeserializeOwned;

impl Backoffice {
    /// Does `work`, unless its key was seen before.
    pub(super) async fn once<T, W>(&self, key: &EffectKey, kind: Kind, work: W) -> Result<T, StoreError>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        W: FnOnce(&mut Transaction) -> Result<T, StoreError> + Send + 'static,
    {
        let key = key.clone();
        self.database
            .writer
            .run(Atomicity::Savepoint, move |tx| {
                if let Some(first) = seen_before(tx, &key, kind)? {
                    return Ok(first);
                }
                let result = work(tx)?;
                let statement =
                    query(sql::backoffice::KEEP_EFFECT).bind(key.0).bind(kind.as_str()).bind(json(&result)?);
                tx.write(statement)?;
                Ok(result)
            })
            .await
    }
}

fn seen_before<T: DeserializeOwned>(
    transaction: &Transaction,
    key: &EffectKey,
    kind: Kind,
) -> Result<Option<T>, StoreError> {
    let statement = query(sql::backoffice::EFFECT).bind(key.0.as_str());
    let seen = transaction
        .read(statement, |columns| Ok((columns.value::<String>()?, columns.value::<String>()?)))?;
    match seen {
        Some((first, result)) if first == kind.as_str() => from_json(&result).map(Some),
        Some((first, _)) => {
            Err(StoreError::Conflict(format!("the effect key {} stands for {first} already", key.0)))
        }
        None => Ok(None),
    }
}
