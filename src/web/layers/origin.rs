//! Which pages may use the API from a browser (CORS), and a stop for pages that may not but try to change
//! something (CSRF). Programs send no `Origin` and are not concerned.

use crate::config::channels::WebSettings;
use crate::web::problem::Problem;
use crate::web::state::SharedState;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

/// Lets pages of our own and of allowed origins through, answers their preflights, and stops the others.
pub async fn guard(State(state): State<SharedState>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let mut response = match &origin {
        None => next.run(request).await,
        Some(origin) => {
            let allowed = is_own(origin, &request) || is_listed(origin, &state.parts.settings);
            let preflight = request.method() == Method::OPTIONS
                && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
            let harmless = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
            match (allowed, preflight) {
                (true, true) => allow(preflight_answer(), origin),
                (true, false) => allow(next.run(request).await, origin),
                // Without our headers the browser keeps the answer from the page.
                (false, false) if harmless => next.run(request).await,
                (false, _) => Problem::origin_not_allowed().into_response(),
            }
        }
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
    response
}

/// Whether the page came from this server: the same host and port. The scheme is not compared, because behind a
/// proxy that speaks TLS this server does not know its own.
fn is_own(origin: &HeaderValue, request: &Request) -> bool {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let origin: Option<Uri> = origin.to_str().ok().and_then(|origin| origin.parse().ok());
    match (origin.as_ref().and_then(Uri::authority), host) {
        (Some(authority), Some(host)) => authority.as_str().eq_ignore_ascii_case(host),
        _ => false,
    }
}

fn is_listed(origin: &HeaderValue, settings: &WebSettings) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    settings
        .allowed_origins
        .iter()
        .any(|allowed| allowed == "*" || allowed.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

fn preflight_answer() -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, last-event-id"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn allow(mut response: Response, origin: &HeaderValue) -> Response {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    response
}
