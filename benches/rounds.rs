//! Crowds over a deployment: so many visitors who each wait for their answer, or messages that come at a rate whether
//! or not the last ones were answered; and what a crowd came to while it was watched.

use crate::deployment::{Deployment, Usage};
use crate::figures::Figures;
use crate::model::{self, Model};
use crate::visitor::{QUESTIONS, Visitor};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Messages of a conversation; then the visitor leaves and another one comes.
const MESSAGES: usize = 6;
/// How many visitors of a crowd come in at the same time.
const DOORS: usize = 32;
/// Longest warm-up.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a round came to.
pub struct Round {
    /// Turns a second.
    pub rate: f64,
    /// What the program added to the model's time, per turn.
    pub added: Figures,
    /// The same as the server sees it, in milliseconds, on average.
    pub added_by_server: f64,
    /// Processor time per turn, in seconds; that of visitors and model is a share of their core.
    pub used: Usage,
    /// Resident memory of all processes at the end, in MB.
    pub resident: f64,
    /// Turns that ended in another way than with the model's answer.
    pub odd: usize,
}

/// How long a round warms up and how long it is measured.
#[derive(Clone, Copy)]
pub struct Window {
    /// Not measured. Goes on until each visitor was answered once.
    pub warm_up: Duration,
    /// Measured.
    pub measured: Duration,
}

/// What the visitors of a crowd share.
struct Shared {
    addresses: Vec<SocketAddr>,
    model: Arc<Model>,
    /// Numbers visitors; the model knows them by it.
    visitors: AtomicUsize,
    done: Mutex<Vec<(Instant, Duration)>>,
    odd: AtomicUsize,
}

impl Shared {
    fn new(deployment: &Deployment) -> Arc<Self> {
        Arc::new(Self {
            addresses: deployment.addresses(),
            model: deployment.model.clone(),
            visitors: AtomicUsize::new(0),
            done: Mutex::default(),
            odd: AtomicUsize::new(0),
        })
    }

    async fn visitor(&self) -> anyhow::Result<(usize, Visitor)> {
        let number = self.visitors.fetch_add(1, Ordering::Relaxed);
        Ok((number, Visitor::open(&self.addresses, number, &model::name(number)).await?))
    }

    /// One turn, taken down.
    async fn turn(&self, number: usize, visitor: &mut Visitor) -> anyhow::Result<()> {
        let question =
            QUESTIONS.get((number + visitor.sent()) % QUESTIONS.len()).copied().unwrap_or_default();
        let before = self.model.taken(number);
        let (took, end) = visitor.ask(question).await?;
        let added = took.saturating_sub(self.model.taken(number).saturating_sub(before));
        if !end.contains("\"answered\"") {
            self.odd.fetch_add(1, Ordering::Relaxed);
        }
        self.done().push((Instant::now(), added));
        Ok(())
    }

    fn done(&self) -> std::sync::MutexGuard<'_, Vec<(Instant, Duration)>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn between(&self, from: Instant, to: Instant) -> Figures {
        let mut figures = Figures::default();
        let done = self.done();
        done.iter().filter(|(at, _)| (from..to).contains(at)).for_each(|(_, added)| figures.add(*added));
        figures
    }
}

/// Visitors at work. They leave when it is dropped.
pub struct Crowd {
    shared: Arc<Shared>,
    tasks: JoinSet<anyhow::Result<()>>,
    /// How many turns have to be done before it is in its stride.
    stride: usize,
}

impl Crowd {
    /// `count` visitors, each with one message at a time. They begin within `spread`: people do not write in step.
    pub async fn closed(deployment: &Deployment, count: usize, spread: Duration) -> anyhow::Result<Self> {
        let shared = Shared::new(deployment);
        let coming = stream::iter(0..count).map(|_| shared.visitor()).buffer_unordered(DOORS);
        let visitors: Vec<(usize, Visitor)> = coming.try_collect().await?;
        let mut tasks = JoinSet::new();
        for (place, (mut number, mut visitor)) in visitors.into_iter().enumerate() {
            let shared = shared.clone();
            let delay = spread.mul_f64(place as f64 / count as f64);
            tasks.spawn(async move {
                tokio::time::sleep(delay).await;
                loop {
                    if visitor.sent() == MESSAGES {
                        (number, visitor) = shared.visitor().await?;
                    }
                    shared.turn(number, &mut visitor).await?;
                }
            });
        }
        Ok(Self { shared, tasks, stride: count })
    }

    /// `rate` messages a second, each in a conversation that waits for none.
    pub fn open(deployment: &Deployment, rate: f64) -> Self {
        let shared = Shared::new(deployment);
        let mut tasks = JoinSet::new();
        tasks.spawn(arrivals(shared.clone(), rate));
        Self { shared, tasks, stride: 0 }
    }

    /// Waits while the crowd is at work.
    pub async fn wait(&mut self, duration: Duration) -> anyhow::Result<()> {
        tokio::select! {
            () = tokio::time::sleep(duration) => Ok(()),
            Some(failed) = self.tasks.join_next() => failed?,
        }
    }

    /// Watches the crowd for a window.
    pub async fn watch(&mut self, deployment: &Deployment, window: Window) -> anyhow::Result<Round> {
        let began = Instant::now();
        self.wait(window.warm_up).await?;
        while self.shared.done().len() < self.stride && began.elapsed() < PATIENCE {
            self.wait(Duration::from_millis(200)).await?;
        }
        let (from, usage) = (Instant::now(), deployment.usage()?);
        let counted = counted(deployment).await?;
        self.wait(window.measured).await?;
        let (to, used) = (Instant::now(), deployment.usage()?.since(usage));
        let now = self::counted(deployment).await?;
        let added = self.shared.between(from, to);
        let (turns, seconds) = (added.count() as f64, (to - from).as_secs_f64());
        Ok(Round {
            rate: turns / seconds,
            added,
            added_by_server: (now.0 - counted.0) / (now.1 - counted.1) * 1e3,
            used: Usage {
                servers: used.servers / turns,
                database: used.database / turns,
                visitors: used.visitors / seconds,
            },
            resident: deployment.resident()?,
            odd: self.shared.odd.load(Ordering::Relaxed),
        })
    }
}

async fn arrivals(shared: Arc<Shared>, rate: f64) -> anyhow::Result<()> {
    let idle: Arc<Mutex<Vec<(usize, Visitor)>>> = Arc::default();
    let mut turns: JoinSet<anyhow::Result<()>> = JoinSet::new();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut next = tokio::time::Instant::now();
    loop {
        next += Duration::from_secs_f64(dice.wait(rate));
        tokio::time::sleep_until(next).await;
        let (shared, idle) = (shared.clone(), idle.clone());
        turns.spawn(async move {
            let waiting = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let (number, mut visitor) = match waiting {
                Some(waiting) if waiting.1.sent() < MESSAGES => waiting,
                Some(_) | None => shared.visitor().await?,
            };
            shared.turn(number, &mut visitor).await?;
            idle.lock().unwrap_or_else(PoisonError::into_inner).push((number, visitor));
            Ok(())
        });
        while let Some(ended) = turns.try_join_next() {
            ended??;
        }
    }
}

/// Waits of a crowd that knows nothing of each other, the same at every run.
struct Dice(u64);

impl Dice {
    fn wait(&mut self, rate: f64) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let uniform = ((self.0 >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
        -uniform.ln() / rate
    }
}

/// Sum and count of what the server says it added to its turns.
async fn counted(deployment: &Deployment) -> anyhow::Result<(f64, f64)> {
    let sum = deployment.metric("balcao_turn_added_seconds_sum").await?;
    Ok((sum, deployment.metric("balcao_turn_added_seconds_count").await?))
}
