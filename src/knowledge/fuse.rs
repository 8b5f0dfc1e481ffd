//! One ranking out of two: what shares words with a question, and what means the same. Scores are fused, not ranks: how
//! much better the best is than the next is worth knowing. Pure arithmetic; knows nothing of an index.

use crate::domain::language::Language;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::index::Hit;
use std::cmp::Ordering;
use std::collections::HashMap;
use uuid::Uuid;

/// Passages of each side that the scores of a search are measured by; the same however many are asked for, so that a
/// long list begins like a short one.
pub const MEASURED: usize = 50;

/// What a passage in another language than the asker's counts beside its twin in the asker's: the words alone …
const FOREIGN_WORDS: f32 = 0.95;

/// … and with the meaning, in standard deviations.
const FOREIGN_MEANING: f32 = 0.1;

/// How the two sides are weighed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rule {
    /// The share of the meaning in the score, from 0 to 1.
    pub dense_weight: f32,
    /// How much of the question's words the best passages by words have at all, from 0 to 1: words that are nowhere to
    /// be found tell nothing about what is.
    pub coverage: f32,
    /// The language that is preferred, if any is.
    pub language: Option<Language>,
}

/// A passage that was found, by the best of its ways on each side.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// The passage.
    pub chunk: Chunk,
    /// See [`Hit::terms`].
    pub terms: f32,
    /// See [`Hit::likeness`].
    pub likeness: Option<f32>,
    /// What it is ranked by: higher is better, comparable within one search only.
    pub score: f32,
}

/// Ranks candidates, best first; equals in the order of the documents, so that the same search always says the same.
pub fn rank(candidates: &mut [Candidate], rule: Rule) {
    let foreign = |it: &Candidate| rule.language.is_some_and(|asked| asked != it.chunk.language);
    if candidates.iter().any(|it| it.likeness.is_some()) {
        let (terms, likenesses) = scales(candidates);
        for it in candidates.iter_mut() {
            let by_words = terms.above_mean(it.terms) * rule.coverage;
            // A passage whose vector is yet to be made is judged by its words alone.
            let by_meaning = it.likeness.map_or(by_words, |likeness| likenesses.above_mean(likeness));
            let fused = by_meaning * rule.dense_weight + by_words * (1.0 - rule.dense_weight);
            it.score = logistic(if foreign(it) { fused - FOREIGN_MEANING } else { fused });
        }
    } else {
        candidates.iter_mut().filter(|it| foreign(it)).for_each(|it| it.score *= FOREIGN_WORDS);
    }
    candidates.sort_by(|left, right| {
        let place = |it: &Candidate| it.chunk.ordinal;
        match right.score.total_cmp(&left.score) {
            Ordering::Equal => {
                left.chunk.source.cmp(&right.chunk.source).then(place(left).cmp(&place(right)))
            }
            unequal @ (Ordering::Less | Ordering::Greater) => unequal,
        }
    });
}

/// From any number to one between 0 and 1.
pub fn logistic(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

/// How the scores of each side lie, among the best of both.
fn scales(candidates: &[Candidate]) -> (Scale, Scale) {
    let least = |scores: &mut Vec<f32>| {
        scores.sort_by(|left, right| right.total_cmp(left));
        scores.get(MEASURED - 1).copied().unwrap_or(f32::NEG_INFINITY)
    };
    let least_terms = least(&mut candidates.iter().map(|it| it.terms).collect());
    let least_likeness = least(&mut candidates.iter().filter_map(|it| it.likeness).collect());
    let measured: Vec<&Candidate> = candidates
        .iter()
        .filter(|it| {
            it.terms >= least_terms || it.likeness.is_some_and(|likeness| likeness >= least_likeness)
        })
        .collect();
    let terms = Scale::of(measured.iter().map(|it| it.terms));
    (terms, Scale::of(measured.iter().filter_map(|it| it.likeness)))
}

/// Each passage once, with the best of its ways on each side.
pub fn passages(hits: Vec<Hit>) -> Vec<Candidate> {
    let mut places: HashMap<Uuid, usize> = HashMap::with_capacity(hits.len());
    let mut candidates: Vec<Candidate> = Vec::with_capacity(hits.len());
    for Hit { chunk, terms, likeness } in hits {
        let place = *places.entry(chunk.id).or_insert(candidates.len());
        match candidates.get_mut(place) {
            Some(known) => {
                known.terms = known.terms.max(terms);
                known.score = known.terms;
                // An absent one is less than any.
                known.likeness = if known.likeness >= likeness { known.likeness } else { likeness };
            }
            None => candidates.push(Candidate { chunk, terms, likeness, score: terms }),
        }
    }
    candidates
}

/// How the scores of one side of a search lie.
struct Scale {
    mean: f32,
    deviation: f32,
}

impl Scale {
    fn of(scores: impl Iterator<Item = f32> + Clone) -> Self {
        let count = scores.clone().count().max(1) as f32;
        let mean = scores.clone().sum::<f32>() / count;
        let variance = scores.map(|score| (score - mean).powi(2)).sum::<f32>() / count;
        Self { mean, deviation: variance.sqrt() }
    }

    /// How far a score is above the mean, in standard deviations.
    fn above_mean(&self, score: f32) -> f32 {
        if self.deviation > 0.0 { (score - self.mean) / self.deviation } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(id: u128, terms: f32, likeness: Option<f32>) -> Hit {
        let chunk = Chunk {
            id: Uuid::from_u128(id),
            source: id.to_string(),
            title: String::new(),
            heading: None,
            tags: Vec::new(),
            text: String::new(),
            language: Language::Portuguese,
            ordinal: 0,
            valid_from: None,
            valid_until: None,
            audience: None,
            owner: None,
        };
        Hit { chunk, terms, likeness }
    }

    fn ranked(hits: &[Hit], rule: Rule) -> Vec<Candidate> {
        let mut candidates = passages(hits.to_vec());
        rank(&mut candidates, rule);
        candidates
    }

    fn order(hits: &[Hit], dense_weight: f32) -> Vec<String> {
        let ranked = ranked(hits, Rule { dense_weight, coverage: 1.0, language: None });
        ranked.into_iter().map(|it| it.chunk.source).collect()
    }

    #[test]
    fn the_weight_decides_between_the_sides() {
        let hits = [hit(1, 9.0, Some(0.80)), hit(2, 3.0, Some(0.90)), hit(3, 0.0, Some(0.70))];
        assert_eq!(order(&hits, 0.0), ["1", "2", "3"]);
        assert_eq!(order(&hits, 1.0), ["2", "1", "3"]);
    }

    #[test]
    fn words_that_nothing_has_leave_the_ranking_to_the_meaning() {
        let hits = [hit(1, 9.0, Some(0.80)), hit(2, 3.0, Some(0.81)), hit(3, 0.0, Some(0.70))];
        let first = |coverage| {
            ranked(&hits, Rule { dense_weight: 0.4, coverage, language: None })[0].chunk.source.clone()
        };
        assert_eq!((first(1.0), first(0.05)), ("1".to_owned(), "2".to_owned()));
    }

    #[test]
    fn the_best_way_of_a_passage_counts_on_each_side() {
        let hits = [hit(1, 9.0, Some(0.7)), hit(1, 2.0, Some(0.9)), hit(2, 8.0, Some(0.8))];
        let candidates = passages(hits.to_vec());
        assert_eq!(candidates.len(), 2);
        assert_eq!((candidates[0].terms, candidates[0].likeness), (9.0, Some(0.9)));
    }

    #[test]
    fn without_vectors_the_terms_are_the_score() {
        let hits = [hit(1, 2.0, None), hit(2, 5.0, None), hit(3, 2.0, None)];
        assert_eq!(order(&hits, 0.7), ["2", "1", "3"]);
        let rule = Rule { dense_weight: 0.7, coverage: 1.0, language: None };
        assert_eq!(ranked(&hits, rule)[0].score, 5.0);
        assert!(ranked(&[], rule).is_empty());
    }

    #[test]
    fn a_passage_without_its_vector_yet_is_not_pushed_down() {
        let hits = [hit(1, 9.0, None), hit(2, 5.0, Some(0.9)), hit(3, 1.0, Some(0.8))];
        assert_eq!(order(&hits, 0.4), ["1", "2", "3"]);
    }

    #[test]
    fn between_equals_the_askers_language_comes_first() {
        for likeness in [None, Some(0.9)] {
            let mut hits = [hit(1, 5.0, likeness), hit(2, 4.9, likeness), hit(3, 1.0, likeness)];
            hits[1].chunk.language = Language::English;
            let asked = |language| {
                ranked(&hits, Rule { dense_weight: 0.4, coverage: 1.0, language })[0].chunk.source.clone()
            };
            assert_eq!((asked(None), asked(Some(Language::English))), ("1".to_owned(), "2".to_owned()));
        }
    }

    #[test]
    fn a_long_list_begins_like_a_short_one() {
        let hits: Vec<Hit> =
            (0..400).map(|n| hit(n, 400.0 - n as f32, Some(0.5 + (n * 7 % 400) as f32 / 1000.0))).collect();
        let kept = |hit: &&Hit| hit.terms > 340.0 || hit.likeness > Some(0.84);
        let short: Vec<Hit> = hits.iter().filter(kept).cloned().collect();
        assert_eq!(order(&hits, 0.5)[..5], order(&short, 0.5)[..5]);
    }
}
