//! An operator's own HTTP tool: fills in the request, sends it within quota, breaker and time, and tells the outcome
//! apart: a result, an answer of no, a system that is away, or a call of unknown fate. It never follows a redirect,
//! and it never repeats a change that may have happened.

use super::http_request::Blueprint;
use super::http_spec::{Call, Declared};
use super::http_wire::{QUOTA_PATIENCE, is_repeatable};
use super::sql::Databases;
use super::tool::{Tool, ToolContext, ToolError, ToolOutput};
use crate::config::secret::Secret;
use crate::declared::projection::{Projection, bound, parse_body};
use crate::declared::request::Filled;
use crate::domain::clock::Clock;
use crate::domain::effect::Effect;
use crate::domain::problem::Problem;
use crate::domain::tool::{Risk, ToolSpec};
use crate::domain::tool_call::RefusalClass;
use crate::limits::alerts::Alerts;
use crate::limits::backoff::Backoff;
use crate::limits::breaker::{Breaker, BreakerPolicy};
use crate::limits::cells::SharedCells;
use crate::limits::net::{Allowance, Forbidden, client_builder, forbidden_in, guard_url, read_at_most};
use crate::limits::pause::Pause;
use crate::limits::quota::{OutboundQuota, OutboundRates};
use async_trait::async_trait;
use reqwest::{Client, Response, StatusCode, Url};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most bytes read of an answer; what is behind is left unread.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// Most bytes of a refusal's body that the model is told.
const LARGEST_REFUSAL: usize = 2_000;

/// Waits between attempts: a customer is waiting too.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(2) };

/// The operator's secrets by name.
pub type Secrets = BTreeMap<String, Secret>;

/// What all HTTP tools share.
pub struct HttpTools {
    client: Client,
    allowance: Allowance,
    secrets: Secrets,
    clock: Arc<dyn Clock>,
    pause: Arc<dyn Pause>,
    breakers: Mutex<HashMap<String, Arc<Breaker>>>,
    cells: Option<Arc<dyn SharedCells>>,
    alerts: Option<Arc<Alerts>>,
    /// What tools that ask databases may ask.
    pub(super) databases: Databases,
}

impl HttpTools {
    /// Tools that may call what `allowance` allows, with the operator's `secrets` by name.
    ///
    /// # Errors
    /// A machine without what TLS needs.
    pub fn new(
        allowance: Allowance,
        secrets: &Secrets,
        clock: Arc<dyn Clock>,
        pause: Arc<dyn Pause>,
    ) -> anyhow::Result<Self> {
        let client = client_builder(&allowance).build()?;
        // Environment variables are shouted, files are not: both spellings name the same secret.
        let spellings = |(name, secret): (&String, &Secret)| {
            [name.clone(), name.to_lowercase(), name.to_uppercase()].map(|name| (name, secret.clone()))
        };
        let secrets = secrets.iter().flat_map(spellings).collect();
        Ok(Self {
            client,
            allowance,
            secrets,
            clock,
            pause,
            breakers: Mutex::default(),
            alerts: None,
            cells: None,
            databases: Databases::default(),
        })
    }

    /// Gives tools of the same files these databases to ask.
    #[must_use]
    pub fn asking(self, databases: Databases) -> Self {
        Self { databases, ..self }
    }

    /// Tells `alerts` when a vendor is away, and when it is back.
    #[must_use]
    pub fn watched(self, alerts: Arc<Alerts>) -> Self {
        Self { alerts: Some(alerts), ..self }
    }

    /// Keeps to the quotas of tools together with every process that has these cells.
    #[must_use]
    pub fn sharing(self, cells: Option<Arc<dyn SharedCells>>) -> Self {
        Self { cells, ..self }
    }

    /// The breaker of a vendor, by host and port: its tools share it, and what else runs on its host does not.
    fn breaker(&self, origin: &Url) -> Arc<Breaker> {
        let host = origin.host_str().unwrap_or_default();
        let vendor = match origin.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let breaker = Breaker::new(vendor.as_str(), BreakerPolicy::SINGLE_ATTEMPTS, self.clock.clone());
            Arc::new(match &self.alerts {
                Some(alerts) => breaker.watched(alerts.clone()),
                None => breaker,
            })
        };
        breakers.entry(vendor.clone()).or_insert_with(new).clone()
    }
}

/// One tool of the operator's.
pub struct HttpTool {
    spec: ToolSpec,
    blueprint: Blueprint,
    projection: Projection,
    timeout: Duration,
    attempts: u32,
    repeatable: bool,
    client: Client,
    allowance: Allowance,
    breaker: Arc<Breaker>,
    quota: OutboundQuota,
    clock: Arc<dyn Clock>,
    pause: Arc<dyn Pause>,
}

/// Why one attempt gave no answer that counts.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Fault {
    /// It certainly did not reach the system.
    NotSent,
    /// The system did not answer in time.
    TimedOut,
    /// The system answered with a fault of its own, or broke off.
    Failed(String),
}

/// What one attempt came to.
enum Attempt {
    Answered { status: StatusCode, body: Value },
    Faulty(Fault),
    Forbidden(String),
}

impl HttpTool {
    /// The tool that was declared.
    ///
    /// # Errors
    /// Bad templates, names of arguments or secrets that do not exist, a bad projection, a URL that is none.
    pub fn new(declared: Declared, shared: &HttpTools) -> Result<Self, Vec<Problem>> {
        let Declared { place, spec, call } = declared;
        let Call::Http(http) = call else { return Err(vec![place.problem("this tool makes no request")]) };
        let mut problems = Vec::new();
        let blueprint = Blueprint::compile(&spec, &http, &shared.secrets, &mut problems);
        let projection = Projection::read(http.result.as_ref()).map_err(|problem| problems.push(problem));
        match blueprint.as_ref().map(|blueprint| guard_url(blueprint.origin(), &shared.allowance)) {
            // Refused again with every call: a tool that is not allowed out must not keep the counter closed.
            Some(Err(error @ Forbidden::Private(_))) => {
                tracing::warn!("{}", http.url.place.problem(error.to_string()))
            }
            Some(Err(error)) => problems.push(http.url.place.problem(error.to_string())),
            Some(Ok(())) | None => {}
        }
        let (Some(blueprint), Ok(projection), true) = (blueprint, projection, problems.is_empty()) else {
            if problems.is_empty() {
                problems.push(place.problem("this tool cannot be used"));
            }
            return Err(problems);
        };
        let breaker = shared.breaker(blueprint.origin());
        let rates = OutboundRates { requests_per_minute: http.per_minute, tokens_per_minute: 0 };
        let name = format!("tool {}", spec.name);
        Ok(Self {
            repeatable: is_repeatable(&spec, &http),
            spec,
            blueprint,
            projection,
            timeout: http.timeout,
            attempts: http.attempts,
            client: shared.client.clone(),
            allowance: shared.allowance.clone(),
            breaker,
            quota: OutboundQuota::new(rates, shared.clock.clone(), shared.pause.clone())
                .shared(shared.cells.as_ref(), &name),
            clock: shared.clock.clone(),
            pause: shared.pause.clone(),
        })
    }

    /// One attempt, counted by the breaker. It waits for its quota until `patience_ends` at most.
    async fn attempt(&self, filled: &Filled, patience_ends: Instant) -> Result<Attempt, ToolError> {
        let patience = patience_ends.saturating_duration_since(Instant::now());
        if self.quota.until_ready_within(patience, 0).await.is_err() {
            return Err(tell(
                RefusalClass::OverQuota,
                "over quota: this system takes no more calls for the moment; say so, and offer to try again in a \
                 minute or a person",
            ));
        }
        let permit = self.breaker.permit().map_err(|_| away())?;
        let outcome = match self.send(filled).await {
            Ok(response) => read(response).await,
            Err(error) => Err(error),
        };
        Ok(match outcome {
            Ok((status, _)) if status.is_server_error() => {
                permit.failed();
                Attempt::Faulty(Fault::Failed(format!("status {status}")))
            }
            Ok((status, body)) => {
                permit.succeeded();
                Attempt::Answered { status, body }
            }
            Err(error) => {
                if let Some(forbidden) = forbidden_in(&error) {
                    return Ok(Attempt::Forbidden(forbidden.to_string()));
                }
                permit.failed();
                Attempt::Faulty(match () {
                    () if error.is_connect() => Fault::NotSent,
                    () if error.is_timeout() => Fault::TimedOut,
                    () => Fault::Failed("the connection broke off".into()),
                })
            }
        })
    }

    async fn send(&self, filled: &Filled) -> reqwest::Result<Response> {
        let mut request = self
            .client
            .request(filled.method.clone(), filled.url.clone())
            .headers(filled.headers.clone())
            .timeout(self.timeout);
        if let Some(body) = &filled.body {
            request = request.body(body.clone());
        }
        request.send().await
    }

    fn outcome(&self, status: StatusCode, body: Value, arguments: &Value) -> Result<ToolOutput, ToolError> {
        if status.is_success() {
            let data = self.projection.apply(body, status.as_u16(), arguments).map_err(|detail| {
                tracing::error!(tool = %self.spec.name, %detail, "the result of a custom tool cannot be projected");
                match self.spec.risk {
                    Risk::Read => tell(RefusalClass::Unavailable, "the answer of the system could not be understood"),
                    Risk::Write | Risk::Sensitive => {
                        ToolError::Unknown("the system accepted it, but its answer could not be understood".into())
                    }
                }
            })?;
            return Ok(match self.spec.risk {
                Risk::Read => ToolOutput::data(data),
                Risk::Write | Risk::Sensitive => {
                    ToolOutput { effects: vec![Effect::Wrote], ..ToolOutput::data(data) }
                }
            });
        }
        if status.is_redirection() {
            return Err(tell(
                RefusalClass::Unavailable,
                "the system points elsewhere; redirects are not followed",
            ));
        }
        let (body, _) = bound(body, LARGEST_REFUSAL);
        let class = if status == StatusCode::TOO_MANY_REQUESTS {
            RefusalClass::OverQuota
        } else {
            RefusalClass::System
        };
        Err(tell(class, format!("the system answered {}: {body}", status.as_u16())))
    }

    /// What is told when no attempt was answered. `reached` is whether any of them may have arrived.
    fn given_up(&self, fault: &Fault, reached: bool) -> ToolError {
        if reached && self.spec.risk != Risk::Read {
            return ToolError::Unknown(
                "the system did not say whether it took effect; do not repeat it".into(),
            );
        }
        match fault {
            Fault::TimedOut => tell(
                RefusalClass::TimedOut,
                "the system did not answer in time; say so, and offer to try again later or a person",
            ),
            Fault::NotSent | Fault::Failed(_) => away(),
        }
    }
}

#[async_trait]
impl Tool for HttpTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn is_idempotent(&self) -> bool {
        self.repeatable
    }

    async fn call(&self, arguments: Value, context: &ToolContext) -> Result<ToolOutput, ToolError> {
        let filled = self.blueprint.fill(&arguments, context)?;
        guard_url(&filled.url, &self.allowance)
            .map_err(|error| refused_address(&self.spec.name, &error.to_string()))?;
        // The other half of what the turn has left is for the call itself and for the answer.
        let began = Instant::now();
        let patience_ends = began + QUOTA_PATIENCE.min(context.deadline.saturating_duration_since(began) / 2);
        let mut reached = false;
        let mut attempt = 1;
        loop {
            let fault = match self.attempt(&filled, patience_ends).await {
                Ok(Attempt::Answered { status, body }) => return self.outcome(status, body, &arguments),
                Ok(Attempt::Forbidden(reason)) => return Err(refused_address(&self.spec.name, &reason)),
                Ok(Attempt::Faulty(fault)) => fault,
                // Quota or breaker: a call that may have arrived before stays of unknown fate.
                Err(_) if reached && self.spec.risk != Risk::Read => {
                    return Err(self.given_up(&Fault::NotSent, reached));
                }
                Err(refusal) => return Err(refusal),
            };
            reached |= fault != Fault::NotSent;
            tracing::warn!(tool = %self.spec.name, attempt, ?fault, "custom tool: no answer");
            let safe = self.repeatable || fault == Fault::NotSent && !reached;
            if !safe || attempt >= self.attempts {
                return Err(self.given_up(&fault, reached));
            }
            attempt += 1;
            self.pause.pause(BACKOFF.wait(attempt, self.clock.random())).await;
        }
    }
}

/// Status and body of an answer, read up to the limit.
async fn read(response: Response) -> reqwest::Result<(StatusCode, Value)> {
    let status = response.status();
    let (bytes, cut_off) = read_at_most(response, LARGEST_ANSWER).await?;
    Ok((status, parse_body(&bytes, cut_off)))
}

fn tell(class: RefusalClass, reason: impl Into<String>) -> ToolError {
    ToolError::Tell { reason: reason.into(), class }
}

fn away() -> ToolError {
    tell(
        RefusalClass::Unavailable,
        "the system does not answer at the moment; say so, and offer to try again later or a person",
    )
}

fn refused_address(tool: &str, reason: &str) -> ToolError {
    tracing::error!(tool, reason, "custom tool: address refused");
    tell(RefusalClass::Unavailable, "this system may not be called as it is set up; offer a person")
}

/// The URL without what is filled in: scheme and host are the operator's word alone.
pub(super) fn origin_of(template: &str, secrets: &Secrets) -> Result<Url, String> {
    let mut text = template.trim().to_owned();
    for (name, value) in secrets {
        for written in [format!("{{{{ secret.{name} }}}}"), format!("{{{{secret.{name}}}}}")] {
            text = text.replace(&written, value.expose());
        }
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err("a URL begins with http:// or https://".into());
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if scheme.contains("{{") || authority.contains("{{") || authority.contains("{%") {
        return Err("the host of a URL must not come from arguments or context".into());
    }
    Url::parse(&format!("{scheme}://{authority}/")).map_err(|error| format!("not a URL: {error}"))
}
