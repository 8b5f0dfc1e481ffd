//! Answers from a passage in its own words: the sentences that speak to the question, nothing added.

use super::rank::content_words;
use crate::domain::language::Language;
use crate::domain::passage::Passage;
use crate::language::fold::stem;
use std::collections::HashSet;

/// A passage answers from this evidence on.
pub const ENOUGH: f32 = 0.5;
/// Sentences given at most.
const SENTENCES: usize = 3;
/// A passage this short is given whole.
const SHORT: usize = 320;

/// The answer that `passages` hold to `question`, if one does.
pub fn answer(question: &str, passages: &[Passage], language: Language) -> Option<String> {
    let passage = passages.iter().filter(|passage| passage.evidence >= ENOUGH).max_by(|one, other| {
        one.evidence.total_cmp(&other.evidence).then(one.score.total_cmp(&other.score))
    })?;
    let text = body(&passage.text, question);
    if text.len() <= SHORT {
        return Some(text);
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
    })?;
    Some(sentences[best..best + width].join(" "))
}

/// A FAQ entry is shown with its question in front; the customer knows the question.
fn body(text: &str, question: &str) -> String {
    let trimmed = text.trim();
    if let Some((first, rest)) = trimmed.split_once('\n')
        && first.trim_end().ends_with('?')
        && !rest.trim().is_empty()
    {
        return rest.trim().to_owned();
    }
    if let Some(at) = trimmed.find("? ")
        && at < 160
        && !question.trim().is_empty()
        && !trimmed[..at].contains(['.', '!'])
    {
        return trimmed[at + 2..].trim().to_owned();
    }
    trimmed.to_owned()
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
