//! Two documents that say a different figure of the same thing: a price, a percentage, a period, an opening hour, the
//! parts that something is paid in. Rather
//! misses a conflict than invents one: the words around both figures must be the same but for words that only lead to
//! a figure. Works on documents as they were read; decides nothing about which of them is right.

use crate::domain::language::Language;
use crate::knowledge::chunk::sentences;
use crate::knowledge::document::{Body, Document, Terms, Validity};
use crate::knowledge::markdown;
use crate::knowledge::stated::{self, Measure, Stated};
use crate::knowledge::subject::{Days, Words, days, words};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// A sentence longer than this states no single fact.
const LONGEST_SENTENCE: usize = 400;

/// The most statements that are compared; a corpus beyond that is no set of policies.
pub const MOST_STATEMENTS: usize = 20_000;

/// The most statements of one document.
const MOST_IN_ONE: usize = 2_000;

/// The most conflicts that are listed.
const MOST_CONFLICTS: usize = 200;

/// The most statements that share a word and are still compared with each other by it.
const MOST_KIN: usize = 400;

/// A place where something is stated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The document.
    pub source: String,
    /// The file, below the root.
    pub origin: String,
    /// The line in the file, from 1, where it is known.
    pub line: Option<usize>,
    /// The headings it stands under.
    pub heading: Option<String>,
    /// The sentence.
    pub text: String,
}

/// Two places that contradict each other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Conflict {
    /// What differs: `price`, `percentage`, `period`, `hours` or `instalments`.
    pub about: String,
    /// One place.
    pub one: Place,
    /// The other place.
    pub other: Place,
}

/// The figures that a sentence states, and what of.
#[derive(Clone, PartialEq, Debug)]
pub struct Statement {
    measure: Measure,
    figures: Vec<Stated>,
    days: Days,
    language: Language,
    terms: Terms,
    /// What the sentence itself speaks of; where it says nothing, what its heading does.
    core: Words,
    /// What the innermost heading speaks of.
    heading: Words,
    /// What the title speaks of.
    title: Words,
    /// All of that, and the headings above.
    all: Words,
    place: Place,
}

/// What a document states in figures.
pub fn statements(document: &Document) -> Vec<Statement> {
    let title = document.title.clone().unwrap_or_default();
    let mut reader = Reader { document, title, lines: Lines::of(document), found: Vec::new() };
    match &document.body {
        Body::Markdown(text) => reader.blocks(&markdown::blocks(text)),
        Body::Outline(blocks) => reader.blocks(blocks),
        Body::Plain(text) => {
            for paragraph in text.split("\n\n") {
                reader.block(&[], &paragraph.replace('\n', " "));
            }
        }
        Body::Faq { question, answer } => reader.block(std::slice::from_ref(question), answer),
    }
    reader.found
}

struct Reader<'a> {
    document: &'a Document,
    title: String,
    lines: Option<Lines>,
    found: Vec<Statement>,
}

impl Reader<'_> {
    fn blocks(&mut self, blocks: &[markdown::Block]) {
        // A heading above everything is the title.
        let top = blocks.first().and_then(|block| block.headings.first()).cloned();
        let above = top.filter(|top| blocks.iter().all(|block| block.headings.first() == Some(top)));
        if let Some(top) = &above {
            self.title = top.clone();
        }
        for block in blocks {
            self.block(&block.headings[usize::from(above.is_some())..], &block.text);
        }
    }

    fn block(&mut self, headings: &[String], text: &str) {
        let mut lines = text.lines().peekable();
        // The first row of a table says what its columns are.
        let is_header = |line: &str| line.contains(" | ") && !line.contains(|it: char| it.is_ascii_digit());
        let header = lines.next_if(|line| is_header(line)).unwrap_or_default();
        for line in lines {
            if line.contains(" | ") {
                self.sentence(headings, header, line);
                continue;
            }
            for sentence in sentences(line) {
                self.sentence(headings, header, sentence);
            }
        }
    }

    fn sentence(&mut self, headings: &[String], header: &str, sentence: &str) {
        if sentence.len() > LONGEST_SENTENCE {
            return;
        }
        let language = self.document.language;
        let found = stated::find(sentence, language);
        let measures: BTreeSet<Measure> = found.iter().map(|figure| figure.value.measure()).collect();
        if measures.is_empty() || self.found.len() >= MOST_IN_ONE {
            return;
        }
        let line = match &mut self.lines {
            Some(lines) => lines.find(sentence),
            None => self.document.line,
        };
        let spans: Vec<_> = found.iter().map(|figure| figure.span.clone()).collect();
        for measure in measures {
            let of = |text: &str| words(text, &[], measure, language);
            let own = words(sentence, &spans, measure, language);
            let heading = headings.last().map(|heading| of(heading)).unwrap_or_default();
            let title = of(&self.title);
            let above: Words = headings.iter().flat_map(|heading| of(heading)).chain(of(header)).collect();
            let core = [&own, &heading, &title].into_iter().find(|words| !words.is_empty()).cloned();
            let core = core.unwrap_or_default();
            // Opening hours may have no other subject than the shop.
            if core.is_empty() && measure != Measure::Clock {
                continue;
            }
            let named = days(sentence) | headings.last().map_or(0, |heading| days(heading));
            self.found.push(Statement {
                measure,
                figures: found.iter().map(|it| it.value).filter(|it| it.measure() == measure).collect(),
                days: if measure == Measure::Clock { named } else { 0 },
                language,
                terms: self.document.terms.clone(),
                all: own.iter().chain(&heading).chain(&title).chain(&above).cloned().collect(),
                core,
                heading,
                title,
                place: Place {
                    source: self.document.source.clone(),
                    origin: self.document.origin.clone(),
                    line,
                    heading: (!headings.is_empty()).then(|| headings.join(" > ")),
                    text: sentence.trim().to_owned(),
                },
            });
        }
    }
}

/// The lines of a file, where it keeps them: the letters and digits of all of it, and where each line begins in them.
struct Lines {
    letters: String,
    starts: Vec<usize>,
    /// The file's line that the first one is.
    first: usize,
    /// Sentences come in their order: the next one begins behind what was found last.
    behind: usize,
}

impl Lines {
    fn of(document: &Document) -> Option<Self> {
        let text = match &document.body {
            Body::Faq { .. } | Body::Outline(_) => return None,
            Body::Markdown(text) | Body::Plain(text) => text,
        };
        let (mut letters, mut starts) = (String::with_capacity(text.len()), Vec::new());
        for line in text.lines() {
            starts.push(letters.len());
            letters.extend(line.chars().filter(|it| it.is_alphanumeric()));
        }
        Some(Self { letters, starts, first: document.line.unwrap_or(1), behind: 0 })
    }

    /// The line that a sentence begins on.
    fn find(&mut self, sentence: &str) -> Option<usize> {
        /// How far ahead is looked, in bytes.
        const AHEAD: usize = 20_000;
        let wanted: String = sentence.chars().filter(|it| it.is_alphanumeric()).take(24).collect();
        let end = self.letters.ceil_char_boundary((self.behind + AHEAD).min(self.letters.len()));
        let at = self.behind + self.letters.get(self.behind..end)?.find(&wanted)?;
        self.behind = at;
        // An empty line begins where the next one does.
        Some(self.first + self.starts.partition_point(|start| *start <= at).checked_sub(1)?)
    }
}

impl Statement {
    /// Whether both speak of the same thing, as far as words tell.
    fn same_subject(&self, other: &Self) -> bool {
        let within = |words: &Words, all: &Words| words.is_subset(all);
        // Of two borders, such as two plants or two regions, one lies on each side; a general and a special text do not
        // exclude each other.
        let compatible = |one: &Words, two: &Words| within(one, &other.all) || within(two, &self.all);
        self.measure == other.measure
            && self.days == other.days
            && self.language == other.language
            && self.terms.overlap(&other.terms)
            && self.terms.audience == other.terms.audience
            && within(&self.core, &other.all)
            && within(&other.core, &self.all)
            && (self.core.is_empty() && other.core.is_empty() || !self.core.is_disjoint(&other.core))
            && compatible(&self.heading, &other.heading)
            && compatible(&self.title, &other.title)
    }
}

/// The conflicts between documents that hold `today` or later, in the order of their places.
pub fn conflicts<'a>(
    statements: impl IntoIterator<Item = &'a Arc<Vec<Statement>>>,
    today: Date,
) -> Vec<Conflict> {
    let holds = |statement: &&Statement| statement.terms.on(today) != Validity::Expired;
    let statements = statements.into_iter().flat_map(|it| it.iter()).filter(holds);
    let all: Vec<&Statement> = statements.take(MOST_STATEMENTS).collect();
    let mut by_word: HashMap<(Measure, &str), Vec<usize>> = HashMap::new();
    for (at, statement) in all.iter().enumerate() {
        let words = statement.core.iter().map(String::as_str).chain(statement.core.is_empty().then_some(""));
        for word in words {
            by_word.entry((statement.measure, word)).or_default().push(at);
        }
    }
    let mut pairs = HashSet::new();
    for kin in by_word.values().filter(|kin| kin.len() <= MOST_KIN) {
        for (nth, one) in kin.iter().enumerate() {
            for other in &kin[nth + 1..] {
                let (left, right) = (all[*one], all[*other]);
                if left.place.source != right.place.source && left.same_subject(right) {
                    pairs.insert((*one.min(other), *one.max(other)));
                }
            }
        }
    }
    let mut kin: HashMap<usize, Vec<usize>> = HashMap::new();
    for (one, other) in &pairs {
        kin.entry(*one).or_default().push(*other);
        kin.entry(*other).or_default().push(*one);
    }
    // What one document says elsewhere, too, it does not contradict.
    let agrees = |one: usize, source: &str| {
        let same =
            |other: &usize| all[*other].place.source == source && all[*other].figures == all[one].figures;
        kin.get(&one).is_some_and(|others| others.iter().any(same))
    };
    let mut found: Vec<(usize, usize)> = pairs
        .iter()
        .filter(|(one, other)| {
            let (left, right) = (all[*one], all[*other]);
            left.figures.len() == right.figures.len()
                && left.figures != right.figures
                && !agrees(*one, &right.place.source)
                && !agrees(*other, &left.place.source)
        })
        .copied()
        .collect();
    found.sort_unstable();
    found
        .into_iter()
        .take(MOST_CONFLICTS)
        .map(|(one, other)| Conflict {
            about: match all[one].measure {
                Measure::Price => "price",
                Measure::Share => "percentage",
                Measure::Duration => "period",
                Measure::Clock => "hours",
                Measure::Parts => "instalments",
            }
            .to_owned(),
            one: all[one].place.clone(),
            other: all[other].place.clone(),
        })
        .collect()
}
