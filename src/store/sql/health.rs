//! Texts about how vendors' systems did. One text for both databases.

/// Adds calls. `$1` connector, `$2` span, `$3` class, `$4` calls, `$5` failed ones.
pub(in crate::store) const COUNT: &str = "
    INSERT INTO connector_counts (connector, span_at, took, calls, failed) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (connector, span_at, took) DO UPDATE
    SET calls = connector_counts.calls + excluded.calls, failed = connector_counts.failed + excluded.failed";

/// An outage begins, unless one is under way. `$1` connector, `$2` first failure.
pub(in crate::store) const AWAY: &str = "
    INSERT INTO connector_outages (connector, began_at, last_at, fault) VALUES ($1, $2, $2, '')
    ON CONFLICT DO NOTHING";

/// The outage under way goes on. `$1` connector, `$2` newest failure, `$3` what it was.
pub(in crate::store) const STILL_AWAY: &str = "
    UPDATE connector_outages SET last_at = $2, fault = $3
    WHERE connector = $1 AND ended_at IS NULL AND last_at <= $2";

/// The outage under way ends, unless somebody saw a later failure. `$1` connector, `$2` the answer.
pub(in crate::store) const BACK: &str = "
    UPDATE connector_outages SET ended_at = $2
    WHERE connector = $1 AND ended_at IS NULL AND last_at <= $2";

/// Forgets old counts. `$1` connector, `$2` since when they are kept.
pub(in crate::store) const FORGET_COUNTS: &str =
    "DELETE FROM connector_counts WHERE connector = $1 AND span_at < $2";

/// Forgets old outages. `$1` connector, `$2` since when they are kept.
pub(in crate::store) const FORGET_OUTAGES: &str =
    "DELETE FROM connector_outages WHERE connector = $1 AND ended_at < $2";

/// Counts. `$1` connector, `$2` since when.
pub(in crate::store) const COUNTS: &str = "
    SELECT span_at, took, calls, failed FROM connector_counts
    WHERE connector = $1 AND span_at >= $2 ORDER BY span_at, took";

/// Outages, newest first. `$1` connector, `$2` since when.
pub(in crate::store) const OUTAGES: &str = "
    SELECT began_at, last_at, fault, ended_at FROM connector_outages
    WHERE connector = $1 AND (ended_at IS NULL OR ended_at >= $2) ORDER BY began_at DESC LIMIT 100";
