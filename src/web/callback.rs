//! The page that a vendor's sign-in comes back to: on loopback, for one answer, while an operator waits for it.

use super::connections::serve;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, response::Response};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Where the browser is sent.
pub const PATH: &str = "/callback";

/// How long a connection may keep quiet.
const QUIET: Duration = Duration::from_secs(10);

/// What a query is worth: a code, or why it is worth nothing, in words for the one who looks at the page.
pub type Judge = dyn Fn(&str) -> Result<String, String> + Send + Sync;

#[derive(Clone)]
struct Waiting {
    judge: Arc<Judge>,
    found: mpsc::Sender<String>,
}

/// Waits for the first answer that `judge` finds good. Others are told why they are not, and waiting goes on.
pub async fn first_good(listener: TcpListener, judge: Arc<Judge>) -> Option<String> {
    let (found, mut good) = mpsc::channel(1);
    let router = Router::new().route(PATH, get(answered)).with_state(Waiting { judge, found });
    let stop = CancellationToken::new();
    let serving = serve(listener, router, QUIET, stop.clone());
    let waiting = async {
        let code = good.recv().await;
        stop.cancel();
        code
    };
    tokio::join!(serving, waiting).1
}

async fn answered(State(waiting): State<Waiting>, RawQuery(query): RawQuery) -> Response {
    let judged = (waiting.judge)(query.as_deref().unwrap_or_default());
    let (status, text) = match judged {
        Ok(code) => {
            // A second good answer finds nobody waiting any more, and needs nobody.
            waiting.found.try_send(code).ok();
            (StatusCode::OK, "Done. You may close this page and go back to the terminal.".to_owned())
        }
        Err(why) => (StatusCode::BAD_REQUEST, why),
    };
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        // The address of this page holds the code.
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    (status, headers, text).into_response()
}
