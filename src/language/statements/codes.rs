//! Names of things that are written in signs: e-mails, addresses of the web, telephones, postal codes, documents, codes.
//! Two ways to write one give one fact.

use super::{Fact, Source, Stated, take};
use crate::language::emails::find_emails;
use crate::language::fold::TokenKind;
use crate::language::identifiers::{find_documents, find_phones, find_postal_codes};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

/// A telephone without its country and area.
const LOCAL_PHONE: usize = 8;

/// The codes of a sentence.
pub(super) fn find(source: &Source<'_>, taken: &mut [bool]) -> Vec<Stated> {
    let mut found = Vec::new();
    let mut add = |canonical: &str, span: Range<usize>| {
        let Some((at, used)) = tokens_within(source, &span) else { return };
        if take(taken, at, used) {
            found.push(source.stated(Fact::Code(hash(canonical)), at, used));
        }
    };
    let text = source.text;
    if text.contains('@') {
        find_emails(text).into_iter().for_each(|email| add(&email.value, email.span));
    }
    find_web(text).into_iter().for_each(|(address, span)| add(&address, span));
    if text.bytes().filter(u8::is_ascii_digit).count() >= LOCAL_PHONE {
        for numbers in [find_phones(text), find_documents(text), find_postal_codes(text)] {
            numbers.into_iter().for_each(|number| add(&number.value, number.span));
        }
    }
    find_written(source, &mut add);
    found
}

/// A code's fact.
pub(super) fn hash(canonical: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    canonical.to_uppercase().hash(&mut hasher);
    hasher.finish()
}

/// Addresses of the web without scheme, `www.` and trailing signs.
fn find_web(text: &str) -> Vec<(String, Range<usize>)> {
    if !text.contains("://") && !text.contains("www.") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut begin = 0;
    for word in text.split_inclusive(|character: char| {
        character.is_whitespace() || matches!(character, '(' | ')' | '<' | '>' | '[' | ']' | '"')
    }) {
        let start = begin;
        begin += word.len();
        let bare = word.trim_end_matches(|character: char| {
            character.is_whitespace()
                || matches!(
                    character,
                    '(' | ')'
                        | '<'
                        | '>'
                        | '['
                        | ']'
                        | '"'
                        | '.'
                        | ','
                        | '!'
                        | '?'
                        | ';'
                        | ':'
                        | '*'
                        | '_'
                        | '/'
                )
        });
        let address = bare.trim_start_matches(['*', '_']);
        let lead = bare.len() - address.len();
        let without_scheme = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
        let rest = without_scheme.unwrap_or(address);
        let host = rest.strip_prefix("www.");
        if without_scheme.is_some() || host.is_some() {
            found.push((host.unwrap_or(rest).to_lowercase(), start + lead..start + bare.len()));
        }
    }
    found
}

/// Codes of letters and digits (`VAS-001-M`, `BEMVINDO10`), and words in capitals that a coupon's name is.
fn find_written(source: &Source<'_>, add: &mut dyn FnMut(&str, Range<usize>)) {
    let tokens = source.tokens;
    let mut at = 0;
    while at < tokens.len() {
        // `**EST-9034**`
        if tokens[at].kind == TokenKind::Mark {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while end < tokens.len() && tokens[end - 1].touches(&tokens[end]) && joins_code(source, end) {
            end += 1;
        }
        let span = source.span(at, end - at);
        let written = &source.text[span.clone()];
        let begins_with_letter = tokens[at].kind == TokenKind::Word;
        let has_digit = written.bytes().any(|byte| byte.is_ascii_digit());
        let plain = written.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let capitals =
            written.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-');
        let is_coupon = capitals
            && written.len() >= 4
            && (1..=3).any(|places| {
                matches!(
                    source.before(at, places),
                    "cupom" | "cupon" | "coupon" | "codigo" | "code" | "rastreio" | "tracking"
                )
            });
        if plain
            && written.len() >= 4
            && written.len() <= 40
            && ((begins_with_letter && has_digit && !is_month_day(source, at))
                || (capitals && is_mixed(written))
                || is_coupon)
        {
            add(written, span);
        }
        at = end;
    }
}

/// `1Z88A3340`: digits and letters by turns, more than a measure or a moment has of them.
fn is_mixed(written: &str) -> bool {
    let bytes = written.as_bytes();
    let turns = bytes.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit());
    let letters = bytes.iter().filter(|byte| byte.is_ascii_uppercase());
    written.len() >= 7 && !bytes.contains(&b'-') && letters.count() >= 2 && turns.count() >= 2
}

/// Whether the token at `at` goes on with the code before it.
fn joins_code(source: &Source<'_>, at: usize) -> bool {
    match source.tokens[at].kind {
        TokenKind::Word | TokenKind::Digits => true,
        TokenKind::Mark => {
            matches!(source.word(at), "-" | "_")
                && source.touches_next(at)
                && source.tokens.get(at + 1).is_some_and(|next| next.kind != TokenKind::Mark)
        }
    }
}

/// `nov-27` is a day.
fn is_month_day(source: &Source<'_>, at: usize) -> bool {
    super::lexicon::month(source.word(at)).is_some()
}

/// The tokens that lie in `span`, as their first and their number.
pub(super) fn tokens_within(source: &Source<'_>, span: &Range<usize>) -> Option<(usize, usize)> {
    let inside =
        |token: &crate::language::fold::Token| span.start <= token.span.start && token.span.end <= span.end;
    let first = source.tokens.iter().position(inside)?;
    let used = source.tokens[first..].iter().take_while(|token| inside(token)).count();
    Some((first, used))
}

#[cfg(test)]
mod tests {
    use crate::domain::language::Language;
    use crate::language::statements::{Fact, read_sentence};

    #[test]
    fn a_code_may_begin_with_a_digit_and_a_moment_is_none() {
        let codes = |text: &str| {
            let read = read_sentence(text, Language::English);
            read.stated.iter().filter(|stated| matches!(stated.fact, Fact::Code(_))).count()
        };
        for text in ["The parcel is 1Z88A3340.", "VAS-001-M", "coupon SUMMER"] {
            assert_eq!(codes(text), 1, "{text}");
        }
        for text in ["2026-12-01T16:30:00-03:00", "20261201T1630", "1500ML", "at 7h30", "3XL"] {
            assert_eq!(codes(text), 0, "{text}");
        }
    }
}
