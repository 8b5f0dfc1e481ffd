//! What customers are to be reminded of, on SQLite.

use super::Database;
use super::rows::Columns;
use super::statement::query;
use super::writer::Atomicity;
use crate::domain::ids::ConversationId;
use crate::store::error::StoreError;
use crate::store::reminders::{Reminded, Reminder, ReminderPlan, ReminderStore};
use crate::store::sql;
use crate::store::sql::values::{blob, farthest};
use async_trait::async_trait;
use jiff::Timestamp;

/// [`ReminderStore`] on SQLite.
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
        let of = |text: &'static str| query(text).bind(plan.record.as_str()).bind(plan.number.as_str());
        let mut statements = vec![of(sql::reminders::DROP)];
        for due in &plan.due_at {
            let keep = of(sql::reminders::KEEP).bind(plan.stands_at.as_millisecond());
            statements.push(keep.bind(due.as_millisecond()).bind(blob(plan.conversation.0)));
        }
        let planning = self.database.writer.run(Atomicity::RefusesFirst, move |tx| {
            statements.into_iter().try_for_each(|statement| tx.write(statement).map(drop))
        });
        planning.await
    }

    async fn claim(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Reminder>, StoreError> {
        let statement = query(sql::reminders::CLAIM)
            .bind(now.as_millisecond())
            .bind(lease_until.as_millisecond())
            .bind(limit)
            .bind(farthest(now));
        let claiming =
            self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write_returning(statement, reminder));
        let mut claimed = claiming.await?;
        claimed.sort_by_key(|one| one.due_at);
        Ok(claimed)
    }

    async fn settle(&self, reminder: &Reminder) -> Result<(), StoreError> {
        let statement = query(sql::reminders::SETTLE)
            .bind(reminder.record.as_str())
            .bind(reminder.number.as_str())
            .bind(reminder.stands_at.as_millisecond())
            .bind(reminder.due_at.as_millisecond());
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(statement).map(drop)).await
    }
}

fn reminder(columns: &mut Columns<'_>) -> Result<Reminder, StoreError> {
    Ok(Reminder {
        conversation: ConversationId(columns.id()?),
        record: Reminded::named(columns.text()?)?,
        number: columns.value()?,
        stands_at: columns.time()?,
        due_at: columns.time()?,
    })
}
