//! What people agreed to, or not, of messages that they did not ask for: written down for ever, the newest counts.

use crate::domain::contact::{ConsentRecord, Contact};
use crate::domain::ids::ContactId;
use crate::store::contacts::ContactStore;
use crate::store::error::StoreError;
use jiff::Timestamp;

/// What it is about.
pub const MARKETING: &str = "marketing";

/// Keeps a record about [`MARKETING`], and what counts now with the contact.
///
/// # Errors
/// The store's.
pub async fn record(
    contacts: &dyn ContactStore,
    consent: ConsentRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    contacts.record_consent(&consent).await?;
    // News come late and in any order: the newest counts.
    let newest = newest(contacts, consent.contact).await?;
    let agreed = newest.map_or(consent.agreed, |newest| newest.agreed);
    match contacts.get(consent.contact).await? {
        Some(known) if known.marketing_consent != Some(agreed) => {
            let changed = Contact { marketing_consent: Some(agreed), updated_at: now, ..known };
            contacts.save(&changed).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Since when a person wants no messages that they did not ask for; none if they have not said so. Who is only on file as
/// somebody who does not want any never did.
///
/// # Errors
/// The store's.
pub async fn out_since(
    contacts: &dyn ContactStore,
    contact: ContactId,
) -> Result<Option<Timestamp>, StoreError> {
    if let Some(newest) = newest(contacts, contact).await? {
        return Ok((!newest.agreed).then_some(newest.at));
    }
    let known = contacts.get(contact).await?;
    let is_out = known.is_some_and(|known| known.marketing_consent == Some(false));
    Ok(is_out.then_some(Timestamp::MIN))
}

async fn newest(
    contacts: &dyn ContactStore,
    contact: ContactId,
) -> Result<Option<ConsentRecord>, StoreError> {
    Ok(contacts.consents(contact).await?.into_iter().rfind(|one| one.purpose == MARKETING))
}
