//! What customers are to be reminded of, and when. A row is made with the record it is about and goes when the customer
//! was told or there is nothing to tell any more.

use super::error::StoreError;
use crate::domain::ids::ConversationId;
use async_trait::async_trait;
use jiff::Timestamp;

/// What somebody is reminded of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reminded {
    /// An appointment, by its code.
    Appointment,
    /// A payment that waits, by the number of its order.
    Payment,
}

impl Reminded {
    /// The name used in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Appointment => "appointment",
            Self::Payment => "payment",
        }
    }

    /// By the name used in storage.
    pub(in crate::store) fn named(name: &str) -> Result<Self, StoreError> {
        match name {
            "appointment" => Ok(Self::Appointment),
            "payment" => Ok(Self::Payment),
            other => Err(StoreError::Fault(format!("nobody is reminded of `{other}`"))),
        }
    }
}

/// When a customer is to be reminded of one record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReminderPlan {
    /// Who is reminded.
    pub conversation: ConversationId,
    /// Of what.
    pub record: Reminded,
    /// Which one.
    pub number: String,
    /// When the appointment begins, or when the payment was asked for.
    pub stands_at: Timestamp,
    /// The times; there may be none.
    pub due_at: Vec<Timestamp>,
}

/// One reminder of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reminder {
    /// Who is reminded.
    pub conversation: ConversationId,
    /// Of what.
    pub record: Reminded,
    /// Which one.
    pub number: String,
    /// When the appointment begins, or when the payment was asked for.
    pub stands_at: Timestamp,
    /// When they are reminded.
    pub due_at: Timestamp,
}

/// The reminders.
#[async_trait]
pub trait ReminderStore: Send + Sync {
    /// Keeps a plan in the place of every earlier one for this record, all or nothing.
    async fn plan(&self, plan: &ReminderPlan) -> Result<(), StoreError>;

    /// Claims reminders that are due, at most `limit`: those that nobody has looked at yet before the others, the longest due
    /// first. A claim runs out at `lease_until`; one further off than [`super::turns::FARTHEST_DUE`] was made before the
    /// clock was set back, and holds nobody.
    async fn claim(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Reminder>, StoreError>;

    /// Forgets one that was told, or that there is nothing to tell of.
    async fn settle(&self, reminder: &Reminder) -> Result<(), StoreError>;
}
