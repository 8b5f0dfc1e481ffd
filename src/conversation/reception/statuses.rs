//! What becomes of messages that were sent, as Meta reports it.

use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::address::PhoneNumberId;
use crate::channels::whatsapp::fields::{list, text};
use crate::domain::clock::Clock;
use crate::inbox::clean;
use crate::store::error::StoreError;
use crate::store::outbox::{DeliveryStatus, OutboxStore};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;

/// Longest reason of a failure that is kept.
const ERROR_CHARS: usize = 200;

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

/// Statuses move deliveries.
pub struct DeliveryStatuses {
    /// The deliveries.
    pub outbox: Arc<dyn OutboxStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Statuses for DeliveryStatuses {
    async fn take(&self, _number: &PhoneNumberId, status: &Value) -> Result<(), StoreError> {
        let Some(id) = text(status, "id") else { return Ok(()) };
        let standing = match text(status, "status").as_deref() {
            Some("sent") => DeliveryStatus::Sent,
            Some("delivered") => DeliveryStatus::Delivered,
            Some("read" | "played") => DeliveryStatus::Read,
            Some("failed") => {
                let error = list(status, "errors").first();
                let told = error.and_then(|error| {
                    clean::one_line(
                        &format!("{}: {}", text(error, "code")?, text(error, "title")?),
                        ERROR_CHARS,
                    )
                });
                let error = told.unwrap_or_else(|| "WhatsApp could not deliver it".to_owned());
                DeliveryStatus::Failed { error }
            }
            Some(_) | None => return Ok(()),
        };
        self.outbox.status(CHANNEL, &id, standing, self.clock.now()).await.map(drop)
    }
}
