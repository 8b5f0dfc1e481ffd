//! A body of Meta's webhook, taken apart: every entry, change, message, echo, status and error in it, each with the
//! number it is about. Fields and kinds that are not known do no harm. It decides nothing and keeps nothing.

use super::address::{PhoneNumberId, UserId, WaId};
use super::content::Content;
use super::fields::{field, json, list, text, time};
use super::news;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Longest id of a message that is taken for one.
pub const LONGEST_ID: usize = 512;

/// One thing of a body.
#[derive(Clone, PartialEq, Debug)]
pub struct Update {
    /// Which of our numbers it is about, where Meta says.
    pub number: Option<PhoneNumberId>,
    /// That number as customers dial it.
    pub display_phone: Option<String>,
    /// When it happened, as Meta says.
    pub at: Option<Timestamp>,
    /// What.
    pub what: What,
}

impl Update {
    /// Whom it is about, so that what is about one person can be taken in one behind the other.
    pub fn person(&self) -> Option<&Person> {
        match &self.what {
            What::Message(message) => Some(&message.from),
            What::Echo(echo) => Some(&echo.to),
            What::Moved(moved) => Some(&moved.from),
            What::Preference(preference) => Some(&preference.person),
            What::Passed { person, .. } => Some(person),
            What::Status(_) | What::Trouble { .. } | What::Other { .. } | What::Unreadable => None,
        }
    }

    /// Whether it is a message with an id of its own.
    pub fn is_message(&self) -> bool {
        match &self.what {
            What::Message(_) | What::Echo(_) => true,
            What::Moved(moved) => moved.id.is_some(),
            What::Status(_)
            | What::Preference(_)
            | What::Passed { .. }
            | What::Trouble { .. }
            | What::Other { .. }
            | What::Unreadable => false,
        }
    }
}

/// What happened.
#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// A customer wrote.
    Message(Box<Incoming>),
    /// A person of the business wrote on the phone, or another program did.
    Echo(Box<Echo>),
    /// What became of a message of ours, as Meta puts it.
    Status(Value),
    /// Somebody has another id, or another number.
    Moved(Box<Moved>),
    /// Somebody wants offers, or no more of them.
    Preference(Box<Preference>),
    /// The conversations of the number are ours again, or another program's.
    Passed {
        /// Whether they are ours.
        to_us: bool,
        /// With whom, where Meta says.
        person: Box<Person>,
    },
    /// Meta reports something that is wrong.
    Trouble {
        /// Its code.
        code: Option<String>,
        /// Its words.
        title: Option<String>,
    },
    /// News of the account or of anything else that nobody here acts on by itself.
    Other {
        /// Meta's name of the field.
        field: String,
        /// What an operator has to know of it, if anything.
        told: Option<String>,
    },
    /// A message that says neither what it is called nor whom it is from.
    Unreadable,
}

/// Whom Meta names. Any of it may be missing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Person {
    /// Their business-scoped id.
    pub user: Option<UserId>,
    /// Their number.
    pub phone: Option<WaId>,
    /// What they call themselves; untrusted.
    pub name: Option<String>,
    /// Their name in addresses; untrusted, and it changes.
    pub username: Option<String>,
}

impl Person {
    /// Whether nobody could say who it is.
    pub fn is_nobody(&self) -> bool {
        self.user.is_none() && self.phone.is_none()
    }

    fn named(handles: [Option<String>; 2]) -> Self {
        let handles: Vec<String> = handles.into_iter().flatten().collect();
        Self {
            user: handles.iter().find_map(|handle| UserId::read(handle)),
            phone: handles.iter().find_map(|handle| WaId::read(handle)),
            ..Self::default()
        }
    }
}

/// A message of a customer.
#[derive(Clone, PartialEq, Debug)]
pub struct Incoming {
    /// Meta's id of it.
    pub id: String,
    /// Who wrote.
    pub from: Person,
    /// What.
    pub content: Content,
    /// The message that it replies to.
    pub replies_to: Option<String>,
    /// The product that it asks about.
    pub product: Option<String>,
    /// The advertisement that the customer came by, as Meta puts it.
    pub referral: Option<Map<String, Value>>,
    /// Whether it was said in a group.
    pub in_group: bool,
    /// Whether another program has the conversation on Meta's side.
    pub is_observed: bool,
}

/// A message to a customer that did not come from here.
#[derive(Clone, PartialEq, Debug)]
pub struct Echo {
    /// Meta's id of it.
    pub id: String,
    /// To whom.
    pub to: Person,
    /// What.
    pub content: Content,
}

/// Somebody's handles before and after.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// Meta's id of the message that says so, if one does.
    pub id: Option<String>,
    /// Before.
    pub from: Person,
    /// After.
    pub to: Person,
}

/// What somebody said about offers in WhatsApp's own settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preference {
    /// Who.
    pub person: Person,
    /// Whether they want them.
    pub wanted: bool,
    /// Meta's word for it.
    pub word: String,
}

/// A body that is none of Meta's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotRead {
    /// No JSON.
    #[error("it is not JSON")]
    Json,
    /// JSON of another shape.
    #[error("it has no list `entry`")]
    Shape,
}

/// Everything in a body, in its order.
///
/// # Errors
/// [`NotRead`] if it is no body of Meta's at all.
pub fn read(body: &[u8]) -> Result<Vec<Update>, NotRead> {
    let body = json(body).ok_or(NotRead::Json)?;
    if field(&body, "entry").and_then(Value::as_array).is_none() {
        return Err(NotRead::Shape);
    }
    let changes = list(&body, "entry").iter().flat_map(|entry| list(entry, "changes"));
    Ok(changes.flat_map(change).collect())
}

fn change(change: &Value) -> Vec<Update> {
    let name = text(change, "field").unwrap_or_default();
    let value = field(change, "value").unwrap_or(&Value::Null);
    let metadata = field(value, "metadata").unwrap_or(&Value::Null);
    let about = About {
        number: text(metadata, "phone_number_id").and_then(|id| PhoneNumberId::read(&id)),
        display_phone: text(metadata, "display_phone_number"),
    };
    let mut found = match name.as_str() {
        "standby" => observed(&about, field(value, "standby").unwrap_or(value)),
        "messaging_handovers" => vec![about.update(value, passed(&about, value))],
        "history" | "smb_app_state_sync" => Vec::new(),
        _ => everything(&about, value),
    };
    if found.is_empty() {
        let told = news::of(&name, value);
        found.push(about.update(value, What::Other { field: name, told }));
    }
    found
}

/// What all updates of a change have in common.
struct About {
    number: Option<PhoneNumberId>,
    display_phone: Option<String>,
}

impl About {
    fn update(&self, dated: &Value, what: What) -> Update {
        Update {
            number: self.number.clone(),
            display_phone: self.display_phone.clone(),
            at: time(dated, "timestamp"),
            what,
        }
    }
}

/// Lists are looked for by their own names: what the field is called says no more.
fn everything(about: &About, value: &Value) -> Vec<Update> {
    let contacts = list(value, "contacts");
    let mut found = Vec::new();
    for message in list(value, "messages") {
        found.push(about.update(message, incoming(message, contacts, false)));
    }
    for echo in list(value, "message_echoes") {
        found.push(about.update(echo, echoed(echo, contacts)));
    }
    for status in list(value, "statuses") {
        found.push(about.update(status, What::Status(status.clone())));
    }
    for moved in list(value, "user_id_update") {
        found.push(about.update(moved, id_update(moved)));
    }
    for preference in list(value, "user_preferences") {
        found.push(about.update(preference, preferred(preference, contacts)));
    }
    for error in list(value, "errors") {
        let what = What::Trouble { code: text(error, "code"), title: text(error, "title") };
        found.push(about.update(error, what));
    }
    found
}

fn observed(about: &About, value: &Value) -> Vec<Update> {
    let contacts = list(value, "contacts");
    let messages = list(value, "messages").iter().map(|one| about.update(one, incoming(one, contacts, true)));
    let echoes = list(value, "message_echoes").iter().map(|one| about.update(one, echoed(one, contacts)));
    messages.chain(echoes).collect()
}

fn incoming(message: &Value, contacts: &[Value], is_observed: bool) -> What {
    let from = person(message, ["from_user_id", "from"], contacts);
    let id = text(message, "id").filter(|id| is_id(id));
    let content = Content::of(message);
    if let Content::System { .. } = content {
        return moved(message, id, from);
    }
    let Some(id) = id else { return What::Unreadable };
    if from.is_nobody() {
        return What::Unreadable;
    }
    let context = field(message, "context").unwrap_or(&Value::Null);
    let product = field(context, "referred_product").and_then(|product| text(product, "product_retailer_id"));
    What::Message(Box::new(Incoming {
        id,
        from,
        content,
        replies_to: text(context, "id").filter(|id| is_id(id)),
        product,
        referral: field(message, "referral").and_then(Value::as_object).cloned(),
        in_group: field(message, "group_id").is_some(),
        is_observed,
    }))
}

fn echoed(echo: &Value, contacts: &[Value]) -> What {
    let to = person(echo, ["to_user_id", "to"], contacts);
    match text(echo, "id").filter(|id| is_id(id)) {
        Some(id) if !to.is_nobody() => What::Echo(Box::new(Echo { id, to, content: Content::of(echo) })),
        Some(_) | None => What::Unreadable,
    }
}

/// A message by which Meta says that somebody has another number or another id. It comes from who they were.
fn moved(message: &Value, id: Option<String>, from: Person) -> What {
    let system = field(message, "system").unwrap_or(&Value::Null);
    let before = Person::named([text(system, "previous_user_id"), text(system, "customer")]);
    let to = Person {
        user: text(system, "user_id").and_then(|user| UserId::read(&user)),
        phone: ["wa_id", "new_wa_id"].iter().find_map(|name| WaId::read(&text(system, name)?)),
        ..Person::default()
    };
    let from = Person { user: before.user.or(from.user), phone: from.phone.or(before.phone), ..from };
    What::Moved(Box::new(Moved { id, from, to }))
}

fn id_update(update: &Value) -> What {
    let users = field(update, "user_id").unwrap_or(&Value::Null);
    let user = |name: &str| text(users, name).and_then(|user| UserId::read(&user));
    // The number is that of today.
    let phone = text(update, "wa_id").and_then(|phone| WaId::read(&phone));
    let from = Person { user: user("previous"), ..Person::default() };
    let to = Person { user: user("current"), phone, ..Person::default() };
    What::Moved(Box::new(Moved { id: None, from, to }))
}

fn preferred(preference: &Value, contacts: &[Value]) -> What {
    let word = text(preference, "value").unwrap_or_default();
    let person = person(preference, ["user_id", "wa_id"], contacts);
    What::Preference(Box::new(Preference { person, wanted: word != "stop", word }))
}

/// Known from what others have seen alone: whoever is named as the recipient has the conversation now.
fn passed(about: &About, value: &Value) -> What {
    let recipient = field(value, "recipient").and_then(|recipient| text(recipient, "phone_number_id"));
    let is_pass = text(value, "type").as_deref() == Some("control_passed");
    let own = about.number.as_ref().map(PhoneNumberId::as_str);
    let to_us = is_pass && recipient.is_some() && (own.is_none() || recipient.as_deref() == own);
    let sender = ["sender", "user", "contact"].iter().find_map(|name| field(value, name));
    let person = person(sender.unwrap_or(value), ["user_id", "wa_id"], list(value, "contacts"));
    What::Passed { to_us, person: Box::new(person) }
}

/// Whom the two fields of `value` name, and what `contacts` know of them.
fn person(value: &Value, fields: [&str; 2], contacts: &[Value]) -> Person {
    let mut person = Person::named(fields.map(|name| text(value, name)));
    let known: Vec<(Person, &Value)> = contacts
        .iter()
        .map(|contact| (Person::named(["user_id", "wa_id"].map(|name| text(contact, name))), contact))
        .collect();
    let by_user = || known.iter().find(|(known, _)| known.user.is_some() && known.user == person.user);
    let by_phone = || {
        let number = person.phone.as_ref().map(WaId::canonical);
        known.iter().find(|(known, _)| {
            number.is_some()
                && known.phone.as_ref().map(WaId::canonical) == number
                // The number has passed on: the card is somebody else's.
                && (person.user.is_none() || known.user.is_none() || known.user == person.user)
        })
    };
    // Who is not named at all is the only one who is.
    let only = || known.first().filter(|_| person.is_nobody() && known.len() == 1);
    if let Some((card, contact)) = by_user().or_else(by_phone).or_else(only) {
        let profile = field(contact, "profile").unwrap_or(&Value::Null);
        person = Person {
            user: person.user.or_else(|| card.user.clone()),
            phone: person.phone.or_else(|| card.phone.clone()),
            name: text(profile, "name"),
            username: text(profile, "username"),
        };
    }
    person
}

fn is_id(id: &str) -> bool {
    id.len() <= LONGEST_ID && !id.contains(char::is_control)
}

#[cfg(test)]
mod tests;
