//! What Meta tells of an account, and the files that customers sent.

use super::{ACCOUNT, APP_SECRET, NUMBER, Shared, TOKEN};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The app behind the token.
pub const APP: &str = "5500110022";
/// A template that Meta has approved, with two values.
const TEMPLATE: &str = "retomar_atendimento";

fn refused(code: i64) -> Response {
    let error = json!({"error": {"message": "no", "code": code, "fbtrace_id": "AbC"}});
    (StatusCode::BAD_REQUEST, axum::Json(error)).into_response()
}

fn bearer(headers: &HeaderMap) -> &str {
    headers
        .get("authorization")
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .unwrap_or_default()
}

/// `GET /{version}/{id}`: the token, a number, or where a file is.
pub(super) async fn thing(
    State(shared): State<Shared>,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if bearer(&headers) != TOKEN {
        return refused(190);
    }
    let mut ledger = shared.ledger.lock().unwrap();
    if id == "debug_token" {
        let scopes = ["whatsapp_business_messaging", "whatsapp_business_management"];
        let data = json!({"app_id": APP, "is_valid": true, "expires_at": 0, "scopes": scopes});
        return axum::Json(json!({"data": data})).into_response();
    }
    if id == NUMBER {
        return axum::Json(json!({"id": id, "verified_name": "Verde Vivo", "quality_rating": "GREEN",
            "status": "CONNECTED", "whatsapp_business_manager_messaging_limit": "TIER_250"}))
        .into_response();
    }
    let Some(file) = ledger.files.get_mut(&id) else { return refused(100) };
    file.resolved += 1;
    let digest: String = Sha256::digest(&file.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    // An address does not last: the first one has run out already, if the test says so.
    let url = format!("{}/files/{id}/{}", shared.url, file.resolved);
    axum::Json(json!({"messaging_product": "whatsapp", "id": id, "url": url, "sha256": digest,
        "mime_type": "audio/ogg", "file_size": file.bytes.len()}))
    .into_response()
}

/// `GET /files/{id}/{turn}`.
pub(super) async fn file(
    State(shared): State<Shared>,
    Path((id, turn)): Path<(String, u32)>,
    headers: HeaderMap,
) -> Response {
    let mut ledger = shared.ledger.lock().unwrap();
    if bearer(&headers) != TOKEN {
        ledger.faults.push("a file was asked for without the token".to_owned());
    }
    let Some(file) = ledger.files.get_mut(&id) else { return StatusCode::NOT_FOUND.into_response() };
    if turn <= file.expired {
        StatusCode::NOT_FOUND.into_response()
    } else {
        file.fetched += 1;
        file.bytes.clone().into_response()
    }
}

/// `GET /{version}/{id}/{edge}`.
pub(super) async fn edge(
    State(shared): State<Shared>,
    Path((_, id, edge)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let app_token = format!("{APP}|{APP_SECRET}");
    let data: Value = match (id.as_str(), edge.as_str(), bearer(&headers)) {
        (ACCOUNT, "subscribed_apps", TOKEN) => json!([{"whatsapp_business_api_data": {"id": APP}}]),
        (ACCOUNT, "message_templates", TOKEN) => json!([
            {"name": TEMPLATE, "language": "pt_BR", "status": "APPROVED", "category": "UTILITY",
                "components": [{"type": "BODY", "text": "Olá {{1}}, sobre o seu pedido: {{2}}"}]},
            {"name": "parado", "language": "pt_BR", "status": "PAUSED", "category": "UTILITY", "components": []}]),
        (APP, "subscriptions", token) if token == app_token => {
            let base = shared.program.borrow().clone().unwrap_or_default();
            let fields =
                ["messages", "user_preferences", "smb_message_echoes", "message_template_status_update"]
                    .map(|name| json!({"name": name}));
            json!([{"object": "whatsapp_business_account", "active": true, "fields": fields,
                "callback_url": format!("{base}/webhooks/whatsapp")}])
        }
        _ => return refused(100),
    };
    axum::Json(json!({"data": data})).into_response()
}

/// Which types may be put there to be sent, as what, and how large.
const PLACES: [(&str, &str, usize); 16] = [
    ("image/jpeg", "image", 5_000_000),
    ("image/png", "image", 5_000_000),
    ("audio/aac", "audio", 16_000_000),
    ("audio/amr", "audio", 16_000_000),
    ("audio/mpeg", "audio", 16_000_000),
    ("audio/mp4", "audio", 16_000_000),
    ("audio/ogg", "audio", 16_000_000),
    ("video/mp4", "video", 16_000_000),
    ("video/3gpp", "video", 16_000_000),
    ("text/plain", "document", 100_000_000),
    ("application/pdf", "document", 100_000_000),
    ("application/msword", "document", 100_000_000),
    ("application/vnd.ms-excel", "document", 100_000_000),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document", 100_000_000),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "document", 100_000_000),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "document", 100_000_000),
];

/// The number that the ids of files count from.
const FIRST_ID: usize = 5_550_000;

/// `POST /{version}/{number}/media`.
pub(super) async fn place(
    State(shared): State<Shared>,
    Path((_, number)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = form(&headers, body).await;
    let mut ledger = shared.ledger.lock().unwrap();
    if bearer(&headers) != TOKEN {
        ledger.faults.push("a file was put without the token".to_owned());
        return refused(190);
    }
    let Some((kind, bytes)) = form.filter(|_| number == NUMBER) else {
        ledger.faults.push("a file was put in another way than Meta documents".to_owned());
        return refused(100);
    };
    let room = PLACES.iter().find(|(known, ..)| *known == kind).map_or(0, |(.., room)| *room);
    if bytes.is_empty() || bytes.len() > room {
        ledger.faults.push(format!("{} bytes of {kind}", bytes.len()));
        return refused(131_053);
    }
    let id = FIRST_ID + ledger.placed.len();
    ledger.placed.push((kind, bytes));
    axum::Json(json!({"id": id.to_string()})).into_response()
}

/// The type and the bytes of a form that is as Meta documents it.
async fn form(headers: &HeaderMap, body: Bytes) -> Option<(String, Vec<u8>)> {
    let boundary = multer::parse_boundary(headers.get("content-type")?.to_str().ok()?).ok()?;
    let stream = futures_util::stream::once(async move { Ok::<_, std::io::Error>(body) });
    let mut form = multer::Multipart::new(stream, boundary);
    let (mut product, mut kind, mut file) = (None, None, None);
    while let Some(field) = form.next_field().await.ok()? {
        match field.name()? {
            "messaging_product" => product = Some(field.text().await.ok()?),
            "type" => kind = Some(field.text().await.ok()?),
            "file" => {
                let own = field.content_type()?.to_string();
                field.file_name()?;
                file = Some((own, field.bytes().await.ok()?.to_vec()));
            }
            _ => return None,
        }
    }
    let (own, bytes) = file?;
    (product? == "whatsapp" && kind? == own).then_some((own, bytes))
}

/// What is wrong with the file that a message names, if anything: it was never put there, or is something else.
pub(super) fn misplaced(placed: &[(String, Vec<u8>)], message: &Value) -> Option<String> {
    let kind = message["type"].as_str()?;
    let id =
        message[kind]["id"].as_str().filter(|_| matches!(kind, "image" | "video" | "audio" | "document"))?;
    let index = id.parse::<usize>().ok().and_then(|id| id.checked_sub(FIRST_ID));
    let Some((found, _)) = index.and_then(|index| placed.get(index)) else {
        return Some(format!("there is no file {id}"));
    };
    let is_so = PLACES.iter().any(|(known, sent_as, _)| known == found && *sent_as == kind);
    (!is_so).then(|| format!("the file {id} is {found} and no {kind}"))
}
