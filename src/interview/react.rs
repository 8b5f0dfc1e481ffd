//! What a message does to an interview: from what was heard in it to steps, words, and what comes next. Pure, so that
//! a table of leads can be played through it; who journals and acts is `agent`.

use super::definition::Definition;
use super::hear::{Heard, Want};
use super::plan::{self, Move};
use super::say::Voice;
use crate::domain::ids::MessageId;
use crate::domain::interview::{
    Answer, AnswerOrigin, ConsentGiven, EndReason, Given, InterviewState, InterviewStep, Manner, Question,
    Value,
};
use crate::language::yes_no::YesNo;
use crate::prompts::sentences::fill;
use jiff::Timestamp;
use jiff::civil::Date;

/// How sure the program is of what the lead has just confirmed.
const CONFIRMED: u8 = 98;
/// A summary is shown at most so often.
const SUMMARIES: usize = 3;

/// A message of the lead.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// Its id.
    pub message: MessageId,
    /// Its text.
    pub text: &'a str,
    /// When.
    pub at: Timestamp,
    /// Whether the interview begins with it.
    pub begins: bool,
    /// Whether, if it does, it asks for something beside what begins it.
    pub asks: bool,
    /// Whether the lead comes back with it, after a pause or from elsewhere.
    pub returns: bool,
}

/// What a message does to an interview.
#[derive(Clone, PartialEq, Debug)]
pub struct Reaction {
    /// What happened, in order.
    pub steps: Vec<InterviewStep>,
    /// What is said before the next question.
    pub said: Vec<String>,
    /// What comes next.
    pub then: Then,
    /// Whether the lead wants something beside the interview, which it cannot answer.
    pub wants_more: bool,
}

/// What comes next once a message was heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Then {
    /// The next question, or the end.
    GoOn,
    /// The open question once more.
    LeadBack,
    /// The summary once more: something of it was changed.
    ShowAgain,
    /// This very question.
    Ask(Question),
    /// Nothing: what was said is all.
    Rest,
}

/// What is to be put to the lead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Put {
    /// A new question.
    Ask(Question),
    /// The open one once more.
    Repeat(Question),
    /// It is over.
    End(EndReason),
    /// Nothing.
    Nothing,
}

/// What is put to the lead after `then`, with `state` as it is now.
pub fn put(definition: &Definition, state: &InterviewState, today: Date, then: &Then) -> Put {
    let next = || match plan::next(definition, state, today) {
        Move::Ask(question) => Put::Ask(question),
        Move::End(reason) => Put::End(reason),
    };
    match then {
        Then::GoOn => next(),
        Then::LeadBack => state.open_question().cloned().map_or_else(next, Put::Repeat),
        Then::ShowAgain => {
            let shown = state.asked.iter().filter(|question| question.manner == Manner::Summary).count();
            match next() {
                // What was changed may have opened a question or closed a gate.
                Put::End(EndReason::Completed) if shown < SUMMARIES => {
                    Put::Ask(Question { fields: Vec::new(), manner: Manner::Summary, offered: None })
                }
                other => other,
            }
        }
        Then::Ask(question) => Put::Ask(question.clone()),
        Then::Rest => Put::Nothing,
    }
}

/// What `words` do to the interview.
pub fn react(voice: &Voice<'_>, state: &InterviewState, heard: &Heard, words: Words<'_>) -> Reaction {
    let mut reacting = Reacting { voice, state, heard, words, steps: Vec::new(), said: Vec::new() };
    let (then, wants_more) = reacting.all();
    Reaction { steps: reacting.steps, said: reacting.said, then, wants_more }
}

struct Reacting<'a> {
    voice: &'a Voice<'a>,
    state: &'a InterviewState,
    heard: &'a Heard,
    words: Words<'a>,
    steps: Vec<InterviewStep>,
    said: Vec<String>,
}

impl Reacting<'_> {
    fn all(&mut self) -> (Then, bool) {
        let question = self.state.open_question().cloned();
        let answers = self.answers(question.as_ref());
        match self.heard.wants {
            Some(Want::Person) => {
                self.hear(answers);
                return (Then::Rest, true);
            }
            Some(Want::Stop) => {
                self.steps.push(InterviewStep::Ended { reason: EndReason::Declined, verdict: None });
                self.said.push(self.voice.sentences.stopped.clone());
                return (Then::Rest, false);
            }
            Some(Want::Pause) => {
                self.hear(answers);
                self.steps.push(InterviewStep::Paused);
                self.said.push(self.voice.sentences.paused.clone());
                return (Then::Rest, false);
            }
            Some(Want::Back) if answers.is_empty() => return (self.back(), false),
            Some(Want::GoOn) if answers.is_empty() && self.heard.yes_no.is_none() => {
                return (self.where_it_was(), false);
            }
            Some(Want::Back | Want::Skip | Want::GoOn) | None => {}
        }
        let wants_more = self.heard.asks_something && (!self.words.begins || self.words.asks);
        let then = match question.map(|question| question.manner) {
            Some(Manner::Consent) => self.consent(answers),
            Some(Manner::Summary) => self.summary(answers),
            Some(Manner::Ask | Manner::Again | Manner::Confirm | Manner::Correct) | None => {
                self.plainly(answers)
            }
        };
        if let Some(named) = self.heard.why_of.as_deref().filter(|_| then.is_some()) {
            // Beside an answer only what is named is wondered about: the answer itself was given.
            self.explain(Some(named));
        }
        match then {
            Some(then) if wants_more => (self.drift(Some(then)), true),
            Some(then) => (then, false),
            None if wants_more => (self.drift(None), true),
            None if self.heard.asks_why => {
                self.explain(self.heard.why_of.as_deref());
                (Then::LeadBack, false)
            }
            None if self.words.begins => (Then::GoOn, false),
            // Nothing waits for an answer, so the message is for somebody else.
            None if self.state.open_question().is_none() => (Then::GoOn, true),
            // The first words of somebody who was away are no bad answer: the question is long out of sight.
            None if self.words.returns => (Then::LeadBack, false),
            None => {
                self.steps.push(InterviewStep::Unheard);
                (Then::GoOn, false)
            }
        }
    }

    /// What was answered: in the lead's words, by a yes to what was offered, or by passing the question over.
    fn answers(&self, question: Option<&Question>) -> Vec<Answer> {
        let said = |field: &str, given: Given, confidence: u8, words: &str| Answer {
            field: field.to_owned(),
            given,
            origin: AnswerOrigin::Said(self.words.message),
            confidence,
            words: words.to_owned(),
            at: self.words.at,
        };
        let mut answers: Vec<Answer> = self
            .heard
            .answers
            .iter()
            .map(|heard| said(&heard.field, heard.given.clone(), heard.confidence, &heard.words))
            .collect();
        let Some(question) = question else { return answers };
        let answered = |field: &String| self.heard.answers.iter().any(|heard| heard.field == *field);
        let open: Vec<&String> = question.fields.iter().filter(|field| !answered(field)).collect();
        let words = self.words.text.trim();
        match (question.manner, self.heard.yes_no, &question.offered) {
            (Manner::Confirm | Manner::Correct, Some(YesNo::Yes), Some(value)) => {
                let given = Given::Value(value.clone());
                answers.extend(open.iter().map(|field| said(field, given.clone(), CONFIRMED, words)));
            }
            (Manner::Confirm, Some(YesNo::No), _) => {
                answers.extend(open.iter().map(|field| said(field, Given::Withdrawn, 0, words)));
            }
            _ if self.heard.wants == Some(Want::Skip) => {
                answers.extend(open.iter().map(|field| said(field, Given::Refused, CONFIRMED, words)));
            }
            _ => {}
        }
        answers
    }

    fn hear(&mut self, answers: Vec<Answer>) {
        if !answers.is_empty() {
            self.steps.push(InterviewStep::Heard { answers });
        }
    }

    /// An answer to any question for fields. None if there was none.
    fn plainly(&mut self, answers: Vec<Answer>) -> Option<Then> {
        if let Some((field, value)) = self.heard.offers.first() {
            let offered = Some(value.clone());
            self.hear(answers);
            return Some(Then::Ask(Question {
                fields: vec![field.clone()],
                manner: Manner::Correct,
                offered,
            }));
        }
        if answers.is_empty() {
            let problem = self.heard.problems.first()?;
            self.said.push(self.voice.wrong(problem));
            self.steps.push(InterviewStep::Unheard);
            return Some(Then::GoOn);
        }
        self.acknowledge(&answers);
        self.hear(answers);
        Some(Then::GoOn)
    }

    fn consent(&mut self, answers: Vec<Answer>) -> Option<Then> {
        let agreed = match self.heard.yes_no {
            Some(YesNo::Yes) => true,
            Some(YesNo::No) => false,
            None => return None,
        };
        let version = self.voice.definition.consent.as_ref().map_or("", |consent| consent.version.as_str());
        self.steps.push(InterviewStep::Consented(ConsentGiven {
            version: version.to_owned(),
            agreed,
            words: self.words.text.trim().to_owned(),
            at: self.words.at,
        }));
        if agreed {
            self.hear(answers);
        }
        Some(Then::GoOn)
    }

    fn summary(&mut self, answers: Vec<Answer>) -> Option<Then> {
        if !answers.is_empty() {
            self.acknowledge(&answers);
            self.hear(answers);
            return Some(Then::ShowAgain);
        }
        let label = |label: &String| label.trim().eq_ignore_ascii_case(self.words.text.trim());
        match self.heard.yes_no {
            _ if label(&self.voice.sentences.change) => {}
            _ if label(&self.voice.sentences.right) => return self.all_right(),
            Some(YesNo::Yes) => return self.all_right(),
            Some(YesNo::No) => {}
            None => return None,
        }
        self.said.push(self.voice.sentences.change_ask.clone());
        Some(Then::Rest)
    }

    fn all_right(&mut self) -> Option<Then> {
        self.steps.push(InterviewStep::Heard { answers: Vec::new() });
        Some(Then::GoOn)
    }

    /// The question that waits, if one does, else the next.
    fn where_it_was(&self) -> Then {
        if self.state.open_question().is_some() { Then::LeadBack } else { Then::GoOn }
    }

    /// Back to the question before: what it was answered with no longer counts.
    fn back(&mut self) -> Then {
        let asked = self.state.asked.iter().rev().skip(usize::from(self.state.waiting));
        let before = asked.flat_map(|question| &question.fields).find(|field| self.state.is_answered(field));
        let Some(field) = before.cloned() else { return Then::LeadBack };
        self.steps.push(InterviewStep::WentBack { field: field.clone() });
        self.steps.push(InterviewStep::Heard {
            answers: vec![Answer {
                field: field.clone(),
                given: Given::Withdrawn,
                origin: AnswerOrigin::Said(self.words.message),
                confidence: CONFIRMED,
                words: self.words.text.trim().to_owned(),
                at: self.words.at,
            }],
        });
        Then::Ask(Question { fields: vec![field], manner: Manner::Ask, offered: None })
    }

    /// The lead (also) wants something else. It is led back at most as often as the definition says.
    fn drift(&mut self, then: Option<Then>) -> Then {
        if then.is_none() || self.steps.is_empty() {
            if self.state.drifts >= self.voice.definition.drifts {
                return Then::Rest;
            }
            self.steps.push(InterviewStep::Drifted);
        }
        then.unwrap_or(Then::LeadBack)
    }

    /// Why it is asked: what was named, else the open question.
    fn explain(&mut self, named: Option<&str>) {
        let open = self.state.open_question().and_then(|question| question.fields.first());
        let reason = named
            .or(open.map(String::as_str))
            .and_then(|id| self.voice.definition.fields.iter().find(|field| field.id == id))
            .map_or(&self.voice.definition.purpose.text, |field| &field.reason);
        self.said.push(reason.get(self.voice.language).to_owned());
    }

    fn acknowledge(&mut self, answers: &[Answer]) {
        let sentences = self.voice.sentences;
        for answer in answers {
            let Given::Value(value) = &answer.given else { continue };
            let before = self.state.answers.get(&answer.field);
            let field = self.voice.definition.fields.iter().find(|field| field.id == answer.field);
            let corrects = before.is_some_and(|before| {
                before.given.value().is_some_and(|known| known != value)
                    && matches!(before.origin, AnswerOrigin::Said(_))
            });
            if let (true, Some(field)) = (corrects, field) {
                let text = fill(&sentences.corrected, "label", field.label.get(self.voice.language));
                self.said.push(fill(&text, "value", &self.voice.value(field, value)));
                return;
            }
            if let (None, Value::Name(name)) = (before, value) {
                self.said.push(fill(&sentences.pleased, "name", first_name(name)));
                return;
            }
        }
        if answers.iter().any(|answer| answer.given.value().is_some()) {
            let given = self.state.answers.len();
            self.said.push(self.voice.acknowledgement(given).to_owned());
        }
    }
}

/// The name a person is called by.
pub fn first_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or_default()
}
