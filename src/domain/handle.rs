//! E-mail addresses, phone numbers and postal codes in canonical form, so that the same handle is always the same
//! text. Decides nothing about who owns one.

/// Longest e-mail address.
const LONGEST_EMAIL: usize = 254;

/// An e-mail address in canonical form: trimmed, lower case. `None` if it is none.
pub fn canonical_email(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.split_once('@')?;
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let is_local = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
    (text.len() <= LONGEST_EMAIL && is_local && domain.contains('.') && domain.split('.').all(is_label))
        .then(|| text.to_lowercase())
}

/// A phone number in canonical E.164 form: `+5511955550123`. A number without country is taken as Brazilian; a
/// Brazilian mobile without its ninth digit gets it. `None` if it is no number.
pub fn canonical_phone(text: &str) -> Option<String> {
    let text = text.trim();
    let is_mark = |c: char| matches!(c, '+' | ' ' | '(' | ')' | '-' | '.' | '/' | '\u{a0}' | '–');
    if text.len() > 40 || !text.chars().all(|c| c.is_ascii_digit() || is_mark(c)) {
        return None;
    }
    let international = text.starts_with('+') || text.starts_with("00");
    let all: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = all.trim_start_matches('0');
    let national = match digits.len() {
        10 | 11 if !international => Some(digits),
        12 | 13 => digits.strip_prefix("55"),
        _ => None,
    };
    match national {
        Some(number) => brazilian(number),
        None if international && (8..=15).contains(&digits.len()) => Some(format!("+{digits}")),
        None => None,
    }
}

/// A Brazilian number of area code and 8 or 9 digits.
fn brazilian(number: &str) -> Option<String> {
    let (area, local) = number.split_at_checked(2)?;
    if area.starts_with('0') || area.ends_with('0') {
        return None;
    }
    match (local.len(), local.bytes().next()?) {
        (9, b'9') | (8, b'2'..=b'5') => Some(format!("+55{area}{local}")),
        (8, b'6'..=b'9') => Some(format!("+55{area}9{local}")),
        _ => None,
    }
}

/// The canonical phone, then the other form it may be on file in: a Brazilian mobile without its ninth digit.
pub fn phone_forms(canonical: &str) -> Vec<String> {
    let mut forms = vec![canonical.to_owned()];
    if let Some(number) = canonical.strip_prefix("+55")
        && number.len() == 11
        && let (Some(area), Some(local)) = (number.get(..2), number.get(3..))
    {
        forms.push(format!("+55{area}{local}"));
    }
    forms
}

/// A Brazilian postal code (CEP) as 8 digits. `None` if it is none.
pub fn canonical_postal_code(text: &str) -> Option<String> {
    let text = text.trim();
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | ' ');
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (text.len() <= 12 && text.chars().all(allowed) && digits.len() == 8).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brings_phones_into_one_form() {
        for text in [
            "+55 11 95555-0101",
            "5511955550101",
            "(11) 95555-0101",
            "011 95555 0101",
            "11 5555-0101x",
            "+55 (11) 9.5555.0101",
            "0055 11 95555-0101",
        ] {
            let expected = if text.ends_with('x') { None } else { Some("+5511955550101".to_owned()) };
            assert_eq!(canonical_phone(text), expected, "{text}");
        }
        assert_eq!(
            canonical_phone("11 8555-0101").as_deref(),
            Some("+5511985550101"),
            "the ninth digit is added"
        );
        assert_eq!(canonical_phone("11 3555-0101").as_deref(), Some("+551135550101"), "a landline has none");
        assert_eq!(canonical_phone("+1 415 555 2671").as_deref(), Some("+14155552671"));
        assert_eq!(canonical_phone("+351 912 345 678").as_deref(), Some("+351912345678"));
        for text in
            ["", "123", "abc", "10 95555-0101", "+55 11 15555-0101", "９９９", "11 95555-0101 ramal 2"]
        {
            assert_eq!(canonical_phone(text), None, "{text}");
        }
    }

    #[test]
    fn a_mobile_has_two_forms_and_a_landline_one() {
        assert_eq!(phone_forms("+5511985550101"), ["+5511985550101", "+551185550101"]);
        assert_eq!(phone_forms("+551135550101"), ["+551135550101"]);
        assert_eq!(phone_forms("+14155552671"), ["+14155552671"]);
    }

    #[test]
    fn knows_an_email_when_it_sees_one() {
        assert_eq!(
            canonical_email(" Ana.Souza+x@Example.COM.br ").as_deref(),
            Some("ana.souza+x@example.com.br")
        );
        for text in ["", "a", "a@b", "@b.c", "a@b..c", "a b@c.d", "a@b@c.d", "a@-b.c", ".a@b.c", "a@b.c\n\nx"]
        {
            assert_eq!(canonical_email(text), None, "{text:?}");
        }
        assert_eq!(canonical_email(&format!("{}@b.c", "a".repeat(300))), None);
    }

    #[test]
    fn reads_postal_codes() {
        for text in ["01310-100", "01310100", "01.310-100", " 01310 100 "] {
            assert_eq!(canonical_postal_code(text).as_deref(), Some("01310100"), "{text}");
        }
        for text in ["", "0131010", "013101000", "01310-10a", "cep 01310-100"] {
            assert_eq!(canonical_postal_code(text), None, "{text}");
        }
    }
}
