//! What a vendor says with its answers of how many calls are left, and until when it wants to be left alone. It believes
//! the vendor, within a day; it calls nobody.

use super::pack::{ResetIn, ToldQuota};
use crate::limits::backoff::retry_after;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::Duration;

/// The longest that a vendor is left alone because it asks for it.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);
/// How long a bound counts of which the vendor does not say when it ends: most are a minute's.
const A_MINUTE: Duration = Duration::from_secs(60);

/// What one vendor has said.
#[derive(Debug, Default)]
pub struct Told {
    /// Calls that are left, and until when that holds.
    left: Option<(u32, Timestamp)>,
    /// Until when it wants no call.
    rests_until: Option<Timestamp>,
}

impl Told {
    /// Takes in what an answer says of calls that are left. When none is, the vendor is left alone until there are some.
    pub fn heed(&mut self, quota: &ToldQuota, headers: &HeaderMap, now: Timestamp) {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
        let Some(left) = number(&quota.remaining).filter(|left| *left >= 0.0) else { return };
        let reset = quota.reset.as_deref().and_then(number);
        let wait = match (reset, quota.reset_in) {
            (None, _) => A_MINUTE,
            (Some(reset), ResetIn::Seconds) => seconds(reset),
            (Some(reset), ResetIn::Milliseconds) => seconds(reset / 1_000.0),
            #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
            (Some(reset), ResetIn::Epoch) => seconds(reset - now.as_second() as f64),
        };
        let until = now.checked_add(wait).unwrap_or(now);
        // A conversion from float saturates, and parts of calls are none.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let left = left as u32;
        self.left = Some((left, until));
        if left == 0 {
            self.rest(until);
        }
    }

    /// How long a vendor that refused a call for haste asks to be left alone; from now on it is.
    pub fn refused(&mut self, headers: &HeaderMap, now: Timestamp) -> Duration {
        let asked = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| retry_after(value, now))
            .unwrap_or(Duration::from_secs(1));
        self.rest(now.checked_add(asked.min(LONGEST)).unwrap_or(now));
        asked
    }

    /// How long the vendor still wants to be left alone; none if it does not.
    pub fn rest_left(&mut self, now: Timestamp) -> Option<Duration> {
        let until = self.rests_until.filter(|until| now < *until);
        self.rests_until = until;
        until.map(|until| until.duration_since(now).unsigned_abs())
    }

    /// How many calls are left by its own word, if that still holds.
    pub fn calls_left(&self, now: Timestamp) -> Option<u32> {
        self.left.filter(|(_, until)| now < *until).map(|(left, _)| left)
    }

    fn rest(&mut self, until: Timestamp) {
        self.rests_until = Some(self.rests_until.map_or(until, |earlier| earlier.max(until)));
    }
}

fn seconds(count: f64) -> Duration {
    Duration::try_from_secs_f64(count.max(0.0)).unwrap_or(LONGEST).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        pairs.collect()
    }

    #[test]
    fn vendors_say_in_different_units_when_calls_are_left_again() {
        let now: Timestamp = "2026-11-23T13:10:00Z".parse().unwrap();
        let quota = |reset: Option<&str>, reset_in| ToldQuota {
            remaining: "x-left".to_owned(),
            reset: reset.map(str::to_owned),
            reset_in,
        };
        let with_reset = |reset_in| quota(Some("x-reset"), reset_in);
        let rests = Some(Duration::from_secs(30));
        for (quota, left, reset, rest, calls) in [
            (with_reset(ResetIn::Seconds), "0", "30", rests, Some(0)),
            (with_reset(ResetIn::Milliseconds), "0", "30000", rests, Some(0)),
            (with_reset(ResetIn::Epoch), "0.0", "1795439430", rests, Some(0)),
            (with_reset(ResetIn::Seconds), "7", "30", None, Some(7)),
            (quota(None, ResetIn::Seconds), "0", "", Some(A_MINUTE), Some(0)),
            // A day is the most, what is over is over, and nonsense is nothing.
            (with_reset(ResetIn::Seconds), "0", "1e12", Some(LONGEST), Some(0)),
            (with_reset(ResetIn::Epoch), "0", "30", None, None),
            (with_reset(ResetIn::Seconds), "many", "30", None, None),
            (with_reset(ResetIn::Seconds), "-1", "30", None, None),
        ] {
            let mut told = Told::default();
            told.heed(&quota, &headers(&[("x-left", left), ("x-reset", reset)]), now);
            assert_eq!((told.rest_left(now), told.calls_left(now)), (rest, calls), "{left} {reset}");
        }
        let mut told = Told::default();
        assert_eq!(told.refused(&headers(&[("retry-after", "20")]), now), Duration::from_secs(20));
        told.heed(&with_reset(ResetIn::Seconds), &headers(&[("x-left", "0"), ("x-reset", "5")]), now);
        assert_eq!(told.rest_left(now), Some(Duration::from_secs(20)), "the longer one counts");
        let later = now + jiff::SignedDuration::from_secs(20);
        assert_eq!((told.rest_left(later), told.calls_left(later)), (None, None));
    }
}
