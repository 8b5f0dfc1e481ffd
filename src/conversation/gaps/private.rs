//! Takes personal data out of what is shown of other people's conversations: addresses, numbers, names. What the business
//! says of itself in its settings is none. Pure.

use super::spoken_to::spoken_to;
use crate::config::business::Business;
use crate::language::emails::find_emails;
use crate::language::fold::{TokenKind, fold, tokens, words};
use crate::language::identifiers::{find_documents, find_phones, find_postal_codes};
use std::ops::Range;

/// A run of so many digits names an order, a document or a person.
const NAMING_DIGITS: usize = 5;
/// A telephone number without the codes before it has so many digits.
const WITHOUT_CODES: usize = 8;
/// Most words that a name behind `sou` has.
const NAME_WORDS: usize = 3;

/// What a business says of itself: nobody's personal data.
#[derive(Default)]
pub(super) struct Own {
    emails: Vec<String>,
    /// The digits of its numbers.
    numbers: Vec<String>,
    name: Vec<String>,
}

impl Own {
    /// What these settings hold.
    pub(super) fn of(business: &Business) -> Self {
        let said = [&business.phone, &business.email, &business.address, &business.website, &business.voice];
        let mut own = Self { name: words(&business.name), ..Self::default() };
        for text in said {
            own.emails.extend(find_emails(text).into_iter().map(|found| found.value));
            let found = find_phones(text).into_iter().chain(find_postal_codes(text));
            own.numbers.extend(found.chain(find_documents(text)).map(|found| digits(&found.value)));
            own.numbers
                .extend(tokens(text).into_iter().filter(|it| it.kind == TokenKind::Digits).map(|it| it.text));
        }
        own
    }

    /// Whether the business names this number, perhaps with the codes before it that people leave out.
    fn has_number(&self, written: &str) -> bool {
        let written = digits(written);
        let is_long = written.len() >= WITHOUT_CODES;
        self.numbers.iter().any(|number| *number == written || (is_long && number.ends_with(&written)))
    }

    fn has_email(&self, written: &str) -> bool {
        self.emails.contains(&written.to_lowercase())
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// `text` without personal data, its lines kept. `name` is the customer's, as far as it is known.
pub(super) fn without_personal_data(text: &str, name: &str, own: &Own) -> String {
    let mut hidden: Vec<(Range<usize>, &str)> = Vec::new();
    let mut hide = |range: Range<usize>, by: &'static str| {
        if !hidden.iter().any(|(other, _)| other.start < range.end && range.start < other.end) {
            hidden.push((range, by));
        }
    };
    let emails = find_emails(text).into_iter().filter(|found| !own.has_email(&found.value));
    emails.for_each(|found| hide(found.span, "[e-mail]"));
    // An accent ends a canonical address; whatever has an `@` is hidden whole.
    let mut begin = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim();
        if bare.contains('@') && !find_emails(bare).iter().any(|found| own.has_email(&found.value)) {
            hide(begin..begin + bare.len(), "[e-mail]");
        }
        begin += word.len();
    }
    for (found, by) in
        [(find_documents(text), "[doc]"), (find_phones(text), "[tel]"), (find_postal_codes(text), "[CEP]")]
    {
        let others = found.into_iter().filter(|found| !own.has_number(&found.value));
        others.for_each(|found| hide(found.span, by));
    }
    let all = tokens(text);
    let names: Vec<String> =
        fold(name).split_whitespace().filter(|part| part.len() > 2).map(str::to_owned).collect();
    let mut called: Vec<String> = Vec::new();
    for found in spoken_to(text, &all, &own.name, &names) {
        hide(found.span, "");
        called.extend(found.words);
    }
    for (place, token) in all.iter().enumerate() {
        let is_number = token.kind == TokenKind::Digits && token.text.len() >= NAMING_DIGITS;
        if is_number && !own.has_number(&token.text) {
            hide(token.span.clone(), "[n]");
        }
        if token.kind != TokenKind::Word {
            continue;
        }
        let is_large = text[token.span.clone()].starts_with(char::is_uppercase);
        if names.contains(&token.text) || (is_large && called.contains(&token.text)) {
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
    let lines = shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The beginning of `text` in one line.
pub(super) fn in_brief(text: &str, longest: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(longest).collect()
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
    use super::*;
    use crate::config::settings::Settings;

    fn without(text: &str, name: &str) -> String {
        without_personal_data(text, name, &Own::of(&Settings::load(None, &Vec::new()).unwrap().business))
    }

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
            assert_eq!(without(text, "").replace("[e-mail],", "[e-mail]"), shown, "{text}");
        }
        assert_eq!(without("a Daniela já foi aí?", "Daniela Prado"), "a [nome] já foi aí?");
    }

    #[test]
    fn who_is_spoken_to_is_not_named() {
        for (text, shown) in [
            ("Oi, Rui! Alugamos, sim, Rui. O Rui paga R$ 431.", "Oi! Alugamos, sim. O [nome] paga R$ 431."),
            ("Olá Rui,\n\n- vasos\n-  terra", "Olá,\n\n- vasos\n- terra"),
            ("Hi Rui, we do rent them!", "Hi, we do rent them!"),
            ("Hola Rui, sí.", "Hola, sí."),
            ("Alugamos, sim, Rui!", "Alugamos, sim!"),
        ] {
            assert_eq!(without(text, ""), shown, "{text}");
        }
    }

    #[test]
    fn what_the_business_says_of_itself_is_kept() {
        for text in [
            "Escreva para atendimento@example.com.br ou ligue: (11) 95555-0100.",
            "Nosso telefone é 95555-0100, o mesmo do WhatsApp +55 11 95555-0100",
            "Ficamos na Rua do Jatobá-Mirim, 128, Pinheiros, São Paulo, SP, CEP 05499-128.",
            "O CEP daqui é 05499128",
        ] {
            assert_eq!(without(text, ""), text);
        }
        assert_eq!(without("ligue (11) 95555-0101", ""), "ligue [tel]", "another number is somebody's");
        assert_eq!(without("atendimento@example.com", ""), "[e-mail]");
    }
}
