//! What the house does and does not do, as sentences say it: `aceitamos Pix`, `não aceitamos cheque`. Only a contradiction is
//! seen here: what nobody says either way is not for this file to judge. Pure.

use crate::domain::language::Language;
use crate::language::fold::{fold, is_stopword, stem, words};
use crate::language::memo::Memo;
use crate::language::sentences::sentences;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// Forms of one verb each, in pt, en and es.
const VERBS: [&str; 14] = [
    "aceitamos aceita aceitam aceito aceitos accept accepts accepted aceptamos acepta aceptan aceptado",
    "entregamos entregam deliver delivers",
    "fazemos hacemos",
    "vendemos vende vendem sell sells venden",
    "trabalhamos trabajamos",
    "parcelamos",
    "enviamos envia enviam ship ships",
    "cobramos cobra cobrado cobrada cobram charge charges charged cobran",
    "oferecemos oferece oferecem offer offers ofrecemos ofrece ofrecen",
    "permitimos permitido permitida permitidos permitidas permite allowed allow allows welcome",
    "exigimos exige exigido precisa precisam required require requires need needs necesita",
    "alugamos aluga alugam rent rents alquilamos alquila",
    "trocamos exchange cambiamos",
    "temos tem ha have has tenemos tiene hay",
];
/// Words on either side of the verb that may be its object.
const REACH: usize = 8;
/// How far before a verb its `não` may stand.
const BEFORE: usize = 2;

static READ: LazyLock<Memo<Vec<Policy>>> = LazyLock::new(Memo::default);

/// One thing that the house does or does not do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    verb: usize,
    is_denied: bool,
    objects: BTreeSet<String>,
}

/// What `text` says of what the house does.
pub fn policies_in(text: &str, language: Language) -> Arc<Vec<Policy>> {
    READ.of(text, language, || {
        let clauses = sentences(text).into_iter().flat_map(|sentence| sentence.split([';', ':', '(']));
        clauses.filter_map(|clause| policy_of(clause, language)).collect()
    })
}

/// Whether what is known says the opposite of one of `claimed`, and nothing says the same.
pub fn is_contradicted(claimed: &[Policy], known: &[Arc<Vec<Policy>>]) -> bool {
    claimed.iter().any(|claim| {
        let shared = |other: &Policy| {
            let shared = claim.objects.intersection(&other.objects).count();
            // A verb with other objects says nothing of these.
            if claim.verb == other.verb && shared * 2 >= claim.objects.len() { shared } else { 0 }
        };
        let best = |is_denied: bool| {
            let of_kind =
                known.iter().flat_map(|known| known.iter()).filter(|other| other.is_denied == is_denied);
            of_kind.map(shared).max().unwrap_or(0)
        };
        !claim.objects.is_empty() && best(!claim.is_denied) > best(claim.is_denied)
    })
}

fn policy_of(clause: &str, language: Language) -> Option<Policy> {
    let folded = fold(clause);
    let words = words(&folded);
    let (at, verb) = words.iter().enumerate().find_map(|(at, word)| {
        VERBS.iter().position(|forms| forms.split(' ').any(|form| form == word)).map(|verb| (at, verb))
    })?;
    let before = &words[at.saturating_sub(BEFORE)..at];
    let is_denied = before.iter().any(|word| {
        matches!(word.as_str(), "nao" | "not" | "nunca" | "never" | "t")
            || (word == "no" && language != Language::Portuguese)
    });
    let names = |word: &&String| word.len() > 2 && !is_stopword(word, language);
    let around = words[at.saturating_sub(REACH)..at].iter().chain(words[at + 1..].iter().take(REACH));
    let objects =
        around.filter(names).filter(|word| *word != "nao").map(|word| stem(word, language)).collect();
    Some(Policy { verb, is_denied, objects })
}

#[cfg(test)]
mod tests {
    use super::*;

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
