//! Many callers at once: what must happen once happens once, and order is kept.

use super::support::{Bench, on_every_store, started};
use balcao::domain::event::EventBody;
use balcao::store::error::StoreError;
use balcao::store::live::Live;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

on_every_store!(
    multi_thread:
    fifty_deliveries_of_one_message_are_one_message,
    one_of_many_workers_gets_the_claim,
    conversations_go_on_side_by_side_and_each_keeps_its_order,
    a_refused_write_leaves_its_neighbours_alone,
    a_caller_that_goes_away_does_not_hurt_the_others,
    taking_over_and_committing_at_once_leaves_one_winner,
);

async fn fifty_deliveries_of_one_message_are_one_message(bench: Bench) {
    let bench = Arc::new(bench);
    let id = bench.opened().await.id;
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let bench = Arc::clone(&bench);
        tasks.spawn(async move {
            let inbound = bench.inbound(id, "wamid.1", "oi");
            bench.stores.conversations.accept(inbound).await.unwrap()
        });
    }
    let accepted = tasks.join_all().await;
    assert_eq!(accepted.iter().filter(|accepted| !accepted.duplicate).count(), 1);
    assert!(accepted.iter().all(|one| one.message == accepted[0].message));
    assert_eq!(bench.kinds(id).await, ["message"]);
}

async fn one_of_many_workers_gets_the_claim(bench: Bench) {
    let bench = Arc::new(bench);
    for _ in 0..10 {
        let id = bench.opened().await.id;
        bench.said(id, "oi").await;
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let bench = Arc::clone(&bench);
            tasks.spawn(async move { bench.try_claim(id).await });
        }
        let claims: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
        assert_eq!(claims.len(), 1);
        assert_eq!(bench.kinds(id).await, ["message", "turn_started"]);
    }
}

async fn conversations_go_on_side_by_side_and_each_keeps_its_order(bench: Bench) {
    let bench = Arc::new(bench);
    let mut tasks = JoinSet::new();
    for _ in 0..40 {
        let bench = Arc::clone(&bench);
        tasks.spawn(async move {
            let id = bench.opened().await.id;
            let mut reader = bench.stores.live.subscribe(id);
            for turn in 0..5 {
                bench.said(id, &format!("pergunta {turn}")).await;
                let claim = bench.claimed(id).await;
                for _ in 0..3 {
                    bench.stores.turns.append(&claim, vec![started()], bench.now()).await.unwrap();
                }
                let answer = bench.answer(&claim, &format!("resposta {turn}"));
                bench.stores.turns.commit(&claim, answer, bench.now()).await.unwrap();
            }
            let written = bench.stores.conversations.events(id, 0, 1_000).await.unwrap();
            assert_eq!(written.len(), 5 * 7);
            let mut heard = Vec::new();
            while heard.len() < written.len() {
                if let Live::Committed(events) = reader.recv().await.unwrap() {
                    heard.extend(events.iter().cloned());
                }
            }
            assert_eq!(heard, written);
            id
        });
    }
    for id in tasks.join_all().await {
        bench.kinds(id).await;
    }
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), None);
}

async fn a_refused_write_leaves_its_neighbours_alone(bench: Bench) {
    let bench = Arc::new(bench);
    let mut ana = bench.contact("Ana");
    ana.email = Some("ana@exemplo.com".to_owned());
    bench.stores.contacts.save(&ana).await.unwrap();
    let id = bench.opened().await.id;
    let mut tasks = JoinSet::new();
    for index in 0..60 {
        let bench = Arc::clone(&bench);
        let email = ana.email.clone();
        tasks.spawn(async move {
            if index % 2 == 0 {
                bench.said(id, "oi").await;
                return;
            }
            let mut other = bench.contact("Outra");
            other.email = email;
            let refused = bench.stores.contacts.save(&other).await;
            assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
            assert_eq!(bench.stores.contacts.get(other.id).await.unwrap(), None);
        });
    }
    tasks.join_all().await;
    assert_eq!(bench.kinds(id).await.len(), 30);
}

async fn a_caller_that_goes_away_does_not_hurt_the_others(bench: Bench) {
    let bench = Arc::new(bench);
    let id = bench.opened().await.id;
    let mut tasks = JoinSet::new();
    for index in 0..100 {
        let bench = Arc::clone(&bench);
        tasks.spawn(async move {
            let inbound = bench.inbound(id, &index.to_string(), "oi");
            let accept = bench.stores.conversations.accept(inbound);
            if index % 3 == 0 {
                // Gone before the answer; whether the message stands is not known, and does not matter.
                drop(tokio::time::timeout(Duration::ZERO, accept).await);
                return false;
            }
            accept.await.unwrap();
            true
        });
    }
    let answered = tasks.join_all().await.into_iter().filter(|answered| *answered).count();
    // Those of callers that went away may still be on their way.
    let events = bench.stores.conversations.events(id, 0, 1_000).await.unwrap();
    assert!((answered..=100).contains(&events.len()), "{answered} of {}", events.len());
    // A repeat tells the truth about each.
    for index in 0..100 {
        let inbound = bench.inbound(id, &index.to_string(), "oi");
        bench.stores.conversations.accept(inbound).await.unwrap();
    }
    assert_eq!(bench.kinds(id).await.len(), 100);
}

async fn taking_over_and_committing_at_once_leaves_one_winner(bench: Bench) {
    let bench = Arc::new(bench);
    for _ in 0..20 {
        let id = bench.opened().await.id;
        bench.said(id, "oi").await;
        let claim = bench.claimed(id).await;
        let (committing, taking) = (Arc::clone(&bench), Arc::clone(&bench));
        let commit = tokio::spawn(async move {
            let answer = committing.answer(&claim, "olá");
            committing.stores.turns.commit(&claim, answer, committing.now()).await
        });
        let take = tokio::spawn(async move {
            let change = taking.owner_change(balcao::domain::conversation::Owner::Team);
            taking.stores.conversations.change_owner(id, change).await
        });
        let (committed, taken) = (commit.await.unwrap(), take.await.unwrap());
        taken.unwrap();
        let events = bench.stores.conversations.events(id, 0, 100).await.unwrap();
        let place = |kind: &str| events.iter().position(|event| event.body.kind() == kind);
        match committed {
            Ok(_) => assert!(place("turn_finished") < place("owner_changed")),
            Err(StoreError::Stale) => assert_eq!(place("turn_finished"), None),
            Err(other) => panic!("{other}"),
        }
        // Never a word of the bot behind the hand-over.
        let taken_at = place("owner_changed").unwrap();
        assert!(!events[taken_at..].iter().any(|event| matches!(event.body, EventBody::Message(_))));
    }
}
