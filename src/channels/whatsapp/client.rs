//! Speaks to Meta's Graph API: one attempt each, and what the answer means. It retries nothing and keeps nothing; its
//! errors hold no words, numbers or tokens, as they end up in logs.

use super::address::PhoneNumberId;
use super::errors::GraphError;
use super::media::{Place, has_digest};
use super::outgoing::{Outgoing, Receipt};
use super::upload::Upload;
use crate::config::secret::Secret;
use crate::domain::clock::Clock;
use crate::limits::backoff::retry_after;
use crate::limits::net::{Allowance, client_builder, forbidden_in, guard_url};
use anyhow::Context;
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, Url};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Most bytes of an answer that are read: it holds an id.
const ANSWER_BYTES: usize = 64 * 1024;
/// The same of what describes an account: it holds templates.
const ACCOUNT_BYTES: usize = 8 * 1024 * 1024;
/// How long a file may take to get to Meta.
const UPLOAD: Duration = Duration::from_secs(120);
/// Longest id of a message.
const WAMID_CHARACTERS: usize = 512;

/// What became of an attempt to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sent {
    /// Meta has it.
    Taken {
        /// Meta's id of it.
        wamid: String,
        /// Set where Meta keeps a template back, and for what.
        held: Option<String>,
    },
    /// Meta says why it does not.
    Refused {
        /// Why.
        error: GraphError,
        /// What it asked for.
        after: Option<Duration>,
    },
    /// It surely does not have it, and said nothing of why.
    NotTaken {
        /// What it asked for.
        after: Option<Duration>,
        /// Why, for the operator.
        error: String,
    },
    /// Nobody knows.
    InDoubt {
        /// Why, for the operator.
        error: String,
    },
}

/// Why a file was not fetched, or not put; without words, numbers or tokens.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FileError {
    /// It will not be had: too large, not where Meta keeps files, not what Meta says.
    #[error("{0}")]
    Refused(String),
    /// It was not to be had now.
    #[error("{0}")]
    Away(String),
}

/// Where the Graph API is, and with what it is asked.
pub struct GraphClient {
    http: Client,
    base: Url,
    version: String,
    token: Secret,
    clock: Arc<dyn Clock>,
}

impl GraphClient {
    /// A client that gives up on an answer after `timeout`.
    ///
    /// # Errors
    /// An address that is none, or that must not be called.
    pub fn new(
        base: &str,
        version: &str,
        token: Secret,
        timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let base: Url = base.trim().trim_end_matches('/').parse()?;
        // The address is the operator's own word, as a model's is.
        let allowance = Allowance::Hosts(base.host_str().map(str::to_owned).into_iter().collect());
        guard_url(&base, &allowance)?;
        let http = client_builder(&allowance).timeout(timeout).build().context("no HTTPS on this machine")?;
        Ok(Self { http, base, version: version.to_owned(), token, clock })
    }

    /// Sends a message once.
    pub async fn send(&self, number: &PhoneNumberId, outgoing: &Outgoing<'_>) -> Sent {
        match self.post(number, outgoing).await {
            Ok(response) => self.meaning(response).await,
            Err(error) => unanswered(&error),
        }
    }

    /// Says that a message was read.
    ///
    /// # Errors
    /// Why it could not be said, for the log.
    pub async fn receipt(&self, number: &PhoneNumberId, receipt: &Receipt<'_>) -> Result<(), String> {
        let mut response =
            self.post(number, receipt).await.map_err(|_| "Meta cannot be reached".to_owned())?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let body = read(&mut response, ANSWER_BYTES).await.unwrap_or_default();
        Err(GraphError::in_answer(&body)
            .map_or_else(|| format!("Meta answered {}", status.as_u16()), |error| error.told()))
    }

    /// Reads something of the account. `token` stands in for the usual one.
    ///
    /// # Errors
    /// Why not, for the operator.
    pub async fn read(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        token: Option<&Secret>,
    ) -> Result<Value, String> {
        self.ask(path, query, token).await.map_err(|error| error.to_string())
    }

    async fn ask(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        token: Option<&Secret>,
    ) -> Result<Value, FileError> {
        let away = |why: &str| FileError::Away(why.to_owned());
        let mut url = self.at(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let token = token.unwrap_or(&self.token).expose();
        let answer = self.http.get(url).bearer_auth(token).send().await;
        told(answer.map_err(|_| away("Meta cannot be reached"))?).await
    }

    /// Fetches a file of at most `most` bytes that a customer sent to `number`. Its address is asked for again once, as it
    /// does not last.
    ///
    /// # Errors
    /// Why not, for the log.
    pub async fn file(
        &self,
        number: &PhoneNumberId,
        media: &str,
        most: u64,
        timeout: Duration,
    ) -> Result<Vec<u8>, FileError> {
        let refused = |why: &str| Err(FileError::Refused(why.to_owned()));
        let mut last = String::new();
        for _ in 0..2 {
            let answer = self.ask(&[media], &[("phone_number_id", number.as_str())], None).await?;
            let Some(place) = Place::read(&answer) else {
                return Err(FileError::Away("Meta does not say where the file is".to_owned()));
            };
            if place.bytes.is_some_and(|bytes| bytes > most) {
                return refused("the file is too large");
            }
            if !place.is_metas(&self.base) {
                return refused("the file is not at one of Meta's addresses");
            }
            let get = self.http.get(place.url.clone()).bearer_auth(self.token.expose()).timeout(timeout);
            let away = |why: &str| FileError::Away(why.to_owned());
            let mut response = get.send().await.map_err(|_| away("the file cannot be reached"))?;
            let status = response.status();
            if !status.is_success() {
                last = format!("the file's address answered {}", status.as_u16());
                continue;
            }
            let limit = usize::try_from(most).unwrap_or(usize::MAX);
            let bytes = read(&mut response, limit).await.map_err(|_| away("the download broke off"))?;
            if bytes.len() as u64 > most {
                return refused("the file is too large");
            }
            return match place.sha256 {
                Some(digest) if !has_digest(&bytes, &digest) => refused("the file is not what Meta has"),
                Some(_) | None => Ok(bytes),
            };
        }
        Err(FileError::Away(last))
    }

    /// Puts a file of the business with Meta, which keeps it for 30 days; gives Meta's id of it. Twice does no harm.
    ///
    /// # Errors
    /// Why not, for the operator.
    pub async fn upload(&self, number: &PhoneNumberId, upload: &Upload) -> Result<String, FileError> {
        let away = |why: &str| FileError::Away(why.to_owned());
        let post = self.http.post(self.at(&[number.as_str(), "media"])).timeout(UPLOAD);
        let post = post.header(CONTENT_TYPE, Upload::content_type()).body(upload.form());
        let answer = post.bearer_auth(self.token.expose()).send().await;
        let response = answer.map_err(|_| away("Meta cannot be reached"))?;
        let answer = told(response).await?;
        let id = answer.get("id").and_then(Value::as_str).filter(|id| !id.is_empty() && id.len() <= 32);
        id.map(str::to_owned).ok_or_else(|| away("Meta does not say what it calls the file"))
    }

    async fn post<T: Serialize + Sync>(
        &self,
        number: &PhoneNumberId,
        body: &T,
    ) -> Result<Response, reqwest::Error> {
        let url = self.at(&[number.as_str(), "messages"]);
        self.http.post(url).bearer_auth(self.token.expose()).json(body).send().await
    }

    /// The address of something below the version.
    fn at(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&self.version).extend(path);
        }
        url
    }

    async fn meaning(&self, mut response: Response) -> Sent {
        let status = response.status();
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let after = after.and_then(|text| retry_after(text, self.clock.now()));
        let told = format!("Meta answered {}", status.as_u16());
        let Ok(body) = read(&mut response, ANSWER_BYTES).await else {
            return Sent::InDoubt { error: format!("{told} and broke off") };
        };
        if status.is_success() {
            return match taken(&body) {
                Some((wamid, held)) => Sent::Taken { wamid, held },
                None => Sent::InDoubt { error: format!("{told} and did not name the message") },
            };
        }
        let refused = |error| Sent::Refused { error, after };
        match GraphError::in_answer(&body) {
            // Whoever fails may have taken it all the same, whatever number the fault has.
            Some(error) if status.is_server_error() && error.code == 1 => {
                Sent::InDoubt { error: error.told() }
            }
            Some(error) => refused(error),
            None if status == StatusCode::TOO_MANY_REQUESTS => Sent::NotTaken { after, error: told },
            None if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN => {
                refused(GraphError { code: 190, ..GraphError::default() })
            }
            None if status.is_client_error() => {
                refused(GraphError { code: -i64::from(status.as_u16()), ..GraphError::default() })
            }
            None => Sent::InDoubt { error: told },
        }
    }
}

/// What an answer says, or what it refuses.
async fn told(mut response: Response) -> Result<Value, FileError> {
    let away = |why: &str| FileError::Away(why.to_owned());
    let status = response.status();
    let body = read(&mut response, ACCOUNT_BYTES).await.map_err(|_| away("Meta broke off"))?;
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(|_| away("Meta answered no JSON"));
    }
    let told = GraphError::in_answer(&body)
        .map_or_else(|| format!("Meta answered {}", status.as_u16()), |error| error.told());
    let may_pass = status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
    Err(if may_pass { FileError::Away(told) } else { FileError::Refused(told) })
}

fn unanswered(error: &reqwest::Error) -> Sent {
    if let Some(forbidden) = forbidden_in(error) {
        return Sent::NotTaken { after: None, error: format!("Meta must not be called: {forbidden}") };
    }
    // Without a connection nothing was sent.
    if error.is_connect() {
        return Sent::NotTaken { after: None, error: "Meta cannot be reached".to_owned() };
    }
    let error = if error.is_timeout() { "Meta did not answer in time" } else { "Meta broke off" };
    Sent::InDoubt { error: error.to_owned() }
}

/// The id in what Meta answers, and whether it keeps the message back.
fn taken(body: &[u8]) -> Option<(String, Option<String>)> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let message = answer.get("messages")?.get(0)?;
    let wamid = message.get("id")?.as_str()?;
    let is_id = (1..=WAMID_CHARACTERS).contains(&wamid.len()) && !wamid.contains(char::is_control);
    let held = message.get("message_status").and_then(Value::as_str).filter(|status| *status != "accepted");
    is_id.then(|| (wamid.to_owned(), held.map(str::to_owned)))
}

/// The beginning of a body, a little over `most` bytes at most.
async fn read(response: &mut Response, most: usize) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > most {
            break;
        }
    }
    Ok(body)
}
