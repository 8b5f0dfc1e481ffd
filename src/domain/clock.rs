//! Time, ids and randomness: the only place they come from, so that tests can be exact.

use jiff::Timestamp;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use uuid::Uuid;

/// Where the program gets time, ids and randomness from.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
    /// A new UUIDv7, later than every id this clock gave before.
    fn new_id(&self) -> Uuid;
    /// 64 random bits, fit for jitter; not for secrets.
    fn random(&self) -> u64;
}

/// The machine's own clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

#[expect(clippy::disallowed_methods, reason = "where time and ids come from")]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn random(&self) -> u64 {
        rand::random()
    }
}

/// A clock that stands still until it is told to move; ids and randomness count up. For tests and drills.
#[derive(Debug)]
pub struct ManualClock {
    milliseconds: AtomicI64,
    counter: AtomicU64,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { milliseconds: AtomicI64::new(now.as_millisecond()), counter: AtomicU64::new(0) }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: std::time::Duration) {
        self.milliseconds.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.milliseconds.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }

    fn new_id(&self) -> Uuid {
        let count = self.counter.fetch_add(1, Ordering::SeqCst);
        let milliseconds = u64::try_from(self.milliseconds.load(Ordering::SeqCst)).unwrap_or(0);
        let mut tail = [0_u8; 10];
        tail[2..].copy_from_slice(&count.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &tail).into_uuid()
    }

    fn random(&self) -> u64 {
        // SplitMix64 over the counter: spread out, and the same in every run.
        let mut z = self.counter.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
