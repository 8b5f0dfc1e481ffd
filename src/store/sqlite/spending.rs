//! What models have cost, on SQLite.

use super::rows::Columns;
use super::statement::query;
use super::writer::Atomicity;
use super::{Database, texts};
use crate::limits::budget::{Account, Asked, BookAway, SpendBook};
use crate::store::error::StoreError;
use crate::store::sql;
use async_trait::async_trait;
use jiff::Timestamp;

/// [`SpendBook`] on SQLite.
pub(super) struct Spending {
    database: Database,
}

impl Spending {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl SpendBook for Spending {
    async fn take(&self, accounts: &[Account], micros: u64, now: Timestamp) -> Result<Asked, BookAway> {
        let accounts = accounts.to_vec();
        let taken = self.database.writer.run(Atomicity::RefusesFirst, move |tx| {
            let mut totals = Vec::new();
            for (place, account) in accounts.iter().enumerate() {
                let spent = tx.read(query(sql::spending::SPENT).bind(account.name.as_str()), micros_of)?;
                let total = spent.unwrap_or(0).saturating_add(micros);
                if total > account.most {
                    return Ok(Asked::Over(place));
                }
                totals.push(total);
            }
            tx.write(query(sql::spending::FORGET).bind(now.as_millisecond()))?;
            for account in accounts {
                let add = query(texts::ADD_SPENDING).bind(account.name).bind(whole(micros));
                tx.write(add.bind(account.ends_at.as_millisecond()))?;
            }
            Ok(Asked::Taken(totals))
        });
        taken.await.map_err(away)
    }

    async fn settle(&self, accounts: &[Account], taken: u64, spent: u64) -> Result<(), BookAway> {
        let change = whole(spent).saturating_sub(whole(taken));
        let names: Vec<String> = accounts.iter().map(|account| account.name.clone()).collect();
        let settled = self.database.writer.run(Atomicity::RefusesFirst, move |tx| {
            for name in names {
                tx.write(query(sql::spending::SETTLE).bind(name).bind(change))?;
            }
            Ok(())
        });
        settled.await.map_err(away)
    }

    async fn spent(&self, account: &Account) -> Result<u64, BookAway> {
        let spent =
            self.database.reader.one(query(sql::spending::SPENT).bind(account.name.as_str()), micros_of);
        Ok(spent.map_err(away)?.unwrap_or(0))
    }
}

fn micros_of(columns: &mut Columns<'_>) -> Result<u64, StoreError> {
    Ok(u64::try_from(columns.value::<i64>()?).unwrap_or(0))
}

fn whole(micros: u64) -> i64 {
    i64::try_from(micros).unwrap_or(i64::MAX)
}

fn away(error: StoreError) -> BookAway {
    BookAway(error.to_string())
}
