//! Operators see the tools exactly as the model sees them.

use crate::domain::tool::{Risk, ToolSpec};
use crate::web::auth::operator::Operator;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The tools.
#[derive(Serialize, ToSchema)]
pub struct Tools {
    tools: Vec<ToolView>,
}

/// One tool.
#[derive(Serialize, ToSchema)]
struct ToolView {
    name: String,
    description: String,
    /// JSON Schema of the arguments.
    #[schema(value_type = Object)]
    parameters: Value,
    /// `read`, `write` or `sensitive`.
    #[schema(value_type = String)]
    risk: Risk,
    timeout_ms: u64,
}

impl From<ToolSpec> for ToolView {
    fn from(spec: ToolSpec) -> Self {
        Self {
            name: spec.name,
            description: spec.description,
            parameters: spec.parameters,
            risk: spec.risk,
            timeout_ms: u64::try_from(spec.timeout.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Lists the tools as the model sees them.
#[utoipa::path(
    get, path = "/api/v1/tools", tag = "operator",
    security(("api_key" = [])),
    responses((status = 200, body = Tools), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub async fn list_tools(
    State(state): State<SharedState>,
    _operator: Operator,
) -> Result<axum::Json<Tools>, Problem> {
    Ok(axum::Json(Tools { tools: state.parts.tools.tools().into_iter().map(ToolView::from).collect() }))
}
