//! What happens to every request around its handler, one concern a file.

pub mod headers;
pub mod log;
pub mod origin;
pub mod panic;
