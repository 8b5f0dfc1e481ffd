//! Finds prompt files: the operator's folder first, the embedded default else.

use crate::domain::problem::Problem;
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::path::Path;

#[derive(RustEmbed)]
#[folder = "prompts/"]
struct Embedded;

/// The text of `name` (e.g. `pt-BR/system.md`), and the name to report mistakes under.
pub fn text(folder: Option<&Path>, name: &str, problems: &mut Vec<Problem>) -> Option<(String, String)> {
    if let Some(folder) = folder {
        let path = folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => return Some((path.display().to_string(), text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                problems
                    .push(Problem::in_file(path.display().to_string(), format!("cannot be read: {error}")));
                return None;
            }
        }
    }
    let shown = format!("prompts/{name}");
    match Embedded::get(name) {
        Some(file) => Some((shown, String::from_utf8_lossy(&file.data).into_owned())),
        None => {
            problems.push(Problem::in_file(shown, "is missing"));
            None
        }
    }
}

/// Every embedded prompt file by name: what can be overridden.
pub fn embedded_names() -> impl Iterator<Item = Cow<'static, str>> {
    Embedded::iter()
}
