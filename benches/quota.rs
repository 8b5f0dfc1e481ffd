//! What it costs to count what may be asked of a model for all processes together: the same turns with a quota that
//! is never reached and with none.

use crate::deployment::{Plan, Store, impatient};
use crate::model::Pace;
use crate::rounds::{Crowd, Round, Window};
use crate::table::{head, row};
use crate::{Place, Scale};
use std::time::Duration;

/// Alone: what a visitor waits is then the way of the call and no queue.
const VISITORS: usize = 1;
/// How often a turn asks the model, and so the quota.
const CALLS: f64 = 2.0;

/// Measures and prints.
pub async fn measure(place: &Place, scale: Scale) -> anyhow::Result<()> {
    println!(
        "\n  PostgreSQL, one server process; model that answers at once; a quota of its requests that is never reached"
    );
    let plan = Plan { pace: Pace::AT_ONCE, store: Store::Postgres, ..Plan::new(place, "free") };
    let quota = ("BALCAO__LLM__REQUESTS_PER_MINUTE", "100000000".to_owned());
    let counted = Plan { data: "counted", settings: [impatient(), vec![quota]].concat(), ..plan.clone() };
    let (free, counted) = (plan.start().await?, counted.start().await?);
    let (rounds, measured) = match scale {
        Scale::Full => (5, Duration::from_secs(6)),
        Scale::Quick => (1, Duration::from_secs(3)),
    };
    let window = Window { warm_up: Duration::from_secs(1), measured };
    head("requests_per_minute");
    let (mut without, mut with) = (Sum::default(), Sum::default());
    // By turns, so that whatever else the machine does falls on both.
    for _ in 0..rounds {
        for (name, deployment, sum) in [("none", &free, &mut without), ("one, shared", &counted, &mut with)] {
            let mut crowd = Crowd::closed(deployment, VISITORS, window.warm_up).await?;
            let mut round = crowd.watch(deployment, window).await?;
            sum.add(&mut round);
            row(name, round);
        }
    }
    let a_call = |difference: f64| difference / f64::from(rounds) / CALLS;
    println!(
        "  a call of the model waits {:.2} ms longer for the shared quota; processor time of the server {:+.2} ms, of the database {:+.2} ms",
        a_call(with.added - without.added),
        a_call(with.servers - without.servers) * 1e3,
        a_call(with.database - without.database) * 1e3
    );
    Ok(())
}

#[derive(Default)]
struct Sum {
    added: f64,
    servers: f64,
    database: f64,
}

impl Sum {
    fn add(&mut self, round: &mut Round) {
        self.added += round.added.median();
        self.servers += round.used.servers;
        self.database += round.used.database;
    }
}
