-- What models have cost, in millionths of the operator's currency, by whose money it is and in which time.

CREATE TABLE spending (
    account TEXT    NOT NULL PRIMARY KEY,
    micros  INTEGER NOT NULL,
    -- When it can be forgotten.
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX spending_by_end ON spending (ends_at);
