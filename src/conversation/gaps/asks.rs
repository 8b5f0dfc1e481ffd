//! Whether a message asks for something that can be known, and is not small talk: `Bom dia, tudo bem por aí?` asks for
//! nothing. Pure.

use crate::domain::language::Language;
use crate::language::fold::{is_stopword, words};

/// A message with fewer words that mean something asks for nothing.
const FEWEST_WORDS: usize = 2;
/// Words of courtesy, folded.
const COURTESY: &str = "oi ola opa bom boa bons dia dias tarde noite tudo bem certo joia beleza blz tranquilo vai indo \
    obrigado obrigada obg valeu brigado brigada agradeco nada imagina legal otimo otima maravilha perfeito show tchau \
    ate logo mais amanha abraco abracos beijo beijos bjs feliz natal pascoa ano novo semana fim final gente pessoal \
    amigo amiga querido querida viu sim nao ok ta entendi favor prazer voce voces senhor senhora por gentileza \
    hi hello hey good morning afternoon evening night day how are you doing going fine nice great thanks thank bye \
    see later weekend please welcome \
    hola buenas buenos dias tardes noches que tal como estas esta gracias muchas hasta luego pronto perfecto vale adios \
    encantado encantada";
/// Words by which somebody asks or wishes, folded.
const ASKING: &str = "qual quais quanto quanta quantos quantas como onde quando quem porque quero queria gostaria preciso \
    precisava tem teria posso podem pode poderia consigo da aceita aceitam fazem vendem alugam entregam sabe saber \
    what which when where who why how much many can could do does is are have want need would \
    cual cuales cuanto cuanta cuantos cuantas donde cuando quien quiero queria necesito tienen tiene puedo pueden hacen";

/// Whether enough words are left without those that say nothing.
pub(super) fn says_something(text: &str, language: Language) -> bool {
    let tells = |word: &String| word.len() > 2 && !is_stopword(word, language) && !is_in(COURTESY, word);
    words(text).iter().filter(|word| tells(word)).count() >= FEWEST_WORDS
}

/// Whether it is a question or a wish.
pub(super) fn asks(text: &str) -> bool {
    text.contains('?') || words(text).iter().any(|word| is_in(ASKING, word))
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_talk_asks_for_nothing() {
        let is_question = |text: &str| says_something(text, Language::Portuguese) && asks(text);
        for text in [
            "Bom dia, tudo bem por aí?",
            "Oi! Como vai você?",
            "Obrigada, viu? Bom fim de semana!",
            "Hello, how are you doing?",
            "Hola, ¿qué tal? ¿Cómo estás?",
            "que dia lindo hoje",
            "Adorei o atendimento, parabéns!",
        ] {
            assert!(!is_question(text), "{text}");
        }
        for text in [
            "Vocês alugam plantas para casamento?",
            "queria alugar plantas pro casamento",
            "tem estacionamento para moto",
            "Do you rent plants?",
            "¿Alquilan plantas para bodas?",
        ] {
            assert!(is_question(text), "{text}");
        }
    }
}
