//! Operators put a file where the channel sends it from. What is sent, and to whom, is for the request that sends it.

use crate::channels::whatsapp::address::WhatsAppAddress;
use crate::channels::whatsapp::client::FileError;
use crate::channels::whatsapp::upload::{LARGEST, SentAs, Upload};
use crate::web::auth::operator::Operator;
use crate::web::extract::conversation::ConversationPath;
use crate::web::extract::file::SentFile;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::{Request, State};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// A file that can be sent.
#[derive(Serialize, ToSchema)]
pub struct Placed {
    /// Its `id` for an attachment; good for 30 days.
    id: String,
    /// The `type` of that attachment: `image`, `video`, `audio` or `document`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    sent_as: SentAs,
    /// Its type, by its bytes.
    mime_type: String,
    /// How many bytes.
    bytes: usize,
}

/// Puts a file with the channel, to be sent in this conversation: the body is the file as it is, or a form
/// (`multipart/form-data`) with the file as its field `file`. On WhatsApp.
#[utoipa::path(
    post, path = "/api/v1/conversations/{id}/files", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    request_body(content = String, content_type = "application/octet-stream"),
    security(("api_key" = [])),
    responses(
        (status = 201, body = Placed),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "The channel takes no files."),
        (status = 413, body = Problem), (status = 422, body = Problem, description = "The channel would refuse it."),
        (status = 503, body = Problem, description = "The channel cannot be reached; try again."),
    )
)]
pub async fn place_file(
    State(state): State<SharedState>,
    operator: Operator,
    ConversationPath(id): ConversationPath,
    request: Request,
) -> Result<(StatusCode, axum::Json<Placed>), Problem> {
    let conversations = &state.parts.stores.conversations;
    conversations.get(id).await?.ok_or_else(Problem::conversation_not_found)?;
    let address = conversations.identity(id).await?.as_ref().and_then(WhatsAppAddress::of);
    let (Some(line), Some(address)) = (&state.parts.line, address) else {
        let detail = "This channel shows words alone; use `reply`.";
        return Err(Problem::new(StatusCode::CONFLICT, "words_alone", "Words alone", detail));
    };
    let SentFile { bytes, .. } = SentFile::read(request, LARGEST).await?;
    let upload = Upload::of(bytes.to_vec()).map_err(|error| Problem::invalid("file", format!("{error}.")))?;
    let media = line.upload(&address.number, &upload).await.map_err(|error| match error {
        FileError::Refused(why) => Problem::invalid("file", format!("It was refused: {why}.")),
        FileError::Away(why) => {
            tracing::warn!(conversation.id = %id, why, "a file could not be put with the channel");
            let detail = "The channel does not take the file now; try again.";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "channel_away", "Channel away", detail)
        }
    })?;
    tracing::info!(conversation.id = %id, by = operator.name, mime_type = upload.mime_type, "a file was put with the channel");
    let placed = Placed {
        id: media,
        sent_as: upload.sent_as,
        mime_type: upload.mime_type.to_owned(),
        bytes: upload.size(),
    };
    Ok((StatusCode::CREATED, axum::Json(placed)))
}
