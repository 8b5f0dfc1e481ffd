//! The one integration-test binary; each module mirrors a folder of `src/`.

mod backoffice;
mod store;
