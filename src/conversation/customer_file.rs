//! Everything that is kept of a customer, in one document for them: what LGPD (art. 18 II and V) and GDPR (art. 15 and 20)
//! let people ask for. Reads, and changes nothing.

use crate::domain::ids::{ContactId, ConversationId};
use crate::domain::message::Role;
use crate::store::Stores;
use crate::store::error::StoreError;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Messages and records that are read at a time.
const PAGE: u32 = 500;
/// Most notes that are shown.
const NOTES: u32 = 10_000;

/// What is kept of a customer; none if nobody has this id.
///
/// # Errors
/// The store's.
pub async fn customer_file(stores: &Stores, id: ContactId) -> Result<Option<Value>, StoreError> {
    let Some(mut file) = one(stores, id).await? else { return Ok(None) };
    let mut before = Vec::new();
    for alias in stores.erasures.aliases(id).await? {
        before.extend(one(stores, alias).await?);
    }
    file["before_they_were_known"] = Value::Array(before);
    Ok(Some(file))
}

/// What is kept under one record.
async fn one(stores: &Stores, id: ContactId) -> Result<Option<Value>, StoreError> {
    let Some(contact) = stores.contacts.get(id).await? else { return Ok(None) };
    let mut conversations = Vec::new();
    for id in stores.erasures.conversations_of(id).await? {
        conversations.extend(conversation(stores, id).await?);
    }
    let interviews = stores.interviews.all_of(id).await?;
    let desk = &stores.backoffice;
    Ok(Some(json!({
        "contact": contact,
        "identities": stores.contacts.identities(id).await?,
        "consents": stores.contacts.consents(id).await?,
        "conversations": conversations,
        "interviews": interviews.into_iter().map(|record| record.state).collect::<Vec<_>>(),
        "opportunities": desk.opportunities(id).await?,
        "notes": desk.notes(id, NOTES).await?,
        "appointments": desk.appointments_of(id, Timestamp::MIN).await?,
        "tickets": desk.tickets(id).await?,
        "orders": desk.orders(id).await?,
    })))
}

/// A conversation with what was said in it; none if it is gone meanwhile.
async fn conversation(stores: &Stores, id: ConversationId) -> Result<Option<Value>, StoreError> {
    let Some(conversation) = stores.conversations.get(id).await? else { return Ok(None) };
    let mut messages = Vec::new();
    let mut after = 0;
    loop {
        let page = stores.conversations.messages(id, after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        messages.extend(page.into_iter().filter(|(_, message)| message.role != Role::System).map(
            |(_, message)| {
                json!({
                    "role": message.role,
                    "text": message.text,
                    "files": message.media.iter().map(|media| &media.file_name).collect::<Vec<_>>(),
                    "at": message.created_at,
                })
            },
        ));
    }
    Ok(Some(json!({
        "id": id,
        "channel": conversation.channel,
        "began_at": conversation.created_at,
        "came_from": conversation.metadata,
        "messages": messages,
    })))
}
