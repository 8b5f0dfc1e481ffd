//! The chat page, the widget, the page for operators and the icon, compiled in. Browsers keep them and ask whether they changed.

use super::layers::headers::CROSS_ORIGIN_RESOURCE_POLICY;
use super::problem::Problem;
use crate::domain::secret::{hash_of, hexadecimal};
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderName, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::io::Write;
use std::sync::OnceLock;

/// A page runs its own script and talks to its own server; it is never framed. The chat's style sheets are made by its
/// script (constructable), which no policy forbids.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
/// Browsers ask each time whether it changed.
const ASKED: &str = "no-cache";

/// A script of the page for operators.
macro_rules! script {
    ($name:literal) => {
        ($name, Asset::new(include_str!(concat!("assets/console/", $name)), SCRIPT, ASKED))
    };
}

struct Asset {
    body: &'static str,
    content_type: &'static str,
    cache_control: &'static str,
    /// Whether pages of other origins may load it.
    embeddable: bool,
    etag: OnceLock<String>,
    zipped: OnceLock<Option<Vec<u8>>>,
}

static CHAT: Asset = Asset::new(include_str!("assets/chat.html"), HTML, ASKED);
static WIDGET: Asset = Asset::shared(include_str!("assets/widget.js"), SCRIPT, "public, max-age=300");
static FAVICON: Asset =
    Asset::shared(include_str!("assets/favicon.svg"), "image/svg+xml", "public, max-age=86400");
static CONSOLE: Asset = Asset::new(include_str!("assets/console/index.html"), HTML, ASKED);
/// What the page for operators consists of, by name.
static CONSOLE_FILES: [(&str, Asset); 14] = [
    ("console.css", Asset::new(include_str!("assets/console/console.css"), CSS, ASKED)),
    script!("api.js"),
    script!("conversation.js"),
    script!("conversations.js"),
    script!("dom.js"),
    script!("gaps.js"),
    script!("journal.js"),
    script!("leads.js"),
    script!("main.js"),
    script!("message.js"),
    script!("system.js"),
    script!("systems.js"),
    script!("text.js"),
    script!("words.js"),
];
/// Where vendors' pages come back to: the same page, whose script reads the address.
const CALLBACK: &str = "callback";

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

/// The page for operators. It holds nothing; its script asks for a key.
#[utoipa::path(
    get, path = "/console", tag = "public",
    responses((status = 200, content_type = "text/html", body = String), (status = 304))
)]
pub async fn console_page(headers: HeaderMap) -> Response {
    let mut response = CONSOLE.answer(&headers);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    response
}

/// Scripts and styles of the page for operators.
#[utoipa::path(
    get, path = "/console/{file}", tag = "public",
    params(("file" = String, Path)),
    responses(
        (status = 200, content_type = "text/javascript", body = String), (status = 304),
        (status = 404, body = Problem),
    )
)]
pub async fn console_file(Path(file): Path<String>, headers: HeaderMap) -> Response {
    if file == CALLBACK {
        return console_page(headers).await;
    }
    match CONSOLE_FILES.iter().find(|(name, _)| *name == file) {
        Some((_, asset)) => asset.answer(&headers),
        None => {
            let detail = "The page has no such part.";
            Problem::new(StatusCode::NOT_FOUND, "no_such_file", "No such file", detail).into_response()
        }
    }
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
    const fn new(body: &'static str, content_type: &'static str, cache_control: &'static str) -> Self {
        Self {
            body,
            content_type,
            cache_control,
            embeddable: false,
            etag: OnceLock::new(),
            zipped: OnceLock::new(),
        }
    }

    /// For pages of other origins.
    const fn shared(body: &'static str, content_type: &'static str, cache_control: &'static str) -> Self {
        let mut asset = Self::new(body, content_type, cache_control);
        asset.embeddable = true;
        asset
    }

    fn answer(&'static self, request: &HeaderMap) -> Response {
        let etag = self.etag.get_or_init(|| etag(self.body)).as_str();
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
        match self.zipped.get_or_init(|| zipped(self.body)).as_deref() {
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
