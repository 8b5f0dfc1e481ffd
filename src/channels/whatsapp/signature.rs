//! How Meta signs what it posts (`X-Hub-Signature-256`), and what it repeats in the handshake. Over the bytes as they
//! came: Meta's own JSON would not come out the same if it were written again.

use crate::config::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName};
use sha2::Sha256;
use std::fmt;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The header with the signature.
pub const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");

/// How signatures begin.
const PREFIX: &str = "sha256=";
/// Bytes of a signature.
const BYTES: usize = 32;

/// The secrets of the app, any of which may have signed.
#[derive(Clone)]
pub struct AppSecrets {
    keys: Arc<[Hmac<Sha256>]>,
}

/// A signature as it was presented, not yet compared.
#[derive(Clone, Copy)]
pub struct Presented([u8; BYTES]);

impl Presented {
    /// The signature in the headers; none if there is none, or another text.
    pub fn in_headers(headers: &HeaderMap) -> Option<Self> {
        let digits = headers.get(SIGNATURE)?.to_str().ok()?.strip_prefix(PREFIX)?;
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            // Meta writes small letters, and nobody else has a reason to write here.
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; BYTES];
        if digits.len() != 2 * BYTES {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl AppSecrets {
    /// Reads the secrets; empty ones are left out.
    pub fn read(secrets: &[Secret]) -> Self {
        let keys = secrets.iter().filter(|secret| !secret.is_empty());
        // HMAC takes keys of any length.
        let keys = keys.filter_map(|secret| Hmac::new_from_slice(secret.expose().trim().as_bytes()).ok());
        Self { keys: keys.collect() }
    }

    /// Whether one of the secrets signed this body. Where signatures differ cannot be told from the time it takes.
    pub fn signed(&self, body: &[u8], presented: Presented) -> bool {
        let fits = |key: &Hmac<Sha256>| {
            let mut mac = key.clone();
            mac.update(body);
            mac.finalize().into_bytes().as_slice().ct_eq(&presented.0)
        };
        self.keys.iter().any(|key| fits(key).into())
    }
}

impl fmt::Debug for AppSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AppSecrets({})", self.keys.len())
    }
}

/// Whether `presented` is the token of the handshake. An empty one never is.
pub fn is_token(expected: &Secret, presented: &str) -> bool {
    !expected.is_empty() && bool::from(expected.expose().as_bytes().ct_eq(presented.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const BODY: &[u8] =
        br#"{"object":"whatsapp_business_account","entry":[{"id":"700100200300","changes":[]}]}"#;
    const SIGNED: &str = "sha256=e21645d62950e7f10a14dc785e7efb8366bd654abfd57405980bc90242526416";

    fn secrets(secrets: &[&str]) -> AppSecrets {
        AppSecrets::read(&secrets.iter().map(|secret| Secret::new(*secret)).collect::<Vec<_>>())
    }

    fn presented(text: &str) -> Option<Presented> {
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE, HeaderValue::from_str(text).unwrap());
        Presented::in_headers(&headers)
    }

    #[test]
    fn known_bodies_have_known_signatures() {
        assert_eq!(BODY.len(), 83);
        let signature = presented(SIGNED).unwrap();
        assert!(secrets(&["segredo-de-teste"]).signed(BODY, signature));
        assert!(
            secrets(&["novo", "segredo-de-teste", ""]).signed(BODY, signature),
            "one that is being replaced"
        );
        for others in [&["novo"][..], &[""], &[]] {
            assert!(!secrets(others).signed(BODY, signature), "{others:?}");
        }
        let escaped = "{\"t\":\"ação \\u00e7\"}".as_bytes();
        let signature = presented("sha256=a8e40f57068a42f259a81b94cfe4550891f3e0382d16c72e1713cf2851689ffb");
        assert!(secrets(&["segredo-de-teste"]).signed(escaped, signature.unwrap()));
        assert!(!secrets(&["segredo-de-teste"]).signed("{\"t\":\"ação ç\"}".as_bytes(), signature.unwrap()));
    }

    #[test]
    fn a_byte_that_is_changed_fits_no_more() {
        for place in 0..BODY.len() {
            let mut changed = BODY.to_vec();
            changed[place] ^= 1;
            assert!(!secrets(&["segredo-de-teste"]).signed(&changed, presented(SIGNED).unwrap()), "{place}");
        }
    }

    #[test]
    fn what_is_no_signature_is_none() {
        let long = format!("{SIGNED}0");
        let loud = SIGNED.replace("sha256=e", "sha256=E");
        let sha1 = SIGNED.replace("sha256=", "sha1=");
        for text in ["", "sha256=", &SIGNED[7..], &SIGNED[..70], &long, &loud, &sha1, "sha256=zz"] {
            assert!(presented(text).is_none(), "{text}");
        }
        assert!(Presented::in_headers(&HeaderMap::new()).is_none());
        assert_eq!(format!("{:?}", secrets(&["a", "b"])), "AppSecrets(2)");
    }

    #[test]
    fn a_token_is_compared_whole_and_never_empty() {
        assert!(is_token(&Secret::new("verificar"), "verificar"));
        for (expected, presented) in
            [("verificar", ""), ("verificar", "verifica"), ("verificar", "Verificar"), ("", "")]
        {
            assert!(!is_token(&Secret::new(expected), presented), "{expected} {presented}");
        }
    }
}
