-- People, conversations, their logs, deliveries and keys.
-- Ids are the 16 bytes of a UUID, times are milliseconds since 1970, JSON is text.

CREATE TABLE contacts (
    id                BLOB    NOT NULL PRIMARY KEY,
    name              TEXT,
    email             TEXT,
    phone             TEXT,
    language          TEXT,
    stage             TEXT,
    tags              TEXT    NOT NULL,
    origin            TEXT,
    marketing_consent INTEGER,
    preferences       TEXT    NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_by_creation ON contacts (created_at, id);

CREATE TABLE identities (
    kind       TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    contact_id BLOB    NOT NULL REFERENCES contacts (id),
    linked_at  INTEGER NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_of_contact ON identities (contact_id);

-- Small and changed by every write of a turn; what never changes stands in `visits`.
--
-- Which customer messages are open is kept as places in the log, not per message:
--   answered_seq <= claimed_seq <= last_customer_seq <= last_seq  (claimed_seq counts only while lease_turn is set)
-- A customer message is open if its place is behind answered_seq; a turn answers those up to claimed_seq.
--
-- due_at is when a worker should look: never unless the bot owns the open conversation and a message is open.
-- While a turn runs (lease_turn is set) it is when the claim runs out, so that a lost turn is due by itself.
CREATE TABLE conversations (
    id                BLOB    NOT NULL PRIMARY KEY,
    channel           TEXT    NOT NULL,
    contact_id        BLOB    NOT NULL REFERENCES contacts (id),
    language          TEXT    NOT NULL,
    state             TEXT    NOT NULL CHECK (state IN ('open', 'closed')),
    owner             TEXT    NOT NULL CHECK (owner IN ('bot', 'team', 'person')),
    owner_name        TEXT,
    epoch             INTEGER NOT NULL,
    last_seq          INTEGER NOT NULL,
    last_customer_seq INTEGER NOT NULL,
    answered_seq      INTEGER NOT NULL,
    claimed_seq       INTEGER NOT NULL,
    quiet_until       INTEGER NOT NULL,
    due_at            INTEGER,
    lease_turn        BLOB,
    worker            TEXT,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_due ON conversations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX conversations_by_activity ON conversations (updated_at, id);

-- What was known when a conversation was opened.
CREATE TABLE visits (
    conversation_id BLOB NOT NULL PRIMARY KEY REFERENCES conversations (id),
    identity_kind   TEXT NOT NULL,
    identity_value  TEXT NOT NULL,
    token_hash      BLOB,
    metadata        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX visits_by_identity ON visits (identity_kind, identity_value);

-- Which deliveries of a channel were accepted already.
CREATE TABLE inbound (
    conversation_id BLOB NOT NULL REFERENCES conversations (id),
    channel         TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    message_id      BLOB NOT NULL,
    PRIMARY KEY (conversation_id, channel, external_id)
) STRICT, WITHOUT ROWID;

-- Not clustered by conversation: events of many conversations written together share pages, so that a group
-- commit writes few of them.
CREATE TABLE events (
    position        INTEGER NOT NULL PRIMARY KEY,
    conversation_id BLOB    NOT NULL REFERENCES conversations (id),
    seq             INTEGER NOT NULL,
    turn_id         BLOB,
    at              INTEGER NOT NULL,
    kind            TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    UNIQUE (conversation_id, seq)
) STRICT;
CREATE INDEX events_messages ON events (conversation_id, seq) WHERE kind = 'message';
-- One entry a turn: its first event tells where the others begin.
CREATE INDEX events_turns ON events (turn_id) WHERE kind = 'turn_started';

CREATE TABLE outbox (
    position        INTEGER NOT NULL PRIMARY KEY,
    id              BLOB    NOT NULL UNIQUE,
    conversation_id BLOB    NOT NULL REFERENCES conversations (id),
    channel         TEXT    NOT NULL,
    message_id      BLOB    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    attempts        INTEGER NOT NULL,
    due_at          INTEGER NOT NULL,
    settled_at      INTEGER,
    external_id     TEXT,
    error           TEXT
) STRICT;
CREATE INDEX outbox_waiting ON outbox (conversation_id, position) WHERE state = 'waiting';
CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'waiting';
CREATE INDEX outbox_dead ON outbox (settled_at) WHERE state = 'dead';

CREATE TABLE api_keys (
    name         TEXT    NOT NULL PRIMARY KEY,
    scopes       TEXT    NOT NULL,
    hash         BLOB    NOT NULL UNIQUE,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;
