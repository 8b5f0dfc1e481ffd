//! What is known of the fields before and beside the questions: the contact's record, an earlier interview, what
//! systems told in the conversation. Every answer keeps its source; who asks the systems is not decided here.

use super::definition::Definition;
use super::field::{Field, Target};
use super::plain::value_of;
use crate::domain::contact::Contact;
use crate::domain::interview::{Answer, AnswerOrigin, Given, InterviewState, Value};
use jiff::Timestamp;
use serde_json::Value as Json;

/// How sure the program is of what the CRM and an earlier interview tell.
const ON_FILE: u8 = 85;
/// How sure it is of what a system told in this conversation.
const LOOKED_UP: u8 = 95;

/// A trusted value that a tool's result held.
#[derive(Clone, PartialEq, Debug)]
pub struct Told {
    /// The tool.
    pub tool: String,
    /// Where in the result.
    pub path: String,
    /// What.
    pub value: Json,
    /// When.
    pub at: Timestamp,
}

/// Everything known before anything is asked. What a system told in this conversation goes before the contact's record,
/// and that before an earlier interview.
pub fn known(
    definition: &Definition,
    contact: &Contact,
    earlier: Option<&InterviewState>,
    told: &[Told],
) -> Vec<Answer> {
    // Only the same interview asks for the same thing under the same id.
    let earlier = earlier.filter(|state| state.name == definition.name);
    let of = |field: &Field| {
        looked_up(field, told).or_else(|| on_file(field, contact)).or_else(|| before(field, earlier?))
    };
    definition.fields.iter().filter_map(of).collect()
}

/// What systems told of the interview's fields, the newest of each.
pub fn all_looked_up(definition: &Definition, told: &[Told]) -> Vec<Answer> {
    definition.fields.iter().filter_map(|field| looked_up(field, told)).collect()
}

/// What is sensitive is for the lead alone to tell.
fn looked_up(field: &Field, told: &[Told]) -> Option<Answer> {
    if field.sensitive {
        return None;
    }
    let tells = |told: &Told| field.lookups().any(|(tool, path)| told.tool == tool && told.path == path);
    told.iter().rev().filter(|told| tells(told)).find_map(|told| {
        let value = value_of(field, &told.value)?;
        Some(answer(field, value, AnswerOrigin::Lookup(told.tool.clone()), (LOOKED_UP, told.at)))
    })
}

fn on_file(field: &Field, contact: &Contact) -> Option<Answer> {
    let value = match field.saves_to? {
        Target::Name => Value::Name(contact.name.clone()?),
        Target::Email => Value::Email(contact.email.clone()?),
        Target::Phone => Value::Phone(contact.phone.clone()?),
        Target::MarketingConsent => Value::YesNo(contact.marketing_consent?),
        Target::Tag
        | Target::OpportunityValue
        | Target::OpportunityTitle
        | Target::Preference
        | Target::Note => return None,
    };
    Some(answer(field, value, AnswerOrigin::Crm, (ON_FILE, contact.updated_at)))
}

fn before(field: &Field, earlier: &InterviewState) -> Option<Answer> {
    let before = earlier.answers.get(&field.id)?;
    let value = before.given.value()?.clone();
    Some(answer(field, value, AnswerOrigin::Earlier(earlier.id), (ON_FILE, before.at)))
}

fn answer(field: &Field, value: Value, origin: AnswerOrigin, (confidence, at): (u8, Timestamp)) -> Answer {
    let (field, given, words) = (field.id.clone(), Given::Value(value), String::new());
    Answer { field, given, origin, confidence, words, at }
}
