//! A person of the business sends more than words: a link to tap, a file, a request, a sign. Everything is held against
//! the channel's limits before it is accepted.

use super::people::{Replied, name_of};
use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::attach::attached;
use crate::channels::whatsapp::words::carried;
use crate::domain::attachment::Attachment;
use crate::domain::event::EventBody;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::Role;
use crate::store::error::StoreError;
use crate::web::auth::operator::Operator;
use crate::web::extract::conversation::ConversationPath;
use crate::web::extract::json::Json;
use crate::web::problem::Problem;
use crate::web::state::{SharedState, WebState};
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// How far back a message may lie that is reacted to.
const EVENTS: u32 = 1000;

/// What a person sends.
#[derive(Deserialize, ToSchema)]
pub struct Sending {
    /// The words above it; for a file and a reaction none.
    #[serde(default)]
    text: String,
    /// Who sends it, as the customer sees it; else the name of the API key.
    name: Option<String>,
    /// By `type`: `link` `{label, url}`, `location_request`, `contact_request`, `flow` `{id, label, screen, data?, token?}`,
    /// `image`, `video`, `document`, `audio` `{link or id, caption?, file_name?}`, `reaction` `{to, emoji}`.
    #[schema(value_type = Object)]
    attachment: Attachment,
}

/// A person sends something with their words, and by that takes the conversation. On WhatsApp.
#[utoipa::path(
    post, path = "/api/v1/conversations/{id}/send", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body = Sending,
    security(("api_key" = [])),
    responses(
        (status = 200, body = Replied),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "The channel shows words alone, or somebody else has the conversation now."),
        (status = 413, body = Problem), (status = 422, body = Problem, description = "The channel would refuse it."),
    )
)]
pub async fn send_attachment(
    State(state): State<SharedState>,
    operator: Operator,
    ConversationPath(id): ConversationPath,
    Json(sending): Json<Sending>,
) -> Result<axum::Json<Replied>, Problem> {
    let conversation = state.parts.stores.conversations.get(id).await?;
    let conversation = conversation.ok_or_else(Problem::conversation_not_found)?;
    if conversation.channel != CHANNEL {
        let detail = "This channel shows words alone; use `reply`.";
        return Err(Problem::new(StatusCode::CONFLICT, "words_alone", "Words alone", detail));
    }
    let Sending { text, name, attachment } = sending;
    let target = match &attachment {
        Attachment::Reaction { to, .. } => target(&state, id, *to).await?,
        _ => None,
    };
    attached(&text, &attachment, target.as_deref())
        .map_err(|wrong| Problem::invalid("attachment", format!("It cannot be sent: {wrong}.")))?;
    let text = match carried(&attachment, conversation.language) {
        Some(_) if !text.trim().is_empty() => {
            return Err(Problem::invalid("text", "A file has a `caption`, and a reaction has no words."));
        }
        Some(mark) => mark,
        None => text,
    };
    let text = state.parts.inbox.readable(text)?;
    let person = name_of(name, operator)?;
    let (conversation, message_id) = state.parts.ownership.reply_with(id, &person, text, attachment).await?;
    Ok(axum::Json(Replied::new(message_id, conversation)))
}

/// The channel's id of a message of the customer's.
async fn target(state: &WebState, id: ConversationId, to: MessageId) -> Result<Option<String>, StoreError> {
    let events = state.parts.stores.conversations.recent_events(id, EVENTS).await?;
    let said = events.into_iter().rev().find_map(|event| match event.body {
        EventBody::Message(message) if message.id == to && message.role == Role::Customer => Some(message),
        _ => None,
    });
    Ok(said.and_then(|message| message.client_id))
}
