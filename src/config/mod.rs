//! Typed settings, one struct per concern; `default/*.toml` holds and explains every key.

pub mod backoffice;
pub mod business;
pub mod store;
