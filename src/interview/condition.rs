//! What an answer has to be for a rule to hold. Three-valued: a range, or a refusal, may leave it open.

use crate::domain::interview::{Answer, Given, InterviewState, Span, Value};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether something holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Truth {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The answer leaves it open; the bool is the better guess.
    Unsure(bool),
    /// Nothing is known.
    Unknown,
}

impl Truth {
    /// Whether it holds, by the better guess.
    pub fn likely(self) -> bool {
        matches!(self, Self::Yes | Self::Unsure(true))
    }
}

/// What the answer of a field has to be. Everything that is given has to hold.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Test {
    /// One of these choices was taken.
    pub is: Vec<String>,
    /// None of these was.
    pub is_not: Vec<String>,
    /// At least so much (reais for money).
    pub at_least: Option<i64>,
    /// At most so much.
    pub at_most: Option<i64>,
    /// The (last) day is at most so many days off.
    pub within_days: Option<i32>,
    /// Yes, or no.
    pub yes: Option<bool>,
    /// Whether anything was given at all.
    pub given: Option<bool>,
    /// The postal code, phone or text begins with one of these.
    pub begins: Vec<String>,
}

/// A test of a named field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The field.
    pub field: String,
    /// What its answer has to be.
    #[serde(flatten)]
    pub test: Test,
}

impl Condition {
    /// Whether it holds for what is known, on `today`.
    pub fn holds(&self, state: &InterviewState, today: Date) -> Truth {
        match state.answers.get(&self.field) {
            None | Some(Answer { given: Given::Withdrawn, .. }) => Truth::Unknown,
            Some(answer) => self.test.holds(&answer.given, today),
        }
    }
}

/// Whether all of `conditions` hold. One that does not settles it, whatever is unknown of the others.
pub fn all_hold(conditions: &[Condition], state: &InterviewState, today: Date) -> Truth {
    all(conditions.iter().map(|condition| condition.holds(state, today)))
}

fn all(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut whole = Truth::Yes;
    for truth in truths {
        whole = match (whole, truth) {
            (Truth::No, _) | (_, Truth::No) => return Truth::No,
            (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
            (Truth::Unsure(left), Truth::Unsure(right)) => Truth::Unsure(left && right),
            (Truth::Unsure(guess), Truth::Yes) | (Truth::Yes, Truth::Unsure(guess)) => Truth::Unsure(guess),
            (Truth::Yes, Truth::Yes) => Truth::Yes,
        };
    }
    whole
}

impl Test {
    /// Whether the answer is so. Days are counted from `today`.
    pub fn holds(&self, given: &Given, today: Date) -> Truth {
        let mut truths = Vec::new();
        if let Some(wanted) = self.given {
            truths.push(truth(given.value().is_some() == wanted));
        }
        let rest = self.asks_for_a_value().then(|| match given.value() {
            // Who refuses is not what the rule wants, and not certainly the opposite either.
            None => Truth::Unsure(false),
            Some(value) => self.value_holds(value, today),
        });
        all(truths.into_iter().chain(rest))
    }

    fn asks_for_a_value(&self) -> bool {
        let Self { is, is_not, at_least, at_most, within_days, yes, given: _, begins } = self;
        !(is.is_empty() && is_not.is_empty() && begins.is_empty())
            || at_least.is_some()
            || at_most.is_some()
            || within_days.is_some()
            || yes.is_some()
    }

    fn value_holds(&self, value: &Value, today: Date) -> Truth {
        let mut truths = Vec::new();
        if let Value::Choices(taken) = value {
            if !self.is.is_empty() {
                truths.push(truth(taken.iter().any(|choice| self.is.contains(choice))));
            }
            if !self.is_not.is_empty() {
                truths.push(truth(!taken.iter().any(|choice| self.is_not.contains(choice))));
            }
        }
        let span = match value {
            Value::Money(Span { low, high }) => {
                Some(Span { low: low.map(|cents| cents / 100), high: high.map(|cents| cents / 100) })
            }
            Value::Number(span) => Some(*span),
            Value::Text(_)
            | Value::Name(_)
            | Value::Choices(_)
            | Value::Days { .. }
            | Value::YesNo(_)
            | Value::Email(_)
            | Value::Phone(_)
            | Value::Cpf(_)
            | Value::Cnpj(_)
            | Value::PostalCode(_) => None,
        };
        if let Some(span) = span {
            truths.extend(self.at_least.map(|least| at_least(span, least)));
            truths.extend(self.at_most.map(|most| negated(at_least(span, most.saturating_add(1)))));
        }
        if let (Some(days), Value::Days { from, until }) = (self.within_days, value) {
            truths.push(match until.or(*from) {
                None => Truth::Unsure(false),
                Some(day) => truth(day.since(today).is_ok_and(|span| span.get_days() <= days)),
            });
        }
        if let (Some(wanted), Value::YesNo(said)) = (self.yes, value) {
            truths.push(truth(*said == wanted));
        }
        if !self.begins.is_empty() {
            let (Value::Text(text)
            | Value::Name(text)
            | Value::Email(text)
            | Value::Phone(text)
            | Value::Cpf(text)
            | Value::Cnpj(text)
            | Value::PostalCode(text)) = value
            else {
                return Truth::No;
            };
            truths.push(truth(self.begins.iter().any(|beginning| text.starts_with(beginning.as_str()))));
        }
        all(truths.into_iter())
    }
}

fn truth(holds: bool) -> Truth {
    if holds { Truth::Yes } else { Truth::No }
}

fn negated(truth: Truth) -> Truth {
    match truth {
        Truth::Yes => Truth::No,
        Truth::No => Truth::Yes,
        Truth::Unsure(guess) => Truth::Unsure(!guess),
        Truth::Unknown => Truth::Unknown,
    }
}

/// Whether a number that lies somewhere in `span` is at least `least`.
fn at_least(span: Span, least: i64) -> Truth {
    match span {
        Span { low: Some(low), .. } if low >= least => Truth::Yes,
        Span { high: Some(high), .. } if high < least => Truth::No,
        _ => Truth::Unsure(span.middle().is_some_and(|middle| middle >= least)),
    }
}
