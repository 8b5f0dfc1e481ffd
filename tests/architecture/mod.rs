//! The design as a test: ranks, deliberate absences, heads and lengths of files. If a rule hurts, change the design
//! and say so in the commit; do not work round it.

mod rules;

use rules::violations;
use std::fs;
use std::path::{Path, PathBuf};

/// All Rust files below `folder`.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn the_tree_keeps_its_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["src", "tests", "benches"].map(|name| root.join(name));
    let files: Vec<PathBuf> =
        folders.iter().filter(|folder| folder.is_dir()).flat_map(|folder| files_below(folder)).collect();
    assert!(files.len() > 100, "only {} files were found", files.len());
    let mut broken: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let path = file.strip_prefix(root).unwrap().to_str().unwrap();
            violations(path, &fs::read_to_string(file).unwrap())
        })
        .map(|violation| violation.to_string())
        .collect();
    broken.sort();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The rules that a well-begun file with this code breaks, with their lines.
fn broken(path: &str, code: &str) -> Vec<(usize, String)> {
    let found = violations(path, &format!("//! Is for the test.\n{code}"));
    found.into_iter().map(|violation| (violation.line, violation.rule)).collect()
}

#[test]
fn imports_go_strictly_downward() {
    let upward = |from: &str, to: &str| format!("`{from}` may not import `{to}`: imports go downward");
    for (path, code, rule) in [
        ("src/domain/money.rs", "use crate::language::fold;", upward("domain", "language")),
        ("src/config/load.rs", "use crate::telemetry::log;", upward("config", "telemetry")),
        ("src/store/live.rs", "let x = crate::inbox::accept::Inbox::new();", upward("store", "inbox")),
        ("src/store/live.rs", "use crate::{domain::ids, web};", upward("store", "web")),
        ("src/store/sqlite/rows.rs", "use super::super::super::agent::run;", upward("store", "agent")),
        ("src/tools/mod.rs", "use super::agent;", upward("tools", "agent")),
    ] {
        assert_eq!(broken(path, code), [(2, rule)], "{path}: {code}");
    }
    for (path, code) in [
        ("src/agent/run.rs", "use crate::agent::step;\nuse crate::tools::tool;\nuse super::guard;"),
        ("src/app/build.rs", "use crate::{agent, conversation, store, web};"),
        (
            "src/tools/http.rs",
            "use super::agent_like;\n/// As [`crate::web`] does.\nlet x = 1; // crate::web",
        ),
        ("src/main.rs", "fn main() { balcao::app::cli::main() }"),
    ] {
        assert_eq!(broken(path, code), [], "{path}: {code}");
    }
}

#[test]
fn agent_and_tools_never_import_the_store() {
    for folder in ["agent", "tools"] {
        let path = format!("src/{folder}/run.rs");
        let rule = format!("`{folder}` never imports `store`");
        assert_eq!(broken(&path, "use crate::store::Stores;"), [(2, rule)]);
    }
    assert_eq!(broken("src/backoffice/embedded/crm.rs", "use crate::store::contacts::ContactStore;"), []);
}

#[test]
fn a_folder_without_a_rank_is_refused() {
    assert_eq!(broken("src/misc/all.rs", ""), [(1, "the folder `misc` has no rank".to_owned())]);
}

#[test]
fn third_party_systems_have_one_place() {
    for (path, code, name) in [
        ("src/agent/run.rs", "use async_openai::types::Chat;", "async_openai"),
        ("src/app/cli.rs", "use axum::Router;", "axum"),
        ("src/tools/validate.rs", "duckling::parse(text)", "duckling"),
        ("src/knowledge/search.rs", "use qdrant_edge as edge;", "qdrant_edge"),
        ("src/store/turns.rs", "fn from(error: sqlx::Error) {}", "sqlx"),
        ("src/store/sqlite/rows.rs", "use sqlx::Row;", "sqlx"),
        ("src/store/postgres/rows.rs", "use rusqlite::Row;", "rusqlite"),
        ("src/app/serve.rs", "let home = std::env::var(\"HOME\");", "std::env"),
    ] {
        let broken = broken(path, code);
        assert_eq!(broken.len(), 1, "{path}: {code}");
        assert!(broken[0].1.starts_with(&format!("`{name}` is named only in ")), "{}", broken[0].1);
    }
    for (path, code) in [
        ("src/llm/openai/wire.rs", "use async_openai::types::Chat;"),
        ("src/app/serve.rs", "axum::serve(listener, service)"),
        ("src/store/sqlite/rows.rs", "use rusqlite::Row;"),
        ("src/store/postgres/rows.rs", "use sqlx::Row;"),
        ("src/store/turns.rs", "/// As `sqlx` does.\nlet sqlx_like = 1;"),
        ("tests/store/sqlite.rs", "use sqlx::Row; use axum::Router;"),
    ] {
        assert_eq!(broken(path, code), [], "{path}: {code}");
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for text in ["", "use std::fmt;\n", "/// An item.\n", "\n//! Late.\n", "//!\n"] {
        for path in ["src/lib.rs", "tests/web/mod.rs"] {
            let found = violations(path, text);
            assert_eq!(found.len(), 1, "{text:?}");
            assert_eq!(
                found[0].to_string(),
                format!("{path}:1: a file begins with `//!` and what it is for")
            );
        }
    }
}

#[test]
fn files_are_short_their_tests_aside() {
    let lines = |count: usize| "fn f() {}\n".repeat(count);
    assert_eq!(broken("src/agent/run.rs", &lines(399)), []);
    let tests = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", lines(399), lines(300));
    assert_eq!(broken("src/agent/run.rs", &tests), []);
    assert_eq!(broken("src/store/sqlite/writer/tests.rs", &lines(500)), []);
    assert_eq!(broken("tests/web/events.rs", &lines(500)), []);
    let rule = "401 lines; a file has at most 400".to_owned();
    assert_eq!(broken("src/agent/run.rs", &lines(400)), [(401, rule)]);
}

#[test]
fn no_test_is_left_out() {
    let code = concat!("#[test]\n#[", "ignore = \"slow\"]\nfn f() {}");
    assert_eq!(
        broken("tests/web/events.rs", code),
        [(3, "a test that is not run proves nothing".to_owned())]
    );
}
