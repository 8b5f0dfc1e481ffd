//! How many visitors one core serves: closed loops of growing size against a model at a hosted model's pace and one
//! that answers at once, an open loop at half of the best rate, and what a visitor who only listens costs.

use crate::Place;
use crate::machine;
use crate::model::{Model, Pace, name};
use crate::rounds::{self, Round, Window, impatient, settings};
use crate::server::{Server, Start};
use crate::visitor::Visitor;
use std::sync::Arc;
use std::time::Duration;

const HOSTED: [usize; 6] = [1, 10, 50, 100, 200, 400];
const AT_ONCE: [usize; 4] = [1, 8, 32, 128];
const LISTENERS: usize = 1000;
const WINDOW: Window = Window { warm_up: Duration::from_millis(1500), measured: Duration::from_secs(6) };

/// Measures and prints.
pub async fn measure(place: &Place) -> anyhow::Result<()> {
    let bound = machine::cores() > 1 && machine::bind_to_core(1);
    let cores = if bound { "core 0; visitors and model on core 1" } else { "no core of its own" };
    println!(
        "\nload      the server on {cores}; durable writes; quiet period 0; six messages a conversation, one of"
    );
    println!("          them at a time; every turn asks the model twice, for a product search and for words");
    let core = bound.then_some(0);
    let paced = pace(place, core, Pace::HOSTED, &HOSTED).await?;
    println!("  knee: {paced:.0} turns/s");
    half(place, core, paced).await?;
    listeners(place, core).await?;
    let ceiling = pace(place, core, Pace::AT_ONCE, &AT_ONCE).await?;
    println!("  ceiling: {ceiling:.0} turns/s");
    Ok(())
}

/// Closed loops of growing size; returns the best rate.
async fn pace(place: &Place, core: Option<usize>, pace: Pace, sizes: &[usize]) -> anyhow::Result<f64> {
    let (model, server) = started(place, core, pace).await?;
    println!(
        "\n  model: first token after {} ms, 40 pieces {} ms apart, twice a turn; closed loop",
        pace.first_token.as_millis(),
        pace.between.as_millis()
    );
    head("visitors");
    let mut best: f64 = 0.0;
    for size in sizes {
        let round = rounds::closed(&server, &model, *size, WINDOW).await?;
        best = best.max(round.rate);
        row(&size.to_string(), round);
    }
    Ok(best)
}

/// An open loop at half of the best rate.
async fn half(place: &Place, core: Option<usize>, best: f64) -> anyhow::Result<()> {
    let (model, server) = started(place, core, Pace::HOSTED).await?;
    println!("\n  the same model; open loop at half of the best rate");
    head("messages/s");
    let rate = best / 2.0;
    let round = rounds::open(&server, &model, rate, WINDOW).await?;
    row(&format!("{rate:.0}"), round);
    Ok(())
}

/// Memory of visitors who listen and write nothing.
async fn listeners(place: &Place, core: Option<usize>) -> anyhow::Result<()> {
    let (_model, server) = started(place, core, Pace::HOSTED).await?;
    let before = server.memory()?.resident;
    let mut visitors = Vec::with_capacity(LISTENERS);
    for number in 0..LISTENERS {
        visitors.push(Visitor::open(server.address, &name(number)).await?);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = server.memory()?.resident;
    println!(
        "\n  {} conversations that are only listened to (an event stream and an idle connection each): {:.1} MB",
        visitors.len(),
        after - before
    );
    Ok(())
}

async fn started(place: &Place, core: Option<usize>, pace: Pace) -> anyhow::Result<(Arc<Model>, Server)> {
    let model = Arc::new(Model::start(pace).await?);
    let settings = [settings(Some(&model)), impatient()].concat();
    let start = Start { place, data: "load", settings, core };
    start.forget()?;
    let server = start.run()?;
    Ok((model, server))
}

fn head(first: &str) {
    println!("  {first:>10}   turns/s   added p50   added p99   (server, mean)   CPU/turn   resident");
}

fn row(first: &str, mut round: Round) {
    println!(
        "  {first:>10}  {:8.1}  {:7.1} ms  {:7.1} ms       {:7.1} ms   {:5.2} ms   {:5.1} MB{}",
        round.rate,
        round.added.median(),
        round.added.quantile(0.99),
        round.added_by_server,
        round.processor,
        round.resident,
        if round.odd > 0 {
            format!("   ({} turns without the model's words)", round.odd)
        } else {
            String::new()
        },
    );
}
