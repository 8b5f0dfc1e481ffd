//! The one integration-test binary. It mirrors `src/`; what several areas need is in `support`.

mod backoffice;
mod browser;
mod conversation;
mod knowledge;
mod llm;
mod process;
mod store;
mod support;
mod tools;
mod web;
