//! Puts questions of one meaning together: those that share most of their stemmed words. Pure and deterministic.

use super::{EXAMPLES, Example, Gap, Moment};
use crate::domain::language::Language;
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

/// The gaps that `moments` make, the most frequent first.
pub(super) fn group(mut moments: Vec<Moment>) -> Vec<Gap> {
    moments.sort_by_key(|moment| (moment.at, moment.message));
    let mut groups: Vec<(BTreeSet<String>, Vec<Moment>)> = Vec::new();
    for moment in moments {
        let terms = terms(&moment.question);
        let fit = groups
            .iter()
            .enumerate()
            .map(|(place, (known, _))| (likeness(known, &terms), place))
            .filter(|(likeness, _)| *likeness > 0.0)
            .max_by(|(one, first), (other, second)| one.total_cmp(other).then(second.cmp(first)));
        match fit {
            Some((_, place)) => groups[place].1.push(moment),
            None => groups.push((terms, vec![moment])),
        }
    }
    let mut gaps: Vec<Gap> = groups.into_iter().filter_map(|(_, moments)| gap_of(moments)).collect();
    gaps.sort_by(|one, other| {
        other.count.cmp(&one.count).then(other.last_at.cmp(&one.last_at)).then(one.id.cmp(&other.id))
    });
    gaps
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
        let gaps = group(vec![
            asked(1, "Vocês alugam plantas para casamento?"),
            asked(2, "Tem estacionamento para moto?"),
            asked(3, "queria alugar plantas pro meu casamento"),
            asked(4, "aluguel de plantas para casamentos, vocês fazem?"),
            asked(5, "onde fica o estacionamento de moto"),
        ]);
        let counts: Vec<_> = gaps.iter().map(|gap| (gap.id.0.as_u128(), gap.count)).collect();
        assert_eq!(counts, [(1, 3), (2, 2)], "{gaps:#?}");
        assert_eq!(gaps[0].examples[0].question, "aluguel de plantas para casamentos, vocês fazem?");
    }

    #[test]
    fn one_question_with_two_causes_is_counted_once() {
        let twice = [Cause::Abstained, Cause::AnsweredByPerson];
        let gaps = group(twice.map(|cause| Moment { cause, ..asked(1, "alugam plantas?") }).to_vec());
        assert_eq!((gaps[0].count, gaps[0].causes.len()), (1, 2));
    }
}
