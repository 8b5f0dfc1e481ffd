//! Something that was found in a text, and where. Nothing here reads text.

use std::ops::Range;

/// A value that was read from a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found<T> {
    /// Where it stands: bytes of the original text, on character boundaries.
    pub span: Range<usize>,
    /// What it means.
    pub value: T,
}

impl<T> Found<T> {
    /// The words it was read from.
    pub fn body<'text>(&self, text: &'text str) -> &'text str {
        text.get(self.span.clone()).unwrap_or_default()
    }
}
