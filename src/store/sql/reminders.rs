//! Texts about what customers are to be reminded of.

/// Keeps a reminder. `$1` record, `$2` number, `$3` when it stands, `$4` when it is due, `$5` conversation.
pub(in crate::store) const KEEP: &str = "
    INSERT INTO reminders (record, number, stands_at, due_at, conversation_id, claimed_until)
    VALUES ($1, $2, $3, $4, $5, 0)
    ON CONFLICT DO NOTHING";

/// Forgets what a record was to be reminded of. `$1` record, `$2` number.
pub(in crate::store) const DROP: &str = "DELETE FROM reminders WHERE record = $1 AND number = $2";

/// Claims reminders that are due. `$1` now, `$2` until, `$3` limit, `$4` the farthest a claim can last.
pub(in crate::store) const CLAIM: &str = "
    UPDATE reminders SET claimed_until = $2
    WHERE (record, number, stands_at, due_at) IN (
        SELECT record, number, stands_at, due_at FROM reminders
        WHERE due_at <= $1 AND (claimed_until <= $1 OR claimed_until > $4)
        ORDER BY claimed_until, due_at
        LIMIT $3)
    RETURNING conversation_id, record, number, stands_at, due_at";

/// Forgets a reminder. `$1` record, `$2` number, `$3` when it stands, `$4` when it was due.
pub(in crate::store) const SETTLE: &str =
    "DELETE FROM reminders WHERE record = $1 AND number = $2 AND stands_at = $3 AND due_at = $4";
