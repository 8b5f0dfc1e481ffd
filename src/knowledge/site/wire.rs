//! One polite request after the other to one host: conditional, never off the host, within limits of time and bytes. Knows
//! nothing of pages' contents.

use crate::limits::net::{Allowance, Forbidden, client_builder, forbidden_in, guard_url};
use crate::limits::pause::Pause;
use http::header::{CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION};
use http::{HeaderMap, HeaderName, StatusCode};
use reqwest::{Client, Url};
use std::time::Duration;

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(30);

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 5;

/// All that a visit may fetch, in bytes.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// What a server said of a version of a page.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Validators {
    /// Its mark.
    pub etag: Option<String>,
    /// When it was changed.
    pub last_modified: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub enum Answer {
    /// It is as it was.
    Unchanged,
    /// Here it is.
    Body {
        /// The address it has now.
        url: Box<Url>,
        /// What it is, without parameters.
        kind: String,
        /// The encoding the server names.
        charset: Option<String>,
        /// Marks of this version.
        validators: Validators,
        /// Itself.
        bytes: Vec<u8>,
    },
    /// It is not there any more, or may not be read.
    Gone(StatusCode),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The server cannot be reached, or cannot answer now.
    #[error("{0}")]
    Away(String),
    /// The answer is not to be used.
    #[error("{0}")]
    Refused(String),
    /// The address may not be called.
    #[error("{0}")]
    Forbidden(Forbidden),
}

/// Requests to one host.
pub struct Wire<'a> {
    client: Client,
    allowance: &'a Allowance,
    pause: &'a dyn Pause,
    home: Url,
    /// The least time between two requests.
    pub delay: Duration,
    asked: bool,
    bytes_left: u64,
}

impl<'a> Wire<'a> {
    /// Requests to the host of `home`.
    ///
    /// # Errors
    /// The host may not be called.
    pub fn new(
        home: &Url,
        delay: Duration,
        allowance: &'a Allowance,
        pause: &'a dyn Pause,
    ) -> Result<Self, Fault> {
        guard_url(home, allowance).map_err(Fault::Forbidden)?;
        let client = client_builder(allowance).timeout(REQUEST).build();
        let client = client.map_err(|error| Fault::Refused(format!("no HTTPS on this machine: {error}")))?;
        Ok(Self { client, allowance, pause, home: home.clone(), delay, asked: false, bytes_left: MOST_BYTES })
    }

    /// Whether an address is on the host.
    pub fn is_home(&self, url: &Url) -> bool {
        // A site that moves from http to https stays the same one.
        let secured = self.home.scheme() == "http" && url.scheme() == "https" && url.port().is_none();
        url.host_str() == self.home.host_str() && (url.origin() == self.home.origin() || secured)
    }

    /// Fetches at most `largest` bytes; `admits` is asked about every address on the way.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn get(
        &mut self,
        url: &Url,
        validators: &Validators,
        largest: u64,
        admits: &(dyn Fn(&Url) -> bool + Sync),
    ) -> Result<Answer, Fault> {
        let mut url = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            if !self.is_home(&url) || !admits(&url) {
                return Err(Fault::Refused(format!("it leads to {url}, where we do not go")));
            }
            guard_url(&url, self.allowance).map_err(Fault::Forbidden)?;
            if self.asked {
                self.pause.pause(self.delay).await;
            }
            self.asked = true;
            let mut request = self.client.get(url.clone());
            if let Some(etag) = &validators.etag {
                request = request.header(IF_NONE_MATCH, etag);
            }
            if let Some(date) = &validators.last_modified {
                request = request.header(IF_MODIFIED_SINCE, date);
            }
            let response = request.send().await.map_err(|error| match forbidden_in(&error) {
                Some(forbidden) => Fault::Forbidden(forbidden.clone()),
                None => Fault::Away(plain(&error)),
            })?;
            match response.status() {
                StatusCode::NOT_MODIFIED => return Ok(Answer::Unchanged),
                status if status.is_redirection() => {
                    let next = header(response.headers(), &LOCATION).and_then(|next| url.join(&next).ok());
                    url = next.ok_or_else(|| Fault::Refused("a redirect that leads nowhere".to_owned()))?;
                    url.set_fragment(None);
                }
                status if status.is_success() => return self.body(url, response, largest).await,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                    return Err(Fault::Away(format!("the server answers {}", response.status())));
                }
                status if status.is_client_error() => return Ok(Answer::Gone(status)),
                status => return Err(Fault::Away(format!("the server answers {status}"))),
            }
        }
        Err(Fault::Refused(format!("more than {MOST_REDIRECTS} redirects")))
    }

    async fn body(
        &mut self,
        url: Url,
        mut response: reqwest::Response,
        largest: u64,
    ) -> Result<Answer, Fault> {
        let headers = response.headers();
        let kind = header(headers, &CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
        let charset = kind.split("charset=").nth(1).map(|name| name.trim_matches(['"', ' ', ';']).to_owned());
        let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
        let validators =
            Validators { etag: header(headers, &ETAG), last_modified: header(headers, &LAST_MODIFIED) };
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Fault::Away(plain(&error)))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > largest.min(self.bytes_left) {
                return Err(Fault::Refused(format!("it is larger than the {largest} bytes allowed")));
            }
        }
        self.bytes_left -= bytes.len() as u64;
        Ok(Answer::Body { url: Box::new(url), kind, charset, validators, bytes })
    }
}

fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The cause at the bottom, without the address, which the caller names.
fn plain(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "the server does not answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    format!("the server cannot be reached: {cause}")
}
