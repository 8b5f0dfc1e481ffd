//! A process that is killed while it ingests leaves an index that works and that the next ingest completes.

use super::contract::{by_terms, entry, indexed};
use super::{ingest, open};
use balcao::knowledge::edge::EdgeIndex;
use balcao::knowledge::index::Index;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const FOLDER: &str = "BALCAO_TEST_CRASH_FOLDER";
const DOCUMENTS: u32 = 12;

/// What the killed process does: replaces the documents of one round by those of the next, over and over, and says
/// every step.
fn replace_over_and_over(folder: &Path) {
    let index = EdgeIndex::open(folder).unwrap();
    let mut output = std::io::stderr();
    for round in 1..100 {
        let mut update = index.begin(&index.manifest()).unwrap();
        for document in 0..DOCUMENTS {
            let entries =
                (0..40).map(|ordinal| entry("d", ordinal + 100 * document, &[(round, 1.0)])).collect();
            update.put(&format!("d{document}"), indexed(&round.to_string()), entries).unwrap();
            writeln!(output, "step put").unwrap();
        }
        update.commit(&HashSet::new()).unwrap();
        writeln!(output, "step committed").unwrap();
    }
}

/// Kills a process that runs this very test, in which the variable `FOLDER` makes it the one to be killed.
#[test]
fn killed_anywhere_it_keeps_a_whole_index() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return replace_over_and_over(folder.as_ref());
    }
    for steps in [1, 5, 12, 13, 14, 25, 26, 27, 33] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "knowledge::crash::killed_anywhere_it_keeps_a_whole_index", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let seen: Vec<_> = lines.filter(|line| line.starts_with("step")).take(steps).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(seen.len(), steps);

        let index = EdgeIndex::open(folder.path()).unwrap();
        let manifest = index.manifest();
        let rounds: HashSet<_> =
            manifest.values().map(|indexed| indexed.fingerprint.parse::<u32>().unwrap()).collect();
        assert!(rounds.len() <= 1, "the index mixes {rounds:?}");
        if let Some(round) = rounds.into_iter().next() {
            assert_eq!(manifest.len(), DOCUMENTS as usize);
            let found = by_terms(&index, &[(round, 1.0)], 10_000);
            assert_eq!(found.len(), 40 * DOCUMENTS as usize);
        }
        assert!(steps < 13 || !manifest.is_empty());
        drop(index);

        let knowledge = open(folder.path());
        let report = ingest(&knowledge, &[("a.md", "# Frete\nGrátis.")]);
        assert_eq!((report.added, report.removed), (1, manifest.len()));
        assert_eq!(knowledge.search_blocking("frete", 5).unwrap().len(), 1);
    }
}

#[test]
fn a_damaged_index_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let documents = [("a.md", "# Frete\nGrátis."), ("b.md", "# Troca\nSete dias.")];
    ingest(&open(folder.path()), &documents);
    for file in ["manifest.json", "lexicon.json", "shard/edge_config.json"] {
        let current = std::fs::read_to_string(folder.path().join("current")).unwrap();
        std::fs::write(folder.path().join(current).join(file), "{").unwrap();
        let knowledge = open(folder.path());
        assert!(knowledge.search_blocking("frete", 5).unwrap().is_empty(), "{file}");
        assert_eq!(ingest(&knowledge, &documents).added, 2, "{file}");
        assert_eq!(knowledge.search_blocking("frete", 5).unwrap().len(), 1);
    }
}
