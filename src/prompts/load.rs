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

/// The embedded file of that name; empty if there is none.
pub fn embedded(name: &str) -> String {
    Embedded::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default()
}

/// Every file with this ending in the folder `below` of the prompts, by name: those of the operator's folder if it has
/// such a folder, the embedded ones else.
pub fn below(
    folder: Option<&Path>,
    below: &str,
    ending: &str,
    problems: &mut Vec<Problem>,
) -> Vec<(String, String)> {
    let Some(entries) = folder.and_then(|folder| std::fs::read_dir(folder.join(below)).ok()) else {
        let prefix = format!("{below}/");
        let mut names: Vec<_> =
            Embedded::iter().filter(|name| name.starts_with(&prefix) && name.ends_with(ending)).collect();
        names.sort();
        return names.iter().filter_map(|name| text(None, name, problems)).collect();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(ending))
        .collect();
    names.sort();
    names.iter().filter_map(|name| text(folder, &format!("{below}/{name}"), problems)).collect()
}

/// Every embedded prompt file by name: what can be overridden.
pub fn embedded_names() -> impl Iterator<Item = Cow<'static, str>> {
    Embedded::iter()
}
