-- Bodies that channels posted to webhooks, as they came. Ids sort by the time they were made.

CREATE TABLE posts (
    id          BLOB    NOT NULL PRIMARY KEY,
    channel     TEXT    NOT NULL,
    body        BLOB    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'done', 'unreadable')),
    attempts    INTEGER NOT NULL,
    -- When it may be worked through; while somebody is at it, when their claim runs out.
    due_at      INTEGER NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX posts_waiting ON posts (channel, id) WHERE state = 'waiting';
CREATE INDEX posts_by_age ON posts (received_at);
