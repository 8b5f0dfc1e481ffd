//! Opens conversations for visitors. What the page says of the visitor is kept as a remark and proves nothing.

use crate::domain::contact::{Identity, IdentityKind};
use crate::domain::ids::{ContactId, ConversationId};
use crate::domain::language::Language;
use crate::domain::secret::Secret;
use crate::inbox::clean;
use crate::store::conversations::NewConversation;
use crate::web::auth::visitor::COOKIE_NAME;
use crate::web::extract::client::ClientAddress;
use crate::web::extract::json::OptionalJson;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The name of this channel.
pub const CHANNEL: &str = "web";

/// Longest name, e-mail or phone that a page may give.
const HINT_CHARS: usize = 254;
/// Most bytes of metadata, as JSON.
const METADATA_BYTES: usize = 8 * 1024;

/// A conversation to open; nothing of it is needed.
#[derive(Default, Deserialize, ToSchema)]
pub struct OpenConversation {
    /// Only `web`.
    #[schema(example = "web")]
    channel: Option<String>,
    /// BCP 47 tag of the visitor's language; one that is not spoken here is served in the shop's own.
    #[schema(example = "pt-BR")]
    locale: Option<String>,
    /// What the page knows of the visitor.
    contact: Option<ContactHint>,
    /// Anything worth knowing of the visit: page, campaign … At most 8 KB.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

/// What the page knows of the visitor. Proves nothing.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct ContactHint {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

/// An open conversation.
#[derive(Serialize, ToSchema)]
pub struct Opened {
    #[schema(value_type = String, format = "uuid")]
    id: ConversationId,
    /// The visitor's bearer. Shown only now.
    token: String,
}

/// Opens a conversation.
#[utoipa::path(
    post, path = "/api/v1/conversations", tag = "visitor",
    request_body = Option<OpenConversation>,
    responses(
        (status = 201, body = Opened, description = "Opened. The token also comes as a cookie."),
        (status = 413, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem, description = "Too many; see `Retry-After`."),
    )
)]
pub async fn open_conversation(
    State(state): State<SharedState>,
    from: ClientAddress,
    headers: HeaderMap,
    OptionalJson(request): OptionalJson<OpenConversation>,
) -> Result<Response, Problem> {
    state
        .quotas
        .take_conversation(&from)
        .map_err(|wait| Problem::too_many_requests("Too many conversations from your address.", wait))?;
    let secret = Secret::generate("");
    let new = new_conversation(&state, request, &secret)?;
    let id = state.parts.stores.conversations.open(new).await?.id;
    let path = format!("/api/v1/conversations/{id}");
    // Behind a proxy this server does not see TLS itself; the page's origin tells.
    let by_tls = headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https:"));
    let secure = if by_tls { "; Secure" } else { "" };
    let token = secret.reveal();
    let cookie =
        format!("{COOKIE_NAME}={token}; Path={path}; HttpOnly; SameSite=Strict; Max-Age=2592000{secure}");
    let body = axum::Json(Opened { id, token: token.to_owned() });
    Ok((StatusCode::CREATED, [(LOCATION, path), (SET_COOKIE, cookie)], body).into_response())
}

fn new_conversation(
    state: &SharedState,
    request: OpenConversation,
    secret: &Secret,
) -> Result<NewConversation, Problem> {
    if request.channel.is_some_and(|channel| channel != CHANNEL) {
        return Err(Problem::invalid("channel", "Only `web` conversations are opened here."));
    }
    let clock = &state.parts.clock;
    let id = ConversationId(clock.new_id());
    let hint = request.contact.map(ContactHint::cleaned);
    let mut metadata = request.metadata.unwrap_or_default();
    let size = serde_json::to_vec(&metadata).map_or(usize::MAX, |json| json.len());
    if size > METADATA_BYTES {
        let detail = format!("The metadata may have at most {METADATA_BYTES} bytes as JSON.");
        return Err(Problem::invalid("metadata", detail).limit(METADATA_BYTES));
    }
    metadata.values_mut().for_each(clean_strings);
    if let Some(hint) = &hint {
        metadata.insert("contact".to_owned(), serde_json::to_value(hint).unwrap_or_default());
    }
    let spoken = request.locale.as_deref().and_then(|tag| tag.parse::<Language>().ok());
    Ok(NewConversation {
        id,
        channel: CHANNEL.to_owned(),
        identity: Identity { kind: IdentityKind::WebVisitor, value: id.to_string() },
        contact: ContactId(clock.new_id()),
        name: hint.and_then(|hint| hint.name),
        language: spoken.unwrap_or(state.parts.settings.locale),
        token_hash: Some(secret.hash()),
        metadata,
        at: clock.now(),
    })
}

impl ContactHint {
    fn cleaned(self) -> Self {
        let line = |text: Option<String>| text.and_then(|text| clean::one_line(&text, HINT_CHARS));
        Self { name: line(self.name), email: line(self.email), phone: line(self.phone) }
    }
}

/// Databases refuse NUL in JSON. The depth is bounded by the parser.
fn clean_strings(value: &mut Value) {
    match value {
        Value::String(text) => *text = clean::without_controls(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(clean_strings),
        Value::Object(fields) => fields.values_mut().for_each(clean_strings),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
