//! A person, a phone and a text as operations are given them. Pure.

use crate::domain::contact::Contact;
use crate::domain::handle::canonical_email;
use serde_json::{Value, json};

/// A phone in the forms that vendors have it on file in.
pub fn phone_arguments(phone: &str) -> Value {
    let digits = phone.trim_start_matches('+');
    let national = digits.strip_prefix("55").unwrap_or(digits);
    json!({"phone": phone, "phone_digits": digits, "phone_national": national})
}

/// Whether two records with these e-mails may be of one person: a family shares a phone, nobody has two different e-mails
/// by which a vendor and the own book know them apart.
pub fn may_be_one(ours: &Option<String>, theirs: &Option<String>) -> bool {
    let plain = |email: &Option<String>| email.as_deref().and_then(canonical_email);
    match (plain(ours), plain(theirs)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => true,
    }
}

/// A person as operations are given them.
pub fn person(contact: &Contact) -> Value {
    let name = contact.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let (first, last) = match name.map(|name| name.split_once(char::is_whitespace).unwrap_or((name, ""))) {
        Some((first, last)) => (Some(first), Some(last.trim()).filter(|last| !last.is_empty())),
        None => (None, None),
    };
    json!({
        "name": name,
        "first_name": first,
        "last_name": last,
        "email": contact.email,
        "phone": contact.phone,
        "phone_digits": contact.phone.as_deref().map(|phone| phone.trim_start_matches('+')),
        "origin": contact.origin,
    })
}

/// Text as HTML: what a customer wrote is no markup.
pub fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>"),
            other => html.push(other),
        }
    }
    html
}
