//! Alerts that wait for the operator's webhook: kept once, taken by one, tried until they are sent or given up.

use super::support::{Bench, on_every_store};
use balcao::domain::clock::Clock;
use balcao::limits::alert_task::Webhook;
use balcao::limits::alerts::{Alert, AlertEvent, Alerts};
use balcao::limits::net::Allowance;
use balcao::limits::shelf::Settled;
use std::time::Duration;

on_every_store!(
    an_alert_is_kept_once_and_taken_by_one,
    an_alert_is_given_up_after_a_day,
    what_is_raised_is_kept_before_it_is_sent,
);

fn alert(bench: &Bench, id: &str) -> Alert {
    Alert {
        id: id.to_owned(),
        event: AlertEvent::Lead,
        subject: "interview 1".to_owned(),
        text: "Lead: Ana \0 🙂".to_owned(),
        at: bench.now(),
    }
}

async fn an_alert_is_kept_once_and_taken_by_one(bench: Bench) {
    let shelf = &bench.stores.alerts;
    let first = alert(&bench, "lead.1");
    for _ in 0..2 {
        shelf.keep(&first).await.unwrap();
    }
    let lease = Duration::from_secs(60);
    let taken = shelf.take(bench.now(), bench.later(lease), 10).await.unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!((&taken[0].alert, taken[0].attempts), (&first, 0));
    assert_eq!(shelf.take(bench.now(), bench.later(lease), 10).await.unwrap(), [], "somebody has it");
    bench.advance(lease);
    assert_eq!(shelf.take(bench.now(), bench.later(lease), 10).await.unwrap().len(), 1, "they are gone");
    shelf.settle("lead.1", Settled::Again(bench.later(lease * 2))).await.unwrap();
    bench.advance(lease);
    assert_eq!(shelf.take(bench.now(), bench.later(lease), 10).await.unwrap(), []);
    bench.advance(lease);
    let again = shelf.take(bench.now(), bench.later(lease), 10).await.unwrap();
    assert_eq!(again[0].attempts, 1);
    shelf.settle("lead.1", Settled::Done).await.unwrap();
    bench.advance(lease * 10);
    assert_eq!(shelf.take(bench.now(), bench.later(lease), 10).await.unwrap(), []);
}

/// A webhook that nobody answers at.
fn dead() -> Webhook {
    Webhook::at("http://127.0.0.1:9/hook", &Allowance::Everything).unwrap()
}

async fn an_alert_is_given_up_after_a_day(bench: Bench) {
    let (alerts, mut task) = Alerts::with_webhook(bench.clock.clone(), dead(), bench.stores.alerts.clone());
    let hour = Duration::from_secs(3_600);
    alerts.lead("lead.1".to_owned(), AlertEvent::Lead, "interview 1", "Ana").await.unwrap();
    task.round().await;
    bench.advance(hour * 23);
    task.round().await;
    let in_a_week = bench.later(hour * 24 * 7);
    assert_eq!(bench.stores.alerts.take(in_a_week, in_a_week, 9).await.unwrap().len(), 1, "not yet");
    bench.advance(hour * 24 * 8);
    task.round().await;
    let later = bench.later(hour * 24 * 7);
    assert_eq!(bench.stores.alerts.take(later, later, 9).await.unwrap(), []);
}

async fn what_is_raised_is_kept_before_it_is_sent(bench: Bench) {
    let (alerts, mut task) = Alerts::with_webhook(bench.clock.clone(), dead(), bench.stores.alerts.clone());
    alerts.down("openai:m", "the model does not answer");
    task.round().await;
    let later = bench.later(Duration::from_secs(3_600));
    let kept = bench.stores.alerts.take(later, later, 9).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].alert.subject.as_str(), kept[0].attempts), ("openai:m", 1));
    assert_eq!(kept[0].alert.at.as_millisecond(), bench.clock.now().as_millisecond());
}
