//! Carries requests: one attempt each, on a client of ours, with the status, `Retry-After` and body of a rejection
//! kept for the one who decides. It retries nothing and follows no redirect.

use super::error::Rejection;
use crate::domain::clock::Clock;
use crate::limits::backoff::retry_after;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use futures_util::StreamExt;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{Body, Client, Response};
use std::io;
use std::sync::Arc;

/// Most bytes of a rejection that are read.
const MAX_REJECTION: usize = 64 * 1024;

/// Most bytes of an answer that are read.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// Whether requests carry the endpoint's key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Authorization {
    /// As a bearer token.
    Bearer,
    /// There is no key: the header is left out, as some servers refuse an empty one.
    None,
}

/// What a successful answer is made into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::llm) enum Answers {
    /// A stream of events, even if the endpoint did not stream.
    Events,
    /// What the endpoint answered.
    Documents,
}

/// What sends requests.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) client: Client,
    pub(super) authorization: Authorization,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) answers: Answers,
}

impl Transport {
    /// Sends a request once.
    pub(super) async fn send(self, factory: HttpRequestFactory) -> Result<Response, OpenAIError> {
        let mut request = factory.build().await?;
        if self.authorization == Authorization::None {
            request.headers_mut().remove(AUTHORIZATION);
        }
        let response = self.client.execute(request).await?;
        if !response.status().is_success() {
            return Err(OpenAIError::Boxed(Box::new(self.rejection(response).await)));
        }
        let is_json = self.answers == Answers::Events
            && response
                .headers()
                .get(CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| value.starts_with("application/json"));
        if is_json { as_one_event(response).await } else { Ok(bounded(response)) }
    }

    async fn rejection(&self, response: Response) -> Rejection {
        let status = response.status().as_u16();
        let asked = self.asked_wait(response.headers());
        // A body that breaks off says what it says.
        let body = read(response, MAX_REJECTION).await.unwrap_or_else(|partial| partial.0);
        Rejection { status, retry_after: asked, body: String::from_utf8_lossy(&body).into_owned() }
    }

    fn asked_wait(&self, headers: &HeaderMap) -> Option<std::time::Duration> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let milliseconds = text("retry-after-ms").and_then(|value| value.trim().parse().ok());
        milliseconds
            .map(std::time::Duration::from_millis)
            .or_else(|| retry_after(text("retry-after")?, self.clock.now()))
    }
}

/// What was read before reading failed or the limit was reached.
struct Partial(Vec<u8>, Option<reqwest::Error>);

async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, Partial> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = limit - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    return Err(Partial(body, None));
                }
            }
            Ok(None) => return Ok(body),
            Err(error) => return Err(Partial(body, Some(error))),
        }
    }
}

/// An endpoint that ignores `stream` answers with one JSON document: it becomes a stream of one event.
async fn as_one_event(response: Response) -> Result<Response, OpenAIError> {
    let body = read(response, MAX_ANSWER).await.map_err(|partial| match partial.1 {
        Some(error) => OpenAIError::Reqwest(error),
        None => OpenAIError::InvalidArgument("the answer is too large".into()),
    })?;
    let mut event = Vec::with_capacity(body.len() + 16);
    for line in body.split(|byte| matches!(byte, b'\n' | b'\r')) {
        event.extend_from_slice(b"data: ");
        event.extend_from_slice(line);
        event.push(b'\n');
    }
    event.push(b'\n');
    Ok(Response::from(http::Response::new(Body::from(event))))
}

/// The response with a body that fails beyond the limit.
fn bounded(response: Response) -> Response {
    let mut left = MAX_ANSWER;
    let body = response.bytes_stream().map(move |chunk| {
        let chunk = chunk.map_err(io::Error::other)?;
        left = left.checked_sub(chunk.len()).ok_or_else(|| io::Error::other("the answer is too large"))?;
        Ok::<_, io::Error>(chunk)
    });
    Response::from(http::Response::new(Body::wrap_stream(body)))
}
