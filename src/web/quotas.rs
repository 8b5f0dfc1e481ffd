//! How much visitors and addresses may send. Kept in memory and bounded: what is not in use is forgotten.

use crate::config::limits::LimitSettings;
use crate::domain::ids::ConversationId;
use crate::web::extract::client::{AddressBlock, ClientAddress};
use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota};
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Cells in full rest are swept out once in so many checks, so that at most so many are kept needlessly.
const SWEEP_EVERY: u32 = 4096;

/// The quotas of the web channel.
pub struct InboundQuotas {
    visitor_messages: Cells<ConversationId>,
    address_messages: Cells<AddressBlock>,
    address_conversations: Cells<AddressBlock>,
}

impl InboundQuotas {
    /// Quotas as set. A burst of the size of one period is allowed.
    pub fn new(limits: &LimitSettings) -> Self {
        let per_second = |count| Quota::per_second(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN));
        let per_minute = |count| Quota::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN));
        Self {
            visitor_messages: Cells::new(per_minute(limits.messages_per_minute_per_visitor)),
            address_messages: Cells::new(per_second(limits.messages_per_second_per_address)),
            address_conversations: Cells::new(per_second(limits.conversations_per_second_per_address)),
        }
    }

    /// Takes one message from what is left.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take_message(&self, conversation: ConversationId, from: &ClientAddress) -> Result<(), Duration> {
        self.visitor_messages.take(&conversation)?;
        self.address_messages.take(&from.block())
    }

    /// Takes one new conversation from what is left.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take_conversation(&self, from: &ClientAddress) -> Result<(), Duration> {
        self.address_conversations.take(&from.block())
    }
}

struct Cells<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Cells<K> {
    fn new(quota: Quota) -> Self {
        Self { limiter: DefaultKeyedRateLimiter::keyed(quota), checks: AtomicU32::new(0) }
    }

    fn take(&self, key: &K) -> Result<(), Duration> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).map_err(|until| until.wait_time_from(self.limiter.clock().now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_gives_its_burst_and_then_says_how_long_to_wait() {
        let cells = Cells::<u8>::new(Quota::per_second(NonZeroU32::new(2).unwrap()));
        assert_eq!(cells.take(&1), Ok(()));
        assert_eq!(cells.take(&1), Ok(()));
        let wait = cells.take(&1).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(cells.take(&2), Ok(()), "others have their own");
    }

    #[test]
    fn cells_at_rest_are_forgotten() {
        let cells = Cells::<u32>::new(Quota::per_second(NonZeroU32::new(1_000_000).unwrap()));
        for key in 0..SWEEP_EVERY * 4 {
            assert_eq!(cells.take(&key), Ok(()));
        }
        assert!(cells.limiter.len() <= SWEEP_EVERY as usize + 1, "{}", cells.limiter.len());
    }
}
