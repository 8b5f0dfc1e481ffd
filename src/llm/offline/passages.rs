//! Answers from a passage in its own words: the sentences that speak to the question, nothing added.

use super::phrases::Voice;
use super::rank::content_words;
use crate::domain::language::Language;
use crate::domain::passage::Passage;
use crate::language::detect::detect;
use crate::language::fold::stem;
use std::collections::HashSet;

/// A passage answers from this evidence on.
pub const ENOUGH: f32 = 0.5;
/// Sentences given at most.
const SENTENCES: usize = 3;
/// A passage this short is given whole.
const SHORT: usize = 320;

/// The answer that `passages` hold to `question`, if one does.
pub fn answer(question: &str, passages: &[Passage], voice: Voice<'_>) -> Option<String> {
    let language = voice.language;
    let passage = best(passages).filter(|passage| is_asked_for(question, passage, voice))?;
    let text = told(question, passage, language);
    // A document is quoted in its own language, and the customer is told so.
    match detect(&text) {
        Some(other) if other != language => Some(format!("{}\n\n{text}", voice.say("quoted"))),
        Some(_) | None => Some(text),
    }
}

/// What a passage says to a question.
fn told(question: &str, passage: &Passage, language: Language) -> String {
    let text = body(passage);
    if text.len() <= SHORT {
        return text;
    }
    let wanted: HashSet<String> =
        content_words(question, language).iter().map(|word| stem(word, language)).collect();
    let sentences = sentences(&text);
    let overlap = |sentence: &str| {
        let own: HashSet<String> =
            content_words(sentence, language).iter().map(|word| stem(word, language)).collect();
        own.intersection(&wanted).count()
    };
    let scores: Vec<usize> = sentences.iter().map(|sentence| overlap(sentence)).collect();
    // The window of neighbours that speaks most to the question reads better than picked single sentences.
    let width = SENTENCES.min(sentences.len());
    let best = (0..=sentences.len() - width).max_by_key(|start| {
        let window = scores[*start..start + width].iter().sum::<usize>();
        (window, std::cmp::Reverse(*start))
    });
    best.map_or(text, |best| sentences[best..best + width].join(" "))
}

/// Whether the customer wants to know what `passage` says. A question does; other words must have more in common with
/// it than one: who writes "oi, voltei" asks for no money back. A single word may be all that somebody types.
fn is_asked_for(said: &str, passage: &Passage, voice: Voice<'_>) -> bool {
    let Voice { phrases, language } = voice;
    if phrases.is_question(said) {
        return true;
    }
    let stems = |text: &str| -> HashSet<String> {
        content_words(text, language).iter().map(|word| stem(word, language)).collect()
    };
    let wanted = stems(said);
    let heading = passage.heading.as_deref().unwrap_or_default();
    let own = stems(&format!("{} {heading} {}", passage.title, passage.text));
    let shared = wanted.intersection(&own).count();
    shared > 1 || shared == 1 && wanted.len() == 1 && !phrases.opens_with_greeting(said)
}

/// The passage that answers, if one does.
pub fn best(passages: &[Passage]) -> Option<&Passage> {
    passages
        .iter()
        .filter(|passage| passage.evidence >= ENOUGH)
        .max_by(|one, other| one.evidence.total_cmp(&other.evidence).then(one.score.total_cmp(&other.score)))
}

/// A FAQ entry has its question for a title and in front; the customer knows the question.
fn body(passage: &Passage) -> String {
    let text = passage.text.trim();
    text.strip_prefix(passage.title.trim()).unwrap_or(text).trim().to_owned()
}

fn sentences(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut begin = 0;
        let bytes = line.as_bytes();
        for (at, byte) in line.bytes().enumerate() {
            let ends =
                matches!(byte, b'.' | b'!' | b'?') && bytes.get(at + 1).is_some_and(|next| *next == b' ');
            if ends {
                found.push(line[begin..=at].trim().to_owned());
                begin = at + 1;
            }
        }
        if !line[begin..].trim().is_empty() {
            found.push(line[begin..].trim().to_owned());
        }
    }
    found
}
