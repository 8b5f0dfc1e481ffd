//! What Meta tells of an account, and the files that customers sent.

use super::{ACCOUNT, APP_SECRET, NUMBER, Shared, TOKEN};
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
