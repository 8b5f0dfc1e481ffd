-- People who were forgotten, and what of them is at vendors.

CREATE TABLE erasures (
    id         BYTEA            NOT NULL PRIMARY KEY,
    -- Whom, for a day: what was under way does not bring them back.
    contact_id BYTEA,
    asked_by   TEXT             NOT NULL,
    at         BIGINT           NOT NULL,
    -- How much was deleted of what, as JSON.
    removed    TEXT             NOT NULL
);
CREATE INDEX erasures_by_time ON erasures (at, id);
CREATE INDEX erasures_by_contact ON erasures (contact_id) WHERE contact_id IS NOT NULL;

CREATE TABLE removals (
    erasure_id BYTEA            NOT NULL REFERENCES erasures (id),
    connector  TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    remote     TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'done', 'by_hand')),
    attempts   BIGINT           NOT NULL,
    -- When it may be tried; while somebody is at it, when their claim runs out.
    due_at     BIGINT           NOT NULL,
    PRIMARY KEY (erasure_id, connector, kind, remote)
);
CREATE INDEX removals_due ON removals (due_at) WHERE state = 'waiting';

CREATE INDEX conversations_of_contact ON conversations (contact_id);
CREATE INDEX connector_links_by_local ON connector_links (local);
CREATE INDEX connector_calls_by_key ON connector_calls (key);
CREATE INDEX outbox_of_conversation ON outbox (conversation_id);
CREATE INDEX reminders_in_conversation ON reminders (conversation_id);
