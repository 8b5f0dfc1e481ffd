//! Two contacts that turn out to be one person: a visitor has proven to be a customer on file. What was made of them when
//! they came goes over to the record on file: what they agreed to, what they asked us to remember, and a channel's handles,
//! which a browser has none of. Somebody who is on file as another person stays apart, whatever was proven: two people are
//! never mixed.

use crate::domain::contact::{ConsentRecord, Contact, IdentityKind};
use crate::domain::ids::ContactId;
use crate::store::contacts::ContactStore;
use crate::store::error::StoreError;
use jiff::Timestamp;

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum United {
    /// They are one now, or were already.
    One,
    /// They stay two.
    Apart,
}

/// Makes `made`, a contact that a channel has made, one with `on_file`, whom they have proven to be. Doing it again changes
/// nothing.
///
/// # Errors
/// The store's; then it has to be done again.
pub async fn unite(
    contacts: &dyn ContactStore,
    made: ContactId,
    on_file: ContactId,
    now: Timestamp,
) -> Result<United, StoreError> {
    if made == on_file {
        return Ok(United::One);
    }
    let (Some(from), Some(into)) = (contacts.get(made).await?, contacts.get(on_file).await?) else {
        return Ok(United::Apart);
    };
    if from.email.is_some() {
        return Ok(United::Apart);
    }
    for consent in contacts.consents(made).await? {
        contacts.record_consent(&ConsentRecord { contact: on_file, ..consent }).await?;
    }
    for preference in &from.preferences {
        contacts.remember(on_file, preference.clone()).await?;
    }
    let marketing_consent = match from.marketing_consent {
        // A no is always taken.
        Some(false) => Some(false),
        other => into.marketing_consent.or(other),
    };
    if marketing_consent != into.marketing_consent {
        // The record as it is now: its preferences may have grown.
        let Some(known) = contacts.get(on_file).await? else { return Ok(United::Apart) };
        contacts.save(&Contact { marketing_consent, updated_at: now, ..known }).await?;
    }
    let identities = contacts.identities(made).await?;
    // The number of somebody of a channel is the channel's own word; that of a browser is only what somebody said.
    let is_of_a_channel = identities
        .iter()
        .all(|identity| matches!(identity.kind, IdentityKind::ChannelUser | IdentityKind::Phone));
    if !is_of_a_channel {
        return Ok(United::One);
    }
    // Last: whoever has the handles is the one.
    for identity in &identities {
        contacts.link(on_file, identity, now).await?;
    }
    if let (None, Some(phone)) = (&into.phone, from.phone) {
        let Some(known) = contacts.get(on_file).await? else { return Ok(United::Apart) };
        contacts.save(&Contact { phone: Some(phone), updated_at: now, ..known }).await?;
    }
    tracing::info!(contact.id = %on_file, "a contact of a channel has proven to be one on file; they are one now");
    Ok(United::One)
}
