//! Puts defaults, file and environment together and reads the sections; every section's first mistake is
//! reported, with the line of the operator's file or the variable it stands in.

use crate::domain::problem::Problem;
use serde::de::DeserializeOwned;
use std::path::Path;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// The operator's file, kept for naming lines.
#[derive(Clone, Debug)]
struct OperatorFile {
    name: String,
    text: String,
}

/// Where settings stand in the operator's file, if there is one.
#[derive(Clone, Debug, Default)]
pub struct Places {
    file: Option<OperatorFile>,
}

impl Places {
    /// A mistake at `keys`: at its line of the operator's file if it, or the table it belongs to, stands there.
    pub fn problem(&self, keys: &[&str], message: &str) -> Problem {
        let message = format!("`{}`: {message}", keys.join("."));
        match &self.file {
            Some(file) => match position(&file.text, keys) {
                Some(at) => Problem::at_offset(&file.name, &file.text, at, message),
                None => Problem::in_file("settings", message),
            },
            None => Problem::in_file("settings", message),
        }
    }
}

/// The operator's settings as they are written.
#[derive(Clone, Copy, Debug)]
pub enum Written<'a> {
    /// Nowhere: the defaults hold.
    Nowhere,
    /// In a file, which must be there.
    File(&'a Path),
    /// As a text that is to become this file.
    Text {
        /// The file, for naming places.
        file: &'a Path,
        /// The text.
        text: &'a str,
    },
}

/// All settings as one table, before they are read into their structs.
pub struct Layers {
    table: Table,
    /// Where settings stand.
    pub places: Places,
    /// What was wrong so far.
    pub problems: Vec<Problem>,
}

impl Layers {
    /// Lays what is written and the environment over the compiled-in `defaults`.
    pub fn new(
        defaults: &[(&str, &str)],
        written: Written<'_>,
        variables: &super::environment::Variables,
    ) -> Self {
        let mut layers = Self { table: Table::new(), places: Places::default(), problems: Vec::new() };
        for (name, text) in defaults {
            layers.lay(name, text);
        }
        match written {
            Written::Nowhere => {}
            Written::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => layers.lay_operators(path, text),
                Err(error) => {
                    let problem =
                        Problem::in_file(path.display().to_string(), format!("cannot be read: {error}"));
                    layers.problems.push(problem);
                }
            },
            Written::Text { file, text } => layers.lay_operators(file, text.to_owned()),
        }
        super::environment::overlay(&mut layers.table, variables, &mut layers.problems);
        layers
    }

    fn lay_operators(&mut self, file: &Path, text: String) {
        let name = file.display().to_string();
        self.lay(&name, &text);
        self.places.file = Some(OperatorFile { name, text });
    }

    fn lay(&mut self, name: &str, text: &str) {
        match toml::from_str::<Table>(text) {
            Ok(upper) => merge(&mut self.table, upper),
            Err(error) => {
                let position = error.span().map_or(0, |span| span.start);
                self.problems.push(Problem::at_offset(name, text, position, error.message()));
            }
        }
    }

    /// Reads one section into its struct. `None` if it has a mistake, which is then in `problems`.
    pub fn section<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.table.remove(name).unwrap_or_else(|| Value::Table(Table::new()));
        match serde_path_to_error::deserialize::<_, T>(value) {
            Ok(section) => Some(section),
            Err(error) => {
                let path = error.path().to_string();
                let inner = error.into_inner();
                let message = inner.message().trim().to_owned();
                // An unknown key is reported at its table: look for the key itself.
                let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
                let mut keys: Vec<&str> = vec![name];
                keys.extend(path.split(['.', '[', ']']).filter(|part| !part.is_empty() && *part != "?"));
                if let Some(key) = unknown
                    && keys.last() != Some(&key)
                {
                    keys.push(key);
                }
                self.report(&keys, &message);
                None
            }
        }
    }

    /// Reports a mistake at `keys`: at its line of the operator's file if it stands there.
    pub fn report(&mut self, keys: &[&str], message: &str) {
        let problem = self.places.problem(keys, message);
        self.problems.push(problem);
    }

    /// Reports sections that nothing reads.
    pub fn finish(mut self) -> Vec<Problem> {
        let left: Vec<String> = self.table.keys().cloned().collect();
        for name in left {
            self.report(&[&name], "unknown section");
        }
        self.problems
    }
}

pub(super) fn merge(lower: &mut Table, upper: Table) {
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => {
                lower.insert(key, value);
            }
        }
    }
}

/// Where the deepest of `keys` that stands in `text` begins.
fn position(text: &str, keys: &[&str]) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let mut table: &DeTable<'_> = root.get_ref();
    let mut found = None;
    for key in keys {
        let Some((name, value)) = entry(table, key) else { break };
        found = Some(name);
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    found
}

fn entry<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<(usize, &'a Spanned<DeValue<'i>>)> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(name, value)| (name.span().start, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Section {
        size: u32,
        name: String,
    }

    const DEFAULTS: &[(&str, &str)] =
        &[("default", "[one]\nsize = 1\nname = \"a\"\n[two]\nsize = 2\nname = \"b\"\n")];

    fn layers(text: &str) -> (Layers, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("balcao.toml");
        std::fs::write(&path, text).unwrap();
        (Layers::new(DEFAULTS, Written::File(&path), &Vec::new()), folder)
    }

    #[test]
    fn the_file_overrides_single_keys() {
        let (mut layers, _folder) = layers("[one]\nsize = 5\n");
        assert_eq!(layers.section("one"), Some(Section { size: 5, name: "a".into() }));
        assert_eq!(layers.section("two"), Some(Section { size: 2, name: "b".into() }));
        assert_eq!(layers.finish(), []);
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        let (mut layers, _folder) = layers("[one]\nsize = \"big\"\n\n[two]\ncolour = 1\n\n[three]\nx = 1\n");
        assert_eq!(layers.section::<Section>("one"), None);
        assert_eq!(layers.section::<Section>("two"), None);
        let problems: Vec<String> = layers
            .finish()
            .into_iter()
            .map(|p| p.to_string().rsplit('/').next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(problems[0], "balcao.toml:2: `one.size`: invalid type: string \"big\", expected u32");
        assert!(
            problems[1].starts_with("balcao.toml:5: `two.colour`: unknown field `colour`"),
            "{}",
            problems[1]
        );
        assert_eq!(problems[2], "balcao.toml:7: `three`: unknown section");
    }

    #[test]
    fn broken_toml_is_named_with_its_line() {
        let (layers, _folder) = layers("[one]\nsize = = 5\n");
        assert_eq!(layers.problems.len(), 1);
        assert!(layers.problems[0].to_string().contains("balcao.toml:2:"), "{}", layers.problems[0]);
    }
}
