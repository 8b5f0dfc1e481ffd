//! The one integration-test binary; its modules mirror `src/`.

mod support;
mod web;
