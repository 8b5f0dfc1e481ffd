//! A message read once for all fields: its clauses, amounts, deadlines, words, wishes, and which parts of it may be taken
//! at their word. What a field makes of it is told beside.

use super::deny::is_denied;
use super::overlap;
use crate::domain::language::Language;
use crate::language::amounts::{Amount, find_amounts};
use crate::language::clauses::{Clause, Stance, clauses};
use crate::language::dates::deadline::{Deadline, find_deadlines};
use crate::language::documents::{Document, find_document_shapes};
use crate::language::emails::find_emails;
use crate::language::filler::is_filler;
use crate::language::fold::fold;
use crate::language::identifiers::find_phones;
use crate::language::span::Found;
use crate::language::wishes::Wishes;
use std::ops::Range;

/// Quoted words up to this many are a name or a choice; more are somebody else's speech.
const QUOTED_NAME: usize = 3;
/// Clauses that are read; who writes more tells a story.
const MOST_CLAUSES: usize = 64;
/// Values of one kind that are looked at.
const MOST_VALUES: usize = 32;

/// A word and its place.
pub(super) struct WordAt {
    pub span: Range<usize>,
    pub folded: String,
}

/// How far what stands in a part of the text may be believed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Trust {
    /// Most confidence.
    pub most: u8,
    /// Whether the clause says nothing else.
    pub is_bare: bool,
    /// Whether somebody else is spoken of.
    pub of_another: bool,
}

/// A message on its way to being understood.
pub(super) struct Message<'text> {
    pub text: &'text str,
    pub language: Language,
    pub clauses: Vec<Clause>,
    pub words: Vec<WordAt>,
    pub amounts: Vec<Found<Amount>>,
    pub deadlines: Vec<Found<Deadline>>,
    pub emails: Vec<Found<String>>,
    pub phones: Vec<Found<String>>,
    pub documents: Vec<Found<Document>>,
    pub wishes: Wishes,
    quotes: Vec<Range<usize>>,
    orders: bool,
}

impl<'text> Message<'text> {
    pub fn read(text: &'text str, now: &jiff::Zoned, language: Language) -> Self {
        let mut clauses = clauses(text);
        clauses.truncate(MOST_CLAUSES);
        let mut emails = find_emails(text);
        let mut documents = find_document_shapes(text);
        let mut phones = find_phones(text);
        let mut deadlines = Vec::new();
        let mut amounts = Vec::new();
        for clause in &clauses {
            let begin = clause.span.start;
            let moved = |span: &Range<usize>| begin + span.start..begin + span.end;
            let inner = clause.text(text);
            for found in find_deadlines(inner, now, language) {
                deadlines.push(Found { span: moved(&found.span), value: found.value });
            }
            for found in find_amounts(inner, language) {
                amounts.push(Found { span: moved(&found.span), value: found.value });
            }
        }
        let is_free = |span: &Range<usize>| {
            !emails.iter().any(|email| overlap(&email.span, span))
                && !documents.iter().any(|document| overlap(&document.span, span))
                && !phones.iter().any(|phone| overlap(&phone.span, span))
        };
        deadlines.retain(|found| is_free(&found.span));
        let dated = |span: &Range<usize>| deadlines.iter().any(|deadline| overlap(&deadline.span, span));
        amounts.retain(|found| is_free(&found.span) && !dated(&found.span));
        amounts.truncate(MOST_VALUES);
        deadlines.truncate(MOST_VALUES);
        emails.truncate(MOST_VALUES);
        phones.truncate(MOST_VALUES);
        documents.truncate(MOST_VALUES);
        let orders = clauses.iter().any(|clause| clause.stance == Stance::Order);
        Self {
            text,
            language,
            words: words_of(text),
            wishes: Wishes::of(text),
            quotes: quotes(text),
            orders,
            clauses,
            amounts,
            deadlines,
            emails,
            phones,
            documents,
        }
    }

    /// The clause that `span` begins in.
    pub fn clause_of(&self, span: &Range<usize>) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.span.start <= span.start && span.start < clause.span.end)
    }

    /// The words inside of `range`.
    pub fn words_in(&self, range: &Range<usize>) -> &[WordAt] {
        let from = self.words.partition_point(|word| word.span.start < range.start);
        let to = self.words.partition_point(|word| word.span.end <= range.end);
        &self.words[from..to.max(from)]
    }

    /// Whether what stands at `span` may be believed, and how far.
    pub fn trust(&self, span: &Range<usize>) -> Option<Trust> {
        let clause = self.clause_of(span)?;
        let is_quoted = self.quotes.iter().any(|quote| quote.start <= span.start && span.end <= quote.end);
        let denied = is_denied(self, clause, span);
        if is_quoted || denied || matches!(clause.stance, Stance::Order | Stance::Imagined) {
            return None;
        }
        let is_bare = self
            .words_in(&clause.span)
            .iter()
            .filter(|word| !overlap(&word.span, span))
            .all(|word| is_filler(&word.folded, self.language));
        let mut most = 95;
        if self.orders {
            if clause.stance != Stance::Own && !is_bare {
                return None;
            }
            most = 50;
        }
        if clause.asks {
            let told = clause.stance == Stance::Own && !clause.is_last;
            if !is_bare && !told {
                return None;
            }
            if clause.is_last {
                most = most.min(60);
            }
        }
        if self.wishes.doubts() {
            most = most.min(80);
        }
        if self.wishes.laughs() {
            most = most.min(65);
        }
        Some(Trust { most, is_bare, of_another: clause.stance == Stance::Other })
    }

    /// How much more than others the newest of several readings is meant: what the lead says of themselves.
    pub fn strength(&self, span: &Range<usize>) -> u8 {
        match self.clause_of(span).map(|clause| clause.stance) {
            Some(Stance::Own | Stance::Plain) => 1,
            Some(Stance::Other | Stance::Imagined | Stance::Order) | None => 0,
        }
    }

    /// Whether the message asks for something, apart from the parts that were `taken` as answers.
    pub fn asks_something(&self, taken: &[Range<usize>]) -> bool {
        let mut asks = false;
        for clause in self.clauses.iter().filter(|clause| clause.asks && clause.is_last) {
            let mut sentence = self.clauses.iter().filter(|other| other.sentence == clause.sentence);
            let is_answer = sentence.any(|other| {
                taken.iter().any(|taken| overlap(taken, &other.span)) && other.span.end >= clause.span.end
            });
            let is_polite = is_politeness(&clause.spaced);
            let is_wish = Wishes::of(&self.text[clause.span.clone()]);
            asks |= !is_answer && !is_polite && is_wish.want().is_none() && !is_wish.asks_why();
        }
        let without_mark = self.clauses.iter().any(|clause| {
            let inner = Wishes::of(&self.text[clause.span.clone()]);
            let is_answer = taken.iter().any(|taken| overlap(taken, &clause.span));
            inner.requests()
                && !is_answer
                && inner.want().is_none()
                && !inner.asks_why()
                && !is_politeness(&clause.spaced)
        });
        asks || without_mark
    }
}

/// `tudo bem?` and its like ask for nothing.
fn is_politeness(spaced: &str) -> bool {
    const POLITE: &str = " oi ola tudo bem bom boa dia tarde noite e voce voces com como vai vao esta estao certo ne ok pode \
        ser beleza blz joia hello hi how are you doing hola que tal todo bien right okay entendeu viu sim ";
    spaced.split_ascii_whitespace().all(|word| POLITE.contains(&format!(" {word} ")))
}

fn words_of(text: &str) -> Vec<WordAt> {
    let mut found: Vec<WordAt> = Vec::new();
    let mut begin: Option<usize> = None;
    let ends = text.char_indices().map(|(at, character)| (at, Some(character))).chain([(text.len(), None)]);
    for (at, character) in ends {
        if character.is_some_and(|character| character.is_alphanumeric() || character == '\u{301}') {
            begin.get_or_insert(at);
        } else if let Some(begin) = begin.take() {
            found.push(WordAt { span: begin..at, folded: fold(&text[begin..at]) });
        }
    }
    found
}

/// Parts between quotation marks that are somebody's speech, unless they are all there is.
fn quotes(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, character) in text.char_indices() {
        match (open, character) {
            (Some((begin, closing)), character) if character == closing => {
                let inner = begin..at;
                let whole =
                    text[..begin].trim().chars().count() <= 1 && text[at..].trim().chars().count() <= 2;
                if !whole && text[inner.clone()].split_whitespace().count() > QUOTED_NAME {
                    found.push(inner);
                }
                open = None;
            }
            (None, '"') => open = Some((at + 1, '"')),
            (None, '“' | '”') => open = Some((at + character.len_utf8(), '”')),
            (None, '«') => open = Some((at + character.len_utf8(), '»')),
            _ => {}
        }
    }
    found
}
