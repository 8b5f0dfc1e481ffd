-- Interviews as they stand, and what people agreed to.
-- `state` is the fold over the interview's steps in the log; `seq` is the newest event of its conversation in it.

CREATE TABLE interviews (
    id              BLOB    NOT NULL PRIMARY KEY,
    conversation_id BLOB    NOT NULL REFERENCES conversations (id),
    contact_id      BLOB    NOT NULL REFERENCES contacts (id),
    seq             INTEGER NOT NULL,
    name            TEXT    NOT NULL,
    standing        TEXT    NOT NULL,
    temperature     TEXT,
    started_at      INTEGER NOT NULL,
    state           TEXT    NOT NULL,
    -- Who has the lead; the columns are what turns are taken by.
    route           TEXT,
    person          TEXT,
    assigned_at     INTEGER,
    assignment      TEXT,
    -- The list the lead is kept warm on, and since when.
    nurture         TEXT,
    -- When somebody should look after the lead: it ended, or nobody acknowledged.
    follow_up_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX interviews_of_contact ON interviews (contact_id, started_at, id);
CREATE INDEX interviews_in_conversation ON interviews (conversation_id, started_at, id);
CREATE INDEX interviews_by_start ON interviews (started_at, id);
CREATE INDEX interviews_by_turn ON interviews (name, route, person, assigned_at) WHERE person IS NOT NULL;
CREATE INDEX interviews_to_follow_up ON interviews (follow_up_at) WHERE follow_up_at IS NOT NULL;

-- What people agreed to, or did not. Rows are only ever added.
CREATE TABLE consents (
    contact_id BLOB    NOT NULL REFERENCES contacts (id),
    purpose    TEXT    NOT NULL,
    version    TEXT    NOT NULL,
    agreed     INTEGER NOT NULL,
    words      TEXT    NOT NULL,
    channel    TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (contact_id, purpose, version, at)
) STRICT, WITHOUT ROWID;
