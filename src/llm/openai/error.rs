//! Sorts what endpoints answer when they cannot, by what the caller can do about it. Pure; the texts come from
//! the error messages of OpenAI, Azure, vLLM, llama.cpp, Ollama and gateways in front of them.

use crate::llm::model::ModelErrorKind;
use serde_json::Value;
use std::time::Duration;

/// Longest part of an endpoint's message that goes into a log.
const MAX_DETAIL: usize = 200;

/// Texts that say the transcript does not fit.
const TOO_LONG: [&str; 12] = [
    "context_length_exceeded",
    "exceed_context_size",
    "maximum context length",
    "context length",
    "context window",
    "context size",
    "max_model_len",
    "prompt is too long",
    "input is too long",
    "too many input tokens",
    "input tokens exceed",
    "request too large",
];

/// Texts that say the account is spent.
const SPENT: [&str; 6] = [
    "insufficient_quota",
    "exceeded your current quota",
    "billing",
    "credit balance",
    "insufficient credits",
    "payment required",
];

/// Texts that say the content was declined.
const DECLINED: [&str; 4] = [
    "content_filter",
    "content_policy_violation",
    "responsibleaipolicyviolation",
    "content management policy",
];

/// An answer other than success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("status {status}: {}", self.detail())]
pub(super) struct Rejection {
    /// The HTTP status.
    pub(super) status: u16,
    /// What the endpoint asked for.
    pub(super) retry_after: Option<Duration>,
    /// The beginning of the body.
    pub(super) body: String,
}

impl Rejection {
    /// What the caller can do.
    pub(super) fn kind(&self) -> ModelErrorKind {
        let body = self.body.to_lowercase();
        let says = |texts: &[&str]| texts.iter().any(|text| body.contains(text));
        if says(&DECLINED) {
            return ModelErrorKind::Refused;
        }
        match self.status {
            401..=403 => ModelErrorKind::Exhausted,
            413 => ModelErrorKind::TooLong,
            429 if says(&SPENT) => ModelErrorKind::Exhausted,
            // One request above the whole minute's quota never fits; a shorter one may.
            429 if body.contains("request too large") => ModelErrorKind::TooLong,
            429 if let Some(retry_after) = self.retry_after => ModelErrorKind::OverQuota { retry_after },
            408 | 409 | 425 | 429 => ModelErrorKind::Transient { retry_after: self.retry_after },
            // Some servers answer a prompt that is too long with a fault of theirs.
            400 | 422 | 500 if says(&TOO_LONG) => ModelErrorKind::TooLong,
            501 | 505 => ModelErrorKind::Permanent,
            500..=599 => ModelErrorKind::Transient { retry_after: self.retry_after },
            _ => ModelErrorKind::Permanent,
        }
    }

    /// The endpoint's own words, short, without anything that may be a key or a customer's data.
    pub(super) fn detail(&self) -> String {
        let parsed: Option<Value> = serde_json::from_str(&self.body).ok();
        let message = parsed.as_ref().and_then(message).unwrap_or(&self.body);
        redacted(message)
    }
}

/// The message of an error object in any of its usual shapes.
fn message(body: &Value) -> Option<&str> {
    let error = body.get("error").unwrap_or(body);
    [error.get("message"), error.get("detail"), error.get("code"), Some(error)]
        .into_iter()
        .flatten()
        .find_map(Value::as_str)
}

/// The error object that an endpoint sends inside a stream.
pub(super) fn of_stream_error(error: &Value) -> Rejection {
    let code = error.get("code").or_else(|| error.get("status"));
    let status = code
        .and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()))
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| (400..600).contains(code))
        .unwrap_or(500);
    Rejection { status, retry_after: None, body: serde_json::json!({ "error": error }).to_string() }
}

/// The beginning of `text` without keys, addresses, long numbers and echoed input.
pub(super) fn redacted(text: &str) -> String {
    let shown = text.split("'input'").next().unwrap_or(text);
    let mut out = String::new();
    for word in shown.split_whitespace() {
        if out.len() + word.len() > MAX_DETAIL {
            out.push_str(" …");
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        let private = word.contains('@')
            || word.contains("sk-")
            || word.contains("Bearer")
            || word.bytes().filter(u8::is_ascii_digit).count() >= 8;
        out.push_str(if private { "[…]" } else { word });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> ModelErrorKind {
        Rejection { status, retry_after: None, body: body.to_owned() }.kind()
    }

    #[test]
    fn sorts_by_what_the_caller_can_do() {
        let transient = ModelErrorKind::Transient { retry_after: None };
        for (status, body, expected) in [
            (408, "", transient.clone()),
            (409, "", transient.clone()),
            (425, "", transient.clone()),
            (
                429,
                r#"{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}"#,
                transient.clone(),
            ),
            (500, "oops", transient.clone()),
            (502, "<html>Bad gateway</html>", transient.clone()),
            (503, "Loading model", transient.clone()),
            (529, "overloaded", transient),
            (401, "", ModelErrorKind::Exhausted),
            (402, "", ModelErrorKind::Exhausted),
            (403, "", ModelErrorKind::Exhausted),
            (429, r#"{"error":{"code":"insufficient_quota"}}"#, ModelErrorKind::Exhausted),
            (400, r#"{"error":{"code":"context_length_exceeded"}}"#, ModelErrorKind::TooLong),
            (
                400,
                "This model's maximum context length is 8192 tokens. However, you requested 9000",
                ModelErrorKind::TooLong,
            ),
            (
                400,
                r#"{"error":{"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#,
                ModelErrorKind::TooLong,
            ),
            (500, "input length exceeds the context length", ModelErrorKind::TooLong),
            (413, "", ModelErrorKind::TooLong),
            (429, "Request too large for gpt on tokens per min (TPM)", ModelErrorKind::TooLong),
            (400, r#"{"error":{"code":"content_filter"}}"#, ModelErrorKind::Refused),
            (404, "model not found", ModelErrorKind::Permanent),
            (400, "bad request", ModelErrorKind::Permanent),
            (302, "", ModelErrorKind::Permanent),
        ] {
            assert_eq!(kind(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn says_what_happened_without_secrets() {
        let body =
            r#"{"error":{"message":"Incorrect API key provided: sk-abc for maria@example.com 11987654321"}}"#;
        let rejection = Rejection { status: 401, retry_after: None, body: body.to_owned() };
        assert_eq!(rejection.detail(), "Incorrect API key provided: […] for […] […]");
        assert!(redacted(&"word ".repeat(1000)).len() < 220);
        assert_eq!(redacted("missing field, 'input': {'content': 'my secret'}"), "missing field,");
    }

    #[test]
    fn errors_within_a_stream_are_sorted_too() {
        let error = serde_json::json!({"message": "slow down", "code": 429});
        assert_eq!(of_stream_error(&error).kind(), ModelErrorKind::Transient { retry_after: None });
        let error = serde_json::json!({"message": "maximum context length is 10"});
        assert_eq!(of_stream_error(&error).kind(), ModelErrorKind::TooLong);
    }
}
