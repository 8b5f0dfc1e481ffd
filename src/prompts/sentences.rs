//! Sentences that the program itself says, without a model. `{name}` stands for what the program fills in.

use crate::config::completed::completed;
use crate::domain::message::Button;
use crate::domain::problem::Problem;
use crate::domain::turn::StopReason;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The sentences of one language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentences {
    /// By stop reason.
    pub stop: BTreeMap<String, String>,
    /// Around confirmations.
    pub confirm: ConfirmSentences,
    /// Around hand-offs.
    pub handoff: HandoffSentences,
    /// While the customer waits.
    pub progress: ProgressSentences,
    /// While the language model is away.
    pub outage: OutageSentences,
    /// When a system behind the counter reports something.
    pub news: NewsSentences,
}

/// Around confirmations.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmSentences {
    /// The question under the list.
    pub ask: String,
    /// Before the list; `{tool}` is the tool's plain name.
    pub intro: String,
    /// Label of the yes button.
    pub yes: String,
    /// Label of the no button.
    pub no: String,
    /// How a yes is written for a truth value.
    pub yes_value: String,
    /// How a no is written for a truth value.
    pub no_value: String,
    /// After a no.
    pub declined: String,
    /// When the customer turned to something else; `{tool}` is the tool's plain name.
    pub dropped: String,
    /// Stands for a value that is empty.
    pub empty_value: String,
    /// Stands for a tool without a plain name.
    pub untitled: String,
}

/// Around hand-offs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoffSentences {
    /// Says that a person was called; `{when}` is one of the two below.
    pub done: String,
    /// While the business is open.
    pub open_now: String,
    /// While it is closed; `{opens}` is the next opening.
    pub closed_now: String,
    /// Label of a button that asks for a person.
    pub person: String,
}

impl HandoffSentences {
    /// The button that asks for a person.
    pub fn button(&self) -> Button {
        Button { label: self.person.clone(), value: self.person.clone() }
    }
}

/// While the customer waits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgressSentences {
    /// At once.
    pub typing: String,
    /// When it takes longer.
    pub working: String,
}

/// While the language model is away.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutageSentences {
    /// Said once per conversation, before the first answer of the built-in model in another one's place.
    pub basic_mode: String,
    /// Said to a question that no model can serve now: it is answered later.
    pub postponed: String,
    /// Said before an answer of the built-in model that does not serve the question: it is answered later.
    pub later: String,
}

/// When a system behind the counter reports something. `{number}` is the record's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewsSentences {
    /// By what an order came to: `paid`, `shipped`, `out_for_delivery`, `delivered`, `cancelled`, `refunded`.
    pub order: OrderNews,
    /// Behind `shipped`, where there is one; `{code}` is the tracking code.
    pub tracking: String,
    /// The team has answered a ticket; `{text}` is what they wrote.
    pub answered: String,
    /// By what became of an appointment.
    pub appointment: AppointmentNews,
    /// When a customer is reminded.
    pub reminder: ReminderSentences,
}

/// What customers are reminded of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReminderSentences {
    /// Of an appointment; `{code}` is its code, `{service}` what it is, `{when}` its time.
    pub appointment: String,
    /// Behind it, where there is one; `{place}` is where it is.
    pub place: String,
    /// Behind both.
    pub change: String,
    /// Of a payment; `{number}` is the order, `{amount}` what is to be paid.
    pub payment: String,
    /// Behind it, where it ends; `{when}` is until when it can be paid.
    pub until: String,
    /// Behind both, before the code or the link.
    pub paid: String,
}

/// What is told of an appointment; `{code}` is its code, `{when}` its time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppointmentNews {
    /// The team has moved it to this time.
    pub moved: String,
    /// The team has taken it out.
    pub cancelled: String,
}

/// What is told of an order.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderNews {
    /// Its payment was confirmed.
    pub paid: String,
    /// The carrier has it.
    pub shipped: String,
    /// It comes today.
    pub out_for_delivery: String,
    /// It was delivered.
    pub delivered: String,
    /// It was called off.
    pub cancelled: String,
    /// Its payment was paid back.
    pub refunded: String,
}

impl Sentences {
    /// Reads a `sentences.toml`, completed by the embedded one; whatever is wrong goes to `problems`.
    pub fn read(file: &str, text: &str, embedded: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let sentences: Self = completed(file, text, embedded, problems)?;
        for name in sentences.stop.keys() {
            if !StopReason::ALL.iter().any(|reason| reason.has_sentence() && reason.as_str() == name) {
                let at = text.find(name.as_str()).unwrap_or(0);
                problems.push(Problem::at_offset(
                    file,
                    text,
                    at,
                    format!("`stop.{name}` is not a stop reason"),
                ));
            }
        }
        Some(sentences)
    }

    /// The sentence of a stop reason; empty for reasons that have none.
    pub fn stop(&self, reason: StopReason) -> &str {
        self.stop.get(reason.as_str()).map_or("", String::as_str)
    }
}

/// Puts `value` where `{name}` stands.
pub fn fill(sentence: &str, name: &str, value: &str) -> String {
    sentence.replace(&format!("{{{name}}}"), value)
}
