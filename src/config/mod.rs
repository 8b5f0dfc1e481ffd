//! Settings: compiled-in commented defaults (`default/*.toml`), overridden by the operator's file, overridden by
//! the environment. One struct per concern. The only place that reads the environment.

pub mod channels;
pub mod environment;
pub mod limits;
pub mod load;
pub mod turn;
//! Typed settings, one struct per concern; `default/*.toml` holds and explains every key.

pub mod backoffice;
pub mod business;
//! Typed settings, one struct per concern; every key stands in the commented defaults under `default/`.
//! The only place that may read the environment.

pub mod llm;
pub mod network;
pub mod secret;
//! Typed settings, one struct per concern; every key stands in the commented defaults under `default/`.
//! The only place that may read the environment.

pub mod knowledge;
