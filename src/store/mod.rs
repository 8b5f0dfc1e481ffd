//! Durable state behind small object-safe traits, one per aggregate. `sqlite/` and `postgres/` implement them and
//! pass the same contract suite (`tests/store/`). Ids and times are made by callers; a store writes them as they
//! are. SQL stands only below this folder.

pub mod backoffice;
pub mod connectors;
pub mod contacts;
pub mod conversations;
mod erasure_plan;
pub mod erasures;
pub mod error;
pub mod health;
mod interview_record;
mod interview_rows;
pub mod interviews;
pub mod keys;
pub mod live;
mod mysql;
pub mod open;
pub mod outbox;
pub mod postgres;
pub mod posts;
pub mod queries;
pub mod reminders;
pub mod sends;
mod sql;
pub mod sqlite;
pub mod turns;

use crate::limits::budget::SpendBook;
use crate::limits::cells::SharedCells;
use crate::limits::shelf::AlertShelf;
use std::sync::Arc;

/// Every aggregate of one database, to hand out by argument.
#[derive(Clone)]
pub struct Stores {
    /// Conversations and their event logs; the inbox's insert.
    pub conversations: Arc<dyn conversations::ConversationStore>,
    /// Claims, journals and commits of turns.
    pub turns: Arc<dyn turns::TurnStore>,
    /// Deliveries to channels that have to be pushed to.
    pub outbox: Arc<dyn outbox::OutboxStore>,
    /// Attempts to send.
    pub sends: Arc<dyn sends::SendStore>,
    /// Bodies that channels posted to webhooks.
    pub posts: Arc<dyn posts::PostStore>,
    /// People and their identities.
    pub contacts: Arc<dyn contacts::ContactStore>,
    /// Interviews as they stand.
    pub interviews: Arc<dyn interviews::InterviewStore>,
    /// People who were forgotten.
    pub erasures: Arc<dyn erasures::ErasureStore>,
    /// API keys.
    pub keys: Arc<dyn keys::KeyStore>,
    /// Quotas that every process on the database shares; none where there is only one process.
    pub quotas: Option<Arc<dyn SharedCells>>,
    /// What models have cost.
    pub spending: Arc<dyn SpendBook>,
    /// Alerts that wait for the operator's webhook.
    pub alerts: Arc<dyn AlertShelf>,
    /// What calls to vendors' systems leave behind.
    pub connectors: Arc<dyn connectors::ConnectorStore>,
    /// How those systems did.
    pub health: Arc<dyn health::HealthStore>,
    /// What customers are to be reminded of.
    pub reminders: Arc<dyn reminders::ReminderStore>,
    /// Tables of the embedded CRM, agenda, help desk and catalog.
    pub backoffice: Arc<dyn backoffice::BackofficeStore>,
    /// Committed events and provisional words, as they happen.
    pub live: Arc<live::LiveHub>,
}
