-- Alerts that wait for the operator's webhook; one that was sent or given up is gone.

CREATE TABLE alerts (
    id       TEXT    NOT NULL PRIMARY KEY,
    -- What is sent, as JSON.
    body     TEXT    NOT NULL,
    attempts INTEGER NOT NULL,
    due_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_by_due ON alerts (due_at, id);
