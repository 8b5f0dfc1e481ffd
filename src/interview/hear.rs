//! What a lead's words mean to an interview: answers to any of its fields, a yes or no, a wish, a question in return. A
//! pure function over one message. Nothing is guessed: what was not said in so many words is no answer.

mod choices;
mod contacts;
mod cues;
mod days;
mod deny;
mod figures;
mod limits;
mod message;
mod names;
mod reply;
#[cfg(test)]
mod tests;
mod why;

use super::definition::Definition;
use super::field::{Field, Kind};
use crate::domain::interview::{Given, InterviewState, Manner, Value};
use crate::domain::language::Language;
use crate::language::detect::detect;
use crate::language::fold::beginning;
pub use crate::language::wishes::Want;
use crate::language::yes_no::YesNo;
use message::Message;
use std::ops::Range;

/// Longest message that is read; what stands behind was not meant for us.
const LONGEST_TEXT: usize = 8 * 1024;
/// Words that a message has, before it can be in another language than the interview.
const TELLING: usize = 3;
/// The words of an answer are its whole clause, if that is not longer (in bytes).
const QUOTED: usize = 160;

/// What a message is read with.
pub struct Hearing<'a> {
    /// The interview.
    pub definition: &'a Definition,
    /// What is known, and which question waits for its answer.
    pub state: &'a InterviewState,
    /// The language the lead is spoken to in; a message in another one is still understood.
    pub language: Language,
    /// The present, in the business's time zone.
    pub now: &'a jiff::Zoned,
}

/// An answer that was heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeardAnswer {
    /// The field's id.
    pub field: String,
    /// What was given.
    pub given: Given,
    /// How sure it is that it was meant so, 0 to 100: 95 is plain.
    pub confidence: u8,
    /// The lead's own words, exactly as they stand in the message.
    pub words: String,
}

/// Why something that was understood is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fault {
    /// The check digits of a document are wrong.
    CheckDigits,
    /// It is less than the field takes.
    TooSmall,
    /// It is more than the field takes, or than anybody means.
    TooLarge,
    /// It has more characters than the field takes.
    TooLong,
    /// It lies in the past.
    Past,
    /// It is written in a way that nothing of the kind is written in.
    Malformed,
    /// A telephone number without its area code.
    NoAreaCode,
    /// One was asked for, several were given.
    OnlyOne,
    /// It can mean two different things.
    Unclear,
    /// It is in another currency.
    OtherCurrency,
}

/// Something that was understood and is not valid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The field's id.
    pub field: String,
    /// What is wrong.
    pub fault: Fault,
    /// The lead's words, exactly.
    pub words: String,
}

/// What a message says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// Answers to any field, at most one for each, in the order of the definition. When a value is put to the lead
    /// ([`Manner::Confirm`], [`Manner::Correct`]), `yes_no` says what they make of it, and an answer for its field is
    /// what they say instead.
    pub answers: Vec<HeardAnswer>,
    /// The answer to a question for consent, confirmation or correction, or to a summary.
    pub yes_no: Option<YesNo>,
    /// What was most likely meant and has to be offered: field, value. What was written instead is no answer.
    pub offers: Vec<(String, Value)>,
    /// What was understood and is not valid.
    pub problems: Vec<Problem>,
    /// Whether the lead wonders why they are asked.
    pub asks_why: bool,
    /// The field they wonder about, if they name one.
    pub why_of: Option<String>,
    /// Whether the message asks for something that the interview cannot answer.
    pub asks_something: bool,
    /// What the lead wants of the interview.
    pub wants: Option<Want>,
}

impl Heard {
    /// Whether nothing at all was understood.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// In what way a field may be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum How {
    /// It was asked for: a bare answer counts.
    Asked,
    /// It was asked for before and something is put right now: a bare answer counts, if it fits.
    Recalled,
    /// Nobody asked: only what is unmistakable counts.
    Volunteered,
}

/// What a field can be read as.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Outcome {
    Value(Value),
    Offer(Value),
    Fault(Fault),
}

/// One reading of a part of the message.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Reading {
    span: Range<usize>,
    outcome: Outcome,
    confidence: u8,
}

/// What `text` says to the interview.
pub fn hear(hearing: &Hearing<'_>, text: &str) -> Heard {
    let text = beginning(text, LONGEST_TEXT);
    let words = text.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic));
    // One borrowed word of three is no other language.
    let told = detect(text).filter(|_| words.take(TELLING).count() == TELLING);
    let language = told.unwrap_or(hearing.language);
    let message = Message::read(text, hearing.now, language);
    let mut ear = Ear { hearing, message: &message, taken: Vec::new(), heard: Heard::default() };
    ear.listen();
    ear.heard
}

struct Ear<'a> {
    hearing: &'a Hearing<'a>,
    message: &'a Message<'a>,
    /// Parts of the text that a field was read from.
    taken: Vec<Range<usize>>,
    heard: Heard,
}

impl<'a> Ear<'a> {
    fn listen(&mut self) {
        let wishes = &self.message.wishes;
        let manner = self.hearing.state.open_question().map(|question| question.manner);
        let asked = self.asked();
        for (field, how) in self.order(&asked) {
            self.listen_for(field, how);
        }
        let has_news = !self.heard.answers.is_empty() || !self.heard.offers.is_empty();
        self.heard.why_of = self.wonders_about(&asked);
        self.heard.asks_why = wishes.asks_why() || self.heard.why_of.is_some();
        self.heard.wants = wishes.want().filter(|want| match want {
            Want::Person | Want::Stop => true,
            Want::Skip | Want::Back | Want::Pause | Want::GoOn => !has_news,
        });
        self.without_value(&asked);
        let asks_about_itself = self.heard.asks_why || self.heard.wants == Some(Want::GoOn);
        self.heard.asks_something = self.message.asks_something(&self.taken) && !asks_about_itself;
        if let Some(Manner::Consent | Manner::Confirm | Manner::Correct | Manner::Summary) = manner {
            self.heard.yes_no = self.word(manner == Some(Manner::Consent));
        }
        let place = |id: &str| self.hearing.definition.fields.iter().position(|field| field.id == id);
        self.heard.answers.sort_by_key(|answer| place(&answer.field));
    }

    /// The fields of the question that waits.
    fn asked(&self) -> Vec<&'a Field> {
        let question = self.hearing.state.open_question();
        question.into_iter().flat_map(|question| &question.fields).filter_map(|id| self.field(id)).collect()
    }

    fn field(&self, id: &str) -> Option<&'a Field> {
        self.hearing.definition.fields.iter().find(|field| field.id == id)
    }

    /// Every field with the way it is read: what was asked first, then what may be put right, then the rest. Among
    /// equals, kinds that are hard to mistake come first and take their part of the text.
    fn order(&self, asked: &[&'a Field]) -> Vec<(&'a Field, How)> {
        let state = self.hearing.state;
        let mut order: Vec<(&Field, How)> = asked.iter().map(|field| (*field, How::Asked)).collect();
        order.sort_by_key(|(field, _)| specificity(field.kind));
        if self.message.wishes.corrects() {
            let mut earlier: Vec<&Field> = Vec::new();
            for id in state.asked.iter().rev().flat_map(|question| &question.fields) {
                let known = state.answers.contains_key(id);
                if let Some(field) = self.field(id).filter(|_| known)
                    && !earlier.iter().chain(asked).any(|other| other.id == *id)
                {
                    earlier.push(field);
                }
            }
            // What was volunteered can be put right as well.
            for field in &self.hearing.definition.fields {
                if state.answers.contains_key(&field.id)
                    && !earlier.iter().chain(asked).any(|other| other.id == field.id)
                {
                    earlier.push(field);
                }
            }
            order.extend(earlier.into_iter().map(|field| (field, How::Recalled)));
        }
        let mut rest: Vec<(&Field, How)> = self
            .hearing
            .definition
            .fields
            .iter()
            .filter(|field| !order.iter().any(|(other, _)| other.id == field.id))
            .map(|field| (field, How::Volunteered))
            .collect();
        rest.sort_by_key(|(field, _)| specificity(field.kind));
        // What somebody volunteers with a cue is surer than what might put an earlier answer right.
        order.extend(rest);
        order
    }

    fn listen_for(&mut self, field: &'a Field, how: How) {
        let mut readings = self.readings(field, how);
        readings.retain(|reading| !self.taken.iter().any(|taken| overlap(taken, &reading.span)));
        let Some(best) = self.best(readings) else { return };
        let outcome = limits::check(field, best.outcome, self.hearing.now.date());
        let words = self.words(field, &best.span);
        match outcome {
            Outcome::Value(value) => {
                self.heard.answers.push(HeardAnswer {
                    field: field.id.clone(),
                    given: Given::Value(value),
                    confidence: best.confidence,
                    words,
                });
            }
            Outcome::Offer(value) => self.heard.offers.push((field.id.clone(), value)),
            Outcome::Fault(fault) => {
                self.heard.problems.push(Problem { field: field.id.clone(), fault, words });
            }
        }
        // Free words leave room for whatever else they say.
        if field.kind != Kind::Text {
            self.taken.push(best.span);
        }
    }

    fn readings(&self, field: &Field, how: How) -> Vec<Reading> {
        match field.kind {
            Kind::Text => self.free_words(how),
            Kind::Name => self.names(field, how),
            Kind::Choice => self.choices(field, how),
            Kind::Money => self.money(field, how),
            Kind::Number | Kind::People => self.counts(field, how),
            Kind::Deadline => self.deadlines(field, how),
            Kind::YesNo => self.yes_no(field, how),
            Kind::Email => self.emails(field, how),
            Kind::Phone => self.phones(how),
            Kind::Cpf | Kind::Cnpj => self.documents(field, how),
            Kind::PostalCode => self.postal_codes(how),
        }
    }

    /// The reading that counts: the newest, a value before anything else.
    fn best(&self, readings: Vec<Reading>) -> Option<Reading> {
        let values = readings.iter().filter(|reading| matches!(reading.outcome, Outcome::Value(_))).count();
        let mut best = readings
            .into_iter()
            .max_by_key(|reading| (rank(&reading.outcome), self.message.strength(&reading.span)))?;
        if values > 1 && !self.message.wishes.corrects() {
            best.confidence = best.confidence.min(70);
        }
        Some(best)
    }

    /// The lead's words: the clause around a statement, the bare value of what names something.
    fn words(&self, field: &Field, span: &Range<usize>) -> String {
        let text = self.message.text;
        let bare = match field.kind {
            Kind::Email
            | Kind::Phone
            | Kind::Cpf
            | Kind::Cnpj
            | Kind::PostalCode
            | Kind::Name
            | Kind::Text => true,
            Kind::Choice | Kind::Money | Kind::Number | Kind::People | Kind::Deadline | Kind::YesNo => false,
        };
        let around = self.message.clause_of(span).map(|clause| clause.span.clone()).filter(|around| {
            !bare && around.len() <= QUOTED && around.start <= span.start && span.end <= around.end
        });
        text[around.unwrap_or_else(|| span.clone())].trim().to_owned()
    }
}

fn rank(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Value(_) => 2,
        Outcome::Offer(_) => 1,
        Outcome::Fault(_) => 0,
    }
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// How easily a kind is mistaken for another; the least first.
fn specificity(kind: Kind) -> u8 {
    match kind {
        Kind::Email => 0,
        Kind::Cnpj => 1,
        Kind::Cpf => 2,
        Kind::Phone => 3,
        Kind::PostalCode => 4,
        Kind::Deadline => 5,
        Kind::Money => 6,
        Kind::People => 7,
        Kind::Number => 8,
        Kind::Choice => 9,
        Kind::Name => 10,
        Kind::YesNo => 11,
        Kind::Text => 12,
    }
}
