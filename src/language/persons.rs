//! Names of people and companies as they are told: `me chamo Ana`, `aqui é o João da Silva`, or a bare reply to who
//! somebody is. Whether a name was asked for is for its callers to say; a word that is no name is never taken for one.

use super::fold::{beginning, fold};
use super::person_words::{COMPANY, INTRODUCTIONS, Introduction, NOT_NAMES, is_first_name, is_particle};
use super::span::Found;
use std::ops::Range;

/// Longest text that is looked at.
const LONGEST_TEXT: usize = 2 * 1024;
/// Most words of a person's name.
const MOST_WORDS: usize = 7;

/// A name and how sure it is one, 0 to 100.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// As it should be written.
    pub name: String,
    /// How sure.
    pub sure: u8,
}

/// A word of the text: its place, itself, folded.
struct Word<'text> {
    span: Range<usize>,
    text: &'text str,
    folded: String,
    /// Whether a mark that ends a name follows.
    ends: bool,
}

/// Words: letters, with a dash or an apostrophe inside; digits and marks stand alone.
fn split(text: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut begin: Option<usize> = None;
    let ends = text.char_indices().map(|(at, character)| (at, Some(character))).chain([(text.len(), None)]);
    for (at, character) in ends {
        let inner = character.is_some_and(|character| {
            let joins = matches!(character, '-' | '\'' | '’' | '&')
                && begin.is_some()
                && text[at + character.len_utf8()..].chars().next().is_some_and(char::is_alphanumeric);
            character.is_alphanumeric() || joins
        });
        if inner {
            begin.get_or_insert(at);
            continue;
        }
        if let Some(begin) = begin.take() {
            let word = &text[begin..at];
            let ends = character.is_some_and(|character| !character.is_whitespace() && character != '.');
            words.push(Word { span: begin..at, text: word, folded: fold(word), ends });
        } else if let Some(last) =
            words.last_mut().filter(|_| character.is_some_and(|c| !c.is_whitespace() && c != '&'))
        {
            last.ends = true;
        }
    }
    words
}

/// The name somebody introduces themselves with.
pub fn introduced(text: &str) -> Option<Found<Name>> {
    let text = beginning(text, LONGEST_TEXT);
    let words = split(text);
    for at in 0..words.len() {
        let opened = INTRODUCTIONS
            .iter()
            .filter_map(|(phrase, kind)| Some((stands_at(&words, at, phrase)?, *kind)))
            .max_by_key(|(used, _)| *used);
        let Some((used, kind)) = opened else { continue };
        // `não me chamo Ana`
        if at > 0 && matches!(words[at - 1].folded.as_str(), "nao" | "not" | "no" | "se") {
            continue;
        }
        let begin = at + used;
        let end = name_end(&words, begin);
        if begin == end {
            continue;
        }
        // `sou a dona`, `sou de Campinas`: weak openings need what looks like a name.
        let capital = |word: &Word<'_>| word.text.chars().next().is_some_and(char::is_uppercase);
        let known = is_first_name(&words[begin].folded);
        if kind == Introduction::Weak
            && !known
            && !words[begin..end].iter().all(|word| capital(word) || is_particle(&word.folded))
        {
            continue;
        }
        let end = shortened(&words, begin, end, known);
        let sure = if known || kind == Introduction::Strong { 95 } else { 80 };
        return Some(found(text, &words, begin..end, sure));
    }
    None
}

/// The name in a reply that says little else: `Ana Paula, prazer`, `é o joão da silva`.
pub fn bare_name(text: &str) -> Option<Found<Name>> {
    let text = beginning(text, LONGEST_TEXT);
    if text.contains(['?', '@']) {
        return None;
    }
    if let Some(introduced) = introduced(text) {
        return Some(introduced);
    }
    let words = split(text);
    let is_polite = |word: &Word<'_>| POLITE.split_ascii_whitespace().any(|polite| polite == word.folded);
    let begin = words.iter().position(|word| !is_polite(word))?;
    let end = name_end(&words, begin);
    if begin == end || !words[end..].iter().all(is_polite) {
        return None;
    }
    let known = is_first_name(&words[begin].folded);
    // A lone letter is a choice, not a name.
    if words[begin].text.chars().count() < 2 || !known && end - begin > 5 {
        return None;
    }
    let capital = words[begin].text.chars().next().is_some_and(char::is_uppercase);
    let sure = if known {
        95
    } else if capital {
        90
    } else {
        75
    };
    Some(found(text, &words, begin..end, sure))
}

/// The company somebody says they have or work for.
pub fn introduced_company(text: &str) -> Option<Found<Name>> {
    let text = beginning(text, LONGEST_TEXT);
    let words = split(text);
    (0..words.len()).find_map(|at| {
        let used = COMPANY.iter().filter_map(|phrase| stands_at(&words, at, phrase)).max()?;
        let capital = |word: &Word<'_>| {
            word.text.chars().next().is_some_and(|first| first.is_uppercase() || first.is_ascii_digit())
        };
        // `a Joana da Loja Bela`: the word is a part of the name.
        let is_part = used == 1 && at > 0 && capital(&words[at]);
        let begin = if is_part { at } else { at + used };
        let first = words.get(begin).filter(|word| capital(word))?;
        if first.folded.len() < 2
            || is_first_name(&first.folded) && words.get(begin + 1).is_none_or(|next| !capital(next))
        {
            return None;
        }
        let mut end = begin;
        while let Some(word) = words.get(end).filter(|_| end - begin < MOST_WORDS) {
            let inside =
                capital(word) || is_particle(&word.folded) && words.get(end + 1).is_some_and(capital);
            if !inside {
                break;
            }
            end += 1;
            if word.ends {
                break;
            }
        }
        let span = words[begin].span.start..words[end - 1].span.end;
        Some(Found { value: Name { name: text[span.clone()].to_owned(), sure: 85 }, span })
    })
}

/// The company's name in a reply that says little else.
pub fn bare_company(text: &str) -> Option<Found<Name>> {
    let text = beginning(text, LONGEST_TEXT);
    if text.contains(['?', '@']) {
        return None;
    }
    if let Some(company) = introduced_company(text) {
        return Some(company);
    }
    let words = split(text);
    let opening = |word: &Word<'_>| {
        POLITE.split_ascii_whitespace().any(|polite| polite == word.folded)
            || matches!(
                word.folded.as_str(),
                "empresa" | "loja" | "nome" | "chama" | "se" | "minha" | "company" | "called"
            )
    };
    let begin = words.iter().position(|word| !opening(word))?;
    let mut end = words.len();
    while end > begin + 1 && POLITE.split_ascii_whitespace().any(|polite| polite == words[end - 1].folded) {
        end -= 1;
    }
    let fits = end - begin <= MOST_WORDS
        && words[begin..end]
            .iter()
            .all(|word| !NOT_NAMES.contains(word.folded.as_str()) || is_particle(&word.folded))
        && words[begin..end]
            .iter()
            .any(|word| word.text.chars().any(char::is_alphabetic) && word.folded.len() > 1)
        && !words[begin..end - 1].iter().any(|word| word.ends);
    if !fits {
        return None;
    }
    let span = words[begin].span.start..words[end - 1].span.end;
    let written = &text[span.clone()];
    let name = if written.chars().any(char::is_uppercase) { written.to_owned() } else { titled(written) };
    Some(Found { span, value: Name { name, sure: 85 } })
}

/// Words around a name that say nothing.
const POLITE: &str = "oi ola opa eai hey hello hi hola bom boa dia tarde noite buenas buenos dias tardes sim claro ok pode ser \
    e eh sou eu aqui fala quem o a os meu nome prazer obrigado obrigada obg tudo bem me chamo chama ne viu please sure yes \
    nice to meet you thanks thank it s is i m am the my name gracias si soy mucho gusto llamo muito todos chamar de \
    certo entao bem ta isso completo";

fn stands_at(words: &[Word<'_>], at: usize, phrase: &str) -> Option<usize> {
    let mut used = 0;
    for wanted in phrase.split(' ') {
        let word = words.get(at + used)?;
        let broken = used > 0 && words[at + used - 1].ends && !matches!(wanted, "s" | "m");
        if word.folded != wanted || broken {
            return None;
        }
        used += 1;
    }
    Some(used)
}

/// Where the name that begins at `begin` ends: behind the last word that can be a part of one.
fn name_end(words: &[Word<'_>], begin: usize) -> usize {
    let mut end = begin;
    while let Some(word) = words.get(end).filter(|_| end - begin < MOST_WORDS) {
        let letters = word
            .text
            .chars()
            .all(|character| character.is_alphabetic() || matches!(character, '-' | '\'' | '’'));
        // A small word is inside of a name, never its beginning.
        let particle = is_particle(&word.folded);
        let of_a_business = words.get(end + 1).is_some_and(|next| BUSINESSES.contains(&next.folded.as_str()));
        if particle && of_a_business {
            break;
        }
        if !letters
            || particle && end == begin
            || !particle && is_no_name(&word.folded) && !is_surname(word, end - begin)
        {
            break;
        }
        end += 1;
        if word.ends {
            break;
        }
    }
    while end > begin && is_particle(&words[end - 1].folded) {
        end -= 1;
    }
    end
}

/// Behind an introduction in a longer sentence, a name goes on only as long as its words look like names: `me chamo
/// ana moro em campinas` is Ana.
fn shortened(words: &[Word<'_>], begin: usize, end: usize, known: bool) -> usize {
    let upper = |word: &Word<'_>| word.text.chars().next().is_some_and(char::is_uppercase);
    if upper(&words[begin]) {
        let stop = (begin..end).find(|at| !upper(&words[*at]) && !is_particle(&words[*at].folded));
        let mut end = stop.unwrap_or(end);
        while end > begin + 1 && is_particle(&words[end - 1].folded) {
            end -= 1;
        }
        return end;
    }
    // All in small letters: the end of what is said ends the name too.
    let last = end == words.len() || words[end - 1].ends;
    if last && end - begin <= 4 || !known && end - begin <= 2 { end } else { begin + 1 }
}

fn found(text: &str, words: &[Word<'_>], range: Range<usize>, sure: u8) -> Found<Name> {
    let span = words[range.start].span.start..words[range.end - 1].span.end;
    let written = &text[span.clone()];
    let has = |test: fn(char) -> bool| written.chars().any(test);
    let mixed = has(char::is_uppercase) && has(char::is_lowercase);
    let name = if mixed { written.split_whitespace().collect::<Vec<_>>().join(" ") } else { titled(written) };
    Found { span, value: Name { name, sure } }
}

/// `ana de souza` with capitals where a name has them.
fn titled(text: &str) -> String {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| {
            let lower = word.to_lowercase();
            if is_particle(&fold(&lower)) {
                return lower;
            }
            let mut titled = String::with_capacity(lower.len());
            let mut start = true;
            for character in lower.chars() {
                if start {
                    titled.extend(character.to_uppercase());
                } else {
                    titled.push(character);
                }
                start = matches!(character, '-' | '\'' | '’');
            }
            titled
        })
        .collect();
    words.join(" ")
}

/// Whether a word that is mostly none is the surname behind a first name: `Carla Dias`.
fn is_surname(word: &Word<'_>, place: usize) -> bool {
    let capital = word.text.chars().next().is_some_and(char::is_uppercase);
    place > 0 && capital && SURNAMES.contains(&word.folded.as_str())
}

/// Surnames that mean something else in most messages.
const SURNAMES: &[&str] = &["dias", "claro", "domingos", "casado", "bom", "rico"];
/// What a business is called by: `Felipe da Construtora Alfa` is Felipe.
const BUSINESSES: &[&str] = &[
    "construtora",
    "padaria",
    "clinica",
    "escola",
    "restaurante",
    "imobiliaria",
    "oficina",
    "farmacia",
    "agencia",
    "academia",
    "hotel",
    "pousada",
    "escritorio",
    "transportadora",
    "distribuidora",
    "industria",
    "barbearia",
    "loja",
    "empresa",
    "mercado",
    "consultoria",
];

fn is_no_name(folded: &str) -> bool {
    NOT_NAMES.contains(folded) || folded.chars().any(|character| character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn introductions_and_bare_names() {
        let wrong: Vec<String> = [
            ("me chamo Ana", Some("Ana")),
            ("meu nome é ana paula de souza", Some("Ana Paula de Souza")),
            ("oi, aqui é o João da Silva, tudo bem?", Some("João da Silva")),
            ("sou a Ana e quero um orçamento", Some("Ana")),
            ("sou a dona da loja", None),
            ("sou do Rio", None),
            ("me chamo ana moro em campinas", Some("Ana")),
            ("My name is John Smith and I need a quote", Some("John Smith")),
            ("I'm Mary", Some("Mary")),
            ("I'm interested", None),
            ("me llamo Lucía Gómez", Some("Lucía Gómez")),
            ("não me chamo Ana", None),
        ]
        .into_iter()
        .filter_map(|(text, expected)| {
            let got = introduced(text).map(|found| found.value.name);
            (got.as_deref() != expected).then(|| format!("{text:?}: expected {expected:?}, got {got:?}"))
        })
        .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let wrong: Vec<String> = [
            ("Ana", Some("Ana")),
            ("ana paula, prazer", Some("Ana Paula")),
            ("JOÃO DA SILVA", Some("João da Silva")),
            ("É o João", Some("João")),
            ("Maria Luísa d'Ávila", Some("Maria Luísa d'Ávila")),
            ("oi", None),
            ("bom dia", None),
            ("quero saber o preço", None),
            ("idiota", None),
            ("quem é você?", None),
            ("não", None),
            ("b", None),
            ("123", None),
            ("👍", None),
            ("depois eu falo", None),
        ]
        .into_iter()
        .filter_map(|(text, expected)| {
            let got = bare_name(text).map(|found| found.value.name);
            (got.as_deref() != expected).then(|| format!("{text:?}: expected {expected:?}, got {got:?}"))
        })
        .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn companies() {
        for (text, expected) in [
            ("minha empresa é a Padaria do Zé", Some("Padaria do Zé")),
            ("trabalho na Acme Ltda", Some("Acme Ltda")),
            ("trabalho na empresa", None),
            ("sou a Joana da Loja Bela", Some("Loja Bela")),
        ] {
            assert_eq!(introduced_company(text).map(|found| found.value.name).as_deref(), expected, "{text}");
        }
        for (text, expected) in [
            ("padaria do zé", Some("Padaria do Zé")),
            ("Acme 360", Some("Acme 360")),
            ("se chama Flor & Cia", Some("Flor & Cia")),
            ("não tenho", None),
        ] {
            assert_eq!(bare_company(text).map(|found| found.value.name).as_deref(), expected, "{text}");
        }
    }
}
