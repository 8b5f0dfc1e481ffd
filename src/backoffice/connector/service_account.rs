//! The assertion by which a service account asks for a token: a JWT signed with RS256 (RFC 7523 §2.1, RFC 7519,
//! RFC 7515), from the JSON key file that the vendor gives out. Pure.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;

/// How long an assertion holds, in seconds; vendors allow an hour at most.
const LIFETIME: i64 = 3_000;

#[derive(Deserialize)]
struct KeyFile {
    client_email: String,
    private_key: String,
    #[serde(default)]
    private_key_id: String,
}

/// An assertion for `scope`, to be given at `audience`, from the text of a key file.
///
/// # Errors
/// A file that is none, in words for the operator; nothing of the key is in them.
pub fn assertion(file: &str, scope: &str, audience: &Url, now: Timestamp) -> Result<String, String> {
    let file: KeyFile = serde_json::from_str(file).map_err(|_| {
        "the service account is no JSON key file with client_email and private_key".to_owned()
    })?;
    let der = pkcs8(&file.private_key).ok_or("the private key of the service account is no PEM")?;
    let key = RsaKeyPair::from_pkcs8(&der)
        .map_err(|_| "the private key of the service account is no RSA key".to_owned())?;
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": file.private_key_id});
    let issued = now.as_second();
    let claims = json!({
        "iss": file.client_email,
        "scope": scope,
        "aud": audience.as_str(),
        "iat": issued,
        "exp": issued + LIFETIME,
    });
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .map_err(|_| "the assertion could not be signed".to_owned())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The bytes between the lines of a PEM.
fn pkcs8(pem: &str) -> Option<Vec<u8>> {
    let body = pem.split("-----BEGIN PRIVATE KEY-----").nth(1)?.split("-----END PRIVATE KEY-----").next()?;
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(body).ok()
}
