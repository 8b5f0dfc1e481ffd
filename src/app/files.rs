//! Folders that are embedded in the binary, so that it works alone.

use rust_embed::RustEmbed;
use std::borrow::Cow;

/// The demo shop's tables.
#[derive(RustEmbed)]
#[folder = "tools/demo/"]
pub struct DemoTables;

/// The demo shop's documents.
#[derive(RustEmbed)]
#[folder = "knowledge/"]
pub struct DemoKnowledge;

/// The documents by path.
pub fn documents() -> Vec<(String, Cow<'static, [u8]>)> {
    DemoKnowledge::iter()
        .filter_map(|name| DemoKnowledge::get(&name).map(|file| (name.into_owned(), file.data)))
        .collect()
}
