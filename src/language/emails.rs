//! E-mail addresses in a text, in one canonical form; whether one exists is not known here. Linear in the length
//! of the text.

use super::span::Found;

/// Most bytes of an address on either side of its `@`.
const LONGEST_PART: usize = 64;

/// E-mail addresses in lower case.
pub fn find_emails(text: &str) -> Vec<Found<String>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Found<String>> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let floor = found.last().map_or(0, |last| last.span.end);
        let start = (floor.max(at.saturating_sub(LONGEST_PART))..at)
            .rev()
            .take_while(|index| is_local(bytes[*index]))
            .last()
            .unwrap_or(at);
        let end = (at + 1..bytes.len().min(at + 1 + LONGEST_PART))
            .take_while(|index| bytes[*index].is_ascii_alphanumeric() || matches!(bytes[*index], b'.' | b'-'))
            .last()
            .map_or(at, |index| index + 1);
        let start = start + text[start..at].bytes().take_while(|byte| matches!(byte, b'.' | b'-')).count();
        let end = end - text[at..end].bytes().rev().take_while(|byte| matches!(byte, b'.' | b'-')).count();
        // An accent ends the local part; the tail behind it must not become somebody else's address.
        let cut = text[..start].chars().next_back().is_some_and(char::is_alphanumeric);
        if let Some(value) = text.get(start..end).filter(|_| !cut).and_then(canonical_email) {
            found.push(Found { span: start..end, value });
        }
    }
    found
}

/// The canonical form of an e-mail address: lower case. `None` if it is none.
pub fn canonical_email(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.split_once('@')?;
    let (_, ending) = domain.rsplit_once('.')?;
    let fits = (1..=LONGEST_PART).contains(&local.len())
        && domain.len() <= 255
        && local.bytes().all(is_local)
        && domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && ending.len() >= 2
        && ending.bytes().all(|byte| byte.is_ascii_alphabetic());
    fits.then(|| text.to_ascii_lowercase())
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_emails() {
        for (text, expected) in [
            ("meu email é Ana.Souza+loja@Exemplo.com.br, tá?", &["ana.souza+loja@exemplo.com.br"][..]),
            ("<ana@exemplo.com>.", &["ana@exemplo.com"]),
            ("a@b.co e c@d.org", &["a@b.co", "c@d.org"]),
            ("ana@exemplo, @ana, ana@@exemplo.com, ana@-x.com", &[]),
            ("joão@exemplo.com", &[]),
        ] {
            let found: Vec<String> = find_emails(text).into_iter().map(|found| found.value).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn hostile_text_is_only_text() {
        for text in ["@".repeat(50_000), "a@".repeat(50_000), "a.".repeat(50_000)] {
            assert!(find_emails(&text).is_empty());
        }
    }
}
