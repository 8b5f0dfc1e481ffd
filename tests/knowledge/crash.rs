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
/// Documents of which those are a few.
const MANY: u32 = 150;

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

/// Kills a process that runs this test after so many steps.
fn killed_after(steps: usize, test: &str, folder: &Path) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("knowledge::crash::{test}"), "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let seen: Vec<_> = lines.filter(|line| line.starts_with("step")).take(steps).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(seen.len(), steps);
}

/// Kills a process that runs this very test, in which the variable `FOLDER` makes it the one to be killed.
#[test]
fn killed_anywhere_it_keeps_a_whole_index() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return replace_over_and_over(folder.as_ref());
    }
    for steps in [1, 5, 12, 13, 14, 25, 26, 27, 33] {
        let folder = tempfile::tempdir().unwrap();
        killed_after(steps, "killed_anywhere_it_keeps_a_whole_index", folder.path());
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

/// What the killed process does: changes a few documents of many, over and over, and says every step.
fn change_over_and_over(folder: &Path) {
    let index = EdgeIndex::open(folder).unwrap();
    let mut output = std::io::stderr();
    let mut update = index.begin(&index.manifest()).unwrap();
    for document in 0..MANY {
        let (name, term) = (format!("d{document}"), if document < DOCUMENTS { 1 } else { 500 });
        update.put(&name, indexed("1"), vec![entry(&name, 0, &[(term, 1.0)])]).unwrap();
    }
    update.commit(&HashSet::new()).unwrap();
    writeln!(output, "step committed").unwrap();
    let keep: HashSet<String> = (DOCUMENTS..MANY).map(|document| format!("d{document}")).collect();
    for round in 2..100 {
        let mut update = index.begin(&index.manifest()).unwrap();
        for document in 0..DOCUMENTS {
            let name = format!("d{document}");
            update
                .put(&name, indexed(&round.to_string()), vec![entry(&name, round, &[(round, 1.0)])])
                .unwrap();
        }
        writeln!(output, "step put").unwrap();
        update.commit(&keep).unwrap();
        writeln!(output, "step committed").unwrap();
    }
}

/// The same documents as they were or as they are to be, all of them, and beside them those that nobody touched.
#[test]
fn killed_in_a_small_change_it_has_the_old_or_the_new_and_never_both() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return change_over_and_over(folder.as_ref());
    }
    for steps in [1, 2, 3, 4, 9, 10, 11] {
        let folder = tempfile::tempdir().unwrap();
        killed_after(
            steps,
            "killed_in_a_small_change_it_has_the_old_or_the_new_and_never_both",
            folder.path(),
        );
        let index = EdgeIndex::open(folder.path()).unwrap();
        assert_eq!(index.manifest().len(), MANY as usize);
        let rounds: HashSet<u32> = (0..DOCUMENTS)
            .map(|document| index.manifest()[&format!("d{document}")].fingerprint.parse().unwrap())
            .collect();
        let [round] = rounds.iter().copied().collect::<Vec<_>>()[..] else { panic!("it mixes {rounds:?}") };
        assert!(round as usize >= steps.div_ceil(2), "{round} after {steps} steps");
        assert_eq!(by_terms(&index, &[(round, 1.0)], 1_000).len(), DOCUMENTS as usize);
        assert_eq!(by_terms(&index, &[(500, 1.0)], 1_000).len(), (MANY - DOCUMENTS) as usize);
        let any: Vec<_> = (1..100).filter(|it| *it != 500).map(|round| (round, 1.0)).collect();
        assert_eq!(by_terms(&index, &any, 1_000).len(), DOCUMENTS as usize, "of no other round");
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
