//! How a vendor's system does: how many calls of the last day, how many of them answered, how long they took, when it was
//! away and for how long. Calls of every process count, as they are written down; see [`super::health_book`]. It also notices
//! what is far from the system's own history. Numbers only; nothing of what calls carry.

use super::fault::Fault;
use crate::store::health::{CallCount, HealthHistory, Outage, Reached, Seen, Since};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// So many of the newest calls tell how many there were within a minute.
const RECENT: usize = 1_024;
/// Calls are counted by spans of so many seconds.
const SPAN: i64 = 600;
/// So long is the history.
const HISTORY: SignedDuration = SignedDuration::from_hours(24);
/// Outages that ended within so many hours are told.
const OUTAGES: SignedDuration = SignedDuration::from_hours(30 * 24);
/// So many spans have to be known before anything can be far from them.
const KNOWN: usize = 12;
/// Fewer calls in a span tell nothing of failures, and so many more than usual nothing of haste.
const FEWEST: u64 = 10;
const SLACK: u64 = 20;
/// How far the number of calls is from the median before it is unusual, in median deviations.
const FAR: u64 = 6;
/// A share of failures, in percent, below which nothing is unusual.
const FAILED_PERCENT: u64 = 20;
/// So many changes are kept at most for a database that is away.
const CHANGES: usize = 256;

/// What was seen of a system.
#[derive(Debug, Default)]
pub struct Health {
    known: Known,
    /// What is being written down.
    leaving: Fresh,
    /// What was seen since.
    fresh: Fresh,
    /// When the newest calls of this process ended.
    lately: VecDeque<Timestamp>,
    is_unusual: bool,
    has_learned: bool,
}

/// What is written down, by all processes.
#[derive(Debug, Default)]
struct Known {
    /// By the second that the span begins.
    spans: BTreeMap<i64, Calls>,
    /// How many calls took how long.
    took: BTreeMap<u32, u64>,
    /// Newest first.
    outages: Vec<Outage>,
}

/// What is not written down yet.
#[derive(Debug, Default)]
struct Fresh {
    /// By the second that the span begins and how long calls took.
    counts: BTreeMap<(i64, u32), Calls>,
    reached: Vec<Reached>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Calls {
    all: u64,
    failed: u64,
}

/// The end of an outage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Recovery {
    /// When the system answered again.
    pub at: Timestamp,
    /// For how long it had not, in seconds.
    pub after_seconds: i64,
}

/// An outage.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OutageReport {
    /// The first call that failed.
    pub began_at: Timestamp,
    /// The first that was answered again; none while it lasts.
    pub ended_at: Option<Timestamp>,
    /// What its newest failure was.
    pub fault: String,
}

/// What is told of it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct HealthReport {
    /// Calls of the last 24 hours, of every process.
    pub calls: u64,
    /// How many of them the system did not answer, in percent of all; none before the first call.
    pub failed_percent: Option<f64>,
    /// How long these calls took at the median, in milliseconds; exact to an eighth.
    pub median_ms: Option<u64>,
    /// The same, of the slowest twentieth.
    pub p95_ms: Option<u64>,
    /// The same, of the slowest hundredth.
    pub p99_ms: Option<u64>,
    /// When it last failed, within 30 days.
    pub last_fault_at: Option<Timestamp>,
    /// How.
    pub last_fault: Option<String>,
    /// Since when it has not answered, if it does not.
    pub away_since: Option<Timestamp>,
    /// When it last came back.
    pub last_recovery: Option<Recovery>,
    /// Outages of the last 30 days, newest first; at most a hundred.
    pub outages: Vec<OutageReport>,
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
        if self.lately.len() == RECENT {
            self.lately.pop_front();
        }
        self.lately.push_back(now);
        self.fresh.count(failed.is_some(), took, now);
        self.fresh.change(failed, now);
        let found = self.unusual(now);
        let was = std::mem::replace(&mut self.is_unusual, found.is_some());
        match (was, found) {
            (false, Some(text)) => Some(Change::Unusual(text)),
            (true, None) => Some(Change::Usual),
            (true, Some(_)) | (false, None) => None,
        }
    }

    /// How many calls this process has made within the last minute.
    pub fn within_a_minute(&self, now: Timestamp) -> u32 {
        let is_lately = |at: Timestamp| now.duration_since(at) < SignedDuration::from_mins(1);
        let count = self.lately.iter().rev().take_while(|at| is_lately(**at)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// From when on there is history.
    pub fn since(now: Timestamp) -> Since {
        let before = |span| now.saturating_sub(span).unwrap_or(Timestamp::MIN);
        Since { counts: before(HISTORY), outages: before(OUTAGES) }
    }

    /// What is to be written down; it still counts meanwhile. Told by [`Self::written`] what came of it.
    pub fn leaving(&mut self) -> Seen {
        self.leaving = std::mem::take(&mut self.fresh);
        self.leaving.seen()
    }

    /// What [`Self::leaving`] gave is written down, or it is not and is kept for the next time.
    pub fn written(&mut self, is_written: bool) {
        let left = std::mem::take(&mut self.leaving);
        if !is_written {
            let later = std::mem::replace(&mut self.fresh, left);
            self.fresh.append(later);
        }
    }

    /// Whether something is to be written down, or the history was not read yet.
    pub fn has_news(&self) -> bool {
        !self.has_learned || !self.fresh.counts.is_empty()
    }

    /// Takes in what all processes have written down.
    pub fn learn(&mut self, history: HealthHistory) {
        self.has_learned = true;
        self.known = Known { outages: history.outages, ..Known::default() };
        for CallCount { span, took, calls, failed } in history.counts {
            self.known.spans.entry(span.as_second()).or_default().add(Calls { all: calls, failed });
            *self.known.took.entry(took).or_default() += calls;
        }
    }

    /// What is told of it now. Outages are told as they are written down.
    pub fn report(&self, now: Timestamp) -> HealthReport {
        let mut took = self.known.took.clone();
        for (&(_, class), calls) in self.leaving.counts.iter().chain(&self.fresh.counts) {
            *took.entry(class).or_default() += calls.all;
        }
        let mut all = Calls::default();
        self.spans(now).values().for_each(|calls| all.add(*calls));
        let outages = &self.known.outages;
        HealthReport {
            calls: all.all,
            failed_percent: (all.all > 0).then(|| all.failed as f64 * 100.0 / all.all as f64),
            median_ms: percentile(&took, 50),
            p95_ms: percentile(&took, 95),
            p99_ms: percentile(&took, 99),
            last_fault_at: outages.first().map(|outage| outage.last_at),
            last_fault: outages.first().map(|outage| outage.fault.clone()),
            away_since: outages.iter().find(|outage| outage.ended_at.is_none()).map(|outage| outage.began_at),
            last_recovery: outages.iter().find_map(recovery),
            outages: outages.iter().map(OutageReport::from).collect(),
            is_unusual: self.is_unusual,
        }
    }

    /// Calls of the history, by the second that their span begins.
    fn spans(&self, now: Timestamp) -> BTreeMap<i64, Calls> {
        let since = Self::since(now).counts.as_second();
        let mut spans: BTreeMap<i64, Calls> =
            self.known.spans.range(since..).map(|(at, calls)| (*at, *calls)).collect();
        for (&(at, _), calls) in self.leaving.counts.iter().chain(&self.fresh.counts) {
            if at >= since {
                spans.entry(at).or_default().add(*calls);
            }
        }
        spans
    }

    /// What is far from the history in the present span: more calls than the median of the spans before it by six median
    /// deviations and twenty calls, or a share of failures that is a fifth and three times that of the history. Spans
    /// without a call are part of the history, too, as far as it reaches.
    fn unusual(&self, now: Timestamp) -> Option<String> {
        let mut spans = self.spans(now);
        let present_at = span_of(now);
        let present = spans.remove(&present_at)?;
        let first = *spans.first_key_value()?.0;
        let length = usize::try_from(SPAN).unwrap_or(1);
        let history: Vec<Calls> = (first..present_at)
            .step_by(length)
            .map(|at| spans.get(&at).copied().unwrap_or_default())
            .collect();
        if history.len() < KNOWN {
            return None;
        }
        let usual = median(history.iter().map(|span| span.all).collect());
        let deviation = median(history.iter().map(|span| span.all.abs_diff(usual)).collect());
        if present.all > usual + FAR * deviation + SLACK {
            return Some(format!(
                "it was called {} times within ten minutes; {usual} times are usual: see what asks so often",
                present.all
            ));
        }
        let mut before = Calls::default();
        history.iter().for_each(|calls| before.add(*calls));
        let share = |calls: Calls| (calls.failed * 100).checked_div(calls.all).unwrap_or(0);
        let (now, before) = (share(present), share(before));
        if present.all >= FEWEST && now >= FAILED_PERCENT && now > 3 * before {
            return Some(format!(
                "{now} % of its calls fail; {before} % are usual: see whether the vendor reports an incident"
            ));
        }
        None
    }
}

impl Fresh {
    fn count(&mut self, failed: bool, took: Duration, now: Timestamp) {
        let calls = self.counts.entry((span_of(now), class(took))).or_default();
        calls.add(Calls { all: 1, failed: u64::from(failed) });
        let since = Health::since(now).counts.as_second();
        while self.counts.first_key_value().is_some_and(|((at, _), _)| *at < since) {
            self.counts.pop_first();
        }
    }

    /// Notes whether the system was reached. An answer behind an answer says nothing new; the first one after something
    /// was written down may be the end of an outage that another process saw begin.
    fn change(&mut self, failed: Option<&Fault>, now: Timestamp) {
        match (failed, self.reached.last_mut()) {
            (Some(found), Some(Reached::Away { last, fault, .. })) => {
                *last = now;
                *fault = found.as_str();
            }
            (Some(found), _) => {
                self.reached.push(Reached::Away { first: now, last: now, fault: found.as_str() });
            }
            (None, Some(Reached::Back { .. })) => {}
            (None, _) => self.reached.push(Reached::Back { at: now }),
        }
        if self.reached.len() > CHANGES {
            self.reached.remove(0);
        }
    }

    /// Takes in what was seen later.
    fn append(&mut self, later: Self) {
        for (key, calls) in later.counts {
            self.counts.entry(key).or_default().add(calls);
        }
        self.reached.extend(later.reached);
    }

    fn seen(&self) -> Seen {
        let count = |(&(at, took), calls): (&(i64, u32), &Calls)| {
            let span = Timestamp::from_second(at).ok()?;
            Some(CallCount { span, took, calls: calls.all, failed: calls.failed })
        };
        Seen { counts: self.counts.iter().filter_map(count).collect(), reached: self.reached.clone() }
    }
}

impl Calls {
    fn add(&mut self, other: Self) {
        self.all += other.all;
        self.failed += other.failed;
    }
}

impl From<&Outage> for OutageReport {
    fn from(outage: &Outage) -> Self {
        Self { began_at: outage.began_at, ended_at: outage.ended_at, fault: outage.fault.clone() }
    }
}

fn recovery(outage: &Outage) -> Option<Recovery> {
    let at = outage.ended_at?;
    Some(Recovery { at, after_seconds: at.duration_since(outage.began_at).as_secs() })
}

/// Whether the system failed; a refusal is an answer.
fn is_failure(fault: &Fault) -> bool {
    match fault {
        Fault::Away | Fault::Unknown | Fault::Limited | Fault::Unauthorized | Fault::Broken(_) => true,
        Fault::Missing | Fault::Conflict | Fault::Rejected => false,
    }
}

/// The second that the span of `now` begins.
fn span_of(now: Timestamp) -> i64 {
    now.as_second() - now.as_second().rem_euclid(SPAN)
}

/// The class of a duration: each millisecond below 16 is one, each doubling beyond has eight.
fn class(took: Duration) -> u32 {
    let milliseconds = u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
    match milliseconds.checked_ilog2() {
        Some(doublings @ 4..) => 16 + (doublings - 4) * 8 + ((milliseconds >> (doublings - 3)) & 7),
        _ => milliseconds,
    }
}

/// The most milliseconds of a class.
fn most_of(class: u32) -> u64 {
    match class.checked_sub(16) {
        None => u64::from(class),
        Some(above) => {
            let (doublings, eighth) = ((above / 8).min(28), above % 8);
            (u64::from(9 + eighth) << (doublings + 1)) - 1
        }
    }
}

fn percentile(took: &BTreeMap<u32, u64>, percent: u64) -> Option<u64> {
    let all: u64 = took.values().sum();
    let place = all * percent / 100;
    let mut passed = 0;
    let class = took.iter().find(|(_, calls)| {
        passed += **calls;
        passed > place.min(all.saturating_sub(1))
    });
    class.map(|(class, _)| most_of(*class))
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
        Timestamp::from_second(1_699_999_800 + 60 * minutes).unwrap()
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
        assert!(health.report(at(220)).is_unusual);
    }

    #[test]
    fn a_young_history_and_a_quiet_one_tell_nothing() {
        let mut young = usual(5, 1);
        assert!((0..500).all(|_| young.saw(None, TOOK, at(50)).is_none()));
        let mut quiet = usual(20, 1);
        assert!((0..15).all(|_| quiet.saw(None, TOOK, at(200)).is_none()));
        let mut refused = usual(20, 10);
        assert!((0..20).all(|_| refused.saw(Some(&Fault::Missing), TOOK, at(200)).is_none()));
        assert_eq!(refused.report(at(200)).failed_percent, Some(0.0));
    }

    #[test]
    fn a_history_of_another_process_is_as_good_as_its_own() {
        let mut before = usual(20, 10);
        let history = HealthHistory { counts: before.leaving().counts, outages: Vec::new() };
        let mut health = Health::default();
        health.learn(history);
        let told: Vec<Change> = (0..100).filter_map(|_| health.saw(None, TOOK, at(200))).collect();
        assert!(matches!(told.as_slice(), [Change::Unusual(_)]), "{told:?}");
        assert_eq!(health.report(at(200)).calls, 300);
        assert_eq!(health.report(at(24 * 60 + 100)).calls, 200, "what is older than a day is over");
    }

    #[test]
    fn what_could_not_be_written_down_counts_all_the_same_and_is_not_lost() {
        let mut health = usual(1, 3);
        let seen = health.leaving();
        health.saw(Some(&Fault::Away), TOOK, at(1));
        assert_eq!(health.report(at(1)).calls, 4);
        health.written(false);
        let again = health.leaving();
        assert_eq!(again.counts[0].calls, seen.counts[0].calls + 1);
        assert_eq!(
            again.reached,
            [Reached::Back { at: at(0) }, Reached::Away { first: at(1), last: at(1), fault: "away" }]
        );
        health.written(true);
        assert_eq!(health.leaving(), Seen::default());
    }

    #[test]
    fn how_long_calls_took_is_exact_to_an_eighth() {
        for milliseconds in (0..100_000).step_by(7) {
            let told = most_of(class(Duration::from_millis(milliseconds)));
            assert!(
                told >= milliseconds && told - milliseconds <= milliseconds / 8,
                "{milliseconds}: {told}"
            );
        }
        assert!(most_of(class(Duration::MAX)) >= u64::from(u32::MAX));
        let mut health = usual(1, 98);
        health.saw(None, Duration::from_secs(3), at(1));
        health.saw(None, Duration::from_secs(3), at(4));
        let report = health.report(at(4));
        assert_eq!((report.median_ms, report.p95_ms, report.p99_ms), (Some(21), Some(21), Some(3_071)));
        assert_eq!(Health::default().report(at(0)).median_ms, None);
    }
}
