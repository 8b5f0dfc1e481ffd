//! The event stream of a conversation, for its visitor or an operator.

use crate::domain::ids::Seq;
use crate::web::auth::visitor::{self, Reader};
use crate::web::extract::client::ClientAddress;
use crate::web::extract::conversation::ConversationPath;
use crate::web::extract::query::Query;
use crate::web::problem::Problem;
use crate::web::sse::feed;
use crate::web::state::SharedState;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

/// How a browser's `EventSource`, which sends no headers of its own, says what others say in headers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Go on behind this event. `Last-Event-ID` counts more.
    after: Option<Seq>,
    /// The conversation's token.
    token: Option<String>,
}

/// Streams the conversation: everything behind `after`, then what happens.
///
/// Types: `message`, `delta`, `progress`, `tool`, `ownership`, `turn`. `id:` is the event's place in the log.
#[utoipa::path(
    get, path = "/api/v1/conversations/{id}/events", tag = "visitor",
    params(
        ("id" = String, Path, format = "uuid"), EventsQuery,
        ("Last-Event-ID" = Option<i64>, Header, description = "Go on behind this event."),
    ),
    security(("conversation_token" = []), ("token_in_query" = []), ("api_key" = [])),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 429, body = Problem, description = "Too many open streams."),
    )
)]
pub async fn stream_events(State(state): State<SharedState>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let Query(query) = Query::<EventsQuery>::from_request_parts(&mut parts, &state).await?;
    let conversation = match query.token {
        Some(token) if !visitor::has_credentials(&parts.headers) => {
            let ConversationPath(id) = ConversationPath::from_request_parts(&mut parts, &state).await?;
            if !visitor::opens(&state, id, &token).await? {
                return Err(Problem::conversation_not_found());
            }
            id
        }
        _ => Reader::from_request_parts(&mut parts, &state).await?.0,
    };
    let from = ClientAddress::of(&parts.extensions, &parts.headers, &state.parts.limits);
    let place = state.places.take(conversation, &from).ok_or_else(|| {
        Problem::too_many_requests("Too many open event streams; close one.", Duration::from_secs(5))
    })?;
    let asked = last_event_id(&parts.headers).or(query.after);
    let chunks = feed::open(state, conversation, asked, place).await?;
    let headers =
        [(CONTENT_TYPE, "text/event-stream; charset=utf-8"), (CACHE_CONTROL, "no-store, no-transform")];
    // Proxies that gather answers before they pass them on are told not to.
    let unbuffered = [("x-accel-buffering", "no")];
    Ok((headers, unbuffered, Body::from_stream(chunks)).into_response())
}

/// A header that is no number says nothing.
fn last_event_id(headers: &HeaderMap) -> Option<Seq> {
    headers.get("last-event-id")?.to_str().ok()?.trim().parse().ok()
}
