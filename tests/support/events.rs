//! Reads an event stream as it comes over the wire, without an EventSource's kindness.

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::Value;
use std::time::Duration;

/// Nothing that a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// One frame of the stream.
#[derive(Clone, PartialEq, Debug)]
pub struct Frame {
    pub event: String,
    pub id: Option<i64>,
    pub data: Value,
}

/// One reader.
pub struct EventReader {
    chunks: BoxStream<'static, reqwest::Result<Vec<u8>>>,
    text: String,
    pending: Vec<u8>,
    /// The last id seen.
    pub last_id: Option<i64>,
}

impl EventReader {
    pub fn new(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
        let chunks = response.bytes_stream().map(|chunk| chunk.map(|bytes| bytes.to_vec())).boxed();
        Self { chunks, text: String::new(), pending: Vec::new(), last_id: None }
    }

    /// The next block, comments and `retry:` too; `None` at the end of the stream.
    pub async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let rest = self.text.split_off(end + 2);
                return Some(std::mem::replace(&mut self.text, rest).trim_end().to_owned());
            }
            let chunk =
                tokio::time::timeout(PATIENCE, self.chunks.next()).await.expect("the stream is silent")?;
            self.pending.extend(chunk.ok()?);
            let valid = match std::str::from_utf8(&self.pending) {
                Ok(text) => text.len(),
                Err(error) => error.valid_up_to(),
            };
            let rest = self.pending.split_off(valid);
            self.text.push_str(std::str::from_utf8(&self.pending).unwrap());
            self.pending = rest;
        }
    }

    /// The next frame; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned)
            };
            let Some(event) = field("event") else { continue };
            let id = field("id").map(|id| id.parse().unwrap());
            self.last_id = id.or(self.last_id);
            return Some(Frame { event, id, data: serde_json::from_str(&field("data").unwrap()).unwrap() });
        }
    }

    /// The next frame of a type; others are passed over.
    pub async fn next_of(&mut self, event: &str) -> Frame {
        loop {
            let frame = self.next().await.expect("the stream ended");
            if frame.event == event {
                return frame;
            }
        }
    }

    /// Texts of the next `count` messages.
    pub async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        while texts.len() < count {
            texts.push(self.next_of("message").await.data["text"].as_str().unwrap().to_owned());
        }
        texts
    }
}
