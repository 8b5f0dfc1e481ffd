-- How long somebody else than the bot has a conversation, and a flow as one more kind of owner. A CHECK of SQLite
-- cannot be altered, so the table is laid anew; foreign keys are off while migrations run.

CREATE TABLE conversations_with_leases (
    id                BLOB    NOT NULL PRIMARY KEY,
    channel           TEXT    NOT NULL,
    contact_id        BLOB    NOT NULL REFERENCES contacts (id),
    language          TEXT    NOT NULL,
    state             TEXT    NOT NULL CHECK (state IN ('open', 'closed')),
    owner             TEXT    NOT NULL CHECK (owner IN ('bot', 'team', 'person', 'flow')),
    owner_name        TEXT,
    -- When the bot gets it back.
    owner_until       INTEGER,
    -- When the operator is reminded that nobody has taken it.
    remind_at         INTEGER,
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
INSERT INTO conversations_with_leases (id, channel, contact_id, language, state, owner, owner_name, epoch, last_seq,
    last_customer_seq, answered_seq, claimed_seq, quiet_until, due_at, lease_turn, worker, created_at, updated_at)
SELECT id, channel, contact_id, language, state, owner, owner_name, epoch, last_seq,
    last_customer_seq, answered_seq, claimed_seq, quiet_until, due_at, lease_turn, worker, created_at, updated_at
FROM conversations;
DROP TABLE conversations;
ALTER TABLE conversations_with_leases RENAME TO conversations;
CREATE INDEX conversations_due ON conversations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX conversations_by_activity ON conversations (updated_at, id);
CREATE INDEX conversations_by_lease ON conversations (owner_until) WHERE owner_until IS NOT NULL;
CREATE INDEX conversations_by_reminder ON conversations (remind_at) WHERE remind_at IS NOT NULL;
