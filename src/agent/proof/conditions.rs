//! Whether what a sentence tells of was done, or is denied, awaited or only possible. Read off the words in pt, en and es. Pure.

/// Words that deny what stands behind them.
const DENIALS: [&str; 19] = [
    "nao", "not", "nunca", "never", "nem", "nada", "nothing", "none", "nenhum", "nenhuma", "ninguno",
    "ninguna", "hasn't", "haven't", "wasn't", "isn't", "weren't", "didn't", "aren't",
];

pub(super) fn is_negation(words: &[&str], place: usize) -> bool {
    // `no sistema` is Portuguese and denies nothing.
    let denies = |next: &str| {
        matches!(next, "ha" | "han" | "fue" | "fueron" | "esta" | "estan" | "se" | "he" | "hemos" | "longer")
    };
    (words[place] == "no" && words.get(place + 1).is_some_and(|next| denies(next)))
        || DENIALS.contains(&words[place])
}

/// `Once we've inspected it`: what the speaker has yet to do.
pub(super) fn is_awaited(words: &[&str], at: usize) -> bool {
    let is_speaker = |word: &str| matches!(word, "i" | "we" | "i've" | "we've");
    words[at.saturating_sub(4)..at]
        .windows(2)
        .any(|pair| matches!(pair[0], "once" | "after" | "when" | "if" | "until") && is_speaker(pair[1]))
}

/// Words that make what stands behind them a condition or a question.
const SUBORDINATING: [&str; 27] = [
    "se", "caso", "quando", "assim", "depois", "apos", "if", "whether", "when", "once", "after", "until",
    "unless", "si", "cuando", "cuanto", "despues", "hasta", "for", "sempre", "siempre", "always", "como",
    "how", "quais", "which", "will",
];

/// Words that make it only possible, or still to come, unless a verb of its own says that it was.
const MODAL: [&str; 10] = ["sera", "ser", "can", "pode", "podem", "deve", "puede", "must", "should", "could"];

/// `se foi enviado`, `assim que for confirmado`, `pode ser trocado`: nothing was done yet, or it is not known. `Pode ficar
/// tranquilo: já foi entregue` says that it was.
pub(super) fn is_conditional(words: &[&str], at: usize) -> bool {
    let before = &words[at.saturating_sub(8)..at];
    let is_said_to_be = |behind: &[&str]| {
        behind.iter().any(|word| {
            matches!(
                *word,
                "foi" | "foram" | "fue" | "fueron" | "was" | "were" | "has" | "ficou" | "quedo" | "it's"
            )
        }) || behind
            .windows(2)
            .any(|pair| matches!(pair[0], "ja" | "ya") && matches!(pair[1], "esta" | "estao" | "estan"))
    };
    before.iter().enumerate().any(|(place, word)| {
        SUBORDINATING.contains(word) || (MODAL.contains(word) && !is_said_to_be(&before[place + 1..]))
    })
}
