//! What a search of the knowledge takes at the size of the demo index.

use crate::Place;
use crate::client::{Connection, Request};
use crate::deployment::settings;
use crate::figures::Figures;
use crate::server::Start;
use anyhow::Context;
use serde_json::Value;
use std::time::Instant;

const ROUNDS: usize = 40;

/// Encoded for a URL.
const QUERIES: [&str; 5] = [
    "prazo+de+troca",
    "formas+de+pagamento+parcelamento",
    "voc%C3%AAs+entregam+no+interior+do+estado",
    "como+limpar+uma+manta+de+linho",
    "garantia+produto+com+defeito+nota+fiscal",
];

/// Measures and prints.
pub async fn measure(place: &Place) -> anyhow::Result<()> {
    let start = Start { place, data: "search", settings: settings(None), under: Vec::new() };
    start.forget()?;
    let server = start.run()?;
    let announced: Value = serde_json::from_slice(&std::fs::read(server.data().join("server.json"))?)?;
    let key = announced["key"].as_str().context("the server left no key")?;
    let mut connection = Connection::to(server.address).await?;
    let (mut searches, mut floor) = (Figures::default(), Figures::default());
    for round in 0..=ROUNDS {
        for query in QUERIES {
            let path = format!("/api/v1/knowledge/search?limit=4&q={query}");
            let searching = Request { method: "GET", path: &path, bearer: key, body: "" };
            let began = Instant::now();
            connection.ask(searching).await?.text(200)?;
            let searched = began.elapsed();
            let nothing = Request { method: "GET", path: "/healthz", bearer: "", body: "" };
            let began = Instant::now();
            connection.ask(nothing).await?.text(200)?;
            if round > 0 {
                searches.add(searched);
                floor.add(began.elapsed());
            }
        }
    }
    println!("\nsearch    the knowledge of the demo shop, over HTTP as an operator");
    println!(
        "  {} searches: median {:.2} ms, p99 {:.2} ms (a request that does nothing: median {:.2} ms)",
        searches.count(),
        searches.median(),
        searches.quantile(0.99),
        floor.median()
    );
    server.stop()
}
