//! Calls, links and tokens of connectors. One text for both databases.

pub const BEGIN: &str = "
    INSERT INTO connector_calls (connector, key, operation, begun_at, revision) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING";
pub const CALL: &str = "
    SELECT result FROM connector_calls WHERE connector = $1 AND key = $2 AND operation = $3";
pub const RECORD: &str = "
    SELECT begun_at, revision FROM connector_calls WHERE connector = $1 AND key = $2 AND operation = $3";
pub const FINISH: &str = "
    UPDATE connector_calls SET result = $4 WHERE connector = $1 AND key = $2 AND operation = $3";
pub const FORGET: &str = "
    DELETE FROM connector_calls WHERE connector = $1 AND key = $2 AND operation = $3 AND result IS NULL";
pub const LINK: &str = "
    INSERT INTO connector_links (connector, kind, local, remote, linked_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING";
pub const REMOTES: &str = "
    SELECT remote FROM connector_links WHERE connector = $1 AND kind = $2 AND local = $3
    ORDER BY linked_at DESC, remote DESC";
pub const LOCAL: &str = "
    SELECT local FROM connector_links WHERE connector = $1 AND kind = $2 AND remote = $3
    ORDER BY linked_at DESC, local DESC LIMIT 1";
pub const TOKEN: &str = "
    SELECT generation, seed, access, refresh, expires_at FROM connector_tokens
    WHERE connector = $1 AND generation > 0";
pub const CLAIM: &str = "
    INSERT INTO connector_tokens (connector, generation, seed, access, refresh, expires_at, renewing_until)
    VALUES ($1, $2, '', '', '', 0, $4)
    ON CONFLICT (connector) DO UPDATE SET renewing_until = $4
    WHERE connector_tokens.renewing_until <= $3 AND connector_tokens.generation = $2";
pub const KEEP: &str = "
    UPDATE connector_tokens
    SET generation = $2, seed = $3, access = $4, refresh = $5, expires_at = $6, renewing_until = 0
    WHERE connector = $1";
pub const GIVE_UP: &str = "UPDATE connector_tokens SET renewing_until = 0 WHERE connector = $1";
