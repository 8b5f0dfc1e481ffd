//! What is known of the fields before and beside the questions: the contact's record, an earlier interview, what
//! systems told in the conversation. Every answer keeps its source; who asks the systems is not decided here.

use super::definition::Definition;
use super::field::{Field, Kind, Target};
use super::plain::value_of;
use super::start::Visit;
use crate::domain::contact::Contact;
use crate::domain::interview::{Answer, AnswerOrigin, Given, InterviewState, Value};
use jiff::Timestamp;
use serde_json::Value as Json;

/// How sure the program is of what the CRM and an earlier interview tell.
const ON_FILE: u8 = 85;
/// How sure it is of the number that the channel says the customer writes from.
const VOUCHED: u8 = 99;
/// How sure it is of what the page or the ad stands for that they came from.
const CAME_FROM: u8 = 75;
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

/// Where it is looked up what is known of a lead.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The contact's record.
    pub contact: &'a Contact,
    /// Whether the channel vouches for the number in it: it is the one they write from.
    pub writes_from_phone: bool,
    /// The contact's newest interview.
    pub earlier: Option<&'a InterviewState>,
    /// What systems told in this conversation.
    pub told: &'a [Told],
    /// Where they came from.
    pub visit: Visit<'a>,
    /// Now.
    pub at: Timestamp,
}

/// Everything known before anything is asked. What a system told in this conversation goes before what the channel knows,
/// that before the contact's record, and that before an earlier interview.
pub fn known(definition: &Definition, sources: Sources<'_>) -> Vec<Answer> {
    let Sources { contact, told, .. } = sources;
    // Only the same interview asks for the same thing under the same id.
    let earlier = sources.earlier.filter(|state| state.name == definition.name);
    let of = |field: &Field| {
        looked_up(field, told)
            .or_else(|| by_channel(field, sources))
            .or_else(|| on_file(field, contact))
            .or_else(|| before(field, earlier?))
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

fn by_channel(field: &Field, sources: Sources<'_>) -> Option<Answer> {
    let may_be_told = field.kind == Kind::Choice && !field.sensitive;
    let mut choices = field.choices.iter().filter(|_| may_be_told);
    if let Some(choice) = choices.find(|choice| sources.visit.is_from(&choice.visits)) {
        let value = Value::Choices(vec![choice.id.clone()]);
        return Some(answer(field, value, AnswerOrigin::Channel, (CAME_FROM, sources.at)));
    }
    let Some(Target::Phone) = field.saves_to.filter(|_| sources.writes_from_phone) else { return None };
    let contact = sources.contact;
    let value = Value::Phone(contact.phone.clone()?);
    Some(answer(field, value, AnswerOrigin::Channel, (VOUCHED, contact.updated_at)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ContactId;
    use crate::interview::read::read;
    use uuid::Uuid;

    #[test]
    fn the_number_somebody_writes_from_is_the_channels_word_however_old_the_record() {
        let definition =
            read("financiamento.toml", include_str!("../../prompts/interviews/financiamento.toml")).unwrap();
        let long_ago: Timestamp = "2020-01-02T00:00:00Z".parse().unwrap();
        let mut contact = Contact::new(ContactId(Uuid::nil()), long_ago);
        contact.phone = Some("+5511955550123".to_owned());
        let of_phone = |writes_from_phone: bool| {
            let (visit, at) = (Visit::default(), long_ago);
            let sources =
                Sources { contact: &contact, writes_from_phone, earlier: None, told: &[], visit, at };
            let mut known = known(&definition, sources).into_iter();
            known.find(|answer| answer.field == "phone").unwrap()
        };
        assert_eq!(of_phone(true).origin, AnswerOrigin::Channel);
        assert_eq!(of_phone(true).given, Given::Value(Value::Phone("+5511955550123".to_owned())));
        assert_eq!(of_phone(false).origin, AnswerOrigin::Crm);
    }
}
