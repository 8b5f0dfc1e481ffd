//! Which passages an answer rests on: those that hold a good part of its words.

use super::guard::sentences;
use crate::domain::language::Language;
use crate::domain::message::SourceRef;
use crate::domain::passage::Passage;
use crate::language::fold::{is_stopword, stem, words};
use crate::language::memo::Memo;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Content words of passages that were read before.
static READ: LazyLock<Memo<HashSet<String>>> = LazyLock::new(Memo::default);

/// An answer rests on a passage that holds this share of its content words.
const SHARE: f32 = 0.4;
/// Sources shown under one answer.
const MOST: usize = 2;

/// The passages `answer` rests on, best first, one per document.
pub fn sources_of(answer: &str, passages: &[Passage], language: Language) -> Vec<SourceRef> {
    // A question states nothing.
    let stated: String =
        sentences(answer).into_iter().filter(|sentence| !sentence.trim_end().ends_with('?')).collect();
    let said = content(&stated, language);
    if said.len() < 3 {
        return Vec::new();
    }
    let mut ranked: Vec<(f32, &Passage)> = passages
        .iter()
        .filter_map(|passage| {
            let held = READ.of(&passage.text, language, || content(&passage.text, language));
            let share = said.intersection(&held).count() as f32 / said.len() as f32;
            (share >= SHARE).then_some((share, passage))
        })
        .collect();
    ranked.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut documents = HashSet::new();
    ranked
        .into_iter()
        .filter(|(_, passage)| documents.insert(passage.source.as_str()))
        .take(MOST)
        .map(|(_, passage)| SourceRef {
            id: passage.id.clone(),
            title: passage.title.clone(),
            heading: passage.heading.clone(),
            url: None,
        })
        .collect()
}

fn content(text: &str, language: Language) -> HashSet<String> {
    words(text)
        .into_iter()
        .filter(|word| word.len() > 2 && !is_stopword(word, language))
        .map(|word| stem(&word, language))
        .collect()
}
