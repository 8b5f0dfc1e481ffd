//! How values stand in rows: ids as 16 bytes, times as milliseconds, lists as JSON. Reads and binds, decides
//! nothing.

use crate::domain::contact::{Contact, Identity, IdentityKind};
use crate::domain::conversation::{Conversation, ConversationState, Owner};
use crate::domain::event::Event;
use crate::domain::ids::{ContactId, ConversationId, MessageId, OutboxId, TurnId};
use crate::store::error::StoreError;
use crate::store::outbox::Delivery;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{Decode, Row, Type};
use uuid::Uuid;

/// A statement with its bound values.
pub(super) type Statement<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// An id as it is bound.
pub(super) fn blob(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

/// A time as it will be read back: whole milliseconds.
pub(super) fn to_the_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// A value as JSON text.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Fault(format!("cannot write a record: {error}")))
}

/// A value from JSON text.
pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Fault(format!("unreadable record: {error}")))
}

/// The columns of a row, read from left to right.
pub(super) struct Columns<'r> {
    row: &'r SqliteRow,
    next: usize,
}

impl<'r> Columns<'r> {
    /// Begins with the first column.
    pub(super) fn of(row: &'r SqliteRow) -> Self {
        Self { row, next: 0 }
    }

    /// The next column as it stands.
    pub(super) fn value<T: Decode<'r, Sqlite> + Type<Sqlite>>(&mut self) -> Result<T, StoreError> {
        let value = self.row.try_get(self.next)?;
        self.next += 1;
        Ok(value)
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
        from_json(self.value()?)
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

fn read_id(bytes: &[u8]) -> Result<Uuid, StoreError> {
    Uuid::from_slice(bytes).map_err(|error| StoreError::Fault(format!("unreadable id: {error}")))
}

fn read_time(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds)
        .map_err(|error| StoreError::Fault(format!("unreadable time: {error}")))
}

fn read_hash(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Fault("a hash is not 32 bytes long".to_owned()))
}

/// Reads a state.
pub(super) fn state(name: &str) -> Result<ConversationState, StoreError> {
    match name {
        "open" => Ok(ConversationState::Open),
        "closed" => Ok(ConversationState::Closed),
        other => Err(StoreError::Fault(format!("unknown conversation state `{other}`"))),
    }
}

/// Reads an owner.
pub(super) fn owner(kind: &str, name: Option<String>) -> Result<Owner, StoreError> {
    match kind {
        "bot" => Ok(Owner::Bot),
        "team" => Ok(Owner::Team),
        "person" => Ok(Owner::Person { name: name.unwrap_or_default() }),
        other => Err(StoreError::Fault(format!("unknown owner `{other}`"))),
    }
}

/// Reads a conversation from its columns.
pub(super) fn conversation(columns: &mut Columns<'_>) -> Result<Conversation, StoreError> {
    Ok(Conversation {
        id: ConversationId(columns.id()?),
        channel: columns.value()?,
        contact: ContactId(columns.id()?),
        language: language(columns.value()?)?,
        state: state(columns.value()?)?,
        owner: owner(columns.value()?, columns.value()?)?,
        epoch: columns.value()?,
        last_seq: columns.value()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
        metadata: columns.json()?,
    })
}

/// Reads an event from its columns.
pub(super) fn event(row: &SqliteRow) -> Result<Event, StoreError> {
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
pub(super) fn contact(row: &SqliteRow) -> Result<Contact, StoreError> {
    let mut columns = Columns::of(row);
    Ok(Contact {
        id: ContactId(columns.id()?),
        name: columns.value()?,
        email: columns.value()?,
        phone: columns.value()?,
        language: columns.value::<Option<&str>>()?.map(language).transpose()?,
        stage: columns.value()?,
        tags: columns.json()?,
        origin: columns.value()?,
        marketing_consent: columns.value()?,
        preferences: columns.json()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
    })
}

/// Reads an identity from its columns.
pub(super) fn identity(row: &SqliteRow) -> Result<Identity, StoreError> {
    let mut columns = Columns::of(row);
    let kind = match columns.value::<&str>()? {
        "web_visitor" => IdentityKind::WebVisitor,
        "terminal" => IdentityKind::Terminal,
        "email" => IdentityKind::Email,
        "phone" => IdentityKind::Phone,
        "channel_user" => IdentityKind::ChannelUser,
        other => return Err(StoreError::Fault(format!("unknown kind of identity `{other}`"))),
    };
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

fn language(tag: &str) -> Result<crate::domain::language::Language, StoreError> {
    tag.parse().map_err(|error| StoreError::Fault(format!("unreadable record: {error}")))
}
