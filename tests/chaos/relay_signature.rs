//! Signatures of the relay channel as a gateway makes them: Standard Webhooks, written down a second time so that a
//! mistake in the program's own does not cancel itself out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::RequestBuilder;
use sha2::Sha256;

/// Shared by the gateway and the program.
pub const SECRET: &str = "whsec_Y2hhb3MtY2hhb3MtY2hhb3MtY2hhb3MtY2hhb3M=";

fn signature(id: &str, timestamp: &str, body: &[u8]) -> String {
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Puts a body and its signature, made now, into a request.
pub fn sign(request: RequestBuilder, id: &str, body: String) -> RequestBuilder {
    let timestamp = (crate::evidence::now() / 1_000).to_string();
    let signature = signature(id, &timestamp, body.as_bytes());
    request
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signature)
        .body(body)
}

/// The id of a request, if it is signed.
pub fn verified<'h>(header: impl Fn(&str) -> &'h str, body: &[u8]) -> Option<&'h str> {
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let is_recent =
        timestamp.parse::<i64>().is_ok_and(|at| (at - crate::evidence::now() / 1_000).abs() < 300);
    let expected = signature(id, timestamp, body);
    let is_signed = header("webhook-signature").split(' ').any(|given| given == expected);
    (is_recent && is_signed && !id.is_empty()).then_some(id)
}
