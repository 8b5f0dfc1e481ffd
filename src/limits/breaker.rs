//! A circuit breaker: stops asking a target that does not answer or takes far too long, and finds out when it does
//! better. It tolerates a target that fails one call in three, and asks a broken one with one call at a time. How a
//! target does is shown in metrics.

use super::alerts::Alerts;
use crate::domain::clock::{Clock, SteadyClock};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BreakerPolicy {
    /// So many failures in a row open it.
    pub consecutive: u32,
    /// So many of the last 64 outcomes being failures open it.
    pub of_last_64: u32,
    /// How long it stays open the first time; doubles while probes fail.
    pub open_for: Duration,
    /// The longest it stays open.
    pub open_for_most: Duration,
    /// A call that worked but took longer counts as a failure: the customer has waited in vain.
    pub slow: Duration,
}

impl BreakerPolicy {
    /// For outcomes that already include retries, such as a model's: few failures say enough.
    pub const AFTER_RETRIES: Self = Self {
        consecutive: 5,
        of_last_64: 48,
        open_for: Duration::from_secs(10),
        open_for_most: Duration::from_secs(300),
        slow: Duration::from_secs(45),
    };

    /// For single attempts: at three faults in ten it opens less than once in a million calls.
    pub const SINGLE_ATTEMPTS: Self = Self {
        consecutive: 12,
        of_last_64: 48,
        open_for: Duration::from_secs(5),
        open_for_most: Duration::from_secs(120),
        slow: Duration::from_secs(15),
    };
}

/// The target is not asked now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("circuit breaker is open for another {} s", .retry_after.as_secs())]
pub struct Open {
    /// When it makes sense to come back.
    pub retry_after: Duration,
}

/// A circuit breaker for one target.
pub struct Breaker {
    target: String,
    policy: BreakerPolicy,
    clock: SteadyClock,
    alerts: Option<Arc<Alerts>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The last 64 outcomes, newest in bit 0; 1 is a failure.
    outcomes: u64,
    consecutive: u32,
    circuit: Circuit,
    /// How often it opened without a success in between.
    openings: u32,
    /// Whether the operator was told.
    alarmed: bool,
    /// How long calls take, in seconds: each new one counts a tenth.
    seconds: Option<f64>,
}

/// How much the newest call counts in the average time.
const NEWEST: f64 = 0.1;

/// Who is asked to come back this soon was busy, not away: the operator is not told.
const BUSY: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy)]
enum Circuit {
    Closed,
    Open {
        /// By the breaker's own clock.
        until: Duration,
    },
    /// One call is under way to find out.
    Probing,
}

impl Circuit {
    /// The value of the gauge.
    fn level(self) -> f64 {
        match self {
            Self::Closed => 0.0,
            Self::Probing => 1.0,
            Self::Open { .. } => 2.0,
        }
    }
}

/// The right to make one call. Dropped without a word (a cancelled call), it says nothing about the target.
#[must_use = "report the outcome of the call"]
pub struct Permit<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
    began: Duration,
    reported: bool,
}

impl Breaker {
    /// A closed breaker for `target`, the label of its gauge.
    pub fn new(target: impl Into<String>, policy: BreakerPolicy, clock: Arc<dyn Clock>) -> Self {
        let breaker = Self {
            target: target.into(),
            policy,
            clock: SteadyClock::over(clock),
            alerts: None,
            state: Mutex::new(State::closed()),
        };
        breaker.show(Circuit::Closed);
        breaker
    }

    /// Tells `alerts` when the target is away, and when it is back.
    pub fn watched(self, alerts: Arc<Alerts>) -> Self {
        Self { alerts: Some(alerts), ..self }
    }

    /// Asks for one call.
    ///
    /// # Errors
    /// [`Open`] if the target is not to be asked now.
    pub fn permit(&self) -> Result<Permit<'_>, Open> {
        let mut state = self.state();
        let is_probe = match state.circuit {
            Circuit::Closed => false,
            Circuit::Probing => return Err(Open { retry_after: self.policy.open_for }),
            Circuit::Open { until } => {
                let left = until.saturating_sub(self.clock.elapsed());
                if !left.is_zero() {
                    return Err(Open { retry_after: left });
                }
                self.enter(&mut state, Circuit::Probing);
                true
            }
        };
        Ok(Permit { breaker: self, is_probe, began: self.clock.elapsed(), reported: false })
    }

    /// Whether a call would be let through now. Asks for none.
    pub fn would_permit(&self) -> bool {
        match self.state().circuit {
            Circuit::Closed => true,
            Circuit::Probing => false,
            Circuit::Open { until } => until <= self.clock.elapsed(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, state: &mut State, circuit: Circuit) {
        state.circuit = circuit;
        self.show(circuit);
    }

    fn show(&self, circuit: Circuit) {
        metrics::gauge!("balcao_breaker_state", "target" => self.target.clone()).set(circuit.level());
    }

    /// Shows how the target does.
    fn note(&self, state: &mut State, took: Duration) {
        let took = took.as_secs_f64();
        let seconds = state.seconds.map_or(took, |seconds| seconds + NEWEST * (took - seconds));
        state.seconds = Some(seconds);
        let failures = f64::from(state.outcomes.count_ones()) / f64::from(u64::BITS);
        metrics::gauge!("balcao_target_seconds", "target" => self.target.clone()).set(seconds);
        metrics::gauge!("balcao_target_failures", "target" => self.target.clone()).set(failures);
    }

    fn open(&self, state: &mut State, at_least: Duration) {
        let doubled = self.policy.open_for.saturating_mul(1 << state.openings.min(16));
        let base = doubled.min(self.policy.open_for_most).max(at_least);
        // Up to a fifth longer, so that processes do not probe together.
        let jitter = u64::try_from(base.as_nanos() / 5).unwrap_or(u64::MAX);
        let wait = base.saturating_add(Duration::from_nanos(self.clock.random() % jitter.saturating_add(1)));
        if at_least.is_zero() || at_least >= BUSY || state.openings > 0 {
            state.alarmed = true;
            self.alarm();
        }
        state.openings = state.openings.saturating_add(1);
        let until = self.clock.elapsed().saturating_add(wait);
        self.enter(state, Circuit::Open { until });
    }
}

impl Breaker {
    fn alarm(&self) {
        if let Some(alerts) = &self.alerts {
            let target = &self.target;
            alerts.down(
                target,
                &format!(
                    "{target} does not answer or does not serve us; what stands behind it is used meanwhile"
                ),
            );
        }
    }
}

impl State {
    fn closed() -> Self {
        Self {
            outcomes: 0,
            consecutive: 0,
            circuit: Circuit::Closed,
            openings: 0,
            alarmed: false,
            seconds: None,
        }
    }
}

impl Permit<'_> {
    /// The call worked. If it took far too long, that is no better than a failure.
    pub fn succeeded(mut self) {
        let took = self.took();
        if took > self.breaker.policy.slow {
            return self.failed();
        }
        self.reported = true;
        let mut state = self.breaker.state();
        state.outcomes <<= 1;
        state.consecutive = 0;
        self.breaker.note(&mut state, took);
        if self.is_probe {
            let closed = State { seconds: state.seconds, ..State::closed() };
            let was_alarmed = std::mem::replace(&mut *state, closed).alarmed;
            self.breaker.show(Circuit::Closed);
            if let Some(alerts) = self.breaker.alerts.as_ref().filter(|_| was_alarmed) {
                alerts.back(&self.breaker.target);
            }
        }
    }

    /// The target did not answer, or answered with a fault of its own.
    pub fn failed(mut self) {
        self.reported = true;
        let policy = self.breaker.policy;
        let mut state = self.breaker.state();
        state.outcomes = state.outcomes << 1 | 1;
        self.breaker.note(&mut state, self.took());
        state.consecutive = state.consecutive.saturating_add(1);
        let too_many =
            state.consecutive >= policy.consecutive || state.outcomes.count_ones() >= policy.of_last_64;
        // A call that began before the breaker opened changes nothing any more.
        let closed = matches!(state.circuit, Circuit::Closed);
        if self.is_probe || (closed && too_many) {
            self.breaker.open(&mut state, Duration::ZERO);
        }
    }

    fn took(&self) -> Duration {
        self.breaker.clock.elapsed().saturating_sub(self.began)
    }

    /// The target will not serve us for at least `pause`, whatever we do: no quota, a key that is not accepted.
    pub fn locked_out(mut self, pause: Duration) {
        self.reported = true;
        let mut state = self.breaker.state();
        if self.is_probe || matches!(state.circuit, Circuit::Closed) {
            self.breaker.open(&mut state, pause);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.is_probe && !self.reported {
            let mut state = self.breaker.state();
            let until = self.breaker.clock.elapsed();
            self.breaker.enter(&mut state, Circuit::Open { until });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;

    fn breaker(policy: BreakerPolicy) -> (Breaker, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at("2026-08-01T12:00:00Z".parse().unwrap()));
        (Breaker::new("test", policy, clock.clone()), clock)
    }

    fn fail(breaker: &Breaker, times: u32) {
        (0..times).for_each(|_| breaker.permit().unwrap().failed());
    }

    #[test]
    fn a_target_that_takes_far_too_long_is_left_alone() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let _here = metrics::set_default_local_recorder(&recorder);
        let (breaker, clock) = breaker(BreakerPolicy::AFTER_RETRIES);
        let answer = |after: u64| {
            let permit = breaker.permit().unwrap();
            clock.advance(Duration::from_secs(after));
            permit.succeeded();
        };
        answer(1);
        (0..4).for_each(|_| answer(50));
        answer(40);
        assert!(
            handle.render().contains("balcao_target_failures{target=\"test\"} 0.0625"),
            "{}",
            handle.render()
        );
        (0..5).for_each(|_| answer(50));
        assert!(breaker.permit().is_err(), "five in a row");
        clock.advance(Duration::from_secs(13));
        answer(50);
        assert!(breaker.permit().is_err(), "a probe that is slow finds nothing better");
        clock.advance(Duration::from_secs(30));
        answer(2);
        assert!(breaker.permit().is_ok());
        assert!(handle.render().contains("balcao_target_seconds{target=\"test\"} "), "{}", handle.render());
    }

    #[test]
    fn the_operator_is_told_once_of_what_is_away_and_not_of_what_is_busy() {
        let (breaker, clock) = breaker(BreakerPolicy::AFTER_RETRIES);
        let alerts = Arc::new(Alerts::logged(clock.clone()));
        let breaker = breaker.watched(alerts.clone());
        breaker.permit().unwrap().locked_out(Duration::from_secs(2));
        assert!(alerts.known_down().is_empty(), "busy");
        clock.advance(Duration::from_secs(20));
        breaker.permit().unwrap().succeeded();
        fail(&breaker, 5);
        assert_eq!(alerts.known_down(), ["test"]);
        clock.advance(Duration::from_secs(20));
        breaker.permit().unwrap().failed();
        assert_eq!(alerts.known_down(), ["test"]);
        clock.advance(Duration::from_secs(60));
        breaker.permit().unwrap().succeeded();
        assert!(alerts.known_down().is_empty());
        breaker.permit().unwrap().locked_out(Duration::from_secs(3600));
        assert_eq!(alerts.known_down(), ["test"], "no quota for an hour");
    }

    #[test]
    fn opens_after_failures_in_a_row_and_closes_after_a_probe() {
        let (breaker, clock) = breaker(BreakerPolicy::AFTER_RETRIES);
        fail(&breaker, 4);
        breaker.permit().unwrap().succeeded();
        fail(&breaker, 5);
        let Err(open) = breaker.permit() else { panic!("open") };
        assert!((10..=12).contains(&open.retry_after.as_secs()), "{open:?}");
        assert!(!breaker.would_permit());

        clock.advance(open.retry_after + Duration::from_millis(1));
        assert!(breaker.would_permit());
        let probe = breaker.permit().unwrap();
        assert!(breaker.permit().is_err(), "one probe at a time");
        assert!(!breaker.would_permit());
        probe.succeeded();
        assert!(breaker.would_permit());
        fail(&breaker, 4);
        assert!(breaker.permit().is_ok());
    }

    #[test]
    fn stays_open_longer_while_probes_fail_and_never_beyond_the_bound() {
        let (breaker, clock) = breaker(BreakerPolicy::AFTER_RETRIES);
        fail(&breaker, 5);
        let mut before = Duration::ZERO;
        for _ in 0..12 {
            let Err(open) = breaker.permit() else { panic!("open") };
            assert!(open.retry_after > before || open.retry_after >= Duration::from_secs(300));
            assert!(open.retry_after <= Duration::from_secs(360));
            before = open.retry_after;
            clock.advance(open.retry_after + Duration::from_millis(1));
            breaker.permit().unwrap().failed();
        }
    }

    #[test]
    fn a_dropped_probe_lets_the_next_one_through() {
        let (breaker, clock) = breaker(BreakerPolicy::AFTER_RETRIES);
        fail(&breaker, 5);
        clock.advance(Duration::from_secs(12));
        drop(breaker.permit().unwrap());
        breaker.permit().unwrap().succeeded();
    }

    #[test]
    fn a_lock_out_opens_at_once() {
        let (breaker, clock) = breaker(BreakerPolicy::AFTER_RETRIES);
        breaker.permit().unwrap().locked_out(Duration::from_secs(60));
        clock.advance(Duration::from_secs(59));
        assert!(breaker.permit().is_err());
        clock.advance(Duration::from_secs(14));
        assert!(breaker.permit().is_ok());
    }

    #[test]
    fn tolerates_three_faults_in_ten() {
        let (breaker, clock) = breaker(BreakerPolicy::SINGLE_ATTEMPTS);
        for call in 0..100_000 {
            let permit = breaker.permit().unwrap_or_else(|open| panic!("call {call}: {open}"));
            if clock.random() % 10 < 3 { permit.failed() } else { permit.succeeded() }
        }
    }

    #[test]
    fn notices_a_target_that_mostly_fails() {
        let (breaker, clock) = breaker(BreakerPolicy::SINGLE_ATTEMPTS);
        let opened = (0..2_000).any(|_| match breaker.permit() {
            Ok(permit) => {
                if clock.random() % 10 < 9 {
                    permit.failed()
                } else {
                    permit.succeeded()
                }
                false
            }
            Err(_) => true,
        });
        assert!(opened);
    }
}
