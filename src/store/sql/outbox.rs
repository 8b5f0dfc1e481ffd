//! Texts about deliveries. Only the first waiting one of a conversation (its head) may leave.

/// Queues a delivery. `$1` id, `$2` conversation, `$3` channel, `$4` message, `$5` time.
pub(in crate::store) const INSERT: &str = "
    INSERT INTO outbox (id, conversation_id, channel, message_id, state, attempts, due_at)
    VALUES ($1, $2, $3, $4, 'waiting', 0, $5)";

/// Claims heads that are due. An attempt counts from its claim, so that a delivery that kills the process does
/// not come back for ever. `$1` now, `$2` until, `$3` limit, `$4` the farthest due time there can be.
pub(in crate::store) const CLAIM: &str = concat!(
    "UPDATE outbox SET due_at = $2, attempts = attempts + 1
     WHERE position IN (
        SELECT position FROM outbox AS head
        WHERE state = 'waiting' AND (due_at <= $1 OR due_at > $4) AND NOT EXISTS (
            SELECT 1 FROM outbox AS earlier
            WHERE earlier.conversation_id = head.conversation_id AND earlier.state = 'waiting'
              AND earlier.position < head.position)
        ORDER BY position
        LIMIT $3)
     RETURNING ",
    delivery_columns!()
);

/// Lets the claims of a dead process run out. `$1` now.
pub(in crate::store) const EXPIRE: &str =
    "UPDATE outbox SET due_at = $1 WHERE state = 'waiting' AND due_at > $1 AND attempts > settlements";

/// The channel took it. `$1` id, `$2` time, `$3` the channel's id.
pub(in crate::store) const ACCEPTED: &str = "
    UPDATE outbox SET state = 'sent', settled_at = $2, external_id = $3, error = NULL, settlements = attempts
    WHERE id = $1 AND state <> 'sent'";

/// It is tried again. `$1` id, `$2` when, `$3` error.
pub(in crate::store) const RETRY: &str =
    "UPDATE outbox SET due_at = $2, error = $3, settlements = attempts WHERE id = $1 AND state = 'waiting'";

/// Nothing was tried: as if it had not been claimed. `$1` id, `$2` when, `$3` error.
pub(in crate::store) const DEFERRED: &str =
    "UPDATE outbox SET due_at = $2, error = $3, attempts = attempts - 1 WHERE id = $1 AND state = 'waiting'";

/// Whether it was sent is still not known; it is looked at again. `$1` id, `$2` when, `$3` error.
pub(in crate::store) const IN_DOUBT: &str = "
    UPDATE outbox SET due_at = $2, error = $3, settlements = attempts - 1
    WHERE id = $1 AND state = 'waiting'";

/// It was given up. `$1` id, `$2` time, `$3` error.
pub(in crate::store) const DEAD: &str =
    "UPDATE outbox SET state = 'dead', settled_at = $2, error = $3 WHERE id = $1 AND state = 'waiting'";

/// Whether there is such a delivery. `$1` id.
pub(in crate::store) const EXISTS: &str = "SELECT 1 FROM outbox WHERE id = $1";

/// Given-up deliveries, newest first. `$1` limit.
pub(in crate::store) const DEAD_LETTERS: &str = concat!(
    "SELECT ",
    delivery_columns!(),
    ", COALESCE(error, '') FROM outbox WHERE state = 'dead' ORDER BY settled_at DESC, position DESC LIMIT $1"
);

/// Queues a given-up delivery again. `$1` id, `$2` time.
pub(in crate::store) const REPLAY: &str =
    "UPDATE outbox SET state = 'waiting', due_at = $2, settled_at = NULL, settlements = attempts
     WHERE id = $1 AND state = 'dead'";

/// The channel says that it is on its way: nothing new, but it names a delivery. `$1` channel, `$2` the channel's id,
/// `$3` time.
pub(in crate::store) const SENT: &str = "
    UPDATE outbox SET settled_at = COALESCE(settled_at, $3)
    WHERE channel = $1 AND external_id = $2";

/// The channel says that the customer's device has it. `$1` channel, `$2` the channel's id, `$3` time.
pub(in crate::store) const DELIVERED: &str = "
    UPDATE outbox SET delivered_at = COALESCE(delivered_at, $3)
    WHERE channel = $1 AND external_id = $2";

/// The channel says that the customer has seen it, and so has it. `$1` channel, `$2` the channel's id, `$3` time.
pub(in crate::store) const READ: &str = "
    UPDATE outbox SET delivered_at = COALESCE(delivered_at, $3), read_at = COALESCE(read_at, $3)
    WHERE channel = $1 AND external_id = $2";

/// The channel says that it could not be delivered after all. What was delivered stays so. `$1` channel, `$2` the
/// channel's id, `$3` time, `$4` error.
pub(in crate::store) const UNDELIVERED: &str = "
    UPDATE outbox SET state = 'dead', settled_at = $3, error = $4
    WHERE channel = $1 AND external_id = $2 AND state = 'sent' AND delivered_at IS NULL";

/// What is known of a delivery. `$1` id.
pub(in crate::store) const STANDING: &str = "SELECT state, attempts, external_id, delivered_at, read_at, COALESCE(error, '') FROM outbox WHERE id = $1";

/// How many wait.
pub(in crate::store) const DEPTH: &str = "SELECT COUNT(*) FROM outbox WHERE state = 'waiting'";

/// When the next head is due: what waits behind another one cannot leave, however long it has been due.
pub(in crate::store) const NEXT_DUE: &str = "
    SELECT due_at FROM outbox AS head
    WHERE state = 'waiting' AND NOT EXISTS (
        SELECT 1 FROM outbox AS earlier
        WHERE earlier.conversation_id = head.conversation_id AND earlier.state = 'waiting'
          AND earlier.position < head.position)
    ORDER BY due_at
    LIMIT 1";
