//! What goes wrong, as `application/problem+json` (RFC 9457) with a stable `code`. Callers never see internals;
//! a fault of ours is logged here, once, and nowhere else.

use crate::inbox::accept::AcceptError;
use crate::store::error::StoreError;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// An answer that says no.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16)]
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    #[schema(value_type = String)]
    detail: Box<str>,
    /// The field or parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    field: Option<Box<str>>,
    /// The most allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
    /// Seconds; repeats the header, which cross-origin readers may not see.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem with a stable code, a title that never varies, and what is special about this one.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let detail = detail.into().into_boxed_str();
        Self { kind: "about:blank", status, code, title, detail, field: None, limit: None, retry_after: None }
    }

    /// Names the field or parameter at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into().into_boxed_str());
        self
    }

    /// Names the most allowed.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Says when to try again, rounded up to whole seconds.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX));
        self
    }

    /// No such conversation, or not this caller's: deliberately the same, so that strangers cannot probe.
    pub fn conversation_not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "conversation_not_found",
            "No such conversation",
            "There is no such conversation, or the token does not open it.",
        )
    }

    /// Nobody said who is asking, or the API key is not known.
    pub fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Credentials needed", detail)
    }

    /// The API key lacks the scope.
    pub fn forbidden(scope: &str) -> Self {
        let detail = format!("This API key lacks the scope `{scope}`.");
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    /// The page may not use the API.
    pub fn origin_not_allowed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "origin_not_allowed",
            "Origin not allowed",
            "Pages of this origin may not use the API; see `allowed_origins` in `[channels.web]`.",
        )
    }

    /// The body or a parameter reads well but says something that cannot be.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", "Invalid field", detail).field(field)
    }

    /// Too much at once.
    pub fn too_many_requests(detail: &str, wait: Duration) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests", detail)
            .retry_after(wait)
    }

    /// A fault of ours. The cause is logged, not told.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed by a fault of ours");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Internal error",
            "Something went wrong on our side; it was recorded.",
        )
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // Strings and numbers always serialise.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => {
                Self::new(StatusCode::NOT_FOUND, "not_found", "Not found", "There is no such thing.")
            }
            StoreError::Stale => Self::new(
                StatusCode::CONFLICT,
                "conversation_moved_on",
                "The conversation has moved on",
                "Somebody else changed the conversation meanwhile; look again.",
            ),
            StoreError::Conflict(detail) => Self::new(StatusCode::CONFLICT, "conflict", "Conflict", detail),
            StoreError::Unavailable(cause) => {
                tracing::warn!(%cause, "the store is unavailable");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unavailable",
                    "Not available for now",
                    "Nothing was accepted; please try again.",
                )
                .retry_after(Duration::from_secs(1))
            }
            StoreError::Fault(cause) => Self::internal(cause),
        }
    }
}

impl From<AcceptError> for Problem {
    fn from(error: AcceptError) -> Self {
        let detail = error.to_string();
        match error {
            AcceptError::Empty => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "empty_message", "Empty message", detail)
                    .field("text")
            }
            AcceptError::TooLong { limit } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "message_too_long", "Message too long", detail)
                    .field("text")
                    .limit(limit)
            }
            AcceptError::BadExternalId { .. } => Self::invalid("client_id", detail),
            AcceptError::ConversationFull { limit } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "conversation_full", "Conversation full", detail)
                    .limit(limit)
            }
            AcceptError::Store(StoreError::NotFound) => Self::conversation_not_found(),
            AcceptError::Store(error) => error.into(),
        }
    }
}
