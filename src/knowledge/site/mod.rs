//! Web sites as sources: what a site allows (`robots`), what it lists (`sitemap`), one visit over HTTP (`visit`, `wire`), and what is
//! kept of it (`cache`). Only the site's own host is visited, slowly, within limits; addresses of private networks only where
//! the operator lists them.

pub mod cache;
pub mod robots;
pub mod sitemap;
pub mod visit;
pub mod wire;
