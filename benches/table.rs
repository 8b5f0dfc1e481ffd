//! How rounds are printed: a line each, so that they can be read beside each other.

use crate::rounds::Round;
use crate::visitor::turned_away;

/// The line above rounds, the first column called `first`.
pub fn head(first: &str) {
    println!(
        "  {first:>22}   turns/s   added p50   added p99   (server, mean)   CPU/turn   database   resident   bench's core"
    );
}

/// A round.
pub fn row(first: &str, mut round: Round) {
    let odd = match round.odd {
        0 => String::new(),
        odd => format!("   ({odd} turns without the model's words)"),
    };
    let away = match turned_away() {
        0 => String::new(),
        away => format!("   ({away} requests were told to come again)"),
    };
    println!(
        "  {first:>22}  {:8.1}  {:7.1} ms  {:7.1} ms       {:7.1} ms   {:5.2} ms   {:5.2} ms   {:5.1} MB   {:10.0} %{odd}{away}",
        round.rate,
        round.added.median(),
        round.added.quantile(0.99),
        round.added_by_server,
        round.used.servers * 1e3,
        round.used.database * 1e3,
        round.resident,
        round.used.visitors * 1e2,
    );
}
