-- What models have cost, in millionths of the operator's currency, by whose money it is and in which time.

CREATE TABLE spending (
    account TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    micros  BIGINT           NOT NULL,
    -- When it can be forgotten.
    ends_at BIGINT           NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX spending_by_end ON spending (ends_at);
