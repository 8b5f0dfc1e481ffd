//! The state of an interview: the fold over its steps and nothing else. It decides nothing.

use super::{
    Answer, AnswerOrigin, ConsentGiven, EndReason, Given, InterviewStep, Manner, Question, Standing,
    StartRule, Temperature, Value, Verdict,
};
use crate::domain::ids::{ConversationId, InterviewId};
use crate::domain::language::Language;
use jiff::{SignedDuration, Timestamp};
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
    /// Fields of which a system said the same as their answer, and which one; the answer keeps its own origin.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub confirmed: BTreeMap<String, String>,
    /// Fields a person edited.
    pub locked: Vec<String>,
    /// Every question that was put, oldest first.
    pub asked: Vec<Question>,
    /// Whether a question was ever put, and before it told what it is for.
    #[serde(default)]
    pub introduced: bool,
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
    /// How often that was worked out anew after the end.
    #[serde(default)]
    pub corrections: u32,
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
            confirmed: BTreeMap::new(),
            locked: Vec::new(),
            asked: Vec::new(),
            introduced: false,
            waiting: false,
            drifts: 0,
            passed_on: false,
            booked: None,
            verdict: None,
            corrections: 0,
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
                    self.confirmed.remove(&answer.field);
                    self.answers.insert(answer.field.clone(), answer.clone());
                }
            }
            InterviewStep::LookedUp { answers } => {
                for answer in answers {
                    self.look_up(answer);
                }
            }
            InterviewStep::Unheard => self.waiting = false,
            InterviewStep::Drifted => self.drifts += 1,
            InterviewStep::Asked(question) => {
                self.introduced = true;
                self.asked.push(question.clone());
                self.waiting = true;
            }
            InterviewStep::WentBack { field } => {
                if std::mem::take(&mut self.waiting) {
                    self.asked.pop();
                }
                if let Some(place) = self.asked.iter().rposition(|question| question.fields.contains(field)) {
                    self.asked.remove(place);
                }
            }
            InterviewStep::Paused => self.standing = Standing::Paused,
            InterviewStep::Resumed { conversation } => {
                if self.standing == Standing::Ended(EndReason::Abandoned) {
                    // What was passed on without the lead's last word is passed on anew.
                    self.verdict = None;
                    self.passed_on = false;
                    self.corrections += 1;
                }
                self.standing = Standing::Running;
                self.conversation = *conversation;
            }
            InterviewStep::Edited { answers } => {
                for answer in answers {
                    if !self.locked.contains(&answer.field) {
                        self.locked.push(answer.field.clone());
                    }
                    self.confirmed.remove(&answer.field);
                    self.answers.insert(answer.field.clone(), answer.clone());
                }
            }
            InterviewStep::Rated { verdict } => {
                if let Standing::Ended(reason @ (EndReason::Completed | EndReason::Disqualified)) =
                    &mut self.standing
                {
                    *reason = match verdict.temperature {
                        Temperature::Disqualified => EndReason::Disqualified,
                        Temperature::Cold | Temperature::Warm | Temperature::Hot => EndReason::Completed,
                    };
                }
                self.verdict = Some(verdict.clone());
                self.passed_on = false;
                self.corrections += 1;
            }
            InterviewStep::PassedOn => self.passed_on = true,
            InterviewStep::Booked { appointment } => self.booked = Some(appointment.clone()),
            InterviewStep::Ended { reason, verdict } => {
                self.standing = Standing::Ended(*reason);
                // Who only kept quiet may still answer.
                self.waiting &= *reason == EndReason::Abandoned;
                self.verdict.clone_from(verdict);
            }
            InterviewStep::Assigned { .. }
            | InterviewStep::Acknowledged { .. }
            | InterviewStep::Escalated { .. }
            | InterviewStep::Nurtured { .. } => {}
        }
    }

    /// What a system told of a field. It fills what nobody gave and takes the place of what was only on file; what the
    /// lead said keeps its words, and is surer if the system says the same.
    fn look_up(&mut self, told: &Answer) {
        let AnswerOrigin::Lookup(system) = &told.origin else { return };
        if self.locked.contains(&told.field) {
            return;
        }
        match self.answers.get_mut(&told.field) {
            Some(known) if known.given == told.given => {
                known.confidence = known.confidence.max(told.confidence);
                known.at = known.at.max(told.at);
                self.confirmed.insert(told.field.clone(), system.clone());
            }
            Some(Answer {
                given: Given::Value(_) | Given::Refused | Given::Withdrawn,
                origin: AnswerOrigin::Said(_) | AnswerOrigin::Person(_),
                ..
            }) => {}
            Some(_) | None => {
                self.confirmed.remove(&told.field);
                self.answers.insert(told.field.clone(), told.clone());
            }
        }
        let settled = |question: &Question| question.fields.iter().all(|field| self.is_answered(field));
        if self.asked.last().is_some_and(|question| !question.fields.is_empty() && settled(question)) {
            self.waiting = false;
        }
    }

    /// Whether it goes on with the lead's next words: it is not over, or only because they kept quiet, and nobody has been
    /// away for `days` days.
    pub fn goes_on(&self, days: u32, now: Timestamp) -> bool {
        let may = self.is_open() || self.standing == Standing::Ended(EndReason::Abandoned);
        may && self.is_recent(days, now)
    }

    /// Whether anything happened in it within so many days.
    pub fn is_recent(&self, days: u32, now: Timestamp) -> bool {
        now.duration_since(self.updated_at) < SignedDuration::from_hours(24 * i64::from(days))
    }

    /// Whether it is led.
    pub fn is_open(&self) -> bool {
        match self.standing {
            Standing::Running | Standing::Paused => true,
            Standing::Ended(_) => false,
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
