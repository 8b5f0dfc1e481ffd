//! How values stand in every database: ids as 16 bytes, times as milliseconds, lists as JSON, names of what there are
//! few of as words. Reads and writes one value, decides nothing.

use crate::domain::contact::IdentityKind;
use crate::domain::conversation::{ConversationState, Owner};
use crate::domain::erasure::{Holdings, RemovalState};
use crate::domain::language::Language;
use crate::store::erasures::{FARTHEST_REMOVAL, RemovalOutcome};
use crate::store::error::StoreError;
use crate::store::posts::{PostCounts, PostOutcome};
use crate::store::turns::FARTHEST_DUE;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// An id as it is bound.
pub(in crate::store) fn blob(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

/// A time as it will be read back: whole milliseconds.
pub(in crate::store) fn to_the_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// The farthest due time there can be, as it stands in rows.
pub(in crate::store) fn farthest(now: Timestamp) -> i64 {
    now.saturating_add(FARTHEST_DUE).unwrap_or(Timestamp::MAX).as_millisecond()
}

/// The same for what vendors have to delete.
pub(in crate::store) fn farthest_removal(now: Timestamp) -> i64 {
    now.saturating_add(FARTHEST_REMOVAL).unwrap_or(Timestamp::MAX).as_millisecond()
}

/// A value as JSON text.
pub(in crate::store) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Fault(format!("cannot write a record: {error}")))
}

/// A value from JSON text.
pub(in crate::store) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Fault(format!("unreadable record: {error}")))
}

/// Reads an id.
pub(in crate::store) fn read_id(bytes: &[u8]) -> Result<Uuid, StoreError> {
    Uuid::from_slice(bytes).map_err(|error| StoreError::Fault(format!("unreadable id: {error}")))
}

/// Reads a time.
pub(in crate::store) fn read_time(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds)
        .map_err(|error| StoreError::Fault(format!("unreadable time: {error}")))
}

/// Reads a hash.
pub(in crate::store) fn read_hash(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Fault("a hash is not 32 bytes long".to_owned()))
}

/// Reads a state.
pub(in crate::store) fn state(name: &str) -> Result<ConversationState, StoreError> {
    match name {
        "open" => Ok(ConversationState::Open),
        "closed" => Ok(ConversationState::Closed),
        other => Err(StoreError::Fault(format!("unknown conversation state `{other}`"))),
    }
}

/// Reads an owner.
pub(in crate::store) fn owner(kind: &str, name: Option<String>) -> Result<Owner, StoreError> {
    match kind {
        "bot" => Ok(Owner::Bot),
        "team" => Ok(Owner::Team),
        "person" => Ok(Owner::Person { name: name.unwrap_or_default() }),
        "flow" => Ok(Owner::Flow { name: name.unwrap_or_default() }),
        other => Err(StoreError::Fault(format!("unknown owner `{other}`"))),
    }
}

/// Reads a kind of identity.
pub(in crate::store) fn identity_kind(name: &str) -> Result<IdentityKind, StoreError> {
    match name {
        "web_visitor" => Ok(IdentityKind::WebVisitor),
        "terminal" => Ok(IdentityKind::Terminal),
        "email" => Ok(IdentityKind::Email),
        "phone" => Ok(IdentityKind::Phone),
        "channel_user" => Ok(IdentityKind::ChannelUser),
        other => Err(StoreError::Fault(format!("unknown kind of identity `{other}`"))),
    }
}

/// Reads a language.
pub(in crate::store) fn language(tag: &str) -> Result<Language, StoreError> {
    tag.parse().map_err(|error| StoreError::Fault(format!("unreadable record: {error}")))
}

/// The state of a body of which this became, and when it is due again.
pub(in crate::store) fn posts_settled(outcome: PostOutcome) -> (&'static str, Option<i64>) {
    match outcome {
        PostOutcome::Done => ("done", None),
        PostOutcome::Unreadable => ("unreadable", None),
        PostOutcome::Again { at } => ("waiting", Some(at.as_millisecond())),
    }
}

/// How many bodies there are, from how many are in which state.
pub(in crate::store) fn posts_counted(rows: Vec<(String, i64)>) -> Result<PostCounts, StoreError> {
    let mut counts = PostCounts::default();
    for (state, count) in rows {
        let place = match state.as_str() {
            "waiting" => &mut counts.waiting,
            "done" => &mut counts.done,
            "unreadable" => &mut counts.unreadable,
            other => return Err(StoreError::Fault(format!("unknown state of a body `{other}`"))),
        };
        *place = count.unsigned_abs();
    }
    Ok(counts)
}

/// Reads the state of a record at a vendor.
pub(in crate::store) fn removal_state(name: &str) -> Result<RemovalState, StoreError> {
    RemovalState::named(name).ok_or_else(|| StoreError::Fault(format!("unknown state of a removal: {name}")))
}

/// What became of an attempt to delete a record at a vendor: its state, and when it is due.
pub(in crate::store) fn removal_settled(outcome: RemovalOutcome) -> (&'static str, i64) {
    match outcome {
        RemovalOutcome::Over(state) => (state.as_str(), 0),
        RemovalOutcome::Again { at } => (RemovalState::Waiting.as_str(), at.as_millisecond()),
    }
}

/// Reads what is kept of a person, each count as it comes.
pub(in crate::store) fn holdings(
    mut next: impl FnMut() -> Result<i64, StoreError>,
) -> Result<Holdings, StoreError> {
    let mut count = || next().map(|count| u64::try_from(count).unwrap_or_default());
    Ok(Holdings {
        conversations: count()?,
        messages: count()?,
        interviews: count()?,
        consents: count()?,
        opportunities: count()?,
        notes: count()?,
        appointments: count()?,
        tickets: count()?,
        orders: count()?,
    })
}
