//! Texts about bodies that channels posted.

/// Keeps a body. `$1` id, `$2` channel, `$3` bytes, `$4` time.
pub(in crate::store) const INSERT: &str = "
    INSERT INTO posts (id, channel, body, state, attempts, due_at, received_at)
    VALUES ($1, $2, $3, 'waiting', 0, $4, $4)";

/// Claims bodies that are due. `$1` channel, `$2` now, `$3` until, `$4` limit, `$5` the farthest due time there can be.
pub(in crate::store) const CLAIM: &str = "
    UPDATE posts SET due_at = $3, attempts = attempts + 1
    WHERE id IN (
        SELECT id FROM posts
        WHERE state = 'waiting' AND channel = $1 AND (due_at <= $2 OR due_at > $5)
        ORDER BY id
        LIMIT $4)
    RETURNING id, body, received_at, attempts";

/// Says what became of a body. `$1` id, `$2` state, `$3` when it is due again, NULL for never.
pub(in crate::store) const SETTLE: &str = "
    UPDATE posts SET state = $2, due_at = COALESCE($3, due_at) WHERE id = $1 AND state = 'waiting'";

/// Lets every claim run out. `$1` now.
pub(in crate::store) const EXPIRE: &str =
    "UPDATE posts SET due_at = $1 WHERE state = 'waiting' AND due_at > $1";

/// Forgets old bodies. `$1` before, `$2` limit.
pub(in crate::store) const SWEEP: &str = "
    DELETE FROM posts
    WHERE id IN (SELECT id FROM posts WHERE received_at < $1 AND state <> 'waiting' LIMIT $2)";

/// How many bodies are in which state. `$1` channel.
pub(in crate::store) const COUNTS: &str =
    "SELECT state, COUNT(*) FROM posts WHERE channel = $1 GROUP BY state";

/// Whether one came. `$1` channel, `$2` since.
pub(in crate::store) const CAME_SINCE: &str =
    "SELECT 1 FROM posts WHERE channel = $1 AND received_at >= $2 LIMIT 1";
