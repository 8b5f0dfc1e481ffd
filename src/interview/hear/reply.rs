//! Replies as a whole: yes and no, free words, and what is said instead of an answer.

use super::{Ear, Given, HeardAnswer, How, Outcome, Reading, Want};
use crate::domain::interview::{Manner, Value};
use crate::interview::field::Field;
use crate::language::clauses::Stance;
use crate::language::yes_no::{YesNo, read_yes_no, read_yes_no_of};
use std::ops::Range;

impl Ear<'_> {
    /// The lead's word on a question that can only be agreed to or declined. Consent is not read out of a message that
    /// asks back.
    pub(super) fn word(&self, is_consent: bool) -> Option<YesNo> {
        if is_consent && (self.heard.asks_why || self.heard.asks_something) {
            return None;
        }
        self.decided().map(|(answer, _)| answer)
    }

    /// Yes or no by the clauses of the message: the first that decides, if none says otherwise.
    fn decided(&self) -> Option<(YesNo, Range<usize>)> {
        let message = self.message;
        if let Some(answer) = read_yes_no(message.text) {
            let from = message.clauses.first()?.span.start;
            return Some((answer, from..message.clauses.last()?.span.end));
        }
        let mut decided: Option<(YesNo, Range<usize>)> = None;
        for clause in message.clauses.iter().filter(|clause| !clause.asks && clause.stance != Stance::Order) {
            let answer = read_yes_no(clause.text(message.text));
            match (&decided, answer) {
                (None, Some(answer)) => decided = Some((answer, clause.span.clone())),
                (Some((known, _)), Some(answer)) if *known != answer => return None,
                (_, _) => {}
            }
        }
        decided
    }

    /// Yes or no to a question of the interview.
    pub(super) fn yes_no(&self, field: &Field, how: How) -> Vec<Reading> {
        let message = self.message;
        let is_put = self.hearing.state.open_question().is_some_and(|question| {
            matches!(question.manner, Manner::Confirm | Manner::Correct)
                && question.fields.contains(&field.id)
        });
        let value = |answer: YesNo, span: Range<usize>, confidence: u8| Reading {
            span,
            outcome: Outcome::Value(Value::YesNo(answer == YesNo::Yes)),
            confidence,
        };
        if message.wishes.does_not_know() || message.wishes.refuses() {
            return Vec::new();
        }
        // The operator's own words for yes and no count whoever asked.
        let by_words = self.choices(field, how).into_iter().find_map(|reading| match &reading.outcome {
            Outcome::Value(Value::Choices(taken)) => {
                let answer = match taken.first()?.as_str() {
                    "yes" | "sim" | "si" | "true" => YesNo::Yes,
                    "no" | "nao" | "não" | "false" => YesNo::No,
                    _ => return None,
                };
                Some(value(answer, reading.span, reading.confidence))
            }
            _ => None,
        });
        if by_words.is_some() || how != How::Asked || is_put {
            return by_words.into_iter().filter(|_| !is_put).collect();
        }
        let doubt = if message.wishes.doubts() { 75 } else { 95 };
        if let Some((answer, span)) = self.decided() {
            return vec![value(answer, span, doubt)];
        }
        // `tenho sim`, `ainda não usamos`, `sou eu mesmo`: the verb of the question comes back.
        let told = message.clauses.iter().filter(|clause| !clause.asks).find_map(|clause| {
            let trusted = !matches!(clause.stance, Stance::Order | Stance::Imagined);
            let answer = read_yes_no_of(clause.text(message.text)).filter(|_| trusted)?;
            Some(value(answer, clause.span.clone(), doubt.min(85)))
        });
        told.into_iter().collect()
    }

    /// Free words are an answer only to the question that asks for them.
    pub(super) fn free_words(&self, how: How) -> Vec<Reading> {
        let message = self.message;
        let wishes = &message.wishes;
        let text = message.text.trim();
        let says_else = wishes.want().is_some()
            || wishes.refuses()
            || wishes.asks_why()
            || wishes.does_not_know() && text.split_whitespace().count() <= 6;
        let has_letters = text.chars().any(char::is_alphanumeric);
        let ordered = message.clauses.iter().any(|clause| clause.stance == Stance::Order);
        if how != How::Asked
            || says_else
            || !has_letters
            || ordered
            || message.asks_something(&[])
            || is_greeting(text)
        {
            return Vec::new();
        }
        let start = message.text.len() - message.text.trim_start().len();
        let outcome = Outcome::Value(Value::Text(text.to_owned()));
        vec![Reading { span: start..start + text.len(), outcome, confidence: 90 }]
    }

    /// What is said instead of a value for the fields that were asked.
    pub(super) fn without_value(&mut self, asked: &[&Field]) {
        let message = self.message;
        let wishes = &message.wishes;
        let given = if wishes.refuses() {
            Given::Refused
        } else if wishes.does_not_know() {
            Given::DoesNotKnow
        } else {
            return;
        };
        if matches!(self.heard.wants, Some(Want::Person | Want::Stop)) {
            return;
        }
        let Some(span) = message.clauses.first().zip(message.clauses.last()) else { return };
        let words = message.text[span.0.span.start..span.1.span.end].trim().to_owned();
        for field in asked {
            let heard = &self.heard;
            let is_heard = heard.answers.iter().any(|answer| answer.field == field.id)
                || heard.offers.iter().any(|(offered, _)| *offered == field.id)
                || heard.problems.iter().any(|problem| problem.field == field.id);
            if !is_heard {
                let (field, given, words) = (field.id.clone(), given.clone(), words.clone());
                self.heard.answers.push(HeardAnswer { field, given, confidence: 95, words });
            }
        }
    }
}

fn is_greeting(text: &str) -> bool {
    crate::language::fold::words(text).iter().all(|word| {
        matches!(
            word.as_str(),
            "oi" | "ola"
                | "opa"
                | "bom"
                | "boa"
                | "dia"
                | "tarde"
                | "noite"
                | "tudo"
                | "bem"
                | "hi"
                | "hello"
                | "hey"
                | "hola"
                | "buenas"
                | "buenos"
                | "dias"
                | "tardes"
                | "ok"
                | "obrigado"
                | "obrigada"
                | "thanks"
                | "gracias"
        )
    })
}
