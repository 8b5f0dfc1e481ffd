//! The state of an interview: the fold over its steps and nothing else. It decides nothing.

use super::{
    Answer, ConsentGiven, Given, InterviewStep, Manner, Question, Standing, StartRule, Value, Verdict,
};
use crate::domain::ids::{ConversationId, InterviewId};
use crate::domain::language::Language;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An interview: the fold over its steps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InterviewState {
    /// Stable id.
    pub id: InterviewId,
    /// Name of the definition.
    pub name: String,
    /// Version of the definition.
    pub version: String,
    /// Why it began.
    pub rule: StartRule,
    /// Where it stands.
    pub standing: Standing,
    /// The conversation it is led in now.
    pub conversation: ConversationId,
    /// The language it is led in.
    pub language: Language,
    /// What the lead agreed to.
    pub consent: Option<ConsentGiven>,
    /// The newest answer of each field.
    pub answers: BTreeMap<String, Answer>,
    /// Fields a person edited.
    pub locked: Vec<String>,
    /// Every question that was put, oldest first.
    pub asked: Vec<Question>,
    /// Whether the newest question still waits for its answer.
    pub waiting: bool,
    /// How often the lead was led back.
    pub drifts: u32,
    /// Whether it was passed on.
    pub passed_on: bool,
    /// The appointment that was booked.
    pub booked: Option<String>,
    /// What it came to.
    pub verdict: Option<Verdict>,
    /// When it began.
    pub started_at: Timestamp,
    /// When something last happened.
    pub updated_at: Timestamp,
}

impl InterviewState {
    /// The state after the first step; none if that is not [`InterviewStep::Started`].
    pub fn begin(
        id: InterviewId,
        conversation: ConversationId,
        language: Language,
        step: &InterviewStep,
        at: Timestamp,
    ) -> Option<Self> {
        let InterviewStep::Started { name, version, rule, known } = step else { return None };
        Some(Self {
            id,
            name: name.clone(),
            version: version.clone(),
            rule: rule.clone(),
            standing: Standing::Running,
            conversation,
            language,
            consent: None,
            answers: known.iter().map(|answer| (answer.field.clone(), answer.clone())).collect(),
            locked: Vec::new(),
            asked: Vec::new(),
            waiting: false,
            drifts: 0,
            passed_on: false,
            booked: None,
            verdict: None,
            started_at: at,
            updated_at: at,
        })
    }

    /// The state after one more step. A step that does not fit where the interview stands changes nothing: a log
    /// is read as it is.
    pub fn on(&mut self, step: &InterviewStep, at: Timestamp) {
        self.updated_at = self.updated_at.max(at);
        match step {
            InterviewStep::Started { .. } => {}
            InterviewStep::Consented(consent) => {
                self.waiting = false;
                self.consent = Some(consent.clone());
            }
            InterviewStep::Heard { answers } => {
                self.waiting = false;
                for answer in answers.iter().filter(|answer| !self.locked.contains(&answer.field)) {
                    self.answers.insert(answer.field.clone(), answer.clone());
                }
            }
            InterviewStep::Unheard => self.waiting = false,
            InterviewStep::Drifted => self.drifts += 1,
            InterviewStep::Asked(question) => {
                self.asked.push(question.clone());
                self.waiting = true;
            }
            InterviewStep::Paused => self.standing = Standing::Paused,
            InterviewStep::Resumed { conversation } => {
                self.standing = Standing::Running;
                self.conversation = *conversation;
            }
            InterviewStep::Edited { answers } => {
                for answer in answers {
                    if !self.locked.contains(&answer.field) {
                        self.locked.push(answer.field.clone());
                    }
                    self.answers.insert(answer.field.clone(), answer.clone());
                }
            }
            InterviewStep::PassedOn => self.passed_on = true,
            InterviewStep::Booked { appointment } => self.booked = Some(appointment.clone()),
            InterviewStep::Ended { reason, verdict } => {
                self.standing = Standing::Ended(*reason);
                self.waiting = false;
                self.verdict.clone_from(verdict);
            }
            InterviewStep::Assigned { .. }
            | InterviewStep::Acknowledged { .. }
            | InterviewStep::Escalated { .. }
            | InterviewStep::Nurtured { .. } => {}
        }
    }

    /// The question that waits for its answer.
    pub fn open_question(&self) -> Option<&Question> {
        self.asked.last().filter(|_| self.waiting)
    }

    /// Whether something was given for a field, be it that the lead does not want to say.
    pub fn is_answered(&self, field: &str) -> bool {
        self.answers.get(field).is_some_and(|answer| answer.given != Given::Withdrawn)
    }

    /// The value of a field, if one was given.
    pub fn value(&self, field: &str) -> Option<&Value> {
        self.answers.get(field).and_then(|answer| answer.given.value())
    }

    /// How many questions of the budget were spent: every one that asked for a field the lead had not given.
    pub fn spent(&self) -> usize {
        let counts = |question: &&Question| match question.manner {
            Manner::Ask | Manner::Again | Manner::Confirm | Manner::Correct => true,
            Manner::Consent | Manner::Summary => false,
        };
        self.asked.iter().filter(counts).count()
    }

    /// How often a field was asked for.
    pub fn asked_for(&self, field: &str) -> usize {
        self.asked.iter().filter(|question| question.fields.iter().any(|asked| asked == field)).count()
    }
}
