-- What became of a delivery behind the channel's door, and which attempts are known to have ended.

-- How many attempts came to a known end. Fewer than were begun: nobody knows whether the last one was sent.
ALTER TABLE outbox ADD COLUMN settlements BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN delivered_at BIGINT;
ALTER TABLE outbox ADD COLUMN read_at BIGINT;
CREATE INDEX outbox_by_external_id ON outbox (channel, external_id) WHERE external_id IS NOT NULL;
