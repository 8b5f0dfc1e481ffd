//! What a call proves itself with, as the document says: each credential becomes a secret of the operator's, and a place
//! in the request. No value of a secret passes through here.

use super::document::{Document, Found};
use super::names::words;
use super::operations::Operation;
use super::schema::plain_text;
use crate::domain::problem::Problem;

/// A secret that the operator has to give.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct NeededSecret {
    /// Its name.
    pub name: String,
    /// What it is.
    pub meaning: String,
}

/// The proof of one operation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Credential {
    /// Headers with their templates.
    pub headers: Vec<(String, String)>,
    /// Query parameters with their templates.
    pub query: Vec<(String, String)>,
    /// The secrets in them.
    pub secrets: Vec<NeededSecret>,
}

impl Credential {
    fn secret(&mut self, name: String, meaning: &str) -> String {
        let template = format!("secret.{name}");
        self.secrets.push(NeededSecret { name, meaning: meaning.to_owned() });
        template
    }

    /// Sends a secret in a header.
    pub fn header(&mut self, header: &str, name: String, meaning: &str) {
        let value = self.secret(name, meaning);
        self.headers.push((header.to_owned(), format!("{{{{ {value} }}}}")));
    }

    /// Sends a secret in the query.
    pub fn query(&mut self, key: &str, name: String, meaning: &str) {
        let value = self.secret(name, meaning);
        self.query.push((key.to_owned(), format!("{{{{ {value} }}}}")));
    }

    /// Sends a secret as a bearer token.
    pub fn bearer(&mut self, name: String, meaning: &str) {
        let value = self.secret(name, meaning);
        self.headers.push(("Authorization".to_owned(), format!("Bearer {{{{ {value} }}}}")));
    }

    /// Whether anything proves who calls.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }
}

/// Words that tell no vendor from another.
const EMPTY: [&str; 8] = ["api", "rest", "the", "openapi", "swagger", "v1", "v2", "v3"];

/// The name of a secret: what the vendor is called and what it is for, in capitals.
pub fn secret_name(vendor: &str, purpose: &str) -> String {
    let vendor: Vec<String> =
        words(vendor).into_iter().filter(|word| !EMPTY.contains(&word.as_str())).take(3).collect();
    let purpose = words(purpose);
    let purpose = purpose.iter().filter(|word| *word != "x" && !vendor.contains(word)).map(String::as_str);
    let all: Vec<&str> = vendor.iter().map(String::as_str).chain(purpose).collect();
    let name = all.join("_").to_ascii_uppercase();
    // A template's names begin with a letter.
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) { name } else { format!("API_{name}") }
}

/// Whether a parameter of this name carries a credential, whatever the document calls it.
pub fn is_credential(name: &str) -> bool {
    let words = words(name);
    let has = |word: &str| words.iter().any(|known| known == word);
    ["authorization", "secret", "password", "apikey", "token"].iter().any(|word| has(word))
        || has("api") && has("key")
        || has("access") && has("key")
}

/// How well a way to prove it suits a program: the smaller, the better. `None` is none that we can go.
fn suits(scheme: &Found<'_>) -> Option<u8> {
    match (
        scheme.text("type"),
        scheme.text("scheme").map(str::to_ascii_lowercase).as_deref(),
        scheme.text("in"),
    ) {
        (Some("http"), Some("bearer"), _) | (Some("apiKey"), _, Some("header")) => Some(0),
        (Some("http"), Some("basic"), _) => Some(1),
        (Some("apiKey"), _, Some("query")) => Some(2),
        (Some("oauth2" | "openIdConnect"), _, _) => Some(3),
        _ => None,
    }
}

/// What the operation asks for. `vendor` begins the names of secrets.
///
/// # Errors
/// It can only be proven in ways that a tool cannot go.
pub fn credential(
    document: &Document,
    operation: &Operation<'_>,
    vendor: &str,
) -> Result<Credential, Problem> {
    let root = document.root();
    let place = if operation.found.get("security").is_some() { &operation.found } else { &root };
    let asked = place.list("security");
    let mut best: Option<(u8, Credential)> = None;
    let mut without = asked.is_empty();
    for requirement in &asked {
        let schemes: Vec<&String> =
            requirement.value.as_object().into_iter().flat_map(|one| one.keys()).collect();
        if schemes.is_empty() {
            without = true;
            continue;
        }
        let Some((suits, credential)) = proven(document, &schemes, vendor)? else { continue };
        if best.as_ref().is_none_or(|(known, _)| suits < *known) {
            best = Some((suits, credential));
        }
    }
    match best {
        Some((_, credential)) => Ok(credential),
        None if without => Ok(Credential::default()),
        None => {
            let pointer = format!("{}/security", place.pointer);
            let message =
                "a tool can send a key, a bearer token or a name with a password; none of these is asked for";
            Err(document.problem(&pointer, message))
        }
    }
}

/// Whether several schemes send a key under this name.
fn shares(document: &Document, key: &str) -> bool {
    let all = document.root().get("components").and_then(|all| all.get("securitySchemes"));
    let schemes = all.iter().flat_map(|all| all.value.as_object()).flat_map(|all| all.values());
    schemes.filter(|scheme| scheme.get("name").and_then(|name| name.as_str()) == Some(key)).count() > 1
}

/// All of `schemes` together, and how well the worst of them suits.
fn proven(
    document: &Document,
    schemes: &[&String],
    vendor: &str,
) -> Result<Option<(u8, Credential)>, Problem> {
    let mut credential = Credential::default();
    let mut worst = 0;
    for name in schemes {
        let place = document.root().get("components").and_then(|all| all.get("securitySchemes"));
        let Some(scheme) = place.and_then(|all| all.get(name)) else {
            return Err(document.problem("#/components/securitySchemes", format!("there is no `{name}`")));
        };
        let scheme = document.follow(scheme)?;
        let Some(suits) = suits(&scheme) else { return Ok(None) };
        worst = worst.max(suits);
        let about = plain_text(scheme.text("description").unwrap_or_default(), 120);
        let about = if about.is_empty() { String::new() } else { format!(": {about}") };
        let key = scheme.text("name").unwrap_or_default();
        match (suits, scheme.text("in")) {
            (0, Some("header")) if scheme.text("type") == Some("apiKey") => {
                // Keys of different people that go in the same header are different secrets.
                let purpose = if shares(document, key) { name.as_str() } else { key };
                credential.header(key, secret_name(vendor, purpose), &format!("the header `{key}`{about}"));
            }
            (2, _) => credential.query(key, secret_name(vendor, key), &format!("the query's `{key}`{about}")),
            (1, _) => {
                let user = credential.secret(secret_name(vendor, "user"), &format!("the user's name{about}"));
                let password = credential.secret(secret_name(vendor, "password"), "that user's password");
                let pair = format!("Basic {{{{ ({user} ~ ':' ~ {password}) | base64 }}}}");
                credential.headers.push(("Authorization".to_owned(), pair));
            }
            (3, _) => {
                let about = format!("an OAuth access token; it is sent as it is and not renewed{about}");
                credential.bearer(secret_name(vendor, "token"), &about);
            }
            _ => credential.bearer(secret_name(vendor, "token"), &format!("the bearer token{about}")),
        }
    }
    Ok(Some((worst, credential)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::import::operations::operations;

    const API: &str = "
openapi: 3.1.0
info: {title: The Erp API v2}
security: [{cookie: []}, {basic: []}, {user: []}]
paths:
  /a: {get: {operationId: best}}
  /b: {get: {operationId: basic, security: [{basic: []}]}}
  /c: {get: {operationId: both, security: [{query: [], other: []}]}}
  /d: {get: {operationId: oauth, security: [{oauth: []}]}}
  /e: {get: {operationId: open, security: []}}
  /f: {get: {operationId: optional, security: [{}, {basic: []}]}}
  /g: {get: {operationId: cookie, security: [{cookie: []}]}}
  /h: {get: {operationId: lost, security: [{gone: []}]}}
components:
  securitySchemes:
    basic: {type: http, scheme: Basic}
    user: {type: apiKey, in: header, name: X-Token, description: 'The user''s.'}
    other: {type: apiKey, in: header, name: X-Token}
    query: {type: apiKey, in: query, name: api_key}
    cookie: {type: apiKey, in: cookie, name: sid}
    oauth: {type: oauth2, flows: {}}
";

    #[test]
    fn every_way_that_a_tool_can_go_becomes_a_template_and_a_secret() {
        let document = Document::read("api.yaml", API).map_err(|problem| problem.to_string()).unwrap();
        let proof = |id: &str| {
            let all = operations(&document, "").unwrap_or_default();
            let operation = all.iter().find(|operation| operation.id == id).unwrap();
            credential(&document, operation, document.title()).map_err(|problem| problem.to_string())
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let best = proof("best").unwrap();
        assert_eq!(best.headers, [pair("X-Token", "{{ secret.ERP_USER }}")]);
        assert_eq!(best.secrets[0].meaning, "the header `X-Token`: The user's.");
        let basic = "Basic {{ (secret.ERP_USER ~ ':' ~ secret.ERP_PASSWORD) | base64 }}";
        assert_eq!(proof("basic").unwrap().headers, [pair("Authorization", basic)]);
        assert_eq!(proof("optional").unwrap().headers, [pair("Authorization", basic)]);
        let both = proof("both").unwrap();
        assert_eq!(both.query, [pair("api_key", "{{ secret.ERP_API_KEY }}")]);
        assert_eq!(both.headers, [pair("X-Token", "{{ secret.ERP_OTHER }}")]);
        assert_eq!(proof("oauth").unwrap().headers, [pair("Authorization", "Bearer {{ secret.ERP_TOKEN }}")]);
        assert!(proof("open").unwrap().is_empty());
        assert!(proof("cookie").unwrap_err().contains("at #/paths/~1g/get/security: a tool can send a key"));
        assert!(proof("lost").unwrap_err().contains("there is no `gone`"));
    }
}
