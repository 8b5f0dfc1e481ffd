//! Typed settings, one struct per concern; every key stands in the commented defaults under `default/`.
//! The only place that may read the environment.

pub mod backoffice;
pub mod business;
pub mod limits;
pub mod llm;
pub mod secret;
pub mod store;
pub mod tools;
