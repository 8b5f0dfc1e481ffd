//! From bytes to text: UTF-8 with or without a mark, else Windows-1252 as older spreadsheets write it; and which
//! character parts the cells.

use std::borrow::Cow;

/// What Windows-1252 has where Latin-1 has control characters. The five bytes it leaves open stand for themselves.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a file.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| windows_1252(*byte)).collect()),
    }
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// The character that parts the cells: whichever of `,`, `;` and tab the first line holds most of, outside quotes.
pub fn delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if !quoted => {
                for (_, count) in counts.iter_mut().filter(|(mark, _)| *mark == byte) {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
    // Of equals the last one is taken by `max_by_key`; a comma is the likeliest.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(mark, _)| *mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_all_three_encodings() {
        assert_eq!(decode("\u{feff}preço".as_bytes()), "preço");
        assert_eq!(decode("preço".as_bytes()), "preço");
        assert_eq!(decode(b"pre\xe7o \x80 \x93a\x94"), "preço € “a”");
        assert_eq!(decode(&[0xff, 0x00, 0x81]).chars().count(), 3);
    }

    #[test]
    fn finds_the_delimiter() {
        for (text, mark) in [
            ("a,b,c\n1;2;3;4;5", b','),
            ("a;b;\"c,d,e,f\"", b';'),
            ("a\tb", b'\t'),
            ("sku", b','),
            ("", b','),
            ("\"never closed;;;;", b','),
        ] {
            assert_eq!(delimiter(text), mark, "{text:?}");
        }
    }
}
