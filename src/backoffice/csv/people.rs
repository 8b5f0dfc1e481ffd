//! `customers.csv`, and how rows of other files name a customer. The same handle always gives the same id, so that
//! files link to each other in whatever order they are imported.

use super::cell;
use super::dates::{Dates, MOMENT, written};
use super::table::Row;
use crate::backoffice::limits;
use crate::domain::contact::Contact;
use crate::domain::crm::Note;
use crate::domain::handle::{canonical_email, canonical_phone};
use crate::domain::ids::{ContactId, RecordId};
use crate::domain::language::Language;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use uuid::Uuid;

const EMAIL: &str = "an e-mail address";
const PHONE: &str = "a phone number with its area code";
const YES_OR_NO: &str = "`true` or `false`";

/// A customer as another file names them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Customer {
    /// By e-mail, canonical.
    Email(String),
    /// By phone, canonical.
    Phone(String),
    /// By id: somebody without e-mail and phone. They must exist.
    Id(ContactId),
}

impl Customer {
    /// Reads a customer's handle.
    pub fn read(text: &str) -> Option<Self> {
        canonical_email(text)
            .map(Self::Email)
            .or_else(|| text.parse().ok().map(Self::Id))
            .or_else(|| canonical_phone(text).map(Self::Phone))
    }

    /// How `contact` is named in other files.
    pub fn of(contact: &Contact) -> Self {
        match (&contact.email, &contact.phone) {
            (Some(email), _) => Self::Email(email.clone()),
            (None, Some(phone)) => Self::Phone(phone.clone()),
            (None, None) => Self::Id(contact.id),
        }
    }

    /// Their id, unless they are on file under another one.
    pub fn id(&self) -> ContactId {
        match self {
            Self::Email(handle) | Self::Phone(handle) => contact_id(handle),
            Self::Id(id) => *id,
        }
    }

    /// As it is written.
    pub fn written(&self) -> String {
        match self {
            Self::Email(handle) | Self::Phone(handle) => handle.clone(),
            Self::Id(id) => id.to_string(),
        }
    }

    /// What to write, for messages.
    pub const EXPECTED: &str = "the customer's e-mail or phone";
}

/// The id of a contact that is made by an import, by their canonical e-mail or phone.
pub fn contact_id(handle: &str) -> ContactId {
    ContactId(named("contact", handle))
}

/// The id of the contact without anything in it that an order is of whose customer was forgotten.
pub fn nobodys(order: &str) -> ContactId {
    ContactId(named("order of nobody", order))
}

/// The id of a record that is made by an import: the same content gives the same id.
pub fn record_id(kind: &str, content: &str) -> RecordId {
    RecordId(named(kind, content))
}

fn named(kind: &str, content: &str) -> Uuid {
    let hash = Sha256::new().chain_update(kind).chain_update([0]).chain_update(content).finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Somebody of whom nothing but a handle is known.
pub fn stranger(customer: &Customer, now: Timestamp) -> Contact {
    Contact {
        email: if let Customer::Email(email) = customer { Some(email.clone()) } else { None },
        phone: if let Customer::Phone(phone) = customer { Some(phone.clone()) } else { None },
        ..Contact::new(customer.id(), now)
    }
}

/// A row of `customers.csv`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// The contact; fields without a value in the file are empty.
    pub contact: Contact,
    /// Remarks, one a line.
    pub notes: Vec<String>,
}

impl Person {
    /// The remarks as records of `contact`.
    pub fn notes_on(&self, contact: ContactId) -> impl Iterator<Item = Note> {
        self.notes.iter().map(move |text| Note {
            id: record_id("note", &format!("{contact}\0{text}")),
            contact,
            text: text.clone(),
            created_at: self.contact.created_at,
        })
    }

    /// Puts what the file says over what is on file; empty cells change nothing.
    pub fn over(&self, present: Contact) -> Contact {
        let given = &self.contact;
        let mut tags = present.tags;
        tags.extend(given.tags.iter().filter(|tag| !tags.contains(tag)).cloned().collect::<Vec<_>>());
        Contact {
            id: present.id,
            name: given.name.clone().or(present.name),
            email: given.email.clone().or(present.email),
            phone: given.phone.clone().or(present.phone),
            language: given.language.or(present.language),
            stage: given.stage.clone().or(present.stage),
            tags,
            origin: given.origin.clone().or(present.origin),
            marketing_consent: given.marketing_consent.or(present.marketing_consent),
            preferences: present.preferences,
            created_at: present.created_at.min(given.created_at),
            updated_at: given.updated_at,
        }
    }
}

/// Reads a person.
pub fn read_person(row: &mut Row<'_>, dates: &Dates<'_>) -> Option<Person> {
    let line = |text: &str, longest| {
        if text.is_empty() { Ok(String::new()) } else { limits::line("", text, longest) }
    };
    let name = row.text("name", |text| line(text, limits::LINE));
    let email = row.maybe("email", EMAIL, canonical_email);
    let phone = row.maybe("phone", PHONE, canonical_phone);
    if email == Some(None) && phone == Some(None) {
        row.problem("email", "is empty, and so is `phone`; a customer needs one of them");
    }
    let stage = row.text("stage", |text| line(text, limits::WORD));
    let origin = row.text("origin", |text| line(text, limits::WORD));
    let tags = cell::list(row.cell("tags"));
    let remarks = row.text("notes", |text| limits::remark("notes", text));
    let created_at = row.maybe("created_at", MOMENT, |text| dates.moment(text));
    let marketing_consent = row.maybe("marketing_consent", YES_OR_NO, cell::yes_or_no);
    let language = row.maybe("language", "pt-BR, en or es", |text| text.parse::<Language>().ok());
    let said = |text: String| (!text.is_empty()).then_some(text);
    let (email, phone) = (email?, phone?);
    let id = contact_id(email.as_deref().or(phone.as_deref())?);
    let contact = Contact {
        id,
        name: said(name?),
        email,
        phone,
        language: language?,
        stage: said(stage?),
        tags,
        origin: said(origin?),
        marketing_consent: marketing_consent?,
        preferences: Vec::new(),
        created_at: created_at?.unwrap_or(dates.now()),
        updated_at: dates.now(),
    };
    let notes = remarks?.lines().map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned).collect();
    Some(Person { contact, notes })
}

/// Writes a person with their remarks.
pub fn write_person(person: &Person, zone: &TimeZone) -> Vec<String> {
    let contact = &person.contact;
    vec![
        contact.name.clone().unwrap_or_default(),
        contact.email.clone().unwrap_or_default(),
        contact.phone.clone().unwrap_or_default(),
        contact.stage.clone().unwrap_or_default(),
        cell::joined(contact.tags.iter().map(String::as_str)),
        person.notes.iter().map(|note| note.replace('\n', " ")).collect::<Vec<_>>().join("\n"),
        written(contact.created_at, zone),
        contact.marketing_consent.map(|consent| consent.to_string()).unwrap_or_default(),
        contact.origin.clone().unwrap_or_default(),
        contact.language.map(|language| language.to_string()).unwrap_or_default(),
    ]
}
