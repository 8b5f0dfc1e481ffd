//! The hot path in PostgreSQL's own means: one statement, one round trip, per operation. A statement begins with the
//! fenced UPDATE of the conversation (`moved`); everything else in it is made of the row that this returns, so that a
//! refused one changes nothing at all.
//!
//! READ COMMITTED, so an UPDATE that waited for a lock looks again at the row as it is then: the fence holds, and
//! places in the log are counted on from the newest. What else the statement reads is as it was when it began.

use crate::store::sql::conversation_columns;

/// Appends the events `$6` (kinds) and `$7` (bodies) behind what `moved` has counted them into.
macro_rules! append_events {
    () => {
        "appended AS (
            INSERT INTO events (conversation_id, seq, turn_id, at, kind, body)
            SELECT moved.id, moved.last_seq - $5 + draft.place, $2, $3, draft.kind, draft.body
            FROM moved CROSS JOIN unnest($6::text[], $7::text[]) WITH ORDINALITY AS draft (kind, body, place))"
    };
}

/// Opens a conversation unless there is one of that id; makes its contact, with that identity, if nobody has it.
/// Two that make the same identity at once break a rule of its table: the second has to look again.
/// `$1` id, `$2` kind and `$3` value of the identity, `$4` contact to make, `$5` name, `$6` e-mail, `$7` phone,
/// `$8` language, `$9` channel, `$10` time, `$11` token hash, `$12` metadata.
pub(super) const OPEN: &str = "
    WITH fresh AS (
        SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM conversations WHERE id = $1)),
    known AS (
        SELECT contact_id FROM identities WHERE kind = $2 AND value = $3),
    made AS (
        INSERT INTO contacts (id, name, email, phone, language, tags, origin, preferences, created_at, updated_at)
        SELECT $4, $5, $6, $7, $8, '[]', $9, '[]', $10, $10 FROM fresh WHERE NOT EXISTS (SELECT 1 FROM known)
        ON CONFLICT (id) DO NOTHING),
    linked AS (
        INSERT INTO identities (kind, value, contact_id, linked_at)
        SELECT $2, $3, $4, $10 FROM fresh WHERE NOT EXISTS (SELECT 1 FROM known)),
    opened AS (
        INSERT INTO conversations (id, channel, contact_id, language, state, owner, epoch, last_seq,
            last_customer_seq, answered_seq, claimed_seq, quiet_until, created_at, updated_at)
        SELECT $1, $9, COALESCE((SELECT contact_id FROM known), $4), $8, 'open', 'bot', 0, 0, 0, 0, 0, 0, $10, $10
        FROM fresh
        RETURNING id)
    INSERT INTO visits (conversation_id, identity_kind, identity_value, token_hash, metadata)
    SELECT id, $2, $3, $11, $12 FROM opened";

/// Accepts a customer's message. Returns the new last place, the message's place, and whether the conversation
/// is due; no row if the message is a repeat or the conversation does not exist. A closed conversation is opened,
/// which takes one place more. A message without a due time is only kept: it takes a place in the log and moves nothing.
/// `$1` conversation, `$2` channel, `$3` external id, `$4` message, `$5` due at, `$6` time, `$7` body of the
/// message event, `$8` body of the reopening event.
pub(super) const ACCEPT: &str = "
    WITH arrived AS (
        INSERT INTO inbound (conversation_id, channel, external_id, message_id)
        SELECT id, $2, $3, $4 FROM conversations WHERE id = $1
        ON CONFLICT DO NOTHING
        RETURNING conversation_id),
    moved AS (
        UPDATE conversations SET
            last_seq = last_seq + CASE WHEN state = 'closed' AND $5::bigint IS NOT NULL THEN 2 ELSE 1 END,
            last_customer_seq = CASE WHEN $5::bigint IS NULL THEN last_customer_seq ELSE last_seq + 1 END,
            state = CASE WHEN $5::bigint IS NULL THEN state ELSE 'open' END,
            quiet_until = COALESCE($5::bigint, quiet_until),
            due_at = CASE
                WHEN $5::bigint IS NULL OR (owner = 'bot' AND lease_turn IS NOT NULL) THEN due_at
                WHEN owner <> 'bot' THEN NULL
                ELSE $5::bigint END,
            updated_at = GREATEST(updated_at, $6)
        FROM arrived
        WHERE conversations.id = arrived.conversation_id
        RETURNING conversations.id, last_seq,
            CASE WHEN $5::bigint IS NULL THEN last_seq ELSE last_customer_seq END AS place,
            $5::bigint IS NOT NULL AND due_at IS NOT NULL AS is_due),
    appended AS (
        INSERT INTO events (conversation_id, seq, at, kind, body)
        SELECT id, place, $6, 'message', $7 FROM moved
        UNION ALL
        SELECT id, last_seq, $6, 'state_changed', $8 FROM moved WHERE last_seq > place)
    SELECT last_seq, place, is_due FROM moved";

/// Claims a due conversation. Returns the new epoch, the turn, the last place, and the open messages' ids, oldest
/// first. No row if it is not due, or if somebody else writes it this moment. A claim whose time has come while a
/// turn is set is taken up again with that turn.
///
/// A message that was committed after this statement began would be counted but not read: then the conversation is
/// not claimed, and the one who wrote the message has said that there is work.
/// `$1` conversation, `$2` turn to begin, `$3` now, `$4` until, `$5` worker, `$6` and `$7` what stands before and
/// behind the list of messages in the body of the event that begins the turn, `$8` the farthest due time there can be.
pub(super) const CLAIM: &str = "
    WITH due AS (
        SELECT id FROM conversations
        WHERE id = $1 AND (due_at <= $3 OR due_at > $8) AND owner = 'bot' AND state = 'open' AND last_customer_seq > answered_seq
          AND EXISTS (SELECT 1 FROM events
              WHERE events.conversation_id = $1 AND events.seq = conversations.last_customer_seq)
        FOR NO KEY UPDATE OF conversations SKIP LOCKED),
    moved AS (
        UPDATE conversations SET
            epoch = epoch + 1,
            claimed_seq = CASE WHEN lease_turn IS NULL THEN last_customer_seq ELSE claimed_seq END,
            last_seq = last_seq + CASE WHEN lease_turn IS NULL THEN 1 ELSE 0 END,
            updated_at = CASE WHEN lease_turn IS NULL THEN $3 ELSE updated_at END,
            lease_turn = COALESCE(lease_turn, $2),
            due_at = $4,
            worker = $5
        FROM due
        WHERE conversations.id = due.id
        RETURNING conversations.id, epoch, lease_turn, last_seq, answered_seq, claimed_seq),
    answers AS (
        SELECT COALESCE(json_agg(events.body::json ->> 'id' ORDER BY events.seq)::text, '[]') AS list
        FROM moved JOIN events ON events.conversation_id = moved.id
            AND events.seq > moved.answered_seq AND events.seq <= moved.claimed_seq
        WHERE events.kind = 'message' AND events.body::json ->> 'role' = 'customer'
          AND events.body::json ->> 'kept' IS NULL),
    started AS (
        INSERT INTO events (conversation_id, seq, turn_id, at, kind, body)
        SELECT moved.id, moved.last_seq, $2, $3, 'turn_started', $6 || answers.list || $7
        FROM moved CROSS JOIN answers
        WHERE moved.lease_turn = $2)
    SELECT moved.epoch, moved.lease_turn, moved.last_seq, answers.list FROM moved CROSS JOIN answers";

/// Appends to a journal. Returns the new last place.
/// `$1` conversation, `$2` turn, `$3` time, `$4` epoch, `$5` number of events, `$6` kinds, `$7` bodies.
pub(super) const APPEND: &str = concat!(
    "WITH moved AS (
        UPDATE conversations SET last_seq = last_seq + $5, updated_at = $3
        WHERE id = $1 AND epoch = $4 AND lease_turn = $2
        RETURNING id, last_seq),
    ",
    append_events!(),
    " SELECT last_seq FROM moved"
);

/// Ends a turn. Returns whether the conversation is due again, and the conversation.
/// `$1` … `$7` as [`APPEND`], `$8` new owner, `$9` their name, `$10` new contact, unless they were forgotten meanwhile, `$11` new language; deliveries to
/// queue: `$12` ids, `$13` channels, `$14` messages; `$15` end of the owner's lease, `$16` time of the reminder;
/// `$17` when its messages are taken up again, NULL if they are answered.
pub(super) const COMMIT: &str = concat!(
    "WITH moved AS (
        UPDATE conversations SET
            answered_seq = CASE WHEN $17 IS NULL THEN claimed_seq ELSE answered_seq END,
            lease_turn = NULL, worker = NULL,
            epoch = epoch + CASE WHEN $8 IS NULL THEN 0 ELSE 1 END,
            owner = COALESCE($8, owner),
            owner_name = CASE WHEN $8 IS NULL THEN owner_name ELSE $9 END,
            owner_until = CASE WHEN $8 IS NULL THEN owner_until ELSE $15 END,
            remind_at = CASE WHEN $8 IS NULL THEN remind_at ELSE $16 END,
            contact_id = COALESCE((SELECT id FROM contacts WHERE id = $10), contact_id),
            language = COALESCE($11, language),
            due_at = CASE
                WHEN COALESCE($8, owner) <> 'bot' THEN NULL
                WHEN last_customer_seq <= claimed_seq THEN $17
                ELSE quiet_until END,
            last_seq = last_seq + $5, updated_at = $3
        WHERE id = $1 AND epoch = $4 AND lease_turn = $2
        RETURNING due_at IS NOT NULL AS due_again, ",
    conversation_columns!(),
    "),
    ",
    append_events!(),
    ",
    queued AS (
        INSERT INTO outbox (id, conversation_id, channel, message_id, state, attempts, due_at)
        SELECT delivery.id, moved.id, delivery.channel, delivery.message, 'waiting', 0, $3
        FROM moved CROSS JOIN unnest($12::bytea[], $13::text[], $14::bytea[])
            WITH ORDINALITY AS delivery (id, channel, message, place)
        ORDER BY delivery.place)
    SELECT * FROM moved"
);

/// Gives a claim back. Returns the new last place. The epoch rises, so that the one who gave the claim back
/// cannot write any more even if the turn is taken up again.
/// `$1` … `$7` as [`APPEND`], `$8` due at, `$9` 1 to keep the journal.
pub(super) const RELEASE: &str = concat!(
    "WITH moved AS (
        UPDATE conversations SET
            epoch = epoch + 1, due_at = $8, worker = NULL,
            lease_turn = CASE WHEN $9 = 1 THEN lease_turn END,
            last_seq = last_seq + $5,
            updated_at = CASE WHEN $5 > 0 THEN $3 ELSE updated_at END
        WHERE id = $1 AND epoch = $4 AND lease_turn = $2
        RETURNING id, last_seq),
    ",
    append_events!(),
    " SELECT last_seq FROM moved"
);

/// Appends events that the conversation has counted already.
/// `$1` conversation, `$2` turn, `$3` time, `$4` the place before the first, `$5` kinds, `$6` bodies.
pub(super) const INSERT_EVENTS: &str = "
    INSERT INTO events (conversation_id, seq, turn_id, at, kind, body)
    SELECT $1, $4 + draft.place, $2, $3, draft.kind, draft.body
    FROM unnest($5::text[], $6::text[]) WITH ORDINALITY AS draft (kind, body, place)";

/// What a change of owner or state starts from; nobody else changes it until the end of the transaction. `$1` id.
pub(super) const STANDING: &str =
    "SELECT state, owner, owner_name FROM conversations WHERE id = $1 FOR NO KEY UPDATE";

/// A page of conversations, newest activity first. The collation makes `lower` fold the letters of ASCII alone, on
/// both sides.
/// `$1` owner (or 'human' for all but the bot), `$2` state, `$3` words (each NULL for any), `$4` and `$5` time and id
/// to go on behind, `$6` limit.
pub(super) const LIST: &str = concat!(
    "SELECT ",
    conversation_columns!(),
    r#" FROM conversations
      WHERE (updated_at, id) < ($4, $5)
        AND ($1 IS NULL OR owner = $1 OR ($1 = 'human' AND owner <> 'bot')) AND ($2 IS NULL OR state = $2)
        AND ($3 IS NULL
            OR EXISTS (SELECT 1 FROM contacts
                WHERE contacts.id = conversations.contact_id
                  AND strpos(lower(contacts.name COLLATE "C"), lower($3 COLLATE "C")) > 0)
            OR EXISTS (SELECT 1 FROM events
                WHERE events.conversation_id = conversations.id AND events.kind = 'message'
                  AND strpos(lower((events.body::json ->> 'text') COLLATE "C"), lower($3 COLLATE "C")) > 0))
      ORDER BY updated_at DESC, id DESC
      LIMIT $6"#
);

/// Where the logs of conversations end. `$1` ids.
pub(super) const ENDS: &str = "SELECT id, last_seq FROM conversations WHERE id = ANY($1)";

/// Claims heads that are due. What another process claims this moment is passed over. An attempt counts from its
/// claim, so that a delivery that kills the process does not come back for ever. `$1` now, `$2` until, `$3` limit, `$4` the
/// farthest due time there can be.
pub(super) const CLAIM_DELIVERIES: &str = "
    WITH heads AS (
        SELECT position AS place FROM outbox AS head
        WHERE state = 'waiting' AND (due_at <= $1 OR due_at > $4) AND NOT EXISTS (
            SELECT 1 FROM outbox AS earlier
            WHERE earlier.conversation_id = head.conversation_id AND earlier.state = 'waiting'
              AND earlier.position < head.position)
        ORDER BY position
        LIMIT $3
        FOR UPDATE OF head SKIP LOCKED)
    UPDATE outbox SET due_at = $2, attempts = attempts + 1
    FROM heads
    WHERE outbox.position = heads.place
    RETURNING position, id, conversation_id, channel, message_id, attempts, settlements";

/// Claims bodies that are due. What another process claims this moment is passed over.
/// `$1` channel, `$2` now, `$3` until, `$4` limit, `$5` the farthest due time there can be.
pub(super) const CLAIM_POSTS: &str = "
    WITH due AS (
        SELECT id FROM posts
        WHERE state = 'waiting' AND channel = $1 AND (due_at <= $2 OR due_at > $5)
        ORDER BY id
        LIMIT $4
        FOR UPDATE SKIP LOCKED)
    UPDATE posts SET due_at = $3, attempts = attempts + 1
    FROM due
    WHERE posts.id = due.id
    RETURNING posts.id, body, received_at, attempts";

/// Claims reminders that are due. What another process claims this moment is passed over.
/// `$1` now, `$2` until, `$3` limit, `$4` the farthest a claim can last.
pub(super) const CLAIM_REMINDERS: &str = "
    WITH due AS (
        SELECT record, number, stands_at, due_at FROM reminders
        WHERE due_at <= $1 AND (claimed_until <= $1 OR claimed_until > $4)
        ORDER BY claimed_until, due_at
        LIMIT $3
        FOR UPDATE SKIP LOCKED)
    UPDATE reminders SET claimed_until = $2
    FROM due
    WHERE reminders.record = due.record AND reminders.number = due.number
        AND reminders.stands_at = due.stands_at AND reminders.due_at = due.due_at
    RETURNING conversation_id, reminders.record, reminders.number, reminders.stands_at, reminders.due_at";

/// Whose an identity is; nobody else points it elsewhere until the end of the transaction. `$1` kind, `$2` value.
pub(super) const OWNER_OF_IDENTITY: &str =
    "SELECT contact_id FROM identities WHERE kind = $1 AND value = $2 FOR UPDATE";

/// What a contact asked us to remember; nobody else adds to it until the end of the transaction. `$1` contact.
pub(super) const PREFERENCES: &str = "SELECT preferences FROM contacts WHERE id = $1 FOR NO KEY UPDATE";

/// Takes an effect's key; no row if it was taken. Waits for another one that is taking it. `$1` key, `$2` kind.
pub(super) const TAKE_EFFECT: &str =
    "INSERT INTO effects (key, kind, result) VALUES ($1, $2, '') ON CONFLICT (key) DO NOTHING";

/// Keeps what an effect returned. `$1` key, `$2` result.
pub(super) const KEEP_EFFECT: &str = "UPDATE effects SET result = $2 WHERE key = $1";

/// Waits until nobody else books this professional: two that book at once would not see each other. Until the end of
/// the transaction. `$1` professional.
pub(super) const LOCK_PROFESSIONAL: &str = "SELECT pg_advisory_xact_lock(1, hashtext($1))";

/// Waits until nobody else gives out leads of a route. Until the end of the transaction. `$1` name of the definition,
/// `$2` route.
pub(super) const LOCK_ROUTE: &str = "SELECT pg_advisory_xact_lock(3, hashtext($1 || ' ' || $2))";

/// Waits until nobody else gives out ticket numbers. Until the end of the transaction.
pub(super) const LOCK_TICKETS: &str = "SELECT pg_advisory_xact_lock(2, 0)";

/// Waits until nobody else begins an attempt whose reach is limited. Until the end of the transaction.
pub(super) const LOCK_REACH: &str = "SELECT pg_advisory_xact_lock(4, 0)";

/// One appointment, which nobody else changes until the end of the transaction. `$1` id.
pub(super) const APPOINTMENT: &str = "SELECT record FROM appointments WHERE id = $1 FOR UPDATE";

/// One ticket, which nobody else changes until the end of the transaction. `$1` number.
pub(super) const TICKET: &str = "SELECT record FROM tickets WHERE number = $1 FOR UPDATE";

/// A message. `$1` conversation, `$2` the message's id as text.
pub(super) const DELIVERY_MESSAGE: &str = "
    SELECT body FROM events
    WHERE conversation_id = $1 AND kind = 'message' AND body::json ->> 'id' = $2";

/// Takes units from a cell, by the clock of the database. Returns how long until there are enough, in microseconds: 0 if
/// they were taken. The row is locked by whoever counts: two processes do not take the same unit. What a new row would
/// hold is the present plus `$2`: so the present is read once.
/// `$1` name, `$2` the time in which the units come back, `$3` that of the whole cell, in microseconds.
pub(super) const TAKE_UNITS: &str = "
    INSERT INTO quota_cells AS cell (name, full_at, wait)
    VALUES ($1, (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint + $2, 0)
    ON CONFLICT (name) DO UPDATE SET
        full_at = CASE
            WHEN GREATEST(cell.full_at, excluded.full_at - $2) + $2 - $3 <= excluded.full_at - $2
            THEN GREATEST(cell.full_at, excluded.full_at - $2) + $2
            ELSE cell.full_at END,
        wait = GREATEST(GREATEST(cell.full_at, excluded.full_at - $2) + $2 - $3 - (excluded.full_at - $2), 0)
    RETURNING wait";

/// Workers that hold claims and have no connection any more.
pub(super) const MISSING_WORKERS: &str = "
    SELECT DISTINCT worker FROM conversations
    WHERE lease_turn IS NOT NULL AND due_at > 0 AND worker IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = conversations.worker)";

/// Lets the claims of workers run out, whatever the time. `$1` workers.
pub(super) const FREE_CLAIMS: &str = "
    UPDATE conversations SET due_at = 0
    WHERE lease_turn IS NOT NULL AND due_at > 0 AND worker = ANY($1)
    RETURNING id";

/// The newest messages of a conversation's customer, newest first. `$1` conversation, `$2` limit.
pub(super) const LAST_SAID: &str = "
    SELECT body FROM events
    WHERE conversation_id = $1 AND kind = 'message' AND body::json ->> 'role' = 'customer'
    ORDER BY seq DESC
    LIMIT $2";

/// What was billed for attempts to send, by category. `$1` since.
pub(super) const SEND_COSTS: &str = "
    SELECT category, COUNT(*), COALESCE(SUM(cost_micros), 0)::bigint FROM sends
    WHERE category IS NOT NULL AND begun_at >= $1
    GROUP BY category
    ORDER BY category";

/// Accounts, which nobody else changes until the end of the transaction, in this order; opened where there were none.
/// `$1` accounts, `$2` their ends. Returns each with what it has come to.
pub(super) const LOCK_ACCOUNTS: &str = "
    INSERT INTO spending (account, micros, ends_at)
    SELECT account, 0, ends_at FROM UNNEST($1::TEXT[], $2::BIGINT[]) WITH ORDINALITY AS asked (account, ends_at, place)
    ORDER BY place
    ON CONFLICT (account) DO UPDATE SET micros = spending.micros
    RETURNING account, micros";

/// Adds to accounts. `$1` accounts, `$2` how much.
pub(super) const ADD_SPENDING: &str = "UPDATE spending SET micros = micros + $2 WHERE account = ANY($1)";
