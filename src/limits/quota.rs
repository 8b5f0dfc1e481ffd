//! Quotas over time: outbound per target (wait a little, else give up) and inbound per visitor and address (say
//! when to come back). Counted in memory, where a process that starts anew starts with full quotas; outbound ones in
//! shared cells where several processes keep to one quota.

use super::cells::{CellRate, SharedCells, Taken};
use super::pause::Pause;
use crate::domain::clock::{Clock, SteadyClock};
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{InsufficientCapacity, NotUntil, Quota, RateLimiter};
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// How many checks pass between two looks at whether old keys can be forgotten.
const PRUNE_EVERY: u32 = 1024;

/// From so many keys on, addresses are counted by network and visitors not at all until some are forgotten: an
/// attacker with many addresses must not fill the memory.
const CROWDED: usize = 100_000;

/// A quota is used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("over quota for another {} ms", .retry_after.as_millis())]
pub struct OverQuota {
    /// When it makes sense to come back.
    pub retry_after: Duration,
}

/// Our clock, as governor wants it: a clock that is set back must not refuse everybody until it has caught up.
#[derive(Clone)]
struct GovernedClock(Arc<SteadyClock>);

impl GovernedClock {
    fn over(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(SteadyClock::over(clock)))
    }
}

impl GovernorClock for GovernedClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

type Limiter<K, S> = RateLimiter<K, S, GovernedClock, NoOpMiddleware<Duration>>;
type Direct = Limiter<NotKeyed, InMemoryState>;
type Keyed<K> = Limiter<K, DashMapStateStore<K>>;

/// What may be sent to one target in a minute; 0 is without bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OutboundRates {
    /// Requests.
    pub requests_per_minute: u32,
    /// Tokens, or whatever else a request costs.
    pub tokens_per_minute: u32,
}

/// One outbound quota.
struct Limit {
    per_minute: NonZeroU32,
    own: Direct,
    /// Kept to together with other processes, under this name. Where that cannot be asked, each keeps to its own.
    shared: Option<(Arc<dyn SharedCells>, String)>,
}

impl Limit {
    fn of(per_minute: u32, clock: &GovernedClock) -> Option<Self> {
        let per_minute = NonZeroU32::new(per_minute)?;
        let own = Direct::direct_with_clock(Quota::per_minute(per_minute), clock.clone());
        Some(Self { per_minute, own, shared: None })
    }

    fn shared(self, cells: &Arc<dyn SharedCells>, name: String) -> Self {
        Self { shared: Some((cells.clone(), name)), ..self }
    }

    /// Takes `units`, or says how long until there are enough. More than there ever are count as all there are: a
    /// request cannot be made smaller here.
    async fn take(&self, units: NonZeroU32, now: Duration) -> Taken {
        let units = units.min(self.per_minute);
        if let Some((cells, name)) = &self.shared {
            let rate = CellRate { per_minute: self.per_minute.get(), at_once: self.per_minute.get() };
            match cells.take(name, units.get(), rate).await {
                Ok(taken) => return taken,
                Err(error) => {
                    tracing::warn!(error = %error, quota = %name, "this process keeps to the quota by itself")
                }
            }
        }
        match flat(self.own.check_n(units)) {
            Ok(()) => Taken::Now,
            Err(not_until) => Taken::Later(not_until.wait_time_from(now)),
        }
    }
}

/// Quotas of one target.
pub struct OutboundQuota {
    requests: Option<Limit>,
    tokens: Option<Limit>,
    clock: GovernedClock,
    pause: Arc<dyn Pause>,
}

impl OutboundQuota {
    /// Full quotas.
    pub fn new(rates: OutboundRates, clock: Arc<dyn Clock>, pause: Arc<dyn Pause>) -> Self {
        let clock = GovernedClock::over(clock);
        Self {
            requests: Limit::of(rates.requests_per_minute, &clock),
            tokens: Limit::of(rates.tokens_per_minute, &clock),
            clock,
            pause,
        }
    }

    /// The same quotas, kept to together with every process that names `target` in these cells.
    #[must_use]
    pub fn shared(self, cells: Option<&Arc<dyn SharedCells>>, target: &str) -> Self {
        let Some(cells) = cells else { return self };
        let limit = |limit: Option<Limit>, what: &str| {
            limit.map(|limit| limit.shared(cells, format!("{target} {what}")))
        };
        Self { requests: limit(self.requests, "requests"), tokens: limit(self.tokens, "tokens"), ..self }
    }

    /// Waits until a request of `tokens` may be sent, but not longer than `budget`.
    ///
    /// # Errors
    /// [`OverQuota`] if it would take longer; then nothing was waited for in vain.
    pub async fn until_ready_within(&self, budget: Duration, tokens: u32) -> Result<(), OverQuota> {
        let deadline = GovernorClock::now(&self.clock).saturating_add(budget);
        if let (Some(limit), Some(tokens)) = (&self.tokens, NonZeroU32::new(tokens)) {
            self.wait(deadline, limit, tokens).await?;
        }
        match &self.requests {
            Some(limit) => self.wait(deadline, limit, NonZeroU32::MIN).await,
            None => Ok(()),
        }
    }

    async fn wait(&self, deadline: Duration, limit: &Limit, units: NonZeroU32) -> Result<(), OverQuota> {
        loop {
            let now = GovernorClock::now(&self.clock);
            let Taken::Later(wait) = limit.take(units, now).await else { return Ok(()) };
            if now.saturating_add(wait) > deadline {
                return Err(OverQuota { retry_after: wait });
            }
            // At least a moment, so that a clock of coarse steps does not make this spin.
            self.pause.pause(wait.max(Duration::from_millis(1))).await;
        }
    }
}

/// A request that exceeds the burst was cut down to it before; the other error cannot come.
fn flat(
    result: Result<Result<(), NotUntil<Duration>>, InsufficientCapacity>,
) -> Result<(), NotUntil<Duration>> {
    result.unwrap_or(Ok(()))
}

/// How often something may happen for one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InboundRate {
    /// At once.
    pub burst: NonZeroU32,
    /// In the long run.
    pub per_minute: NonZeroU32,
}

impl InboundRate {
    fn quota(self) -> Quota {
        Quota::per_minute(self.per_minute).allow_burst(self.burst)
    }
}

/// Quotas of what comes in, by visitor and by address.
pub struct InboundQuota {
    visitors: Keyed<String>,
    addresses: Keyed<IpAddr>,
    clock: GovernedClock,
    checks: AtomicU32,
    crowded: AtomicBool,
}

impl InboundQuota {
    /// Full quotas for everybody.
    pub fn new(per_visitor: InboundRate, per_address: InboundRate, clock: Arc<dyn Clock>) -> Self {
        let clock = GovernedClock::over(clock);
        Self {
            visitors: keyed(per_visitor, &clock),
            addresses: keyed(per_address, &clock),
            clock,
            checks: AtomicU32::new(0),
            crowded: AtomicBool::new(false),
        }
    }

    /// Counts one message of `visitor` (its conversation or token) from `address`.
    ///
    /// # Errors
    /// [`OverQuota`] with the time to come back; a refused message is not counted for the visitor.
    pub fn check(&self, visitor: &str, address: IpAddr) -> Result<(), OverQuota> {
        self.check_address(address)?;
        if self.crowded.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.counted(self.visitors.check_key(&visitor.to_owned()))
    }

    /// Counts one request from `address` that belongs to no visitor yet.
    ///
    /// # Errors
    /// [`OverQuota`].
    pub fn check_address(&self, address: IpAddr) -> Result<(), OverQuota> {
        self.prune();
        let key = if self.crowded.load(Ordering::Relaxed) { network(address) } else { subscriber(address) };
        self.counted(self.addresses.check_key(&key))
    }

    /// How many keys are held in memory.
    pub fn keys(&self) -> usize {
        self.visitors.len() + self.addresses.len()
    }

    fn counted(&self, checked: Result<(), NotUntil<Duration>>) -> Result<(), OverQuota> {
        checked.map_err(|not_until| OverQuota {
            retry_after: not_until.wait_time_from(GovernorClock::now(&self.clock)),
        })
    }

    /// Forgets, now and then, keys whose quota is full again, which is the same as not knowing them.
    fn prune(&self) {
        if self.checks.fetch_add(1, Ordering::Relaxed) % PRUNE_EVERY != PRUNE_EVERY - 1 {
            return;
        }
        self.visitors.retain_recent();
        self.addresses.retain_recent();
        self.crowded.store(self.keys() >= CROWDED, Ordering::Relaxed);
    }
}

fn keyed<K: Hash + Eq + Clone>(rate: InboundRate, clock: &GovernedClock) -> Keyed<K> {
    RateLimiter::new(rate.quota(), DashMapStateStore::default(), clock.clone())
}

/// Whoever has an IPv6 address has a whole /64 of them.
fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => IpAddr::V4(mapped),
            None => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        },
    }
}

/// The network a provider hands out addresses from, roughly.
fn network(address: IpAddr) -> IpAddr {
    match subscriber(address) {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & 0xFFFF_0000)),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !(u128::MAX >> 32))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::pause::testing::ClockPause;
    use super::*;
    use crate::domain::clock::ManualClock;

    fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::at("2026-08-01T12:00:00Z".parse().unwrap()))
    }

    fn rate(burst: u32, per_minute: u32) -> InboundRate {
        InboundRate {
            burst: NonZeroU32::new(burst).unwrap(),
            per_minute: NonZeroU32::new(per_minute).unwrap(),
        }
    }

    #[tokio::test]
    async fn waits_within_the_budget_and_not_beyond() {
        let clock = clock();
        let pause = ClockPause::new(clock.clone());
        let rates = OutboundRates { requests_per_minute: 60, tokens_per_minute: 0 };
        let quota = OutboundQuota::new(rates, clock, pause.clone());
        for _ in 0..60 {
            quota.until_ready_within(Duration::ZERO, 1).await.unwrap();
        }
        assert!(quota.until_ready_within(Duration::from_millis(900), 1).await.is_err());
        assert!(pause.waits.lock().unwrap().is_empty(), "no wait in vain");
        quota.until_ready_within(Duration::from_secs(2), 1).await.unwrap();
        assert_eq!(pause.waits.lock().unwrap().iter().sum::<Duration>(), Duration::from_secs(1));
    }

    #[tokio::test]
    async fn counts_tokens_and_lets_a_huge_request_have_the_whole_quota() {
        let clock = clock();
        let rates = OutboundRates { requests_per_minute: 0, tokens_per_minute: 1000 };
        let quota = OutboundQuota::new(rates, clock.clone(), ClockPause::new(clock));
        quota.until_ready_within(Duration::ZERO, 50_000).await.unwrap();
        let refused = quota.until_ready_within(Duration::ZERO, 500).await.unwrap_err();
        assert!(refused.retry_after > Duration::from_secs(29), "{refused:?}");
    }

    /// Cells that are away, or hold nothing for a while.
    struct Cells(Result<Taken, ()>);

    #[async_trait::async_trait]
    impl SharedCells for Cells {
        async fn take(
            &self,
            name: &str,
            units: u32,
            rate: CellRate,
        ) -> Result<Taken, super::super::cells::CellsAway> {
            assert_eq!((name, units, rate.per_minute, rate.at_once), ("model requests", 1, 2, 2));
            self.0.map_err(|()| super::super::cells::CellsAway("gone".to_owned()))
        }
    }

    #[tokio::test]
    async fn a_shared_quota_counts_and_one_that_is_away_is_kept_to_alone() {
        let clock = clock();
        let rates = OutboundRates { requests_per_minute: 2, tokens_per_minute: 0 };
        let quota = |cells: Cells| {
            let cells: Arc<dyn SharedCells> = Arc::new(cells);
            OutboundQuota::new(rates, clock.clone(), ClockPause::new(clock.clone()))
                .shared(Some(&cells), "model")
        };
        let empty = quota(Cells(Ok(Taken::Later(Duration::from_secs(9)))));
        let refused = empty.until_ready_within(Duration::from_secs(1), 1).await.unwrap_err();
        assert_eq!(refused.retry_after, Duration::from_secs(9));
        let full = quota(Cells(Ok(Taken::Now)));
        for _ in 0..5 {
            full.until_ready_within(Duration::ZERO, 1).await.unwrap();
        }
        let away = quota(Cells(Err(())));
        let mut sent = 0;
        while away.until_ready_within(Duration::ZERO, 1).await.is_ok() {
            sent += 1;
        }
        assert_eq!(sent, 2);
    }

    #[test]
    fn keeps_visitors_and_addresses_apart() {
        let clock = clock();
        let quota = InboundQuota::new(rate(2, 60), rate(3, 60), clock.clone());
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        quota.check("ana", one).unwrap();
        quota.check("ana", one).unwrap();
        let refused = quota.check("ana", one).unwrap_err();
        assert_eq!(refused.retry_after, Duration::from_secs(1));
        assert!(quota.check("bia", one).is_err(), "the address is used up");
        quota.check("bia", other).unwrap();
        clock.advance(Duration::from_secs(1));
        quota.check("ana", one).unwrap();
    }

    #[test]
    fn a_clock_that_is_set_back_refuses_nobody() {
        let clock = clock();
        let quota = InboundQuota::new(rate(1, 60), rate(9, 600), clock.clone());
        let address = "192.0.2.1".parse().unwrap();
        quota.check("ana", address).unwrap();
        clock.set("2026-08-01T09:00:00Z".parse().unwrap());
        assert_eq!(quota.check("ana", address).unwrap_err().retry_after, Duration::from_secs(1));
        clock.advance(Duration::from_secs(1));
        quota.check("ana", address).unwrap();
    }

    #[test]
    fn an_ipv6_network_is_one_subscriber() {
        let quota = InboundQuota::new(rate(9, 60), rate(1, 60), clock());
        quota.check("a", "2001:db8::1".parse().unwrap()).unwrap();
        assert!(quota.check("b", "2001:db8::2".parse().unwrap()).is_err());
        quota.check("c", "2001:db8:0:1::1".parse().unwrap()).unwrap();
    }

    #[test]
    fn memory_stays_bounded() {
        let clock = clock();
        let quota = InboundQuota::new(rate(1, 60), rate(5, 6000), clock.clone());
        for visitor in 0..20_000_u32 {
            clock.advance(Duration::from_millis(10));
            quota.check(&visitor.to_string(), IpAddr::V4(visitor.into())).unwrap();
        }
        assert!(quota.keys() < 4_000, "{}", quota.keys());
    }
}
