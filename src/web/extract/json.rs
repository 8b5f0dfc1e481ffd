//! JSON bodies: at most 64 KB unless a handler allows more, refused with the name of the field at fault. It never echoes the body.

use super::body::read;
use crate::web::problem::Problem;
use axum::extract::{FromRequest, Request};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::de::{DeserializeOwned, IgnoredAny};

/// Longest body in bytes.
pub const BODY_BYTES: usize = 64 * 1024;

/// A JSON body of at most `BYTES`.
pub struct Json<T, const BYTES: usize = BODY_BYTES>(pub T);

/// A JSON body that may be left out.
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync, const BYTES: usize> FromRequest<S> for Json<T, BYTES> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        parse(&read(request.into_body(), BYTES).await?).map(Self)
    }
}

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let body = read(request.into_body(), BODY_BYTES).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        require_json(&headers)?;
        parse(&body).map(Self)
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "Unsupported media type",
        "Send the body as `Content-Type: application/json`.",
    ))
}

/// A JSON object as `T`.
///
/// # Errors
/// No JSON, or another shape; then the field at fault is named.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // serde would also fill a struct from an array, by position.
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        serde_json::from_slice::<IgnoredAny>(body).map_err(|error| malformed(&error))?;
        return Err(Problem::invalid(".", "The body must be a JSON object."));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        match cause.classify() {
            serde_json::error::Category::Data => {
                Problem::invalid(field_at_fault(&path, &cause), cause.to_string())
            }
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => malformed(&cause),
        }
    })?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(cause: &serde_json::Error) -> Problem {
    let detail = format!("The body is not JSON: {cause}.");
    Problem::new(StatusCode::BAD_REQUEST, "malformed_json", "Malformed JSON", detail)
}

/// A missing field is missing from its parent, whose path is what serde gives: the message has the field's name.
fn field_at_fault(path: &str, cause: &serde_json::Error) -> String {
    let text = cause.to_string();
    let named = text
        .strip_prefix("missing field `")
        .or_else(|| text.strip_prefix("unknown field `"))
        .or_else(|| text.strip_prefix("duplicate field `"))
        .and_then(|rest| rest.split('`').next());
    match (path, named) {
        (".", Some(name)) => name.to_owned(),
        // `client_id` given twice is found at its own path already.
        (path, Some(name)) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        (path, Some(name)) => format!("{path}.{name}"),
        (path, None) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, Debug)]
    struct Outer {
        #[expect(dead_code, reason = "only its presence counts")]
        text: String,
        #[expect(dead_code, reason = "only its presence counts")]
        inner: Option<Inner>,
    }

    #[derive(Deserialize, Debug)]
    struct Inner {
        #[expect(dead_code, reason = "only its presence counts")]
        name: String,
    }

    #[test]
    fn problems_name_the_field() {
        for (body, status, field) in [
            ("{}", 422, Some("text")),
            (r#"{"text":1}"#, 422, Some("text")),
            (r#"{"text":"a","text":"b"}"#, 422, Some("text")),
            (r#"{"text":"a","inner":{}}"#, 422, Some("inner.name")),
            (r#"{"text":"a","inner":{"name":[]}}"#, 422, Some("inner.name")),
            ("[]", 422, Some(".")),
            ("[\"a\", null]", 422, Some(".")),
            ("\"text\"", 422, Some(".")),
            ("{", 400, None),
            ("", 400, None),
            ("nonsense", 400, None),
            ("{\"text\":\"a\"} {}", 400, None),
            ("{\"text\":\"\\ud800\"}", 400, None),
        ] {
            let problem = serde_json::to_value(parse::<Outer>(body.as_bytes()).unwrap_err()).unwrap();
            assert_eq!(problem["status"], status, "{body} {problem}");
            assert_eq!(problem.get("field").and_then(|field| field.as_str()), field, "{body} {problem}");
        }
        assert!(parse::<Outer>(b"\xff\xfe{").is_err());
        assert!(parse::<serde_json::Value>("[".repeat(100_000).as_bytes()).is_err(), "depth is bounded");
    }
}
