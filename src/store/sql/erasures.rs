//! Texts that forget people and old conversations. One text for both databases; where they differ, each has its own
//! beside its code.

macro_rules! expired {
    () => {
        "SELECT id, contact_id FROM conversations
         WHERE updated_at < $1 AND due_at IS NULL
            AND (state = 'closed' OR last_customer_seq <= answered_seq)
            AND NOT EXISTS (SELECT 1 FROM outbox
                WHERE outbox.conversation_id = conversations.id AND outbox.state = 'waiting')
            AND NOT EXISTS (SELECT 1 FROM interviews
                WHERE interviews.conversation_id = conversations.id AND interviews.follow_up_at IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM reminders WHERE reminders.conversation_id = conversations.id)
         ORDER BY updated_at, id LIMIT $2"
    };
}

/// Whether somebody has neither a handle nor anything that is kept of them. `$1` contact.
macro_rules! stranger {
    () => {
        "contacts.id = $1 AND contacts.email IS NULL AND contacts.phone IS NULL
         AND NOT EXISTS (SELECT 1 FROM conversations WHERE conversations.contact_id = contacts.id)
         AND NOT EXISTS (SELECT 1 FROM consents WHERE consents.contact_id = contacts.id)
         AND NOT EXISTS (SELECT 1 FROM interviews WHERE interviews.contact_id = contacts.id)
         AND NOT EXISTS (SELECT 1 FROM opportunities WHERE opportunities.contact_id = contacts.id)
         AND NOT EXISTS (SELECT 1 FROM notes WHERE notes.contact_id = contacts.id)
         AND NOT EXISTS (SELECT 1 FROM appointments WHERE appointments.contact_id = contacts.id)
         AND NOT EXISTS (SELECT 1 FROM tickets WHERE tickets.contact_id = contacts.id)
         AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.contact_id = contacts.id)"
    };
}

/// How much is kept of a person. `$1` contact.
pub(in crate::store) const HOLDINGS: &str = "
    SELECT (SELECT COUNT(*) FROM conversations WHERE contact_id = $1),
        (SELECT COUNT(*) FROM events WHERE kind = 'message'
            AND conversation_id IN (SELECT id FROM conversations WHERE contact_id = $1)),
        (SELECT COUNT(*) FROM interviews WHERE contact_id = $1
            OR conversation_id IN (SELECT id FROM conversations WHERE contact_id = $1)),
        (SELECT COUNT(*) FROM consents WHERE contact_id = $1),
        (SELECT COUNT(*) FROM opportunities WHERE contact_id = $1),
        (SELECT COUNT(*) FROM notes WHERE contact_id = $1),
        (SELECT COUNT(*) FROM appointments WHERE contact_id = $1),
        (SELECT COUNT(*) FROM tickets WHERE contact_id = $1),
        (SELECT COUNT(*) FROM orders WHERE contact_id = $1)";

/// A person's conversations. `$1` contact.
pub(in crate::store) const CONVERSATIONS: &str =
    "SELECT id FROM conversations WHERE contact_id = $1 ORDER BY created_at, id";

/// Under whom else a person came: whoever a browser was made of whose conversations are all theirs now. `$1` contact.
pub(in crate::store) const ALIASES: &str = "
    SELECT DISTINCT identities.contact_id FROM conversations
    JOIN visits ON visits.conversation_id = conversations.id
    JOIN identities ON identities.kind = visits.identity_kind AND identities.value = visits.identity_value
    WHERE conversations.contact_id = $1 AND identities.contact_id <> $1
        AND NOT EXISTS (SELECT 1 FROM conversations AS other WHERE other.contact_id = identities.contact_id)";

/// Whether something is booked that is still to come. `$1` contact, `$2` now.
pub(in crate::store) const BOOKED: &str = "
    SELECT 1 FROM appointments WHERE contact_id = $1 AND status = 'booked' AND start_at > $2 LIMIT 1";

/// Whether an answer to a person is being written. `$1` contact, `$2` now.
pub(in crate::store) const BUSY: &str = "
    SELECT 1 FROM conversations
    WHERE contact_id = $1 AND lease_turn IS NOT NULL AND due_at > $2 LIMIT 1";

/// A person's notes. `$1` contact.
pub(in crate::store) const NOTES: &str = "SELECT id FROM notes WHERE contact_id = $1";

/// Which records of vendors' one of ours is. `$1` our id.
pub(in crate::store) const LINKED: &str =
    "SELECT connector, kind, remote FROM connector_links WHERE local = $1 ORDER BY connector, kind, remote";

/// Which of ours are a record of a vendor's. `$1` connector, `$2` kind, `$3` its id there.
pub(in crate::store) const LOCALS: &str =
    "SELECT local FROM connector_links WHERE connector = $1 AND kind = $2 AND remote = $3";

/// Forgets which records of vendors' one of ours is. `$1` our id.
pub(in crate::store) const UNLINK: &str = "DELETE FROM connector_links WHERE local = $1";

/// Forgets which entry of which calendar an appointment is. `$1` its id without hyphens.
pub(in crate::store) const UNLINK_ENTRY: &str =
    "DELETE FROM connector_links WHERE local >= $1 || ' ' AND local < $1 || '!'";

/// A person's interviews. `$1` contact.
pub(in crate::store) const INTERVIEWS_OF: &str = "SELECT id FROM interviews WHERE contact_id = $1";

/// A person's appointments. `$1` contact.
pub(in crate::store) const APPOINTMENTS: &str = "SELECT id FROM appointments WHERE contact_id = $1";

/// Makes a contact without anything in it. `$1` id, `$2` time.
pub(in crate::store) const MAKE_NOBODY: &str = "
    INSERT INTO contacts (id, tags, preferences, created_at, updated_at) VALUES ($1, '[]', '[]', $2, $2)";

/// Writes an order anew, as somebody else's. `$1` number, `$2` record, `$3` contact.
pub(in crate::store) const STRIP_ORDER: &str =
    "UPDATE orders SET record = $2, contact_id = $3 WHERE number = $1";

/// Forgets alerts that wait. `$1` the interview they are of.
pub(in crate::store) const FORGET_ALERTS: &str = "DELETE FROM alerts WHERE id LIKE '%' || $1 || '%'";

/// Leaves of attempts to send what was billed: under another mark, so that what a channel says of them later does not
/// bring its id back, which may hold a number. `$1` conversation, `$2` nobody's.
pub(in crate::store) const STRIP_SENDS: &str = "
    UPDATE sends SET conversation_id = $2, external_id = NULL, mark = 'forgotten ' || mark
    WHERE conversation_id = $1";

/// Forgets which ids those had who were forgotten. `$1` before when.
pub(in crate::store) const FORGET_IDS: &str =
    "UPDATE erasures SET contact_id = NULL WHERE at < $1 AND contact_id IS NOT NULL";

/// Turns of a conversation. `$1` conversation.
pub(in crate::store) const TURNS_OF: &str =
    "SELECT DISTINCT turn_id FROM events WHERE conversation_id = $1 AND turn_id IS NOT NULL";

/// Interviews of a conversation. `$1` conversation.
pub(in crate::store) const INTERVIEWS_IN: &str = "SELECT id FROM interviews WHERE conversation_id = $1";

/// Forgets what effects of these keys returned, here and at vendors. `$1` the first key, `$2` behind the last one.
pub(in crate::store) const FORGET_EFFECTS: [&str; 2] = [
    "DELETE FROM effects WHERE key >= $1 AND key < $2",
    "DELETE FROM connector_calls WHERE key >= $1 AND key < $2",
];

/// Forgets what other effects returned that name a person. `$1` the contact's id as text.
pub(in crate::store) const FORGET_NAMED: &str = "DELETE FROM effects WHERE result LIKE '%' || $1 || '%'";

/// What is deleted of a conversation, in an order that leaves no reference behind. `$1` conversation.
pub(in crate::store) const FORGET_CONVERSATION: [&str; 7] = [
    "DELETE FROM inbound WHERE conversation_id = $1",
    "DELETE FROM outbox WHERE conversation_id = $1",
    "DELETE FROM reminders WHERE conversation_id = $1",
    "DELETE FROM visits WHERE conversation_id = $1",
    "DELETE FROM events WHERE conversation_id = $1",
    "DELETE FROM interviews WHERE conversation_id = $1",
    "DELETE FROM conversations WHERE id = $1",
];

/// What is deleted of a person without conversations, in an order that leaves no reference behind. `$1` contact.
pub(in crate::store) const FORGET_PERSON: [&str; 7] = [
    "DELETE FROM interviews WHERE contact_id = $1",
    "DELETE FROM consents WHERE contact_id = $1",
    "DELETE FROM opportunities WHERE contact_id = $1",
    "DELETE FROM notes WHERE contact_id = $1",
    "DELETE FROM appointments WHERE contact_id = $1",
    "DELETE FROM tickets WHERE contact_id = $1",
    "DELETE FROM identities WHERE contact_id = $1",
];

/// Deletes a contact that nothing names any more. `$1` contact.
pub(in crate::store) const DELETE: &str = "DELETE FROM contacts WHERE id = $1";

/// Conversations in which nothing happened for long and nothing is to happen. `$1` since when, `$2` limit.
pub(in crate::store) const EXPIRED: &str = expired!();

/// The same, kept from others until the transaction ends; PostgreSQL's alone.
pub(in crate::store) const HELD_EXPIRED: &str = concat!(expired!(), " FOR UPDATE SKIP LOCKED");

/// What is deleted of somebody of whom nothing is kept by which they could be known. `$1` contact.
pub(in crate::store) const FORGET_STRANGER: [&str; 2] = [
    concat!("DELETE FROM identities WHERE contact_id IN (SELECT id FROM contacts WHERE ", stranger!(), ")"),
    concat!("DELETE FROM contacts WHERE ", stranger!()),
];

/// Keeps that a person was forgotten. `$1` id, `$2` contact, `$3` who had it done, `$4` time, `$5` what was deleted.
pub(in crate::store) const KEEP: &str =
    "INSERT INTO erasures (id, contact_id, asked_by, at, removed) VALUES ($1, $2, $3, $4, $5)";

/// Keeps that a record at a vendor is to be deleted. `$1` erasure, `$2` connector, `$3` kind, `$4` id there, `$5` state,
/// `$6` when it is due.
pub(in crate::store) const KEEP_REMOVAL: &str = "
    INSERT INTO removals (erasure_id, connector, kind, remote, state, attempts, due_at)
    VALUES ($1, $2, $3, $4, $5, 0, $6)
    ON CONFLICT DO NOTHING";

/// Keeps that a record which was just made at a vendor is of somebody who was forgotten meanwhile, and is to be deleted.
/// `$1` connector, `$2` kind, `$3` id there, `$4` when it is due, `$5` contact.
pub(in crate::store) const KEEP_LATE_REMOVAL: &str = "
    INSERT INTO removals (erasure_id, connector, kind, remote, state, attempts, due_at)
    SELECT id, $1, $2, $3, 'waiting', 0, $4 FROM erasures WHERE contact_id = $5
    ON CONFLICT DO NOTHING";

/// Claims records at vendors that are due. `$1` now, `$2` until, `$3` limit, `$4` the farthest a claim can last.
pub(in crate::store) const CLAIM: &str = concat!(
    "UPDATE removals SET due_at = $2, attempts = attempts + 1
     WHERE state = 'waiting' AND (due_at <= $1 OR due_at > $4) AND (erasure_id, connector, kind, remote) IN (
        SELECT erasure_id, connector, kind, remote FROM removals
        WHERE state = 'waiting' AND (due_at <= $1 OR due_at > $4)
        ORDER BY due_at, remote
        LIMIT $3)
     RETURNING ",
    removal_columns!()
);

/// Records what became of one. `$1` erasure, `$2` connector, `$3` kind, `$4` id there, `$5` state, `$6` when it is due.
pub(in crate::store) const SETTLE: &str = "
    UPDATE removals SET state = $5, due_at = $6
    WHERE erasure_id = $1 AND connector = $2 AND kind = $3 AND remote = $4 AND state = 'waiting'";

/// The newest erasures. `$1` limit.
pub(in crate::store) const LIST: &str =
    "SELECT id, contact_id, asked_by, at, removed FROM erasures ORDER BY at DESC, id DESC LIMIT $1";

/// One erasure. `$1` id.
pub(in crate::store) const GET: &str =
    "SELECT id, contact_id, asked_by, at, removed FROM erasures WHERE id = $1";

/// What there was at vendors. `$1` erasure.
pub(in crate::store) const REMOVALS: &str = concat!(
    "SELECT ",
    removal_columns!(),
    " FROM removals WHERE erasure_id = $1 ORDER BY connector, kind, remote"
);
