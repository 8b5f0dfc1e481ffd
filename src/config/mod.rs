//! Typed settings, one struct per concern. Reading files and the environment happens here and nowhere else; no
//! other module knows where a value came from.

pub mod channels;
