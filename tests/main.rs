//! The one integration test binary.

mod knowledge;
