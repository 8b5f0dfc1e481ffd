//! Words of a customer who says that an answer was wrong: `não, está errado`, `that's not right`, `eso no es correcto`.
//! Only what begins a message counts: `o endereço está errado no pedido` speaks of something else. Pure.

use crate::language::fold::words;

/// Words before it, at most so many.
const OPENING: [&str; 34] = [
    "nao", "mas", "olha", "ei", "opa", "desculpa", "desculpe", "eu", "acho", "que", "hum", "hmm", "acredito",
    "sinto", "muito", "a", "sua", "no", "but", "sorry", "actually", "i", "think", "hey", "well", "pero",
    "oye", "perdon", "creo", "disculpa", "disculpe", "ah", "oh", "voce",
];
const MOST_OPENING: usize = 5;
/// Words of it, folded.
const WRONG: [&str; 50] = [
    "isso nao esta certo",
    "isso nao ta certo",
    "isso nao esta correto",
    "isso nao e verdade",
    "isso nao procede",
    "isso nao e assim",
    "isso esta errado",
    "isso ta errado",
    "isso e errado",
    "isso e mentira",
    "nao esta certo",
    "nao ta certo",
    "nao esta correto",
    "nao e verdade",
    "nao procede",
    "esta errado",
    "esta errada",
    "ta errado",
    "ta errada",
    "errado",
    "errada",
    "errou",
    "se enganou",
    "esta enganado",
    "esta enganada",
    "informacao esta errada",
    "informacao errada",
    "resposta esta errada",
    "resposta errada",
    "that is wrong",
    "that s wrong",
    "it s wrong",
    "this is wrong",
    "that is not right",
    "that s not right",
    "that isn t right",
    "that is not correct",
    "that s not correct",
    "that isn t correct",
    "that is not true",
    "that s not true",
    "you re wrong",
    "you are wrong",
    "wrong",
    "incorrect",
    "eso esta mal",
    "esta mal",
    "es incorrecto",
    "es falso",
    "te equivocas",
];
/// The same, of which the Spanish says more.
const MAL: [&str; 14] = [
    "eso no esta bien",
    "eso no es correcto",
    "no es correcto",
    "eso es incorrecto",
    "incorrecto",
    "eso no es cierto",
    "no es cierto",
    "eso no es verdad",
    "no es verdad",
    "eso es falso",
    "te equivocaste",
    "se equivoca",
    "estas equivocado",
    "esta equivocado",
];

/// Whether a message begins with the word that what was said before is wrong.
pub(super) fn says_that_it_is_wrong(text: &str) -> bool {
    let said = words(text);
    let opening = said.iter().take(MOST_OPENING).take_while(|word| OPENING.contains(&word.as_str())).count();
    (0..=opening).any(|from| {
        let rest = said[from..].join(" ");
        WRONG.iter().chain(&MAL).any(|wrong| {
            rest.strip_prefix(wrong).is_some_and(|behind| behind.is_empty() || behind.starts_with(' '))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::says_that_it_is_wrong;

    #[test]
    fn only_who_says_that_the_answer_is_wrong_corrects_it() {
        for text in [
            "não, está errado",
            "Isso não está certo.",
            "Mas isso tá errado, o prazo é de 30 dias",
            "acho que você errou",
            "A resposta está errada",
            "No, that's wrong",
            "Sorry, but that is not right.",
            "You are wrong!",
            "No, eso no es correcto",
            "está mal",
            "Te equivocas",
        ] {
            assert!(says_that_it_is_wrong(text), "{text}");
        }
        for text in [
            "não, obrigado",
            "não está chegando o meu pedido",
            "o endereço está errado no pedido",
            "é certo que abre no sábado?",
            "veio a planta errada",
            "what's wrong with my plant?",
            "no, gracias",
            "não",
            "",
        ] {
            assert!(!says_that_it_is_wrong(text), "{text}");
        }
    }
}
