//! Operators see how the systems behind the counter do. Numbers of the last day, of every process; nothing of what calls carry.

use crate::backoffice::connector::Connector;
use crate::backoffice::connector::health::HealthReport;
use crate::web::auth::operator::Operator;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// The connectors that are used.
#[derive(Serialize, ToSchema)]
pub struct Connectors {
    connectors: Vec<ConnectorView>,
}

/// One connector.
#[derive(Serialize, ToSchema)]
struct ConnectorView {
    name: String,
    title: String,
    /// The first digits of its file's hash: another file, other digits.
    revision: String,
    /// What it can stand for.
    capabilities: Vec<&'static str>,
    /// Whether the vendor's reports are let in: a secret is set for them.
    webhook: bool,
    /// `closed`, or `open` while the system is left alone because it failed.
    breaker: &'static str,
    /// Calls that this process may still make within the minute; `null` without a bound.
    quota_left: Option<u32>,
    /// Of the last 24 hours, by every process: `calls`, `failed_percent`, `median_ms`, `p95_ms`, `p99_ms`, `is_unusual`; of
    /// the last 30 days: `last_fault_at`, `last_fault`, `away_since`, `last_recovery`, `outages`.
    #[schema(value_type = Object)]
    health: HealthReport,
}

impl ConnectorView {
    async fn of(connector: &Connector) -> Self {
        let pack = connector.pack();
        Self {
            name: pack.name.clone(),
            title: pack.title.clone(),
            revision: pack.revision.clone(),
            capabilities: pack.capabilities().into_iter().map(|capability| capability.as_str()).collect(),
            webhook: connector.webhook().is_some(),
            breaker: if connector.is_let_through() { "closed" } else { "open" },
            quota_left: connector.quota_left(),
            health: connector.health().report().await,
        }
    }
}

/// How the systems behind the counter do.
#[utoipa::path(
    get, path = "/api/v1/connectors", tag = "operator",
    security(("api_key" = [])),
    responses((status = 200, body = Connectors), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub async fn list_connectors(
    State(state): State<SharedState>,
    _operator: Operator,
) -> Result<axum::Json<Connectors>, Problem> {
    let views = state.parts.connectors.values().map(|connector| ConnectorView::of(connector));
    Ok(axum::Json(Connectors { connectors: futures_util::future::join_all(views).await }))
}
