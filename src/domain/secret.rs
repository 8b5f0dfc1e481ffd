//! Secrets that are handed out once and kept only as a hash: visitors' tokens and API keys. The only randomness
//! that does not come from the clock, because a secret must not be foreseeable, in a drill neither.

use rand::RngCore;
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};
use subtle::ConstantTimeEq;

/// SHA-256 of a secret's text: all that is ever stored.
pub type SecretHash = [u8; 32];

/// A fresh secret. It shows itself only when asked to by [`Secret::reveal`].
pub struct Secret(String);

impl Secret {
    /// 32 random bytes as base64url, behind `prefix`, which tells people what kind of secret it is.
    pub fn generate(prefix: &str) -> Self {
        let mut bytes = [0_u8; 32];
        rand::rng().fill_bytes(&mut bytes);
        let mut text = String::with_capacity(prefix.len() + 43);
        text.push_str(prefix);
        push_base64url(&bytes, &mut text);
        Self(text)
    }

    /// The text, to be given to its holder.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What to store.
    pub fn hash(&self) -> SecretHash {
        hash_of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// The hash of a secret as somebody presents it.
pub fn hash_of(presented: &str) -> SecretHash {
    Sha256::digest(presented.as_bytes()).into()
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
pub fn same(left: &SecretHash, right: &SecretHash) -> bool {
    left.ct_eq(right).into()
}

/// Lower-case hexadecimal digits of `bytes`.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn push_base64url(bytes: &[u8], text: &mut String) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .enumerate()
            .fold(0_u32, |group, (at, byte)| group | u32::from(*byte) << (16 - 8 * at));
        for digit in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(group >> (18 - 6 * digit) & 63) as usize]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_is_the_standard_one_without_padding() {
        for (bytes, expected) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            let mut text = String::new();
            push_base64url(bytes.as_bytes(), &mut text);
            assert_eq!(text, expected);
        }
        let mut text = String::new();
        push_base64url(&[0xFB, 0xFF, 0xFE], &mut text);
        assert_eq!(text, "-__-");
    }

    #[test]
    fn secrets_differ_and_hide() {
        let (one, two) = (Secret::generate("balcao_"), Secret::generate("balcao_"));
        assert_ne!(one.reveal(), two.reveal());
        assert_eq!(one.reveal().len(), 7 + 43);
        assert!(!format!("{one:?}").contains(one.reveal()));
        assert!(same(&hash_of(one.reveal()), &one.hash()));
        assert!(!same(&hash_of(two.reveal()), &one.hash()));
    }
}
