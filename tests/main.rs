//! The one integration-test binary. It mirrors `src/`; what several areas need is in `support`.

mod knowledge;
mod llm;
mod store;
mod support;
mod web;
mod tools;
