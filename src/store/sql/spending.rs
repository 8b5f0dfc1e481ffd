//! Texts about what models have cost.

/// Changes what an account has come to. `$1` account, `$2` by how much.
pub(in crate::store) const SETTLE: &str = "UPDATE spending SET micros = micros + $2 WHERE account = $1";

/// What an account has come to. `$1` account.
pub(in crate::store) const SPENT: &str = "SELECT micros FROM spending WHERE account = $1";

/// Forgets accounts that are over. `$1` now.
pub(in crate::store) const FORGET: &str = "DELETE FROM spending WHERE ends_at <= $1";
