-- How long somebody else than the bot has a conversation, and a flow as one more kind of owner.

ALTER TABLE conversations
    -- When the bot gets it back.
    ADD COLUMN owner_until BIGINT,
    -- When the operator is reminded that nobody has taken it.
    ADD COLUMN remind_at BIGINT,
    DROP CONSTRAINT conversations_owner_check,
    ADD CONSTRAINT conversations_owner_check CHECK (owner IN ('bot', 'team', 'person', 'flow'));
CREATE INDEX conversations_by_lease ON conversations (owner_until) WHERE owner_until IS NOT NULL;
CREATE INDEX conversations_by_reminder ON conversations (remind_at) WHERE remind_at IS NOT NULL;
