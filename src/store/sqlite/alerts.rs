//! Alerts that wait for the webhook, on SQLite.

use super::Database;
use super::rows::Columns;
use super::statement::{Statement, query};
use super::writer::Atomicity;
use crate::limits::alerts::Alert;
use crate::limits::shelf::{AlertShelf, KeptAlert, Settled, ShelfAway};
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::json;
use async_trait::async_trait;
use jiff::Timestamp;

/// [`AlertShelf`] on SQLite.
pub(super) struct Alerts {
    database: Database,
}

impl Alerts {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    async fn write(&self, statement: Statement) -> Result<(), ShelfAway> {
        let written = self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(statement));
        written.await.map(drop).map_err(away)
    }
}

#[async_trait]
impl AlertShelf for Alerts {
    async fn keep(&self, alert: &Alert) -> Result<(), ShelfAway> {
        let body = json(alert).map_err(away)?;
        let keep = query(sql::alerts::KEEP).bind(alert.id.as_str()).bind(body);
        self.write(keep.bind(alert.at.as_millisecond())).await
    }

    async fn take(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<KeptAlert>, ShelfAway> {
        let take =
            query(sql::alerts::TAKE).bind(now.as_millisecond()).bind(until.as_millisecond()).bind(limit);
        let taken = self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write_returning(take, kept));
        taken.await.map_err(away)
    }

    async fn settle(&self, id: &str, settled: Settled) -> Result<(), ShelfAway> {
        self.write(match settled {
            Settled::Done => query(sql::alerts::DONE).bind(id),
            Settled::Again(at) => query(sql::alerts::AGAIN).bind(id).bind(at.as_millisecond()),
        })
        .await
    }
}

fn kept(columns: &mut Columns<'_>) -> Result<KeptAlert, StoreError> {
    Ok(KeptAlert { alert: columns.json()?, attempts: columns.value()? })
}

fn away(error: StoreError) -> ShelfAway {
    ShelfAway(error.to_string())
}
