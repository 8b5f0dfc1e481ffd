//! Which tool a message wants: a naive Bayes classifier over the stems, and pairs of stems, of the tools' own examples.

use crate::domain::language::Language;
use crate::domain::tool::{BEGIN_INTERVIEW, Risk, ToolSpec};
use crate::language::detect::detect;
use crate::language::emails::find_emails;
use crate::language::fold::{is_stopword, stem, words};
use crate::language::shorthand::spelled_out;
use std::collections::{BTreeMap, HashMap, HashSet};

/// From this score on a tool that looks something up is what the customer wants …
const WANTED: f32 = 0.35;
/// … and one that changes something.
const WANTED_TO_CHANGE: f32 = 0.45;
/// From this score on it is, even while another question is open or a passage answers.
pub const CLEARLY: f32 = 0.6;
/// The tool that searches the knowledge. What it would find is in the passages already; its examples tell what is asked
/// of documents from what is asked of the other tools.
const SEARCH: &str = "knowledge_search";

/// Words before a verb that say nothing of what is asked: who is, `aí`, `ainda`.
pub(super) const IDLE: [&str; 12] =
    ["voces", "voce", "vcs", "vc", "ces", "do", "you", "ustedes", "uds", "ai", "aqui", "ainda"];

/// Words of a message that are looked at; the rest of a very long one says nothing new.
const MOST_WORDS: usize = 60;
/// What of a feature's likelihood is its likelihood in any tool's examples (Jelinek–Mercer smoothing): tools have few
/// examples, and not equally many.
const SMOOTHING: f32 = 0.3;
/// How much of what words speak for that say little by themselves is believed: `por favor` is said to everybody.
const TRUST_IN_LITTLE: f32 = 0.5;

/// How much of a message's weight a word has that carries little meaning.
const STOPWORD: f32 = 0.3;
/// The same of a word that says nothing at all: a number, a letter.
const MUTE: f32 = 0.1;
/// The same of a word that no example has.
const UNKNOWN: f32 = 0.6;

/// A score is the logistic of these: a regression on 480 messages, `first.tsv` and `second.tsv` of `tests/llm/first_messages`, of
/// which about half want a tool. Per nat of evidence for the tool, at most [`MOST_EVIDENCE`];
const PER_EVIDENCE: f32 = 0.10;
/// per nat above the next tool's, at most [`MOST_MARGIN`] either way;
const PER_MARGIN: f32 = 0.41;
/// for a message of which every word is known;
const PER_COVERAGE: f32 = 3.15;
/// and for none of it.
const BIAS: f32 = -4.67;
const MOST_EVIDENCE: f32 = 20.0;
const MOST_MARGIN: f32 = 8.0;
/// The least score of who writes what is an example word for word.
const SAID_SO: f32 = 0.9;

/// A stem, or two that stand side by side.
struct Feature {
    /// How much it speaks against a tool whose examples do not have it, in nats.
    speaks_against: f32,
    /// By tool whose examples have it: how much it speaks for that tool, in nats above that.
    speaks_for: Vec<(usize, f32)>,
    /// How much of a message's weight it has.
    weight: f32,
    /// Whether it says little by itself.
    says_little: bool,
    /// Whether it stands in one example alone.
    is_single: bool,
}

/// What is known of one tool; of one that is never wanted by words, nothing.
#[derive(Default)]
struct Heard {
    /// Whether it changes something.
    changes: bool,
    /// How many examples it has.
    examples: usize,
    /// In how many of them a stem stands.
    stems: HashMap<String, usize>,
    /// How much of one of them the others know, on average: who looks for a product names what no example names.
    coverage: f32,
    /// The words that they begin with more often than they have them behind such a beginning.
    openings: HashSet<String>,
    /// How many of them begin with a word, but for who is asked.
    first: HashMap<String, usize>,
}

/// The examples of every tool, ready to be compared with.
pub struct Ranker {
    features: HashMap<String, Feature>,
    /// By place of the tool.
    heard: Vec<Heard>,
    /// Whole examples, and the tools that they are of.
    whole: HashMap<String, usize>,
    /// The tool that is never wanted by words.
    search: Option<usize>,
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
    /// Whether the tool changes something.
    changes: bool,
}

impl Ranked {
    /// Whether the tool is what the customer wants.
    pub fn is_wanted(self) -> bool {
        self.score >= if self.changes { WANTED_TO_CHANGE } else { WANTED }
    }
}

impl Ranker {
    /// Reads the examples of `tools`.
    pub fn new(tools: &[ToolSpec], language: Language) -> Self {
        // Words begin an interview by the rules of its own file, before any model is asked.
        let listened = tools.iter().enumerate().filter(|(_, tool)| tool.name != BEGIN_INTERVIEW);
        let read = |text| read(text, detect(text).unwrap_or(language));
        let examples: Vec<(usize, Vec<Word>)> = listened
            .flat_map(|(place, tool)| texts_of(tool).into_iter().map(move |text| (place, read(text))))
            .collect();
        let mut heard: Vec<Heard> = tools.iter().map(|_| Heard::default()).collect();
        for (place, said) in &examples {
            heard[*place].examples += 1;
            for word in said.iter().collect::<HashSet<_>>() {
                *heard[*place].stems.entry(word.stem.clone()).or_default() += 1;
            }
        }
        for (heard, tool) in heard.iter_mut().zip(tools) {
            for example in &tool.words.examples {
                let first = words(example).into_iter().find(|word| !IDLE.contains(&word.as_str()));
                *heard.first.entry(first.unwrap_or_default()).or_default() += 1;
            }
            heard.openings = common_openings(&tool.words.examples);
            heard.changes = tool.risk != Risk::Read;
        }
        let mut ranker = Self {
            features: learn(&examples, tools.len()),
            whole: examples.iter().map(|(place, said)| (joined(said), *place)).collect(),
            search: tools.iter().position(|tool| tool.name == SEARCH),
            unknown: (1.0 + heard.iter().filter(|heard| heard.examples > 0).count() as f32).ln() * UNKNOWN,
            heard,
            language,
        };
        for (place, said) in &examples {
            let coverage = ranker.coverage(said, |feature| !feature.is_single);
            let heard = &mut ranker.heard[*place];
            heard.coverage += coverage / heard.examples as f32;
        }
        ranker
    }

    /// Tools that fit `text`, best first.
    pub fn rank(&self, text: &str) -> Vec<Ranked> {
        let mut said = read(text, self.language);
        said.truncate(MOST_WORDS);
        let mut nats = vec![0.0; self.heard.len()];
        // Whether anything but small words speaks for a tool.
        let mut is_told = vec![false; self.heard.len()];
        for feature in features(&said).iter().filter_map(|feature| self.features.get(feature)) {
            nats.iter_mut().for_each(|nats| *nats -= feature.speaks_against);
            for (tool, more) in &feature.speaks_for {
                nats[*tool] += more;
                is_told[*tool] |= !feature.says_little && *more > feature.speaks_against;
            }
        }
        let whole = self.whole.get(&joined(&said)).copied();
        if whole.is_some() && whole == self.search {
            return Vec::new();
        }
        let coverage = self.coverage(&said, |_| true);
        let mut ranked: Vec<Ranked> = nats
            .iter()
            .enumerate()
            .filter(|(tool, nats)| **nats > 0.0 && is_told[*tool] && Some(*tool) != self.search)
            .map(|(tool, own)| {
                let others = nats.iter().enumerate().filter(|(other, _)| *other != tool);
                let next = others.map(|(_, nats)| *nats).fold(0.0, f32::max);
                let margin = (own - next).clamp(-MOST_MARGIN, MOST_MARGIN);
                let coverage = (coverage / self.heard[tool].coverage.max(f32::MIN_POSITIVE)).min(1.0);
                let sum = PER_EVIDENCE * own.min(MOST_EVIDENCE)
                    + PER_MARGIN * margin
                    + PER_COVERAGE * coverage
                    + BIAS;
                let score = if whole == Some(tool) { logistic(sum).max(SAID_SO) } else { logistic(sum) };
                Ranked { tool, score, changes: self.heard[tool].changes }
            })
            .collect();
        ranked.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.tool.cmp(&other.tool)));
        ranked
    }

    /// How much of a message's weight the examples know, 0 to 1: those of its features that `counts`.
    fn coverage(&self, said: &[Word], counts: impl Fn(&Feature) -> bool) -> f32 {
        let (mut all, mut known) = (0.0, 0.0);
        for word in distinct(said) {
            match self.features.get(&word.stem).filter(|feature| counts(feature)) {
                Some(feature) => {
                    all += feature.weight;
                    known += feature.weight;
                }
                // Names, numbers and the matter itself are seldom in an example; they must not drown the rest.
                None if word.says_little => all += MUTE,
                None => all += self.unknown,
            }
        }
        if all > 0.0 { known / all } else { 0.0 }
    }

    /// Whether wishes for `tool` begin with `word`.
    pub fn opens(&self, tool: usize, word: &str) -> bool {
        self.heard.get(tool).is_some_and(|heard| heard.openings.contains(word))
    }

    /// Of the tools that `may` be it, the one of which more examples begin with one of `openings` than of any other.
    pub fn mostly_begun_with(
        &self,
        openings: &HashSet<String>,
        may: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let begun = |heard: &Heard| openings.iter().filter_map(|word| heard.first.get(word)).sum::<usize>();
        let mut best: Option<(usize, usize)> = None;
        let others =
            self.heard.iter().enumerate().filter(|(place, _)| Some(*place) != self.search && may(*place));
        for (place, count) in others.map(|(place, heard)| (place, begun(heard))) {
            if count > 0 && best.is_none_or(|(_, most)| count > most) {
                best = Some((place, count));
            }
        }
        best.map(|(place, _)| place)
    }

    /// Whether wishes for `tool` use `word`, whatever their matter: it names the wish.
    pub fn frames(&self, tool: usize, word: &str) -> bool {
        let stem = stem(word, self.language);
        self.heard.get(tool).is_some_and(|heard| {
            let least = if heard.examples < FEW { 1 } else { 2 };
            heard.stems.get(&stem).is_some_and(|uses| *uses >= least)
        })
    }
}

/// Counts what speaks for which of so many tools.
fn learn(examples: &[(usize, Vec<Word>)], tools: usize) -> HashMap<String, Feature> {
    let mut counts: HashMap<String, BTreeMap<usize, usize>> = HashMap::new();
    let mut totals = vec![0_usize; tools];
    let mut little: HashSet<&str> = HashSet::new();
    for (place, said) in examples {
        little.extend(said.iter().filter(|word| word.says_little).map(|word| word.stem.as_str()));
        for feature in features(said) {
            *counts.entry(feature).or_default().entry(*place).or_default() += 1;
            totals[*place] += 1;
        }
    }
    let heard = totals.iter().filter(|total| **total > 0).count() as f32;
    let learned = |(feature, by_tool): (String, BTreeMap<usize, usize>)| {
        let share = |(place, count): (&usize, &usize)| *count as f32 / totals[*place] as f32;
        // One more tool, which nobody has, says nothing: what a single tool says is not yet everybody's.
        let anywhere = by_tool.iter().map(share).sum::<f32>() / (heard + 1.0);
        let says_little = feature.split(' ').all(|stem| little.contains(stem));
        let trust = if says_little { TRUST_IN_LITTLE } else { 1.0 };
        let speaks_for = by_tool.iter().map(|(place, count)| {
            let own = (1.0 - SMOOTHING) * share((place, count)) + SMOOTHING * anywhere;
            (*place, trust * (own / (SMOOTHING * anywhere)).ln())
        });
        let telling = (1.0 + heard / by_tool.len() as f32).ln();
        let learned = Feature {
            speaks_against: -SMOOTHING.ln() * trust,
            speaks_for: speaks_for.collect(),
            weight: if says_little { telling * STOPWORD } else { telling },
            says_little,
            is_single: by_tool.values().sum::<usize>() == 1,
        };
        (feature, learned)
    };
    counts.into_iter().map(learned).collect()
}

/// Of so many examples, a word of one alone may be its matter.
const FEW: usize = 20;

fn logistic(nats: f32) -> f32 {
    1.0 / (1.0 + (-nats).exp())
}

/// What a tool is asked for with. One without examples can still be found by its description.
fn texts_of(tool: &ToolSpec) -> Vec<&str> {
    if !tool.words.examples.is_empty() {
        return tool.words.examples.iter().map(String::as_str).collect();
    }
    tool.description.split(['.', ';']).filter(|sentence| sentence.len() > 8).collect()
}

/// A word as it is compared.
#[derive(PartialEq, Eq, Hash)]
struct Word {
    stem: String,
    /// Whether it says little by itself.
    says_little: bool,
}

/// The words of a text, spelled out; one value is like another.
fn read(text: &str, language: Language) -> Vec<Word> {
    let word = |word: String| {
        if word.bytes().any(|byte| byte.is_ascii_digit()) {
            return Word { stem: VALUE.to_owned(), says_little: true };
        }
        let word = spelled_out(&word, language);
        Word { stem: stem(&word, language), says_little: word.len() < 3 || is_stopword(&word, language) }
    };
    // An address is a value, and its words say nothing.
    let mut free = text.to_owned();
    for found in find_emails(text).into_iter().rev() {
        free.replace_range(found.span, " 0 ");
    }
    words(&free).into_iter().map(word).filter(|word| !COURTESY.contains(&word.stem.as_str())).collect()
}

/// Stems of what is said beside any wish.
const COURTESY: [&str; 24] = [
    "favor",
    "gentil",
    "gentileza",
    "obrig",
    "obrigado",
    "obrigada",
    "brigado",
    "grato",
    "grata",
    "valeu",
    "please",
    "thank",
    "thanks",
    "gracia",
    "gracias",
    "oi",
    "ola",
    "hello",
    "hi",
    "hey",
    "hola",
    "sim",
    "yes",
    "si",
];

/// The stems, and those that stand side by side as pairs; each once.
fn features(said: &[Word]) -> Vec<String> {
    let pairs = said.windows(2).map(|pair| [pair[0].stem.as_str(), &pair[1].stem].join(" "));
    let mut features: Vec<String> = said.iter().map(|word| word.stem.clone()).chain(pairs).collect();
    features.sort_unstable();
    features.dedup();
    features
}

/// Each word once, in order.
fn distinct(said: &[Word]) -> impl Iterator<Item = &Word> {
    let mut seen = HashSet::new();
    said.iter().filter(move |word| seen.insert(&word.stem))
}

fn joined(said: &[Word]) -> String {
    said.iter().map(|word| word.stem.as_str()).collect::<Vec<_>>().join(" ")
}

/// The words that several of `examples` begin with, unless they stand more often behind such a beginning: "quanto custa"
/// opens, "vaso" does not.
fn common_openings(examples: &[String]) -> HashSet<String> {
    let examples: Vec<Vec<String>> = examples.iter().map(|example| words(example)).collect();
    let (mut opening, mut behind): (HashMap<&str, usize>, HashMap<&str, usize>) = Default::default();
    for (place, example) in examples.iter().enumerate() {
        let others = examples.iter().enumerate().filter(|(other, _)| *other != place);
        let shared = others.map(|(_, other)| example.iter().zip(other).take_while(|(a, b)| a == b).count());
        let shared = shared.max().unwrap_or(0);
        for word in example.iter().take(shared) {
            *opening.entry(word).or_default() += 1;
        }
        for word in example.iter().skip(shared) {
            *behind.entry(word).or_default() += 1;
        }
    }
    let opens = |(word, count): &(&str, usize)| *count > behind.get(word).copied().unwrap_or_default();
    opening.into_iter().filter(opens).map(|(word, _)| word.to_owned()).collect()
}

/// Stands for a number or an address: that one is told says little of what is wanted.
const VALUE: &str = "#";

/// Words of `text` that carry meaning, in order.
pub fn content_words(text: &str, language: Language) -> Vec<String> {
    words(text).into_iter().filter(|word| word.len() > 1 && !is_stopword(word, language)).collect()
}
