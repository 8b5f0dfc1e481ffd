//! The rules of the tree as a function over one file: which folder may import which, who may name which crate, how
//! every file begins and how long it may be. Reads text only; what a file means to the compiler is not its business.

use std::fmt;

/// Folders of `src/`, lowest first. A file imports from its own folder and from lower ranks, never from its own rank.
const RANKS: [&[&str]; 11] = [
    &["domain"],
    &["language"],
    &["config", "telemetry"],
    &["limits", "declared"],
    &["llm", "prompts", "channels", "store"],
    &["knowledge", "backoffice", "inbox", "outbox"],
    &["interview", "tools"],
    &["agent"],
    &["conversation"],
    &["web"],
    &["app"],
];

/// Imports that the ranks would allow and the design does not.
const NEVER: [(&str, &str); 2] = [("agent", "store"), ("tools", "store")];

/// Crates with one place each: the beginnings of the paths that may name them.
const CONFINED: [(&str, &[&str]); 10] = [
    ("async_openai", &["src/llm/openai", "src/llm/embed"]),
    ("aws_lc_rs", &["src/config/vault.rs", "src/backoffice/connector/service_account.rs"]),
    ("axum", &["src/web/", "src/app/serve.rs"]),
    ("duckling", &["src/language/"]),
    ("qdrant_client", &["src/knowledge/qdrant.rs", "src/knowledge/qdrant/"]),
    ("qdrant_edge", &["src/knowledge/edge.rs", "src/knowledge/edge/"]),
    ("rmcp", &["src/tools/mcp/", "src/telemetry/log.rs"]),
    ("rusqlite", &["src/store/sqlite"]),
    ("sqlx", &["src/store/postgres", "src/store/mysql.rs"]),
    ("tonic", &["src/knowledge/qdrant/"]),
];

/// The standard library's way to the environment, and who may go it.
const ENVIRONMENT: (&str, &str) = ("std::env", "src/config/");

/// The longest a file may be, its tests aside.
const MOST_LINES: usize = 400;

/// A rule that a file breaks.
#[derive(Debug, PartialEq, Eq)]
pub struct Violation {
    /// The file, from the root of the repository.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The rule.
    pub rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.rule)
    }
}

/// What the file `path` (`src/agent/run.rs`) with this `text` breaks.
pub fn violations(path: &str, text: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut breaks = |line: usize, rule: String| found.push(Violation { path: path.to_owned(), line, rule });
    if !text.starts_with("//! ") {
        breaks(1, "a file begins with `//!` and what it is for".to_owned());
    }
    for (number, code) in code_lines(text) {
        if code.contains(concat!("#[", "ignore")) {
            breaks(number, "a test that is not run proves nothing".to_owned());
        }
    }
    let Some(inside) = path.strip_prefix("src/") else { return found };
    let length = length_without_tests(path, text);
    if length > MOST_LINES {
        breaks(MOST_LINES + 1, format!("{length} lines; a file has at most {MOST_LINES}"));
    }
    for (number, code) in code_lines(text) {
        for (name, places) in CONFINED {
            if has_word(code, name) && !places.iter().any(|place| path.starts_with(place)) {
                breaks(number, format!("`{name}` is named only in {}", places.join(", ")));
            }
        }
        let (environment, place) = ENVIRONMENT;
        if has_word(code, environment) && !path.starts_with(place) {
            breaks(number, format!("`{environment}` is named only in {place}"));
        }
    }
    let Some((folder, _)) = inside.split_once('/') else { return found };
    let Some(own_rank) = rank(folder) else {
        breaks(1, format!("the folder `{folder}` has no rank"));
        return found;
    };
    for (number, code) in code_lines(text) {
        for imported in imported_folders(inside, code) {
            if imported != folder && rank(imported).is_some_and(|other| other >= own_rank) {
                breaks(number, format!("`{folder}` may not import `{imported}`: imports go downward"));
            }
            if NEVER.contains(&(folder, imported)) {
                breaks(number, format!("`{folder}` never imports `{imported}`"));
            }
        }
    }
    found
}

fn rank(folder: &str) -> Option<usize> {
    RANKS.iter().position(|folders| folders.contains(&folder))
}

/// Lines with their numbers, without comments.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let code = line.split(" // ").next().unwrap_or(line);
        (!code.trim_start().starts_with("//")).then_some((index + 1, code))
    })
}

/// Lines up to the test module; a file of tests has none.
fn length_without_tests(path: &str, text: &str) -> usize {
    if path.ends_with("/tests.rs") {
        return 0;
    }
    let lines: Vec<&str> = text.lines().collect();
    let tests =
        lines.windows(2).position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod tests {"));
    tests.unwrap_or(lines.len())
}

/// The folders of `src/` that a line of the file `inside` (`agent/run.rs`) names, by `crate::` or by climbing there.
fn imported_folders<'a>(inside: &str, code: &'a str) -> Vec<&'a str> {
    let folders = inside.matches('/').count();
    let depth = if inside.ends_with("/mod.rs") { folders } else { folders + 1 };
    let climb = "super::".repeat(depth);
    ["crate::", &climb]
        .iter()
        .flat_map(|root| code.match_indices(root).map(|(at, _)| &code[at + root.len()..]))
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or(group).split(',').map(first_word).collect(),
            None => vec![first_word(rest)],
        })
        .collect()
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(|character: char| !is_word(character)).unwrap_or(text.len());
    &text[..end]
}

fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word)
        .any(|(at, _)| !code[..at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word))
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
