-- Bodies that channels posted to webhooks, as they came. Ids sort by the time they were made.

CREATE TABLE posts (
    id          BYTEA            NOT NULL PRIMARY KEY,
    channel     TEXT COLLATE "C" NOT NULL,
    body        BYTEA            NOT NULL,
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'done', 'unreadable')),
    attempts    BIGINT           NOT NULL,
    -- When it may be worked through; while somebody is at it, when their claim runs out.
    due_at      BIGINT           NOT NULL,
    received_at BIGINT           NOT NULL
);
CREATE INDEX posts_waiting ON posts (channel, id) WHERE state = 'waiting';
CREATE INDEX posts_by_age ON posts (received_at);
