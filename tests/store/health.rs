//! How vendors' systems did: counts of several processes add up, an outage begins once and ends by whoever is answered.

use super::support::{Bench, on_every_store};
use balcao::store::health::{CallCount, HealthHistory, Outage, Reached, Seen, Since};
use jiff::Timestamp;
use std::time::Duration;

on_every_store!(
    counts_of_several_processes_add_up,
    an_outage_begins_once_and_ends_by_whoever_is_answered,
    what_is_old_is_forgotten,
);

const ALWAYS: Since = Since { counts: Timestamp::UNIX_EPOCH, outages: Timestamp::UNIX_EPOCH };

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

fn count(span: i64, took: u32, calls: u64, failed: u64) -> CallCount {
    CallCount { span: at(span), took, calls, failed }
}

fn counted(counts: &[CallCount]) -> Seen {
    Seen { counts: counts.to_vec(), reached: Vec::new() }
}

fn away(first: i64, last: i64, fault: &'static str) -> Reached {
    Reached::Away { first: at(first), last: at(last), fault }
}

fn back(seconds: i64) -> Reached {
    Reached::Back { at: at(seconds) }
}

async fn known(bench: &Bench) -> HealthHistory {
    bench.stores.health.history("shop", ALWAYS).await.unwrap()
}

async fn add(bench: &Bench, seen: &Seen) {
    bench.stores.health.add("shop", seen, ALWAYS).await.unwrap();
}

async fn reached(bench: &Bench, reached: &[Reached]) {
    add(bench, &Seen { counts: Vec::new(), reached: reached.to_vec() }).await;
}

async fn counts_of_several_processes_add_up(bench: Bench) {
    let many: Vec<CallCount> = (0..20).map(|took| count(0, took, 2, 1)).collect();
    let (one, other) = (counted(&many), counted(&many.iter().rev().copied().collect::<Vec<_>>()));
    let rounds = (0..10).map(|round| {
        let seen = if round % 2 == 0 { one.clone() } else { other.clone() };
        let store = bench.stores.health.clone();
        async move { store.add("shop", &seen, ALWAYS).await }
    });
    for added in futures_util::future::join_all(rounds).await {
        added.unwrap();
    }
    bench.stores.health.add("desk", &counted(&[count(600, 3, 1, 0)]), ALWAYS).await.unwrap();
    add(&bench, &counted(&[count(600, 3, 5, 0)])).await;
    let mut all: Vec<CallCount> = (0..20).map(|took| count(0, took, 20, 10)).collect();
    all.push(count(600, 3, 5, 0));
    assert_eq!(known(&bench).await.counts, all);
    let late = Since { counts: at(1), outages: at(0) };
    let history = bench.stores.health.history("shop", late).await.unwrap();
    assert_eq!(history.counts, [count(600, 3, 5, 0)]);
}

async fn an_outage_begins_once_and_ends_by_whoever_is_answered(bench: Bench) {
    reached(&bench, &[back(0), away(10, 20, "away")]).await;
    // Another process, which had it from the start and a little later.
    reached(&bench, &[away(12, 25, "limited")]).await;
    // One that was answered before the newest failure does not end it.
    reached(&bench, &[back(15)]).await;
    let mut outage =
        Outage { began_at: at(10), last_at: at(25), fault: "limited".to_owned(), ended_at: None };
    assert_eq!(known(&bench).await.outages, [outage.clone()]);
    reached(&bench, &[back(40)]).await;
    reached(&bench, &[back(50), away(60, 61, "unknown"), back(62), away(70, 70, "away")]).await;
    outage.ended_at = Some(at(40));
    let second =
        Outage { began_at: at(60), last_at: at(61), fault: "unknown".to_owned(), ended_at: Some(at(62)) };
    let third = Outage { began_at: at(70), last_at: at(70), fault: "away".to_owned(), ended_at: None };
    assert_eq!(known(&bench).await.outages, [third.clone(), second.clone(), outage]);
    let late = Since { counts: at(0), outages: at(41) };
    assert_eq!(bench.stores.health.history("shop", late).await.unwrap().outages, [third, second]);
    assert_eq!(bench.stores.health.history("desk", ALWAYS).await.unwrap(), HealthHistory::default());
}

async fn what_is_old_is_forgotten(bench: Bench) {
    let seen = Seen {
        counts: vec![count(0, 1, 1, 0), count(600, 1, 1, 0)],
        reached: vec![away(0, 0, "away"), back(5), away(10, 10, "away"), back(15), away(20, 20, "away")],
    };
    add(&bench, &seen).await;
    bench.advance(Duration::from_secs(1));
    let keep = Since { counts: at(600), outages: at(15) };
    bench.stores.health.add("shop", &Seen::default(), keep).await.unwrap();
    let history = known(&bench).await;
    assert_eq!(history.counts, [count(600, 1, 1, 0)]);
    let began: Vec<Timestamp> = history.outages.iter().map(|outage| outage.began_at).collect();
    assert_eq!(began, [at(20), at(10)], "one that goes on is not old");
}
