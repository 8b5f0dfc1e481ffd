//! How much visitors and addresses may send to the web channel: which quota a request counts against. The counting
//! itself is in `limits`.

use super::extract::client::ClientAddress;
use crate::config::limits::LimitSettings;
use crate::domain::clock::Clock;
use crate::domain::ids::ConversationId;
use crate::limits::quota::{InboundQuota, InboundRate};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// The quotas of the web channel.
pub struct InboundQuotas {
    messages: InboundQuota,
    conversations: InboundQuota,
}

impl InboundQuotas {
    /// Quotas as set. A burst of the size of one period is allowed.
    pub fn new(limits: &LimitSettings, clock: &Arc<dyn Clock>) -> Self {
        let per_visitor = per_minute(limits.messages_per_minute_per_visitor);
        let per_address = per_second(limits.messages_per_second_per_address);
        let conversations = per_second(limits.conversations_per_second_per_address);
        Self {
            messages: InboundQuota::new(per_visitor, per_address, clock.clone()),
            // Opening a conversation belongs to no visitor yet: only the address counts.
            conversations: InboundQuota::new(per_visitor, conversations, clock.clone()),
        }
    }

    /// Takes one message from what is left.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take_message(&self, conversation: ConversationId, from: &ClientAddress) -> Result<(), Duration> {
        let checked = self.messages.check(&conversation.to_string(), from.address());
        checked.map_err(|over| over.retry_after)
    }

    /// Takes one new conversation from what is left.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take_conversation(&self, from: &ClientAddress) -> Result<(), Duration> {
        self.conversations.check_address(from.address()).map_err(|over| over.retry_after)
    }
}

fn per_minute(count: u32) -> InboundRate {
    let count = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
    InboundRate { burst: count, per_minute: count }
}

fn per_second(count: u32) -> InboundRate {
    let burst = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
    InboundRate { burst, per_minute: burst.saturating_mul(NonZeroU32::new(60).unwrap_or(NonZeroU32::MIN)) }
}
