//! Quotas that every process on a PostgreSQL database shares: one statement, one round trip, a call.

use super::database::{Atomicity, Database};
use super::rows::Columns;
use super::scripts;
use super::text::stored;
use crate::limits::cells::{CellRate, CellsAway, SharedCells, Taken};
use crate::store::error::StoreError;
use async_trait::async_trait;
use std::time::Duration;

/// [`SharedCells`] on PostgreSQL.
pub(super) struct Quotas {
    database: Database,
}

impl Quotas {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// How long until there is enough, in microseconds; 0 if it was taken.
    async fn wait(&self, name: &str, units: u32, rate: CellRate) -> Result<i64, StoreError> {
        let name = stored(name).into_owned();
        let (cost, whole) = (rate.microseconds(units.min(rate.at_once)), rate.microseconds(rate.at_once));
        self.database
            .write(Atomicity::Statement, move |tx| {
                let name = name.clone();
                Box::pin(async move {
                    let statement = sqlx::query(scripts::TAKE_UNITS).bind(name).bind(cost).bind(whole);
                    let row = tx.row(statement).await?.ok_or(StoreError::NotFound)?;
                    Columns::of(&row).value()
                })
            })
            .await
    }
}

#[async_trait]
impl SharedCells for Quotas {
    async fn take(&self, name: &str, units: u32, rate: CellRate) -> Result<Taken, CellsAway> {
        let wait = self.wait(name, units, rate).await.map_err(|error| CellsAway(error.to_string()))?;
        Ok(match u64::try_from(wait) {
            Ok(microseconds) if microseconds > 0 => Taken::Later(Duration::from_micros(microseconds)),
            Ok(_) | Err(_) => Taken::Now,
        })
    }
}
