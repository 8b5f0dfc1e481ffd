//! The conversation a path names. A text that is no id names no conversation: the same answer as for an unknown one.

use crate::domain::ids::ConversationId;
use crate::web::problem::Problem;
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

/// The `{id}` of a path below `/conversations`.
pub struct ConversationPath(pub ConversationId);

impl<S: Send + Sync> FromRequestParts<S> for ConversationPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let id = params.ok().and_then(|params| {
            let (_, text) = params.iter().find(|(name, _)| *name == "id")?;
            text.parse().ok()
        });
        id.map(Self).ok_or_else(Problem::conversation_not_found)
    }
}
