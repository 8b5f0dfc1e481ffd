//! Changes single settings in the operator's file, and leaves everything else in it as they wrote it: comments, order,
//! spaces. What a setting means is not its business.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use tempfile::NamedTempFile;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

/// One setting, as it shall be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit<'a> {
    /// Its sections and its name.
    pub keys: Vec<&'a str>,
    /// Its text; taken out of the file if `None`.
    pub value: Option<&'a str>,
}

/// Why a file cannot be changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EditError {
    /// It cannot be read, so that nobody can say what would become of it.
    #[error("the file is no TOML: {0}")]
    NoToml(String),
    /// A section's name stands for something else.
    #[error("`{0}` is not a section of the file")]
    NoSection(String),
}

/// The text with the settings as they shall be.
///
/// # Errors
/// [`EditError`]; then nothing of it holds.
pub fn edited(text: &str, edits: &[Edit<'_>]) -> Result<String, EditError> {
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| EditError::NoToml(error.message().to_owned()))?;
    for edit in edits {
        let Some((name, sections)) = edit.keys.split_last() else { continue };
        match edit.value {
            Some(value) => {
                let is_new = table(document.as_table_mut(), sections).is_none();
                set(section(document.as_table_mut(), sections)?, name, value);
                if is_new {
                    stays_above(&mut document, sections);
                }
            }
            None => take_out(document.as_table_mut(), sections, name),
        }
    }
    Ok(document.to_string())
}

/// The section, made if it is not there.
fn section<'t>(root: &'t mut Table, names: &[&str]) -> Result<&'t mut dyn TableLike, EditError> {
    let mut table: &mut dyn TableLike = root;
    for (depth, name) in (1..).zip(names) {
        let made = || {
            let mut made = Table::new();
            // Its heading is written only if something stands right below it.
            made.set_implicit(true);
            Item::Table(made)
        };
        let found = table.entry(name).or_insert_with(made);
        table = found
            .as_table_like_mut()
            .ok_or_else(|| EditError::NoSection(names.get(..depth).unwrap_or(names).join(".")))?;
    }
    Ok(table)
}

/// What stands at the end of the file, behind the last section, stays above one that is new.
fn stays_above(document: &mut DocumentMut, sections: &[&str]) {
    let end = document.trailing().as_str().unwrap_or_default().to_owned();
    if let Some(made) = table(document.as_table_mut(), sections)
        && !end.trim().is_empty()
    {
        made.decor_mut().set_prefix(format!("{end}\n"));
        document.set_trailing("");
    }
}

/// The section, if it is there and has lines of its own.
fn table<'t>(root: &'t mut Table, names: &[&str]) -> Option<&'t mut Table> {
    let mut table = root;
    for name in names {
        table = table.get_mut(name).and_then(Item::as_table_mut)?;
    }
    Some(table)
}

fn set(table: &mut dyn TableLike, name: &str, text: &str) {
    let mut value = Value::from(text);
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(before) => {
            // The spaces around it, and a comment behind it.
            *value.decor_mut() = before.decor().clone();
            *before = value;
        }
        None => {
            table.insert(name, Item::Value(value));
        }
    }
}

fn take_out(root: &mut Table, sections: &[&str], name: &str) {
    let mut table: &mut dyn TableLike = root;
    for section in sections {
        let Some(found) = table.get_mut(section).and_then(Item::as_table_like_mut) else { return };
        table = found;
    }
    table.remove(name);
}

/// Puts the text in the file's place, whole or not at all. A new file is its owner's alone; one that was there keeps who may
/// read it.
///
/// # Errors
/// The system's; the file is then as it was.
pub fn replace(file: &Path, text: &str) -> io::Result<()> {
    // A link stays one: what it leads to is replaced.
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut written = NamedTempFile::new_in(folder)?;
    written.write_all(text.as_bytes())?;
    if let Ok(before) = fs::metadata(&target) {
        written.as_file().set_permissions(before.permissions())?;
    }
    written.as_file().sync_all()?;
    written.persist(&target).map_err(|error| error.error)?;
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn edit<'a>(keys: &[&'a str], value: Option<&'a str>) -> Edit<'a> {
        Edit { keys: keys.to_vec(), value }
    }

    const FILE: &str = "# Ours.\n[backoffice]\ncrm   = \"kommo\" # since May\ndemo = false\n\n[connectors.kommo]\nsubdomain = \"jatoba\"\n";

    #[test]
    fn a_setting_changes_and_everything_else_stays() {
        let text = edited(FILE, &[edit(&["backoffice", "crm"], Some("hubspot"))]).unwrap();
        assert_eq!(text, FILE.replace("\"kommo\"", "\"hubspot\""));
    }

    #[test]
    fn sections_are_made_where_there_are_none() {
        let edits = [edit(&["connectors", "hubspot", "pipeline"], Some("a \"b\"\n"))];
        let text = edited("", &edits).unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(table["connectors"]["hubspot"]["pipeline"].as_str(), Some("a \"b\"\n"));
        assert!(!text.contains("[connectors]\n"), "{text}");
        let text = edited(FILE, &edits).unwrap();
        assert!(text.starts_with(FILE), "{text}");
        let text = edited("connectors = { kommo = { a = \"1\" } }\n", &edits).unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(table["connectors"]["kommo"]["a"].as_str(), Some("1"));
        assert!(table["connectors"]["hubspot"].is_table());
    }

    #[test]
    fn what_stands_at_the_end_stays_above_what_is_new() {
        let new =
            [edit(&["connectors", "hubspot", "pipeline"], Some("7")), edit(&["email", "through"], Some("x"))];
        for file in ["# Ours.\n", "[turn]\nmax_steps = 3\n\n# [email]\n# through = \"smtp\"\n"] {
            let text = edited(file, &new).unwrap();
            let rest = text.strip_prefix(file).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(rest, "\n[connectors.hubspot]\npipeline = \"7\"\n\n[email]\nthrough = \"x\"\n");
        }
    }

    #[test]
    fn a_setting_is_taken_out_and_nothing_is_made_for_it() {
        assert_eq!(edited(FILE, &[edit(&["connectors", "other", "x"], None)]).unwrap(), FILE);
        let text = edited(FILE, &[edit(&["connectors", "kommo", "subdomain"], None)]).unwrap();
        assert!(!text.contains("jatoba") && text.contains("# since May"), "{text}");
    }

    #[test]
    fn what_cannot_be_changed_is_refused() {
        assert!(matches!(edited("[a", &[]), Err(EditError::NoToml(_))));
        let refused = edited("connectors = 1\n", &[edit(&["connectors", "kommo", "x"], Some("1"))]);
        assert_eq!(refused, Err(EditError::NoSection("connectors".to_owned())));
    }

    #[test]
    fn a_file_is_replaced_whole_behind_its_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real.toml"), folder.path().join("balcao.toml"));
        replace(&file, "a = 1\n").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, "a = 2\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a = 2\n");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
        assert!(replace(&folder.path().join("none/balcao.toml"), "").is_err());
    }
}
