//! Tools from a document that describes somebody's HTTP API: reads an OpenAPI 3 document and writes files as an operator
//! would write them into `tools/custom/`. It fetches nothing and calls nobody; what it wrote is read by `http_spec` like
//! any other file.

pub mod arguments;
pub mod auth;
pub mod document;
pub mod manner;
pub mod names;
pub mod operations;
pub mod own_file;
pub mod schema;
pub mod tool;
pub mod write;
pub mod yaml;
