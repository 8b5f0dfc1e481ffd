//! What customers are to be reminded of, on PostgreSQL.

use super::database::{Atomicity, Database};
use super::rows::Columns;
use super::scripts;
use super::text::stored;
use crate::domain::ids::ConversationId;
use crate::store::error::StoreError;
use crate::store::reminders::{Reminded, Reminder, ReminderPlan, ReminderStore};
use crate::store::sql;
use crate::store::sql::values::{blob, farthest};
use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use std::sync::Arc;

/// [`ReminderStore`] on PostgreSQL.
pub(super) struct Reminders {
    database: Database,
}

impl Reminders {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl ReminderStore for Reminders {
    async fn plan(&self, plan: &ReminderPlan) -> Result<(), StoreError> {
        let plan = Arc::new(plan.clone());
        self.database
            .write(Atomicity::Transaction, move |tx| {
                let plan = Arc::clone(&plan);
                Box::pin(async move {
                    let of = |text: &'static str| {
                        sqlx::query(text).bind(plan.record.as_str()).bind(stored(&plan.number).into_owned())
                    };
                    tx.write(of(sql::reminders::DROP)).await?;
                    for due in &plan.due_at {
                        let keep = of(sql::reminders::KEEP).bind(plan.stands_at.as_millisecond());
                        let keep = keep.bind(due.as_millisecond()).bind(blob(plan.conversation.0));
                        tx.write(keep).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn claim(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Reminder>, StoreError> {
        let rows = self
            .database
            .write(Atomicity::Statement, move |tx| {
                Box::pin(async move {
                    let statement = sqlx::query(scripts::CLAIM_REMINDERS)
                        .bind(now.as_millisecond())
                        .bind(lease_until.as_millisecond())
                        .bind(i64::from(limit))
                        .bind(farthest(now));
                    tx.rows(statement).await
                })
            })
            .await?;
        let mut claimed = rows.iter().map(reminder).collect::<Result<Vec<_>, _>>()?;
        claimed.sort_by_key(|one| one.due_at);
        Ok(claimed)
    }

    async fn settle(&self, reminder: &Reminder) -> Result<(), StoreError> {
        let reminder = Arc::new(reminder.clone());
        self.database
            .write(Atomicity::Statement, move |tx| {
                let reminder = Arc::clone(&reminder);
                Box::pin(async move {
                    let statement = sqlx::query(sql::reminders::SETTLE)
                        .bind(reminder.record.as_str())
                        .bind(stored(&reminder.number).into_owned())
                        .bind(reminder.stands_at.as_millisecond())
                        .bind(reminder.due_at.as_millisecond());
                    tx.write(statement).await.map(drop)
                })
            })
            .await
    }
}

fn reminder(row: &PgRow) -> Result<Reminder, StoreError> {
    let mut columns = Columns::of(row);
    Ok(Reminder {
        conversation: ConversationId(columns.id()?),
        record: Reminded::named(&columns.text()?)?,
        number: columns.text()?,
        stands_at: columns.time()?,
        due_at: columns.time()?,
    })
}
