//! The environment as settings: `BALCAO__SECTION__KEY=value`, `…_FILE=/path` for secrets, and the three names that
//! switch the main model on.

use crate::domain::problem::Problem;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;
use toml::{Table, Value};

/// Variables as read once at start.
pub type Variables = Vec<(String, String)>;

/// The process's environment.
#[expect(clippy::disallowed_methods, reason = "read here, once, for everybody")]
pub fn variables() -> Variables {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The file of this program, which it starts to read documents in a process of their own.
///
/// # Errors
/// The system's.
pub fn program() -> std::io::Result<std::path::PathBuf> {
    std::env::current_exe()
}

/// Puts this program in its own place, from the beginning, with its arguments as `changed` gives them back. It returns only
/// if that cannot be done: why.
pub fn begin_again(changed: impl FnOnce(Vec<OsString>) -> Vec<OsString>) -> std::io::Error {
    let arguments = changed(std::env::args_os().skip(1).collect());
    // Its file may have been replaced by another version since; what runs now is what was looked through.
    let program = program().ok().filter(|program| program.exists());
    let program = program.unwrap_or_else(|| "/proc/self/exe".into());
    Command::new(program).args(arguments).exec()
}

/// Lays the variables over `settings`; what cannot be used is added to `problems`.
pub fn overlay(settings: &mut Table, variables: &Variables, problems: &mut Vec<Problem>) {
    for (name, value) in variables {
        let Some((path, value)) = setting(name, value, problems) else { continue };
        let keys: Vec<String> = path.split("__").map(str::to_ascii_lowercase).collect();
        // Credentials of connectors have no default to tell their type: a key of digits is still a text.
        let untyped = if keys[0] == "connectors" { Untyped::Text } else { Untyped::Guessed };
        if let Err(message) = set(settings, &keys, &value, untyped) {
            problems.push(Problem::in_file(name, message));
        }
    }
}

/// The path (`LLM__BASE_URL`) and value a variable stands for; `None` if it is not ours.
fn setting(name: &str, value: &str, problems: &mut Vec<Problem>) -> Option<(String, String)> {
    let (stem, from_file) = match name.strip_suffix("_FILE") {
        Some(stem) => (stem, true),
        None => (name, false),
    };
    let path = match stem {
        "OPENAI_BASE_URL" => "LLM__BASE_URL",
        "OPENAI_API_KEY" => "LLM__API_KEY",
        "BALCAO_MODEL" => "LLM__MODEL",
        _ => stem.strip_prefix("BALCAO__")?,
    };
    if !from_file {
        return Some((path.to_owned(), value.to_owned()));
    }
    match std::fs::read_to_string(value) {
        Ok(content) => Some((path.to_owned(), content.trim().to_owned())),
        Err(error) => {
            problems.push(Problem::in_file(name, format!("cannot read the file `{value}`: {error}")));
            None
        }
    }
}

/// What a value is for which no default tells the type.
#[derive(Clone, Copy)]
enum Untyped {
    /// What it looks like.
    Guessed,
    /// A text.
    Text,
}

/// Sets the value at `keys`, read as the type that stands there by default.
fn set(table: &mut Table, keys: &[String], text: &str, untyped: Untyped) -> Result<(), String> {
    let Some((key, rest)) = keys.split_first() else { return Ok(()) };
    if key.is_empty() {
        return Err("two underscores separate section and key: BALCAO__SECTION__KEY".to_owned());
    }
    if rest.is_empty() {
        let value = read(text, table.get(key), untyped)?;
        table.insert(key.clone(), value);
        return Ok(());
    }
    match table.entry(key.clone()).or_insert_with(|| Value::Table(Table::new())) {
        Value::Table(inner) => set(inner, rest, text, untyped),
        _ => Err(format!("`{key}` is not a section")),
    }
}

fn read(text: &str, default: Option<&Value>, untyped: Untyped) -> Result<Value, String> {
    let expected = |kind: &str| format!("`{text}` is not {kind}");
    match default {
        Some(Value::String(_)) => Ok(Value::String(text.to_owned())),
        Some(Value::Integer(_)) => text.parse().map(Value::Integer).map_err(|_| expected("a whole number")),
        Some(Value::Float(_)) => text.parse().map(Value::Float).map_err(|_| expected("a number")),
        Some(Value::Boolean(_)) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(Value::Boolean(true)),
            "false" | "0" | "no" | "off" => Ok(Value::Boolean(false)),
            _ => Err(expected("true or false")),
        },
        Some(Value::Array(_)) => Ok(Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(|part| Value::String(part.to_owned()))
                .collect(),
        )),
        Some(Value::Datetime(_) | Value::Table(_)) => Err(expected("a single value")),
        None => Ok(match untyped {
            Untyped::Text => Value::String(text.to_owned()),
            Untyped::Guessed => text
                .parse()
                .map(Value::Integer)
                .or_else(|_| text.parse().map(Value::Boolean))
                .unwrap_or_else(|_| Value::String(text.to_owned())),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(variables: &[(&str, &str)]) -> (Table, Vec<Problem>) {
        let mut table: Table =
            toml::from_str("[turn]\nmax_steps = 8\n[web]\norigins = []\non = true\n[llm]\nmodel = \"\"")
                .unwrap();
        let mut problems = Vec::new();
        let variables = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        overlay(&mut table, &variables, &mut problems);
        (table, problems)
    }

    #[test]
    fn values_take_the_type_of_the_default() {
        let (table, problems) = laid(&[
            ("BALCAO__TURN__MAX_STEPS", "3"),
            ("BALCAO__WEB__ORIGINS", "https://a, https://b"),
            ("BALCAO__WEB__ON", "off"),
            ("BALCAO_MODEL", "12"),
            ("BALCAO__LLM__ENDPOINTS__LOCAL__MODEL", "small"),
            ("PATH", "ignored"),
        ]);
        assert_eq!(problems, []);
        assert_eq!(table["turn"]["max_steps"].as_integer(), Some(3));
        assert_eq!(table["web"]["origins"].as_array().map(Vec::len), Some(2));
        assert_eq!(table["web"]["on"].as_bool(), Some(false));
        assert_eq!(table["llm"]["model"].as_str(), Some("12"));
        assert_eq!(table["llm"]["endpoints"]["local"]["model"].as_str(), Some("small"));
    }

    #[test]
    fn what_does_not_fit_names_the_variable() {
        let (_, problems) =
            laid(&[("BALCAO__TURN__MAX_STEPS", "many"), ("BALCAO__STORE__URL_FILE", "/nonexistent")]);
        assert_eq!(problems.len(), 2);
        assert_eq!(problems[0].to_string(), "BALCAO__TURN__MAX_STEPS: `many` is not a whole number");
        assert!(problems[1].to_string().starts_with("BALCAO__STORE__URL_FILE: cannot read the file"));
    }
}
