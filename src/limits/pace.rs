//! How fast something may go out by one key, and keys that rest for a while: because somebody asked for it, or because
//! nothing gets through. A pace may be shared by processes. Who rests is in memory: a process that starts anew begins with a
//! fresh second and tries once more.

use super::cells::{CellRate, SharedCells, Taken};
use crate::domain::clock::{Clock, SteadyClock};
use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A pace that every key keeps to.
pub struct Pace<K> {
    clock: SteadyClock,
    /// The time between two.
    gap: Duration,
    per_second: NonZeroU32,
    keys: Mutex<HashMap<K, Standing>>,
    /// Kept to together with other processes, under this name and the key's.
    shared: Option<(Arc<dyn SharedCells>, &'static str)>,
}

/// Of one key. Times are on the steady clock.
#[derive(Clone, Copy, Default)]
struct Standing {
    /// When the next one is in time.
    next: Duration,
    /// Until when it rests.
    rests_until: Duration,
}

impl<K: Hash + Eq + Display> Pace<K> {
    /// So many a second for each key, no burst above that.
    pub fn new(per_second: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let gap = Duration::from_secs(1) / per_second.get();
        Self { clock: SteadyClock::over(clock), gap, per_second, keys: Mutex::default(), shared: None }
    }

    /// The same pace, kept to together with every process that calls it by this name in these cells. Where they are away,
    /// each process keeps to it by itself.
    #[must_use]
    pub fn shared(self, cells: Option<&Arc<dyn SharedCells>>, name: &'static str) -> Self {
        Self { shared: cells.map(|cells| (cells.clone(), name)), ..self }
    }

    /// Takes the next place of `key`, or says how long to wait for it.
    ///
    /// # Errors
    /// The wait; then nothing may go.
    pub async fn take(&self, key: K) -> Result<(), Duration> {
        let cell = self.shared.as_ref().map(|(cells, name)| (cells, format!("{name} {key}")));
        self.take_own(key)?;
        let Some((cells, name)) = cell else { return Ok(()) };
        let at_once = self.per_second.get();
        let rate = CellRate { per_minute: at_once.saturating_mul(60), at_once };
        match cells.take(&name, 1, rate).await {
            Ok(Taken::Now) => Ok(()),
            Ok(Taken::Later(wait)) => Err(wait),
            Err(error) => {
                tracing::warn!(error = %error, pace = %name, "this process keeps to the pace by itself");
                Ok(())
            }
        }
    }

    fn take_own(&self, key: K) -> Result<(), Duration> {
        let now = self.clock.elapsed();
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = keys.entry(key).or_default();
        if standing.rests_until > now {
            return Err(standing.rests_until - now);
        }
        // A second's worth may go at once: the network evens it out.
        let ahead = standing.next.saturating_sub(now);
        let second = Duration::from_secs(1);
        if ahead + self.gap > second {
            return Err(ahead + self.gap - second);
        }
        standing.next = standing.next.max(now) + self.gap;
        Ok(())
    }

    /// Lets `key` rest from now on.
    pub fn rest(&self, key: K, length: Duration) {
        let until = self.clock.elapsed().saturating_add(length);
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = keys.entry(key).or_default();
        standing.rests_until = standing.rests_until.max(until);
    }
}

/// How long until one more may go to somebody, by the times at which earlier ones went, in any order: so many at once,
/// and then so many a minute. None if it may go now.
pub fn wait_for(
    times: impl IntoIterator<Item = jiff::Timestamp>,
    now: jiff::Timestamp,
    burst: u32,
    per_minute: u32,
) -> Option<Duration> {
    let gap = 60_000 / i64::from(per_minute.max(1));
    let tolerance = gap * i64::from(burst.max(1));
    let mut times: Vec<i64> = times.into_iter().map(|time| time.as_millisecond()).collect();
    times.sort_unstable();
    let busy_until = times.into_iter().fold(i64::MIN, |until, time| until.max(time) + gap);
    let now = now.as_millisecond();
    let wait = busy_until.max(now) + gap - tolerance - now;
    u64::try_from(wait).ok().filter(|wait| *wait > 0).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;
    use crate::limits::cells::CellsAway;
    use async_trait::async_trait;
    use jiff::{SignedDuration, Timestamp};

    fn noon() -> Timestamp {
        "2026-08-01T12:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn a_second_holds_so_many_and_each_key_has_its_own() {
        let clock = Arc::new(ManualClock::at(noon()));
        let pace = Pace::new(NonZeroU32::new(4).unwrap(), clock.clone());
        for _ in 0..4 {
            pace.take("a").await.unwrap();
        }
        assert_eq!(pace.take("a").await, Err(Duration::from_millis(250)));
        pace.take("b").await.unwrap();
        clock.advance(Duration::from_millis(250));
        pace.take("a").await.unwrap();
        assert!(pace.take("a").await.is_err());
    }

    #[tokio::test]
    async fn a_key_rests_as_long_as_it_was_told() {
        let clock = Arc::new(ManualClock::at(noon()));
        let pace = Pace::new(NonZeroU32::new(80).unwrap(), clock.clone());
        pace.rest("a", Duration::from_secs(60));
        pace.rest("a", Duration::from_secs(5));
        clock.advance(Duration::from_secs(20));
        assert_eq!(pace.take("a").await, Err(Duration::from_secs(40)));
        pace.take("b").await.unwrap();
        clock.advance(Duration::from_secs(40));
        pace.take("a").await.unwrap();
    }

    /// Cells that several processes take from: so many are left, or nobody can say.
    struct Cells(Mutex<Option<u32>>);

    #[async_trait]
    impl SharedCells for Cells {
        async fn take(&self, name: &str, units: u32, rate: CellRate) -> Result<Taken, CellsAway> {
            assert_eq!((name, units, rate), ("number a", 1, CellRate { per_minute: 240, at_once: 4 }));
            let mut left = self.0.lock().unwrap();
            let left = left.as_mut().ok_or_else(|| CellsAway("gone".to_owned()))?;
            Ok(match left.checked_sub(1) {
                Some(fewer) => {
                    *left = fewer;
                    Taken::Now
                }
                None => Taken::Later(Duration::from_millis(200)),
            })
        }
    }

    #[tokio::test]
    async fn processes_keep_to_one_pace_and_each_to_its_own_where_that_is_away() {
        let clock = Arc::new(ManualClock::at(noon()));
        let cells = Arc::new(Cells(Mutex::new(Some(4))));
        let shared: Arc<dyn SharedCells> = cells.clone();
        let process =
            || Pace::new(NonZeroU32::new(4).unwrap(), clock.clone()).shared(Some(&shared), "number");
        let (one, other) = (process(), process());
        for pace in [&one, &other, &one, &other] {
            pace.take("a").await.unwrap();
        }
        assert_eq!(other.take("a").await, Err(Duration::from_millis(200)));
        *cells.0.lock().unwrap() = None;
        one.take("a").await.unwrap();
        one.take("a").await.unwrap();
        assert_eq!(one.take("a").await, Err(Duration::from_millis(250)));
    }

    #[test]
    fn a_burst_is_paid_back() {
        let at = |seconds: i64| noon() + SignedDuration::from_secs(seconds);
        let wait = |times: &[i64], now: i64| wait_for(times.iter().map(|time| at(*time)), at(now), 3, 10);
        assert_eq!(wait(&[], 0), None);
        assert_eq!(wait(&[0, 0], 0), None);
        assert_eq!(wait(&[0, 0, 0], 0), Some(Duration::from_secs(6)));
        assert_eq!(wait(&[0, 0, 0], 6), None);
        assert_eq!(wait(&[6, 0, 0, 0], 6), Some(Duration::from_secs(6)));
        assert_eq!(wait(&[0, 0, 0], 60), None);
        let many: Vec<i64> = vec![0; 20];
        let owed = wait_for(many.iter().map(|time| at(*time)), at(0), 20, 10);
        assert_eq!(owed, Some(Duration::from_secs(6)));
    }
}
