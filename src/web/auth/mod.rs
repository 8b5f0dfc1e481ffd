//! Who may do what: visitors by their conversation's token, people and programs of the business by API key.
//!
//! A call without credentials gets 401. A token that does not open the conversation gets 404, whether the
//! conversation exists or not, so that nobody can probe for ids. A key nobody knows gets 401, one without the
//! scope 403.

pub mod operator;
pub mod visitor;

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// The secret of an `Authorization: Bearer` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    let secret = secret.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !secret.is_empty()).then_some(secret)
}
