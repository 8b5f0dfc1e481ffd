-- What calls to vendors' systems leave behind.

CREATE TABLE connector_calls (
    connector TEXT COLLATE "C" NOT NULL,
    -- Turn and call whose effect it is.
    key       TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    begun_at  BIGINT           NOT NULL,
    -- As JSON; none while it is not known what came of it.
    result    TEXT,
    PRIMARY KEY (connector, key, operation)
);

-- Which record of ours is which of theirs.
CREATE TABLE connector_links (
    connector TEXT COLLATE "C" NOT NULL,
    kind      TEXT COLLATE "C" NOT NULL,
    local     TEXT COLLATE "C" NOT NULL,
    remote    TEXT COLLATE "C" NOT NULL,
    linked_at BIGINT           NOT NULL,
    PRIMARY KEY (connector, kind, local, remote)
);
CREATE INDEX connector_links_by_remote ON connector_links (connector, kind, remote);

CREATE TABLE connector_tokens (
    connector      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    generation     BIGINT           NOT NULL,
    seed           TEXT             NOT NULL,
    access         TEXT             NOT NULL,
    refresh        TEXT             NOT NULL,
    expires_at     BIGINT           NOT NULL,
    -- Until when one process has the renewal to itself.
    renewing_until BIGINT           NOT NULL
);
