//! How a vendor's system does, as this process has seen it: how many calls, how many of them answered, how long they
//! took, when it last failed and how long it was away. It also notices what is far from the system's own history.
//! Numbers only; nothing of what calls carry.

use super::fault::Fault;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::VecDeque;
use std::time::Duration;

/// So many of the newest calls tell how long calls take.
const RECENT: usize = 1_024;
/// Calls are counted by spans of this length, and so many of them are the history.
const SPAN: SignedDuration = SignedDuration::from_mins(10);
const SPANS: usize = 144;
/// So many spans have to be known before anything can be far from them.
const KNOWN: usize = 12;
/// Fewer calls in a span tell nothing of failures, and so many more than usual nothing of haste.
const FEWEST: u64 = 10;
const SLACK: u64 = 20;
/// How far the number of calls is from the median before it is unusual, in median deviations.
const FAR: u64 = 6;
/// A share of failures, in percent, below which nothing is unusual.
const FAILED_PERCENT: u64 = 20;

/// What was seen of a system.
#[derive(Debug, Default)]
pub struct Health {
    calls: u64,
    failed: u64,
    /// When the newest calls ended, and how many milliseconds they took.
    recent: VecDeque<(Timestamp, u64)>,
    last_fault: Option<(Timestamp, &'static str)>,
    away_since: Option<Timestamp>,
    last_recovery: Option<Recovery>,
    spans: VecDeque<Span>,
    is_unusual: bool,
}

/// The calls of one span of time.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: Timestamp,
    calls: u64,
    failed: u64,
}

/// The end of an absence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Recovery {
    /// When the system answered again.
    pub at: Timestamp,
    /// For how long it had not, in seconds.
    pub after_seconds: i64,
}

/// What is told of a system.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct HealthReport {
    /// Calls since this process began.
    pub calls: u64,
    /// How many of them the system did not answer, in percent of all; none before the first call.
    pub failed_percent: Option<f64>,
    /// How long a call took, the newest ones, in milliseconds.
    pub median_ms: Option<u64>,
    /// The same, of the slowest twentieth.
    pub p95_ms: Option<u64>,
    /// The same, of the slowest hundredth.
    pub p99_ms: Option<u64>,
    /// When it last failed.
    pub last_fault_at: Option<Timestamp>,
    /// How.
    pub last_fault: Option<&'static str>,
    /// Since when it has not answered, if it does not.
    pub away_since: Option<Timestamp>,
    /// When it last came back.
    pub last_recovery: Option<Recovery>,
    /// Whether calls are far from their own history.
    pub is_unusual: bool,
}

/// A change worth telling the operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Calls are far from their history.
    Unusual(String),
    /// They are as usual again.
    Usual,
}

impl Health {
    /// Takes in one call: how it ended, and how long it took. Refusals are answers; what is told is what changed.
    pub fn saw(&mut self, fault: Option<&Fault>, took: Duration, now: Timestamp) -> Option<Change> {
        let failed = fault.filter(|fault| is_failure(fault));
        self.calls += 1;
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((now, u64::try_from(took.as_millis()).unwrap_or(u64::MAX)));
        match failed {
            Some(fault) => {
                self.failed += 1;
                self.last_fault = Some((now, fault.as_str()));
                self.away_since.get_or_insert(now);
            }
            None => {
                if let Some(since) = self.away_since.take() {
                    let after_seconds = now.duration_since(since).as_secs();
                    self.last_recovery = Some(Recovery { at: now, after_seconds });
                }
            }
        }
        self.count(failed.is_some(), now);
        let found = self.unusual();
        let was = std::mem::replace(&mut self.is_unusual, found.is_some());
        match (was, found) {
            (false, Some(text)) => Some(Change::Unusual(text)),
            (true, None) => Some(Change::Usual),
            (true, Some(_)) | (false, None) => None,
        }
    }

    /// How many calls there were within the last minute.
    pub fn within_a_minute(&self, now: Timestamp) -> u32 {
        let is_lately = |at: Timestamp| now.duration_since(at) < SignedDuration::from_mins(1);
        let count = self.recent.iter().rev().take_while(|(at, _)| is_lately(*at)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// What is told of it now.
    pub fn report(&self) -> HealthReport {
        let mut sorted: Vec<u64> = self.recent.iter().map(|(_, took)| *took).collect();
        sorted.sort_unstable();
        let percentile = |percent: usize| {
            sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied()
        };
        HealthReport {
            calls: self.calls,
            failed_percent: (self.calls > 0).then(|| self.failed as f64 * 100.0 / self.calls as f64),
            median_ms: percentile(50),
            p95_ms: percentile(95),
            p99_ms: percentile(99),
            last_fault_at: self.last_fault.map(|(at, _)| at),
            last_fault: self.last_fault.map(|(_, what)| what),
            away_since: self.away_since,
            last_recovery: self.last_recovery,
            is_unusual: self.is_unusual,
        }
    }

    fn count(&mut self, failed: bool, now: Timestamp) {
        let is_over = |span: &Span| now.duration_since(span.from) >= SPAN;
        // Spans without a call are part of the history too, as far as it reaches.
        while let Some(from) = self.spans.back().filter(|span| is_over(span)).map(|span| span.from) {
            let next = from.saturating_add(SPAN).unwrap_or(Timestamp::MAX);
            let all = i64::try_from(SPANS).unwrap_or(i64::MAX);
            let is_long_ago = now.duration_since(next).as_secs() >= all.saturating_mul(SPAN.as_secs());
            if is_long_ago {
                self.spans.clear();
                break;
            }
            self.spans.push_back(Span { from: next, calls: 0, failed: 0 });
        }
        if self.spans.is_empty() {
            self.spans.push_back(Span { from: now, calls: 0, failed: 0 });
        }
        while self.spans.len() > SPANS {
            self.spans.pop_front();
        }
        if let Some(span) = self.spans.back_mut() {
            span.calls += 1;
            span.failed += u64::from(failed);
        }
    }

    /// What is far from the history in the present span: more calls than the median of the spans before it by six median
    /// deviations and twenty calls, or a share of failures that is a fifth and three times that of the history.
    fn unusual(&self) -> Option<String> {
        let spans: Vec<Span> = self.spans.iter().copied().collect();
        let (present, history) = spans.split_last()?;
        if history.len() < KNOWN {
            return None;
        }
        let usual = median(history.iter().map(|span| span.calls).collect());
        let deviation = median(history.iter().map(|span| span.calls.abs_diff(usual)).collect());
        if present.calls > usual + FAR * deviation + SLACK {
            return Some(format!(
                "it was called {} times within ten minutes; {usual} times are usual: see what asks so often",
                present.calls
            ));
        }
        let calls: u64 = history.iter().map(|span| span.calls).sum();
        let failed: u64 = history.iter().map(|span| span.failed).sum();
        let share = |failed: u64, calls: u64| (failed * 100).checked_div(calls).unwrap_or(0);
        let (now, before) = (share(present.failed, present.calls), share(failed, calls));
        if present.calls >= FEWEST && now >= FAILED_PERCENT && now > 3 * before {
            return Some(format!(
                "{now} % of its calls fail; {before} % are usual: see whether the vendor reports an incident"
            ));
        }
        None
    }
}

/// Whether the system failed; a refusal is an answer.
fn is_failure(fault: &Fault) -> bool {
    match fault {
        Fault::Away | Fault::Unknown | Fault::Limited | Fault::Unauthorized | Fault::Broken(_) => true,
        Fault::Missing | Fault::Conflict | Fault::Rejected => false,
    }
}

fn median(mut numbers: Vec<u64>) -> u64 {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOK: Duration = Duration::from_millis(20);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + 60 * minutes).unwrap()
    }

    /// So many calls in each of these spans.
    fn usual(spans: i64, calls: i64) -> Health {
        let mut health = Health::default();
        for span in 0..spans {
            for _ in 0..calls {
                assert_eq!(health.saw(None, TOOK, at(10 * span)), None);
            }
        }
        health
    }

    #[test]
    fn what_is_far_from_its_own_history_is_told_once_and_once_that_it_is_over() {
        let mut health = usual(20, 10);
        let mut told = Vec::new();
        for _ in 0..100 {
            told.extend(health.saw(None, TOOK, at(200)));
        }
        assert!(
            matches!(told.as_slice(), [Change::Unusual(text)] if text.contains("10 times are usual")),
            "{told:?}"
        );
        assert_eq!(health.saw(None, TOOK, at(210)), Some(Change::Usual));
        let mut told = Vec::new();
        for _ in 0..12 {
            told.extend(health.saw(Some(&Fault::Away), TOOK, at(220)));
        }
        assert!(matches!(told.as_slice(), [Change::Unusual(text)] if text.contains("100 %")), "{told:?}");
        assert!(health.report().is_unusual);
    }

    #[test]
    fn a_young_history_and_a_quiet_one_tell_nothing() {
        let mut young = usual(5, 1);
        assert!((0..500).all(|_| young.saw(None, TOOK, at(50)).is_none()));
        let mut quiet = usual(20, 1);
        assert!((0..15).all(|_| quiet.saw(None, TOOK, at(200)).is_none()));
        let mut refused = usual(20, 10);
        assert!((0..20).all(|_| refused.saw(Some(&Fault::Missing), TOOK, at(200)).is_none()));
        assert_eq!(refused.report().failed_percent, Some(0.0));
    }

    #[test]
    fn how_long_it_was_away_is_known() {
        let mut health = usual(1, 98);
        health.saw(Some(&Fault::Away), Duration::from_secs(3), at(1));
        assert_eq!(health.report().away_since, Some(at(1)));
        health.saw(None, Duration::from_secs(3), at(4));
        let report = health.report();
        assert_eq!(report.last_recovery, Some(Recovery { at: at(4), after_seconds: 180 }));
        assert_eq!((report.median_ms, report.p95_ms, report.p99_ms), (Some(20), Some(20), Some(3_000)));
        assert_eq!((report.calls, report.failed_percent), (100, Some(1.0)));
    }
}
