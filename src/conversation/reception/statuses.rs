//! What becomes of messages that were sent, as Meta reports it.

use crate::channels::whatsapp::address::PhoneNumberId;
use crate::channels::whatsapp::status::StatusUpdate;
use crate::outbox::receipts::{Noted, Receipts};
use crate::store::error::StoreError;
use async_trait::async_trait;
use serde_json::Value;

/// Takes in statuses.
#[async_trait]
pub trait Statuses: Send + Sync {
    /// Takes in one status of a message that `number` sent, an element of Meta's `statuses`. They come late, twice and
    /// out of order, and may be of messages that nobody here has sent.
    ///
    /// # Errors
    /// The store's; then it is told again.
    async fn take(&self, number: &PhoneNumberId, status: &Value) -> Result<(), StoreError>;
}

#[async_trait]
impl Statuses for Receipts {
    async fn take(&self, number: &PhoneNumberId, status: &Value) -> Result<(), StoreError> {
        let outcome = match StatusUpdate::read(status) {
            Some(update) => match Self::take(self, &update).await? {
                Noted::News => "news",
                Noted::Known => "known",
                Noted::Foreign => "foreign",
            },
            None => "unreadable",
        };
        tracing::debug!(number = %number, outcome, "a status of WhatsApp");
        metrics::counter!("balcao_whatsapp_statuses_total", "outcome" => outcome).increment(1);
        Ok(())
    }
}
