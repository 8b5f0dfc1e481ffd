//! An interview as the log knows it: what was asked, what was answered in whose words, how it ended. The state of
//! an interview is a fold over its steps and nothing else. What is worth asking is decided in `interview`.

use super::ids::{ConversationId, InterviewId, MessageId};
use super::language::Language;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A number as people give one: exactly (`low == high`), as a range, or open to one side (`até 5 mil`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Span {
    /// The least; none if it was left open.
    pub low: Option<i64>,
    /// The most; none if it was left open.
    pub high: Option<i64>,
}

impl Span {
    /// Exactly `value`.
    pub fn exactly(value: i64) -> Self {
        Self { low: Some(value), high: Some(value) }
    }

    /// The single number that stands for the span: the middle of a range, the only end of an open one.
    pub fn middle(self) -> Option<i64> {
        match (self.low, self.high) {
            (Some(low), Some(high)) => Some(low.midpoint(high)),
            (low, high) => low.or(high),
        }
    }
}

/// What a field holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Value {
    /// Free words.
    Text(String),
    /// A person's or a company's name.
    Name(String),
    /// Ids of the choices taken, in the order of the definition; one unless the field takes several.
    Choices(Vec<String>),
    /// Centavos.
    Money(Span),
    /// A count, e.g. of people.
    Number(Span),
    /// Days, both ends included; one may be open.
    Days {
        /// The first day.
        from: Option<Date>,
        /// The last day.
        until: Option<Date>,
    },
    /// Yes or no.
    YesNo(bool),
    /// Lower case.
    Email(String),
    /// E.164.
    Phone(String),
    /// Eleven digits.
    Cpf(String),
    /// Fourteen characters.
    Cnpj(String),
    /// Eight digits.
    PostalCode(String),
}

/// What the lead gave for a field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// A value.
    Value(Value),
    /// `prefiro não dizer`.
    Refused,
    /// `não sei`.
    DoesNotKnow,
    /// What was known is wrong, and nothing else is known.
    Withdrawn,
}

impl Given {
    /// The value, if one was given.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Refused | Self::DoesNotKnow | Self::Withdrawn => None,
        }
    }
}

/// Where an answer comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerOrigin {
    /// The lead said it in this message.
    Said(MessageId),
    /// The channel knows it, e.g. the phone number a message came from.
    Channel,
    /// It is on file in the CRM.
    Crm,
    /// An earlier interview.
    Earlier(InterviewId),
    /// A lookup in another system; named.
    Lookup(String),
    /// A person of the business wrote it; named.
    Person(String),
}

/// One field's answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The field's id.
    pub field: String,
    /// What was given.
    pub given: Given,
    /// Where it comes from.
    pub origin: AnswerOrigin,
    /// How sure the program is that it is meant so, 0 to 100.
    pub confidence: u8,
    /// The lead's own words; empty if nobody said it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// When it was given, or last known to be true.
    pub at: Timestamp,
}

/// Why an interview began.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule", content = "value")]
pub enum StartRule {
    /// What the customer wants, by the definition's examples.
    Intent,
    /// A word of the definition was said.
    Keyword(String),
    /// The page the conversation was opened on.
    Page(String),
    /// The campaign of the visit.
    Campaign(String),
    /// The ad that was clicked.
    Ad(String),
    /// A model asked for it.
    Tool,
    /// A person of the business; named.
    Operator(String),
}

/// How a question is put.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// It asks for consent to be interviewed.
    Consent,
    /// It asks for what is not known.
    Ask,
    /// It asks again what was not understood.
    Again,
    /// It asks whether something known still holds.
    Confirm,
    /// It offers a correction (`gmial.com` -> `gmail.com`).
    Correct,
    /// It shows everything before it is passed on.
    Summary,
    /// It offers times for a call.
    Booking,
}

/// A question that was put.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Question {
    /// Fields it asks for: one, or two that belong together; none for consent, summary and booking.
    pub fields: Vec<String>,
    /// How.
    pub manner: Manner,
    /// The value that is offered, to confirm or as a correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<Value>,
}

/// What the lead agreed to, or not, in which words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConsentGiven {
    /// Version of the text that was shown.
    pub version: String,
    /// Whether it was agreed to.
    pub agreed: bool,
    /// The lead's words.
    pub words: String,
    /// When.
    pub at: Timestamp,
}

/// How warm a lead is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Temperature {
    /// A gate says no.
    Disqualified,
    /// Few points.
    Cold,
    /// Some.
    Warm,
    /// Many.
    Hot,
}

impl Temperature {
    /// The name used in storage and in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disqualified => "disqualified",
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Hot => "hot",
        }
    }
}

/// What an interview comes to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// How warm.
    pub temperature: Temperature,
    /// Points, 0 to 100.
    pub score: u8,
    /// How much of the score rests on sure answers, 0 to 100.
    pub confidence: u8,
    /// Whether the lead is what the business looks for.
    pub qualified: bool,
    /// The segment, if one fits.
    pub segment: Option<String>,
    /// Name of the route it takes.
    pub route: Option<String>,
    /// Why, line by line, for the operator; quotes the lead.
    pub reasons: Vec<String>,
}

/// Why an interview is over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Everything worth asking was asked.
    Completed,
    /// A gate said no.
    Disqualified,
    /// The lead does not want to be interviewed.
    Declined,
    /// The lead wants a person.
    HandedOff,
    /// The lead did not come back.
    Abandoned,
}

impl EndReason {
    /// The name used in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Disqualified => "disqualified",
            Self::Declined => "declined",
            Self::HandedOff => "handed_off",
            Self::Abandoned => "abandoned",
        }
    }
}

/// One thing that happened in an interview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum InterviewStep {
    /// It began.
    Started {
        /// Name of the definition.
        name: String,
        /// Version of the definition.
        version: String,
        /// Why.
        rule: StartRule,
        /// What was known before anything was asked.
        known: Vec<Answer>,
    },
    /// The lead agreed or not.
    Consented(ConsentGiven),
    /// Answers were given, perhaps over earlier ones.
    Heard {
        /// The answers.
        answers: Vec<Answer>,
    },
    /// Nothing of the last question was answered.
    Unheard,
    /// The lead turned to something else, was answered, and is led back.
    Drifted,
    /// A question was put.
    Asked(Question),
    /// The lead wants to go on later.
    Paused,
    /// It goes on, perhaps in another conversation.
    Resumed {
        /// Where it goes on.
        conversation: ConversationId,
    },
    /// A person of the business changed answers; the bot leaves these fields alone from now on.
    Edited {
        /// The answers.
        answers: Vec<Answer>,
    },
    /// It was passed on to the business's systems.
    PassedOn,
    /// A call was booked.
    Booked {
        /// The appointment's id in the agenda.
        appointment: String,
    },
    /// It is over.
    Ended {
        /// Why.
        reason: EndReason,
        /// What it comes to; none if nothing may be kept.
        verdict: Option<Verdict>,
    },
    /// Somebody of the business has the lead now.
    Assigned {
        /// Name of the route.
        route: String,
        /// Who.
        person: String,
    },
    /// Somebody of the business has seen that there is a lead.
    Acknowledged {
        /// Who.
        person: String,
    },
    /// Nobody acknowledged in time: somebody else was told.
    Escalated {
        /// Who; empty if there is nobody but the operator.
        person: String,
    },
    /// The lead went on a list of those to be kept warm.
    Nurtured {
        /// Name of the list.
        list: String,
    },
}

/// Where an interview stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Questions are open.
    #[default]
    Running,
    /// The lead goes on later.
    Paused,
    /// It is over.
    Ended(EndReason),
}

impl Standing {
    /// The name used in storage and in filters: `running`, `paused`, or the reason of the end.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Ended(reason) => reason.as_str(),
        }
    }
}

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
            Manner::Consent | Manner::Summary | Manner::Booking => false,
        };
        self.asked.iter().filter(counts).count()
    }

    /// How often a field was asked for.
    pub fn asked_for(&self, field: &str) -> usize {
        self.asked.iter().filter(|question| question.fields.iter().any(|asked| asked == field)).count()
    }
}
