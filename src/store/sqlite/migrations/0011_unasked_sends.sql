-- Which attempts go to people who wait for nothing: how many of those are written to within a day is limited.

ALTER TABLE sends ADD COLUMN unasked INTEGER NOT NULL DEFAULT 0;
UPDATE sends SET unasked = 1 WHERE kind = 'template';
CREATE INDEX sends_unasked ON sends (begun_at, conversation_id) WHERE unasked = 1;
