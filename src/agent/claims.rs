//! What a sentence says of help: that a person comes, that the bot comes back, that it cannot; read off its words in pt,
//! en and es. It only reads; what to do about it is the guard's.

use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// Words that a person comes. A turn that calls one does not end with words of the model, so these are never true.
static HAND_OFF: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "transferi, foi transferid, ja chamei, estou transferindo, vou transferir, vou te transferir, \
    estou te transferindo, estou encaminhando, vou encaminhar, estou chamando uma pessoa, estou chamando um atendente, \
    i transferred, i'm transferring, i am transferring, i will transfer, i'll transfer, \
    te transfiero, te estoy transfiriendo, voy a transferirte",
    )
});

/// Promises to come back, which the bot cannot.
static PROMISES: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "vou verificar e, vou checar e, vou consultar e, vou conferir e, te aviso, te retorno, \
    retorno em breve, ja te respondo, volto com, \
    i will check and, i'll check and, i will get back, i'll get back, get back to you, let you know soon, \
    voy a verificar y, te aviso en, vuelvo con",
    )
});

/// Words of one who does not help.
static DENIALS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "nao posso, nao consigo, nao encontrei, nao localizei, nao tenho acesso, nao tenho essa informacao, nao tenho como, \
    nao tenho a capacidade, nao sei, nao entendi, \
    i can't, i cannot, i don't know, i do not know, i don't have access, i do not have access, i'm unable, i am unable, \
    i couldn't find, i could not find, \
    no puedo, no se, no encontre, no tengo acceso, no tengo esa informacion",
    )
});

/// Words of one who has not listened.
static EVASIONS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "como posso ajudar, como posso te ajudar, em que posso ajudar, em que posso te ajudar, \
    como posso ser util, how can i help, how can i assist, how may i help, how may i assist, \
    en que puedo ayudar, como puedo ayudar",
    )
});

/// What the house does not do, folded, by the words before the verb: `nao alugamos`, `we don't rent`.
const REFUSING: [(&str, &str); 6] =
    [("nao", "mos"), ("no", "mos"), ("we don't", ""), ("we do not", ""), ("we can't", ""), ("we cannot", "")];

/// Verbs of one who does not know, which refuse nothing.
const NOT_KNOWING: [&str; 13] = [
    "sabemos",
    "conseguimos",
    "encontramos",
    "localizamos",
    "entendemos",
    "conhecemos",
    "recebemos",
    "identificamos",
    "know",
    "find",
    "see",
    "understand",
    "seem",
];

/// What one has not who does not know.
const UNKNOWN: [&str; 16] = [
    "informacao",
    "informacoes",
    "informacion",
    "information",
    "details",
    "detalhes",
    "detalles",
    "dados",
    "datos",
    "resposta",
    "respuesta",
    "answer",
    "certeza",
    "acesso",
    "acceso",
    "access",
];

/// Whether `folded` says that the house does not do or have something: "nao alugamos plantas". That one does not
/// know it is no such claim.
pub fn refuses_for_the_house(folded: &str) -> bool {
    let text = spaced(folded);
    REFUSING.iter().any(|(opening, ending)| {
        text.match_indices(&format!(" {opening} ")).any(|(at, found)| {
            let mut behind = text.get(at + found.len()..).unwrap_or_default().split(' ');
            let verb = behind.next().unwrap_or_default();
            verb.len() > ending.len()
                && verb.ends_with(ending)
                && !NOT_KNOWING.contains(&verb)
                && !behind.take(3).any(|word| UNKNOWN.contains(&word))
        })
    })
}

/// Whether `folded` asks what the customer wants.
pub fn evades(folded: &str) -> bool {
    EVASIONS.found_in(folded).next().is_some()
}

/// Whether `folded` says that the bot cannot help or does not know.
pub fn denies_ability(folded: &str) -> bool {
    DENIALS.found_in(folded).next().is_some()
}

/// Whether `folded` says that a person was called or is on the way.
pub fn claims_a_hand_off(folded: &str) -> bool {
    HAND_OFF.found_in(folded).next().is_some()
}

/// Whether `folded` promises to come back later.
pub fn promises_to_return(folded: &str) -> bool {
    PROMISES.found_in(folded).next().is_some()
}

/// Phrases that are looked for all at once: sentences are judged one by one, and the lists are long.
struct Phrases {
    phrases: Vec<&'static str>,
    /// `None` only if the lists were too large for it, which a test rules out.
    automaton: Option<AhoCorasick>,
}

impl Phrases {
    fn of(list: &'static str) -> Self {
        let phrases: Vec<&str> = list.split(',').map(str::trim).collect();
        let automaton = AhoCorasick::new(phrases.iter().map(|phrase| format!(" {phrase}"))).ok();
        Self { phrases, automaton }
    }

    /// Those that begin at a word of `folded`.
    fn found_in(&self, folded: &str) -> std::vec::IntoIter<&'static str> {
        let text = spaced(folded);
        let matches = self.automaton.iter().flat_map(|automaton| automaton.find_overlapping_iter(&text));
        let found: Vec<&'static str> =
            matches.filter_map(|found| self.phrases.get(found.pattern().as_usize()).copied()).collect();
        found.into_iter()
    }
}

/// The words with one blank before each.
fn spaced(folded: &str) -> String {
    let mut text = String::with_capacity(folded.len() + 1);
    for word in folded.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(|word| !word.is_empty()) {
        text.push(' ');
        text.push_str(word);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_is_found() {
        for list in [&HAND_OFF, &PROMISES, &DENIALS, &EVASIONS] {
            for phrase in &list.phrases {
                assert!(list.found_in(phrase).any(|found| found == *phrase), "{phrase}");
            }
        }
        assert!(!claims_a_hand_off("ele retransferiu tudo"), "phrases begin at words");
    }

    #[test]
    fn what_is_not_allowed_is_no_denial() {
        assert!(denies_ability("nao tenho acesso aos pedidos"));
        assert!(!denies_ability("depois de aberto nao e possivel trocar"));
    }

    #[test]
    fn what_the_house_does_not_do_is_told_from_what_one_does_not_know() {
        for claim in [
            "nao alugamos plantas para casamento",
            "infelizmente nao trabalhamos com isso",
            "we don't rent plants",
            "no alquilamos plantas",
        ] {
            assert!(refuses_for_the_house(claim), "{claim}");
        }
        for fine in [
            "nao sei se alugamos plantas",
            "nao temos essa informacao",
            "nao encontramos esse pedido",
            "we don't know that",
            "vamos ver",
            "somos nos mesmos",
        ] {
            assert!(!refuses_for_the_house(fine), "{fine}");
        }
    }

    #[test]
    fn words_of_a_hand_off_are_found_in_every_language() {
        for claim in ["vou transferir voce para um atendente", "i'll transfer you now", "ya te transfiero"] {
            assert!(claims_a_hand_off(claim), "{claim}");
        }
        assert!(!claims_a_hand_off("o frete foi de 10 reais"));
    }
}
