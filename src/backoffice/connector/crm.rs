//! A CRM of a vendor's beside the program's own book of people. Identity, consent and preferences stay in the own
//! book, which says who is who; what the team works with, people, opportunities and notes, is kept in both. A person
//! the vendor knows and the book does not is entered when somebody names their e-mail or phone, so that nobody is
//! taken for somebody else because the book was empty.

use super::engine::{Connector, Lookup};
use super::fault::Fault;
use super::person::{escaped, may_be_one, person, phone_arguments};
use super::remote::{RemoteId, shaped};
use crate::backoffice::BackofficeError;
use crate::backoffice::crm::{ContactHistory, Crm, Handle, SaveContact, SaveOpportunity, SavedContact};
use crate::domain::clock::Clock;
use crate::domain::contact::{ConsentRecord, Contact};
use crate::domain::crm::{Note, Opportunity};
use crate::domain::handle::{canonical_email, canonical_phone, phone_forms};
use crate::domain::ids::ContactId;
use crate::store::backoffice::BackofficeStore;
use crate::store::connectors::Link;
use crate::store::contacts::ContactStore;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The kinds of links between our records and theirs.
pub(super) const CONTACT: &str = "contact";
pub(super) const OPPORTUNITY: &str = "opportunity";
pub(super) const NOTE: &str = "note";

/// The vendor's CRM, with the program's own book.
pub struct ConnectorCrm {
    pub(super) vendor: Arc<Connector>,
    book: Arc<dyn Crm>,
    contacts: Arc<dyn ContactStore>,
    pub(super) records: Arc<dyn BackofficeStore>,
    pub(super) clock: Arc<dyn Clock>,
}

/// What `contact_by_email` and `contact_by_phone` give, or null.
#[derive(Clone, PartialEq, Debug, Deserialize)]
struct RemoteContact {
    id: RemoteId,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

/// What `create_contact`, `create_opportunity`, `find_opportunity`, `create_note` give.
#[derive(Deserialize)]
struct Made {
    id: RemoteId,
}

impl ConnectorCrm {
    /// The CRM of this vendor beside this book, which stands on these tables.
    pub fn new(
        vendor: Arc<Connector>,
        book: Arc<dyn Crm>,
        contacts: Arc<dyn ContactStore>,
        records: Arc<dyn BackofficeStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { vendor, book, contacts, records, clock }
    }

    /// Whom the vendor has under a handle.
    async fn remote_by(&self, handle: &Handle) -> Result<Option<RemoteContact>, Fault> {
        match handle {
            Handle::Email(email) => {
                let Some(email) = canonical_email(email) else { return Ok(None) };
                let found = self.found("contact_by_email", json!({"email": email})).await?;
                // A vendor's search may be generous; the handle decides.
                Ok(found.filter(|found| found.email.as_deref().and_then(canonical_email) == Some(email)))
            }
            Handle::Phone(phone) => {
                if !self.vendor.can("contact_by_phone") {
                    return Ok(None);
                }
                let Some(phone) = canonical_phone(phone) else { return Ok(None) };
                for form in phone_forms(&phone) {
                    let found = self.found("contact_by_phone", phone_arguments(&form)).await?;
                    let is_theirs = |found: &RemoteContact| {
                        found.phone.as_deref().and_then(canonical_phone).as_deref() == Some(phone.as_str())
                    };
                    if let Some(found) = found.filter(is_theirs) {
                        return Ok(Some(found));
                    }
                }
                Ok(None)
            }
        }
    }

    async fn found(&self, operation: &str, arguments: Value) -> Result<Option<RemoteContact>, Fault> {
        match self.vendor.read(operation, &arguments).await {
            Ok(Value::Null) | Err(Fault::Missing) => Ok(None),
            Ok(found) => shaped(found, self.vendor.name(), operation).map(Some),
            Err(fault) => Err(fault),
        }
    }

    /// Our record of a person the vendor knows, entered if there is none.
    async fn entered(&self, remote: &RemoteContact) -> Result<Contact, BackofficeError> {
        let linked = self.vendor.store().local(self.vendor.name(), CONTACT, &remote.id.0).await?;
        if let Some(id) = linked.and_then(|id| id.parse::<ContactId>().ok())
            && let Some(contact) = self.contacts.get(id).await?
        {
            return Ok(contact);
        }
        let email = remote.email.as_deref().and_then(canonical_email);
        let mut phone = remote.phone.as_deref().and_then(canonical_phone);
        for handle in
            [email.clone().map(Handle::Email), phone.clone().map(Handle::Phone)].into_iter().flatten()
        {
            match self.book.find_contact(&handle).await? {
                Some(contact) if may_be_one(&contact.email, &remote.email) => {
                    self.link(CONTACT, &contact.id.to_string(), &remote.id.0).await?;
                    return Ok(contact);
                }
                // A number that two people share stays with whom the book has under it.
                Some(_) => phone = None,
                None => {}
            }
        }
        let now = self.clock.now();
        let contact = Contact {
            name: remote.name.clone().filter(|name| !name.trim().is_empty()),
            email,
            phone,
            origin: Some(self.vendor.name().to_owned()),
            ..Contact::new(ContactId(self.clock.new_id()), now)
        };
        self.contacts.save(&contact).await?;
        self.link(CONTACT, &contact.id.to_string(), &remote.id.0).await?;
        Ok(contact)
    }

    pub(super) async fn link(&self, kind: &str, local: &str, remote: &str) -> Result<(), BackofficeError> {
        let link = Link {
            connector: self.vendor.name().to_owned(),
            kind: kind.to_owned(),
            local: local.to_owned(),
            remote: remote.to_owned(),
        };
        Ok(self.vendor.store().link(&link, self.clock.now()).await?)
    }

    pub(super) async fn linked(&self, kind: &str, local: &str) -> Result<Option<String>, BackofficeError> {
        let remotes = self.vendor.store().remotes(self.vendor.name(), kind, local).await?;
        Ok(remotes.into_iter().next())
    }

    /// Brings a person over to the vendor, and returns their id there.
    async fn carried(&self, key: &str, contact: &Contact) -> Result<String, BackofficeError> {
        let local = contact.id.to_string();
        let known = self.linked(CONTACT, &local).await?;
        let mut remote = None;
        let handles = [contact.email.clone().map(Handle::Email), contact.phone.clone().map(Handle::Phone)];
        for handle in handles.into_iter().flatten() {
            remote =
                self.remote_by(&handle).await?.filter(|remote| may_be_one(&contact.email, &remote.email));
            if remote.is_some() {
                break;
            }
        }
        let id = match (known, &remote) {
            (Some(id), _) => id,
            (None, Some(remote)) => remote.id.0.clone(),
            (None, None) => {
                let lookup = match (&contact.email, &contact.phone) {
                    (Some(email), _) => {
                        Lookup { operation: "contact_by_email", arguments: json!({"email": email}) }
                    }
                    (None, Some(phone)) => {
                        Lookup { operation: "contact_by_phone", arguments: phone_arguments(phone) }
                    }
                    (None, None) => Lookup { operation: "", arguments: Value::Null },
                };
                let created = self.vendor.effect("create_contact", key, &person(contact), &lookup).await?;
                let Made { id } = shaped(created, self.vendor.name(), "create_contact")?;
                self.link(CONTACT, &local, &id.0).await?;
                return Ok(id.0);
            }
        };
        self.link(CONTACT, &local, &id).await?;
        let mut changes = person(contact);
        if let (Some(fields), Some(remote)) = (changes.as_object_mut(), &remote) {
            // What the vendor has already is not written again; what their team wrote is not overwritten.
            for (field, theirs) in
                [("name", &remote.name), ("email", &remote.email), ("phone", &remote.phone)]
            {
                if theirs.as_deref().is_some_and(|text| !text.trim().is_empty()) {
                    fields.insert(field.to_owned(), Value::Null);
                }
            }
            if fields["name"].is_null() {
                fields.insert("first_name".to_owned(), Value::Null);
                fields.insert("last_name".to_owned(), Value::Null);
            }
            if fields["phone"].is_null() {
                fields.insert("phone_digits".to_owned(), Value::Null);
            }
        }
        let says_something = ["name", "email", "phone"].iter().any(|field| !changes[*field].is_null());
        if says_something {
            changes["id"] = json!(id);
            let nowhere = Lookup { operation: "", arguments: Value::Null };
            self.vendor.effect("update_contact", key, &changes, &nowhere).await?;
        }
        Ok(id)
    }
}

#[async_trait]
impl Crm for ConnectorCrm {
    async fn find_contact(&self, handle: &Handle) -> Result<Option<Contact>, BackofficeError> {
        // Bad handles are told apart here, as the book does.
        let own = self.book.find_contact(handle).await?;
        match self.remote_by(handle).await {
            Ok(Some(remote)) => match own {
                Some(own) if !may_be_one(&own.email, &remote.email) => Ok(Some(own)),
                Some(_) | None => self.entered(&remote).await.map(Some),
            },
            Ok(None) => Ok(own),
            // The book knows them: that is enough while the vendor is away.
            Err(_) if own.is_some() => Ok(own),
            Err(fault) => Err(fault.into()),
        }
    }

    async fn contact(&self, id: ContactId) -> Result<Contact, BackofficeError> {
        self.book.contact(id).await
    }

    async fn save_contact(&self, key: &str, request: SaveContact) -> Result<SavedContact, BackofficeError> {
        // Whoever the vendor knows under these handles is in the book before it judges whose they are.
        let handles = [request.email.clone().map(Handle::Email), request.phone.clone().map(Handle::Phone)];
        for handle in handles.into_iter().flatten() {
            if let Some(remote) = self.remote_by(&handle).await? {
                self.entered(&remote).await?;
            }
        }
        let saved = self.book.save_contact(key, request).await?;
        if saved.contact.email.is_some() || saved.contact.phone.is_some() {
            self.carried(key, &saved.contact).await?;
        }
        Ok(saved)
    }

    async fn save_opportunity(
        &self,
        key: &str,
        request: SaveOpportunity,
    ) -> Result<Opportunity, BackofficeError> {
        let contact = self.book.contact(request.contact).await?;
        let remote = self.carried(key, &contact).await?;
        let saved = self.book.save_opportunity(key, request).await?;
        let cents = saved.value.map(|value| value.0);
        let decimal = cents.map(|cents| format!("{}.{:02}", cents / 100, (cents % 100).abs()));
        let mut arguments = json!({
            "contact": remote,
            "title": saved.title,
            "value": decimal,
            "value_number": cents.map(|cents| cents as f64 / 100.0),
            "value_cents": cents,
            "stage": saved.stage,
            "origin": saved.origin,
            "today": self.clock.now().to_string().get(..10),
        });
        let local = saved.id.to_string();
        match self.linked(OPPORTUNITY, &local).await? {
            Some(id) => {
                arguments["id"] = json!(id);
                let nowhere = Lookup { operation: "", arguments: Value::Null };
                self.vendor.effect("update_opportunity", key, &arguments, &nowhere).await?;
            }
            None => {
                let lookup = Lookup {
                    operation: "find_opportunity",
                    arguments: json!({"contact": remote, "title": arguments["title"]}),
                };
                let made = self.vendor.effect("create_opportunity", key, &arguments, &lookup).await?;
                let Made { id } = shaped(made, self.vendor.name(), "create_opportunity")?;
                self.link(OPPORTUNITY, &local, &id.0).await?;
            }
        }
        Ok(saved)
    }

    async fn add_note(&self, key: &str, contact: ContactId, text: &str) -> Result<Note, BackofficeError> {
        let person = self.book.contact(contact).await?;
        let remote = self.carried(key, &person).await?;
        let note = self.book.add_note(key, contact, text).await?;
        let html = escaped(&note.text);
        let arguments = json!({"contact": remote, "text": note.text, "html": html});
        let lookup = Lookup { operation: "find_note", arguments: arguments.clone() };
        let made = self.vendor.effect("create_note", key, &arguments, &lookup).await?;
        // A file need not say which note was made; then nobody can delete it from here.
        if let Ok(Made { id }) = serde_json::from_value(made) {
            self.link(NOTE, &note.id.to_string(), &id.0).await?;
        }
        Ok(note)
    }

    async fn history(&self, contact: ContactId) -> Result<ContactHistory, BackofficeError> {
        if let Some(remote) = self.linked(CONTACT, &contact.to_string()).await?
            && let Err(error) = self.refresh(contact, &remote).await
        {
            // What the book has is told all the same.
            tracing::warn!(connector = %self.vendor.name(), %error, "a history is told without the vendor");
        }
        self.book.history(contact).await
    }

    async fn catch_up(&self, contact: ContactId) -> Result<bool, BackofficeError> {
        let Some(remote) = self.linked(CONTACT, &contact.to_string()).await? else { return Ok(true) };
        self.refresh(contact, &remote).await
    }

    async fn remember(
        &self,
        key: &str,
        contact: ContactId,
        name: &str,
        value: &str,
    ) -> Result<Contact, BackofficeError> {
        self.book.remember(key, contact, name, value).await
    }

    async fn record_consent(&self, consent: &ConsentRecord) -> Result<(), BackofficeError> {
        self.book.record_consent(consent).await
    }
}
