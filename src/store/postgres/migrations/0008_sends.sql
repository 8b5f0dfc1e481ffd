-- Attempts to send through channels that bill, or that tell only later what became of a message.

CREATE TABLE sends (
    -- What the channel repeats in what it says of it.
    mark            TEXT   NOT NULL PRIMARY KEY,
    delivery_id     BYTEA  NOT NULL,
    conversation_id BYTEA  NOT NULL,
    part            BIGINT NOT NULL,
    parts           BIGINT NOT NULL,
    kind            TEXT   NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('begun', 'taken', 'refused', 'failed')),
    reached         BIGINT NOT NULL,
    code            BIGINT NOT NULL,
    external_id     TEXT,
    category        TEXT,
    cost_micros     BIGINT,
    begun_at        BIGINT NOT NULL,
    ended_at        BIGINT
);
CREATE INDEX sends_by_external_id ON sends (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX sends_by_delivery ON sends (delivery_id);
CREATE INDEX sends_by_conversation ON sends (conversation_id, begun_at);
CREATE INDEX sends_by_time ON sends (begun_at);
