//! The hot path in SQLite's own means: one script, one trip to the database, per operation. A script begins with
//! the fenced UPDATE of the conversation; each later statement runs only if the one before changed a row
//! (`changes() > 0`), so that a refused script changes nothing at all.

use crate::store::sql::conversation_columns;
use std::sync::LazyLock;

/// How many events a script can append by itself. Few writes have more.
const EVENTS_PER_SCRIPT: usize = 8;

/// One script per number of events, 0 … [`EVENTS_PER_SCRIPT`].
pub(super) struct EventScript {
    head: String,
    texts: Vec<String>,
}

impl EventScript {
    /// `head` uses `$1` (conversation), `$2` (turn), `$3` (time) and its own parameters up to `$own`; kind and
    /// body of each event follow. It has raised `last_seq` by the number of events.
    fn new(head: &str, own: usize) -> Self {
        let texts = (0..=EVENTS_PER_SCRIPT)
            .map(|count| {
                let inserts = (0..count).map(|index| {
                    let (back, kind, body) = (count - index - 1, own + 1 + 2 * index, own + 2 + 2 * index);
                    format!(
                        ";\nINSERT INTO events (conversation_id, seq, turn_id, at, kind, body)
                         SELECT id, last_seq - {back}, $2, $3, ${kind}, ${body}
                         FROM conversations WHERE id = $1 AND changes() > 0"
                    )
                });
                std::iter::once(head.to_owned()).chain(inserts).collect()
            })
            .collect();
        Self { head: head.to_owned(), texts }
    }

    /// The script for a write of `count` events, and how many of them it appends: all or none.
    pub(super) fn appending(&self, count: usize) -> (&str, usize) {
        match self.texts.get(count) {
            Some(text) => (text, count),
            None => (&self.head, 0),
        }
    }
}

/// Accepts a customer's message. Returns the new last place, the message's place, and whether the conversation
/// is due; no row if the message is a repeat or the conversation does not exist. A closed conversation is opened,
/// which takes one place more. A message without a due time is only kept: it takes a place in the log and moves nothing.
/// `$1` conversation, `$2` channel, `$3` external id, `$4` message, `$5` due at, `$6` time, `$7` body of the
/// message event, `$8` body of the reopening event.
pub(super) const ACCEPT: &str = "
    INSERT INTO inbound (conversation_id, channel, external_id, message_id)
    SELECT id, $2, $3, $4 FROM conversations WHERE id = $1
    ON CONFLICT DO NOTHING;
    UPDATE conversations SET
        last_seq = last_seq + 1 + (state = 'closed' AND $5 IS NOT NULL),
        last_customer_seq = CASE WHEN $5 IS NULL THEN last_customer_seq ELSE last_seq + 1 END,
        state = CASE WHEN $5 IS NULL THEN state ELSE 'open' END,
        quiet_until = COALESCE($5, quiet_until),
        due_at = CASE
            WHEN $5 IS NULL OR (owner = 'bot' AND lease_turn IS NOT NULL) THEN due_at
            WHEN owner <> 'bot' THEN NULL
            ELSE $5 END,
        updated_at = max(updated_at, $6)
    WHERE id = $1 AND changes() > 0
    RETURNING last_seq, (CASE WHEN $5 IS NULL THEN last_seq ELSE last_customer_seq END),
        ($5 IS NOT NULL AND due_at IS NOT NULL);
    INSERT INTO events (conversation_id, seq, at, kind, body)
    SELECT id, CASE WHEN $5 IS NULL THEN last_seq ELSE last_customer_seq END, $6, 'message', $7
    FROM conversations WHERE id = $1 AND changes() > 0;
    INSERT INTO events (conversation_id, seq, at, kind, body)
    SELECT id, last_seq, $6, 'state_changed', $8
    FROM conversations WHERE id = $1 AND changes() > 0 AND $5 IS NOT NULL AND last_seq > last_customer_seq";

/// Claims a due conversation. Returns first the new epoch, the turn, and the last place; then the open messages'
/// ids, oldest first. No row if it is not due. A claim whose time has come while a turn is set is taken up again
/// with that turn.
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
    RETURNING epoch, lease_turn, last_seq;
    SELECT events.body ->> 'id'
    FROM conversations JOIN events ON events.conversation_id = conversations.id
        AND events.seq > conversations.answered_seq AND events.seq <= conversations.claimed_seq
    WHERE conversations.id = $1 AND changes() > 0
      AND events.kind = 'message' AND events.body ->> 'role' = 'customer' AND events.body ->> 'kept' IS NULL
    ORDER BY events.seq";

/// Appends to a journal. Returns the new last place. `$4` epoch, `$5` number of events.
pub(super) static APPEND: LazyLock<EventScript> = LazyLock::new(|| {
    EventScript::new(
        "UPDATE conversations SET last_seq = last_seq + $5, updated_at = $3
         WHERE id = $1 AND epoch = $4 AND lease_turn = $2
         RETURNING last_seq",
        5,
    )
});

/// Ends a turn. Returns whether the conversation is due again, and the conversation.
/// `$4` epoch, `$5` number of events, `$6` new owner, `$7` their name, `$8` new contact, `$9` new language, `$10` end of
/// the owner's lease, `$11` time of the reminder, `$12` when its messages are taken up again, NULL if they are answered.
pub(super) static COMMIT: LazyLock<EventScript> = LazyLock::new(|| {
    EventScript::new(
        concat!(
            "UPDATE conversations SET
                answered_seq = CASE WHEN $12 IS NULL THEN claimed_seq ELSE answered_seq END,
                lease_turn = NULL, worker = NULL,
                epoch = epoch + ($6 IS NOT NULL),
                owner = COALESCE($6, owner),
                owner_name = CASE WHEN $6 IS NULL THEN owner_name ELSE $7 END,
                owner_until = CASE WHEN $6 IS NULL THEN owner_until ELSE $10 END,
                remind_at = CASE WHEN $6 IS NULL THEN remind_at ELSE $11 END,
                contact_id = COALESCE($8, contact_id),
                language = COALESCE($9, language),
                due_at = CASE
                    WHEN COALESCE($6, owner) <> 'bot' THEN NULL
                    WHEN last_customer_seq <= claimed_seq THEN $12
                    ELSE quiet_until END,
                last_seq = last_seq + $5, updated_at = $3
             WHERE id = $1 AND epoch = $4 AND lease_turn = $2
             RETURNING (due_at IS NOT NULL), ",
            conversation_columns!()
        ),
        12,
    )
});

/// Gives a claim back. Returns the new last place. The epoch rises, so that the one who gave the claim back
/// cannot write any more even if the turn is taken up again.
/// `$4` epoch, `$5` number of events, `$6` due at, `$7` 1 to keep the journal.
pub(super) static RELEASE: LazyLock<EventScript> = LazyLock::new(|| {
    EventScript::new(
        "UPDATE conversations SET
            epoch = epoch + 1, due_at = $6, worker = NULL,
            lease_turn = CASE WHEN $7 = 1 THEN lease_turn END,
            last_seq = last_seq + $5,
            updated_at = CASE WHEN $5 > 0 THEN $3 ELSE updated_at END
         WHERE id = $1 AND epoch = $4 AND lease_turn = $2
         RETURNING last_seq",
        7,
    )
});

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
