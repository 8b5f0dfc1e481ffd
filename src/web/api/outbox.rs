//! Operators see deliveries that were given up, and have one tried again.

use crate::domain::ids::{ConversationId, MessageId, OutboxId};
use crate::web::auth::operator::Operator;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// How many are shown.
const SHOWN: u32 = 200;

/// Deliveries that were given up.
#[derive(Serialize, ToSchema)]
pub struct DeadDeliveries {
    /// Newest first.
    deliveries: Vec<DeadDelivery>,
}

/// A delivery that was given up.
#[derive(Serialize, ToSchema)]
struct DeadDelivery {
    #[schema(value_type = String, format = "uuid")]
    id: OutboxId,
    #[schema(value_type = String, format = "uuid")]
    conversation_id: ConversationId,
    #[schema(value_type = String, format = "uuid")]
    message_id: MessageId,
    channel: String,
    attempts: u32,
    /// What the last attempt came to.
    error: String,
}

/// Lists deliveries that were given up.
#[utoipa::path(
    get, path = "/api/v1/outbox/dead", tag = "operator",
    security(("api_key" = [])),
    responses((status = 200, body = DeadDeliveries), (status = 401, body = Problem), (status = 403, body = Problem))
)]
pub async fn list_dead_deliveries(
    State(state): State<SharedState>,
    _operator: Operator,
) -> Result<axum::Json<DeadDeliveries>, Problem> {
    let dead = state.parts.stores.outbox.dead(SHOWN).await?;
    let deliveries = dead
        .into_iter()
        .map(|(delivery, error)| DeadDelivery {
            id: delivery.id,
            conversation_id: delivery.conversation,
            message_id: delivery.message,
            channel: delivery.channel,
            attempts: delivery.attempts,
            error,
        })
        .collect();
    Ok(axum::Json(DeadDeliveries { deliveries }))
}

/// Puts a delivery that was given up back in the queue.
#[utoipa::path(
    post, path = "/api/v1/outbox/{id}/replay", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    security(("api_key" = [])),
    responses(
        (status = 204, description = "In the queue again."),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    )
)]
pub async fn replay_delivery(
    State(state): State<SharedState>,
    _operator: Operator,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let not_found = || {
        let detail = "No delivery of this id was given up.";
        Problem::new(StatusCode::NOT_FOUND, "delivery_not_found", "No such delivery", detail)
    };
    let id: OutboxId = id.parse().map_err(|_| not_found())?;
    let found = state.parts.stores.outbox.replay(id, state.parts.clock.now()).await?;
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(not_found()) }
}
