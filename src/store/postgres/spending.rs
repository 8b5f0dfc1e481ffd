//! What models have cost, on PostgreSQL.

use super::database::{Atomicity, Database};
use super::rows::Columns;
use super::scripts;
use crate::limits::budget::{Account, Asked, BookAway, SpendBook};
use crate::store::error::StoreError;
use crate::store::sql;
use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use std::collections::HashMap;

/// [`SpendBook`] on PostgreSQL.
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
        if accounts.is_empty() {
            return Ok(Asked::Taken(Vec::new()));
        }
        let names: Vec<String> = accounts.iter().map(|account| account.name.clone()).collect();
        let ends: Vec<i64> = accounts.iter().map(|account| account.ends_at.as_millisecond()).collect();
        let most: Vec<u64> = accounts.iter().map(|account| account.most).collect();
        let taken = self.database.write(Atomicity::Transaction, move |tx| {
            let lock = sqlx::query(scripts::LOCK_ACCOUNTS).bind(names.clone()).bind(ends.clone());
            let forget = sqlx::query(sql::spending::FORGET).bind(now.as_millisecond());
            let add = sqlx::query(scripts::ADD_SPENDING).bind(names.clone()).bind(whole(micros));
            let (names, most) = (names.clone(), most.clone());
            Box::pin(async move {
                // Locked from the largest account on: nobody waits in a circle.
                let locked = tx.rows(lock).await?;
                let spent = locked.iter().map(account).collect::<Result<HashMap<String, u64>, _>>()?;
                let total = |name| spent.get(name).copied().unwrap_or(0).saturating_add(micros);
                let totals: Vec<u64> = names.iter().map(total).collect();
                if let Some(over) = totals.iter().zip(&most).position(|(total, most)| total > most) {
                    return Ok(Asked::Over(over));
                }
                tx.write(add).await?;
                tx.write(forget).await?;
                Ok(Asked::Taken(totals))
            })
        });
        taken.await.map_err(away)
    }

    async fn settle(&self, accounts: &[Account], taken: u64, spent: u64) -> Result<(), BookAway> {
        let change = whole(spent).saturating_sub(whole(taken));
        let names: Vec<String> = accounts.iter().map(|account| account.name.clone()).collect();
        let settled = self.database.write(Atomicity::Transaction, move |tx| {
            let names = names.clone();
            Box::pin(async move {
                for name in names {
                    tx.write(sqlx::query(sql::spending::SETTLE).bind(name).bind(change)).await?;
                }
                Ok(())
            })
        });
        settled.await.map_err(away)
    }

    async fn spent(&self, account: &Account) -> Result<u64, BookAway> {
        let statement = sqlx::query(sql::spending::SPENT).bind(&account.name);
        let row = self.database.one(statement).await.map_err(away)?;
        let spent = row.map(|row| Columns::of(&row).value::<i64>()).transpose().map_err(away)?;
        Ok(spent.and_then(|spent| u64::try_from(spent).ok()).unwrap_or(0))
    }
}

fn account(row: &PgRow) -> Result<(String, u64), StoreError> {
    let mut columns = Columns::of(row);
    Ok((columns.name()?.to_owned(), u64::try_from(columns.value::<i64>()?).unwrap_or(0)))
}

fn whole(micros: u64) -> i64 {
    i64::try_from(micros).unwrap_or(i64::MAX)
}

fn away(error: StoreError) -> BookAway {
    BookAway(error.to_string())
}
