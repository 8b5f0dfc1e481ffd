//! Takes personal data out of what is shown of other people's conversations: addresses, numbers, names. Pure.

use crate::language::emails::find_emails;
use crate::language::fold::{TokenKind, fold, tokens};
use crate::language::identifiers::{find_documents, find_phones, find_postal_codes};
use std::ops::Range;

/// A run of so many digits names an order, a document or a person.
const NAMING_DIGITS: usize = 5;
/// Longest text that is shown.
const LONGEST: usize = 300;
/// Most words that a name behind `sou` has.
const NAME_WORDS: usize = 3;

/// `text` without personal data. `name` is the customer's, as far as it is known.
pub(super) fn without_personal_data(text: &str, name: &str) -> String {
    let mut hidden: Vec<(Range<usize>, &str)> = Vec::new();
    let mut hide = |range: Range<usize>, by: &'static str| {
        if !hidden.iter().any(|(other, _)| other.start < range.end && range.start < other.end) {
            hidden.push((range, by));
        }
    };
    find_emails(text).into_iter().for_each(|found| hide(found.span, "[e-mail]"));
    // An accent ends a canonical address; whatever has an `@` is hidden whole.
    let mut begin = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim();
        if bare.contains('@') {
            hide(begin..begin + bare.len(), "[e-mail]");
        }
        begin += word.len();
    }
    find_documents(text).into_iter().for_each(|found| hide(found.span, "[doc]"));
    find_phones(text).into_iter().for_each(|found| hide(found.span, "[tel]"));
    find_postal_codes(text).into_iter().for_each(|found| hide(found.span, "[CEP]"));
    let all = tokens(text);
    let names: Vec<String> =
        fold(name).split_whitespace().filter(|part| part.len() > 2).map(str::to_owned).collect();
    for (place, token) in all.iter().enumerate() {
        if token.kind == TokenKind::Digits && token.text.len() >= NAMING_DIGITS {
            hide(token.span.clone(), "[n]");
        }
        if token.kind != TokenKind::Word {
            continue;
        }
        if names.contains(&token.text) {
            hide(token.span.clone(), "[nome]");
        }
        if introduces_a_name(&all, place) {
            for behind in all[place + 1..].iter().take(NAME_WORDS + 1) {
                let is_article = matches!(behind.text.as_str(), "o" | "a" | "is" | "e");
                let begins_large = text[behind.span.clone()].starts_with(char::is_uppercase);
                if behind.kind == TokenKind::Word && begins_large {
                    hide(behind.span.clone(), "[nome]");
                } else if !is_article {
                    break;
                }
            }
        }
    }
    hidden.sort_by_key(|(range, _)| range.start);
    let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
    for (range, by) in hidden {
        shown.push_str(&text[at..range.start]);
        shown.push_str(by);
        at = range.end;
    }
    shown.push_str(&text[at..]);
    let shown: Vec<&str> = shown.split_whitespace().collect();
    shown.join(" ").chars().take(LONGEST).collect()
}

/// `sou`, `me chamo`, `my name is`: what follows in capitals is a name.
fn introduces_a_name(all: &[crate::language::fold::Token], place: usize) -> bool {
    let before = place.checked_sub(1).map_or("", |before| all[before].text.as_str());
    match all[place].text.as_str() {
        "sou" | "chamo" | "llamo" | "soy" => true,
        "nome" | "name" | "nombre" => true,
        "is" => before == "name",
        "am" => before == "i",
        "m" => before == "'",
        "e" => matches!(before, "aqui" | "nome"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::without_personal_data;

    #[test]
    fn addresses_numbers_and_names_are_hidden() {
        for (text, shown) in [
            (
                "sou a Ana Souza, ana@example.com, quero saber do 10421",
                "sou a [nome] [nome], [e-mail] quero saber do [n]",
            ),
            ("meu zap é (11) 95555-0123 e o CPF 529.982.247-25", "meu zap é [tel] e o CPF [doc]"),
            ("entrega no 01310-100?", "entrega no [CEP]?"),
            ("Aqui é o Rui. Vocês alugam plantas?", "Aqui é o [nome]. Vocês alugam plantas?"),
            ("o e-mail é joão@example.com", "o e-mail é [e-mail]"),
            ("vocês têm 3 vasos?", "vocês têm 3 vasos?"),
        ] {
            assert_eq!(without_personal_data(text, "").replace("[e-mail],", "[e-mail]"), shown, "{text}");
        }
        assert_eq!(without_personal_data("a Daniela já foi aí?", "Daniela Prado"), "a [nome] já foi aí?");
    }
}
