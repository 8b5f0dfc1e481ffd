//! The CRM on the program's own store. Saving a contact is safe to repeat by its nature: it brings the record into
//! a state, so it needs no key.

use super::Foundation;
use super::merge::{Known, Proof, into_found, into_own};
use crate::backoffice::BackofficeError;
use crate::backoffice::crm::{
    ContactHistory, ContactOutcome, Crm, Handle, SaveContact, SaveOpportunity, SavedContact,
};
use crate::backoffice::limits;
use crate::backoffice::words::fold;
use crate::config::backoffice::CrmRules;
use crate::domain::contact::{ConsentRecord, Contact, Identity, IdentityKind, Preference};
use crate::domain::crm::{Note, Opportunity};
use crate::domain::handle::{canonical_email, canonical_phone, phone_forms};
use crate::domain::ids::{ContactId, RecordId};
use crate::store::backoffice::EffectKey;
use async_trait::async_trait;

/// How many notes a history holds.
const NOTES: u32 = 20;
/// How many orders a history holds.
const ORDERS: usize = 10;
/// Most preferences of one contact.
const MOST_PREFERENCES: usize = 50;

/// The embedded CRM.
pub struct EmbeddedCrm {
    on: Foundation,
    rules: CrmRules,
}

impl EmbeddedCrm {
    /// A CRM on these tables.
    pub fn new(foundation: Foundation, rules: CrmRules) -> Self {
        Self { on: foundation, rules }
    }

    async fn by_email(&self, email: &str) -> Result<Option<Contact>, BackofficeError> {
        let identity = Identity { kind: IdentityKind::Email, value: email.to_owned() };
        Ok(self.on.contacts.find(&identity).await?)
    }

    async fn by_phone(&self, phone: &str) -> Result<Option<Contact>, BackofficeError> {
        for value in phone_forms(phone) {
            if let Some(contact) =
                self.on.contacts.find(&Identity { kind: IdentityKind::Phone, value }).await?
            {
                return Ok(Some(contact));
            }
        }
        Ok(None)
    }

    /// The one other contact that the handles given belong to.
    async fn found_elsewhere(
        &self,
        own: ContactId,
        known: &Known,
    ) -> Result<Option<Contact>, BackofficeError> {
        let by_email = match &known.email {
            Some(email) => self.by_email(email).await?.filter(|contact| contact.id != own),
            None => None,
        };
        let by_phone = match &known.phone {
            Some(phone) => self.by_phone(phone).await?.filter(|contact| contact.id != own),
            None => None,
        };
        match (by_email, by_phone) {
            (Some(one), Some(other)) if one.id != other.id => Err(BackofficeError::conflict(
                "this e-mail and this phone are on file for different contacts",
            )),
            (found, other) => Ok(found.or(other)),
        }
    }

    async fn save_own(
        &self,
        own: Option<Contact>,
        id: ContactId,
        known: &Known,
    ) -> Result<SavedContact, BackofficeError> {
        let now = self.on.clock.now();
        let before = own;
        let mut contact = before.clone().unwrap_or_else(|| Contact::new(id, now));
        let outcome = if has_handle(&contact) || contact.name.is_some() {
            ContactOutcome::Updated
        } else {
            ContactOutcome::Created
        };
        let newcomer = self.rules.contact_stages.first().map_or("lead", String::as_str);
        let kept = into_own(&mut contact, known, newcomer);
        self.save_if_changed(before.as_ref(), &mut contact).await?;
        Ok(SavedContact { contact, outcome, kept })
    }

    async fn save_found(
        &self,
        own: Option<Contact>,
        found: Contact,
        known: &Known,
        verified: &[Identity],
    ) -> Result<SavedContact, BackofficeError> {
        let handles = self.on.contacts.identities(found.id).await?;
        let proof = if verified.iter().any(|identity| handles.contains(identity)) {
            Proof::Verified
        } else {
            Proof::Unverified
        };
        if proof == Proof::Unverified && own.as_ref().is_some_and(has_handle) {
            return Err(BackofficeError::conflict(
                "this e-mail or phone is on file for another contact; the team has to look at it",
            ));
        }
        let mut known = known.clone();
        if let Some(own) = own.filter(has_handle) {
            known.name = known.name.or(own.name);
            known.email = known.email.or(own.email);
            known.phone = known.phone.or(own.phone);
            self.hand_over(own.id, found.id).await?;
        }
        let mut contact = found.clone();
        let kept = into_found(&mut contact, &known, proof);
        self.save_if_changed(Some(&found), &mut contact).await?;
        Ok(SavedContact { contact, outcome: ContactOutcome::Linked, kept })
    }

    /// Points every handle of `own` to `heir`: the person has proven to be both.
    async fn hand_over(&self, own: ContactId, heir: ContactId) -> Result<(), BackofficeError> {
        for identity in self.on.contacts.identities(own).await? {
            self.on.contacts.link(heir, &identity, self.on.clock.now()).await?;
        }
        Ok(())
    }

    async fn save_if_changed(
        &self,
        before: Option<&Contact>,
        contact: &mut Contact,
    ) -> Result<(), BackofficeError> {
        if before != Some(contact) {
            contact.updated_at = self.on.clock.now();
            self.on.contacts.save(contact).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Crm for EmbeddedCrm {
    async fn find_contact(&self, handle: &Handle) -> Result<Option<Contact>, BackofficeError> {
        match handle {
            Handle::Email(email) => self.by_email(&read_email(email)?).await,
            Handle::Phone(phone) => self.by_phone(&read_phone(phone)?).await,
        }
    }

    async fn contact(&self, id: ContactId) -> Result<Contact, BackofficeError> {
        self.on.contacts.get(id).await?.ok_or_else(|| BackofficeError::not_found("contact"))
    }

    async fn save_contact(&self, _key: &str, request: SaveContact) -> Result<SavedContact, BackofficeError> {
        let known = read_request(&request, &self.rules)?;
        let own = self.on.contacts.get(request.contact).await?;
        match self.found_elsewhere(request.contact, &known).await? {
            Some(found) => self.save_found(own, found, &known, &request.verified).await,
            None => self.save_own(own, request.contact, &known).await,
        }
    }

    async fn save_opportunity(
        &self,
        key: &str,
        request: SaveOpportunity,
    ) -> Result<Opportunity, BackofficeError> {
        let now = self.on.clock.now();
        let before = match request.id {
            None => None,
            Some(id) => Some(
                self.on
                    .records
                    .opportunities(request.contact)
                    .await?
                    .into_iter()
                    .find(|opportunity| opportunity.id == id)
                    .ok_or_else(|| BackofficeError::not_found("opportunity"))?,
            ),
        };
        let stage = match &request.stage {
            Some(stage) => one_of("stage", stage, &self.rules.opportunity_stages)?,
            None => before
                .as_ref()
                .map(|opportunity| opportunity.stage.clone())
                .or_else(|| self.rules.opportunity_stages.first().cloned())
                .unwrap_or_else(|| "new".to_owned()),
        };
        let opportunity = Opportunity {
            id: before
                .as_ref()
                .map_or_else(|| RecordId(self.on.clock.new_id()), |opportunity| opportunity.id),
            contact: request.contact,
            title: limits::line("title", &request.title, limits::LINE)?,
            value: request.value.or(before.as_ref().and_then(|opportunity| opportunity.value)),
            stage,
            origin: before.as_ref().and_then(|opportunity| opportunity.origin.clone()).or(request.origin),
            created_at: before.map_or(now, |opportunity| opportunity.created_at),
            updated_at: now,
        };
        Ok(self.on.records.save_opportunity(&EffectKey(key.to_owned()), &opportunity).await?)
    }

    async fn add_note(&self, key: &str, contact: ContactId, text: &str) -> Result<Note, BackofficeError> {
        let note = Note {
            id: RecordId(self.on.clock.new_id()),
            contact,
            text: limits::story("text", text)?,
            created_at: self.on.clock.now(),
        };
        Ok(self.on.records.add_note(&EffectKey(key.to_owned()), &note).await?)
    }

    async fn history(&self, contact: ContactId) -> Result<ContactHistory, BackofficeError> {
        let person = self.contact(contact).await?;
        let mut orders = self.on.records.orders(contact).await?;
        orders.truncate(ORDERS);
        Ok(ContactHistory {
            contact: person,
            opportunities: self.on.records.opportunities(contact).await?,
            notes: self.on.records.notes(contact, NOTES).await?,
            orders,
        })
    }

    async fn remember(
        &self,
        _key: &str,
        contact: ContactId,
        name: &str,
        value: &str,
    ) -> Result<Contact, BackofficeError> {
        let before = self.contact(contact).await?;
        let name = limits::line("name", name, limits::WORD)?;
        let value = limits::line("value", value, limits::LINE)?;
        let present = before.preferences.iter().find(|preference| preference.key == name);
        if present.is_none() && before.preferences.len() >= MOST_PREFERENCES {
            return Err(BackofficeError::conflict("too many preferences are on file for this contact"));
        }
        if present.is_none_or(|preference| preference.value != value) {
            let preference = Preference { key: name, value, recorded_at: self.on.clock.now() };
            self.on.contacts.remember(contact, preference).await?;
        }
        self.contact(contact).await
    }

    async fn record_consent(&self, consent: &ConsentRecord) -> Result<(), BackofficeError> {
        Ok(self.on.contacts.record_consent(consent).await?)
    }
}

fn has_handle(contact: &Contact) -> bool {
    contact.email.is_some() || contact.phone.is_some()
}

fn read_request(request: &SaveContact, rules: &CrmRules) -> Result<Known, BackofficeError> {
    let line = |field, text: &Option<String>, longest| {
        text.as_deref().map(|text| limits::line(field, text, longest)).transpose()
    };
    Ok(Known {
        name: line("name", &request.name, limits::LINE)?,
        email: request.email.as_deref().map(read_email).transpose()?,
        phone: request.phone.as_deref().map(read_phone).transpose()?,
        stage: request
            .stage
            .as_deref()
            .map(|stage| one_of("stage", stage, &rules.contact_stages))
            .transpose()?,
        tags: request
            .tags
            .iter()
            .map(|tag| limits::line("tags", tag, limits::WORD))
            .collect::<Result<_, _>>()?,
        retired_tags: request.retired_tags.clone(),
        origin: line("origin", &request.origin, limits::WORD)?,
        marketing_consent: request.marketing_consent,
    })
}

fn read_email(text: &str) -> Result<String, BackofficeError> {
    canonical_email(text).ok_or_else(|| BackofficeError::invalid("email", "is not an e-mail address"))
}

fn read_phone(text: &str) -> Result<String, BackofficeError> {
    canonical_phone(text)
        .ok_or_else(|| BackofficeError::invalid("phone", "is not a phone number with its area code"))
}

/// The configured word that was meant.
fn one_of(field: &'static str, given: &str, allowed: &[String]) -> Result<String, BackofficeError> {
    let given = fold(given.trim());
    allowed
        .iter()
        .find(|word| fold(word) == given)
        .cloned()
        .ok_or_else(|| BackofficeError::invalid(field, format!("must be one of: {}", allowed.join(", "))))
}
