//! Texts about conversations and their logs.

/// One conversation. `$1` id.
pub(in crate::store) const GET: &str =
    concat!("SELECT ", conversation_columns!(), " FROM conversations WHERE id = $1");

/// A conversation's token. `$1` id.
pub(in crate::store) const TOKEN_HASH: &str = "SELECT token_hash FROM visits WHERE conversation_id = $1";

/// How the channel knew the person. `$1` conversation.
pub(in crate::store) const IDENTITY: &str =
    "SELECT identity_kind, identity_value FROM visits WHERE conversation_id = $1";

/// How the channel knows the person now. `$1` conversation, `$2` identity kind, `$3` identity value, `$4` metadata.
pub(in crate::store) const REVISIT: &str = "
    UPDATE visits SET identity_kind = $2, identity_value = $3, metadata = $4 WHERE conversation_id = $1";

/// The message that the channel knows by an id: a customer's, an echo, or one of ours. `$1` conversation, `$2` channel,
/// `$3` what its echoes are counted by, `$4` external id.
pub(in crate::store) const SAID: &str = "
    SELECT message_id FROM inbound WHERE conversation_id = $1 AND channel IN ($2, $3) AND external_id = $4
    UNION ALL
    SELECT message_id FROM outbox WHERE conversation_id = $1 AND channel = $2 AND external_id = $4
    LIMIT 1";

/// The newest conversation of an identity. `$1` kind, `$2` value, `$3` channel.
pub(in crate::store) const FIND_BY_IDENTITY: &str = concat!(
    "SELECT ",
    conversation_columns!(),
    " FROM conversations WHERE id = (
        SELECT opened.id FROM visits
        JOIN conversations AS opened ON opened.id = visits.conversation_id
        WHERE visits.identity_kind = $1 AND visits.identity_value = $2 AND opened.channel = $3
        ORDER BY opened.created_at DESC, opened.id DESC
        LIMIT 1)"
);

/// Events behind a place. `$1` conversation, `$2` place, `$3` limit.
pub(in crate::store) const EVENTS: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events WHERE conversation_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"
);

/// The newest events, newest first. `$1` conversation, `$2` limit.
pub(in crate::store) const RECENT_EVENTS: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events WHERE conversation_id = $1 ORDER BY seq DESC LIMIT $2"
);

/// Messages behind a place. `$1` conversation, `$2` place, `$3` limit.
pub(in crate::store) const MESSAGES: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events WHERE conversation_id = $1 AND kind = 'message' AND seq > $2 ORDER BY seq LIMIT $3"
);

/// The newest message. `$1` conversation.
pub(in crate::store) const NEWEST_MESSAGE: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events WHERE conversation_id = $1 AND kind = 'message' ORDER BY seq DESC LIMIT 1"
);

/// The message that a delivery was accepted as. `$1` conversation, `$2` channel, `$3` external id.
pub(in crate::store) const ACCEPTED: &str =
    "SELECT message_id FROM inbound WHERE conversation_id = $1 AND channel = $2 AND external_id = $3";

/// Notes what came from a channel, unless it came before. `$1` conversation, `$2` channel, `$3` external id, `$4`
/// message.
pub(in crate::store) const INSERT_INBOUND: &str = "
    INSERT INTO inbound (conversation_id, channel, external_id, message_id)
    SELECT id, $2, $3, $4 FROM conversations WHERE id = $1
    ON CONFLICT DO NOTHING";

/// Makes room for events of nobody's turn. Returns the new last place. `$1` conversation, `$2` events to come, `$3` time.
pub(in crate::store) const MAKE_ROOM: &str = "
    UPDATE conversations SET
        last_seq = last_seq + $2,
        updated_at = CASE WHEN updated_at > $3 THEN updated_at ELSE $3 END
    WHERE id = $1
    RETURNING last_seq";

/// What news are counted by among what came in.
pub(in crate::store) const NEWS: &str = "news";

/// Opens a conversation. `$1` id, `$2` channel, `$3` contact, `$4` language, `$5` time.
pub(in crate::store) const INSERT: &str = "
    INSERT INTO conversations (id, channel, contact_id, language, state, owner, epoch, last_seq,
        last_customer_seq, answered_seq, claimed_seq, quiet_until, created_at, updated_at)
    VALUES ($1, $2, $3, $4, 'open', 'bot', 0, 0, 0, 0, 0, 0, $5, $5)";

/// What was known at the opening. `$1` conversation, `$2` identity kind, `$3` identity value, `$4` token hash,
/// `$5` metadata.
pub(in crate::store) const INSERT_VISIT: &str = "
    INSERT INTO visits (conversation_id, identity_kind, identity_value, token_hash, metadata)
    VALUES ($1, $2, $3, $4, $5)";

/// Appends one event. `$1` conversation, `$2` turn, `$3` time, `$4` place, `$5` kind, `$6` body.
pub(in crate::store) const INSERT_EVENT: &str = "
    INSERT INTO events (conversation_id, turn_id, at, seq, kind, body) VALUES ($1, $2, $3, $4, $5, $6)";

/// Changes the owner; whoever held a claim has lost it. A person's words answer what the customer wrote before
/// them; what is still open when the bot gets the conversation back is due. A turn that has begun to change something
/// waits for that: taken up again, it repeats its call on the same key, where a new turn would make another one.
/// `$1` id, `$2` owner, `$3` owner's name, `$4` events to come, `$5` 1 if the last of them answers the customer,
/// `$6` time, `$7` end of the lease, `$8` time of the reminder, `$9` the epoch it is meant for, NULL for any.
pub(in crate::store) const CHANGE_OWNER: &str = concat!(
    "UPDATE conversations SET
        owner = $2, owner_name = $3, owner_until = $7, remind_at = $8, epoch = epoch + 1,
        lease_turn = CASE WHEN $5 = 0 AND EXISTS (SELECT 1 FROM events
            WHERE conversation_id = $1 AND turn_id = lease_turn AND kind = 'tool_started') THEN lease_turn END,
        worker = NULL,
        last_seq = last_seq + $4,
        answered_seq = CASE WHEN $5 = 1 THEN last_seq + $4 ELSE answered_seq END,
        due_at = CASE
            WHEN $5 = 1 OR $2 <> 'bot' OR state <> 'open' OR last_customer_seq <= answered_seq THEN NULL
            WHEN quiet_until > $6 THEN quiet_until
            ELSE $6 END,
        updated_at = CASE WHEN $4 > 0 THEN $6 ELSE updated_at END
     WHERE id = $1 AND ($9 IS NULL OR epoch = $9)
     RETURNING (due_at IS NOT NULL), ",
    conversation_columns!()
);

/// Opens or closes; whoever held a claim has lost it. Closing settles what was open.
/// `$1` id, `$2` state, `$3` events to come, `$4` time.
pub(in crate::store) const SET_STATE: &str = concat!(
    "UPDATE conversations SET
        state = $2, epoch = epoch + 1, lease_turn = NULL, worker = NULL,
        last_seq = last_seq + $3,
        answered_seq = CASE WHEN $2 = 'closed' THEN last_customer_seq ELSE answered_seq END,
        due_at = CASE
            WHEN $2 = 'closed' OR owner <> 'bot' OR last_customer_seq <= answered_seq THEN NULL
            WHEN quiet_until > $4 THEN quiet_until
            ELSE $4 END,
        updated_at = CASE WHEN $3 > 0 THEN $4 ELSE updated_at END
     WHERE id = $1
     RETURNING (due_at IS NOT NULL), ",
    conversation_columns!()
);

/// Conversations whose lease is over. `$1` now, `$2` limit.
pub(in crate::store) const LEASES_OVER: &str = concat!(
    "SELECT ",
    conversation_columns!(),
    " FROM conversations WHERE owner_until <= $1 ORDER BY owner_until LIMIT $2"
);

/// Takes reminders that are due: who comes second finds none. `$1` now, `$2` limit.
pub(in crate::store) const TAKE_REMINDERS: &str = concat!(
    "UPDATE conversations SET remind_at = NULL
     WHERE remind_at <= $1
       AND id IN (SELECT id FROM conversations WHERE remind_at <= $1 ORDER BY remind_at LIMIT $2)
     RETURNING ",
    conversation_columns!()
);

/// What a change of owner or state starts from. `$1` id.
pub(in crate::store) const STANDING: &str =
    "SELECT state, owner, owner_name FROM conversations WHERE id = $1";
