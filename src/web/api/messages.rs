//! A visitor's messages: in, and the history out.

use super::conversations::CHANNEL;
use crate::domain::ids::{ConversationId, MessageId, Seq};
use crate::domain::message::Message;
use crate::inbox::accept::{Inbound, With};
use crate::store::error::StoreError;
use crate::web::auth::visitor::{Reader, Visitor};
use crate::web::extract::client::ClientAddress;
use crate::web::extract::json::Json;
use crate::web::extract::query::Query;
use crate::web::problem::Problem;
use crate::web::state::{SharedState, WebState};
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Messages of a page of history, unless asked otherwise, and at most.
const PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 500;

/// A message to accept.
#[derive(Deserialize, ToSchema)]
pub struct NewMessage {
    /// The client's own id of the message, 1 to 100 characters: the same id again is the same message.
    client_id: String,
    /// The words.
    text: String,
}

/// An accepted message.
#[derive(Serialize, ToSchema)]
pub struct AcceptedMessage {
    #[schema(value_type = String, format = "uuid")]
    message_id: MessageId,
    /// Whether it had been accepted before.
    duplicate: bool,
}

/// Accepts a message. It is durable when this answers.
#[utoipa::path(
    post, path = "/api/v1/conversations/{id}/messages", tag = "visitor",
    params(("id" = String, Path, format = "uuid")),
    request_body = NewMessage,
    security(("conversation_token" = [])),
    responses(
        (status = 202, body = AcceptedMessage),
        (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 413, body = Problem, description = "Too long; `limit` says how long it may be."),
        (status = 422, body = Problem, description = "Empty, or a field that cannot be."),
        (status = 429, body = Problem, description = "Too many; see `Retry-After`."),
        (status = 503, body = Problem, description = "Nothing was accepted; try again."),
    )
)]
pub async fn post_message(
    State(state): State<SharedState>,
    Visitor(conversation): Visitor,
    from: ClientAddress,
    message: Result<Json<NewMessage>, Problem>,
) -> Result<(StatusCode, axum::Json<AcceptedMessage>), Problem> {
    let Json(message) = message.inspect_err(|_| count("unparsed"))?;
    if let Err(wait) = state.quotas.take_message(conversation, &from) {
        // Who only repeats learns that the message is safe.
        let conversations = &state.parts.stores.conversations;
        let Some(known) = conversations.accepted(conversation, CHANNEL, &message.client_id).await? else {
            count("refused");
            return Err(Problem::too_many_requests("Too many messages; wait a moment.", wait));
        };
        count("duplicate");
        let body = AcceptedMessage { message_id: known, duplicate: true };
        return Ok((StatusCode::ACCEPTED, axum::Json(body)));
    }
    let inbound = Inbound {
        conversation,
        channel: CHANNEL,
        external_id: message.client_id,
        text: message.text,
        quiet: state.quiet(),
        with: With::default(),
    };
    let accepted = state.parts.inbox.accept(inbound).await?;
    let body = AcceptedMessage { message_id: accepted.message, duplicate: accepted.duplicate };
    Ok((StatusCode::ACCEPTED, axum::Json(body)))
}

fn count(outcome: &'static str) {
    metrics::counter!("balcao_inbound_total", "channel" => CHANNEL, "outcome" => outcome).increment(1);
}

/// Which part of the history.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Go on behind this message, by its id or its `seq`. An id that is not there starts at the beginning.
    after: Option<String>,
    /// At most so many, up to 500.
    limit: Option<u32>,
}

/// A part of the history.
#[derive(Serialize, ToSchema)]
pub struct History {
    /// Oldest first.
    #[schema(value_type = Vec<super::openapi::MessageSchema>)]
    messages: Vec<PlacedMessage>,
}

/// A message with its place in the log.
#[derive(Serialize)]
struct PlacedMessage {
    #[serde(flatten)]
    message: Message,
    seq: Seq,
}

/// The history, oldest first.
#[utoipa::path(
    get, path = "/api/v1/conversations/{id}/messages", tag = "visitor",
    params(("id" = String, Path, format = "uuid"), HistoryQuery),
    security(("conversation_token" = []), ("api_key" = [])),
    responses(
        (status = 200, body = History),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem),
    )
)]
pub async fn list_messages(
    State(state): State<SharedState>,
    Reader(conversation): Reader,
    Query(query): Query<HistoryQuery>,
) -> Result<axum::Json<History>, Problem> {
    let after = match query.after.as_deref() {
        None | Some("") => 0,
        Some(after) => place_of(&state, conversation, after).await?,
    };
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let messages = state.parts.stores.conversations.messages(conversation, after, limit).await?;
    let messages = messages.into_iter().map(|(seq, message)| PlacedMessage { message, seq }).collect();
    Ok(axum::Json(History { messages }))
}

async fn place_of(state: &WebState, conversation: ConversationId, after: &str) -> Result<Seq, Problem> {
    if let Ok(seq) = after.parse::<Seq>() {
        return Ok(seq.max(0));
    }
    let id: MessageId = after.parse().map_err(|_| {
        let detail = "`after` is the id of a message, or its `seq`.";
        Problem::new(StatusCode::BAD_REQUEST, "invalid_query", "Invalid query", detail).field("after")
    })?;
    Ok(find(state, conversation, id).await?.unwrap_or(0))
}

async fn find(
    state: &WebState,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Option<Seq>, StoreError> {
    let mut after = 0;
    loop {
        let page = state.parts.stores.conversations.messages(conversation, after, LARGEST_PAGE).await?;
        if let Some((seq, _)) = page.iter().find(|(_, message)| message.id == id) {
            return Ok(Some(*seq));
        }
        match page.last() {
            Some((seq, _)) if page.len() == LARGEST_PAGE as usize => after = *seq,
            _ => return Ok(None),
        }
    }
}
