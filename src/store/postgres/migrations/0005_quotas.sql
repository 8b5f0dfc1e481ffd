-- Quotas of targets that are called from every process. `full_at` is when the cell is full again (the theoretical
-- arrival time of the generic cell rate algorithm), in microseconds since 1970 by the clock of the database; `wait` is
-- what the last request was told: 0 if it was let through. One small
-- row a quota, changed by every call: updates stay within its page.

CREATE TABLE quota_cells (
    name    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    full_at BIGINT           NOT NULL,
    wait    BIGINT           NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
