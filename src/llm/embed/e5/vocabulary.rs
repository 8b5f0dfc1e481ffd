//! The pieces a text is cut into, and the likeliest way to cut it (SentencePiece's unigram model). Knows nothing of
//! characters' normal forms and of the tokens at a text's ends.
//!
//! The `tokenizers` crate does this too, and a hundred things more on as many crates; what is needed of it is below, and
//! a quarter of a million pieces are one sorted list here.

use std::ops::Range;

/// How much less likely than the unlikeliest piece a character is that no piece has.
const UNKNOWN_PENALTY: f64 = 10.0;

/// Pieces with their likelihoods.
pub(super) struct Vocabulary {
    /// The texts of all pieces, one after the other.
    text: Vec<u8>,
    /// Where each piece begins in `text`, and where the last one ends.
    begins: Vec<u32>,
    /// Logarithms of likelihoods.
    scores: Vec<f32>,
    /// The pieces that a text may be cut into, in the order of their bytes.
    sorted: Vec<u32>,
    /// The token of what no piece has.
    unknown: u32,
    unknown_score: f64,
}

/// The best way to a place in the text.
#[derive(Clone, Copy)]
struct Step {
    score: f64,
    token: u32,
    /// Where the token begins.
    from: usize,
}

impl Vocabulary {
    /// The vocabulary of these pieces, of which the `special` ones mean something else than their text. `begins` has
    /// one entry more than `scores` and never descends.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn new(
        text: Vec<u8>,
        begins: Vec<u32>,
        scores: Vec<f32>,
        special: &[u32],
        unknown: u32,
    ) -> Result<Self, &'static str> {
        let last = begins.last().copied().and_then(|end| usize::try_from(end).ok());
        if begins.len() != scores.len() + 1
            || begins.first() != Some(&0)
            || !begins.is_sorted()
            || last != Some(text.len())
        {
            return Err("the pieces do not fit their text");
        }
        if scores.iter().any(|score| !score.is_finite()) {
            return Err("a piece has no likelihood");
        }
        let count = u32::try_from(scores.len()).map_err(|_| "there are too many pieces")?;
        if special.iter().chain([&unknown]).any(|token| *token >= count) {
            return Err("a special token is not among the pieces");
        }
        let lowest = scores.iter().copied().fold(f32::INFINITY, f32::min);
        let mut vocabulary = Self {
            text,
            begins,
            scores,
            sorted: Vec::new(),
            unknown,
            unknown_score: f64::from(lowest) - UNKNOWN_PENALTY,
        };
        let mut sorted: Vec<u32> = (0..count)
            .filter(|token| {
                *token != unknown && !special.contains(token) && !vocabulary.piece(*token).is_empty()
            })
            .collect();
        sorted.sort_by(|one, other| vocabulary.piece(*one).cmp(vocabulary.piece(*other)));
        vocabulary.sorted = sorted;
        Ok(vocabulary)
    }

    fn piece(&self, token: u32) -> &[u8] {
        let token = token as usize;
        &self.text[self.begins[token] as usize..self.begins[token + 1] as usize]
    }

    /// The likeliest tokens of `text`. Characters next to each other that no piece has are one token.
    pub(super) fn cut(&self, text: &str) -> Vec<u32> {
        let bytes = text.as_bytes();
        let mut best: Vec<Option<Step>> = vec![None; bytes.len() + 1];
        let start = Step { score: 0.0, token: self.unknown, from: 0 };
        best[0] = Some(start);
        let improve = |step: &mut Option<Step>, new: Step| {
            if step.is_none_or(|old| new.score > old.score) {
                *step = Some(new);
            }
        };
        for (from, character) in text.char_indices() {
            let Some(Step { score, .. }) = best[from] else { continue };
            let mut candidates = 0..self.sorted.len();
            for (depth, byte) in bytes[from..].iter().enumerate() {
                candidates = self.narrowed(candidates, depth, *byte);
                // A piece comes before all that it begins.
                let Some(first) = self.sorted[candidates.clone()].first() else { break };
                if self.piece(*first).len() == depth + 1 {
                    let score = score + f64::from(self.scores[*first as usize]);
                    improve(&mut best[from + depth + 1], Step { score, token: *first, from });
                }
            }
            let score = score + self.unknown_score;
            improve(&mut best[from + character.len_utf8()], Step { score, token: self.unknown, from });
        }
        let mut tokens: Vec<u32> = Vec::new();
        let mut at = bytes.len();
        while at > 0 {
            // Every character can be unknown, so there is a way to each.
            let Step { token, from, .. } = best[at].unwrap_or(start);
            if token != self.unknown || tokens.last() != Some(&token) {
                tokens.push(token);
            }
            at = from;
        }
        tokens.reverse();
        tokens
    }

    /// Of the `candidates`, which agree in their first `depth` bytes, those that go on with `byte`.
    fn narrowed(&self, candidates: Range<usize>, depth: usize, byte: u8) -> Range<usize> {
        let among = &self.sorted[candidates.clone()];
        let next = |token: &u32| self.piece(*token).get(depth).copied();
        let begin = among.partition_point(|token| next(token) < Some(byte));
        let end = begin + among[begin..].partition_point(|token| next(token) == Some(byte));
        candidates.start + begin..candidates.start + end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(pieces: &[(&str, f32)]) -> Result<Vocabulary, &'static str> {
        let text = pieces.iter().flat_map(|(piece, _)| piece.bytes()).collect();
        let mut end = 0;
        let ends = pieces.iter().map(|(piece, _)| {
            end += piece.len() as u32;
            end
        });
        let begins = [0].into_iter().chain(ends).collect();
        Vocabulary::new(text, begins, pieces.iter().map(|(_, score)| *score).collect(), &[0], 1)
    }

    #[test]
    fn the_likeliest_pieces_are_taken() {
        let pieces =
            [("</s>", 0.0), ("?", 0.0), ("a", -4.0), ("ab", -5.0), ("b", -4.0), ("abc", -9.5), ("c", -4.0)];
        let vocabulary = vocabulary(&pieces).unwrap();
        assert_eq!(vocabulary.cut("abc"), [3, 6]);
        assert_eq!(vocabulary.cut("ba"), [4, 2]);
        assert_eq!(vocabulary.cut(""), [0_u32; 0]);
        // What stands at the ends of a text is not what a customer writes; what is unknown is one token in a row.
        assert_eq!(vocabulary.cut("a</s>éa"), [2, 1, 2]);
    }

    #[test]
    fn a_vocabulary_that_contradicts_itself_is_refused() {
        assert!(vocabulary(&[("a", f32::NAN), ("b", 0.0)]).is_err());
        assert!(vocabulary(&[("a", 0.0)]).is_err());
        assert!(Vocabulary::new(b"abc".to_vec(), vec![0, 2, 1, 3], vec![0.0; 3], &[], 0).is_err());
        assert!(Vocabulary::new(b"abc".to_vec(), vec![0, 4], vec![0.0], &[], 0).is_err());
    }
}
