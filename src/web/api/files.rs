//! Operators fetch the files that customers sent, and have them forgotten. A file is never shown in a page: it is always
//! saved, under a name that ends as its bytes say.

use crate::channels::whatsapp::sniff::extension_of;
use crate::domain::event::{Event, EventBody};
use crate::domain::ids::ConversationId;
use crate::domain::message::{KeptFile, Media};
use crate::web::auth::operator::Operator;
use crate::web::extract::conversation::ConversationPath;
use crate::web::problem::Problem;
use crate::web::state::{SharedState, WebState};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use std::io;

/// How much of a long conversation is looked through: the newest events.
const EVENTS: u32 = 5000;
/// Longest name of a file, in characters.
const NAME_CHARS: usize = 100;

/// A file that a customer sent, by the digest that its message names.
#[utoipa::path(
    get, path = "/api/v1/conversations/{id}/files/{digest}", tag = "operator",
    params(("id" = String, Path, format = "uuid"), ("digest" = String, Path, description = "`media[].file.digest` of the message.")),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "The file, to be saved (`Content-Disposition: attachment`)."),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem),
    )
)]
pub async fn get_file(
    State(state): State<SharedState>,
    _operator: Operator,
    ConversationPath(id): ConversationPath,
    Path((_, digest)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let events = state.parts.stores.conversations.recent_events(id, EVENTS).await?;
    let (media, file) = named(&events, &digest).ok_or_else(not_found)?;
    let bytes = state.parts.files.read(id, &file.digest).await.map_err(|error| unreadable(&error))?;
    let bytes = bytes.ok_or_else(not_found)?;
    let mut response = Body::from(bytes).into_response();
    for (name, value) in
        [(CONTENT_TYPE, file.mime_type.clone()), (CONTENT_DISPOSITION, saved_as(media, file))]
    {
        set(&mut response, name, &value);
    }
    Ok(response)
}

/// Forgets every file of a conversation, for good. Its messages stay, and say that there was one.
#[utoipa::path(
    delete, path = "/api/v1/conversations/{id}/files", tag = "operator",
    params(("id" = String, Path, format = "uuid")),
    security(("api_key" = [])),
    responses(
        (status = 204, description = "There are none any more."),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem),
    )
)]
pub async fn forget_files(
    State(state): State<SharedState>,
    operator: Operator,
    ConversationPath(id): ConversationPath,
) -> Result<StatusCode, Problem> {
    known(&state, id).await?;
    let forgotten = state.parts.files.forget(id).await.map_err(|error| unreadable(&error))?;
    tracing::info!(conversation.id = %id, by = operator.name, forgotten, "the files of a conversation were forgotten");
    Ok(StatusCode::NO_CONTENT)
}

async fn known(state: &WebState, id: ConversationId) -> Result<(), Problem> {
    let known = state.parts.stores.conversations.get(id).await?;
    known.map(drop).ok_or_else(Problem::conversation_not_found)
}

fn named<'e>(events: &'e [Event], digest: &str) -> Option<(&'e Media, &'e KeptFile)> {
    let media = events.iter().rev().flat_map(|event| match &event.body {
        EventBody::Message(message) => message.media.as_slice(),
        _ => &[],
    });
    media.filter_map(|media| Some((media, media.file.as_ref()?))).find(|(_, file)| file.digest == digest)
}

fn not_found() -> Problem {
    let detail = "The conversation has no such file, or it was forgotten.";
    Problem::new(StatusCode::NOT_FOUND, "file_not_found", "No such file", detail)
}

fn unreadable(error: &io::Error) -> Problem {
    tracing::error!(%error, "the files in the data folder cannot be used");
    let detail = "The files cannot be used for now; try again.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "files_unavailable", "Files unavailable", detail)
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The header that has a file saved. Its name is the sender's as far as it harms nobody; the ending is what the file is.
fn saved_as(media: &Media, file: &KeptFile) -> String {
    let extension = extension_of(&file.mime_type).unwrap_or("bin");
    let given = media.file_name.as_deref().unwrap_or_default();
    let harmless =
        |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_' | '.' | '(' | ')');
    let name: String = given.chars().filter(|letter| harmless(*letter)).take(NAME_CHARS).collect();
    let ending = format!(".{extension}");
    let stem = name.trim_matches(['.', ' ']);
    let stem = stem.strip_suffix(&ending).unwrap_or(stem);
    let stem = if stem.is_empty() { "arquivo" } else { stem };
    let encoded: String = format!("{stem}{ending}")
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("attachment; filename=\"arquivo{ending}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::MediaKind;

    #[test]
    fn a_file_is_saved_under_a_name_that_ends_as_it_is() {
        for (given, mime_type, expected) in [
            (Some("proposta.pdf"), "application/pdf", "proposta.pdf"),
            (Some("../../etc/ação\r\nx: y\".exe"), "image/png", "etca%C3%A7%C3%A3ox%20y.exe.png"),
            (Some("foto.bat"), "text/plain", "foto.bat.txt"),
            (None, "image/jpeg", "arquivo.jpg"),
            (Some("..."), "image/jpeg", "arquivo.jpg"),
        ] {
            let media = Media {
                kind: MediaKind::Document,
                id: "1".to_owned(),
                mime_type: String::new(),
                sha256: None,
                file_name: given.map(str::to_owned),
                file: None,
            };
            let file = KeptFile { digest: String::new(), mime_type: mime_type.to_owned(), bytes: 1 };
            let shown = saved_as(&media, &file);
            assert!(shown.starts_with("attachment; "), "{shown}");
            assert!(shown.ends_with(&format!("''{expected}")), "{shown}");
        }
    }
}
