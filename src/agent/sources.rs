//! Which sources an answer rests on: what its claims were bound to, and passages that hold a good part of its words.

use crate::domain::event::{Event, EventBody};
use crate::domain::language::Language;
use crate::domain::message::SourceRef;
use crate::domain::passage::Passage;
use crate::domain::provenance::{Binding, Origin};
use crate::language::fold::{is_stopword, stem, words};
use crate::language::memo::Memo;
use crate::language::sentences::sentences;
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
        .map(|(_, passage)| source_of(passage))
        .collect()
}

/// The bindings with the places of their claims in the whole `answer`; a claim that is not in it is left out.
pub fn placed(bindings: Vec<Binding>, answer: &str) -> Vec<Binding> {
    let (mut from, mut characters) = (0, 0);
    bindings
        .into_iter()
        .filter_map(|mut binding| {
            let at = from + answer.get(from..)?.find(&binding.claim.text)?;
            // Two bindings may share one claim: the search goes on where it was found.
            characters += answer.get(from..at)?.chars().count();
            from = at;
            let length = binding.claim.text.chars().count();
            (binding.claim.start, binding.claim.end) = (characters, characters + length);
            Some(binding)
        })
        .collect()
}

/// Adds to `sources` what each claim was bound to, as far as customers may see it: passages and, by the name people call
/// them, tools. `called` is that name.
pub fn cite(
    sources: &mut Vec<SourceRef>,
    bindings: &[Binding],
    events: &[Event],
    passages: &[Passage],
    called: &dyn Fn(&str) -> Option<String>,
) {
    for binding in bindings {
        let source = match &binding.origin {
            Origin::Passage { id } => known_passage(id, events, passages).map(source_of),
            Origin::Tool { call, tool } => called(tool).map(|title| SourceRef {
                id: call.0.clone(),
                title,
                heading: None,
                url: None,
                claims: Vec::new(),
            }),
            Origin::Business
            | Origin::Clock
            | Origin::Person { .. }
            | Origin::Customer { .. }
            | Origin::Computed => None,
        };
        let Some(source) = source else { continue };
        let place = sources.iter().position(|known| known.id == source.id).unwrap_or_else(|| {
            sources.push(source);
            sources.len() - 1
        });
        if !sources[place].claims.contains(&binding.claim) {
            sources[place].claims.push(binding.claim.clone());
        }
    }
}

fn known_passage<'a>(id: &str, events: &'a [Event], passages: &'a [Passage]) -> Option<&'a Passage> {
    let earlier = events.iter().rev().flat_map(|event| match &event.body {
        EventBody::Retrieved { passages, .. } => passages.as_slice(),
        _ => &[],
    });
    passages.iter().chain(earlier).find(|passage| passage.id == id)
}

fn source_of(passage: &Passage) -> SourceRef {
    SourceRef {
        id: passage.id.clone(),
        title: passage.title.clone(),
        heading: passage.heading.clone(),
        url: None,
        claims: Vec::new(),
    }
}

fn content(text: &str, language: Language) -> HashSet<String> {
    words(text)
        .into_iter()
        .filter(|word| word.len() > 2 && !is_stopword(word, language))
        .map(|word| stem(&word, language))
        .collect()
}
