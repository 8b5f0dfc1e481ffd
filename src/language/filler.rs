//! Words that say nothing beside a value: `é uns 5 mil, tá`. What is left of a clause without them is what it says besides.

use super::stem::is_stopword;
use crate::domain::language::Language;

/// Whether a folded word says nothing beside a value.
pub fn is_filler(word: &str, language: Language) -> bool {
    is_stopword(word, language) || FILLERS.split_ascii_whitespace().any(|filler| filler == word)
}

const FILLERS: &str = "e eh sao seria serao fica ficaria da umas uns tipo acho creio que talvez sim ok okay certo ta tah entao \
    bem ah oh hum hmm hm opa oi ola ne viu so somente apenas mais menos aproximadamente cerca torno volta quase total no \
    na maximo minimo pode ser isso mesmo esse aqui valor meu minha nosso nossa por favor pfv obrigado obrigada valeu mil \
    atualmente hoje agora ja temos tenho somos verdade errei desculpa digo quis dizer corrigindo alias pensando melhor \
    it s is its i m im about around maybe think just only please thanks yes actually meant mean we re sorry my our \
    es son creo seria unos unas gracias por perdon somos tengo mi en realidad kkk kkkk kkkkk rs rsrs haha hahaha \
    nada alem disso todo tudo mas ou ate entre ai la cada ha";
