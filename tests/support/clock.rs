//! A clock that goes on at the machine's pace and is set by hand.

use balcao::domain::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;
use uuid::Uuid;

/// A clock that can be set off.
pub struct LeapingClock {
    begins: Timestamp,
    began: Instant,
    minutes_off: AtomicI64,
}

impl LeapingClock {
    /// It shows `begins` now.
    pub fn at(begins: &str) -> Arc<Self> {
        let begins = begins.parse().unwrap();
        Arc::new(Self { begins, began: Instant::now(), minutes_off: AtomicI64::new(0) })
    }

    /// Sets it so many minutes off what it showed had nobody touched it.
    pub fn set_off(&self, minutes: i64) {
        self.minutes_off.store(minutes, Ordering::SeqCst);
    }

    /// Lets minutes go by.
    pub fn wait_minutes(&self, minutes: i64) {
        self.minutes_off.fetch_add(minutes, Ordering::SeqCst);
    }

    /// Lets days go by.
    pub fn wait_days(&self, days: i64) {
        self.wait_minutes(days * 24 * 60);
    }
}

impl Clock for LeapingClock {
    fn now(&self) -> Timestamp {
        let off = SignedDuration::from_mins(self.minutes_off.load(Ordering::SeqCst));
        self.begins + off + SignedDuration::try_from(self.began.elapsed()).unwrap()
    }

    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn random(&self) -> u64 {
        4
    }
}
