//! The chat page, the widget and the icon, compiled in. Browsers keep them and ask whether they changed.

use super::layers::headers::CROSS_ORIGIN_RESOURCE_POLICY;
use crate::domain::secret::{hash_of, hexadecimal};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderName, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::io::Write;
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
    zipped: LazyLock<Option<Vec<u8>>>,
}

static CHAT: Asset = Asset {
    body: include_str!("assets/chat.html"),
    content_type: "text/html; charset=utf-8",
    cache_control: "no-cache",
    embeddable: false,
    etag: LazyLock::new(|| etag(CHAT.body)),
    zipped: LazyLock::new(|| zipped(CHAT.body)),
};

static WIDGET: Asset = Asset {
    body: include_str!("assets/widget.js"),
    content_type: "text/javascript; charset=utf-8",
    cache_control: "public, max-age=300",
    embeddable: true,
    etag: LazyLock::new(|| etag(WIDGET.body)),
    zipped: LazyLock::new(|| zipped(WIDGET.body)),
};

static FAVICON: Asset = Asset {
    body: include_str!("assets/favicon.svg"),
    content_type: "image/svg+xml",
    cache_control: "public, max-age=86400",
    embeddable: true,
    etag: LazyLock::new(|| etag(FAVICON.body)),
    zipped: LazyLock::new(|| zipped(FAVICON.body)),
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
    fn answer(&'static self, request: &HeaderMap) -> Response {
        let etag = self.etag.as_str();
        let policy = if self.embeddable { "cross-origin" } else { "same-origin" };
        let headers = [
            (ETAG, etag),
            (CACHE_CONTROL, self.cache_control),
            (CONTENT_TYPE, self.content_type),
            (CROSS_ORIGIN_RESOURCE_POLICY, policy),
            (VARY, "Accept-Encoding"),
        ];
        let knows =
            |known: &str| known == "*" || known.trim_start_matches("W/") == etag.trim_start_matches("W/");
        if lists(request, &IF_NONE_MATCH, knows) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        match self.zipped.as_deref() {
            Some(zipped) if lists(request, &ACCEPT_ENCODING, |coding| coding == "gzip") => {
                (headers, [(CONTENT_ENCODING, "gzip")], zipped).into_response()
            }
            Some(_) | None => (headers, self.body).into_response(),
        }
    }
}

/// Whether one entry of a comma-separated header is what is looked for. `;q=0` is read as a refusal.
fn lists(request: &HeaderMap, name: &HeaderName, wanted: impl Fn(&str) -> bool) -> bool {
    let lines = request.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|entry| {
        let (value, quality) = entry.split_once(';').unwrap_or((entry, ""));
        wanted(value.trim()) && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn etag(body: &str) -> String {
    // Weak: the same for the body as it is and for the body in gzip.
    format!("W/\"{}\"", hexadecimal(&hash_of(body)[..12]))
}

/// The body in gzip, made once. `None` if that cannot be done, which costs only bytes.
fn zipped(body: &str) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body.as_bytes()).ok()?;
    encoder.finish().ok()
}
