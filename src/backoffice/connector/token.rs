//! Bearer tokens and sessions that end. A new one is kept before it is used, because some vendors kill the old one with every
//! renewal; and only one process renews at a time, because then the other's would be dead.

use super::auth::{FilledGrant, Filling, basic};
use super::consent::Consent;
use super::fault::Fault;
use super::service_account::assertion;
use super::wire::Wire;
use crate::config::secret::Secret;
use crate::declared::request::Filled;
use crate::declared::template::percent_encoded;
use crate::domain::secret::hexadecimal;
use crate::store::connectors::{ConnectorStore, KeptToken};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A token is renewed so long before it ends.
const EARLY: SignedDuration = SignedDuration::from_secs(10);
/// How long a process has a renewal to itself.
const CLAIM: SignedDuration = SignedDuration::from_secs(30);
/// How often a process looks whether another one is done renewing.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often it looks at most.
const LOOKS: u32 = 120;
/// How long a token is taken to hold when the vendor does not say.
const UNSAID: i64 = 3_600;
/// How long a session is taken to hold: it is the vendor that refuses it when it is over.
const SESSION: i64 = 30 * 86_400;

/// Hides tokens in the store.
pub trait Sealer: Send + Sync {
    /// What is kept.
    fn seal(&self, text: &str) -> String;
    /// What was hidden; `None` if it cannot be read any more.
    fn open(&self, sealed: &str) -> Option<String>;
}

/// The tokens of one connector.
pub struct Tokens {
    filling: Filling,
    url: Url,
    seed: String,
    store: Arc<dyn ConnectorStore>,
    sealer: Arc<dyn Sealer>,
    /// What this process knows.
    known: Mutex<Option<Known>>,
}

#[derive(Clone)]
struct Known {
    generation: i64,
    access: String,
    expires_at: Timestamp,
}

impl Tokens {
    /// Tokens that are asked for at `url`.
    pub fn new(filling: Filling, url: Url, store: Arc<dyn ConnectorStore>, sealer: Arc<dyn Sealer>) -> Self {
        let first = match &filling.grant {
            FilledGrant::ClientCredentials => filling.client_id.clone(),
            FilledGrant::RefreshToken(token) => token.clone(),
            FilledGrant::ServiceAccount(key) => key.clone(),
            FilledGrant::Session(session) => {
                let texts = session.headers.values().map(|value| value.to_str().unwrap_or_default());
                texts.collect::<Vec<_>>().join("\n")
            }
        };
        let seed = hexadecimal(&Sha256::digest(first.as_bytes())[..16]);
        Self { filling, url, seed, store, sealer, known: Mutex::default() }
    }

    /// The header that carries a token, and its text.
    pub fn carried(&self, token: &str) -> (HeaderName, String) {
        match (&self.filling.grant, &self.filling.header) {
            (FilledGrant::Session(session), _) => (session.name.clone(), token.to_owned()),
            (_, Some(header)) => (header.clone(), token.to_owned()),
            (
                FilledGrant::ClientCredentials
                | FilledGrant::RefreshToken(_)
                | FilledGrant::ServiceAccount(_),
                None,
            ) => (AUTHORIZATION, format!("Bearer {token}")),
        }
    }

    /// A token that holds.
    ///
    /// # Errors
    /// `Unauthorized` if none is given any more; otherwise as a call.
    pub async fn access(&self, wire: &Wire) -> Result<String, Fault> {
        let now = wire.clock.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| holds(known.expires_at, now)) {
            return Ok(known.access);
        }
        self.renewed(wire, None).await
    }

    /// The vendor refuses the token that this process used: gets the next one.
    ///
    /// # Errors
    /// As [`Tokens::access`].
    pub async fn refused(&self, wire: &Wire) -> Result<(), Fault> {
        let refused = self.known.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.renewed(wire, refused.map(|known| known.generation)).await.map(drop)
    }

    /// The newest token; renewed by this process or by another one. `dead` is a generation that is refused.
    async fn renewed(&self, wire: &Wire, dead: Option<i64>) -> Result<String, Fault> {
        for _ in 0..LOOKS {
            let now = wire.clock.now();
            let kept = self.kept(&wire.name).await?;
            if let Some(kept) = &kept
                && dead != Some(kept.generation)
                && kept.seed == self.seed
                && holds(kept.expires_at, now)
            {
                return Ok(self.learn(kept));
            }
            let generation = kept.as_ref().map_or(0, |kept| kept.generation);
            let until = now.checked_add(CLAIM).unwrap_or(now);
            if self.store.claim_renewal(&wire.name, generation, now, until).await? {
                let asked = self.ask(wire, kept.as_ref()).await;
                return match asked {
                    Ok(next) => {
                        let next = KeptToken { generation: generation + 1, seed: self.seed.clone(), ..next };
                        let sealed = KeptToken {
                            access: self.sealer.seal(&next.access),
                            refresh: self.sealer.seal(&next.refresh),
                            ..next.clone()
                        };
                        self.store.keep_token(&wire.name, &sealed).await?;
                        Ok(self.learn(&next))
                    }
                    Err(fault) => {
                        self.store.give_up_renewal(&wire.name).await?;
                        Err(fault)
                    }
                };
            }
            wire.pause.pause(LOOK_EVERY).await;
        }
        Err(Fault::Away)
    }

    fn learn(&self, kept: &KeptToken) -> String {
        let known =
            Known { generation: kept.generation, access: kept.access.clone(), expires_at: kept.expires_at };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        kept.access.clone()
    }

    /// What is in the store, opened; nothing if its key was lost: then the operator's first token is tried again.
    async fn kept(&self, connector: &str) -> Result<Option<KeptToken>, Fault> {
        let Some(kept) = self.store.token(connector).await? else { return Ok(None) };
        let (access, refresh) = (self.sealer.open(&kept.access), self.sealer.open(&kept.refresh));
        Ok(Some(match (access, refresh) {
            (Some(access), Some(refresh)) => KeptToken { access, refresh, ..kept },
            _ => {
                tracing::warn!(connector, "the token that was kept cannot be read; asking for another one");
                KeptToken { seed: String::new(), access: String::new(), refresh: String::new(), ..kept }
            }
        }))
    }

    /// Asks the vendor for the next token.
    async fn ask(&self, wire: &Wire, kept: Option<&KeptToken>) -> Result<KeptToken, Fault> {
        let now = wire.clock.now();
        let filling = &self.filling;
        let refresh = match &filling.grant {
            FilledGrant::RefreshToken(first) => {
                kept.filter(|kept| kept.seed == self.seed).map_or(first, |kept| &kept.refresh).clone()
            }
            FilledGrant::ClientCredentials | FilledGrant::ServiceAccount(_) | FilledGrant::Session(_) => {
                String::new()
            }
        };
        let form: Vec<(&str, String)> = match &filling.grant {
            FilledGrant::Session(session) => {
                let opening = Filled {
                    method: Method::GET,
                    url: self.url.clone(),
                    headers: session.headers.clone(),
                    body: None,
                };
                return Ok(kept_token(self.given(wire, &opening, now).await?, refresh));
            }
            FilledGrant::ClientCredentials => vec![("grant_type", "client_credentials".to_owned())],
            FilledGrant::RefreshToken(_) => {
                vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", refresh.clone())]
            }
            FilledGrant::ServiceAccount(key) => vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
                ("assertion", assertion(key, &filling.scope, &self.url, now).map_err(Fault::Broken)?),
            ],
        };
        Ok(kept_token(self.exchange(wire, form, now).await?, refresh))
    }

    /// Where and how a person lets the program in.
    pub fn consent(&self, redirect: &Url) -> Option<Consent> {
        let filling = &self.filling;
        let url = filling.authorize_url.as_ref()?;
        Some(Consent::new(url, &filling.client_id, &filling.scope, redirect))
    }

    /// The refresh token that a code of consent is worth. It is kept by nobody here: whoever asks for it does that.
    ///
    /// # Errors
    /// As [`Tokens::access`].
    pub async fn first(&self, wire: &Wire, consent: &Consent, code: &str) -> Result<Secret, Fault> {
        let form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", consent.redirect().to_owned()),
            ("code_verifier", consent.verifier().to_owned()),
        ];
        let given = self.exchange(wire, form, wire.clock.now()).await?;
        let nothing =
            || Fault::Broken("the vendor gave no refresh token; it may want another scope".to_owned());
        given.refresh.filter(|token| !token.is_empty()).map(Secret::new).ok_or_else(nothing)
    }

    /// One question to the vendor's token endpoint (RFC 6749 §5), as this client.
    async fn exchange(
        &self,
        wire: &Wire,
        mut form: Vec<(&str, String)>,
        now: Timestamp,
    ) -> Result<Given, Fault> {
        let filling = &self.filling;
        let is_service = matches!(filling.grant, FilledGrant::ServiceAccount(_));
        if !filling.scope.is_empty() && !is_service {
            form.push(("scope", filling.scope.clone()));
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        if filling.basic {
            let value = HeaderValue::from_str(&basic(&filling.client_id, &filling.client_secret));
            let value = value.map_err(|_| Fault::Broken("the client's id or secret is none".to_owned()))?;
            headers.insert(AUTHORIZATION, value);
        } else if !is_service {
            form.push(("client_id", filling.client_id.clone()));
            form.push(("client_secret", filling.client_secret.clone()));
        }
        let pairs: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
        let request =
            Filled { method: Method::POST, url: self.url.clone(), headers, body: Some(pairs.join("&")) };
        self.given(wire, &request, now).await
    }

    /// Sends a request for a token and judges the answer.
    async fn given(&self, wire: &Wire, request: &Filled, now: Timestamp) -> Result<Given, Fault> {
        let filling = &self.filling;
        crate::limits::net::guard_url(&request.url, &wire.allowance)
            .map_err(|_| Fault::Broken("the system may not be called as it is set up".to_owned()))?;
        // Sent once: a refresh token that rotates is dead after the first answer, whether it was heard or not.
        let answer = wire.send(request).await.map_err(|_| Fault::Away)?;
        match answer.status.as_u16() {
            200..=299 => {}
            400 | 401 | 403 => {
                tracing::error!(
                    connector = %wire.name,
                    status = answer.status.as_u16(),
                    error = answer.body["error"].as_str().unwrap_or_default(),
                    "the vendor gives no token for the credentials that were set up; authorise the connector anew"
                );
                return Err(Fault::Unauthorized);
            }
            429 => return Err(Fault::Limited),
            _ => return Err(Fault::Away),
        }
        let (member, unsaid) = match &filling.grant {
            FilledGrant::Session(session) => (session.token.as_str(), SESSION),
            FilledGrant::ClientCredentials
            | FilledGrant::RefreshToken(_)
            | FilledGrant::ServiceAccount(_) => ("access_token", UNSAID),
        };
        let access = answer.body[member].as_str().filter(|token| !token.is_empty());
        let Some(access) = access else {
            return Err(Fault::Broken("the vendor's answer holds no token".to_owned()));
        };
        let seconds = match &answer.body["expires_in"] {
            Value::Number(seconds) => seconds.as_f64().map_or(unsaid, |seconds| seconds as i64),
            Value::String(text) => text.parse().unwrap_or(unsaid),
            _ => unsaid,
        };
        let expires_at =
            now.checked_add(SignedDuration::from_secs(seconds.clamp(1, 365 * 86_400))).unwrap_or(now);
        let refresh = answer.body["refresh_token"].as_str().map(str::to_owned);
        Ok(Given { access: access.to_owned(), refresh, expires_at })
    }
}

/// What a token endpoint gave.
struct Given {
    access: String,
    /// None if the one before stays.
    refresh: Option<String>,
    expires_at: Timestamp,
}

/// As it is kept; `before` is the refresh token that stays if no other one was given.
fn kept_token(given: Given, before: String) -> KeptToken {
    KeptToken {
        generation: 0,
        seed: String::new(),
        access: given.access,
        refresh: given.refresh.unwrap_or(before),
        expires_at: given.expires_at,
    }
}

fn holds(expires_at: Timestamp, now: Timestamp) -> bool {
    expires_at.duration_since(now) > EARLY
}
