-- What calls to vendors' systems leave behind.

CREATE TABLE connector_calls (
    connector TEXT    NOT NULL,
    -- Turn and call whose effect it is.
    key       TEXT    NOT NULL,
    operation TEXT    NOT NULL,
    begun_at  INTEGER NOT NULL,
    -- As JSON; none while it is not known what came of it.
    result    TEXT,
    PRIMARY KEY (connector, key, operation)
) STRICT, WITHOUT ROWID;

-- Which record of ours is which of theirs.
CREATE TABLE connector_links (
    connector TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    local     TEXT    NOT NULL,
    remote    TEXT    NOT NULL,
    linked_at INTEGER NOT NULL,
    PRIMARY KEY (connector, kind, local, remote)
) STRICT, WITHOUT ROWID;
CREATE INDEX connector_links_by_remote ON connector_links (connector, kind, remote);

CREATE TABLE connector_tokens (
    connector      TEXT    NOT NULL PRIMARY KEY,
    generation     INTEGER NOT NULL,
    seed           TEXT    NOT NULL,
    access         TEXT    NOT NULL,
    refresh        TEXT    NOT NULL,
    expires_at     INTEGER NOT NULL,
    -- Until when one process has the renewal to itself.
    renewing_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
