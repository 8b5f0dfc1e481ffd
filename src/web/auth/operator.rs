//! API keys of people and programs of the business. A key is compared by its hash, in constant time.

use crate::domain::secret;
use crate::store::keys::ApiKey;
use crate::web::problem::Problem;
use crate::web::state::{SharedState, WebState};
use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use jiff::SignedDuration;

/// A use of a key is written down at most this often.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// A caller whose key has the scope `operator` or `admin`.
pub struct Operator {
    /// Name of the key.
    pub name: String,
    /// Whether the key may also do what touches the machine, e.g. have files of it read.
    pub is_admin: bool,
}

impl FromRequestParts<SharedState> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &SharedState) -> Result<Self, Problem> {
        authorise(state, &parts.headers).await
    }
}

/// The operator who sends `headers`.
///
/// # Errors
/// 401 without a known key, 403 without the scope.
pub async fn authorise(state: &WebState, headers: &HeaderMap) -> Result<Operator, Problem> {
    let presented = super::bearer(headers)
        .ok_or_else(|| Problem::unauthorized("Send an API key as `Authorization: Bearer …`."))?;
    let key = find(state, presented)
        .await?
        .ok_or_else(|| Problem::unauthorized("This API key is not known; it may have been removed."))?;
    if !may_operate(&key) {
        return Err(Problem::forbidden("operator"));
    }
    let is_admin = key.scopes.iter().any(|scope| scope == "admin");
    Ok(Operator { name: key.name, is_admin })
}

/// Whether `presented` is the key of an operator.
pub(super) async fn is_operator(state: &WebState, presented: &str) -> Result<bool, Problem> {
    Ok(find(state, presented).await?.is_some_and(|key| may_operate(&key)))
}

fn may_operate(key: &ApiKey) -> bool {
    key.scopes.iter().any(|scope| scope == "operator" || scope == "admin")
}

async fn find(state: &WebState, presented: &str) -> Result<Option<ApiKey>, Problem> {
    let hash = secret::hash_of(presented);
    let keys = &state.parts.stores.keys;
    let Some(key) = keys.list().await?.into_iter().find(|key| secret::same(&key.hash, &hash)) else {
        return Ok(None);
    };
    let now = state.parts.clock.now();
    if key.last_used_at.is_none_or(|used| now.duration_since(used) >= TOUCH_EVERY) {
        // A note that cannot be taken must not lock the operator out.
        if let Err(error) = keys.touch(&key.name, now).await {
            tracing::warn!(%error, "the use of an API key could not be written down");
        }
    }
    Ok(Some(key))
}
