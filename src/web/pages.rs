//! The chat page, the widget and the icon, compiled in. Browsers keep them and ask whether they changed.

use super::layers::headers::CROSS_ORIGIN_RESOURCE_POLICY;
use crate::domain::secret::{hash_of, hexadecimal};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::sync::LazyLock;

/// The page runs its own script and talks to its own server; it is never framed. Its style sheets are made by the
/// script (constructable), which no policy forbids.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

struct Asset {
    body: &'static str,
    content_type: &'static str,
    cache_control: &'static str,
    /// Whether pages of other origins may load it.
    embeddable: bool,
    etag: LazyLock<String>,
}

static CHAT: Asset = Asset {
    body: include_str!("assets/chat.html"),
    content_type: "text/html; charset=utf-8",
    cache_control: "no-cache",
    embeddable: false,
    etag: LazyLock::new(|| etag(CHAT.body)),
};

static WIDGET: Asset = Asset {
    body: include_str!("assets/widget.js"),
    content_type: "text/javascript; charset=utf-8",
    cache_control: "public, max-age=300",
    embeddable: true,
    etag: LazyLock::new(|| etag(WIDGET.body)),
};

static FAVICON: Asset = Asset {
    body: include_str!("assets/favicon.svg"),
    content_type: "image/svg+xml",
    cache_control: "public, max-age=86400",
    embeddable: true,
    etag: LazyLock::new(|| etag(FAVICON.body)),
};

/// The chat page.
#[utoipa::path(
    get, path = "/", tag = "public",
    responses((status = 200, content_type = "text/html", body = String), (status = 304))
)]
pub async fn chat_page(headers: HeaderMap) -> Response {
    let mut response = CHAT.answer(&headers);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    response
}

/// The widget for other pages.
#[utoipa::path(
    get, path = "/widget.js", tag = "public",
    responses((status = 200, content_type = "text/javascript", body = String), (status = 304))
)]
pub async fn widget_script(headers: HeaderMap) -> Response {
    WIDGET.answer(&headers)
}

/// The icon.
#[utoipa::path(
    get, path = "/favicon.svg", tag = "public",
    responses((status = 200, content_type = "image/svg+xml", body = String), (status = 304))
)]
pub async fn favicon(headers: HeaderMap) -> Response {
    FAVICON.answer(&headers)
}

impl Asset {
    fn answer(&self, request: &HeaderMap) -> Response {
        let etag = self.etag.as_str();
        let known = request.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|known| {
            known
                .split(',')
                .any(|one| matches!(one.trim().trim_start_matches("W/"), one if one == etag || one == "*"))
        });
        let policy = if self.embeddable { "cross-origin" } else { "same-origin" };
        let headers = [
            (ETAG, etag),
            (CACHE_CONTROL, self.cache_control),
            (CONTENT_TYPE, self.content_type),
            (CROSS_ORIGIN_RESOURCE_POLICY, policy),
        ];
        if known {
            (StatusCode::NOT_MODIFIED, headers).into_response()
        } else {
            (headers, self.body).into_response()
        }
    }
}

fn etag(body: &str) -> String {
    format!("\"{}\"", hexadecimal(&hash_of(body)[..12]))
}
