//! The program as its own client: what `chat`, `ingest` and `search` use beside a running server.

use anyhow::Context;
use futures_util::StreamExt;
use serde_json::Value;
use std::time::Duration;

/// A client for this machine's own server.
///
/// # Errors
/// If TLS cannot be set up.
pub fn http() -> anyhow::Result<reqwest::Client> {
    Ok(reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(2))
        .tcp_nodelay(true)
        .build()?)
}

/// One conversation over HTTP.
pub struct ConversationClient {
    client: reqwest::Client,
    base: String,
    token: String,
}

/// One event of the stream.
#[derive(Debug)]
pub struct StreamEvent {
    /// Its type, e.g. `message`.
    pub kind: String,
    /// Its data.
    pub data: Value,
}

/// The server does not take a message.
#[derive(Debug, thiserror::Error)]
#[error("the message was not accepted: {detail} ({code})")]
pub struct Refused {
    /// The problem's stable code.
    pub code: String,
    /// What the server says of it, for a developer.
    pub detail: String,
}

impl ConversationClient {
    /// Opens a conversation on the server at `url`.
    ///
    /// # Errors
    /// If the server does not answer as documented.
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        let client = http()?;
        let opened: Value = client
            .post(format!("{url}/api/v1/conversations"))
            .json(&serde_json::json!({"metadata": {"via": "terminal"}}))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let field = |name: &str| {
            opened[name].as_str().map(str::to_owned).context("the server answered without an id")
        };
        Ok(Self {
            base: format!("{url}/api/v1/conversations/{}", field("id")?),
            token: field("token")?,
            client,
        })
    }

    /// Sends a message; returns its id.
    ///
    /// # Errors
    /// [`Refused`], or whatever stands between.
    pub async fn send(&self, client_id: &str, text: &str) -> anyhow::Result<String> {
        loop {
            let answer = self
                .client
                .post(format!("{}/messages", self.base))
                .bearer_auth(&self.token)
                .json(&serde_json::json!({"client_id": client_id, "text": text}))
                .send()
                .await?;
            if answer.status() == reqwest::StatusCode::TOO_MANY_REQUESTS {
                let seconds =
                    answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
                tokio::time::sleep(Duration::from_secs(seconds.unwrap_or(1))).await;
                continue;
            }
            let accepted = answer.status().is_success();
            let body: Value = answer.json().await.unwrap_or_default();
            if !accepted {
                let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
                return Err(Refused { code: text("code"), detail: text("detail") }.into());
            }
            return body["message_id"]
                .as_str()
                .map(str::to_owned)
                .context("the server answered without an id");
        }
    }

    /// The event stream from its beginning.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub async fn events(&self) -> anyhow::Result<impl futures_util::Stream<Item = StreamEvent> + use<>> {
        let answer = self
            .client
            .get(format!("{}/events", self.base))
            .bearer_auth(&self.token)
            .send()
            .await?
            .error_for_status()?;
        let lines = answer.bytes_stream().scan(Vec::new(), |buffer: &mut Vec<u8>, chunk| {
            let mut events = Vec::new();
            if let Ok(chunk) = chunk {
                buffer.extend_from_slice(&chunk);
                while let Some(end) = buffer.windows(2).position(|pair| pair == b"\n\n") {
                    let frame: Vec<u8> = buffer.drain(..end + 2).collect();
                    events.extend(parse(&String::from_utf8_lossy(&frame)));
                }
            }
            std::future::ready(Some(futures_util::stream::iter(events)))
        });
        Ok(lines.flatten())
    }
}

fn parse(frame: &str) -> Option<StreamEvent> {
    let (mut kind, mut data) = ("message".to_owned(), String::new());
    for line in frame.lines() {
        if let Some(value) = line.strip_prefix("event:") {
            kind = value.trim().to_owned();
        } else if let Some(value) = line.strip_prefix("data:") {
            data.push_str(value.strip_prefix(' ').unwrap_or(value));
        }
    }
    Some(StreamEvent { kind, data: serde_json::from_str(&data).ok()? })
}
