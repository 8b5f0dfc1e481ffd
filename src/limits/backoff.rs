//! How long to wait before trying again. Pure: it waits for nobody and decides nothing about what is retried.

use jiff::Timestamp;
use std::time::Duration;

/// Exponential back-off with full jitter.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Backoff {
    /// Upper bound of the first wait; it doubles with every further one.
    pub first: Duration,
    /// Upper bound of any wait.
    pub longest: Duration,
}

impl Backoff {
    /// The wait before attempt number `attempt` (2 for the first retry): at random up to the bound, so that
    /// callers who failed together do not come back together.
    pub fn wait(&self, attempt: u32, random: u64) -> Duration {
        let doublings = attempt.saturating_sub(2).min(31);
        let bound = self.first.saturating_mul(1 << doublings).min(self.longest);
        let nanoseconds = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(random % nanoseconds.saturating_add(1))
    }
}

/// Reads a `Retry-After` header: seconds, or an HTTP date. A date in the past is no wait.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_below_doubling_bounds() {
        let backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(1) };
        for (attempt, bound) in [(1, 100), (2, 100), (3, 200), (4, 400), (6, 1000), (1000, 1000)] {
            for random in [0, 1, u64::MAX / 3, u64::MAX] {
                assert!(backoff.wait(attempt, random) <= Duration::from_millis(bound), "{attempt}");
            }
        }
        assert_eq!(backoff.wait(2, 50_000_000), Duration::from_millis(50));
        let none = Backoff { first: Duration::ZERO, longest: Duration::ZERO };
        assert_eq!(none.wait(9, 12345), Duration::ZERO);
    }

    #[test]
    fn reads_seconds_and_dates() {
        let now: Timestamp = "2026-08-01T12:00:00Z".parse().unwrap();
        for (value, expected) in [
            ("0", Some(Duration::ZERO)),
            (" 7 ", Some(Duration::from_secs(7))),
            ("1.5", Some(Duration::from_millis(1500))),
            ("-3", Some(Duration::ZERO)),
            ("Sat, 01 Aug 2026 12:01:00 GMT", Some(Duration::from_secs(60))),
            ("Sat, 01 Aug 2026 11:00:00 GMT", Some(Duration::ZERO)),
            ("soon", None),
            ("", None),
            ("1e300", None),
        ] {
            assert_eq!(retry_after(value, now), expected, "{value}");
        }
    }
}
