//! Numbers that name something: telephones, postal codes, documents, order numbers.
//! Each is given back in one canonical form; whether it exists is not known here. Linear in the length of the text.

use super::documents::{DocumentKind, canonical};
use super::span::Found;
use std::ops::Range;

/// Most runs of digits one telephone or document number is written in.
const MOST_RUNS: usize = 6;

/// Telephone numbers in E.164 form. Numbers without a country are Brazilian and need their area code.
pub fn find_phones(text: &str) -> Vec<Found<String>> {
    find_in_runs(text, canonical_phone)
}

/// The E.164 form of a telephone number: `(11) 95555-0123` is `+5511955550123`. A Brazilian mobile written without
/// its ninth digit gets it, so that one person has one number. `None` if it is none.
pub fn canonical_phone(text: &str) -> Option<String> {
    let text = text.trim();
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'+'))
    {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match text.strip_prefix('+') {
        Some(_) if digits.starts_with("55") => brazilian_phone(&digits[2..]),
        Some(_) => {
            ((8..=15).contains(&digits.len()) && !digits.starts_with('0')).then(|| format!("+{digits}"))
        }
        None if digits.len() >= 12 && digits.starts_with("55") => brazilian_phone(&digits[2..]),
        None => brazilian_phone(digits.strip_prefix('0').unwrap_or(&digits)),
    }
}

/// A Brazilian number as its digits without the country: area code, then 8 or 9 digits.
fn brazilian_phone(digits: &str) -> Option<String> {
    let (area, number) = digits.split_at_checked(2)?;
    if !is_area_code(area) {
        return None;
    }
    match (number.len(), number.as_bytes().first()?) {
        (9, b'9') | (8, b'2'..=b'5') => Some(format!("+55{area}{number}")),
        (8, b'6'..=b'9') => Some(format!("+55{area}9{number}")),
        _ => None,
    }
}

fn is_area_code(area: &str) -> bool {
    matches!(
        area.as_bytes(),
        [b'1' | b'4' | b'6' | b'8' | b'9', b'1'..=b'9']
            | [b'2', b'1' | b'2' | b'4' | b'7' | b'8']
            | [b'3', b'1'..=b'5' | b'7' | b'8']
            | [b'5', b'1' | b'3'..=b'5']
            | [b'7', b'1' | b'3'..=b'5' | b'7' | b'9']
    )
}

/// Brazilian postal codes (CEP) as 8 digits.
pub fn find_postal_codes(text: &str) -> Vec<Found<String>> {
    find_in_runs(text, canonical_postal_code)
}

/// The 8 digits of a Brazilian postal code: `01310-100`, `01.310-100`, `01310100`. `None` if it is none.
pub fn canonical_postal_code(text: &str) -> Option<String> {
    let text = text.trim();
    let shape: String =
        text.chars().map(|character| if character.is_ascii_digit() { '0' } else { character }).collect();
    let fits = matches!(
        shape.as_str(),
        "00000000"
            | "00000-000"
            | "00.000-000"
            | "00000.000"
            | "00000 000"
            | "00000 - 000"
            | "00.000000"
            | "00.000.000"
    );
    fits.then(|| text.chars().filter(char::is_ascii_digit).collect())
}

/// Brazilian documents with right check digits: CPF (11 digits) and CNPJ (14 digits).
pub fn find_documents(text: &str) -> Vec<Found<String>> {
    find_in_runs(text, canonical_document)
}

/// The digits of a CPF or CNPJ whose check digits are right.
pub fn canonical_document(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'/' | b' ');
    if !text.trim().bytes().all(is_plain) {
        return None;
    }
    canonical(DocumentKind::Cpf, text).or_else(|| canonical(DocumentKind::Cnpj, text))
}

/// Numbers and codes that name something: `10421`, `#10421`, `nº 10421`, `A1042`, `VAS-001-M`. Codes are given back in
/// capitals. Digits of an e-mail address, a date, a time, a price or a percentage are left alone.
pub fn find_numbers(text: &str) -> Vec<Found<String>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_code_byte(bytes, at) {
            at += 1;
        }
        let span = start..at;
        if let Some(value) = code(text, &span) {
            found.push(Found { span, value });
        }
    }
    found
}

/// Whether the byte belongs to a code: a letter, a digit, or a mark that joins two of them.
fn is_code_byte(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        byte if byte.is_ascii_alphanumeric() => true,
        b'-' | b'_' | b'.' | b'/' | b':' | b',' | b'@' => {
            at > 0
                && bytes[at - 1].is_ascii_alphanumeric()
                && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
        }
        _ => false,
    }
}

fn code(text: &str, span: &Range<usize>) -> Option<String> {
    let word = &text[span.clone()];
    let before = text[..span.start].chars().next_back();
    let after = text[span.end..].chars().next();
    // A run that touches a letter with an accent, a currency sign or a percent sign is a part of something else.
    let part = before.is_some_and(|character| character == '$' || character.is_alphanumeric())
        || after.is_some_and(|character| character == '%' || character.is_alphabetic());
    if part || word.len() > 40 {
        return None;
    }
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return if in_price(text, span) { None } else { Some(word.to_owned()) };
    }
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let begins_with_letter = word.as_bytes()[0].is_ascii_alphabetic();
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    // `n10421` is how a hurried customer writes `nº 10421`.
    match word
        .strip_prefix(['n', 'N'])
        .filter(|rest| rest.len() > 2 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    {
        Some(digits) => Some(digits.to_owned()),
        None => (has_digit && begins_with_letter && plain).then(|| word.to_ascii_uppercase()),
    }
}

/// Whether the digits stand behind a currency sign: `R$ 20`.
fn in_price(text: &str, span: &Range<usize>) -> bool {
    text[..span.start].trim_end_matches(' ').ends_with('$')
}

/// Tries `canonical` on every stretch of up to [`MOST_RUNS`] runs of digits, the longest first.
fn find_in_runs(text: &str, canonical: fn(&str) -> Option<String>) -> Vec<Found<String>> {
    let runs = digit_runs(text);
    let mut found = Vec::new();
    let mut first = 0;
    while first < runs.len() {
        let reach = (first + 1..runs.len().min(first + MOST_RUNS))
            .take_while(|next| is_joint(&text[runs[next - 1].end..runs[*next].start]))
            .last()
            .unwrap_or(first);
        let hit = (first..=reach).rev().find_map(|last| {
            let start = opening(text, runs[first].start);
            let span = start..runs[last].end;
            let value = text.get(span.clone()).and_then(canonical)?;
            Some((Found { span, value }, last))
        });
        match hit {
            Some((hit, last)) => {
                found.push(hit);
                first = last + 1;
            }
            None => first += 1,
        }
    }
    found
}

/// Runs of digits that do not touch a letter, none longer than any number we know.
fn digit_runs(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut runs = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        let touches_letter = text[..start].chars().next_back().is_some_and(char::is_alphanumeric)
            || text[at..].chars().next().is_some_and(char::is_alphanumeric);
        if !touches_letter && at - start <= 15 {
            runs.push(start..at);
        }
    }
    runs
}

/// Whether what stands between two runs of digits can be a part of one number.
fn is_joint(between: &str) -> bool {
    (1..=3).contains(&between.len())
        && between.bytes().all(|byte| matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'/'))
}

/// Where a number begins that is opened by `+` or `(`.
fn opening(text: &str, start: usize) -> usize {
    let before = &text[..start];
    let opened = before.strip_suffix('(').map_or(before, |rest| rest.strip_suffix(' ').unwrap_or(rest));
    if opened.ends_with('+') {
        opened.len() - 1
    } else if before.ends_with('(') {
        start - 1
    } else {
        start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(found: Vec<Found<String>>) -> Vec<String> {
        found.into_iter().map(|found| found.value).collect()
    }

    #[test]
    fn reads_phones() {
        for (text, expected) in [
            ("(11) 95555-0123", &["+5511955550123"][..]),
            ("+55 11 95555-0123", &["+5511955550123"]),
            ("5511955550123", &["+5511955550123"]),
            ("011 95555 0123", &["+5511955550123"]),
            ("11 9555-5012", &["+5511995555012"]),
            ("+55 (11) 95555-0123", &["+5511955550123"]),
            ("+55(11)95555-0123", &["+5511955550123"]),
            ("meu zap: 11955550123.", &["+5511955550123"]),
            ("(21) 3333-4444 ou 21 98888-7777", &["+552133334444", "+5521988887777"]),
            ("+1 415 555 2671", &["+14155552671"]),
            ("95555-0123", &[]),
            ("pedido 10421", &[]),
            ("01310-100", &[]),
        ] {
            assert_eq!(values(find_phones(text)), expected, "{text}");
        }
        let text = "tel (11) 95555-0123!";
        assert_eq!(find_phones(text)[0].body(text), "(11) 95555-0123");
    }

    #[test]
    fn reads_postal_codes_and_documents() {
        assert_eq!(
            values(find_postal_codes("CEP 01310-100 ou 20040002, 01.310-100")),
            ["01310100", "20040002", "01310100"]
        );
        assert!(find_postal_codes("11955550123, 10421").is_empty());
        assert_eq!(values(find_documents("cpf 529.982.247-25")), ["52998224725"]);
        assert_eq!(values(find_documents("11.222.333/0001-81")), ["11222333000181"]);
        assert!(find_documents("529.982.247-26, 111.111.111-11").is_empty());
    }

    #[test]
    fn reads_numbers_and_codes() {
        for (text, expected) in [
            ("pedido #10421", &["10421"][..]),
            ("o nº 10421, por favor", &["10421"]),
            ("n10421", &["10421"]),
            ("código a1042 e VAS-001-M", &["A1042", "VAS-001-M"]),
            ("10421?", &["10421"]),
            ("R$ 20 em 25/11 às 15h30, 10% ana2@exemplo.com", &[]),
            ("às 10:30", &[]),
            ("covid19ção", &[]),
        ] {
            assert_eq!(values(find_numbers(text)), expected, "{text}");
        }
    }

    #[test]
    fn hostile_text_is_only_text() {
        for text in ["1 ".repeat(50_000), "9".repeat(100_000), "(+".repeat(50_000)] {
            find_phones(&text);
            find_postal_codes(&text);
            find_documents(&text);
            find_numbers(&text);
        }
    }
}
