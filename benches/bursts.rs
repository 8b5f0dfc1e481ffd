//! Visitors who write in bursts: how many turns and model calls come of three messages, and how long after the last
//! one its answer comes.

use crate::deployment::Plan;
use crate::figures::Figures;
use crate::machine;
use crate::model;
use crate::visitor::Visitor;
use crate::{Place, Scale};
use std::time::Duration;
use tokio::task::JoinSet;

const BURST: [&str; 3] = ["oi, tudo bem?", "estou montando a sala", "vocês têm vasos de cerâmica?"];
/// Bursts of a conversation.
const BURSTS: usize = 3;
/// From message to message. The shorter ones are within the quiet period, the longer ones beyond it.
const GAPS: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(300)];

/// Measures and prints.
pub async fn measure(place: &Place, scale: Scale) -> anyhow::Result<()> {
    let visitors = match scale {
        Scale::Full => 50,
        Scale::Quick => 10,
    };
    println!("\nbursts    {}; SQLite; default quiet periods; the model is", machine::bind());
    println!("          a hosted one's pace; {visitors} visitors, each three times three messages");
    println!(
        "             apart   bursts   turns/burst   model calls/burst   CPU/burst   last message to answer: p50        p99"
    );
    for gap in GAPS {
        let deployment = Plan { settings: Vec::new(), ..Plan::new(place, "bursts") }.start().await?;
        let (usage, turns) = (deployment.usage()?, deployment.metric("balcao_turns_total").await?);
        let mut tasks: JoinSet<anyhow::Result<Vec<Duration>>> = JoinSet::new();
        let addresses = deployment.addresses();
        for number in 0..visitors {
            let addresses = addresses.clone();
            // People do not write in step.
            let delay = Duration::from_secs(2).mul_f64(number as f64 / f64::from(visitors));
            tasks.spawn(async move {
                tokio::time::sleep(delay).await;
                let number = usize::try_from(number)?;
                let mut visitor = Visitor::open(&addresses, number, &model::name(number)).await?;
                let mut waits = Vec::with_capacity(BURSTS);
                for _ in 0..BURSTS {
                    waits.push(visitor.burst(&BURST, gap).await?);
                }
                Ok(waits)
            });
        }
        let mut waits = Figures::default();
        while let Some(ended) = tasks.join_next().await {
            ended??.into_iter().for_each(|wait| waits.add(wait));
        }
        // The count of a turn comes just behind its last event.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let bursts = waits.count() as f64;
        println!(
            "  {:>13} ms   {bursts:6}   {:11.2}   {:17.2}   {:6.2} ms                        {:7.0} ms   {:5.0} ms",
            gap.as_millis(),
            (deployment.metric("balcao_turns_total").await? - turns) / bursts,
            deployment.model.asked() as f64 / bursts,
            deployment.usage()?.since(usage).servers * 1e3 / bursts,
            waits.median(),
            waits.quantile(0.99)
        );
    }
    Ok(())
}
