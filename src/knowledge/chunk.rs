//! Cuts documents into passages: small enough to quote, whole enough to be understood alone. Works on text only;
//! what a passage is found by is decided here too, because a FAQ entry is found by its question alone as well.

use crate::domain::language::Language;
use crate::knowledge::document::{Body, Document, Terms};
use crate::knowledge::markdown::{self, Block};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use uuid::Uuid;

/// More words than this are cut, at a paragraph, a line or a sentence where there is one.
const MOST_WORDS: usize = 220;

/// What is too long to stay whole is cut to about this many words.
const USUAL_WORDS: usize = 170;

/// More bytes than this are cut even without a word boundary in sight.
const MOST_BYTES: usize = 4_000;

/// Which of its texts a passage is found by. Each is an entry of the index; the best of them counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Way {
    /// By all it says.
    Whole,
    /// By the question alone that it answers.
    Question,
}

/// A passage as it is kept in the index.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Chunk {
    /// Stable: the same words of a document have the same id, wherever in it they stand.
    pub id: Uuid,
    /// The document it belongs to.
    pub source: String,
    /// The document's title.
    pub title: String,
    /// Heading path inside the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// Words the operator wants the document to be found by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The words.
    pub text: String,
    /// Their language.
    pub language: Language,
    /// Its place in the document, from 0.
    pub ordinal: u32,
    /// The first day it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// The last day it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
    /// Whom it is for; everybody, if nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl Chunk {
    /// What one of its ways says, under its title and heading: what its vector is made of.
    pub fn said(&self, way: Way) -> String {
        let text = match way {
            Way::Whole => self.text.as_str(),
            Way::Question => self.text.lines().next().unwrap_or_default(),
        };
        let mut said = String::with_capacity(self.title.len() + text.len() + 64);
        // A title made of the file's name says nothing, and one that is the question is in the text.
        if self.title != self.source && !text.starts_with(&self.title) {
            said.push_str(&self.title);
            said.push('\n');
        }
        if let Some(heading) = &self.heading {
            said.push_str(heading);
            said.push('\n');
        }
        said.push_str(text);
        said
    }
}

/// A passage with the texts it is to be found by; the best of them counts.
#[derive(Clone, PartialEq, Debug)]
pub struct Findable {
    /// The passage.
    pub chunk: Chunk,
    /// What the passage itself says, without the document's title and tags. Never empty.
    pub search_texts: Vec<(Way, String)>,
}

/// Cuts a document.
pub fn cut(document: &Document) -> Vec<Findable> {
    let mut writer = Writer {
        document,
        title: document.title.clone().unwrap_or_default(),
        chunks: Vec::new(),
        seen: HashMap::new(),
    };
    match &document.body {
        Body::Markdown(text) => writer.outline(markdown::blocks(text)),
        Body::Outline(blocks) => writer.outline(blocks.clone()),
        Body::Plain(text) => {
            let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
            writer.section(&[], paragraphs.map(str::to_owned).collect());
        }
        Body::Faq { question, answer } => writer.faq(question.trim(), answer.trim()),
    }
    writer.chunks
}

struct Writer<'a> {
    document: &'a Document,
    title: String,
    chunks: Vec<Findable>,
    /// How often the same words have come already.
    seen: HashMap<Uuid, u32>,
}

impl Writer<'_> {
    fn outline(&mut self, mut blocks: Vec<Block>) {
        self.take_title(&mut blocks);
        let mut section: Vec<String> = Vec::new();
        let mut headings: Vec<String> = Vec::new();
        for block in blocks {
            if block.headings != headings {
                self.section(&headings, std::mem::take(&mut section));
                headings = block.headings;
            }
            section.push(block.text);
        }
        self.section(&headings, section);
    }

    /// A top heading over everything is the title, or repeats it; in the heading path it would say nothing.
    fn take_title(&mut self, blocks: &mut [Block]) {
        let Some(top) = blocks.first().and_then(|block| block.headings.first()).cloned() else { return };
        if !blocks.iter().all(|block| block.headings.first() == Some(&top)) {
            return;
        }
        for block in blocks.iter_mut() {
            block.headings.remove(0);
        }
        if self.title.is_empty() {
            self.title = top;
        } else if self.title != top {
            self.title = format!("{} ({top})", self.title);
        }
    }

    fn section(&mut self, headings: &[String], paragraphs: Vec<String>) {
        let heading = (!headings.is_empty()).then(|| headings.join(" > "));
        for text in pack(paragraphs) {
            let search_text = format!("{}\n{text}", heading.as_deref().unwrap_or_default());
            self.push(heading.clone(), text, vec![(Way::Whole, search_text)]);
        }
    }

    fn faq(&mut self, question: &str, answer: &str) {
        // In one line: the passage's first is the question.
        let question = question.split_whitespace().collect::<Vec<_>>().join(" ");
        if question.is_empty() || answer.is_empty() {
            return;
        }
        for part in pack(vec![answer.to_owned()]) {
            let text = format!("{question}\n{part}");
            let ways = vec![(Way::Question, question.clone()), (Way::Whole, text.clone())];
            self.push(None, text, ways);
        }
    }

    fn push(&mut self, heading: Option<String>, text: String, search_texts: Vec<(Way, String)>) {
        let ordinal = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX);
        let source = self.document.source.clone();
        let title = if self.title.is_empty() { source.clone() } else { self.title.clone() };
        let words = [source.as_str(), &title, heading.as_deref().unwrap_or_default(), &text];
        let again = self.seen.entry(chunk_id(words, 0)).or_insert(0);
        let id = chunk_id(words, *again);
        *again += 1;
        let (tags, language) = (self.document.tags.clone(), self.document.language);
        let Terms { valid_from, valid_until, audience, owner } = self.document.terms.clone();
        let chunk = Chunk {
            id,
            source,
            title,
            heading,
            tags,
            text,
            language,
            ordinal,
            valid_from,
            valid_until,
            audience,
            owner,
        };
        self.chunks.push(Findable { chunk, search_texts });
    }
}

/// The same words, for the first time in a document or `again`. Where they stand does not count: a paragraph above them changes
/// nothing of what they say. The title counts: it is part of what a passage's vector is made of.
fn chunk_id(words: [&str; 4], again: u32) -> Uuid {
    let mut hasher = Sha256::new();
    for field in words.map(str::as_bytes).into_iter().chain([again.to_le_bytes().as_slice()]) {
        hasher.update((field.len() as u64).to_le_bytes());
        hasher.update(field);
    }
    let digest = hasher.finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A piece of text that stays whole.
struct Piece {
    text: String,
    words: usize,
    /// What stands between it and the piece before.
    glue: &'static str,
}

impl Piece {
    fn new(text: &str, glue: &'static str) -> Self {
        Self { text: text.to_owned(), words: text.split_whitespace().count(), glue }
    }

    fn fits(&self) -> bool {
        self.words <= MOST_WORDS && self.text.len() <= MOST_BYTES
    }
}

/// Joins the paragraphs of a section into passages of about the same length, none too long.
fn pack(paragraphs: Vec<String>) -> Vec<String> {
    let mut pieces = Vec::new();
    for paragraph in paragraphs {
        split(Piece::new(&paragraph, "\n\n"), Boundary::Line, &mut pieces);
    }
    let words: usize = pieces.iter().map(|piece| piece.words).sum();
    let parts = if words <= MOST_WORDS { 1 } else { words.div_ceil(USUAL_WORDS) };
    let target = words.div_ceil(parts);
    let mut passages: Vec<String> = Vec::new();
    let mut filled = usize::MAX;
    for piece in pieces {
        match passages.last_mut() {
            Some(passage)
                if filled < target
                    && filled + piece.words <= MOST_WORDS
                    && passage.len() + piece.text.len() <= MOST_BYTES =>
            {
                passage.push_str(piece.glue);
                passage.push_str(&piece.text);
                filled += piece.words;
            }
            Some(_) | None => {
                filled = piece.words;
                passages.push(piece.text);
            }
        }
    }
    passages
}

/// Where a piece may be cut, from the least harm to the most.
#[derive(Clone, Copy)]
enum Boundary {
    Line,
    Sentence,
    Word,
    Byte,
}

fn split(piece: Piece, boundary: Boundary, pieces: &mut Vec<Piece>) {
    if piece.fits() {
        pieces.push(piece);
        return;
    }
    let (parts, glue, next): (Vec<&str>, _, _) = match boundary {
        Boundary::Line => (piece.text.split('\n').collect(), "\n", Boundary::Sentence),
        Boundary::Sentence => (sentences(&piece.text), " ", Boundary::Word),
        Boundary::Word => (piece.text.split_whitespace().collect(), " ", Boundary::Byte),
        Boundary::Byte => (byte_slices(&piece.text), "", Boundary::Byte),
    };
    for (index, part) in parts.into_iter().filter(|part| !part.trim().is_empty()).enumerate() {
        split(Piece::new(part, if index == 0 { piece.glue } else { glue }), next, pieces);
    }
}

fn byte_slices(mut text: &str) -> Vec<&str> {
    let mut slices = Vec::new();
    while text.len() > MOST_BYTES {
        let (slice, rest) = text.split_at(text.floor_char_boundary(MOST_BYTES));
        slices.push(slice);
        text = rest;
    }
    slices.push(text);
    slices
}

/// Words before a full stop that does not end a sentence.
const ABBREVIATIONS: [&str; 16] = [
    "art", "av", "cap", "dr", "dra", "etc", "ex", "fig", "inc", "ltda", "no", "nº", "pag", "prof", "sr",
    "sra",
];

/// The sentences of a text; a rough cut, which knows the abbreviations that end no sentence.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((position, character)) = characters.next() {
        if !matches!(character, '.' | '!' | '?' | '…' | ';') {
            continue;
        }
        let end = position + character.len_utf8();
        if !characters.peek().is_some_and(|(_, next)| next.is_whitespace()) {
            continue;
        }
        let last_word =
            text[start..position].rsplit(|it: char| !it.is_alphanumeric()).next().unwrap_or_default();
        let abbreviated = character == '.'
            && (last_word.chars().count() == 1 || ABBREVIATIONS.contains(&last_word.to_lowercase().as_str()));
        if !abbreviated {
            sentences.push(text[start..end].trim());
            start = end;
        }
    }
    sentences.push(text[start..].trim());
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(body: Body) -> Document {
        let (source, origin) = ("trocas.md".to_owned(), "trocas.md".to_owned());
        Document {
            source,
            origin,
            line: None,
            title: None,
            language: Language::Portuguese,
            tags: vec!["troca".into()],
            terms: Terms::default(),
            body,
        }
    }

    fn words(text: &str) -> usize {
        text.split_whitespace().count()
    }

    #[test]
    fn headings_cut_and_are_searched_with_the_text() {
        let text = "# Trocas\n\nIntrodução.\n\n## Prazo\n\nSete dias.\n\n- um\n- dois\n\n## Frete\n\nGrátis.";
        let chunks = cut(&document(Body::Markdown(text.into())));
        let found: Vec<_> =
            chunks.iter().map(|it| (it.chunk.heading.as_deref(), it.chunk.text.as_str())).collect();
        assert_eq!(
            found,
            [
                (None, "Introdução."),
                (Some("Prazo"), "Sete dias.\n\n- um\n- dois"),
                (Some("Frete"), "Grátis.")
            ]
        );
        assert!(chunks.iter().all(|it| it.chunk.title == "Trocas" && it.chunk.tags == ["troca"]));
        assert_eq!(chunks[1].search_texts, [(Way::Whole, "Prazo\nSete dias.\n\n- um\n- dois".to_owned())]);
    }

    #[test]
    fn a_faq_entry_is_found_two_ways_and_shown_whole() {
        let chunks = cut(&document(Body::Faq { question: "Abre domingo?".into(), answer: "Não.".into() }));
        assert_eq!(chunks.len(), 1);
        assert_eq!(chunks[0].chunk.text, "Abre domingo?\nNão.");
        let ways = [(Way::Question, "Abre domingo?"), (Way::Whole, "Abre domingo?\nNão.")];
        assert_eq!(chunks[0].search_texts, ways.map(|(way, text)| (way, text.to_owned())));
    }

    #[test]
    fn long_text_is_cut_evenly_at_sentences_and_nothing_is_lost() {
        let sentence = "O sr. Silva mora na Av. Paulista e compra vasos de barro toda semana na loja. ";
        let chunks = cut(&document(Body::Plain(sentence.repeat(40))));
        let lengths: Vec<_> = chunks.iter().map(|it| words(&it.chunk.text)).collect();
        assert_eq!(lengths.iter().sum::<usize>(), words(&sentence.repeat(40)));
        assert!(lengths.iter().all(|length| (100..=MOST_WORDS).contains(length)), "{lengths:?}");
        assert!(
            chunks.iter().all(|it| it.chunk.text.starts_with("O sr.") && it.chunk.text.ends_with("loja."))
        );
    }

    #[test]
    fn a_long_list_is_cut_between_its_items() {
        let list: String = (0..100).map(|item| format!("- item número {item} da lista\n")).collect();
        let chunks = cut(&document(Body::Markdown(list)));
        assert!(chunks.len() > 1);
        assert!(chunks.iter().all(|it| it.chunk.text.lines().all(|line| line.ends_with("da lista"))));
    }

    #[test]
    fn text_without_any_boundary_is_cut_all_the_same() {
        let chunks = cut(&document(Body::Plain("é".repeat(10_000))));
        assert!(chunks.iter().all(|it| it.chunk.text.len() <= MOST_BYTES));
        assert_eq!(chunks.iter().map(|it| it.chunk.text.chars().count()).sum::<usize>(), 10_000);
    }

    #[test]
    fn ids_are_stable_and_apart() {
        let cut_twice = || cut(&document(Body::Plain("igual. ".repeat(500))));
        let ids: Vec<_> = cut_twice().into_iter().map(|it| it.chunk.id).collect();
        assert_eq!(ids, cut_twice().into_iter().map(|it| it.chunk.id).collect::<Vec<_>>());
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len());
    }

    #[test]
    fn what_is_written_above_changes_no_id() {
        let section = |name: &str, text: &str| format!("## {name}\n\n{text}\n\n");
        let (prices, hours) =
            (section("Preços", "O vaso custa R$ 45,00."), section("Horário", "Das 9h às 18h."));
        let ids = |text: &str| {
            cut(&document(Body::Markdown(text.to_owned())))
                .into_iter()
                .map(|it| it.chunk.id)
                .collect::<Vec<_>>()
        };
        let before = ids(&format!("{prices}{hours}"));
        let after = ids(&format!("{}{prices}{hours}", section("Férias", "Fechamos em janeiro.")));
        assert_eq!((before.len(), after.len()), (2, 3));
        assert_eq!(before, after[1..]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic_or_grow(text in "[.!?; \n#a-zé-]{0,400}") {
            for findable in cut(&document(Body::Markdown(text.clone()))) {
                proptest::prop_assert!(findable.chunk.text.len() <= MOST_BYTES);
            }
        }
    }
}
