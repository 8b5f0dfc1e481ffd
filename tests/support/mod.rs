//! What several areas of tests share: the real server on a free port, and clients for it.

pub mod events;
pub mod failing;
pub mod stores;
pub mod web;
