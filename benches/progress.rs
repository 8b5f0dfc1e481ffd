//! How soon a visitor sees that something happens while the model takes its time.

use crate::Place;
use crate::deployment::{impatient, settings};
use crate::figures::Figures;
use crate::model::{Model, Pace};
use crate::server::Start;
use crate::visitor::{QUESTIONS, Visitor};
use std::time::Duration;

const VISITORS: usize = 10;

/// Measures and prints.
pub async fn measure(place: &Place) -> anyhow::Result<()> {
    let pace = Pace { first_token: Duration::from_secs(5), between: Duration::ZERO };
    let model = Model::start(pace).await?;
    println!(
        "\nprogress  from sending a message to the first `progress` event; 5 s to the model's first token"
    );
    let patient = settings(Some(&model));
    let impatient = [patient.clone(), impatient()].concat();
    for (quiet, settings) in [("with the default quiet period of 150 ms", patient), ("with none", impatient)]
    {
        let start = Start { place, data: "progress", settings, under: Vec::new() };
        start.forget()?;
        let server = start.run()?;
        let mut waits = Figures::default();
        for question in QUESTIONS.into_iter().cycle().take(VISITORS) {
            let mut visitor = Visitor::open(&[server.address], 0, "Ana").await?;
            waits.add(visitor.first_progress(question).await?);
        }
        println!(
            "  {quiet}: median {:.0} ms, worst of {VISITORS} {:.0} ms",
            waits.median(),
            waits.quantile(1.0)
        );
    }
    Ok(())
}
