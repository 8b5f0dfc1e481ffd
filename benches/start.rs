//! How long a first and a later start take, and what an idle server holds in memory.

use crate::Place;
use crate::figures::Figures;
use crate::server::Start;
use std::time::Duration;

const STARTS: usize = 5;

/// Measures and prints.
pub async fn measure(place: &Place) -> anyhow::Result<()> {
    println!("\nstart     from starting the process to its ready line, median of {STARTS} (files cached)");
    let start = Start { place, data: "start", settings: Vec::new(), under: Vec::new() };
    let (mut first, mut later) = (Figures::default(), Figures::default());
    for _ in 0..STARTS {
        start.forget()?;
        let server = start.run()?;
        first.add(server.ready_after);
        server.stop()?;
    }
    for _ in 0..STARTS {
        let server = start.run()?;
        later.add(server.ready_after);
        server.stop()?;
    }
    println!("  first start, empty folder: shop laid, index built   {:6.0} ms", first.median());
    println!("  later start, with an index                          {:6.0} ms", later.median());
    let server = start.run()?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let memory = server.process().memory()?;
    println!(
        "  idle after 2 s: resident {:.1} MB, of it {:.1} MB anonymous; {} threads",
        memory.resident,
        memory.anonymous,
        server.process().threads()
    );
    server.stop()
}
