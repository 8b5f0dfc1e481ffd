//! The WhatsApp webhook. The channel is not there yet, and says so.

use crate::web::problem::Problem;
use http::StatusCode;

/// The handshake of the WhatsApp webhook.
#[utoipa::path(
    get, path = "/webhooks/whatsapp", tag = "webhook",
    responses((status = 404, body = Problem, description = "The channel is not set up."))
)]
pub async fn verify_whatsapp() -> Problem {
    not_set_up()
}

/// Signed events of WhatsApp.
#[utoipa::path(
    post, path = "/webhooks/whatsapp", tag = "webhook",
    responses((status = 404, body = Problem, description = "The channel is not set up."))
)]
pub async fn receive_whatsapp() -> Problem {
    not_set_up()
}

fn not_set_up() -> Problem {
    let detail = "The WhatsApp channel is not set up; see `[channels.whatsapp]`.";
    Problem::new(StatusCode::NOT_FOUND, "channel_not_set_up", "Channel not set up", detail)
}
