//! SQL texts about conversations in SQLite's own means, or that only SQLite uses.

use crate::store::sql::conversation_columns;

/// Takes in a customer's message whose arrival was just noted. Returns the new last place, the message's place, and whether
/// the conversation is due. A closed conversation is opened, which takes one place more. A message without a due time is only
/// kept: it takes a place in the log and moves nothing.
/// `$1` conversation, `$2` due at, `$3` time.
pub(super) const TAKE_IN: &str = "
    UPDATE conversations SET
        last_seq = last_seq + 1 + (state = 'closed' AND $2 IS NOT NULL),
        last_customer_seq = CASE WHEN $2 IS NULL THEN last_customer_seq ELSE last_seq + 1 END,
        state = CASE WHEN $2 IS NULL THEN state ELSE 'open' END,
        quiet_until = COALESCE($2, quiet_until),
        due_at = CASE
            WHEN $2 IS NULL OR (owner = 'bot' AND lease_turn IS NOT NULL) THEN due_at
            WHEN owner <> 'bot' THEN NULL
            ELSE $2 END,
        updated_at = max(updated_at, $3)
    WHERE id = $1
    RETURNING last_seq, CASE WHEN $2 IS NULL THEN last_seq ELSE last_customer_seq END,
        ($2 IS NOT NULL AND due_at IS NOT NULL)";

/// Claims a due conversation. Returns the new epoch, the turn, and the last place; no row if it is not due. A claim whose
/// time has come while a turn is set is taken up again with that turn.
/// `$1` conversation, `$2` turn to begin, `$3` now, `$4` until, `$5` worker, `$6` the farthest due time there can be.
pub(super) const CLAIM: &str = "
    UPDATE conversations SET
        epoch = epoch + 1,
        claimed_seq = CASE WHEN lease_turn IS NULL THEN last_customer_seq ELSE claimed_seq END,
        last_seq = last_seq + (lease_turn IS NULL),
        updated_at = CASE WHEN lease_turn IS NULL THEN $3 ELSE updated_at END,
        lease_turn = COALESCE(lease_turn, $2),
        due_at = $4,
        worker = $5
    WHERE id = $1 AND (due_at <= $3 OR due_at > $6) AND owner = 'bot' AND state = 'open' AND last_customer_seq > answered_seq
    RETURNING epoch, lease_turn, last_seq";

/// The customer's messages that a claim has to answer: their ids, oldest first. `$1` conversation.
pub(super) const CLAIMED_MESSAGES: &str = "
    SELECT events.body ->> 'id'
    FROM conversations JOIN events ON events.conversation_id = conversations.id
        AND events.seq > conversations.answered_seq AND events.seq <= conversations.claimed_seq
    WHERE conversations.id = $1 AND events.kind = 'message' AND events.body ->> 'role' = 'customer'
      AND events.body ->> 'kept' IS NULL
    ORDER BY events.seq";

/// Makes room in a log for a turn's events. Returns the new last place.
/// `$1` conversation, `$2` turn, `$3` time, `$4` epoch, `$5` number of events.
pub(super) const APPEND: &str = "
    UPDATE conversations SET last_seq = last_seq + $5, updated_at = $3
    WHERE id = $1 AND epoch = $4 AND lease_turn = $2
    RETURNING last_seq";

/// Ends a turn. Returns whether the conversation is due again, and the conversation.
/// As [`APPEND`]; `$6` new owner, `$7` their name, `$8` new contact, `$9` new language, `$10` end of the owner's lease,
/// `$11` time of the reminder, `$12` when its messages are taken up again, NULL if they are answered.
pub(super) const COMMIT: &str = concat!(
    "UPDATE conversations SET
        answered_seq = CASE WHEN $12 IS NULL THEN claimed_seq ELSE answered_seq END,
        lease_turn = NULL, worker = NULL,
        epoch = epoch + ($6 IS NOT NULL),
        owner = COALESCE($6, owner),
        owner_name = CASE WHEN $6 IS NULL THEN owner_name ELSE $7 END,
        owner_until = CASE WHEN $6 IS NULL THEN owner_until ELSE $10 END,
        remind_at = CASE WHEN $6 IS NULL THEN remind_at ELSE $11 END,
        contact_id = COALESCE((SELECT id FROM contacts WHERE id = $8), contact_id),
        language = COALESCE($9, language),
        due_at = CASE
            WHEN COALESCE($6, owner) <> 'bot' THEN NULL
            WHEN last_customer_seq <= claimed_seq THEN $12
            ELSE quiet_until END,
        last_seq = last_seq + $5, updated_at = $3
     WHERE id = $1 AND epoch = $4 AND lease_turn = $2
     RETURNING (due_at IS NOT NULL), ",
    conversation_columns!()
);

/// Gives a claim back. Returns the new last place. The epoch rises, so that the one who gave the claim back
/// cannot write any more even if the turn is taken up again.
/// As [`APPEND`]; `$6` due at, `$7` 1 to keep the journal.
pub(super) const RELEASE: &str = "
    UPDATE conversations SET
        epoch = epoch + 1, due_at = $6, worker = NULL,
        lease_turn = CASE WHEN $7 = 1 THEN lease_turn END,
        last_seq = last_seq + $5,
        updated_at = CASE WHEN $5 > 0 THEN $3 ELSE updated_at END
    WHERE id = $1 AND epoch = $4 AND lease_turn = $2
    RETURNING last_seq";

/// A page of conversations, newest activity first. `lower` folds the letters of ASCII alone, on both sides.
/// `$1` owner (or 'human' for all but the bot), `$2` state, `$3` words (each NULL for any), `$4` and `$5` time and id to go on behind, `$6` limit.
pub(super) const LIST: &str = concat!(
    "SELECT ",
    conversation_columns!(),
    " FROM conversations
      WHERE (updated_at, id) < ($4, $5)
        AND ($1 IS NULL OR owner = $1 OR ($1 = 'human' AND owner <> 'bot')) AND ($2 IS NULL OR state = $2)
        AND ($3 IS NULL
            OR EXISTS (SELECT 1 FROM contacts
                WHERE contacts.id = conversations.contact_id AND instr(lower(contacts.name), lower($3)) > 0)
            OR EXISTS (SELECT 1 FROM events
                WHERE events.conversation_id = conversations.id AND events.kind = 'message'
                  AND instr(lower(events.body ->> 'text'), lower($3)) > 0))
      ORDER BY updated_at DESC, id DESC
      LIMIT $6"
);

/// A message. `$1` conversation, `$2` the message's id as text.
pub(super) const DELIVERY_MESSAGE: &str = "
    SELECT body FROM events
    WHERE conversation_id = $1 AND kind = 'message' AND body ->> 'id' = $2";

/// The newest messages of a conversation's customer, newest first. `$1` conversation, `$2` limit.
pub(super) const LAST_SAID: &str = "
    SELECT body FROM events
    WHERE conversation_id = $1 AND kind = 'message' AND body ->> 'role' = 'customer'
    ORDER BY seq DESC
    LIMIT $2";

/// What was billed for attempts to send, by category. `$1` since.
pub(super) const SEND_COSTS: &str = "
    SELECT category, COUNT(*), COALESCE(SUM(cost_micros), 0) FROM sends
    WHERE category IS NOT NULL AND begun_at >= $1
    GROUP BY category
    ORDER BY category";

/// Adds to an account. `$1` account, `$2` how much, `$3` its end.
pub(super) const ADD_SPENDING: &str = "
    INSERT INTO spending (account, micros, ends_at) VALUES ($1, $2, $3)
    ON CONFLICT (account) DO UPDATE SET micros = spending.micros + excluded.micros";
