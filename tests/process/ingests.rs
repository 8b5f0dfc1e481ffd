//! `balcao ingest` as a process of its own: a web site that is there, and files that are watched.

use super::documents::PRICE;
use super::support::{Place, stderr, stdout};
use crate::knowledge::site::{Page, Site};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Longest wait for something that is sure to come.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_web_site_is_read_by_its_site_map_and_read_again() {
    let site = Site::start().await;
    let base = &site.base;
    let map = format!("<urlset><url><loc>{base}/trocas</loc></url></urlset>");
    let rules = format!("User-agent: *\nDisallow: /interno\nSitemap: {base}/mapa.xml");
    site.set("/robots.txt", Page::Raw("text/plain", rules.into()));
    site.set("/mapa.xml", Page::Raw("application/xml", map.into()));
    site.html("/", "<h1>Loja</h1><p>Bem-vindo à loja.</p><a href='/interno'>i</a>");
    site.html("/trocas", "<h1>Trocas</h1><p>A troca de bicicletas leva sete dias.</p>");
    site.html("/interno", "<p>Margem de lucro.</p>");
    let sources = format!("[[site]]\nurl = \"{base}/\"\nname = \"loja\"\ndelay_ms = 0\n");
    let place = Place::empty().file("knowledge/sources.toml", &sources).file("knowledge/precos.md", PRICE);
    let ingest = place.run(&["ingest"], "").await;
    assert!(ingest.status.success(), "{}", stderr(&ingest));
    assert!(
        stdout(&ingest).starts_with("added 3, changed 0, unchanged 0, removed 0, failed 0\n"),
        "{ingest:?}"
    );
    let asked = site.asked();
    assert!(asked.contains(&"/trocas".to_owned()), "only the site map leads there: {asked:?}");
    assert!(!asked.contains(&"/interno".to_owned()), "its rules forbid that: {asked:?}");
    let found = stdout(&place.run(&["search", "troca de bicicletas", "--json"], "").await);
    assert!(found.lines().next().unwrap().contains("sete dias"), "{found}");

    // Through a running server, only what changed is fetched anew.
    let server = place.serve().await;
    site.html("/trocas", "<h1>Trocas</h1><p>A troca de bicicletas leva nove dias.</p>");
    let ingest = place.run(&["ingest"], "").await;
    assert!(
        stdout(&ingest).starts_with("added 0, changed 1, unchanged 2, removed 0, failed 0\n"),
        "{ingest:?}"
    );
    assert!(site.asked().contains(&"/ (if changed)".to_owned()));
    let found = stdout(&place.run(&["search", "troca de bicicletas", "--json"], "").await);
    assert!(found.contains("nove dias") && !found.contains("sete dias"), "{found}");
    assert!(server.terminate().await.0.success());
}

/// Reads lines until one holds `words`; all of them.
async fn until<R: Read + Send + 'static>(
    mut reader: BufReader<R>,
    words: &'static str,
) -> (BufReader<R>, String) {
    let reading = tokio::task::spawn_blocking(move || {
        let mut said = String::new();
        loop {
            let before = said.len();
            let read = reader.read_line(&mut said).unwrap();
            assert!(read > 0, "it ended before it said {words:?}:\n{said}");
            if said[before..].contains(words) {
                return (reader, said);
            }
        }
    });
    tokio::time::timeout(PATIENCE, reading)
        .await
        .unwrap_or_else(|_| panic!("it does not say {words:?}"))
        .unwrap()
}

#[tokio::test]
async fn what_changes_is_indexed_while_it_is_watched() {
    let place = Place::empty().file("knowledge/bicicletas.md", PRICE);
    let mut command = place.command(&["ingest", "--watch"]);
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    let stdout_reader = BufReader::new(child.stdout.take().unwrap());
    let stderr_reader = BufReader::new(child.stderr.take().unwrap());
    let (_stdout, said) = until(stdout_reader, "watching; interrupt to end").await;
    assert!(said.starts_with("added 1, "), "{said}");
    fs::write(place.path("knowledge/bicicletas.md"), PRICE.replace("12", "14")).unwrap();
    let (reader, told) = until(stderr_reader, "the knowledge was brought up to date").await;
    assert!(told.contains("changed=1"), "{told}");
    fs::write(place.path("knowledge/novo.md"), "# Capacetes\n\nO capacete é grátis.\n").unwrap();
    let (_stderr, told) = until(reader, "the knowledge was brought up to date").await;
    assert!(told.contains("added=1"), "{told}");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ending = tokio::task::spawn_blocking(move || child.wait().unwrap());
    assert!(tokio::time::timeout(PATIENCE, ending).await.expect("it ends").unwrap().success());
    let found = stdout(&place.run(&["search", "quanto custa alugar bicicletas?", "--json"], "").await);
    assert!(found.contains("R$ 14") && !found.contains("R$ 12"), "{found}");
    let found = stdout(&place.run(&["search", "capacete grátis", "--json"], "").await);
    assert!(found.contains("novo.md"), "{found}");
}
