//! Tools as models and operators meet them: the list, the files, the calls. Vendors are real servers on loopback.

mod builtin;
mod files;
mod http;
mod leads;
mod list;
pub mod mcp;
mod shop;
mod sql;
pub mod support;
