//! How many visitors one core serves: closed loops of growing size against a model at a hosted model's pace and one
//! that answers at once, and an open loop at half of the best rate.

use crate::deployment::{Deployment, Plan, Store};
use crate::machine;
use crate::model::Pace;
use crate::quota;
use crate::rounds::{Crowd, Window};
use crate::table::{head, row};
use crate::{Place, Scale};
use std::time::Duration;

/// Open files of this process for each visitor: a connection, an event stream, and the model's side of a turn.
const FILES: usize = 3;

/// Measures and prints.
pub async fn measure(place: &Place, scale: Scale, store: Store) -> anyhow::Result<()> {
    println!("\nload      {}; durable writes; quiet period 0; six messages a", machine::bind());
    println!(
        "          conversation, one of them at a time; every turn asks the model twice, for a product search"
    );
    println!("          and for words. Added is what a visitor waits beyond the model's own time");
    match store {
        Store::Sqlite => {
            let knee = paced(Plan::new(place, "load"), sizes(scale)).await?;
            half(Plan::new(place, "load"), knee, scale).await?;
            paced(Plan { pace: Pace::AT_ONCE, ..Plan::new(place, "load") }, &[1, 8, 32, 128]).await?;
        }
        Store::Postgres => {
            for (store, processes) in [(Store::Sqlite, 1), (Store::Postgres, 1), (Store::Postgres, 2)] {
                let plan = Plan { store, processes, ..Plan::new(place, "load") };
                let knee = paced(plan.clone(), sizes(scale)).await?;
                half(plan, knee, scale).await?;
            }
            quota::measure(place, scale).await?;
        }
    }
    Ok(())
}

fn sizes(scale: Scale) -> &'static [usize] {
    match scale {
        Scale::Full => &[1, 50, 200, 1000, 5000],
        Scale::Quick => &[1, 50],
    }
}

/// Large crowds move slowly and are watched for longer.
fn window(count: usize) -> Window {
    let measured = Duration::from_millis(10 * count as u64);
    Window {
        warm_up: Duration::from_millis(1500),
        measured: measured.clamp(Duration::from_secs(6), Duration::from_secs(20)),
    }
}

/// Closed loops of growing size; returns the best rate.
async fn paced(plan: Plan<'_>, sizes: &[usize]) -> anyhow::Result<f64> {
    println!(
        "\n  {}; model: first token after {} ms, 40 pieces {} ms apart, twice a turn; closed loop",
        described(&plan),
        plan.pace.first_token.as_millis(),
        plan.pace.between.as_millis()
    );
    let deployment = plan.start().await?;
    head("visitors");
    let mut best: f64 = 0.0;
    for size in sizes {
        if let Some(missing) = machine::lacks_files(size * FILES) {
            println!("  {size:>22}  left out: {missing}");
            continue;
        }
        let window = window(*size);
        let mut crowd = Crowd::closed(&deployment, *size, window.warm_up).await?;
        let round = crowd.watch(&deployment, window).await?;
        best = best.max(round.rate);
        row(&size.to_string(), round);
        leave(&deployment, crowd).await?;
    }
    println!("  best: {best:.0} turns/s");
    Ok(best)
}

/// Lets what a crowd has asked for come to its end, so that the next one does not wait for it.
async fn leave(deployment: &Deployment, crowd: Crowd) -> anyhow::Result<()> {
    drop(crowd);
    let mut before = deployment.metric("balcao_turns_total").await?;
    loop {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let now = deployment.metric("balcao_turns_total").await?;
        if now <= before {
            return Ok(());
        }
        before = now;
    }
}

/// An open loop at half of the best rate.
async fn half(plan: Plan<'_>, best: f64, scale: Scale) -> anyhow::Result<()> {
    println!("\n  {}; the same model; open loop at half of the best rate", described(&plan));
    let deployment = plan.start().await?;
    head("messages/s");
    let rate = best / 2.0;
    let measured = match scale {
        Scale::Full => Duration::from_secs(20),
        Scale::Quick => Duration::from_secs(5),
    };
    let window = Window { warm_up: Duration::from_secs(3), measured };
    row(&format!("{rate:.0}"), Crowd::open(&deployment, rate).watch(&deployment, window).await?);
    Ok(())
}

fn described(plan: &Plan<'_>) -> String {
    match plan.store {
        Store::Sqlite => "SQLite".to_owned(),
        Store::Postgres => format!("PostgreSQL, server processes: {}", plan.processes),
    }
}
