//! How calls are authorised. Texts are filled in once, when the connector is put together; tokens that end are
//! renewed, by one process at a time, and kept before they are used.

use super::fault::Fault;
use super::pack::{Auth, Grant, OAuth, SessionSpec};
use super::token::Tokens;
use super::values::Fixed;
use super::wire::Wire;
use crate::declared::reader::Placed;
use crate::declared::request::Filled;
use crate::domain::problem::Problem;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, UndefinedBehavior};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

/// Authorises the calls of one connector.
pub enum Authorizer {
    /// Nothing to add.
    None,
    /// The same header with every call.
    Header(HeaderName, HeaderValue),
    /// The same query parameter with every call.
    Query(String, String),
    /// A bearer token that ends.
    Token(Box<Tokens>),
}

impl Authorizer {
    /// Fills in what a file says; `tokens` makes the keeper of tokens that end.
    pub fn new(
        auth: &Auth,
        fixed: &Fixed,
        problems: &mut Vec<Problem>,
        tokens: impl FnOnce(&OAuth, &mut Vec<Problem>) -> Option<Tokens>,
    ) -> Option<Self> {
        Some(match auth {
            Auth::None => Self::None,
            Auth::Header { name, value } => {
                let text = filled(value, fixed, problems)?;
                let name = HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| problems.push(value.place.problem(format!("`{name}` is no header name"))))
                    .ok()?;
                Self::Header(name, header_value(&text, value, problems)?)
            }
            Auth::Basic { user, password } => {
                let (name, secret) = (filled(user, fixed, problems)?, filled(password, fixed, problems)?);
                let text = basic(&name, &secret);
                Self::Header(AUTHORIZATION, header_value(&text, user, problems)?)
            }
            Auth::Query { name, value } => Self::Query(name.clone(), filled(value, fixed, problems)?),
            Auth::OAuth(oauth) => Self::Token(Box::new(tokens(oauth, problems)?)),
        })
    }

    /// Adds what authorises a call.
    ///
    /// # Errors
    /// As renewing a token.
    pub async fn apply(&self, request: &mut Filled, wire: &Wire) -> Result<(), Fault> {
        match self {
            Self::None => {}
            Self::Header(name, value) => {
                request.headers.insert(name, value.clone());
            }
            Self::Query(name, value) => {
                request.url.query_pairs_mut().append_pair(name, value);
            }
            Self::Token(tokens) => {
                let token = tokens.access(wire).await?;
                let (name, text) = tokens.carried(&token);
                let mut value = HeaderValue::from_str(&text)
                    .map_err(|_| Fault::Broken("the token that was given is no token".to_owned()))?;
                value.set_sensitive(true);
                request.headers.insert(name, value);
            }
        }
        Ok(())
    }

    /// The keeper of tokens that end.
    pub fn tokens(&self) -> Option<&Tokens> {
        match self {
            Self::Token(tokens) => Some(tokens),
            Self::None | Self::Header(..) | Self::Query(..) => None,
        }
    }

    /// Gets another token because the present one is refused. Whether there is another one now.
    ///
    /// # Errors
    /// As renewing a token.
    pub async fn renew(&self, wire: &Wire) -> Result<bool, Fault> {
        match self {
            Self::None | Self::Header(..) | Self::Query(..) => Ok(false),
            Self::Token(tokens) => tokens.refused(wire).await.map(|()| true),
        }
    }
}

/// User and password as RFC 7617 wants them.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// A text with the settings filled in.
pub fn filled(text: &Placed<String>, fixed: &Fixed, problems: &mut Vec<Problem>) -> Option<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let rendered = environment.render_str(&text.value, fixed.values());
    // The error may quote a credential; the kind says enough.
    rendered.map_err(|error| problems.push(text.place.problem(format!("template: {}", error.kind())))).ok()
}

fn header_value(text: &str, written: &Placed<String>, problems: &mut Vec<Problem>) -> Option<HeaderValue> {
    match HeaderValue::from_str(text) {
        Ok(mut value) => {
            value.set_sensitive(true);
            Some(value)
        }
        Err(_) => {
            let message = "a credential holds a line break or another character that no header can carry";
            problems.push(written.place.problem(message));
            None
        }
    }
}

/// What a token is asked for with, filled in.
pub struct Filling {
    /// By which right.
    pub grant: FilledGrant,
    /// Where a person lets the program in.
    pub authorize_url: Option<Url>,
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
    /// Whether they go into a Basic header.
    pub basic: bool,
    /// Scope.
    pub scope: String,
    /// The header that carries the token as it is.
    pub header: Option<HeaderName>,
}

/// By which right a token is asked for.
pub enum FilledGrant {
    /// The client's own.
    ClientCredentials,
    /// A refresh token, this one first.
    RefreshToken(String),
    /// A service account, by its key file.
    ServiceAccount(String),
    /// A session.
    Session(Session),
}

/// A session, filled in.
pub struct Session {
    /// Headers of the call that opens it.
    pub headers: HeaderMap,
    /// The member of the answer that holds its token.
    pub token: String,
    /// The header that carries the token.
    pub name: HeaderName,
}

impl Session {
    fn new(
        spec: &SessionSpec,
        place: &Placed<String>,
        fixed: &Fixed,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let mut named = |name: &str| {
            let read = HeaderName::from_bytes(name.as_bytes());
            read.map_err(|_| problems.push(place.place.problem(format!("`{name}` is no header name")))).ok()
        };
        let carrier = named(&spec.name)?;
        let names: Vec<HeaderName> =
            spec.headers.iter().map(|(name, _)| named(name)).collect::<Option<_>>()?;
        let mut headers = HeaderMap::new();
        for (name, (_, value)) in names.into_iter().zip(&spec.headers) {
            let text = filled(value, fixed, problems)?;
            if !text.is_empty() {
                headers.insert(name, header_value(&text, value, problems)?);
            }
        }
        Some(Self { headers, token: spec.token.clone(), name: carrier })
    }
}

impl Filling {
    /// Fills in what a file says.
    pub fn new(
        oauth: &OAuth,
        authorize_url: Option<Url>,
        fixed: &Fixed,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let grant = match &oauth.grant {
            Grant::ClientCredentials => FilledGrant::ClientCredentials,
            Grant::RefreshToken(text) => FilledGrant::RefreshToken(filled(text, fixed, problems)?),
            Grant::ServiceAccount(text) => FilledGrant::ServiceAccount(filled(text, fixed, problems)?),
            Grant::Session(spec) => {
                FilledGrant::Session(Session::new(spec, &oauth.token_url, fixed, problems)?)
            }
        };
        let named = |name: &Placed<String>| {
            let read = HeaderName::from_bytes(name.value.as_bytes());
            read.map_err(|_| name.place.problem(format!("`{}` is no header name", name.value)))
        };
        let header = match oauth.header.as_ref().map(named).transpose() {
            Ok(header) => header,
            Err(problem) => {
                problems.push(problem);
                return None;
            }
        };
        Some(Self {
            grant,
            authorize_url,
            client_id: filled(&oauth.client_id, fixed, problems)?,
            client_secret: filled(&oauth.client_secret, fixed, problems)?,
            basic: oauth.basic,
            scope: oauth.scope.clone(),
            header,
        })
    }
}
