//! Which language a text is written in, by its function words. It would rather say nothing than be wrong: a
//! conversation that flips its language on one borrowed word annoys more than one that is slow to follow.

use super::fold::{beginning, words};
use crate::domain::language::Language;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Longest beginning that is looked at.
const LONGEST_TEXT: usize = 2 * 1024;

/// Weight a language needs, and by which it must lead.
const ENOUGH: u32 = 2;

/// The language of `text`, or `None` when unsure.
pub fn detect(text: &str) -> Option<Language> {
    let text = beginning(text, LONGEST_TEXT);
    let mut weights: [(Language, u32); 3] =
        Language::ALL.map(|language| (language, sign_weight(text, language)));
    for word in words(text) {
        if let Some(signs) = SIGNS.get(word.as_str()) {
            weights.iter_mut().zip(signs).for_each(|((_, weight), sign)| *weight += sign);
        }
    }
    weights.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    let [(best, first), (_, second), _] = weights;
    (first >= ENOUGH && first >= second + ENOUGH).then_some(best)
}

/// Letters and marks that only one of the languages has.
fn sign_weight(text: &str, language: Language) -> u32 {
    let signs: &[char] = match language {
        Language::Portuguese => &['ã', 'õ', 'ç', 'Ã', 'Õ', 'Ç', 'ê', 'à', 'â'],
        Language::Spanish => &['ñ', '¿', '¡', 'Ñ'],
        Language::English => &[],
    };
    2 * u32::from(text.contains(signs))
}

/// What each word weighs for each language, in the order of [`Language::ALL`].
static SIGNS: LazyLock<HashMap<&str, [u32; 3]>> = LazyLock::new(|| {
    let mut signs: HashMap<&str, [u32; 3]> = HashMap::new();
    for (place, language) in Language::ALL.into_iter().enumerate() {
        let (strong, weak) = match language {
            Language::Portuguese => (PORTUGUESE_STRONG, PORTUGUESE_WEAK),
            Language::English => (ENGLISH_STRONG, ENGLISH_WEAK),
            Language::Spanish => (SPANISH_STRONG, SPANISH_WEAK),
        };
        for (list, weight) in [(weak, 1), (strong, 2)] {
            for word in list.split_ascii_whitespace() {
                signs.entry(word).or_default()[place] = weight;
            }
        }
    }
    signs
});

const PORTUGUESE_STRONG: &str = "voce voces nao oi ola obrigado obrigada meu minha vcs uma em dos das pela pelo qual quais \
    quero queria gostaria boa bom tem isso onde preciso ainda tambem sim falar voces entao agora fazer chegou preco";
const PORTUGUESE_WEAK: &str = "com do da os um no na nos nas ao as por e foi pra pro vc seu sua ele ela estou saber posso pode e se esta";
const ENGLISH_STRONG: &str = "the is are you what where when how my your hello hi please thanks thank would could want need i \
    with have has this that there and for does can which who order yes delivery";
const ENGLISH_WEAK: &str = "to of in on at it be an do if or not from";
const SPANISH_STRONG: &str = "hola gracias usted ustedes el los las una quiero quisiera donde cuando cual cuales mi necesito con tengo \
    tiene hay puedo buenos buenas pero muy hoy manana si mis cuanto cuesta hacer";
const SPANISH_WEAK: &str = "y en del lo un su al la por se es le estoy puede no esta";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_languages_apart_when_it_can() {
        use Language::{English, Portuguese, Spanish};
        for (text, language) in [
            ("oi, tudo bem? queria saber do meu pedido", Some(Portuguese)),
            ("pode ver se está tudo certo com ele? e se está pronto?", Some(Portuguese)),
            ("vocês entregam na minha cidade?", Some(Portuguese)),
            ("meu pedido não chegou", Some(Portuguese)),
            ("Hello, where is my order?", Some(English)),
            ("I'd like to book a visit", Some(English)),
            ("do you have this in stock?", Some(English)),
            ("hola, ¿dónde está mi pedido?", Some(Spanish)),
            ("quiero cambiar mi cita para el viernes", Some(Spanish)),
            ("buenos días, necesito ayuda con una compra", Some(Spanish)),
            ("ok", None),
            ("10421", None),
            ("ana@exemplo.com", None),
            ("pedido 10421", None),
            ("👍", None),
            ("", None),
            ("مرحبا كيف حالك", None),
        ] {
            assert_eq!(detect(text), language, "{text}");
        }
    }

    #[test]
    fn a_borrowed_word_does_not_flip_the_language() {
        for text in ["quero um delivery para hoje na minha casa", "tem o vaso black friday com desconto?"] {
            assert_ne!(detect(text), Some(Language::English), "{text}");
        }
    }
}
