-- By which version of the connector's file an effect was brought about; empty for those of before.

ALTER TABLE connector_calls ADD COLUMN revision TEXT NOT NULL DEFAULT '';
