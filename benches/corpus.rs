//! Documents and questions to measure the knowledge with, made by rule: the same on every machine. Words come as often as
//! in Portuguese: the most frequent are those of the demo shop's documents in their order, then made ones, by the law
//! that the word of rank r comes in proportion to 1/(r + 2.7). Means nothing and measures nothing.

use balcao::knowledge::analyze;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

/// Words there are, made ones included.
const VOCABULARY: usize = 40_000;

/// Mandelbrot's shift of Zipf's law, as measured on European languages.
const SHIFT: f64 = 2.7;

/// Sections of a document: each is one passage.
const SECTIONS: usize = 20;

/// Words of a section, from and to.
const SECTION_WORDS: (usize, usize) = (60, 160);

/// A word of a question is one of a passage, but not one of the most frequent, which say nothing.
const FREQUENT: usize = 150;

/// How questions begin.
const OPENINGS: [&str; 6] = ["qual o", "vocês têm", "como faço para", "onde fica", "quanto custa", "e"];

const SYLLABLES: [&str; 24] = [
    "ba", "ca", "co", "de", "di", "fa", "gra", "la", "li", "ma", "mo", "ne", "pa", "pe", "pra", "ri", "ro",
    "sa", "so", "ta", "te", "tri", "va", "vi",
];

const ENDINGS: [&str; 12] =
    ["ção", "dor", "mento", "da", "dos", "nte", "vel", "lha", "rio", "gem", "ções", "nça"];

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    /// From 0 up to, and without, 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From `least` up to, and without, `most`.
    fn between(&mut self, least: usize, most: usize) -> usize {
        least + (self.share() * (most - least) as f64) as usize
    }
}

/// A made corpus.
pub struct Corpus {
    words: Vec<String>,
    /// The chance of a word or one before it.
    chances: Vec<f64>,
    dice: Dice,
}

impl Corpus {
    /// Words by their frequency in the documents of `folder`, and made ones behind them.
    ///
    /// # Errors
    /// If a document cannot be read.
    pub fn of(folder: &Path) -> anyhow::Result<Self> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "md") {
                for word in std::fs::read_to_string(path)?.split(|letter: char| !letter.is_alphabetic()) {
                    *counts.entry(word.to_lowercase()).or_default() += 1;
                }
            }
        }
        counts.remove("");
        let mut words: Vec<(String, usize)> = counts.into_iter().collect();
        words.sort_by_key(|(_, count)| Reverse(*count));
        let mut words: Vec<String> = words.into_iter().map(|(word, _)| word).collect();
        let mut dice = Dice(1);
        while words.len() < VOCABULARY {
            let length = dice.between(1, 4);
            let mut word: String = (0..length).map(|_| SYLLABLES[dice.between(0, SYLLABLES.len())]).collect();
            word.push_str(ENDINGS[dice.between(0, ENDINGS.len())]);
            words.push(word);
        }
        let mut sum = 0.0;
        let chances = (0..words.len()).map(|rank| {
            sum += 1.0 / (rank as f64 + 1.0 + SHIFT);
            sum
        });
        let chances = chances.collect();
        Ok(Self { words, chances, dice })
    }

    fn word(&mut self) -> &str {
        let most = self.chances.last().copied().unwrap_or_default();
        let drawn = self.dice.share() * most;
        let rank = self.chances.partition_point(|chance| *chance <= drawn);
        self.words.get(rank).map_or("", String::as_str)
    }

    /// So many words.
    pub fn sentence(&mut self, length: usize) -> String {
        let mut sentence = String::new();
        for place in 0..length {
            let word = self.word().to_owned();
            if place > 0 {
                sentence.push(' ');
            }
            sentence.push_str(&word);
        }
        sentence
    }

    /// Documents with so many passages, and a question about every `each`-th passage.
    pub fn documents(&mut self, passages: usize, each: usize) -> (Vec<Document>, Vec<String>) {
        let (mut documents, mut questions) = (Vec::new(), Vec::new());
        for number in 0..passages / SECTIONS {
            let mut text = format!("# {}\n\n", self.sentence(3));
            for section in 0..SECTIONS {
                text.push_str(&format!("## {}\n\n", self.sentence(2)));
                let mut words = self.dice.between(SECTION_WORDS.0, SECTION_WORDS.1);
                let mut body = String::new();
                while words > 0 {
                    let length = self.dice.between(6, 18).min(words);
                    words -= length;
                    body.push_str(&self.sentence(length));
                    body.push_str(". ");
                }
                if (number * SECTIONS + section).is_multiple_of(each) {
                    questions.push(self.question(&body));
                }
                text.push_str(&body);
                text.push_str("\n\n");
            }
            documents.push((format!("documento-{number:05}.md"), Cow::Owned(text.into_bytes())));
        }
        (documents, questions)
    }

    /// A question in some words of a passage.
    fn question(&mut self, passage: &str) -> String {
        let frequent: Vec<String> =
            self.words.iter().take(FREQUENT).flat_map(|word| analyze::words(word)).collect();
        let telling: Vec<&str> = passage
            .split(|letter: char| !letter.is_alphabetic())
            .filter(|word| analyze::words(word).all(|folded| !frequent.contains(&folded)) && word.len() > 3)
            .collect();
        let count = self.dice.between(2, 6);
        let opening = OPENINGS[self.dice.between(0, OPENINGS.len())];
        let mut question = opening.to_owned();
        for _ in 0..count.min(telling.len()) {
            question.push(' ');
            question.push_str(telling[self.dice.between(0, telling.len())]);
        }
        question.push('?');
        question
    }
}

/// A file's name and its bytes.
pub type Document = (String, Cow<'static, [u8]>);
