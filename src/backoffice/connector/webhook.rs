//! What a vendor posts of its own accord: whether it is the vendor who posts, by a signature over the bytes as they came
//! or by a shared secret, and which records it names. Nothing else of a body is believed: whoever acts on it looks the
//! record up at the vendor. Pure.

use super::pack::{Encoding, NewsKind, Proof, WebhookSpec};
use crate::config::secret::Secret;
use crate::declared::reader::Placed;
use crate::domain::problem::Problem;
use crate::domain::secret::hexadecimal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value as Jinja};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// The setting that holds the secrets: several while one takes another one's place, with commas or spaces between.
pub const SECRETS: &str = "webhook_secrets";
/// Longest key of a record, and of an event, in characters.
const LONGEST_KEY: usize = 120;
/// Bytes of a signature.
const SIGNATURE: usize = 32;

/// A post as it came.
#[derive(Clone, Copy)]
pub struct Posted<'p> {
    /// Its headers.
    pub headers: &'p HeaderMap,
    /// What stands behind `?` in the address.
    pub query: &'p str,
    /// Its bytes.
    pub body: &'p [u8],
}

/// A record of which a vendor says that something became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Named {
    /// What kind of record, and what became of it.
    pub means: NewsKind,
    /// The record's key, as the vendor names it here.
    pub key: String,
}

/// What a signed post holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// The vendor's id of the event; the same comes again when the vendor repeats itself.
    pub id: Option<String>,
    /// The records it names; none if it is of no concern here.
    pub named: Vec<Named>,
}

/// The way in of one vendor.
pub struct Webhook {
    secrets: Vec<Secret>,
    proof: Compiled,
    id: Option<String>,
    events: Vec<Rule>,
    strict: Environment<'static>,
}

enum Compiled {
    Signed { header: String, part: Option<String>, prefix: String, encoding: Encoding, over: String },
    Shared { value: String },
}

struct Rule {
    when: Option<String>,
    means: NewsKind,
    key: String,
}

impl Webhook {
    /// Compiles what a file says; none if no secret is set, and then nobody is let in.
    pub fn new(spec: &WebhookSpec, secrets: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut strict = Environment::new();
        strict.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut template = |text: &Placed<String>| {
            if let Err(error) = Environment::new().template_from_str(&text.value) {
                problems.push(text.place.problem(format!("template: {error}")));
            }
            text.value.clone()
        };
        let proof = match &spec.proof {
            Proof::Signed { header, part, prefix, encoding, over } => Compiled::Signed {
                header: header.to_lowercase(),
                part: part.clone(),
                prefix: prefix.clone(),
                encoding: *encoding,
                over: template(over),
            },
            Proof::Shared { value } => Compiled::Shared { value: template(value) },
        };
        let id = spec.id.as_ref().map(&mut template);
        let keys: Vec<String> = spec.events.iter().map(|event| template(&event.key)).collect();
        let mut events = Vec::with_capacity(keys.len());
        for (event, key) in spec.events.iter().zip(keys) {
            if let Some(when) = &event.when
                && Environment::new().compile_expression(&when.value).is_err()
            {
                problems.push(when.place.problem("`when` is no expression"));
            }
            let when = event.when.as_ref().map(|when| when.value.clone());
            events.push(Rule { when, means: event.means, key });
        }
        let split = secrets.split([',', ' ', '\n', '\t']).filter(|secret| !secret.is_empty());
        let secrets: Vec<Secret> = split.map(Secret::new).collect();
        (!secrets.is_empty()).then_some(Self { secrets, proof, id, events, strict })
    }

    /// Whether the vendor posted this, by one of the secrets. Where they differ cannot be told from the time it takes.
    pub fn lets_in(&self, posted: Posted<'_>) -> bool {
        let Some(values) = values(posted, &Value::Null, self.part_header()) else { return false };
        match &self.proof {
            Compiled::Shared { value } => {
                let Ok(presented) = self.strict.render_str(value, &values) else { return false };
                let digest = |text: &str| Sha256::digest(text.as_bytes());
                let presented = digest(&presented);
                self.secrets
                    .iter()
                    .fold(false, |fits, secret| fits | bool::from(digest(secret.expose()).ct_eq(&presented)))
            }
            Compiled::Signed { header, part, prefix, encoding, over } => {
                let Some(text) = posted.headers.get(header).and_then(|value| value.to_str().ok()) else {
                    return false;
                };
                let text = match part {
                    Some(name) => parts(text).remove(name.as_str()),
                    None => text.trim().strip_prefix(prefix.as_str()).map(str::to_owned),
                };
                let presented = text.and_then(|text| decoded(&text, *encoding));
                let Some(presented) = presented else { return false };
                let Ok(over) = self.strict.render_str(over, &values) else { return false };
                self.secrets.iter().any(|secret| {
                    // HMAC takes keys of any length.
                    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else {
                        return false;
                    };
                    mac.update(over.as_bytes());
                    mac.finalize().into_bytes().as_slice().ct_eq(&presented).into()
                })
            }
        }
    }

    /// What a post that was let in holds. What cannot be read names nothing.
    pub fn read(&self, posted: Posted<'_>) -> Delivery {
        let body: Value = serde_json::from_slice(posted.body).unwrap_or_default();
        let nothing = Delivery { id: None, named: Vec::new() };
        let Some(values) = values(posted, &body, self.part_header()) else { return nothing };
        let lenient = lenient();
        let text = |template: &str| {
            let text = lenient.render_str(template, &values).unwrap_or_default();
            let text = text.trim();
            let is_key = !text.is_empty()
                && text.chars().count() <= LONGEST_KEY
                && !text.chars().any(|letter| letter.is_control() || letter.is_whitespace());
            is_key.then(|| text.to_owned())
        };
        let applies = |rule: &&Rule| {
            rule.when.as_ref().is_none_or(|when| {
                let compiled = lenient.compile_expression(when);
                compiled.and_then(|when| when.eval(&values)).is_ok_and(|value| value.is_true())
            })
        };
        let named = self.events.iter().filter(applies);
        Delivery {
            id: self.id.as_deref().and_then(text).map(|id| {
                // Some vendors sign the body alone: under the id of another post nothing is taken for known.
                format!("{id} {}", hexadecimal(&Sha256::digest(posted.body)[..8]))
            }),
            named: named
                .filter_map(|rule| Some(Named { means: rule.means, key: text(&rule.key)? }))
                .collect(),
        }
    }

    fn part_header(&self) -> Option<&str> {
        match &self.proof {
            Compiled::Signed { header, part: Some(_), .. } => Some(header),
            Compiled::Signed { .. } | Compiled::Shared { .. } => None,
        }
    }
}

/// For bodies that may lack anything.
fn lenient<'e>() -> Environment<'e> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_recursion_limit(64);
    environment
}

/// What templates may name: `raw`, `body`, `header`, `query`, `part`, `password`. None for bytes that are no text.
fn values(posted: Posted<'_>, body: &Value, part_header: Option<&str>) -> Option<Jinja> {
    let raw = std::str::from_utf8(posted.body).ok()?;
    let headers: BTreeMap<String, String> = posted
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let address = Url::parse(&format!("http://host/?{}", posted.query)).ok()?;
    let query: BTreeMap<String, String> = address.query_pairs().into_owned().collect();
    let part = part_header.and_then(|name| headers.get(name)).map(|text| parts(text)).unwrap_or_default();
    let password = headers.get(AUTHORIZATION.as_str()).and_then(|value| password(value));
    Some(minijinja::context! {
        raw, part, query, password,
        header => headers,
        body => Jinja::from(Serde(body)),
    })
}

/// `ts=1,v1=ab` by name.
fn parts(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split(',').filter_map(|part| part.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

/// The password of RFC 7617.
fn password(authorization: &str) -> Option<String> {
    let encoded = authorization.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}

fn decoded(text: &str, encoding: Encoding) -> Option<[u8; SIGNATURE]> {
    match encoding {
        Encoding::Base64 => STANDARD.decode(text).ok()?.try_into().ok(),
        Encoding::Hex => {
            let mut bytes = [0; SIGNATURE];
            if text.len() != 2 * SIGNATURE || !text.is_ascii() {
                return None;
            }
            for (place, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
            }
            Some(bytes)
        }
    }
}
