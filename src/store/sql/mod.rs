//! What the databases have in common: SQL texts that each understands (`$1` parameters, ON CONFLICT, RETURNING), and
//! how values stand in rows. A text that needs one database's own means stands in that database's folder instead.
//! Nothing is executed here.

/// The columns a [`crate::domain::conversation::Conversation`] is read from, in order.
macro_rules! conversation_columns {
    () => {
        "id, channel, contact_id, language, state, owner, owner_name, owner_until, epoch, last_seq, \
         created_at, updated_at, \
         (SELECT metadata FROM visits WHERE visits.conversation_id = conversations.id), \
         EXISTS (SELECT 1 FROM interviews WHERE interviews.contact_id = conversations.contact_id \
            OR interviews.conversation_id = conversations.id)"
    };
}

/// The columns an [`crate::domain::event::Event`] is read from, in order.
macro_rules! event_columns {
    () => {
        "events.conversation_id, events.seq, events.turn_id, events.at, events.body"
    };
}

/// The columns a [`crate::domain::contact::Contact`] is read from, in order.
macro_rules! contact_columns {
    () => {
        "id, name, email, phone, language, stage, tags, origin, marketing_consent, preferences, \
         created_at, updated_at"
    };
}

/// The columns a [`crate::store::outbox::Delivery`] is read from, in order, behind its position.
macro_rules! delivery_columns {
    () => {
        "position, id, conversation_id, channel, message_id, attempts, settlements"
    };
}

/// The columns a [`crate::store::sends::SendRecord`] is read from, in order.
macro_rules! send_columns {
    () => {
        "mark, delivery_id, conversation_id, part, parts, kind, state, reached, code, external_id, begun_at"
    };
}

/// The columns an [`crate::store::interviews::InterviewRecord`] is read from, in order.
macro_rules! interview_columns {
    () => {
        "contact_id, seq, state, assignment, nurture, follow_up_at"
    };
}

/// The columns a [`crate::domain::erasure::Removal`] is read from, in order.
macro_rules! removal_columns {
    () => {
        "erasure_id, connector, kind, remote, state, attempts"
    };
}

pub(in crate::store) mod alerts;
pub(in crate::store) mod backoffice;
pub(in crate::store) mod connectors;
pub(in crate::store) mod contacts;
pub(in crate::store) mod conversations;
pub(in crate::store) mod effects;
pub(in crate::store) mod erasures;
pub(in crate::store) mod health;
pub(in crate::store) mod import;
pub(in crate::store) mod interviews;
pub(in crate::store) mod keys;
pub(in crate::store) mod list;
pub(in crate::store) mod outbox;
pub(in crate::store) mod posts;
pub(in crate::store) mod reminders;
pub(in crate::store) mod sends;
pub(in crate::store) mod spending;
pub(in crate::store) mod turns;
pub(in crate::store) mod values;

// For texts of one database's own over the same columns.
pub(in crate::store) use conversation_columns;
