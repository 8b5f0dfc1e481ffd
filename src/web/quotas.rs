//! How much visitors and addresses may send. Kept in memory and bounded: what is not in use is forgotten.

use crate::config::channels::WebSettings;
use crate::domain::ids::ConversationId;
use crate::web::extract::client::ClientAddress;
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
    address_messages: ByOrigin,
    address_conversations: ByOrigin,
}

impl InboundQuotas {
    /// Quotas as set.
    pub fn new(settings: &WebSettings) -> Self {
        let factor = settings.loopback_factor;
        Self {
            visitor_messages: Cells::new(
                settings.visitor_messages_per_minute,
                settings.visitor_messages_burst,
            ),
            address_messages: ByOrigin::new(
                settings.address_messages_per_minute,
                settings.address_messages_burst,
                factor,
            ),
            address_conversations: ByOrigin::new(
                settings.address_conversations_per_minute,
                settings.address_conversations_burst,
                factor,
            ),
        }
    }

    /// Takes one message from what is left.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take_message(&self, conversation: ConversationId, from: &ClientAddress) -> Result<(), Duration> {
        self.visitor_messages.take(&conversation)?;
        self.address_messages.take(from)
    }

    /// Takes one new conversation from what is left.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take_conversation(&self, from: &ClientAddress) -> Result<(), Duration> {
        self.address_conversations.take(from)
    }
}

/// One quota for the machine itself and one for everybody else.
struct ByOrigin {
    loopback: Cells<u64>,
    elsewhere: Cells<u64>,
}

impl ByOrigin {
    fn new(per_minute: u32, burst: u32, loopback_factor: u32) -> Self {
        Self {
            loopback: Cells::new(
                per_minute.saturating_mul(loopback_factor),
                burst.saturating_mul(loopback_factor),
            ),
            elsewhere: Cells::new(per_minute, burst),
        }
    }

    fn take(&self, from: &ClientAddress) -> Result<(), Duration> {
        if from.is_loopback() {
            self.loopback.take(&from.block())
        } else {
            self.elsewhere.take(&from.block())
        }
    }
}

struct Cells<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Cells<K> {
    fn new(per_minute: u32, burst: u32) -> Self {
        let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let limiter = DefaultKeyedRateLimiter::keyed(Quota::per_minute(per_minute).allow_burst(burst));
        Self { limiter, checks: AtomicU32::new(0) }
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
        let cells = Cells::<u8>::new(60, 2);
        assert_eq!(cells.take(&1), Ok(()));
        assert_eq!(cells.take(&1), Ok(()));
        let wait = cells.take(&1).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(cells.take(&2), Ok(()), "others have their own");
    }

    #[test]
    fn cells_at_rest_are_forgotten() {
        let cells = Cells::<u32>::new(60_000_000, 1000);
        for key in 0..SWEEP_EVERY * 4 {
            assert_eq!(cells.take(&key), Ok(()));
        }
        assert!(cells.limiter.len() <= SWEEP_EVERY as usize + 1, "{}", cells.limiter.len());
    }
}
