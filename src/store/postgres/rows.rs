//! How rows are read: column by column, from left to right. Decides nothing.

use super::error::sorted;
use super::text;
use crate::domain::contact::{ConsentRecord, Contact, Identity};
use crate::domain::conversation::Conversation;
use crate::domain::event::Event;
use crate::domain::ids::{ContactId, ConversationId, MessageId, OutboxId, TurnId};
use crate::store::error::StoreError;
use crate::store::outbox::Delivery;
use crate::store::sql::values::{identity_kind, language, owner, read_hash, read_id, read_time, state};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::postgres::{PgArguments, PgRow, Postgres};
use sqlx::{Decode, Row, Type};
use uuid::Uuid;

/// A statement with its bound values.
pub(super) type Statement<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

/// The columns of a row, read from left to right.
pub(super) struct Columns<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> Columns<'r> {
    /// Begins with the first column.
    pub(super) fn of(row: &'r PgRow) -> Self {
        Self { row, next: 0 }
    }

    /// The next column as it stands. Texts have a way of their own.
    pub(super) fn value<T: Decode<'r, Postgres> + Type<Postgres>>(&mut self) -> Result<T, StoreError> {
        let value = self.row.try_get(self.next).map_err(sorted)?;
        self.next += 1;
        Ok(value)
    }

    /// The next column, a text that somebody wrote.
    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        self.value().map(text::read)
    }

    /// The next column, perhaps a text that somebody wrote.
    pub(super) fn optional_text(&mut self) -> Result<Option<String>, StoreError> {
        Ok(self.value::<Option<&str>>()?.map(text::read))
    }

    /// The next column, one of the names of the program's own.
    pub(super) fn name(&mut self) -> Result<&'r str, StoreError> {
        self.value()
    }

    /// The next column, a 1 for yes: how texts that serve every database say it.
    pub(super) fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.value::<i32>()? == 1)
    }

    /// The next column, an id.
    pub(super) fn id(&mut self) -> Result<Uuid, StoreError> {
        read_id(self.value::<&[u8]>()?)
    }

    /// The next column, perhaps an id.
    pub(super) fn optional_id(&mut self) -> Result<Option<Uuid>, StoreError> {
        self.value::<Option<&[u8]>>()?.map(read_id).transpose()
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
        text::from_json(self.value()?)
    }

    /// The next column, a hash.
    pub(super) fn hash(&mut self) -> Result<[u8; 32], StoreError> {
        read_hash(self.value()?)
    }

    /// The next column, perhaps a hash.
    pub(super) fn optional_hash(&mut self) -> Result<Option<[u8; 32]>, StoreError> {
        self.value::<Option<&[u8]>>()?.map(read_hash).transpose()
    }
}

/// Reads a conversation from its columns.
pub(super) fn conversation(columns: &mut Columns<'_>) -> Result<Conversation, StoreError> {
    Ok(Conversation {
        id: ConversationId(columns.id()?),
        channel: columns.text()?,
        contact: ContactId(columns.id()?),
        language: language(columns.name()?)?,
        state: state(columns.name()?)?,
        owner: owner(columns.name()?, columns.optional_text()?)?,
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
pub(super) fn event(row: &PgRow) -> Result<Event, StoreError> {
    let mut columns = Columns::of(row);
    Ok(Event {
        conversation: ConversationId(columns.id()?),
        seq: columns.value()?,
        turn: columns.optional_id()?.map(TurnId),
        at: columns.time()?,
        body: columns.json()?,
    })
}

/// Reads a contact from its columns.
pub(super) fn contact(row: &PgRow) -> Result<Contact, StoreError> {
    let mut columns = Columns::of(row);
    Ok(Contact {
        id: ContactId(columns.id()?),
        name: columns.optional_text()?,
        email: columns.optional_text()?,
        phone: columns.optional_text()?,
        language: columns.value::<Option<&str>>()?.map(language).transpose()?,
        stage: columns.optional_text()?,
        tags: columns.json()?,
        origin: columns.optional_text()?,
        marketing_consent: columns.value()?,
        preferences: columns.json()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
    })
}

/// Reads what a person agreed to from its columns.
pub(super) fn consent(row: &PgRow) -> Result<ConsentRecord, StoreError> {
    let mut columns = Columns::of(row);
    Ok(ConsentRecord {
        contact: ContactId(columns.id()?),
        purpose: columns.text()?,
        version: columns.text()?,
        agreed: columns.value()?,
        words: columns.text()?,
        channel: columns.text()?,
        at: columns.time()?,
    })
}

/// Reads an identity from its columns.
pub(super) fn identity(row: &PgRow) -> Result<Identity, StoreError> {
    let mut columns = Columns::of(row);
    Ok(Identity { kind: identity_kind(columns.name()?)?, value: columns.text()? })
}

/// Reads a delivery from its columns, behind its position.
pub(super) fn delivery(columns: &mut Columns<'_>) -> Result<(i64, Delivery), StoreError> {
    let position = columns.value()?;
    let (id, conversation) = (OutboxId(columns.id()?), ConversationId(columns.id()?));
    let (channel, message) = (columns.text()?, MessageId(columns.id()?));
    let (attempts, settlements): (i64, i64) = (columns.value()?, columns.value()?);
    // This attempt has no end yet; one more without an end is one that nobody knows of.
    let in_doubt = attempts > settlements.saturating_add(1);
    let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
    let delivery = Delivery { id, conversation, channel, message, attempts, in_doubt };
    Ok((position, delivery))
}
