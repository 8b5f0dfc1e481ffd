//! One server: kept running and connected, its tools kept up to date, its calls made within their time. Whether a call
//! that was not answered may have taken effect is said as far as it is known.

use super::connection::{self, Connection, Reach, short};
use super::offer::offer;
use super::result;
use crate::config::mcp::{McpServerSettings, RestartSettings};
use crate::domain::clock::Clock;
use crate::domain::tool::Risk;
use crate::domain::tool_call::RefusalClass;
use crate::limits::alerts::Alerts;
use crate::limits::breaker::{Breaker, BreakerPolicy};
use crate::limits::pause::Pause;
use crate::tools::registry::Registry;
use crate::tools::tool::ToolError;
use rmcp::model::{CallToolRequestParams, CallToolResponse};
use rmcp::service::{Peer, RoleClient, ServiceError};
use rmcp::transport::streamable_http_client::StreamableHttpError;
use serde_json::Value;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A connection that lasted so long was a good one: the waits begin anew.
const GOOD: Duration = Duration::from_secs(30);

/// The least time between two looks at tools that changed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How a server stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It was not reached yet.
    Starting,
    /// It is connected.
    Ready {
        /// How many of its tools are offered.
        tools: usize,
        /// What of it is not, and why.
        notes: Vec<String>,
    },
    /// It is not connected, and why.
    Away(String),
}

/// What a server runs on.
#[derive(Clone)]
pub struct Surroundings {
    /// Time and randomness.
    pub clock: Arc<dyn Clock>,
    /// Waits.
    pub pause: Arc<dyn Pause>,
    /// Where it is told that a server is away.
    pub alerts: Arc<Alerts>,
}

/// One server.
pub struct Server {
    name: String,
    settings: McpServerSettings,
    reach: Reach,
    peer: RwLock<Option<Peer<RoleClient>>>,
    standing: watch::Sender<Standing>,
    breaker: Breaker,
    surroundings: Surroundings,
}

impl Server {
    /// A server that is not started yet.
    pub fn new(name: &str, settings: McpServerSettings, reach: Reach, surroundings: &Surroundings) -> Self {
        let breaker =
            Breaker::new(format!("mcp {name}"), BreakerPolicy::SINGLE_ATTEMPTS, surroundings.clock.clone())
                .watched(surroundings.alerts.clone());
        Self {
            name: name.to_owned(),
            settings,
            reach,
            peer: RwLock::default(),
            standing: watch::Sender::new(Standing::Starting),
            breaker,
            surroundings: surroundings.clone(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the operator says of it.
    pub fn settings(&self) -> &McpServerSettings {
        &self.settings
    }

    /// How it stands now.
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// How it stands, now and whenever that changes.
    pub fn watch(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Waits until it was reached, or was found to be away.
    pub async fn settled(&self) {
        let mut standing = self.watch();
        // The sender is our own: it does not go away before us.
        standing.wait_for(|standing| *standing != Standing::Starting).await.ok();
    }

    /// Keeps it running and its tools in `registry` until `stop`.
    pub async fn run(self: Arc<Self>, registry: Arc<Registry>, stop: CancellationToken) {
        let mut attempt = 0;
        loop {
            let began = Instant::now();
            let why = tokio::select! {
                () = stop.cancelled() => return,
                opened = Connection::open(&self.reach) => match opened {
                    Err(why) => why,
                    Ok(connection) => match self.serve(connection, &registry, &stop).await {
                        Some(why) => why,
                        None => return,
                    },
                },
            };
            tracing::warn!(server = %self.name, %why, "an MCP server is away");
            self.standing.send_replace(Standing::Away(why));
            attempt = if began.elapsed() > GOOD { 0 } else { attempt + 1 };
            let wait = wait(self.settings.restart, attempt, self.surroundings.clock.random());
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.surroundings.pause.pause(wait) => {}
            }
        }
    }

    /// Lives with one connection; why it ended, or nothing if we were told to stop. The tools stay offered: a call of
    /// one says that the system is away, which a model can tell a customer.
    async fn serve(
        self: &Arc<Self>,
        mut connection: Connection,
        registry: &Registry,
        stop: &CancellationToken,
    ) -> Option<String> {
        let (changed, peer) = (connection.changed.clone(), connection.peer());
        let why = loop {
            match connection::tools(&peer).await {
                Ok(listed) => self.take_up(listed, registry),
                Err(why) => break Some(why),
            }
            self.set_peer(Some(peer.clone()));
            tokio::select! {
                () = stop.cancelled() => break None,
                () = connection.over() => break Some("it ended".to_owned()),
                () = changed.notified() => {}
            }
            tokio::select! {
                () = stop.cancelled() => break None,
                () = self.surroundings.pause.pause(LOOK_AGAIN) => {}
            }
        };
        self.set_peer(None);
        let last_words = connection.close().await;
        why.map(|why| if last_words.is_empty() { why } else { format!("{why}; it said: {last_words}") })
    }

    fn take_up(self: &Arc<Self>, listed: Vec<rmcp::model::Tool>, registry: &Registry) {
        let (tools, mut notes) = offer(self, listed);
        let count = tools.len();
        let faults = registry.replace(&format!("mcp {}", self.name), tools);
        let offered = count - faults.len();
        notes.extend(faults.into_iter().map(|(name, _)| format!("the name `{name}` is taken")));
        for note in &notes {
            tracing::warn!(server = %self.name, note, "a tool of an MCP server is not as it was told");
        }
        self.standing.send_replace(Standing::Ready { tools: offered, notes });
    }

    fn set_peer(&self, peer: Option<Peer<RoleClient>>) {
        *self.peer.write().unwrap_or_else(PoisonError::into_inner) = peer;
    }

    /// Calls a tool by the server's own name.
    ///
    /// # Errors
    /// [`ToolError`]: away, refused, or of unknown fate.
    pub async fn call(&self, tool: &str, arguments: Value, risk: Risk) -> Result<Value, ToolError> {
        let permit = self.breaker.permit().map_err(|_| away())?;
        let peer = self.peer.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(peer) = peer.filter(|peer| !peer.is_transport_closed()) else { return Err(away()) };
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let fault = match tokio::time::timeout(self.settings.timeout(), peer.call_tool_once(request)).await {
            Ok(Ok(CallToolResponse::Complete(answer))) => {
                permit.succeeded();
                return result::read(answer).map_err(|said| refused(&said));
            }
            Ok(Ok(_)) => {
                permit.succeeded();
                tracing::warn!(server = %self.name, tool, "the server asks for more, or works on by itself");
                return Err(unknown(risk, RefusalClass::System));
            }
            Ok(Err(ServiceError::McpError(error))) => {
                permit.succeeded();
                return Err(refused(&short(&error.message)));
            }
            Ok(Err(error)) => {
                permit.failed();
                if was_not_sent(&error) {
                    return Err(away());
                }
                short(&error.to_string())
            }
            Err(_) => {
                permit.failed();
                tracing::warn!(server = %self.name, tool, "no answer in time");
                return Err(unknown(risk, RefusalClass::TimedOut));
            }
        };
        tracing::warn!(server = %self.name, tool, fault, "no answer");
        Err(unknown(risk, RefusalClass::Unavailable))
    }
}

/// The wait before a server is started again: it doubles, and half of it is certain, as a server that falls over must not
/// be started all the time.
fn wait(restart: RestartSettings, attempt: u32, random: u64) -> Duration {
    let first =
        Duration::from_millis(restart.first_ms).saturating_mul(1 << attempt.saturating_sub(1).min(16));
    let half = first.min(Duration::from_millis(restart.longest_ms)) / 2;
    let nanoseconds = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
    half + Duration::from_nanos(random % nanoseconds.saturating_add(1))
}

/// Whether the server certainly never saw the call.
fn was_not_sent(error: &ServiceError) -> bool {
    let ServiceError::TransportSend(error) = error else { return false };
    let error = error.error.as_ref();
    if let Some(StreamableHttpError::Client(error)) =
        error.downcast_ref::<StreamableHttpError<reqwest::Error>>()
    {
        return error.is_connect();
    }
    // A program that reads no more got none of it.
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn refused(said: &str) -> ToolError {
    ToolError::refused(format!("the system refused: {said}"))
}

fn away() -> ToolError {
    ToolError::Tell {
        reason: "the system does not answer at the moment, and nothing was done; say so, and offer to try again later \
                 or a person"
            .into(),
        class: RefusalClass::Unavailable,
    }
}

/// What is told of a call that may have arrived.
fn unknown(risk: Risk, class: RefusalClass) -> ToolError {
    match risk {
        Risk::Read => ToolError::Tell {
            reason: "the system gave no answer; say so, and offer to try again later or a person".into(),
            class,
        },
        Risk::Write | Risk::Sensitive => {
            ToolError::Unknown("the system did not say whether it took effect; do not repeat it".into())
        }
    }
}
