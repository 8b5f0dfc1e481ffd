//! Texts about API keys.

/// Adds a key. `$1` name, `$2` scopes, `$3` hash, `$4` made at, `$5` last used at.
pub(in crate::store) const ADD: &str =
    "INSERT INTO api_keys (name, scopes, hash, created_at, last_used_at) VALUES ($1, $2, $3, $4, $5)";

/// Every key, oldest first.
pub(in crate::store) const LIST: &str =
    "SELECT name, scopes, hash, created_at, last_used_at FROM api_keys ORDER BY created_at, name";

/// Removes a key. `$1` name.
pub(in crate::store) const REMOVE: &str = "DELETE FROM api_keys WHERE name = $1";

/// Notes a use. `$1` name, `$2` time.
pub(in crate::store) const TOUCH: &str = "
    UPDATE api_keys SET last_used_at = CASE WHEN last_used_at > $2 THEN last_used_at ELSE $2 END WHERE name = $1";
