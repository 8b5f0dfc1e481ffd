//! How rows are read: column by column, from left to right. Decides nothing.

use super::error::sorted;
use crate::domain::contact::{ConsentRecord, Contact, Identity};
use crate::domain::conversation::Conversation;
use crate::domain::event::Event;
use crate::domain::ids::{ContactId, ConversationId, MessageId, OutboxId, TurnId};
use crate::store::error::StoreError;
use crate::store::outbox::Delivery;
use crate::store::sql::values::{
    from_json, identity_kind, language, owner, read_hash, read_id, read_time, state,
};
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlResult, ValueRef};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The columns of a row, read from left to right.
pub(super) struct Columns<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl<'r> Columns<'r> {
    /// Begins with the first column.
    pub(super) fn of(row: &'r Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    /// The next column as it stands.
    pub(super) fn value<T: FromSql>(&mut self) -> Result<T, StoreError> {
        let value = self.row.get(self.next).map_err(sorted)?;
        self.next += 1;
        Ok(value)
    }

    /// The next column, text that is only looked at.
    pub(super) fn text(&mut self) -> Result<&'r str, StoreError> {
        self.lent(|value| value.as_str())
    }

    /// The next column, perhaps text that is only looked at.
    pub(super) fn optional_text(&mut self) -> Result<Option<&'r str>, StoreError> {
        self.lent(|value| value.as_str_or_null())
    }

    /// The next column, lent by the row.
    fn lent<T>(&mut self, read: fn(ValueRef<'r>) -> FromSqlResult<T>) -> Result<T, StoreError> {
        let column = self.next;
        self.next += 1;
        let unreadable = |error| StoreError::Fault(format!("unreadable column {column}: {error}"));
        read(self.row.get_ref(column).map_err(sorted)?).map_err(unreadable)
    }

    /// The next column, an id.
    pub(super) fn id(&mut self) -> Result<Uuid, StoreError> {
        read_id(self.lent(|value| value.as_blob())?)
    }

    /// The next column, perhaps an id.
    pub(super) fn optional_id(&mut self) -> Result<Option<Uuid>, StoreError> {
        self.lent(|value| value.as_blob_or_null())?.map(read_id).transpose()
    }

    /// The next column, a time.
    pub(super) fn time(&mut self) -> Result<Timestamp, StoreError> {
        read_time(self.value()?)
    }

    /// The next column, perhaps a time.
    pub(super) fn optional_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.value::<Option<i64>>()?.map(read_time).transpose()
    }

    /// The next column, JSON.
    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        from_json(self.text()?)
    }

    /// The next column, a hash.
    pub(super) fn hash(&mut self) -> Result<[u8; 32], StoreError> {
        read_hash(self.lent(|value| value.as_blob())?)
    }

    /// The next column, perhaps a hash.
    pub(super) fn optional_hash(&mut self) -> Result<Option<[u8; 32]>, StoreError> {
        self.lent(|value| value.as_blob_or_null())?.map(read_hash).transpose()
    }
}

/// Reads a conversation from its columns.
pub(super) fn conversation(columns: &mut Columns<'_>) -> Result<Conversation, StoreError> {
    Ok(Conversation {
        id: ConversationId(columns.id()?),
        channel: columns.value()?,
        contact: ContactId(columns.id()?),
        language: language(columns.text()?)?,
        state: state(columns.text()?)?,
        owner: owner(columns.text()?, columns.value()?)?,
        owner_until: columns.optional_time()?,
        epoch: columns.value()?,
        last_seq: columns.value()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
        metadata: columns.json()?,
        interviewed: columns.value()?,
    })
}

/// Reads an event from its columns.
pub(super) fn event(columns: &mut Columns<'_>) -> Result<Event, StoreError> {
    Ok(Event {
        conversation: ConversationId(columns.id()?),
        seq: columns.value()?,
        turn: columns.optional_id()?.map(TurnId),
        at: columns.time()?,
        body: columns.json()?,
    })
}

/// Reads a contact from its columns.
pub(super) fn contact(columns: &mut Columns<'_>) -> Result<Contact, StoreError> {
    Ok(Contact {
        id: ContactId(columns.id()?),
        name: columns.value()?,
        email: columns.value()?,
        phone: columns.value()?,
        language: columns.optional_text()?.map(language).transpose()?,
        stage: columns.value()?,
        tags: columns.json()?,
        origin: columns.value()?,
        marketing_consent: columns.value()?,
        preferences: columns.json()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
    })
}

/// Reads what a person agreed to from its columns.
pub(super) fn consent(columns: &mut Columns<'_>) -> Result<ConsentRecord, StoreError> {
    Ok(ConsentRecord {
        contact: ContactId(columns.id()?),
        purpose: columns.value()?,
        version: columns.value()?,
        agreed: columns.value()?,
        words: columns.value()?,
        channel: columns.value()?,
        at: columns.time()?,
    })
}

/// Reads an identity from its columns.
pub(super) fn identity(columns: &mut Columns<'_>) -> Result<Identity, StoreError> {
    let kind = identity_kind(columns.text()?)?;
    Ok(Identity { kind, value: columns.value()? })
}

/// Reads a delivery from its columns, behind its position.
pub(super) fn delivery(columns: &mut Columns<'_>) -> Result<(i64, Delivery), StoreError> {
    let position = columns.value()?;
    let (id, conversation) = (OutboxId(columns.id()?), ConversationId(columns.id()?));
    let (channel, message) = (columns.value()?, MessageId(columns.id()?));
    let (attempts, settlements): (u32, u32) = (columns.value()?, columns.value()?);
    // This attempt has no end yet; one more without an end is one that nobody knows of.
    let in_doubt = attempts > settlements.saturating_add(1);
    let delivery = Delivery { id, conversation, channel, message, attempts, in_doubt };
    Ok((position, delivery))
}
