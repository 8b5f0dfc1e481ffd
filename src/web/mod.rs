//! HTTP and nothing else: extract, authorise, one call, map. Start reading at `router.rs`.

pub mod api;
pub mod auth;
pub mod callback;
pub mod connections;
pub mod extract;
pub mod layers;
pub mod pages;
pub mod phone;
pub mod ports;
pub mod probes;
pub mod problem;
pub mod quotas;
pub mod router;
pub mod setup;
pub mod sse;
pub mod state;
pub mod webhooks;
