//! People and their identities on PostgreSQL.

use super::database::{Atomicity, Database, Transaction};
use super::rows::{Columns, consent, contact, identity};
use super::scripts;
use super::text::{json, stored};
use crate::domain::contact::{ConsentRecord, Contact, Identity, IdentityKind, Preference};
use crate::domain::ids::ContactId;
use crate::store::contacts::ContactStore;
use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::sql::values::blob;
use async_trait::async_trait;
use jiff::Timestamp;

/// [`ContactStore`] on PostgreSQL.
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
        let row = self.database.one(sqlx::query(sql::contacts::GET).bind(blob(id.0))).await?;
        row.as_ref().map(contact).transpose()
    }

    async fn find(&self, identity: &Identity) -> Result<Option<Contact>, StoreError> {
        let statement =
            sqlx::query(sql::contacts::FIND).bind(identity.kind.as_str()).bind(stored(&identity.value));
        self.database.one(statement).await?.as_ref().map(contact).transpose()
    }

    async fn identities(&self, id: ContactId) -> Result<Vec<Identity>, StoreError> {
        let rows = self.database.all(sqlx::query(sql::contacts::IDENTITIES).bind(blob(id.0))).await?;
        rows.iter().map(identity).collect()
    }

    async fn save(&self, contact: &Contact) -> Result<(), StoreError> {
        let contact = contact.clone();
        self.database.write(Atomicity::Transaction, move |tx| Box::pin(save(tx, contact.clone()))).await
    }

    async fn link(&self, contact: ContactId, identity: &Identity, at: Timestamp) -> Result<(), StoreError> {
        let identity = identity.clone();
        self.database
            .write(Atomicity::Transaction, move |tx| Box::pin(link(tx, contact, identity.clone(), at)))
            .await
    }

    async fn unlink(&self, contact: ContactId, identity: &Identity) -> Result<(), StoreError> {
        let identity = identity.clone();
        self.database
            .write(Atomicity::Statement, move |tx| {
                let identity = identity.clone();
                Box::pin(async move {
                    let statement = sqlx::query(sql::contacts::UNLINK)
                        .bind(identity.kind.as_str())
                        .bind(stored(&identity.value))
                        .bind(blob(contact.0));
                    tx.write(statement).await.map(drop)
                })
            })
            .await
    }

    async fn remember(&self, contact: ContactId, preference: Preference) -> Result<(), StoreError> {
        self.database
            .write(Atomicity::Transaction, move |tx| Box::pin(remember(tx, contact, preference.clone())))
            .await
    }

    async fn record_consent(&self, consent: &ConsentRecord) -> Result<(), StoreError> {
        let consent = consent.clone();
        self.database
            .write(Atomicity::Statement, move |tx| {
                let consent = consent.clone();
                Box::pin(async move {
                    let statement = sqlx::query(sql::interviews::RECORD_CONSENT)
                        .bind(blob(consent.contact.0))
                        .bind(stored(&consent.purpose))
                        .bind(stored(&consent.version))
                        .bind(consent.agreed)
                        .bind(stored(&consent.words))
                        .bind(stored(&consent.channel))
                        .bind(consent.at.as_millisecond());
                    tx.write(statement).await.map(drop)
                })
            })
            .await
    }

    async fn consents(&self, contact: ContactId) -> Result<Vec<ConsentRecord>, StoreError> {
        let statement = sqlx::query(sql::interviews::CONSENTS).bind(blob(contact.0));
        self.database.all(statement).await?.iter().map(consent).collect()
    }

    async fn list(&self, after: Option<ContactId>, limit: u32) -> Result<Vec<Contact>, StoreError> {
        let statement = match after {
            Some(last) => sqlx::query(sql::contacts::AFTER).bind(blob(last.0)),
            None => sqlx::query(sql::contacts::FIRST),
        };
        self.database.all(statement.bind(i64::from(limit))).await?.iter().map(contact).collect()
    }
}

/// Waits for whoever is forgetting this person: behind that the next statement sees that they were forgotten. `$1` contact.
const WAIT: &str = "SELECT id FROM contacts WHERE id = $1 FOR NO KEY UPDATE";

async fn save(transaction: &mut Transaction, contact: Contact) -> Result<(), StoreError> {
    transaction.row(sqlx::query(WAIT).bind(blob(contact.id.0))).await?;
    let statement = sqlx::query(sql::contacts::SAVE)
        .bind(blob(contact.id.0))
        .bind(contact.name.as_deref().map(stored))
        .bind(contact.email.as_deref().map(stored))
        .bind(contact.phone.as_deref().map(stored))
        .bind(contact.language.map(|language| language.tag()))
        .bind(contact.stage.as_deref().map(stored))
        .bind(json(&contact.tags)?)
        .bind(contact.origin.as_deref().map(stored))
        .bind(contact.marketing_consent)
        .bind(json(&contact.preferences)?)
        .bind(contact.created_at.as_millisecond())
        .bind(contact.updated_at.as_millisecond());
    if transaction.write(statement).await? == 0 {
        return Err(StoreError::NotFound);
    }
    let handles = [(IdentityKind::Email, &contact.email), (IdentityKind::Phone, &contact.phone)];
    for (kind, value) in handles {
        let Some(value) = value else { continue };
        let statement = sqlx::query(sql::contacts::CLAIM_IDENTITY)
            .bind(kind.as_str())
            .bind(stored(value))
            .bind(blob(contact.id.0))
            .bind(contact.updated_at.as_millisecond());
        if transaction.row(statement).await?.is_none() {
            return Err(StoreError::Conflict(format!("the {} belongs to another contact", kind.as_str())));
        }
    }
    Ok(())
}

/// The one who loses a primary e-mail or phone loses it from the record too: else their next save would be
/// refused.
async fn link(
    transaction: &mut Transaction,
    contact: ContactId,
    identity: Identity,
    at: Timestamp,
) -> Result<(), StoreError> {
    let exists = transaction.row(sqlx::query(sql::contacts::PREFERENCES).bind(blob(contact.0))).await?;
    exists.ok_or(StoreError::NotFound)?;
    let former = owner_of(transaction, &identity).await?.filter(|former| *former != contact);
    let statement = sqlx::query(sql::contacts::LINK)
        .bind(identity.kind.as_str())
        .bind(stored(&identity.value))
        .bind(blob(contact.0))
        .bind(at.as_millisecond());
    transaction.write(statement).await?;
    let drop_handle = match identity.kind {
        IdentityKind::Email => sql::contacts::DROP_EMAIL,
        IdentityKind::Phone => sql::contacts::DROP_PHONE,
        IdentityKind::WebVisitor | IdentityKind::Terminal | IdentityKind::ChannelUser => return Ok(()),
    };
    if let Some(former) = former {
        let statement = sqlx::query(drop_handle)
            .bind(stored(&identity.value))
            .bind(blob(former.0))
            .bind(at.as_millisecond());
        transaction.write(statement).await?;
    }
    Ok(())
}

async fn owner_of(
    transaction: &mut Transaction,
    identity: &Identity,
) -> Result<Option<ContactId>, StoreError> {
    let statement =
        sqlx::query(scripts::OWNER_OF_IDENTITY).bind(identity.kind.as_str()).bind(stored(&identity.value));
    let row = transaction.row(statement).await?;
    row.map(|row| Columns::of(&row).id().map(ContactId)).transpose()
}

async fn remember(
    transaction: &mut Transaction,
    contact: ContactId,
    preference: Preference,
) -> Result<(), StoreError> {
    let row = transaction.row(sqlx::query(scripts::PREFERENCES).bind(blob(contact.0))).await?;
    let mut preferences: Vec<Preference> = Columns::of(&row.ok_or(StoreError::NotFound)?).json()?;
    let at = preference.recorded_at.as_millisecond();
    match preferences.iter_mut().find(|known| known.key == preference.key) {
        Some(newer) if newer.recorded_at > preference.recorded_at => return Ok(()),
        Some(older) => *older = preference,
        None => preferences.push(preference),
    }
    let statement =
        sqlx::query(sql::contacts::SET_PREFERENCES).bind(blob(contact.0)).bind(json(&preferences)?).bind(at);
    transaction.write(statement).await?;
    Ok(())
}
