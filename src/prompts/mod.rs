//! What models and customers are told, as files: `prompts/<language>/*.md` and `sentences.toml`. Defaults are
//! embedded; a file of the same name in the operator's folder takes their place. Everything is checked before the
//! first message is answered.

pub mod interview;
pub mod load;
pub mod render;
pub mod sentences;

pub use render::Prompts;
