//! A telephone in the place of Meta's: takes what would be sent to a customer and hands it on. For trying WhatsApp out
//! without an account; it holds nothing against anybody's rules.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// So many messages may wait to be looked at.
const QUEUE: usize = 256;

/// Something that reached the phone.
#[derive(Clone, PartialEq, Debug)]
pub struct Reached {
    /// The id it was given; of a receipt, none.
    pub wamid: Option<String>,
    /// What was sent, as Meta would get it.
    pub body: Value,
}

#[derive(Clone)]
struct Line {
    messages: Arc<AtomicU64>,
    reached: mpsc::Sender<Reached>,
}

/// What reaches the phone, and the line it comes by: to be served on `listener`.
pub fn line() -> (mpsc::Receiver<Reached>, Router) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let line = Line { messages: Arc::default(), reached: sender };
    (receiver, Router::new().route("/{version}/{number}/messages", post(ring)).with_state(line))
}

/// Serves the line until `stop`.
///
/// # Errors
/// If the listener breaks.
pub async fn serve(listener: TcpListener, line: Router, stop: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, line).with_graceful_shutdown(async move { stop.cancelled().await }).await
}

async fn ring(State(line): State<Line>, axum::Json(body): axum::Json<Value>) -> axum::Json<Value> {
    if body.get("status").is_some() {
        line.reached.send(Reached { wamid: None, body }).await.ok();
        return axum::Json(json!({"success": true}));
    }
    let number = line.messages.fetch_add(1, Ordering::Relaxed) + 1;
    let wamid = format!("wamid.SIMULATED{number}");
    let answer = json!({"messaging_product": "whatsapp", "messages": [{"id": wamid}]});
    line.reached.send(Reached { wamid: Some(wamid), body }).await.ok();
    axum::Json(answer)
}
