//! Texts about interviews. What a change does to a row is decided in `store/interviews.rs`.

use crate::store::interviews::InterviewRecord;

/// One interview. `$1` id.
pub(in crate::store) const GET: &str =
    concat!("SELECT ", interview_columns!(), " FROM interviews WHERE id = $1");

/// The same, kept from others until the transaction ends; PostgreSQL's alone.
pub(in crate::store) const TAKE: &str =
    concat!("SELECT ", interview_columns!(), " FROM interviews WHERE id = $1 FOR UPDATE");

/// The newest interview of a contact. `$1` contact.
pub(in crate::store) const NEWEST_OF: &str = concat!(
    "SELECT ",
    interview_columns!(),
    " FROM interviews WHERE contact_id = $1 ORDER BY started_at DESC, id DESC LIMIT 1"
);

/// The interviews of a contact and of their conversations, oldest first. `$1` contact.
pub(in crate::store) const ALL_OF: &str = concat!(
    "SELECT ",
    interview_columns!(),
    " FROM interviews WHERE contact_id = $1
        OR conversation_id IN (SELECT id FROM conversations WHERE contact_id = $1)
      ORDER BY started_at, id"
);

/// The newest interview that is led in a conversation. `$1` conversation.
pub(in crate::store) const NEWEST_IN: &str = concat!(
    "SELECT ",
    interview_columns!(),
    " FROM interviews WHERE conversation_id = $1 ORDER BY started_at DESC, id DESC LIMIT 1"
);

/// Names of the interviews of a contact. `$1` contact.
pub(in crate::store) const NAMES_OF: &str =
    "SELECT DISTINCT name FROM interviews WHERE contact_id = $1 ORDER BY name";

/// What waits in a conversation: 2 if a turn works on it, 1 if only words of the customer do, else 0. `$1` conversation.
pub(in crate::store) const WAITING: &str = "
    SELECT CASE WHEN lease_turn IS NOT NULL THEN 2 WHEN last_customer_seq > answered_seq THEN 1 ELSE 0 END
    FROM conversations WHERE id = $1";

/// A page of interviews, the newest first. `$1` name, `$2` standing, `$3` temperature (each NULL for any), `$4` begun at
/// or after, `$5` and `$6` time and id to go on behind, `$7` limit.
pub(in crate::store) const LIST: &str = concat!(
    "SELECT ",
    interview_columns!(),
    " FROM interviews
      WHERE started_at >= $4 AND (started_at, id) < ($5, $6)
        AND ($1 IS NULL OR name = $1) AND ($2 IS NULL OR standing = $2)
        AND ($3 IS NULL OR temperature = $3)
      ORDER BY started_at DESC, id DESC
      LIMIT $7"
);

/// Writes an interview. `$1` id, `$2` conversation, `$3` contact, `$4` place, `$5` name, `$6` standing, `$7` temperature,
/// `$8` begin, `$9` state, `$10` route, `$11` person, `$12` when it became theirs, `$13` assignment, `$14` nurture,
/// `$15` when it is looked after.
pub(in crate::store) const SAVE: &str = "
    INSERT INTO interviews (id, conversation_id, contact_id, seq, name, standing, temperature, started_at, state,
        route, person, assigned_at, assignment, nurture, follow_up_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    ON CONFLICT (id) DO UPDATE SET
        conversation_id = excluded.conversation_id, contact_id = excluded.contact_id, seq = excluded.seq,
        standing = excluded.standing, temperature = excluded.temperature, state = excluded.state,
        route = excluded.route, person = excluded.person, assigned_at = excluded.assigned_at,
        assignment = excluded.assignment, nurture = excluded.nurture, follow_up_at = excluded.follow_up_at";

/// What happened in interviews of a conversation behind a place. `$1` conversation, `$2` place.
pub(in crate::store) const STEPS: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events WHERE conversation_id = $1 AND seq > $2 AND kind = 'interview' ORDER BY seq"
);

/// Makes room for events that no turn appends. Returns the new last place. `$1` conversation, `$2` how many, `$3` time.
pub(in crate::store) const MAKE_ROOM: &str = "
    UPDATE conversations SET last_seq = last_seq + $2,
        updated_at = CASE WHEN updated_at > $3 THEN updated_at ELSE $3 END
    WHERE id = $1
    RETURNING last_seq";

/// Who had how many leads of a route, and when the last one. `$1` name of the definition, `$2` route.
pub(in crate::store) const TAKEN: &str = "
    SELECT person, MAX(assigned_at), COUNT(*) FROM interviews
    WHERE name = $1 AND route = $2 AND person IS NOT NULL GROUP BY person";

/// Takes interviews that are to be looked after: who comes second finds none. `$1` now, `$2` until, `$3` limit.
pub(in crate::store) const TAKE_FOLLOW_UPS: &str = concat!(
    "UPDATE interviews SET follow_up_at = $2
     WHERE follow_up_at <= $1
       AND id IN (SELECT id FROM interviews WHERE follow_up_at <= $1 ORDER BY follow_up_at LIMIT $3)
     RETURNING ",
    interview_columns!()
);

/// Keeps what a person agreed to. `$1` contact, `$2` purpose, `$3` version, `$4` agreed, `$5` words, `$6` channel,
/// `$7` time.
pub(in crate::store) const RECORD_CONSENT: &str = "
    INSERT INTO consents (contact_id, purpose, version, agreed, words, channel, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT DO NOTHING";

/// What a person agreed to, oldest first. `$1` contact.
pub(in crate::store) const CONSENTS: &str = "
    SELECT contact_id, purpose, version, agreed, words, channel, at FROM consents
    WHERE contact_id = $1 ORDER BY at, purpose";

/// A place in the list.
pub(in crate::store) fn cursor_behind(last: &InterviewRecord) -> String {
    format!("{}_{}", last.state.started_at.as_millisecond(), last.state.id)
}
