//! How customers say who they are: "me chamo Ana", "sou a Ana Souza, ana@exemplo.com". Only what is said is read; a
//! trade is no name.

use crate::language::emails::find_emails;
use crate::language::fold::{fold, words};
use crate::language::identifiers::find_phones;
use std::borrow::Cow;

/// Behind these comes a name, however it is written.
const OPENINGS: [&str; 9] = [
    "me chamo ",
    "meu nome e ",
    "meu nome é ",
    "aqui e a ",
    "aqui é a ",
    "aqui é o ",
    "my name is ",
    "me llamo ",
    "mi nombre es ",
];
/// Behind these comes a name only if it is written like one: one may also be "a dona da loja".
const LOOSE_OPENINGS: [&str; 7] = ["sou a ", "sou o ", "sou ", "soy ", "i'm ", "i am ", "this is "];
/// Small words inside a name.
const PARTICLES: [&str; 6] = ["da", "de", "do", "das", "dos", "del"];
/// Most words of a name.
const WORDS: usize = 5;

/// The name by which a customer introduces themselves in `text`.
pub fn introduced(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    // Lower case may have another length; then the places do not match.
    if lower.len() != text.len() {
        return None;
    }
    let behind = |opening: &&str| {
        lower
            .match_indices(*opening)
            .filter(|(at, _)| !lower[..*at].ends_with(char::is_alphanumeric))
            .find_map(|(at, _)| text.get(at + opening.len()..))
    };
    let strict = OPENINGS.iter().find_map(behind).map(|rest| name(rest, |_| true));
    let loose = || LOOSE_OPENINGS.iter().filter_map(behind).map(|rest| name(rest, is_capitalised));
    strict.into_iter().chain(loose()).find(|name| name.chars().count() > 1)
}

/// Whether `text` says both who the customer is and where to reach them.
pub fn introduces(text: &str) -> bool {
    (!find_emails(text).is_empty() || !find_phones(text).is_empty()) && introduced(text).is_some()
}

/// What `text` wants, without who says so: without an introduction, and without addresses that are only told. Who does nothing
/// but to give their name wants nothing; who gives an address too may want to be recorded.
pub fn wish_in(text: &str) -> Cow<'_, str> {
    if let Some(name) = introduced(text) {
        let addresses = introduces(text);
        let beside =
            without(text, |part| part.contains(name.as_str()) || addresses && tells_an_address(part));
        return match beside {
            Some(beside) => Cow::Owned(beside),
            None if addresses => Cow::Borrowed(text),
            None => Cow::Borrowed(""),
        };
    }
    beside_addresses(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// What `text` says beside an e-mail or a phone that is only told: `cadê meu pedido, meu e-mail é …`. `None` if nothing is, or
/// nothing stands beside it.
fn beside_addresses(text: &str) -> Option<String> {
    let is_told = |part: &str| {
        let mut free = part.to_owned();
        let spans = find_emails(part).into_iter().map(|found| found.span);
        let mut spans: Vec<_> = spans.chain(find_phones(part).into_iter().map(|found| found.span)).collect();
        spans.sort_by_key(|span| std::cmp::Reverse(span.start));
        for span in &spans {
            free.replace_range(span.clone(), " ");
        }
        !spans.is_empty() && words(&free).iter().all(|word| LABELS.contains(&word.as_str()))
    };
    tells_an_address(text).then(|| without(text, is_told)).flatten().filter(|beside| beside != text)
}

/// Words that only say that an address follows.
const LABELS: [&str; 24] = [
    "meu", "o", "a", "e", "eh", "mail", "email", "telefone", "fone", "celular", "whatsapp", "zap", "numero",
    "da", "do", "compra", "cadastro", "my", "is", "phone", "mi", "correo", "es", "the",
];

fn tells_an_address(part: &str) -> bool {
    !find_emails(part).is_empty() || !find_phones(part).is_empty()
}

/// The parts of `text` that are none of those that `go`.
fn without(text: &str, go: impl Fn(&str) -> bool) -> Option<String> {
    let parts: Vec<&str> = text
        .split([',', ';', '\n', '!', '?'])
        .flat_map(|part| part.split(". "))
        .flat_map(|part| part.split(" e "))
        .map(str::trim)
        .filter(|part| !words(part).is_empty() && !go(part))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn name(rest: &str, fits: impl Fn(&str) -> bool) -> String {
    let clause: String = rest
        .split(['.', ',', '!', '\n', ';', '(', ':', '?'])
        .next()
        .unwrap_or_default()
        .chars()
        .take(80)
        .collect();
    let mut words: Vec<&str> = clause
        .split_whitespace()
        .take_while(|word| {
            !word.contains('@') && !matches!(fold(word).as_str(), "e" | "and" | "y" | "meu") && {
                fits(word) || PARTICLES.contains(word)
            }
        })
        .take(WORDS)
        .collect();
    while words.last().is_some_and(|last| PARTICLES.contains(last)) {
        words.pop();
    }
    words.join(" ")
}

fn is_capitalised(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_trades_are_not() {
        for (text, name) in [
            ("me chamo ana souza e quero um vaso", Some("ana souza")),
            ("Oi, sou a Ana, meu e-mail é ana@exemplo.com", Some("Ana")),
            ("Sou o João da Silva de Campinas", Some("João da Silva de Campinas")),
            ("I'm Mary Jones and I need a quote", Some("Mary Jones")),
            ("Me chamo Ana ana@exemplo.com", Some("Ana")),
            ("sou a dona da loja", None),
            ("sou cliente antigo, tenho desconto?", None),
            ("passou o Carlos aqui", None),
            ("quero um vaso", None),
        ] {
            assert_eq!(introduced(text).as_deref(), name, "{text}");
        }
    }

    #[test]
    fn what_is_wanted_stands_beside_the_introduction() {
        for (text, wish) in [
            ("sou a Lia, lia@example.com, quero um orçamento", "quero um orçamento"),
            ("Oi, sou a Lia, meu e-mail é lia@example.com e quero um projeto", "Oi, quero um projeto"),
            (
                "meu nome é Lia e meu e-mail é lia@example.com",
                "meu nome é Lia e meu e-mail é lia@example.com",
            ),
            ("sou a Lia e quero um vaso", "quero um vaso"),
            ("sou a Lia", ""),
            ("quero um orçamento, lia@example.com", "quero um orçamento"),
            ("quero um vaso", "quero um vaso"),
        ] {
            assert_eq!(wish_in(text), wish, "{text}");
        }
    }

    #[test]
    fn what_is_wanted_stands_beside_an_address_that_is_only_told() {
        for (text, beside) in [
            ("cadê o pedido 10421, meu e-mail é lia@example.com", Some("cadê o pedido 10421")),
            ("Quero um vaso. E-mail: lia@example.com", Some("Quero um vaso")),
            ("troquei de e-mail, agora é lia@example.com", None),
            ("meu e-mail é lia@example.com", None),
            ("cadê o pedido 10421?", None),
        ] {
            assert_eq!(beside_addresses(text).as_deref(), beside, "{text}");
        }
    }
}
