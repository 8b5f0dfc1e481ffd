//! People and their identities on SQLite.

use super::Database;
use super::rows::{consent, contact, identity};
use super::statement::query;
use super::transaction::Transaction;
use super::writer::Atomicity;
use crate::domain::contact::{ConsentRecord, Contact, Identity, IdentityKind, Preference};
use crate::domain::ids::ContactId;
use crate::store::contacts::ContactStore;
use crate::store::conversations::NewConversation;
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::{blob, json};
use async_trait::async_trait;
use jiff::Timestamp;

/// [`ContactStore`] on SQLite.
pub(super) struct Contacts {
    database: Database,
}

impl Contacts {
    pub(super) fn on(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl ContactStore for Contacts {
    async fn get(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        self.database.reader.one(query(sql::contacts::GET).bind(blob(id.0)), contact)
    }

    async fn find(&self, identity: &Identity) -> Result<Option<Contact>, StoreError> {
        let statement = query(sql::contacts::FIND).bind(identity.kind.as_str()).bind(identity.value.as_str());
        self.database.reader.one(statement, contact)
    }

    async fn identities(&self, id: ContactId) -> Result<Vec<Identity>, StoreError> {
        self.database.reader.few(query(sql::contacts::IDENTITIES).bind(blob(id.0)), identity)
    }

    async fn save(&self, contact: &Contact) -> Result<(), StoreError> {
        let contact = contact.clone();
        self.database.writer.run(Atomicity::Savepoint, |tx| save(tx, contact)).await
    }

    async fn link(&self, contact: ContactId, identity: &Identity, at: Timestamp) -> Result<(), StoreError> {
        let identity = identity.clone();
        self.database.writer.run(Atomicity::Savepoint, move |tx| link(tx, contact, identity, at)).await
    }

    async fn unlink(&self, contact: ContactId, identity: &Identity) -> Result<(), StoreError> {
        let statement = query(sql::contacts::UNLINK)
            .bind(identity.kind.as_str())
            .bind(identity.value.as_str())
            .bind(blob(contact.0));
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(statement).map(drop)).await
    }

    async fn remember(&self, contact: ContactId, preference: Preference) -> Result<(), StoreError> {
        self.database.writer.run(Atomicity::RefusesFirst, move |tx| remember(tx, contact, preference)).await
    }

    async fn record_consent(&self, consent: &ConsentRecord) -> Result<(), StoreError> {
        let statement = query(sql::interviews::RECORD_CONSENT)
            .bind(blob(consent.contact.0))
            .bind(consent.purpose.as_str())
            .bind(consent.version.as_str())
            .bind(consent.agreed)
            .bind(consent.words.as_str())
            .bind(consent.channel.as_str())
            .bind(consent.at.as_millisecond());
        self.database.writer.run(Atomicity::RefusesFirst, |tx| tx.write(statement).map(drop)).await
    }

    async fn consents(&self, contact: ContactId) -> Result<Vec<ConsentRecord>, StoreError> {
        self.database.reader.few(query(sql::interviews::CONSENTS).bind(blob(contact.0)), consent)
    }

    async fn list(&self, after: Option<ContactId>, limit: u32) -> Result<Vec<Contact>, StoreError> {
        let statement = match after {
            Some(last) => query(sql::contacts::AFTER).bind(blob(last.0)).bind(limit),
            None => query(sql::contacts::FIRST).bind(limit),
        };
        self.database.reader.many(statement, contact).await
    }
}

/// The contact of a new conversation's identity; made, with that identity, if nobody has it.
pub(super) fn known_or_made(
    transaction: &mut Transaction,
    new: &NewConversation,
) -> Result<ContactId, StoreError> {
    if let Some(known) = owner_of(transaction, &new.identity)? {
        return Ok(known);
    }
    let own = |kind| (new.identity.kind == kind).then(|| new.identity.value.clone());
    let statement = query(sql::contacts::MAKE)
        .bind(blob(new.contact.0))
        .bind(new.name.clone())
        .bind(own(IdentityKind::Email))
        .bind(own(IdentityKind::Phone))
        .bind(new.language.tag())
        .bind(new.channel.clone())
        .bind(new.at.as_millisecond());
    transaction.write(statement)?;
    point(transaction, new.contact, &new.identity, new.at)?;
    Ok(new.contact)
}

fn save(transaction: &mut Transaction, contact: Contact) -> Result<(), StoreError> {
    let statement = query(sql::contacts::SAVE)
        .bind(blob(contact.id.0))
        .bind(contact.name)
        .bind(contact.email.clone())
        .bind(contact.phone.clone())
        .bind(contact.language.map(|language| language.tag()))
        .bind(contact.stage)
        .bind(json(&contact.tags)?)
        .bind(contact.origin)
        .bind(contact.marketing_consent)
        .bind(json(&contact.preferences)?)
        .bind(contact.created_at.as_millisecond())
        .bind(contact.updated_at.as_millisecond());
    if transaction.write(statement)? == 0 {
        return Err(StoreError::NotFound);
    }
    let handles = [(IdentityKind::Email, contact.email), (IdentityKind::Phone, contact.phone)];
    for (kind, value) in handles {
        let Some(value) = value else { continue };
        let statement = query(sql::contacts::CLAIM_IDENTITY)
            .bind(kind.as_str())
            .bind(value)
            .bind(blob(contact.id.0))
            .bind(contact.updated_at.as_millisecond());
        if transaction.write_returning(statement, |_| Ok(()))?.is_empty() {
            return Err(StoreError::Conflict(format!("the {} belongs to another contact", kind.as_str())));
        }
    }
    Ok(())
}

/// The one who loses a primary e-mail or phone loses it from the record too: else their next save would be
/// refused.
fn link(
    transaction: &mut Transaction,
    contact: ContactId,
    identity: Identity,
    at: Timestamp,
) -> Result<(), StoreError> {
    let exists = transaction.read(query(sql::contacts::PREFERENCES).bind(blob(contact.0)), |_| Ok(()))?;
    exists.ok_or(StoreError::NotFound)?;
    let former = owner_of(transaction, &identity)?.filter(|former| *former != contact);
    point(transaction, contact, &identity, at)?;
    let drop_handle = match identity.kind {
        IdentityKind::Email => sql::contacts::DROP_EMAIL,
        IdentityKind::Phone => sql::contacts::DROP_PHONE,
        IdentityKind::WebVisitor | IdentityKind::Terminal | IdentityKind::ChannelUser => return Ok(()),
    };
    if let Some(former) = former {
        let statement =
            query(drop_handle).bind(identity.value).bind(blob(former.0)).bind(at.as_millisecond());
        transaction.write(statement)?;
    }
    Ok(())
}

fn owner_of(transaction: &mut Transaction, identity: &Identity) -> Result<Option<ContactId>, StoreError> {
    let statement =
        query(sql::contacts::OWNER_OF_IDENTITY).bind(identity.kind.as_str()).bind(identity.value.as_str());
    transaction.read(statement, |columns| columns.id().map(ContactId))
}

fn point(
    transaction: &mut Transaction,
    contact: ContactId,
    identity: &Identity,
    at: Timestamp,
) -> Result<(), StoreError> {
    let statement = query(sql::contacts::LINK)
        .bind(identity.kind.as_str())
        .bind(identity.value.as_str())
        .bind(blob(contact.0))
        .bind(at.as_millisecond());
    transaction.write(statement)?;
    Ok(())
}

fn remember(
    transaction: &mut Transaction,
    contact: ContactId,
    preference: Preference,
) -> Result<(), StoreError> {
    let known = transaction
        .read(query(sql::contacts::PREFERENCES).bind(blob(contact.0)), |columns| columns.json())?;
    let mut preferences: Vec<Preference> = known.ok_or(StoreError::NotFound)?;
    let at = preference.recorded_at.as_millisecond();
    match preferences.iter_mut().find(|known| known.key == preference.key) {
        Some(newer) if newer.recorded_at > preference.recorded_at => return Ok(()),
        Some(older) => *older = preference,
        None => preferences.push(preference),
    }
    let statement =
        query(sql::contacts::SET_PREFERENCES).bind(blob(contact.0)).bind(json(&preferences)?).bind(at);
    transaction.write(statement)?;
    Ok(())
}
