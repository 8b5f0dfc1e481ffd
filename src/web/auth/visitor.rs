//! Visitors: whoever holds a conversation's token may read it and write into it, and nothing else.

use super::{bearer, operator};
use crate::domain::ids::ConversationId;
use crate::domain::secret;
use crate::web::extract::conversation::ConversationPath;
use crate::web::problem::Problem;
use crate::web::state::{SharedState, WebState};
use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::COOKIE;
use http::request::Parts;

/// Name of the cookie; its path is the conversation's.
pub const COOKIE_NAME: &str = "balcao_token";

/// The visitor of a conversation.
pub struct Visitor(pub ConversationId);

/// Whoever may read a conversation: its visitor, or an operator.
pub struct Reader(pub ConversationId);

impl FromRequestParts<SharedState> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &SharedState) -> Result<Self, Problem> {
        let presented = presented(&parts.headers).ok_or_else(token_needed)?.to_owned();
        let ConversationPath(id) = ConversationPath::from_request_parts(parts, state).await?;
        if opens(state, id, &presented).await? {
            Ok(Self(id))
        } else {
            Err(Problem::conversation_not_found())
        }
    }
}

impl FromRequestParts<SharedState> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &SharedState) -> Result<Self, Problem> {
        let presented = presented(&parts.headers).ok_or_else(token_needed)?.to_owned();
        let ConversationPath(id) = ConversationPath::from_request_parts(parts, state).await?;
        if opens(state, id, &presented).await? {
            return Ok(Self(id));
        }
        let known = operator::is_operator(state, &presented).await?
            && state.parts.stores.conversations.get(id).await?.is_some();
        if known { Ok(Self(id)) } else { Err(Problem::conversation_not_found()) }
    }
}

/// Whether `token` opens the conversation.
///
/// # Errors
/// If the store cannot be asked.
pub async fn opens(state: &WebState, id: ConversationId, token: &str) -> Result<bool, Problem> {
    let stored = state.parts.stores.conversations.token_hash(id).await?;
    Ok(stored.is_some_and(|stored| secret::same(&stored, &secret::hash_of(token))))
}

/// The answer to a call without any token.
pub fn token_needed() -> Problem {
    Problem::unauthorized("Send the conversation's token as `Authorization: Bearer …`.")
}

/// Whether a request carries credentials in its headers.
pub fn has_credentials(headers: &HeaderMap) -> bool {
    presented(headers).is_some()
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        cookies.flat_map(|line| line.split(';')).find_map(|cookie| {
            let (name, value) = cookie.trim().split_once('=')?;
            (name == COOKIE_NAME && !value.is_empty()).then_some(value)
        })
    })
}
