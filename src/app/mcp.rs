//! Servers of tools (`[mcp.NAME]`) in the program: started with it, waited for only a moment, and how they stand for the
//! people who look.

use super::build::{Options, Outside};
use super::secrets;
use crate::config::environment;
use crate::config::mcp::harmless;
use crate::domain::problem::Problem;
use crate::limits::pause::TimerPause;
use crate::llm::factory::allowance;
use crate::tools::mcp::server::{Standing, Surroundings};
use crate::tools::mcp::servers::{Means, Servers};
use crate::tools::registry::Registry;
use crate::web::ports::HealthProbe;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a start waits for servers: the first customer should find their tools, but not wait for them.
const HEAD_START: Duration = Duration::from_secs(5);

/// How long a verb that only looks waits for a server.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The servers of the settings, not started.
///
/// # Errors
/// Every mistake in `[mcp]`.
pub fn servers(options: &Options, outside: &Outside) -> Result<Servers, Vec<Problem>> {
    let surroundings = Surroundings {
        clock: options.clock.clone(),
        pause: Arc::new(TimerPause),
        alerts: outside.alerts.clone(),
    };
    let means = Means {
        allowance: &allowance(&options.settings.limits),
        secrets: &secrets::spelled(&secrets::known(options)?),
        harmless: &harmless(&environment::variables()),
        surroundings: &surroundings,
    };
    Servers::new(&options.settings.mcp, &means)
}

/// Starts them, and gives them a moment to bring their tools.
///
/// # Errors
/// Every mistake in `[mcp]`; a server that is away is none.
pub async fn begin(
    options: &Options,
    outside: &Outside,
    registry: &Arc<Registry>,
    stop: &CancellationToken,
) -> Result<(Servers, JoinSet<()>), Vec<Problem>> {
    let servers = servers(options, outside)?;
    let running = servers.start(registry, stop);
    servers.settled(HEAD_START).await;
    Ok((servers, running))
}

/// What the verbs that only look do: starts the servers, waits for each, and ends them. How each stands.
///
/// # Errors
/// Every mistake in `[mcp]`.
pub async fn look(
    options: &Options,
    outside: &Outside,
    registry: &Arc<Registry>,
    patience: Duration,
) -> Result<Vec<(String, Standing)>, Vec<Problem>> {
    let stop = CancellationToken::new();
    let servers = servers(options, outside)?;
    let running = servers.start(registry, &stop);
    servers.settled(patience).await;
    let standings = servers.standings();
    stop.cancel();
    ended(running).await;
    Ok(standings)
}

/// Waits until every server has ended; `stop` has told them to.
pub async fn ended(mut running: JoinSet<()>) {
    while running.join_next().await.is_some() {}
}

/// How a server stands, in one line.
pub fn told(name: &str, standing: &Standing) -> String {
    match standing {
        Standing::Starting => format!("`{name}` is not ready yet"),
        Standing::Ready { tools, notes } if notes.is_empty() => format!("`{name}` offers {tools} tools"),
        Standing::Ready { tools, notes } => format!("`{name}` offers {tools} tools; {}", notes.join("; ")),
        Standing::Away(why) => format!("`{name}` is away: {why}"),
    }
}

/// Tells how the servers stand. One that is away is worth knowing and no reason to send nobody here: the rest works.
pub(super) struct McpProbe(pub(super) Servers);

#[async_trait]
impl HealthProbe for McpProbe {
    fn name(&self) -> &'static str {
        "mcp"
    }

    async fn check(&self) -> Result<Option<String>, String> {
        let told: Vec<String> =
            self.0.standings().iter().map(|(name, standing)| told(name, standing)).collect();
        Ok((!told.is_empty()).then(|| told.join("; ")))
    }
}
