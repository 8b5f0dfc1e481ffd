//! Texts about turns. Every write names the claim's epoch and turn in its WHERE: a lost claim changes no row.

/// Conversations that are due. `$1` now, `$2` limit, `$3` the farthest due time there can be.
pub(in crate::store) const DUE: &str =
    "SELECT id FROM conversations WHERE due_at <= $1 OR due_at > $3 ORDER BY due_at, id LIMIT $2";

/// When the next conversation is due.
pub(in crate::store) const NEXT_DUE: &str =
    "SELECT due_at FROM conversations WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";

/// Prolongs a claim. `$1` conversation, `$2` epoch, `$3` turn, `$4` until.
pub(in crate::store) const RENEW: &str =
    "UPDATE conversations SET due_at = $4 WHERE id = $1 AND epoch = $2 AND lease_turn = $3";

/// Lets every claim run out. `$1` now.
pub(in crate::store) const EXPIRE: &str =
    "UPDATE conversations SET due_at = $1 WHERE lease_turn IS NOT NULL AND due_at > $1";

/// The events of a turn. `$1` turn.
pub(in crate::store) const JOURNAL: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events AS started
      JOIN events ON events.conversation_id = started.conversation_id
        AND events.seq >= started.seq AND events.turn_id = started.turn_id
      WHERE started.turn_id = $1 AND started.kind = 'turn_started'
      ORDER BY events.seq"
);

/// Whether messages came in since the claim. `$1` conversation, `$2` epoch, `$3` turn.
pub(in crate::store) const HAS_NEWER: &str = "
    SELECT CASE WHEN last_customer_seq > claimed_seq THEN 1 ELSE 0 END FROM conversations
    WHERE id = $1 AND epoch = $2 AND lease_turn = $3";
