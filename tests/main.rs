//! The one integration-test binary. It mirrors `src/`; what several areas need is in `support`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test that cannot go on fails"
)]

mod agent;
mod architecture;
mod backoffice;
mod browser;
mod channels;
mod connectors;
mod conversation;
mod interview;
mod knowledge;
mod llm;
mod outbox;
mod process;
mod store;
mod support;
mod tools;
mod web;
