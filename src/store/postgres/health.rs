//! How vendors' systems did, on PostgreSQL.

use super::database::{Atomicity, Database};
use super::rows::Columns;
use crate::store::error::StoreError;
use crate::store::health::{CallCount, HealthHistory, HealthStore, Outage, Reached, Seen, Since};
use crate::store::sql;
use async_trait::async_trait;
use sqlx::Postgres;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;

/// [`HealthStore`] on PostgreSQL.
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
        self.database
            .write(Atomicity::Transaction, move |tx| {
                let statements = statements(&connector, &seen, keep);
                Box::pin(async move {
                    for statement in statements {
                        tx.write(statement).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn history(&self, connector: &str, since: Since) -> Result<HealthHistory, StoreError> {
        let counts = sqlx::query(sql::health::COUNTS).bind(connector).bind(since.counts.as_millisecond());
        let outages = sqlx::query(sql::health::OUTAGES).bind(connector).bind(since.outages.as_millisecond());
        let (counts, outages) = (self.database.all(counts).await?, self.database.all(outages).await?);
        Ok(HealthHistory {
            counts: counts.iter().map(count).collect::<Result<_, _>>()?,
            outages: outages.iter().map(outage).collect::<Result<_, _>>()?,
        })
    }
}

/// Everything that writes `seen` down. Counts come in the order of their keys, so that no two processes wait for each
/// other in a circle.
fn statements(connector: &str, seen: &Seen, keep: Since) -> Vec<Query<'static, Postgres, PgArguments>> {
    let of = |text: &'static str| sqlx::query(text).bind(connector.to_owned());
    let mut statements = Vec::new();
    let mut counts = seen.counts.clone();
    counts.sort_unstable_by_key(|count| (count.span, count.took));
    for count in counts {
        let add = of(sql::health::COUNT).bind(count.span.as_millisecond()).bind(i64::from(count.took));
        statements.push(add.bind(whole(count.calls)).bind(whole(count.failed)));
    }
    for reached in &seen.reached {
        match reached {
            Reached::Away { first, last, fault } => {
                statements.push(of(sql::health::AWAY).bind(first.as_millisecond()));
                statements.push(of(sql::health::STILL_AWAY).bind(last.as_millisecond()).bind(*fault));
            }
            Reached::Back { at } => statements.push(of(sql::health::BACK).bind(at.as_millisecond())),
        }
    }
    statements.push(of(sql::health::FORGET_COUNTS).bind(keep.counts.as_millisecond()));
    statements.push(of(sql::health::FORGET_OUTAGES).bind(keep.outages.as_millisecond()));
    statements
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn count(row: &PgRow) -> Result<CallCount, StoreError> {
    let mut columns = Columns::of(row);
    Ok(CallCount {
        span: columns.time()?,
        took: u32::try_from(columns.value::<i64>()?).unwrap_or(u32::MAX),
        calls: u64::try_from(columns.value::<i64>()?).unwrap_or(0),
        failed: u64::try_from(columns.value::<i64>()?).unwrap_or(0),
    })
}

fn outage(row: &PgRow) -> Result<Outage, StoreError> {
    let mut columns = Columns::of(row);
    Ok(Outage {
        began_at: columns.time()?,
        last_at: columns.time()?,
        fault: columns.text()?,
        ended_at: columns.optional_time()?,
    })
}
