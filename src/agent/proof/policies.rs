//! What the house does and does not do, as sentences say it: `aceitamos Pix`, `não aceitamos cheque`. Only a contradiction is
//! seen here: what nobody says either way is not for this file to judge. Pure.

use crate::domain::language::Language;
use crate::language::fold::{fold, is_stopword, stem, words};
use crate::language::memo::Memo;
use crate::language::sentences::sentences;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

/// Forms of one verb each, in pt, en and es.
const VERBS: [&str; 15] = [
    "aceitamos aceita aceitam aceito aceitos accept accepts accepted aceptamos acepta aceptan aceptado",
    "entregamos entregam deliver delivers",
    "fazemos hacemos",
    "vendemos vende vendem sell sells venden",
    "parcelamos",
    "enviamos envia enviam ship ships",
    "cobramos cobra cobrado cobrada cobram cobrando charge charges charged charging cobran",
    "oferecemos oferece oferecem offer offers ofrecemos ofrece ofrecen",
    "permitimos permitido permitida permitidos permitidas permite allowed allow allows welcome",
    "exigimos exige exigem exigir exigida exigido precisa precisam preciso precisas obrigatorio obrigatoria necessario \
     necessaria required require requires need needs needed necesita necesario necesaria requiere obligatorio requer",
    "alugamos aluga alugam rent rents alquilamos alquila",
    "trocamos exchange cambiamos",
    "temos tem ha have has tenemos tiene hay",
    "atendemos atende atendem atiende atienden serve serves",
    "trabalhamos trabajamos",
];
/// The place in `VERBS` of each form.
static FORMS: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
    let forms = |(verb, forms): (usize, &'static str)| forms.split(' ').map(move |form| (form, verb));
    VERBS.into_iter().enumerate().flat_map(forms).collect()
});

/// What a field is called that says whether something is to be had.
const STOCK: [&str; 5] = ["disponivel", "disponible", "available", "stock", "estoque"];
/// Most flags of one result that are read.
const MOST_FLAGS: usize = 32;
static FLAGS: LazyLock<Memo<Vec<Policy>>> = LazyLock::new(Memo::default);

/// Longer texts of a record do not name it.
const SHORT: usize = 60;
/// Words on either side of the verb that may be its object.
const REACH: usize = 8;
/// How far before a verb its `não` may stand.
const BEFORE: usize = 2;
/// A clause of no more words that begins with `no` needs no verb to deny.
const SHORTEST_CLAUSE: usize = 6;
/// The verb that it goes without.
const HAVING: &str = "have";

static READ: LazyLock<Memo<Vec<Policy>>> = LazyLock::new(Memo::default);

/// One thing that the house does or does not do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    verb: usize,
    is_denied: bool,
    objects: BTreeSet<String>,
    /// The first of them behind the verb.
    first: Option<String>,
}

/// What `text` says of what the house does.
pub fn policies_in(text: &str, language: Language) -> Arc<Vec<Policy>> {
    READ.of(text, language, || {
        let clauses = sentences(text)
            .into_iter()
            .flat_map(|sentence| sentence.split([';', ':', '(']))
            .flat_map(|clause| clause.split(" mas "))
            .flat_map(|clause| clause.split(" but "))
            .flat_map(|clause| clause.split(" pero "));
        // What stands behind a comma may be of something else.
        let parts = clauses.flat_map(|clause| {
            [Some(clause), clause.split_once(',').map(|(first, _)| first)].into_iter().flatten()
        });
        parts.filter_map(|clause| policy_of(clause, language)).collect()
    })
}

/// Whether what is known says the opposite of one of `claimed`, and nothing says the same.
pub fn is_contradicted(claimed: &[Policy], known: &[Arc<Vec<Policy>>]) -> bool {
    claimed.iter().any(|claim| {
        let is_of_first = |other: &Policy| claim.first.is_some() && claim.first == other.first;
        let shared = |other: &Policy| {
            let shared = claim.objects.intersection(&other.objects).count();
            // A verb with other objects says nothing of these.
            if claim.verb == other.verb
                && (shared > 1 || shared * 3 >= claim.objects.len() || is_of_first(other))
            {
                shared
            } else {
                0
            }
        };
        let best = |is_denied: bool| {
            let of_kind =
                known.iter().flat_map(|known| known.iter()).filter(|other| other.is_denied == is_denied);
            of_kind.map(shared).max().unwrap_or(0)
        };
        !claim.objects.is_empty() && best(!claim.is_denied) > best(claim.is_denied)
    })
}

/// What the flags of a result say, which is `written` like this: `exige_receita: true`, and of what the rest of its record is.
pub fn policies_of_flags(written: &str, data: &Value, language: Language) -> Arc<Vec<Policy>> {
    FLAGS.of(written, language, || {
        let mut found = Vec::new();
        read_flags(data, language, &mut found);
        found
    })
}

fn read_flags(data: &Value, language: Language, found: &mut Vec<Policy>) {
    match data {
        Value::Object(fields) => {
            let flags = fields.iter().filter_map(|(key, value)| Some((key, value.as_bool()?)));
            for (key, told) in flags {
                let says = if STOCK.iter().any(|word| key.contains(word)) { "temos" } else { key.as_str() };
                if found.len() >= MOST_FLAGS || !says.split('_').any(|word| FORMS.contains_key(word)) {
                    continue;
                }
                let names = fields.values().filter_map(Value::as_str).filter(|text| text.len() < SHORT);
                let names: Vec<&str> = names.collect();
                let negation = match (told, language) {
                    (true, _) => "",
                    (false, Language::English) => "not ",
                    (false, Language::Portuguese | Language::Spanish) => "nao ",
                };
                let clause = format!("{negation}{} {}", says.replace('_', " "), names.join(" "));
                found.extend(policy_of(&clause, language));
            }
            fields.values().for_each(|value| read_flags(value, language, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| read_flags(element, language, found)),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

fn policy_of(clause: &str, language: Language) -> Option<Policy> {
    let folded = fold(clause);
    let mut words = words(&folded);
    // `There is an exam`: there is no verb of having in it.
    if let Some(at) =
        words.windows(2).position(|pair| pair[0] == "there" && ["is", "are", "s"].contains(&pair[1].as_str()))
    {
        words.splice(at..at + 2, ["have".to_owned()]);
    }
    let is_none = |word: &String| {
        matches!(word.as_str(), "nenhum" | "nenhuma" | "ningun" | "ninguna")
            || (word == "no" && language != Language::Portuguese)
    };
    let verb_at =
        words.iter().enumerate().find_map(|(at, word)| FORMS.get(word.as_str()).map(|verb| (at, *verb)));
    // `No final exam`: what a document says without a verb.
    let is_bare = verb_at.is_none() && words.len() <= SHORTEST_CLAUSE && words.first().is_some_and(is_none);
    if is_bare {
        // `No deposit for bikes` denies the deposit.
        let end = words.iter().position(|word| {
            matches!(
                word.as_str(),
                "for"
                    | "in"
                    | "at"
                    | "on"
                    | "of"
                    | "with"
                    | "de"
                    | "para"
                    | "por"
                    | "en"
                    | "con"
                    | "em"
                    | "com"
            )
        });
        words.truncate(end.unwrap_or(words.len()));
        words.insert(1, HAVING.to_owned());
    }
    let (at, verb) = if is_bare { (1, *FORMS.get(HAVING)?) } else { verb_at? };
    let before = &words[at.saturating_sub(BEFORE)..at];
    let is_denied = before
        .iter()
        .any(|word| is_none(word) || matches!(word.as_str(), "nao" | "not" | "nunca" | "never" | "t"))
        // `No previous exams are needed`, `we have no parking`
        || words.first().is_some_and(is_none)
        || words.get(at + 1).is_some_and(is_none);
    let names = |word: &&String| word.len() > 2 && !is_stopword(word, language);
    let around = words[at.saturating_sub(REACH)..at].iter().chain(words[at + 1..].iter().take(REACH));
    let first = words[at + 1..]
        .iter()
        .filter(names)
        .find(|word| {
            !matches!(
                word.as_str(),
                "fazer" | "ter" | "hacer" | "tener" | "have" | "nenhum" | "nenhuma" | "ningun" | "ninguna"
            )
        })
        .map(|word| stem(word, language));
    let objects =
        around.filter(names).filter(|word| *word != "nao").map(|word| stem(word, language)).collect();
    Some(Policy { verb, is_denied, objects, first })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_policies() {
        let data = serde_json::json!({"nome": "Losartana", "exige_receita": true, "entrega": {"bairro": "Lapa", "atende": false}});
        let known = [policies_of_flags(&data.to_string(), &data, Language::Portuguese)];
        for (claim, contradicted) in [
            ("A losartana não precisa de receita.", true),
            ("A losartana exige receita.", false),
            ("Atendemos a Lapa.", true),
            ("Não atendemos a Lapa.", false),
            ("Não precisa de senha.", false),
        ] {
            let claimed = policies_in(claim, Language::Portuguese);
            assert_eq!(is_contradicted(&claimed, &known), contradicted, "{claim}");
        }
    }

    #[test]
    fn only_a_contradiction_is_one() {
        let known = [policies_in(
            "Aceitamos cartão, Pix e vale-refeição. Não aceitamos cheque. A loja tem estacionamento. Dogs are welcome.",
            Language::Portuguese,
        )];
        for (claim, contradicted) in [
            ("Aceitamos Pix.", false),
            ("Não aceitamos Pix.", true),
            ("Aceitamos cheque.", true),
            ("Não aceitamos cheque.", false),
            ("Não aceitamos criptomoedas.", false),
            ("Não temos estacionamento.", true),
            ("Temos estacionamento, sim.", false),
            ("Não temos vagas hoje.", false),
        ] {
            let claimed = policies_in(claim, Language::Portuguese);
            assert_eq!(is_contradicted(&claimed, &known), contradicted, "{claim}");
        }
    }
}
