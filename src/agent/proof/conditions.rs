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

/// `se foi enviado`, `assim que for confirmado`: nothing was done yet, or it is not known.
pub(super) fn is_conditional(words: &[&str], at: usize) -> bool {
    let begin = at.saturating_sub(8);
    words[begin..at].iter().any(|word| {
        matches!(
            *word,
            "se" | "caso"
                | "quando"
                | "assim"
                | "depois"
                | "apos"
                | "if"
                | "whether"
                | "when"
                | "once"
                | "after"
                | "until"
                | "unless"
                | "si"
                | "cuando"
                | "cuanto"
                | "despues"
                | "hasta"
                | "sera"
                | "ser"
                | "for"
                | "will"
                | "can"
                | "pode"
                | "podem"
                | "deve"
                | "puede"
                | "must"
                | "should"
                | "sempre"
                | "siempre"
                | "always"
                | "como"
                | "how"
                | "quais"
                | "which"
        )
    })
}
