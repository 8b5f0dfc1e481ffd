//! What an ingest reads, reports and leaves in the index.

use super::{counts, ingest, open, places};
use balcao::knowledge::ingest::IngestError;
use std::borrow::Cow;
use std::fs;
use std::path::PathBuf;

#[test]
fn the_index_follows_the_documents() {
    let folder = tempfile::tempdir().unwrap();
    let knowledge = open(folder.path());
    let (frete, troca) = (("frete.md", "# Frete\nGrátis."), ("troca.md", "# Troca\nSete dias."));
    assert_eq!(counts(&ingest(&knowledge, &[frete, troca])), [2, 0, 0, 0, 0]);
    assert_eq!(counts(&ingest(&knowledge, &[frete, troca])), [0, 0, 2, 0, 0]);
    let report =
        ingest(&knowledge, &[frete, ("troca.md", "# Troca\nTrinta dias."), ("pix.txt", "Pix na hora.")]);
    assert_eq!(counts(&report), [1, 1, 1, 0, 0]);
    assert_eq!(knowledge.search_blocking("troca", 5).unwrap()[0].text, "Trinta dias.");
    assert_eq!(report.to_string(), "added 1, changed 1, unchanged 1, removed 0, failed 0");
    assert_eq!(counts(&ingest(&knowledge, &[frete])), [0, 0, 1, 2, 0]);
    assert!(knowledge.search_blocking("pix", 5).unwrap().is_empty());
    drop(knowledge);
    assert_eq!(counts(&ingest(&open(folder.path()), &[frete])), [0, 0, 1, 0, 0]);
}

#[test]
fn an_ingest_without_a_change_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let knowledge = open(folder.path());
    ingest(&knowledge, &[("a.md", "Frete grátis.")]);
    let current = || fs::read_to_string(folder.path().join("current")).unwrap();
    let before = current();
    ingest(&knowledge, &[("a.md", "Frete grátis.")]);
    assert_eq!(current(), before);
    ingest(&knowledge, &[("a.md", "Frete pago.")]);
    assert_ne!(current(), before);
}

#[test]
fn one_bad_document_stops_no_other_and_keeps_what_was_indexed_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let knowledge = open(folder.path());
    let corpus = "{\"id\":\"q1\",\"question\":\"Abre domingo?\",\"answer\":\"Não.\"}\n{\"id\":\"q2\",\"text\":\"Estacionamento grátis.\"}";
    ingest(&knowledge, &[("frete.md", "# Frete\nGrátis."), ("faq.jsonl", corpus)]);
    let report = ingest(
        &knowledge,
        &[
            ("frete.md", "---\ntitle: \"Frete\nFrete pago.\n"),
            ("faq.jsonl", &corpus.replace("{\"id\":\"q2\"", "{id:q2")),
            ("pix.md", "# Pix\nNa hora."),
        ],
    );
    assert_eq!(counts(&report), [1, 0, 1, 0, 2]);
    assert_eq!(report.kept, 2);
    let text = report.to_string();
    assert!(text.contains("\nfailed: frete.md:2: the quote in"), "{text}");
    assert!(text.contains("\nfailed: faq.jsonl:2: not a document"), "{text}");
    assert_eq!(knowledge.search_blocking("frete", 5).unwrap()[0].text, "Grátis.");
    assert_eq!(knowledge.search_blocking("estacionamento", 5).unwrap()[0].source, "q2");
}

#[test]
fn a_name_that_is_taken_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let report = ingest(
        &open(folder.path()),
        &[
            ("a.jsonl", "{\"id\":\"x\",\"text\":\"um\"}"),
            ("b.jsonl", "{\"id\":\"x\",\"text\":\"dois\"}"),
            ("c.md", ""),
        ],
    );
    assert_eq!(counts(&report), [1, 0, 0, 0, 2]);
    assert_eq!(report.failed[0].to_string(), "b.jsonl: a second document is called `x`");
    assert_eq!(report.failed[1].to_string(), "c.md: there is no text in `c.md`");
}

#[test]
fn a_folder_is_read_whole_without_hidden_files_and_loops() {
    let (index, documents) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = documents.path();
    fs::create_dir_all(root.join("politicas/antigas")).unwrap();
    fs::create_dir_all(root.join(".git")).unwrap();
    fs::write(root.join("politicas/troca.MD"), "Troca em sete dias.").unwrap();
    fs::write(root.join("politicas/antigas/frete.txt"), "\u{feff}Frete antigo.").unwrap();
    fs::write(root.join(".git/x.md"), "Escondido.").unwrap();
    fs::write(root.join(".oculto.md"), "Escondido.").unwrap();
    fs::write(root.join("sources.toml"), "x = 1").unwrap();
    fs::write(root.join("antigo.txt"), b"Pre\xe7o de antes.").unwrap();
    fs::write(root.join("ruim.md"), b"linha\n\0\xfe").unwrap();
    fs::write(root.join("velho.doc"), b"x").unwrap();
    fs::write(root.join("enorme.txt"), "palavra ".repeat(700_000)).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root, root.join("politicas/volta")).unwrap();
        std::os::unix::fs::symlink("/nowhere/at/all.md", root.join("solto.md")).unwrap();
    }
    let knowledge = open(index.path());
    let report = knowledge.ingest(&places(root).named(&[root.to_owned()]).unwrap()).unwrap();
    let sources: Vec<_> = knowledge.manifest().keys().cloned().collect();
    assert_eq!(sources, ["antigo.txt", "politicas/antigas/frete.txt", "politicas/troca.MD"]);
    let failed: Vec<_> = report.failed.iter().map(ToString::to_string).collect();
    assert_eq!(failed.len(), 3, "{failed:?}");
    assert_eq!(failed[0], "enorme.txt: 5600000 bytes are more than the 5242880 allowed");
    assert_eq!(failed[1], "ruim.md: this is no text: there are zero bytes in it");
}

#[test]
fn a_mistyped_path_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let knowledge = open(folder.path());
    ingest(&knowledge, &[("a.md", "Frete grátis.")]);
    for path in ["/nowhere/knowledge", "Cargo.toml"] {
        let error = places(folder.path()).named(&[PathBuf::from(path)]).unwrap_err();
        assert!(matches!(error, IngestError::Source(_)));
        assert!(error.to_string().contains(path), "{error}");
    }
    assert_eq!(knowledge.manifest().len(), 1);
}

#[test]
fn without_a_path_the_folder_counts_and_without_a_folder_the_embedded_set() {
    let (index, documents) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let knowledge = open(index.path());
    let embedded = || vec![("embutido.md".to_owned(), Cow::Borrowed("Embutido.".as_bytes()))];
    knowledge.ingest(&places(&documents.path().join("none")).configured(embedded).unwrap()).unwrap();
    assert!(knowledge.manifest().contains_key("embutido.md"));
    fs::write(documents.path().join("meu.md"), "Meu.").unwrap();
    knowledge.ingest(&places(documents.path()).configured(embedded).unwrap()).unwrap();
    assert_eq!(knowledge.manifest().keys().collect::<Vec<_>>(), ["meu.md"]);
}
