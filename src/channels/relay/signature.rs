//! Signatures of webhooks as <https://www.standardwebhooks.com> describes them: over id, time and body, with one of
//! several secrets. It reads no body and keeps no ids: who is sent the same message twice has to notice themselves.

use crate::config::secret::Secret;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use std::fmt;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The header with the message's id.
pub const ID: HeaderName = HeaderName::from_static("webhook-id");
/// The header with the time of the signature, in seconds since 1970.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// The header with the signatures, a space between them.
pub const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// How far the sender's clock may be from ours: a signature that somebody recorded is of no use later.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// How secrets begin, as people pass them on.
const PREFIX: &str = "whsec_";
/// How signatures of this scheme begin.
const VERSION: &str = "v1,";
/// Fewer bytes are no secret.
const FEWEST_BYTES: usize = 16;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A text that is no secret. The text itself is never told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadSecret {
    /// There is none at all.
    #[error("there is no secret; make one with: echo whsec_$(head -c 32 /dev/urandom | base64 -w0)")]
    None,
    /// Another form.
    #[error("secret number {0} is not `whsec_` and Base64")]
    Form(usize),
    /// Easily guessed.
    #[error("secret number {0} has fewer than {FEWEST_BYTES} bytes")]
    Short(usize),
}

/// Why a message is not taken for its sender's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unverified {
    /// A header is missing or no text.
    #[error("the header `{0}` is missing")]
    Missing(HeaderName),
    /// The time is no number of seconds.
    #[error("the header `webhook-timestamp` is not a number of seconds since 1970")]
    NoTime,
    /// The time is not about now.
    #[error("`webhook-timestamp` is more than five minutes away from now")]
    OutOfTime,
    /// No signature fits.
    #[error("no signature fits")]
    NoMatch,
}

/// The secrets shared with one correspondent.
#[derive(Clone)]
pub struct SigningKeys {
    /// Never empty; those behind the first one are on their way in or out.
    keys: Arc<[Hmac<Sha256>]>,
}

impl SigningKeys {
    /// Reads the secrets. The first one signs; any of them may have signed what comes.
    ///
    /// # Errors
    /// Which one is none, counted from 1.
    pub fn read(secrets: &[Secret]) -> Result<Self, BadSecret> {
        let mut keys = Vec::with_capacity(secrets.len());
        for (index, secret) in secrets.iter().enumerate() {
            let number = index + 1;
            let text = secret.expose().trim().strip_prefix(PREFIX).ok_or(BadSecret::Form(number))?;
            let bytes = BASE64.decode(text).map_err(|_| BadSecret::Form(number))?;
            if bytes.len() < FEWEST_BYTES {
                return Err(BadSecret::Short(number));
            }
            // HMAC takes keys of any length.
            keys.push(Hmac::new_from_slice(&bytes).map_err(|_| BadSecret::Form(number))?);
        }
        if keys.is_empty() {
            return Err(BadSecret::None);
        }
        Ok(Self { keys: keys.into() })
    }

    /// The headers for a message named `id` with this body, sent now. `id` is made by the program: a header's text.
    pub fn sign(&self, id: &str, body: &[u8], now: Timestamp) -> HeaderMap {
        let seconds = now.as_second().to_string();
        let signature = BASE64.encode(signature(&self.keys[0], id, &seconds, body));
        let mut headers = HeaderMap::with_capacity(3);
        for (name, text) in [(ID, id), (TIMESTAMP, &seconds), (SIGNATURE, &format!("{VERSION}{signature}"))] {
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(name, value);
            }
        }
        headers
    }

    /// Whether one of the secrets signed this body about now. Returns the message's id.
    ///
    /// # Errors
    /// Why not; where signatures differ cannot be told from the time it takes.
    pub fn verify<'h>(
        &self,
        headers: &'h HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<&'h str, Unverified> {
        let text = |name: HeaderName| {
            let value = headers.get(&name).and_then(|value| value.to_str().ok());
            value.filter(|text| !text.is_empty()).ok_or(Unverified::Missing(name))
        };
        let (id, seconds, presented) = (text(ID)?, text(TIMESTAMP)?, text(SIGNATURE)?);
        let at = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        if now.duration_since(at.ok_or(Unverified::NoTime)?).abs() > TOLERANCE {
            return Err(Unverified::OutOfTime);
        }
        let presented: Vec<Vec<u8>> =
            presented.split(' ').filter_map(|one| BASE64.decode(one.strip_prefix(VERSION)?).ok()).collect();
        let fits = |key: &Hmac<Sha256>| {
            let expected = signature(key, id, seconds, body);
            presented.iter().any(|one| expected.as_slice().ct_eq(one.as_slice()).into())
        };
        if self.keys.iter().any(fits) { Ok(id) } else { Err(Unverified::NoMatch) }
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKeys({})", self.keys.len())
    }
}

fn signature(key: &Hmac<Sha256>, id: &str, seconds: &str, body: &[u8]) -> [u8; 32] {
    let mut mac = key.clone();
    for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn keys(secrets: &[&str]) -> SigningKeys {
        SigningKeys::read(&secrets.iter().map(|secret| Secret::new(*secret)).collect::<Vec<_>>()).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    /// The vector of the standard's own libraries.
    fn vector() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ID, HeaderValue::from_static("msg_p5jXN8AQM9LWM0D4loKWxJek"));
        headers.insert(TIMESTAMP, HeaderValue::from_static("1614265330"));
        let signature = HeaderValue::from_static("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        headers.insert(SIGNATURE, signature);
        headers
    }

    #[test]
    fn the_standards_own_vector_is_signed_and_verified() {
        let signed = keys(&[SECRET, OTHER]).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", BODY, at(1_614_265_330));
        assert_eq!(signed, vector());
        let verified = keys(&[SECRET]).verify(&signed, BODY, at(1_614_265_330));
        assert_eq!(verified, Ok("msg_p5jXN8AQM9LWM0D4loKWxJek"));
    }

    #[test]
    fn any_of_several_secrets_and_signatures_will_do() {
        let now = at(1_614_265_330);
        assert!(keys(&[OTHER, SECRET]).verify(&vector(), BODY, now).is_ok(), "a secret on its way in");
        let mut headers = vector();
        let several = "v1a,AAAA v1,AAAA v1,!!! v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v2,xyz";
        headers.insert(SIGNATURE, HeaderValue::from_static(several));
        assert!(keys(&[SECRET]).verify(&headers, BODY, now).is_ok());
        assert_eq!(keys(&[OTHER]).verify(&headers, BODY, now), Err(Unverified::NoMatch));
    }

    #[test]
    fn whatever_is_changed_fits_no_more() {
        let (keys, now) = (keys(&[SECRET]), at(1_614_265_330));
        assert_eq!(keys.verify(&vector(), br#"{"test": 2432232315}"#, now), Err(Unverified::NoMatch));
        for (name, value, why) in [
            (ID, "msg_other", Unverified::NoMatch),
            (TIMESTAMP, "1614265331", Unverified::NoMatch),
            (TIMESTAMP, "soon", Unverified::NoTime),
            (TIMESTAMP, "99999999999999999999", Unverified::NoTime),
            (SIGNATURE, "v1,", Unverified::NoMatch),
            (SIGNATURE, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", Unverified::NoMatch),
            (SIGNATURE, "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", Unverified::NoMatch),
            (SIGNATURE, "", Unverified::Missing(SIGNATURE)),
        ] {
            let mut headers = vector();
            headers.insert(&name, HeaderValue::from_static(value));
            assert_eq!(keys.verify(&headers, BODY, now), Err(why), "{name}: {value}");
        }
        for name in [ID, TIMESTAMP, SIGNATURE] {
            let mut headers = vector();
            headers.remove(&name);
            assert_eq!(keys.verify(&headers, BODY, now), Err(Unverified::Missing(name)));
        }
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_either_way() {
        let (keys, headers) = (keys(&[SECRET]), vector());
        for (seconds, fresh) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
            let verified = keys.verify(&headers, BODY, at(1_614_265_330 + seconds));
            assert_eq!(verified.is_ok(), fresh, "{seconds}");
            assert!(fresh || verified == Err(Unverified::OutOfTime));
        }
    }

    #[test]
    fn what_is_no_secret_is_counted_and_not_told() {
        for (secrets, problem) in [
            (&[][..], BadSecret::None),
            (&[SECRET, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"][..], BadSecret::Form(2)),
            (&["whsec_not base64"][..], BadSecret::Form(1)),
            (&["whsec_c2hvcnQ="][..], BadSecret::Short(1)),
        ] {
            let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
            assert_eq!(SigningKeys::read(&secrets).unwrap_err(), problem);
        }
        assert_eq!(format!("{:?}", keys(&[SECRET, OTHER])), "SigningKeys(2)");
    }
}
