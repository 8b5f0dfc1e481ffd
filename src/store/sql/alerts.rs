//! Texts about alerts that wait for the operator's webhook.

/// Keeps an alert unless it waits already. `$1` id, `$2` body, `$3` time.
pub(in crate::store) const KEEP: &str = "
    INSERT INTO alerts (id, body, attempts, due_at) VALUES ($1, $2, 0, $3)
    ON CONFLICT DO NOTHING";

/// Takes alerts that are due: who comes second finds none. `$1` now, `$2` until, `$3` limit.
pub(in crate::store) const TAKE: &str = "
    UPDATE alerts SET due_at = $2
    WHERE due_at <= $1 AND id IN (SELECT id FROM alerts WHERE due_at <= $1 ORDER BY due_at, id LIMIT $3)
    RETURNING body, attempts";

/// Lets an alert wait for another try. `$1` id, `$2` when.
pub(in crate::store) const AGAIN: &str =
    "UPDATE alerts SET due_at = $2, attempts = attempts + 1 WHERE id = $1";

/// Forgets an alert. `$1` id.
pub(in crate::store) const DONE: &str = "DELETE FROM alerts WHERE id = $1";
