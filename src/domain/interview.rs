//! An interview as the log knows it: what was asked, what was answered in whose words, how it ended. The state of
//! an interview is a fold over its steps and nothing else. What is worth asking is decided in `interview`.

mod state;

pub use state::InterviewState;

use super::ids::{ConversationId, InterviewId, MessageId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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
    /// The lead kept quiet, and was passed on as far as they had come. It goes on if they come back.
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
    /// A system that was asked in the conversation told of fields: what nobody had given, and what somebody had.
    LookedUp {
        /// What it told.
        answers: Vec<Answer>,
    },
    /// Nothing of the last question was answered.
    Unheard,
    /// The lead turned to something else, was answered, and is led back.
    Drifted,
    /// A question was put.
    Asked(Question),
    /// The lead went back to an earlier question. It and the one that was open count as never put: the budget is there
    /// for the lead, and this was their wish.
    WentBack {
        /// The field that is asked for anew.
        field: String,
    },
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
    /// After its end, what it comes to was worked out anew from what a person changed. The systems are to learn of it.
    Rated {
        /// What it comes to now.
        verdict: Verdict,
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
    /// It is over. Written as its reason.
    #[serde(untagged)]
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
