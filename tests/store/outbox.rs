//! Deliveries: order within a conversation, leases, retries, dead letters.

use super::support::{Bench, on_every_store};
use balcao::domain::ids::{ConversationId, OutboxId};
use balcao::store::error::StoreError;
use balcao::store::outbox::{Delivery, DeliveryOutcome};
use balcao::store::turns::TurnCommit;
use std::time::Duration;

on_every_store!(
    one_conversation_delivers_in_order_one_at_a_time,
    a_retry_holds_up_its_conversation_and_only_that,
    a_lost_claim_runs_out,
    what_was_given_up_is_kept_and_can_be_replayed,
    what_was_sent_stays_sent,
);

const MINUTE: Duration = Duration::from_secs(60);

async fn queued(bench: &Bench, conversation: ConversationId, count: usize) -> Vec<OutboxId> {
    bench.said(conversation, "oi").await;
    let claim = bench.claimed(conversation).await;
    let outbox: Vec<_> = (0..count).map(|_| bench.delivery()).collect();
    let ids = outbox.iter().map(|delivery| delivery.id).collect();
    let commit = TurnCommit { outbox, ..bench.answer(&claim, "olá") };
    bench.stores.turns.commit(&claim, commit, bench.now()).await.unwrap();
    ids
}

async fn claim(bench: &Bench, limit: u32) -> Vec<Delivery> {
    bench.stores.outbox.claim(bench.now(), bench.later(MINUTE), limit).await.unwrap()
}

fn ids(deliveries: &[Delivery]) -> Vec<OutboxId> {
    deliveries.iter().map(|delivery| delivery.id).collect()
}

fn accepted() -> DeliveryOutcome {
    DeliveryOutcome::Accepted { external_id: "wamid".to_owned() }
}

async fn one_conversation_delivers_in_order_one_at_a_time(bench: Bench) {
    let (one, other) = (bench.opened().await.id, bench.opened().await.id);
    let (first, second) = (queued(&bench, one, 3).await, queued(&bench, other, 1).await);
    assert_eq!(bench.stores.outbox.depth().await.unwrap(), 4);
    assert_eq!(ids(&claim(&bench, 1).await), [first[0]]);
    let claimed = claim(&bench, 9).await;
    assert_eq!(ids(&claimed), [second[0]]);
    assert_eq!((claimed[0].conversation, claimed[0].attempts), (other, 0));
    assert!(claim(&bench, 9).await.is_empty());
    bench.stores.outbox.settle(first[0], accepted(), bench.now()).await.unwrap();
    assert_eq!(ids(&claim(&bench, 9).await), [first[1]]);
    assert_eq!(bench.stores.outbox.depth().await.unwrap(), 3);
}

async fn a_retry_holds_up_its_conversation_and_only_that(bench: Bench) {
    let outbox = &bench.stores.outbox;
    let (one, other) = (bench.opened().await.id, bench.opened().await.id);
    let (first, second) = (queued(&bench, one, 2).await, queued(&bench, other, 1).await);
    assert_eq!(ids(&claim(&bench, 9).await), [first[0], second[0]]);
    outbox.settle(second[0], accepted(), bench.now()).await.unwrap();
    let retry = DeliveryOutcome::Retry { at: bench.later(MINUTE), error: "503".to_owned() };
    outbox.settle(first[0], retry, bench.now()).await.unwrap();
    assert!(claim(&bench, 9).await.is_empty());
    // What waits behind it does not make the courier run in circles.
    assert_eq!(outbox.next_due().await.unwrap(), Some(bench.later(MINUTE)));
    bench.advance(MINUTE);
    let again = claim(&bench, 9).await;
    assert_eq!((ids(&again), again[0].attempts), (vec![first[0]], 1));
}

async fn a_lost_claim_runs_out(bench: Bench) {
    let id = bench.opened().await.id;
    let queued = queued(&bench, id, 1).await;
    assert_eq!(ids(&claim(&bench, 9).await), queued);
    bench.advance(MINUTE);
    let again = claim(&bench, 9).await;
    assert_eq!((ids(&again), again[0].attempts), (queued, 1));
}

async fn what_was_given_up_is_kept_and_can_be_replayed(bench: Bench) {
    let outbox = &bench.stores.outbox;
    let id = bench.opened().await.id;
    let queued = queued(&bench, id, 2).await;
    claim(&bench, 1).await;
    outbox
        .settle(queued[0], DeliveryOutcome::Dead { error: "número inválido".to_owned() }, bench.now())
        .await
        .unwrap();
    // The others go on.
    assert_eq!(ids(&claim(&bench, 9).await), [queued[1]]);
    let dead = outbox.dead(9).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].0.id, dead[0].1.as_str()), (queued[0], "número inválido"));
    assert!(!outbox.replay(queued[1], bench.now()).await.unwrap());
    assert!(outbox.replay(queued[0], bench.now()).await.unwrap());
    assert!(outbox.dead(9).await.unwrap().is_empty());
    assert_eq!(ids(&claim(&bench, 9).await), [queued[0]]);
}

async fn what_was_sent_stays_sent(bench: Bench) {
    let outbox = &bench.stores.outbox;
    let id = bench.opened().await.id;
    let queued = queued(&bench, id, 1).await;
    claim(&bench, 1).await;
    outbox.settle(queued[0], accepted(), bench.now()).await.unwrap();
    // The word of a courier whose claim had run out.
    let retry = DeliveryOutcome::Retry { at: bench.now(), error: "time-out".to_owned() };
    outbox.settle(queued[0], retry, bench.now()).await.unwrap();
    outbox.settle(queued[0], DeliveryOutcome::Dead { error: "x".to_owned() }, bench.now()).await.unwrap();
    assert_eq!((outbox.depth().await.unwrap(), outbox.next_due().await.unwrap()), (0, None));
    assert!(outbox.dead(9).await.unwrap().is_empty());
    let nobody = bench.delivery().id;
    assert!(matches!(outbox.settle(nobody, accepted(), bench.now()).await, Err(StoreError::NotFound)));
}
