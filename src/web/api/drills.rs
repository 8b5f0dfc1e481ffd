//! Operators rehearse that the language models are away.

use crate::web::auth::operator::Operator;
use crate::web::extract::json::Json;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::State;
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// A rehearsal to begin.
#[derive(Deserialize, ToSchema)]
pub struct ModelDrill {
    /// How long the models count as away, 1 to 3600.
    seconds: u64,
}

/// A rehearsal under way.
#[derive(Serialize, ToSchema)]
pub struct ModelDrillStarted {
    /// When the models are asked again.
    #[schema(value_type = String, format = "date-time")]
    until: Timestamp,
}

/// Begins a rehearsal: until it ends, every model but the built-in one counts as away.
#[utoipa::path(
    post, path = "/api/v1/drills/model-down", tag = "operator",
    request_body = ModelDrill,
    security(("api_key" = [])),
    responses(
        (status = 200, body = ModelDrillStarted), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 409, body = Problem),
    )
)]
pub async fn begin_model_drill(
    State(state): State<SharedState>,
    _operator: Operator,
    Json(drill): Json<ModelDrill>,
) -> Result<axum::Json<ModelDrillStarted>, Problem> {
    if !(1..=3600).contains(&drill.seconds) {
        let detail = "`seconds` must be between 1 and 3600.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_request", "Invalid request", detail));
    }
    match state.parts.drill.begin(Duration::from_secs(drill.seconds)) {
        Some(until) => Ok(axum::Json(ModelDrillStarted { until })),
        None => {
            let detail = "The built-in model answers alone: there is no other one that could be away.";
            Err(Problem::new(StatusCode::CONFLICT, "no_model", "No model to take away", detail))
        }
    }
}

/// Ends a rehearsal.
#[utoipa::path(
    delete, path = "/api/v1/drills/model-down", tag = "operator",
    security(("api_key" = [])),
    responses((status = 204, description = "Over."), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub async fn end_model_drill(State(state): State<SharedState>, _operator: Operator) -> StatusCode {
    state.parts.drill.end();
    StatusCode::NO_CONTENT
}
