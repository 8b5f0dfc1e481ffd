-- How vendors' systems did: calls by ten minutes and by how long they took, and the times when a system was away.

CREATE TABLE connector_counts (
    connector TEXT COLLATE "C" NOT NULL,
    span_at   BIGINT           NOT NULL,
    took      BIGINT           NOT NULL,
    calls     BIGINT           NOT NULL,
    failed    BIGINT           NOT NULL,
    PRIMARY KEY (connector, span_at, took)
) WITH (fillfactor = 70);

CREATE TABLE connector_outages (
    connector TEXT COLLATE "C" NOT NULL,
    began_at  BIGINT           NOT NULL,
    last_at   BIGINT           NOT NULL,
    fault     TEXT             NOT NULL,
    ended_at  BIGINT,
    PRIMARY KEY (connector, began_at)
);
-- One at a time.
CREATE UNIQUE INDEX connector_outage_under_way ON connector_outages (connector) WHERE ended_at IS NULL;
