//! Bytes to text: UTF-8, UTF-16 with its mark, else Windows-1252 as older programs write it. Refuses what is no text
//! at all; never guesses between languages' code pages.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text of a file.
///
/// # Errors
/// It is no text, in words for the operator.
pub fn decode(bytes: &[u8]) -> Result<String, String> {
    if let Some(kind) = other_kind(bytes) {
        return Err(format!("this is {kind}, not text; give the file the ending of what it is"));
    }
    let (encoding, rest) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (UTF_16LE, rest),
        [0xFE, 0xFF, rest @ ..] => (UTF_16BE, rest),
        _ => {
            let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            if rest.contains(&0) {
                return Err("this is no text: there are zero bytes in it".to_owned());
            }
            if let Ok(text) = std::str::from_utf8(rest) {
                return Ok(text.to_owned());
            }
            (WINDOWS_1252, rest)
        }
    };
    let (text, broken) = encoding.decode_without_bom_handling(rest);
    if broken {
        return Err(format!("this is no valid {}", encoding.name()));
    }
    if text.chars().filter(|character| is_foreign(*character)).count() * 50 > text.chars().count() {
        return Err("this is no text: it is full of control characters".to_owned());
    }
    Ok(text.into_owned())
}

/// Control characters that texts do not have.
fn is_foreign(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\r' | '\t' | '\u{c}')
}

/// What a file is by its first bytes, if it is one of the kinds that are mistaken for another.
pub fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    let begins = |with: &[u8]| bytes.starts_with(with);
    if begins(b"%PDF-") {
        Some("a PDF")
    } else if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") {
        Some("a ZIP archive (as .docx and .xlsx are)")
    } else if begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        Some("an old or encrypted Office document")
    } else if begins(b"\x89PNG") || begins(b"\xff\xd8\xff") || begins(b"GIF8") {
        Some("a picture")
    } else if begins(b"{\\rtf") {
        Some("an RTF document")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        ['\u{feff}']
            .into_iter()
            .chain(text.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(bytes)
            .collect()
    }

    #[test]
    fn reads_what_people_save() {
        let text = "Preço: € 10 – “à vista”";
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
            b"Pre\xe7o: \x80 10 \x96 \x93\xe0 vista\x94".to_vec(),
        ] {
            assert_eq!(decode(&bytes).unwrap(), text);
        }
        assert_eq!(decode(b"").unwrap(), "");
    }

    #[test]
    fn refuses_what_is_no_text() {
        for (bytes, words) in [
            (&b"%PDF-1.7 ..."[..], "a PDF"),
            (b"PK\x03\x04....", "a ZIP archive"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office"),
            (b"\x89PNG\r\n", "a picture"),
            (b"a\0b", "zero bytes"),
            (b"\xff\xfe\x00\xd8\x00\xd8", "no valid UTF-16LE"),
            (b"\xff\x01\x02\x03\x04\x05", "control characters"),
        ] {
            let reason = decode(bytes).unwrap_err();
            assert!(reason.contains(words), "{reason}");
        }
    }
}
