//! Files that customers send: what they really are, whatever they are called, and whether Meta's own word about them
//! holds. It reads bytes; fetching and keeping them is done elsewhere.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Where Meta keeps files beside its own address.
const HOSTS: [&str; 2] = ["fbsbx.com", "fbcdn.net"];

/// Where a file is, as Meta says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Its address, for five minutes.
    pub url: Url,
    /// How large it is, if Meta says.
    pub bytes: Option<u64>,
    /// Its SHA-256, in hexadecimal or in Base64.
    pub sha256: Option<String>,
}

impl Place {
    /// The place in Meta's answer.
    pub fn read(answer: &Value) -> Option<Self> {
        let bytes = match &answer["file_size"] {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        Some(Self {
            url: answer["url"].as_str()?.parse().ok()?,
            bytes,
            sha256: answer["sha256"].as_str().map(str::to_owned),
        })
    }

    /// Whether the token may be shown there: at Meta's own address, and where Meta keeps files.
    pub fn is_metas(&self, base: &Url) -> bool {
        if self.url.origin() == base.origin() {
            return true;
        }
        let host = self.url.host_str().unwrap_or_default();
        self.url.scheme() == "https"
            && self.url.port().is_none()
            && HOSTS.iter().any(|known| {
                host == *known || host.strip_suffix(known).is_some_and(|rest| rest.ends_with('.'))
            })
    }
}

/// Whether bytes have this SHA-256, in hexadecimal or in Base64.
pub fn has_digest(bytes: &[u8], sha256: &str) -> bool {
    let digest = Sha256::digest(bytes);
    let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let sha256 = sha256.trim();
    hexadecimal.eq_ignore_ascii_case(sha256)
        || STANDARD.encode(digest).trim_end_matches('=') == sha256.trim_end_matches('=')
}

/// What a sound is, by its first bytes: how its name ends, and its type. `None` for what is no sound.
pub fn sound(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let begins = |sign: &[u8]| bytes.starts_with(sign);
    if begins(b"OggS") {
        return Some(("ogg", "audio/ogg"));
    }
    if begins(b"#!AMR") {
        return Some(("amr", "audio/amr"));
    }
    if begins(b"RIFF") && bytes.get(8..12) == Some(b"WAVE") {
        return Some(("wav", "audio/wav"));
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some(("m4a", "audio/mp4"));
    }
    // AAC frames have a layer of 0, those of MP3 have none.
    match bytes.get(..2) {
        Some([0xFF, second]) if second & 0xF6 == 0xF0 => Some(("aac", "audio/aac")),
        Some([0xFF, second]) if second & 0xE0 == 0xE0 => Some(("mp3", "audio/mpeg")),
        _ if begins(b"ID3") => Some(("mp3", "audio/mpeg")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sounds_are_known_by_their_bytes() {
        for (bytes, extension) in [
            (&b"OggS\0\x02"[..], Some("ogg")),
            (b"#!AMR\n", Some("amr")),
            (b"RIFF\0\0\0\0WAVEfmt ", Some("wav")),
            (b"\0\0\0\x20ftypM4A ", Some("m4a")),
            (b"ID3\x04", Some("mp3")),
            (b"\xFF\xFB\x90", Some("mp3")),
            (b"\xFF\xF1\x50", Some("aac")),
            (b"MZ\x90\0", None),
            (b"\x7FELF", None),
            (b"#!/bin/sh", None),
            (b"PK\x03\x04", None),
            (b"", None),
        ] {
            assert_eq!(sound(bytes).map(|(extension, _)| extension), extension, "{bytes:?}");
        }
    }

    #[test]
    fn the_token_is_shown_to_meta_alone() {
        let base: Url = "https://graph.facebook.com".parse().unwrap();
        for (url, is_metas) in [
            ("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", true),
            ("https://graph.facebook.com/x", true),
            ("https://scontent.xx.fbcdn.net/x", true),
            ("http://lookaside.fbsbx.com/x", false),
            ("https://lookaside.fbsbx.com:8443/x", false),
            ("https://evilfbsbx.com/x", false),
            ("https://fbsbx.com.example/x", false),
            ("https://169.254.169.254/x", false),
        ] {
            let place = Place { url: url.parse().unwrap(), bytes: None, sha256: None };
            assert_eq!(place.is_metas(&base), is_metas, "{url}");
        }
        let read =
            Place::read(&json!({"url": "https://a.example/x", "file_size": "12", "sha256": "aa"})).unwrap();
        assert_eq!((read.bytes, read.sha256.as_deref()), (Some(12), Some("aa")));
        assert_eq!(Place::read(&json!({"url": "x"})), None);
    }

    #[test]
    fn digests_are_compared_in_both_spellings() {
        let hexadecimal = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for digest in
            [hexadecimal, &hexadecimal.to_uppercase(), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="]
        {
            assert!(has_digest(b"abc", digest), "{digest}");
        }
        assert!(!has_digest(b"abd", hexadecimal) && !has_digest(b"abc", ""));
    }
}
