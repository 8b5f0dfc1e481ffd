//! Where Meta calls: the handshake, and the bodies. A body that is signed is kept as it came and acknowledged; what
//! stands in it is worked through elsewhere. Only a store that is away sends Meta back: whatever else is refused would be
//! posted again for days.

use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::evolution::envelope::as_meta;
use crate::channels::whatsapp::fields::json;
use crate::channels::whatsapp::signature::{AppSecrets, Presented, is_token};
use crate::config::secret::Secret;
use crate::config::whatsapp::{Provider, WhatsAppSettings};
use crate::domain::ids::PostId;
use crate::store::posts::NewPost;
use crate::web::extract::body;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use serde::Deserialize;
use std::time::Duration;

/// Longest body: Meta posts up to 3 MB.
const BODY_BYTES: usize = 3 * 1024 * 1024;
/// Longest challenge that is repeated: Meta's are numbers.
const CHALLENGE_BYTES: usize = 256;
/// When Meta may try again while the store is away. It keeps its own schedule.
const STORE_AWAY: Duration = Duration::from_secs(5);

/// Where an Evolution API presents the secret.
const EVOLUTION_SECRET: &str = "x-balcao-secret";

/// What the handlers need beside what every handler may use.
pub enum WhatsAppDoor {
    /// Meta's.
    Meta {
        /// Any of these may have signed.
        secrets: AppSecrets,
        /// What the handshake presents.
        verify_token: Secret,
    },
    /// An Evolution API's.
    Evolution {
        /// What every call presents.
        secret: Secret,
        /// Our number.
        number: String,
    },
}

impl WhatsAppDoor {
    /// A door for whoever `[channels.whatsapp]` names.
    pub fn new(settings: &WhatsAppSettings) -> Self {
        match settings.provider {
            Provider::Meta => Self::Meta {
                secrets: AppSecrets::read(&settings.app_secrets),
                verify_token: settings.verify_token.clone(),
            },
            Provider::Evolution => {
                let number = settings.all_numbers().into_iter().next();
                let number = number.map(|number| number.phone_number_id).unwrap_or_default();
                Self::Evolution { secret: settings.evolution.webhook_secret.clone(), number }
            }
        }
    }

    /// Whether whoever calls may, by what they present with this body.
    fn lets_in(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        match self {
            Self::Meta { secrets, .. } => {
                Presented::in_headers(headers).is_some_and(|presented| secrets.signed(body, presented))
            }
            Self::Evolution { secret, .. } => {
                let presented = headers.get(EVOLUTION_SECRET).and_then(|value| value.to_str().ok());
                is_token(secret, presented.unwrap_or_default())
            }
        }
    }

    /// A body as it is kept: in Meta's words. What cannot be read is kept as it came, and told.
    fn kept(&self, body: &[u8]) -> Vec<u8> {
        let put = match self {
            Self::Meta { .. } => None,
            Self::Evolution { number, .. } => json(body).and_then(|envelope| as_meta(&envelope, number)),
        };
        put.map_or_else(|| body.to_vec(), |put| put.to_string().into_bytes())
    }
}

/// The handshake of the WhatsApp webhook: repeats `hub.challenge` to who knows the token.
#[utoipa::path(
    get, path = "/webhooks/whatsapp", tag = "webhook",
    params(
        ("hub.mode" = String, Query), ("hub.challenge" = String, Query), ("hub.verify_token" = String, Query),
    ),
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "The challenge, as it came."),
        (status = 403, body = Problem, description = "Not `subscribe`, or another token."),
        (status = 404, body = Problem, description = "The channel is not set up."),
    )
)]
pub async fn verify_whatsapp(State(state): State<SharedState>, uri: Uri) -> Result<Response, Problem> {
    let Some(WhatsAppDoor::Meta { verify_token, .. }) = &state.parts.whatsapp else {
        return Err(not_set_up());
    };
    let refused = || {
        let detail =
            "The handshake needs `hub.mode=subscribe`, a challenge, and the token in `[channels.whatsapp]`.";
        Problem::new(StatusCode::FORBIDDEN, "bad_handshake", "Bad handshake", detail)
    };
    let Query(handshake) = Query::<Handshake>::try_from_uri(&uri).map_err(|_| refused())?;
    // Compared in any case, so that what is missing cannot be told from what is wrong.
    let knows = is_token(verify_token, handshake.verify_token.as_deref().unwrap_or_default());
    match handshake.challenge {
        Some(challenge)
            if knows
                && handshake.mode.as_deref() == Some("subscribe")
                && (1..=CHALLENGE_BYTES).contains(&challenge.len()) =>
        {
            let plain = HeaderValue::from_static("text/plain; charset=utf-8");
            Ok(([(CONTENT_TYPE, plain)], challenge).into_response())
        }
        Some(_) | None => Err(refused()),
    }
}

/// What Meta asks with. The dots are part of the names.
#[derive(Deserialize)]
struct Handshake {
    #[serde(rename = "hub.mode")]
    mode: Option<String>,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
    #[serde(rename = "hub.verify_token")]
    verify_token: Option<String>,
}

/// Signed bodies of WhatsApp.
#[utoipa::path(
    post, path = "/webhooks/whatsapp", tag = "webhook",
    params(("x-hub-signature-256" = String, Header, description = "`sha256=` and the HMAC of the body.")),
    request_body(content = String, content_type = "application/json", description = "Whatever Meta posts, up to 3 MiB."),
    responses(
        (status = 200, description = "It is kept, and will be worked through."),
        (status = 401, body = Problem, description = "Not signed by one of the app's secrets, or without the Evolution API's."),
        (status = 404, body = Problem, description = "The channel is not set up."),
        (status = 413, body = Problem, description = "Too long."),
        (status = 503, body = Problem, description = "It could not be kept; post it again."),
    )
)]
pub async fn receive_whatsapp(
    State(state): State<SharedState>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let Some(door) = &state.parts.whatsapp else { return Err(not_set_up()) };
    // Taken in first, whoever signed it: who still writes when the connection is closed never reads why.
    let body = body::read(body, BODY_BYTES).await;
    if matches!(door, WhatsAppDoor::Meta { .. }) && Presented::in_headers(&headers).is_none() {
        return Err(unsigned());
    }
    let body = body.inspect_err(|_| refused())?;
    if !door.lets_in(&headers, &body) {
        return Err(unsigned());
    }
    let (clock, stores) = (&state.parts.clock, &state.parts.stores);
    let post = NewPost {
        id: PostId(clock.new_id()),
        channel: CHANNEL.to_owned(),
        body: door.kept(&body),
        received_at: clock.now(),
    };
    stores.posts.keep(post).await.map_err(|error| {
        tracing::error!(error = %error, "a body of WhatsApp could not be kept; Meta posts it again");
        let detail = "The message could not be kept; post it again.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Unavailable", detail)
            .retry_after(STORE_AWAY)
    })?;
    stores.live.signal_post();
    Ok(StatusCode::OK)
}

fn unsigned() -> Problem {
    refused();
    let detail = "The request is not signed as it has to be: no signature of one of the app's secrets fits.";
    Problem::new(StatusCode::UNAUTHORIZED, "bad_signature", "Bad signature", detail)
}

fn refused() {
    metrics::counter!("balcao_inbound_total", "channel" => CHANNEL, "outcome" => "refused").increment(1);
}

fn not_set_up() -> Problem {
    let detail = "The WhatsApp channel is not set up; see `[channels.whatsapp]`.";
    Problem::new(StatusCode::NOT_FOUND, "channel_not_set_up", "Channel not set up", detail)
}
