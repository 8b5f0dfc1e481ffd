//! Texts about attempts to send. A channel names one by its mark (`$1`, perhaps NULL) or by its own id (`$2`).

/// Writes an attempt down. `$1` mark, `$2` delivery, `$3` conversation, `$4` part, `$5` of how many, `$6` kind, `$7` time,
/// `$8` 1 if it is unasked, else 0.
pub(in crate::store) const BEGIN: &str = "
    INSERT INTO sends (mark, delivery_id, conversation_id, part, parts, kind, state, reached, code, begun_at, unasked)
    VALUES ($1, $2, $3, $4, $5, $6, 'begun', 0, 0, $7, $8)";

/// The same, unless unasked attempts were begun in `$10` other conversations since `$9`, and not refused.
pub(in crate::store) const BEGIN_WITHIN: &str = "
    INSERT INTO sends (mark, delivery_id, conversation_id, part, parts, kind, state, reached, code, begun_at, unasked)
    SELECT $1, $2, $3, $4, $5, $6, 'begun', 0, 0, $7, $8
    WHERE $10 > (
        SELECT COUNT(DISTINCT conversation_id) FROM sends
        WHERE unasked = 1 AND begun_at >= $9 AND state <> 'refused' AND conversation_id <> $3
    )";

/// The channel took it. A status may have said so before. `$1` mark, `$2` the channel's id, `$3` time.
pub(in crate::store) const TAKEN: &str = "
    UPDATE sends SET state = CASE WHEN state = 'begun' THEN 'taken' ELSE state END, external_id = $2,
        ended_at = COALESCE(ended_at, $3)
    WHERE mark = $1";

/// The channel refused it. `$1` mark, `$2` why, `$3` time.
pub(in crate::store) const REFUSED: &str =
    "UPDATE sends SET state = 'refused', code = $2, ended_at = $3 WHERE mark = $1 AND state = 'begun'";

/// It has come so far. `$1` mark, `$2` the channel's id, `$3` how far, `$4` time.
pub(in crate::store) const REACHED: &str = "
    UPDATE sends SET state = 'taken', reached = $3, external_id = $2, ended_at = COALESCE(ended_at, $4)
    WHERE (mark = $1 OR external_id = $2) AND reached < $3 AND state <> 'failed'";

/// It was not delivered after all. `$1` mark, `$2` the channel's id, `$3` why, `$4` how far what is delivered has come,
/// `$5` time.
pub(in crate::store) const FAILED: &str = "
    UPDATE sends SET state = 'failed', code = $3, external_id = $2, ended_at = $5
    WHERE (mark = $1 OR external_id = $2) AND reached < $4 AND state <> 'failed'";

/// What is billed for it. `$1` mark, `$2` the channel's id, `$3` category, `$4` cost.
pub(in crate::store) const BILL: &str = "
    UPDATE sends SET category = $3, cost_micros = $4
    WHERE (mark = $1 OR external_id = $2) AND category IS NULL";

/// The one that the channel names. `$1` mark, `$2` the channel's id.
pub(in crate::store) const NAMED: &str = concat!(
    "SELECT ",
    send_columns!(),
    " FROM sends WHERE mark = $1 OR external_id = $2 ORDER BY CASE WHEN mark = $1 THEN 0 ELSE 1 END LIMIT 1"
);

/// Those for a delivery, oldest first. `$1` delivery.
pub(in crate::store) const OF_DELIVERY: &str =
    concat!("SELECT ", send_columns!(), " FROM sends WHERE delivery_id = $1 ORDER BY begun_at, mark");

/// The newest in a conversation, newest first. `$1` conversation, `$2` limit.
pub(in crate::store) const NEWEST: &str = concat!(
    "SELECT ",
    send_columns!(),
    " FROM sends WHERE conversation_id = $1 ORDER BY begun_at DESC, mark DESC LIMIT $2"
);
