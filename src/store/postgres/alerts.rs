//! Alerts that wait for the webhook, on PostgreSQL.

use super::database::{Atomicity, Database};
use super::rows::Columns;
use super::text::{json, stored};
use crate::limits::alerts::Alert;
use crate::limits::shelf::{AlertShelf, KeptAlert, Settled, ShelfAway};
use crate::store::error::StoreError;
use crate::store::sql;
use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::postgres::PgRow;

/// [`AlertShelf`] on PostgreSQL.
pub(super) struct Alerts {
    database: Database,
}

impl Alerts {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl AlertShelf for Alerts {
    async fn keep(&self, alert: &Alert) -> Result<(), ShelfAway> {
        let (id, body) = (stored(&alert.id).into_owned(), json(alert).map_err(away)?);
        let at = alert.at.as_millisecond();
        let kept = self.database.write(Atomicity::Statement, move |tx| {
            let keep = sqlx::query(sql::alerts::KEEP).bind(id.clone()).bind(body.clone()).bind(at);
            Box::pin(async move { tx.write(keep).await })
        });
        kept.await.map(drop).map_err(away)
    }

    async fn take(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<KeptAlert>, ShelfAway> {
        let (now, until) = (now.as_millisecond(), until.as_millisecond());
        let taken = self.database.write(Atomicity::Statement, move |tx| {
            let take = sqlx::query(sql::alerts::TAKE).bind(now).bind(until).bind(i64::from(limit));
            Box::pin(async move { tx.rows(take).await?.iter().map(kept).collect() })
        });
        taken.await.map_err(away)
    }

    async fn settle(&self, id: &str, settled: Settled) -> Result<(), ShelfAway> {
        let id = stored(id).into_owned();
        let settled = self.database.write(Atomicity::Statement, move |tx| {
            let settle = match settled {
                Settled::Done => sqlx::query(sql::alerts::DONE).bind(id.clone()),
                Settled::Again(at) => {
                    sqlx::query(sql::alerts::AGAIN).bind(id.clone()).bind(at.as_millisecond())
                }
            };
            Box::pin(async move { tx.write(settle).await })
        });
        settled.await.map(drop).map_err(away)
    }
}

fn kept(row: &PgRow) -> Result<KeptAlert, StoreError> {
    let mut columns = Columns::of(row);
    let alert = columns.json()?;
    let attempts: i32 = columns.value()?;
    Ok(KeptAlert { alert, attempts: u32::try_from(attempts).unwrap_or(0) })
}

fn away(error: StoreError) -> ShelfAway {
    ShelfAway(error.to_string())
}
