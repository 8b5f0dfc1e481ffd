//! What calls cost a vendor that counts points: each answer says what its call cost, what is left, and how fast that fills up
//! again (Shopify's GraphQL Admin API, "API rate limits"). A call waits until there is enough for it.

use super::pack::PointPaths;
use crate::declared::reader::Placed;
use crate::domain::problem::Problem;
use jiff::Timestamp;
use jmespath::{Expression, Variable};
use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The longest that anybody computes to wait.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What one call costs, as its last answer said; nothing before the first.
#[derive(Debug, Default)]
pub struct Price(AtomicU32);

/// A vendor's points, and where its answers tell of them.
pub struct Points {
    left: Expression<'static>,
    most: Expression<'static>,
    refills: Expression<'static>,
    cost: Expression<'static>,
    bucket: Mutex<Bucket>,
}

/// What is left, by the last answer, and what is taken by calls that have no answer yet.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    left: f64,
    taken: f64,
    most: f64,
    /// In a second.
    refills: f64,
    at: Timestamp,
    is_known: bool,
}

/// What was taken for one call, until it is answered or not made.
pub struct Taken<'p> {
    points: &'p Points,
    cost: f64,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.points.bucket().taken -= self.cost;
    }
}

impl Points {
    /// Compiles what a file says.
    pub fn new(paths: &PointPaths, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut compiled = |path: &Placed<String>| {
            let fault = |error: jmespath::JmespathError| {
                problems.push(path.place.problem(format!("not JMESPath: {}", error.reason)));
            };
            jmespath::compile(&path.value).map_err(fault).ok()
        };
        let [left, most, refills, cost] =
            [&paths.left, &paths.most, &paths.refills, &paths.cost].map(&mut compiled);
        Some(Self { left: left?, most: most?, refills: refills?, cost: cost?, bucket: Mutex::default() })
    }

    /// Takes what a call costs, and says how long to wait until that much is there.
    pub fn take(&self, price: &Price, now: Timestamp) -> (Taken<'_>, Duration) {
        let mut bucket = self.bucket();
        bucket.fill(now);
        let cost = match bucket.is_known {
            // What costs more than there ever is, is the vendor's to refuse.
            true => f64::from(price.0.load(Ordering::Relaxed)).min(bucket.most),
            false => 0.0,
        };
        bucket.taken += cost;
        let missing = bucket.taken - bucket.left;
        let wait = match missing > 0.0 && cost > 0.0 && bucket.refills > 0.0 {
            true => Duration::try_from_secs_f64(missing / bucket.refills).unwrap_or(LONGEST).min(LONGEST),
            false => Duration::ZERO,
        };
        (Taken { points: self, cost }, wait)
    }

    /// Takes in what an answer says.
    pub fn heed(&self, body: &Value, price: &Price, now: Timestamp) {
        let Ok(body) = Variable::try_from(body.clone()) else { return };
        let body = jmespath::Rcvar::new(body);
        let number =
            |path: &Expression<'static>| path.search(&body).ok()?.as_number().filter(|number| *number >= 0.0);
        if let Some(cost) = number(&self.cost) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
            price.0.store(cost.ceil() as u32, Ordering::Relaxed);
        }
        if let (Some(left), Some(most), Some(refills)) =
            (number(&self.left), number(&self.most), number(&self.refills))
        {
            let mut bucket = self.bucket();
            *bucket = Bucket { left, most, refills, at: now, is_known: true, ..*bucket };
        }
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn fill(&mut self, now: Timestamp) {
        let since = now.duration_since(self.at).as_secs_f64().max(0.0);
        self.left = (self.left + since * self.refills).min(self.most);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declared::reader::Place;
    use serde_json::json;

    #[test]
    fn a_call_waits_until_there_is_enough_for_it() {
        let place = Place { file: "shop.toml".into(), line: 1 };
        let placed = |value: &str| Placed { value: value.to_owned(), place: place.clone() };
        let paths = PointPaths {
            left: placed("left"),
            most: placed("most"),
            refills: placed("refills"),
            cost: placed("cost"),
        };
        let points = Points::new(&paths, &mut Vec::new()).unwrap();
        let (price, cheap) = (Price::default(), Price::default());
        let at = |seconds: i64| Timestamp::from_second(1_795_439_400 + seconds).unwrap();
        let told = |left: i32| json!({"left": left, "most": 200, "refills": 50.0, "cost": 100});
        assert_eq!(points.take(&price, at(0)).1, Duration::ZERO, "nothing is known yet");
        points.heed(&told(150), &price, at(0));
        let (one, wait) = points.take(&price, at(0));
        assert_eq!(wait, Duration::ZERO);
        let (other, wait) = points.take(&price, at(0));
        assert_eq!(wait, Duration::from_secs(1), "50 of 100 are missing");
        assert_eq!(points.take(&cheap, at(0)).1, Duration::ZERO, "what costs nothing waits for nothing");
        // The answer of the first says what is left; the second has its place all the same.
        points.heed(&told(50), &price, at(0));
        drop(one);
        assert_eq!(points.take(&price, at(0)).1, Duration::from_secs(3));
        // A call that is not made gives back what it took.
        drop(other);
        assert_eq!(points.take(&price, at(0)).1, Duration::from_secs(1));
        // No more than fits, and nothing that is no number.
        let two = [points.take(&price, at(900)), points.take(&price, at(900))];
        assert_eq!(two.map(|(_, wait)| wait), [Duration::ZERO; 2]);
        points.heed(&json!({"left": "many", "cost": null}), &price, at(900));
        assert_eq!(points.take(&price, at(900)).1, Duration::ZERO);
        points.heed(&json!({"left": 10, "most": 20, "refills": 0, "cost": 100}), &price, at(900));
        assert_eq!(points.take(&price, at(900)).1, Duration::ZERO, "what never fills up is not waited for");
    }
}
