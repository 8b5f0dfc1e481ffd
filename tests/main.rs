//! The one integration-test binary. It mirrors `src/`; what several areas need is in `support`.

mod backoffice;
mod knowledge;
mod llm;
mod store;
mod support;
mod tools;
mod web;
