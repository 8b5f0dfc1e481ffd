//! Texts that forget a person. One text for both databases; where they differ, each has its own beside its code.

/// How much is kept of a person. `$1` contact.
pub(in crate::store) const HOLDINGS: &str = concat!(
    "SELECT (SELECT COUNT(*) FROM conversations WHERE contact_id = $1), ",
    "(SELECT COUNT(*) FROM events WHERE kind = 'message' AND conversation_id IN ",
    theirs!(),
    "), (SELECT COUNT(*) FROM interviews WHERE contact_id = $1 OR conversation_id IN ",
    theirs!(),
    "), (SELECT COUNT(*) FROM consents WHERE contact_id = $1), \
        (SELECT COUNT(*) FROM opportunities WHERE contact_id = $1), \
        (SELECT COUNT(*) FROM notes WHERE contact_id = $1), \
        (SELECT COUNT(*) FROM appointments WHERE contact_id = $1), \
        (SELECT COUNT(*) FROM tickets WHERE contact_id = $1), \
        (SELECT COUNT(*) FROM orders WHERE contact_id = $1)"
);

/// A person's conversations. `$1` contact.
pub(in crate::store) const CONVERSATIONS: &str =
    "SELECT id FROM conversations WHERE contact_id = $1 ORDER BY created_at, id";

/// Whether an answer to a person is being written. `$1` contact, `$2` now.
pub(in crate::store) const BUSY: &str = "
    SELECT 1 FROM conversations
    WHERE contact_id = $1 AND lease_turn IS NOT NULL AND due_at > $2 LIMIT 1";

/// A person's notes. `$1` contact.
pub(in crate::store) const NOTES: &str = "SELECT id FROM notes WHERE contact_id = $1";

/// Which records of vendors' one of ours is. `$1` our id.
pub(in crate::store) const LINKED: &str =
    "SELECT connector, kind, remote FROM connector_links WHERE local = $1 ORDER BY connector, kind, remote";

/// Forgets which records of vendors' one of ours is. `$1` our id.
pub(in crate::store) const UNLINK: &str = "DELETE FROM connector_links WHERE local = $1";

/// Forgets what effects returned that name a person. `$1` the contact's id as text.
pub(in crate::store) const FORGET_EFFECTS: &str = "DELETE FROM effects WHERE result LIKE '%' || $1 || '%'";

/// What is deleted of a person, in an order that leaves no reference behind. `$1` contact.
pub(in crate::store) const FORGET: [&str; 14] = [
    concat!("DELETE FROM inbound WHERE conversation_id IN ", theirs!()),
    concat!("DELETE FROM outbox WHERE conversation_id IN ", theirs!()),
    concat!("DELETE FROM sends WHERE conversation_id IN ", theirs!()),
    concat!("DELETE FROM reminders WHERE conversation_id IN ", theirs!()),
    concat!("DELETE FROM visits WHERE conversation_id IN ", theirs!()),
    concat!("DELETE FROM events WHERE conversation_id IN ", theirs!()),
    concat!("DELETE FROM interviews WHERE contact_id = $1 OR conversation_id IN ", theirs!()),
    "DELETE FROM conversations WHERE contact_id = $1",
    "DELETE FROM consents WHERE contact_id = $1",
    "DELETE FROM opportunities WHERE contact_id = $1",
    "DELETE FROM notes WHERE contact_id = $1",
    "DELETE FROM appointments WHERE contact_id = $1",
    "DELETE FROM tickets WHERE contact_id = $1",
    "DELETE FROM identities WHERE contact_id = $1",
];

/// Takes everything off a contact that orders still name. `$1` contact, `$2` time.
pub(in crate::store) const STRIP: &str = "
    UPDATE contacts SET name = NULL, email = NULL, phone = NULL, language = NULL, stage = NULL, tags = '[]',
        origin = NULL, marketing_consent = NULL, preferences = '[]', updated_at = $2
    WHERE id = $1 AND EXISTS (SELECT 1 FROM orders WHERE orders.contact_id = $1)";

/// Deletes a contact that nothing names any more. `$1` contact.
pub(in crate::store) const DELETE: &str =
    "DELETE FROM contacts WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.contact_id = $1)";

/// Keeps that a person was forgotten. `$1` id, `$2` contact, `$3` who had it done, `$4` time, `$5` what was deleted.
pub(in crate::store) const KEEP: &str =
    "INSERT INTO erasures (id, contact_id, asked_by, at, removed) VALUES ($1, $2, $3, $4, $5)";

/// Keeps that a record at a vendor is to be deleted. `$1` erasure, `$2` connector, `$3` kind, `$4` id there, `$5` state,
/// `$6` when it is due.
pub(in crate::store) const KEEP_REMOVAL: &str = "
    INSERT INTO removals (erasure_id, connector, kind, remote, state, attempts, due_at)
    VALUES ($1, $2, $3, $4, $5, 0, $6)
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
