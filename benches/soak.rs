//! Whether the server's memory grows under a modest load that goes on and on.

use crate::Place;
use crate::deployment::Plan;
use crate::figures::Line;
use crate::machine;
use crate::rounds::Crowd;
use anyhow::Context;
use std::time::{Duration, Instant};

/// Messages a second.
const RATE: f64 = 20.0;
const SAMPLE: Duration = Duration::from_secs(5);
/// Caches fill before this; of a short run it is a quarter.
const SETTLING: Duration = Duration::from_secs(120);
/// A rise of a smaller share is none.
const SHARE: f64 = 0.03;

/// Measures and prints.
pub async fn measure(place: &Place, minutes: u32) -> anyhow::Result<()> {
    println!("\nsoak      {}; SQLite; {RATE} messages a second,", machine::bind());
    println!("          open loop, for {minutes} minutes; a hosted model's pace");
    println!("      minute   turns/s    resident   anonymous");
    let deployment = Plan::new(place, "soak").start().await?;
    let server = deployment.servers.first().context("no server")?.process();
    let whole = Duration::from_secs(60) * minutes;
    let settling = SETTLING.min(whole / 4);
    let mut crowd = Crowd::open(&deployment, RATE);
    let (began, mut points, mut minute, mut turns) = (Instant::now(), Vec::new(), 1, 0.0);
    while began.elapsed() < whole {
        crowd.wait(SAMPLE).await?;
        let memory = server.memory()?;
        if began.elapsed() > settling {
            points.push((began.elapsed().as_secs_f64() / 60.0, memory.resident));
        }
        if began.elapsed() >= Duration::from_secs(60) * minute {
            let now = deployment.metric("balcao_turns_total").await?;
            println!(
                "  {minute:>10}   {:7.1}   {:6.1} MB   {:6.1} MB",
                (now - turns) / 60.0,
                memory.resident,
                memory.anonymous
            );
            (minute, turns) = (minute + 1, now);
        }
    }
    let line = Line::through(&points).context("too short a time for a line")?;
    let a_turn = line.slope * 1024.0 * 1024.0 / 60.0 / RATE;
    println!(
        "  after {:.1} minutes: {:+.2} MB a minute ({a_turn:+.0} bytes a turn), from {:.1} to {:.1} MB on the line, \
         samples {:.1} MB about it",
        settling.as_secs_f64() / 60.0,
        line.slope,
        line.from,
        line.to,
        line.spread
    );
    let rise = line.to - line.from;
    let has_grown = rise > SHARE * line.from && rise > 2.0 * line.spread;
    println!(
        "  it {} (grown: by more than {:.0} % and twice the spread)",
        if has_grown { "HAS GROWN" } else { "has not grown" },
        SHARE * 1e2
    );
    Ok(())
}
