-- What customers are to be reminded of, and when.

CREATE TABLE reminders (
    record          TEXT COLLATE "C" NOT NULL CHECK (record IN ('appointment', 'payment')),
    number          TEXT COLLATE "C" NOT NULL,
    -- When the appointment begins, or when the payment was asked for.
    stands_at       BIGINT           NOT NULL,
    due_at          BIGINT           NOT NULL,
    conversation_id BYTEA            NOT NULL REFERENCES conversations (id),
    -- While somebody is at it, when their claim runs out.
    claimed_until   BIGINT           NOT NULL,
    PRIMARY KEY (record, number, stands_at, due_at)
);
CREATE INDEX reminders_due ON reminders (due_at);
