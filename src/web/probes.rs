//! Whether the program lives, is ready, and what it counts. For the machines that watch it.

use super::auth::operator;
use super::extract::client::ClientAddress;
use super::ports::HealthProbe;
use super::problem::Problem;
use super::state::SharedState;
use axum::extract::State;
use axum::response::IntoResponse;
use futures_util::future::join_all;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// A probe that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the program lives.
#[derive(Serialize, ToSchema)]
pub struct Alive {
    /// Always `ok`.
    status: &'static str,
}

/// Whether the program lives: it answers.
#[utoipa::path(get, path = "/healthz", tag = "probe", responses((status = 200, body = Alive)))]
pub async fn alive() -> axum::Json<Alive> {
    axum::Json(Alive { status: "ok" })
}

/// Whether the program is ready.
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    /// `ready`, or `not_ready` if a check fails.
    status: &'static str,
    checks: Vec<Check>,
}

/// One thing that must work.
#[derive(Serialize, ToSchema)]
struct Check {
    name: &'static str,
    ok: bool,
    /// What is wrong, or worth knowing; only for callers on the same machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Whether the program is ready: everything it needs works.
#[utoipa::path(
    get, path = "/readyz", tag = "probe",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
pub async fn ready(
    State(state): State<SharedState>,
    from: ClientAddress,
) -> (StatusCode, axum::Json<Readiness>) {
    let checks = state.parts.probes.iter().map(|probe| check(probe.as_ref(), &from));
    let checks = join_all(checks).await;
    let (code, status) = if checks.iter().all(|check| check.ok) {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    (code, axum::Json(Readiness { status, checks }))
}

async fn check(probe: &dyn HealthProbe, from: &ClientAddress) -> Check {
    let name = probe.name();
    let outcome = match tokio::time::timeout(PATIENCE, probe.check()).await {
        Ok(outcome) => outcome,
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    };
    match outcome {
        Ok(note) => Check { name, ok: true, detail: note.filter(|_| from.is_local()) },
        Err(reason) => {
            tracing::warn!(probe = name, %reason, "not ready");
            Check { name, ok: false, detail: from.is_local().then_some(reason) }
        }
    }
}

/// What the program counts, as Prometheus text. Open on the machine itself, else for operators.
#[utoipa::path(
    get, path = "/metrics", tag = "probe",
    security((), ("api_key" = [])),
    responses(
        (status = 200, content_type = "text/plain", body = String),
        (status = 401, body = Problem), (status = 403, body = Problem),
    )
)]
pub async fn metrics(
    State(state): State<SharedState>,
    from: ClientAddress,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    if !from.is_local() {
        operator::authorise(&state, &headers).await?;
    }
    // Counted where it is stored: nothing in this process sees every delivery come and go.
    match state.parts.stores.outbox.depth().await {
        Ok(depth) => metrics::gauge!("balcao_outbox_depth").set(depth as f64),
        Err(error) => tracing::warn!(error = %error, "the outbox could not be counted"),
    }
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (state.parts.metrics)()))
}
