-- Interviews as they stand, and what people agreed to.
-- `state` is the fold over the interview's steps in the log; `seq` is the newest event of its conversation in it.

CREATE TABLE interviews (
    id              BYTEA            NOT NULL PRIMARY KEY,
    conversation_id BYTEA            NOT NULL REFERENCES conversations (id),
    contact_id      BYTEA            NOT NULL REFERENCES contacts (id),
    seq             BIGINT           NOT NULL,
    name            TEXT COLLATE "C" NOT NULL,
    standing        TEXT             NOT NULL,
    temperature     TEXT,
    started_at      BIGINT           NOT NULL,
    state           TEXT             NOT NULL,
    -- Who has the lead; the columns are what turns are taken by.
    route           TEXT COLLATE "C",
    person          TEXT COLLATE "C",
    assigned_at     BIGINT,
    assignment      TEXT,
    -- The list the lead is kept warm on, and since when.
    nurture         TEXT,
    -- When somebody should look after the lead: it ended, or nobody acknowledged.
    follow_up_at    BIGINT
);
CREATE INDEX interviews_of_contact ON interviews (contact_id, started_at, id);
CREATE INDEX interviews_in_conversation ON interviews (conversation_id, started_at, id);
CREATE INDEX interviews_by_start ON interviews (started_at, id);
CREATE INDEX interviews_by_turn ON interviews (name, route, person, assigned_at) WHERE person IS NOT NULL;
CREATE INDEX interviews_to_follow_up ON interviews (follow_up_at) WHERE follow_up_at IS NOT NULL;

-- What people agreed to, or did not. Rows are only ever added.
CREATE TABLE consents (
    contact_id BYTEA            NOT NULL REFERENCES contacts (id),
    purpose    TEXT COLLATE "C" NOT NULL,
    version    TEXT COLLATE "C" NOT NULL,
    agreed     BOOLEAN          NOT NULL,
    words      TEXT             NOT NULL,
    channel    TEXT             NOT NULL,
    at         BIGINT           NOT NULL,
    PRIMARY KEY (contact_id, purpose, version, at)
);
