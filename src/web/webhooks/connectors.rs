//! Where vendors' systems report what became of their records. A post that its vendor signed is kept as it came and
//! acknowledged; what follows from it happens elsewhere. What is signed and of no concern is acknowledged too: a vendor
//! that is refused repeats itself for days, and then stops for good.

use crate::backoffice::connector::webhook::Posted;
use crate::conversation::news::{CHANNEL, KeptNews};
use crate::domain::ids::PostId;
use crate::store::posts::NewPost;
use crate::web::extract::body;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::body::Body;
use axum::extract::{Path, State};
use http::{HeaderMap, StatusCode, Uri};
use std::time::Duration;

/// Longest body.
const BODY_BYTES: usize = 3 * 1024 * 1024;
/// When a vendor may try again while the store is away. It keeps its own schedule.
const STORE_AWAY: Duration = Duration::from_secs(5);

/// A vendor's report, signed as its connector's file says.
#[utoipa::path(
    post, path = "/webhooks/connectors/{name}", tag = "webhook",
    params(("name" = String, Path, description = "Name of the connector.")),
    responses(
        (status = 200, description = "Durable, or of no concern here."),
        (status = 401, body = Problem, description = "Not signed by one of the secrets."),
        (status = 404, body = Problem, description = "No such connector is used, or no secret is set for it."),
        (status = 413, body = Problem, description = "Too long."),
        (status = 503, body = Problem, description = "Nothing was taken; repeat it after `Retry-After`."),
    )
)]
pub async fn receive_connector(
    State(state): State<SharedState>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let Some(webhook) = state.parts.connectors.get(&name).and_then(|connector| connector.webhook()) else {
        let detail = "No connector of this name is used, or none of its `webhook_secrets` is set.";
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "connector_not_set_up",
            "Connector not set up",
            detail,
        ));
    };
    let body = body::read(body, BODY_BYTES).await.inspect_err(|_| count("refused"))?;
    let posted = Posted { headers: &headers, query: uri.query().unwrap_or_default(), body: &body };
    if !webhook.lets_in(posted) {
        count("refused");
        let detail = "The request is not signed as it has to be: no signature of one of the secrets fits.";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "bad_signature", "Bad signature", detail));
    }
    let delivery = webhook.read(posted);
    if delivery.named.is_empty() {
        count("ignored");
        return Ok(StatusCode::OK);
    }
    let body = String::from_utf8_lossy(&body).into_owned();
    let kept = serde_json::to_vec(&KeptNews { connector: name, delivery, body }).map_err(|_| away())?;
    let (clock, stores) = (&state.parts.clock, &state.parts.stores);
    let post = NewPost {
        id: PostId(clock.new_id()),
        channel: CHANNEL.to_owned(),
        body: kept,
        received_at: clock.now(),
    };
    stores.posts.keep(post).await.map_err(|error| {
        tracing::error!(%error, "a report of a vendor's could not be kept; it is posted again");
        away()
    })?;
    count("accepted");
    stores.live.signal_news();
    Ok(StatusCode::OK)
}

fn away() -> Problem {
    let detail = "The report could not be kept; post it again.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Unavailable", detail)
        .retry_after(STORE_AWAY)
}

fn count(outcome: &'static str) {
    metrics::counter!("balcao_inbound_total", "channel" => CHANNEL, "outcome" => outcome).increment(1);
}
