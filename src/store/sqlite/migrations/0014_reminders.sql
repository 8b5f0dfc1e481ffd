-- What customers are to be reminded of, and when.

CREATE TABLE reminders (
    record          TEXT    NOT NULL CHECK (record IN ('appointment', 'payment')),
    number          TEXT    NOT NULL,
    -- When the appointment begins, or when the payment was asked for.
    stands_at       INTEGER NOT NULL,
    due_at          INTEGER NOT NULL,
    conversation_id BLOB    NOT NULL REFERENCES conversations (id),
    -- While somebody is at it, when their claim runs out.
    claimed_until   INTEGER NOT NULL,
    PRIMARY KEY (record, number, stands_at, due_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX reminders_due ON reminders (due_at);
