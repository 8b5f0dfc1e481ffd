//! Rounds of load over a running server: so many visitors who each wait for their answer, or messages that come at
//! a rate whether or not the last ones were answered.

use crate::figures::Figures;
use crate::model::{self, Model};
use crate::server::Server;
use crate::visitor::{QUESTIONS, Visitor};
use anyhow::Context;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Messages of a conversation; then the visitor leaves and another one comes.
const MESSAGES: usize = 6;

/// Settings of every measured server: quotas out of the way, and the model, if any.
pub fn settings(model: Option<&Model>) -> Vec<(&'static str, String)> {
    let mut settings: Vec<(&'static str, String)> = [
        "BALCAO__LIMITS__CONVERSATIONS_PER_SECOND_PER_ADDRESS",
        "BALCAO__LIMITS__MESSAGES_PER_SECOND_PER_ADDRESS",
        "BALCAO__LIMITS__MESSAGES_PER_MINUTE_PER_VISITOR",
        "BALCAO__LIMITS__STREAMS_PER_ADDRESS",
    ]
    .map(|name| (name, "1000000".to_owned()))
    .to_vec();
    if let Some(model) = model {
        settings.push(("OPENAI_BASE_URL", model.base_url()));
        settings.push(("BALCAO_MODEL", "fake".to_owned()));
    }
    settings
}

/// No waiting for further words of the customer.
pub fn impatient() -> Vec<(&'static str, String)> {
    ["BALCAO__CHANNELS__WEB__QUIET_MS", "BALCAO__CHANNELS__WEB__QUIET_UNFINISHED_MS"]
        .map(|name| (name, "0".to_owned()))
        .to_vec()
}

/// What a round came to.
pub struct Round {
    /// Turns a second.
    pub rate: f64,
    /// What the program added to the model's time, per turn.
    pub added: Figures,
    /// The same as the server sees it, in milliseconds, on average.
    pub added_by_server: f64,
    /// Processor time per turn, in milliseconds.
    pub processor: f64,
    /// Resident memory at the end, in MB.
    pub resident: f64,
    /// Turns that ended in another way than with the model's answer.
    pub odd: usize,
}

/// What the visitors of a round share.
struct Shared {
    address: SocketAddr,
    model: Arc<Model>,
    /// Numbers visitors; the model knows them by it.
    visitors: AtomicUsize,
    done: Mutex<Vec<(Instant, Duration)>>,
    odd: AtomicUsize,
}

impl Shared {
    fn new(server: &Server, model: &Arc<Model>) -> Arc<Self> {
        Arc::new(Self {
            address: server.address,
            model: model.clone(),
            visitors: AtomicUsize::new(0),
            done: Mutex::default(),
            odd: AtomicUsize::new(0),
        })
    }

    async fn visitor(&self) -> anyhow::Result<(usize, Visitor)> {
        let number = self.visitors.fetch_add(1, Ordering::Relaxed);
        Ok((number, Visitor::open(self.address, &model::name(number)).await?))
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
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), added));
        Ok(())
    }

    fn between(&self, from: Instant, to: Instant) -> Figures {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let mut figures = Figures::default();
        done.iter().filter(|(at, _)| (from..to).contains(at)).for_each(|(_, added)| figures.add(*added));
        figures
    }
}

/// How long a round warms up and how long it is measured.
#[derive(Clone, Copy)]
pub struct Window {
    /// Not measured.
    pub warm_up: Duration,
    /// Measured.
    pub measured: Duration,
}

/// `count` visitors, each with one message at a time.
pub async fn closed(
    server: &Server,
    model: &Arc<Model>,
    count: usize,
    window: Window,
) -> anyhow::Result<Round> {
    let shared = Shared::new(server, model);
    let mut visitors = Vec::with_capacity(count);
    for _ in 0..count {
        visitors.push(shared.visitor().await?);
    }
    let mut tasks = JoinSet::new();
    for (place, (mut number, mut visitor)) in visitors.into_iter().enumerate() {
        let shared = shared.clone();
        // Spread over the warm-up: people do not write in step.
        let delay = window.warm_up.mul_f64(place as f64 / count as f64);
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
    watch(server, &shared, window, tasks).await
}

/// `rate` messages a second, each in a conversation that waits for none.
pub async fn open(server: &Server, model: &Arc<Model>, rate: f64, window: Window) -> anyhow::Result<Round> {
    let shared = Shared::new(server, model);
    let idle: Arc<Mutex<Vec<(usize, Visitor)>>> = Arc::default();
    let mut tasks = JoinSet::new();
    let arrivals = shared.clone();
    tasks.spawn(async move {
        let mut turns = JoinSet::new();
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
        let mut next = tokio::time::Instant::now();
        loop {
            next += Duration::from_secs_f64(dice.wait(rate));
            tokio::time::sleep_until(next).await;
            let (shared, idle) = (arrivals.clone(), idle.clone());
            turns.spawn(async move {
                let waiting = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let (number, mut visitor) = match waiting {
                    Some(waiting) if waiting.1.sent() < MESSAGES => waiting,
                    Some(_) | None => shared.visitor().await?,
                };
                shared.turn(number, &mut visitor).await?;
                idle.lock().unwrap_or_else(PoisonError::into_inner).push((number, visitor));
                anyhow::Ok(())
            });
            while let Some(ended) = turns.try_join_next() {
                ended??;
            }
        }
    });
    watch(server, &shared, window, tasks).await
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

async fn watch(
    server: &Server,
    shared: &Shared,
    window: Window,
    mut tasks: JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<Round> {
    let until = |duration| tokio::time::sleep(duration);
    tokio::select! {
        () = until(window.warm_up) => {}
        Some(failed) = tasks.join_next() => failed??,
    }
    let (from, processor, counted) = (Instant::now(), server.processor()?, counted(server).await?);
    tokio::select! {
        () = until(window.measured) => {}
        Some(failed) = tasks.join_next() => failed??,
    }
    let to = Instant::now();
    let used = server.processor()? - processor;
    let now = self::counted(server).await?;
    let resident = server.memory()?.resident;
    tasks.shutdown().await;
    let added = shared.between(from, to);
    let turns = added.count() as f64;
    Ok(Round {
        rate: turns / (to - from).as_secs_f64(),
        added,
        added_by_server: (now.0 - counted.0) / (now.1 - counted.1) * 1e3,
        processor: used * 1e3 / turns,
        resident,
        odd: shared.odd.load(Ordering::Relaxed),
    })
}

/// Sum and count of `balcao_turn_added_seconds`.
async fn counted(server: &Server) -> anyhow::Result<(f64, f64)> {
    use crate::client::{Connection, Request};
    let request = Request { method: "GET", path: "/metrics", bearer: "", body: "" };
    let text = Connection::to(server.address).await?.ask(request).await?.text(200)?;
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(Ok(0.0), |value| value.trim().parse::<f64>()).context("an unreadable metric")
    };
    Ok((value("balcao_turn_added_seconds_sum")?, value("balcao_turn_added_seconds_count")?))
}
