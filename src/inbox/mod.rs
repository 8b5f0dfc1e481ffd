//! The way in: what a channel hands over is checked, written down in one transaction, and only then acknowledged.
//! Nothing is answered here.

pub mod accept;
pub mod clean;
pub mod coalesce;
