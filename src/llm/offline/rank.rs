//! Which tool a message wants: overlap of word stems with the tools' own examples, rare words counting more.

use crate::domain::language::Language;
use crate::domain::tool::{BEGIN_INTERVIEW, ToolSpec};
use crate::language::detect::detect;
use crate::language::fold::{is_stopword, stem, words};
use std::collections::{HashMap, HashSet};

/// From this score on a tool is what the customer wants.
pub const WANTED: f32 = 0.45;
/// From this score on it is, even while another question is open or a passage answers.
pub const CLEARLY: f32 = 0.62;
/// The tool that searches the knowledge: what it would find is in the passages already.
const SEARCH: &str = "knowledge_search";
/// How much a word that carries little meaning counts.
const STOPWORD: f32 = 0.25;

/// How much each further word counts that a message begins with exactly as an example does.
const SAME_OPENING: f32 = 0.13;
/// From this part of an example on, one word of it is enough.
const HALF_SAID: f32 = 0.5;
/// From this weight on a word tells what is meant.
const TELLING: f32 = 1.0;
/// Most that one word out of a longer example scores.
const ONE_WORD: f32 = WANTED - 0.01;
/// Most words of an opening that count.
const OPENING_WORDS: usize = 3;

/// One example of one tool as weighted stems.
struct Example {
    tool: usize,
    stems: HashSet<String>,
    opening: Vec<String>,
    weight: f32,
}

/// The examples of every tool, ready to be compared with.
pub struct Ranker {
    examples: Vec<Example>,
    weights: HashMap<String, f32>,
    /// By tool, the words that several of its examples begin with and none has behind that beginning.
    openings: HashMap<usize, HashSet<String>>,
    unknown: f32,
    language: Language,
}

/// How well a tool fits a message, 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ranked {
    /// Place of the tool in the list.
    pub tool: usize,
    /// How well it fits.
    pub score: f32,
}

impl Ranker {
    /// Reads the examples of `tools`.
    pub fn new(tools: &[ToolSpec], language: Language) -> Self {
        // Words begin an interview by the rules of its own file, before any model is asked.
        let ruled = |tool: &ToolSpec| tool.name == BEGIN_INTERVIEW;
        let mut stemmed: Vec<(usize, HashSet<String>, Vec<String>)> = Vec::new();
        let ranked = tools.iter().enumerate().filter(|(_, tool)| tool.name != SEARCH && !ruled(tool));
        for (index, tool) in ranked {
            for example in &tool.words.examples {
                let own = detect(example).unwrap_or(language);
                stemmed.push((index, stems(example, own).into_iter().collect(), opening(example)));
            }
            // A tool without examples can still be found by its description.
            if tool.words.examples.is_empty() {
                for sentence in tool.description.split(['.', ';']).filter(|sentence| sentence.len() > 8) {
                    let own = detect(sentence).unwrap_or(language);
                    stemmed.push((index, stems(sentence, own).into_iter().collect(), Vec::new()));
                }
            }
        }
        // In how many tools a stem appears: what every tool says tells nothing.
        let mut tools_with: HashMap<&String, HashSet<usize>> = HashMap::new();
        for (tool, own, _) in &stemmed {
            for stem in own {
                tools_with.entry(stem).or_default().insert(*tool);
            }
        }
        let count = tools.iter().filter(|tool| !ruled(tool)).count().max(1) as f32;
        let weights: HashMap<String, f32> = tools_with
            .into_iter()
            .map(|(stem, with)| {
                let idf = (1.0 + count / with.len() as f32).ln();
                let little = is_stopword(stem, language) || stem.len() < 4;
                (stem.clone(), if little { idf * STOPWORD } else { idf })
            })
            .collect();
        let unknown = (1.0 + count).ln() * 0.5;
        let openings = tools.iter().map(|tool| common_openings(&tool.words.examples)).enumerate().collect();
        let examples = stemmed
            .into_iter()
            .map(|(tool, stems, opening)| {
                let weight = stems.iter().filter_map(|stem| weights.get(stem)).sum();
                Example { tool, stems, opening, weight }
            })
            .collect();
        Self { examples, weights, openings, unknown, language }
    }

    /// Tools that fit `text`, best first.
    pub fn rank(&self, text: &str) -> Vec<Ranked> {
        let said: HashSet<String> = stems(text, self.language).into_iter().take(60).collect();
        let weight_of = |stem: &String| {
            self.weights.get(stem).copied().unwrap_or_else(|| {
                // Names, numbers and the matter itself are seldom in an example; they must not drown the rest.
                if is_stopword(stem, self.language)
                    || stem.len() < 3
                    || stem.bytes().any(|b| b.is_ascii_digit())
                {
                    0.1
                } else {
                    self.unknown
                }
            })
        };
        let said_weight: f32 = said.iter().map(weight_of).sum();
        let said_opening = opening(text);
        let mut best: HashMap<usize, f32> = HashMap::new();
        for example in &self.examples {
            let shared: f32 = example.stems.intersection(&said).map(weight_of).sum();
            if shared <= 0.0 {
                continue;
            }
            // Mostly: how much of the example was said. A little: how much of what was said it covers.
            let recall = shared / example.weight.max(0.1);
            let precision = shared / said_weight.max(0.1);
            let same =
                example.opening.iter().zip(&said_opening).take_while(|(one, other)| one == other).count();
            let mut score = 0.55 * recall + 0.45 * precision + SAME_OPENING * same as f32;
            // One word of many is no wish, however short the message: "voltei" wants no money "de volta".
            let telling = example.stems.intersection(&said).filter(|stem| weight_of(stem) > TELLING).count();
            if same == 0 && recall < HALF_SAID && telling < 2 {
                score = score.min(ONE_WORD);
            }
            let entry = best.entry(example.tool).or_insert(0.0);
            *entry = entry.max(score.min(1.0));
        }
        let mut ranked: Vec<Ranked> = best.into_iter().map(|(tool, score)| Ranked { tool, score }).collect();
        ranked.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.tool.cmp(&other.tool)));
        ranked
    }

    /// Whether wishes for `tool` begin with `word`.
    pub fn opens(&self, tool: usize, word: &str) -> bool {
        self.openings.get(&tool).is_some_and(|opening| opening.contains(word))
    }

    /// Words that any example of `tool` uses: they name the wish, not its matter.
    pub fn frames(&self, tool: usize, word: &str) -> bool {
        let stemmed = stem(word, self.language);
        self.examples.iter().any(|example| example.tool == tool && example.stems.contains(&stemmed))
    }
}

/// The words that several of `examples` begin with, but for those that also stand behind such a beginning: "quanto
/// custa" opens, "vaso" does not.
fn common_openings(examples: &[String]) -> HashSet<String> {
    let examples: Vec<Vec<String>> = examples.iter().map(|example| words(example)).collect();
    let (mut opening, mut behind) = (HashSet::new(), HashSet::new());
    for (place, example) in examples.iter().enumerate() {
        let others = examples.iter().enumerate().filter(|(other, _)| *other != place);
        let shared = others.map(|(_, other)| example.iter().zip(other).take_while(|(a, b)| a == b).count());
        let shared = shared.max().unwrap_or(0);
        if shared > 0 {
            opening.extend(example.iter().take(shared).cloned());
            behind.extend(example.iter().skip(shared).cloned());
        }
    }
    opening.retain(|word| !behind.contains(word));
    opening
}

/// The first words, with every number the same.
fn opening(text: &str) -> Vec<String> {
    words(text)
        .into_iter()
        .take(OPENING_WORDS)
        .map(|word| if word.bytes().any(|byte| byte.is_ascii_digit()) { "#".to_owned() } else { word })
        .collect()
}

fn stems(text: &str, language: Language) -> Vec<String> {
    words(text).iter().map(|word| stem(word, language)).collect()
}

/// Words of `text` that carry meaning, in order.
pub fn content_words(text: &str, language: Language) -> Vec<String> {
    words(text).into_iter().filter(|word| word.len() > 1 && !is_stopword(word, language)).collect()
}
