//! Speaks to the gateway: one signed attempt each, and what the answer means. It retries nothing and keeps nothing; its
//! errors hold no words, addresses or URLs, as they end up in logs.

use super::signature::SigningKeys;
use super::wire::{Outgoing, taken_id};
use crate::domain::clock::Clock;
use crate::domain::ids::OutboxId;
use crate::limits::backoff::retry_after;
use crate::limits::net::{Allowance, client_builder, forbidden_in, guard_url};
use anyhow::Context;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use reqwest::{Client, Response, Url};
use std::sync::Arc;
use std::time::Duration;

/// Most bytes of an answer that are read: it holds an id.
const ANSWER_BYTES: usize = 64 * 1024;

/// What became of an attempt to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sent {
    /// The gateway has it.
    Taken {
        /// The gateway's id of it.
        external_id: String,
    },
    /// It surely does not, and may take it later.
    NotNow {
        /// What it asked for.
        after: Option<Duration>,
        /// Why, for the operator.
        error: String,
    },
    /// It never will.
    Refused {
        /// Why, for the operator.
        error: String,
    },
    /// Nobody knows.
    InDoubt {
        /// Why, for the operator.
        error: String,
    },
}

/// What the gateway says became of an earlier attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whereabouts {
    /// It has the message.
    Taken {
        /// The gateway's id of it.
        external_id: String,
    },
    /// It never saw it.
    NotTaken,
    /// It does not say.
    Unknown,
}

/// The gateway, as it is spoken to.
pub struct RelayClient {
    http: Client,
    url: Url,
    keys: SigningKeys,
    clock: Arc<dyn Clock>,
}

impl RelayClient {
    /// A client of the gateway at `url`, which gives up on an answer after `timeout`.
    ///
    /// # Errors
    /// An address that is none, or that must not be called.
    pub fn new(
        url: &str,
        keys: SigningKeys,
        timeout: Duration,
        allowance: &Allowance,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let url: Url = url.parse()?;
        guard_url(&url, allowance)?;
        let http = client_builder(allowance).timeout(timeout).build().context("no HTTPS on this machine")?;
        Ok(Self { http, url, keys, clock })
    }

    /// Sends a message once.
    pub async fn send(&self, outgoing: &Outgoing<'_>) -> Sent {
        let delivery = outgoing.delivery_id;
        let Ok(body) = serde_json::to_vec(outgoing) else {
            return Sent::Refused { error: "the message cannot be put into JSON".to_owned() };
        };
        let signed = self.keys.sign(&delivery.to_string(), &body, self.clock.now());
        let request = self
            .http
            .post(self.url.clone())
            .headers(signed)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body);
        match request.send().await {
            Ok(response) => self.meaning(delivery, response).await,
            Err(error) => unanswered(&error),
        }
    }

    async fn meaning(&self, delivery: OutboxId, response: Response) -> Sent {
        let status = response.status();
        let error = format!("the relay answered {}", status.as_u16());
        match status {
            status if status.is_success() || status == StatusCode::CONFLICT => match read(response).await {
                Ok(body) => {
                    Sent::Taken { external_id: taken_id(&body).unwrap_or_else(|| delivery.to_string()) }
                }
                // It has it, and its id can be asked for.
                Err(_) => Sent::InDoubt { error: format!("{error} and broke off") },
            },
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                Sent::NotNow { after: header.and_then(|text| retry_after(text, self.clock.now())), error }
            }
            status if status.is_client_error() => Sent::Refused { error },
            // Whoever redirects or fails may have taken it all the same.
            _ => Sent::InDoubt { error },
        }
    }

    /// Asks what became of an earlier attempt.
    pub async fn whereabouts(&self, delivery: OutboxId) -> Whereabouts {
        let id = delivery.to_string();
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("delivery", &id);
        let signed = self.keys.sign(&id, b"", self.clock.now());
        let Ok(response) = self.http.get(url).headers(signed).send().await else {
            return Whereabouts::Unknown;
        };
        match response.status() {
            StatusCode::NOT_FOUND => Whereabouts::NotTaken,
            // A page that answers every question with 200 knows no id.
            StatusCode::OK => match read(response).await.ok().as_deref().and_then(taken_id) {
                Some(external_id) => Whereabouts::Taken { external_id },
                None => Whereabouts::Unknown,
            },
            _ => Whereabouts::Unknown,
        }
    }
}

fn unanswered(error: &reqwest::Error) -> Sent {
    if let Some(forbidden) = forbidden_in(error) {
        return Sent::NotNow { after: None, error: format!("the relay must not be called: {forbidden}") };
    }
    // Without a connection nothing was sent.
    if error.is_connect() {
        return Sent::NotNow { after: None, error: "the relay cannot be reached".to_owned() };
    }
    let error = if error.is_timeout() { "the relay did not answer in time" } else { "the relay broke off" };
    Sent::InDoubt { error: error.to_owned() }
}

/// The beginning of a body; more than that is no answer to us.
async fn read(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
