//! How vendors' systems did, on SQLite.

use super::Database;
use super::rows::Columns;
use super::statement::query;
use super::writer::Atomicity;
use crate::store::error::StoreError;
use crate::store::health::{CallCount, HealthHistory, HealthStore, Outage, Reached, Seen, Since};
use crate::store::sql;
use async_trait::async_trait;

/// [`HealthStore`] on SQLite.
pub(super) struct Health {
    database: Database,
}

impl Health {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl HealthStore for Health {
    async fn add(&self, connector: &str, seen: &Seen, keep: Since) -> Result<(), StoreError> {
        let (connector, seen) = (connector.to_owned(), seen.clone());
        let of = move |text: &'static str| query(text).bind(connector.as_str());
        let added = self.database.writer.run(Atomicity::RefusesFirst, move |tx| {
            for count in &seen.counts {
                let add = of(sql::health::COUNT).bind(count.span.as_millisecond()).bind(count.took);
                tx.write(add.bind(whole(count.calls)).bind(whole(count.failed)))?;
            }
            for reached in &seen.reached {
                match reached {
                    Reached::Away { first, last, fault } => {
                        tx.write(of(sql::health::AWAY).bind(first.as_millisecond()))?;
                        let still = of(sql::health::STILL_AWAY).bind(last.as_millisecond());
                        tx.write(still.bind(*fault))?;
                    }
                    Reached::Back { at } => {
                        tx.write(of(sql::health::BACK).bind(at.as_millisecond()))?;
                    }
                }
            }
            tx.write(of(sql::health::FORGET_COUNTS).bind(keep.counts.as_millisecond()))?;
            tx.write(of(sql::health::FORGET_OUTAGES).bind(keep.outages.as_millisecond()))
        });
        added.await.map(drop)
    }

    async fn history(&self, connector: &str, since: Since) -> Result<HealthHistory, StoreError> {
        let counts = query(sql::health::COUNTS).bind(connector).bind(since.counts.as_millisecond());
        let outages = query(sql::health::OUTAGES).bind(connector).bind(since.outages.as_millisecond());
        Ok(HealthHistory {
            counts: self.database.reader.few(counts, count)?,
            outages: self.database.reader.few(outages, outage)?,
        })
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn count(columns: &mut Columns<'_>) -> Result<CallCount, StoreError> {
    Ok(CallCount {
        span: columns.time()?,
        took: columns.value()?,
        calls: u64::try_from(columns.value::<i64>()?).unwrap_or(0),
        failed: u64::try_from(columns.value::<i64>()?).unwrap_or(0),
    })
}

fn outage(columns: &mut Columns<'_>) -> Result<Outage, StoreError> {
    Ok(Outage {
        began_at: columns.time()?,
        last_at: columns.time()?,
        fault: columns.value()?,
        ended_at: columns.optional_time()?,
    })
}
