//! A light stemmer over folded words: good enough to see that `agendar`, `agenda` and `agendamento` are kin.
//! The published Snowball stemmers need the accents that customers leave out, so this one does not look at them.
//! It is for matching only; what it returns is not a word.

use crate::domain::language::Language;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Endings of Portuguese and Spanish, longest first; each with how many letters must remain.
const ROMANCE: &[(&str, usize)] = &[
    ("ibilidades", 4),
    ("ibilidade", 4),
    ("abilidade", 4),
    ("ibilidad", 4),
    ("amientos", 3),
    ("imientos", 3),
    ("amiento", 3),
    ("imiento", 3),
    ("amentos", 3),
    ("imentos", 3),
    ("amento", 3),
    ("imento", 3),
    ("aciones", 3),
    ("iciones", 3),
    ("adores", 3),
    ("adoras", 3),
    ("idades", 4),
    ("issimo", 3),
    ("issima", 3),
    ("acion", 3),
    ("icion", 3),
    ("idade", 4),
    ("iriam", 3),
    ("ariam", 3),
    ("assem", 3),
    ("essem", 3),
    ("ieron", 3),
    ("iendo", 3),
    ("entes", 5),
    ("mente", 4),
    ("avei", 3),
    ("ivei", 3),
    ("adora", 3),
    ("ador", 3),
    ("acao", 3),
    ("icao", 3),
    ("aram", 3),
    ("eram", 3),
    ("iram", 3),
    ("aron", 3),
    ("avam", 3),
    ("aria", 3),
    ("eria", 4),
    ("asse", 3),
    ("esse", 3),
    ("amos", 3),
    ("emos", 3),
    ("imos", 3),
    ("ando", 3),
    ("endo", 3),
    ("indo", 3),
    ("ados", 3),
    ("adas", 3),
    ("idos", 3),
    ("idas", 3),
    ("ente", 5),
    ("avel", 3),
    ("ivel", 3),
    ("ado", 3),
    ("ada", 3),
    ("ido", 3),
    ("ida", 3),
    ("ava", 3),
    ("ar", 3),
    ("er", 3),
    ("ir", 3),
    ("ou", 3),
    ("ei", 3),
    ("eu", 3),
    ("iu", 3),
    ("am", 3),
    ("em", 3),
];

/// Endings of English, longest first; each with how many letters must remain.
const ENGLISH: &[(&str, usize)] = &[
    ("ations", 3),
    ("ation", 3),
    ("ments", 4),
    ("ment", 4),
    ("ness", 4),
    ("ings", 3),
    ("ing", 3),
    ("ies", 3),
    ("ied", 3),
    ("ed", 3),
    ("es", 3),
    ("ly", 4),
    ("s", 3),
    ("y", 3),
    ("e", 3),
];

/// The stem of one word, folded or not.
pub fn stem(word: &str, language: Language) -> String {
    let folded = super::fold::fold(word);
    if folded.len() < 4 || folded.bytes().any(|byte| !byte.is_ascii_lowercase()) {
        return folded;
    }
    match language {
        Language::Portuguese | Language::Spanish => romance(&folded),
        Language::English => english(&folded),
    }
}

/// `retirarlo` without its pronoun.
fn without_pronoun(word: &str) -> &str {
    ["los", "las", "les", "nos", "lo", "la", "le", "me", "te", "se"]
        .iter()
        .find_map(|pronoun| word.strip_suffix(pronoun))
        .filter(|verb| verb.len() > 4 && ["ar", "er", "ir"].iter().any(|ending| verb.ends_with(ending)))
        .unwrap_or(word)
}

fn romance(word: &str) -> String {
    let word = without_pronoun(word);
    let singular = romance_singular(word);
    let without_ending = without_ending(&singular, ROMANCE);
    let mut stemmed = without_ending.trim_end_matches(['a', 'e', 'o']);
    if stemmed.len() < 3 {
        stemmed = without_ending;
    }
    if let Some(root) = stemmed.strip_suffix("ei").filter(|root| root.len() >= 4) {
        return root.to_owned();
    }
    // The letters that only keep the sound: `troque` is kin to `troca`, `entregue` to `entrega`.
    if let Some(root) = stemmed.strip_suffix("qu") {
        return format!("{root}c");
    }
    stemmed.strip_suffix("gu").map_or_else(|| stemmed.to_owned(), |root| format!("{root}g"))
}

fn romance_singular(word: &str) -> String {
    for (plural, singular) in [("oes", "ao"), ("aes", "ao"), ("ais", "al"), ("ois", "ol"), ("ns", "m")] {
        if let Some(root) = word.strip_suffix(plural).filter(|root| root.len() >= 2) {
            return format!("{root}{singular}");
        }
    }
    if word.len() > 4 && ["res", "zes", "ses"].iter().any(|ending| word.ends_with(ending)) {
        return word[..word.len() - 2].to_owned();
    }
    match word.strip_suffix('s') {
        Some(root) if root.len() >= 3 && !root.ends_with('s') => root.to_owned(),
        _ => word.to_owned(),
    }
}

fn english(word: &str) -> String {
    if word == "children" {
        return "child".to_owned();
    }
    if word.ends_with("ss") {
        return word.to_owned();
    }
    let root = without_ending(word, ENGLISH);
    let bytes = root.as_bytes();
    match bytes {
        // `shipp|ing` is kin to `ship`, `cancell|ed` to `cancel`.
        [.., before, last] if root.len() > 3 && before == last && !b"aeiou".contains(last) => {
            root[..root.len() - 1].to_owned()
        }
        _ => root.strip_suffix('e').filter(|shorter| shorter.len() >= 3).unwrap_or(root).to_owned(),
    }
}

fn without_ending<'word>(word: &'word str, endings: &[(&str, usize)]) -> &'word str {
    endings
        .iter()
        .find_map(|(ending, remaining)| word.strip_suffix(ending).filter(|root| root.len() >= *remaining))
        .unwrap_or(word)
}

/// Whether a folded word carries so little meaning that matching should not look at it.
pub fn is_stopword(word: &str, language: Language) -> bool {
    static SETS: LazyLock<[HashSet<&'static str>; 3]> = LazyLock::new(|| {
        [PORTUGUESE_STOPWORDS, ENGLISH_STOPWORDS, SPANISH_STOPWORDS]
            .map(|list| list.split_ascii_whitespace().collect())
    });
    let place = match language {
        Language::Portuguese => 0,
        Language::English => 1,
        Language::Spanish => 2,
    };
    SETS[place].contains(word)
}

const PORTUGUESE_STOPWORDS: &str = "a o as os um uma uns umas de do da dos das em no na nos nas por pelo pela pelos \
    pelas para pra pro pras pros com sem e ou mas que se eu tu ele ela voce voces vc vcs nos eles elas me te lhe meu \
    minha meus minhas seu sua seus suas este esta esse essa isso isto aquele aquela aquilo ao aos ai la ja so tambem \
    muito mais ser sou e esta estou sao foi era tem tenho ter la aqui entao ate como qual quais quando onde queria \
    quero gostaria pode posso poderia favor bom boa dia tarde noite oi ola sobre";
const ENGLISH_STOPWORDS: &str = "a an the of in on at to for from with by and or but if is are was were be been am i \
    you he she it we they me my your his her its our their this that these those do does did have has had can could \
    would will what which when where how who please hi hello want like about so as some any there here not no yes get";
const SPANISH_STOPWORDS: &str = "a el la los las un una unos unas de del en por para con sin y o u e pero que si yo tu \
    usted ustedes el ella me te le lo mi mis su sus este esta ese esa eso esto aquel al ya solo tambien muy mas ser \
    soy es estoy esta son fue era tiene tengo tener aqui entonces hasta como cual cuales cuando donde quiero quisiera \
    puede puedo podria favor buen buenos buenas dia tardes noches hola sobre";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kin_share_their_stem() {
        use Language::{English, Portuguese, Spanish};
        for (language, family) in [
            (Portuguese, "agendar agenda agendamento agendei agendado agende agendamentos"),
            (Portuguese, "entrega entregar entregue entregas entregaram entregou"),
            (Portuguese, "trocar troca trocas troque trocou"),
            (Portuguese, "pedido pedidos pedir"),
            (Portuguese, "pagamento pagar pagou pagamentos"),
            (Portuguese, "cancelar cancelamento cancela cancelado"),
            (Portuguese, "disponível disponiveis disponibilidade"),
            (Portuguese, "rastrear rastreio rastreamento"),
            (Portuguese, "valor valores"),
            (Portuguese, "cupom cupons"),
            (Portuguese, "atendente atendimento atender"),
            (Spanish, "retirar retirarlo retirarlas"),
            (English, "child children"),
            (English, "order orders ordered ordering"),
            (English, "deliver delivery deliveries delivered"),
            (English, "ship shipping shipped"),
            (English, "cancel cancelled cancellation cancels"),
            (English, "schedule scheduled scheduling"),
            (Spanish, "entregar entrega entregas entregaron"),
            (Spanish, "pedido pedidos"),
            (Spanish, "cancelar cancelacion cancelado"),
        ] {
            let stems: Vec<_> = family.split(' ').map(|word| stem(word, language)).collect();
            assert!(stems.iter().all(|other| *other == stems[0]), "{family}: {stems:?}");
        }
    }

    #[test]
    fn strangers_do_not() {
        for (one, other) in [("frete", "fruta"), ("pagar", "pegar"), ("hora", "horta"), ("preço", "pressa")]
        {
            assert_ne!(stem(one, Language::Portuguese), stem(other, Language::Portuguese));
        }
        assert_eq!(stem("🌱", Language::Portuguese), "🌱");
    }
}
