//! Puts questions of one meaning together: those whose vectors say so, where there is a model of meaning, and those that
//! share most of their stemmed words. Pure and deterministic.

use super::{EXAMPLES, Example, Gap, Meant, Moment};
use crate::domain::language::Language;
use crate::knowledge::background::dot;
use crate::language::detect::detect;
use crate::language::fold::{is_stopword, stem, words};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Two questions mean the same if they share this part of the shorter one's words, and this part of all.
const SHARED_OF_SHORTER: f32 = 0.6;
const SHARED_OF_ALL: f32 = 0.34;
/// Words that say nothing of a question's subject.
const EMPTY: [&str; 28] = [
    "quero", "saber", "gostaria", "voces", "voce", "tudo", "bem", "obrigado", "obrigada", "favor", "preciso",
    "dizer", "have", "know", "thanks", "tell", "need", "would", "quiero", "gracias", "tienen", "necesito",
    "ola", "hello", "hola", "tem", "bom", "nome",
];

/// Questions of one meaning.
struct Group {
    /// The words of the first.
    terms: BTreeSet<String>,
    /// What those whose meaning is known mean together.
    meaning: Vec<f32>,
    moments: Vec<Moment>,
}

/// The gaps that `moments` make, oldest first, the most frequent first. What those from a place on mean may be known.
/// Later questions never move earlier ones.
pub(super) fn group(moments: Vec<Moment>, meant: Option<(usize, Meant)>) -> Vec<Gap> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, moment) in moments.into_iter().enumerate() {
        let terms = terms(&moment.question);
        let vector = meant.as_ref().and_then(|(from, meant)| meant.vectors.get(place.checked_sub(*from)?));
        let least = meant.as_ref().map_or(1.0, |(_, meant)| meant.alike);
        let fit = groups
            .iter()
            .enumerate()
            .map(|(place, group)| {
                let by_meaning = vector.map_or(0.0, |vector| cosine(&group.meaning, vector));
                let by_meaning = if by_meaning >= least { by_meaning } else { 0.0 };
                (by_meaning.max(likeness(&group.terms, &terms)), place)
            })
            .filter(|(likeness, _)| *likeness > 0.0)
            .max_by(|(one, first), (other, second)| one.total_cmp(other).then(second.cmp(first)));
        let group = match fit {
            Some((_, place)) => &mut groups[place],
            None => {
                groups.push(Group { terms, meaning: Vec::new(), moments: Vec::new() });
                let last = groups.len() - 1;
                &mut groups[last]
            }
        };
        if let Some(vector) = vector {
            group.meaning.resize(vector.len(), 0.0);
            group.meaning.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
        }
        group.moments.push(moment);
    }
    let mut gaps: Vec<Gap> = groups.into_iter().filter_map(|group| gap_of(group.moments)).collect();
    gaps.sort_by(|one, other| {
        other.count.cmp(&one.count).then(other.last_at.cmp(&one.last_at)).then(one.id.cmp(&other.id))
    });
    gaps
}

/// Of a sum of vectors and one more; 0 if there is nothing to compare.
fn cosine(sum: &[f32], vector: &[f32]) -> f32 {
    let length = dot(sum, sum).sqrt();
    if length > 0.0 { dot(sum, vector) / length } else { 0.0 }
}

fn gap_of(moments: Vec<Moment>) -> Option<Gap> {
    let (first, last) = (moments.first()?, moments.last()?);
    let mut causes = BTreeMap::new();
    let mut asked = HashSet::new();
    for moment in &moments {
        *causes.entry(moment.cause).or_insert(0) += 1;
        asked.insert(moment.message);
    }
    let mut shown = HashSet::new();
    let newest = || moments.iter().rev();
    Some(Gap {
        id: first.message,
        messages: moments.iter().map(|moment| moment.message).collect(),
        count: asked.len(),
        causes,
        examples: newest()
            .filter(|moment| shown.insert(moment.message))
            .take(EXAMPLES)
            .map(|moment| Example {
                question: moment.question.clone(),
                conversation_id: moment.conversation,
                at: moment.at,
            })
            .collect(),
        answers: newest().filter_map(|moment| moment.answer.clone()).take(EXAMPLES).collect(),
        first_at: first.at,
        last_at: last.at,
    })
}

/// How much two questions mean the same; 0 for not at all.
fn likeness(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f32 {
    let shared = one.intersection(other).count() as f32;
    let shorter = one.len().min(other.len()) as f32;
    let all = one.union(other).count() as f32;
    let alike = shared > 0.0 && shared / shorter >= SHARED_OF_SHORTER && shared / all >= SHARED_OF_ALL;
    if alike { shared / all } else { 0.0 }
}

fn terms(question: &str) -> BTreeSet<String> {
    let language = detect(question).unwrap_or(Language::Portuguese);
    words(question)
        .into_iter()
        .filter(|word| word.len() > 2 && !is_stopword(word, language) && !EMPTY.contains(&word.as_str()))
        .map(|word| stem(&word, language))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::gaps::Cause;
    use crate::domain::ids::{ConversationId, MessageId};
    use jiff::Timestamp;
    use uuid::Uuid;

    fn asked(number: u128, question: &str) -> Moment {
        Moment {
            conversation: ConversationId(Uuid::nil()),
            message: MessageId(Uuid::from_u128(number)),
            at: Timestamp::from_second(i64::try_from(number).unwrap()).unwrap(),
            question: question.to_owned(),
            cause: Cause::Abstained,
            answer: None,
        }
    }

    #[test]
    fn questions_of_one_meaning_are_one_gap() {
        let gaps = group(
            vec![
                asked(1, "Vocês alugam plantas para casamento?"),
                asked(2, "Tem estacionamento para moto?"),
                asked(3, "queria alugar plantas pro meu casamento"),
                asked(4, "aluguel de plantas para casamentos, vocês fazem?"),
                asked(5, "onde fica o estacionamento de moto"),
            ],
            None,
        );
        let counts: Vec<_> = gaps.iter().map(|gap| (gap.id.0.as_u128(), gap.count)).collect();
        assert_eq!(counts, [(1, 3), (2, 2)], "{gaps:#?}");
        assert_eq!(gaps[0].examples[0].question, "aluguel de plantas para casamentos, vocês fazem?");
    }

    #[test]
    fn one_question_with_two_causes_is_counted_once() {
        let twice = [Cause::Abstained, Cause::AnsweredByPerson];
        let gaps = group(twice.map(|cause| Moment { cause, ..asked(1, "alugam plantas?") }).to_vec(), None);
        assert_eq!((gaps[0].count, gaps[0].causes.len()), (1, 2));
    }

    #[test]
    fn what_means_the_same_in_other_words_is_one_gap_too() {
        let questions = [
            asked(1, "posso levar meu cachorro?"),
            asked(2, "tem estacionamento?"),
            asked(3, "a loja aceita animais?"),
            asked(4, "vocês alugam bicicletas?"),
        ];
        let meant = |vectors: &[[f32; 2]]| Meant {
            vectors: vectors.iter().map(|vector| vector.to_vec()).collect(),
            alike: 0.7,
        };
        let ids = |gaps: Vec<Gap>| -> Vec<(u128, Vec<u128>)> {
            let ids = |gap: &Gap| gap.messages.iter().map(|message| message.0.as_u128()).collect();
            let mut found: Vec<_> = gaps.iter().map(|gap| (gap.id.0.as_u128(), ids(gap))).collect();
            found.sort_unstable();
            found
        };
        let alone = vec![(1, vec![1]), (2, vec![2]), (3, vec![3]), (4, vec![4])];
        assert_eq!(ids(group(questions.to_vec(), None)), alone);
        let all = meant(&[[1.0, 0.0], [0.0, 1.0], [0.8, 0.6], [0.0, -1.0]]);
        let together = vec![(1, vec![1, 3]), (2, vec![2]), (4, vec![4])];
        assert_eq!(ids(group(questions.to_vec(), Some((0, all)))), together);
        // Of the oldest nobody knows what they mean.
        let newest = meant(&[[0.8, 0.6], [1.0, 0.0]]);
        let together = vec![(1, vec![1]), (2, vec![2]), (3, vec![3, 4])];
        assert_eq!(ids(group(questions.to_vec(), Some((2, newest)))), together);
    }
}
