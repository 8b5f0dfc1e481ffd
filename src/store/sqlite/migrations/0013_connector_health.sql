-- How vendors' systems did: calls by ten minutes and by how long they took, and the times when a system was away.

CREATE TABLE connector_counts (
    connector TEXT    NOT NULL,
    span_at   INTEGER NOT NULL,
    took      INTEGER NOT NULL,
    calls     INTEGER NOT NULL,
    failed    INTEGER NOT NULL,
    PRIMARY KEY (connector, span_at, took)
) STRICT, WITHOUT ROWID;

CREATE TABLE connector_outages (
    connector TEXT    NOT NULL,
    began_at  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL,
    fault     TEXT    NOT NULL,
    ended_at  INTEGER,
    PRIMARY KEY (connector, began_at)
) STRICT, WITHOUT ROWID;
-- One at a time.
CREATE UNIQUE INDEX connector_outage_under_way ON connector_outages (connector) WHERE ended_at IS NULL;
