//! Whether a message asks for something that can be known, and is not small talk: `Bom dia, tudo bem por aí?` asks for
//! nothing; and whether an answer says that it is not known. Pure.

use crate::agent::claims::denies_ability;
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
/// Words of an answer that does not know, folded, beside those that the guard looks for.
const NOT_KNOWN: [&str; 17] = [
    "informacao eu nao tenho",
    "nao tenho informac",
    "nao tenho nenhuma informac",
    "nao tenho detalhes",
    "nao ha informac",
    "nao disponho",
    "nao encontrei informac",
    "don't have that information",
    "do not have that information",
    "don't have information",
    "do not have information",
    "don't have any information",
    "don't have details",
    "informacion no la tengo",
    "no tengo informac",
    "no dispongo",
    "no cuento con",
];
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

/// Whether an answer, folded, says that the bot cannot help or does not know.
pub(super) fn abstains(folded: &str) -> bool {
    denies_ability(folded) || NOT_KNOWN.iter().any(|words| folded.contains(words))
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::fold::fold;

    #[test]
    fn the_built_in_model_abstains_in_its_own_words() {
        let phrases: toml::Table = include_str!("../../../prompts/offline.toml").parse().unwrap();
        for language in ["pt-BR", "en", "es"] {
            let unknown = phrases["say"][language]["unknown"].as_str().unwrap();
            assert!(abstains(&fold(unknown)), "{unknown}");
        }
        assert!(!abstains(&fold("Temos, sim! O vaso custa R$ 54,90.")));
    }

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
