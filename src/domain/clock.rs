//! Time, ids and randomness: the only place they come from, so that tests can be exact.

use jiff::Timestamp;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
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

/// Time that only goes on, for spans that are waited for: where the clock is set back, this goes on from where it was.
/// A clock that is set forward takes it along; whoever waits is done sooner.
pub struct SteadyClock {
    clock: Arc<dyn Clock>,
    shown: Mutex<Shown>,
}

/// What a steady clock showed last.
struct Shown {
    /// By the clock underneath.
    last: Timestamp,
    /// Since its beginning.
    elapsed: Duration,
}

impl SteadyClock {
    /// Begins now.
    pub fn over(clock: Arc<dyn Clock>) -> Self {
        let shown = Mutex::new(Shown { last: clock.now(), elapsed: Duration::ZERO });
        Self { clock, shown }
    }

    /// How long ago it began.
    pub fn elapsed(&self) -> Duration {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let step = Duration::try_from(now.duration_since(shown.last)).unwrap_or(Duration::ZERO);
        *shown = Shown { last: now, elapsed: shown.elapsed.saturating_add(step) };
        shown.elapsed
    }

    /// 64 random bits, as the clock underneath gives them.
    pub fn random(&self) -> u64 {
        self.clock.random()
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
    pub fn advance(&self, by: Duration) {
        self.milliseconds.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl ManualClock {
    /// Sets the clock, back too.
    pub fn set(&self, now: Timestamp) {
        self.milliseconds.store(now.as_millisecond(), Ordering::SeqCst);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_time_goes_on_where_the_clock_is_set_back() {
        let noon: Timestamp = "2026-08-01T12:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::at(noon));
        let steady = SteadyClock::over(clock.clone());
        clock.advance(Duration::from_secs(5));
        assert_eq!(steady.elapsed(), Duration::from_secs(5));
        clock.set("2026-08-01T11:00:00Z".parse().unwrap());
        assert_eq!(steady.elapsed(), Duration::from_secs(5));
        clock.advance(Duration::from_secs(2));
        assert_eq!(steady.elapsed(), Duration::from_secs(7));
        clock.set(noon);
        assert!(steady.elapsed() > Duration::from_secs(3_500), "forward it is taken along");
    }
}
