//! What calls to vendors leave behind: a call has one beginning and one end, links stand in both directions, one
//! process at a time renews a token.

use super::support::{Bench, on_every_store};
use balcao::store::connectors::{Begun, CallName, CallRecord, KeptToken, Link};
use serde_json::json;
use std::time::Duration;

on_every_store!(
    a_call_is_begun_once_and_ends_once,
    records_are_linked_in_both_directions,
    one_process_at_a_time_renews_a_token,
);

fn call(key: &str) -> CallName {
    CallName { connector: "shop".to_owned(), key: key.to_owned(), operation: "create only".to_owned() }
}

async fn a_call_is_begun_once_and_ends_once(bench: Bench) {
    let store = &bench.stores.connectors;
    assert_eq!(store.begin(&call("a"), "r1", bench.now()).await.unwrap(), Begun::Fresh);
    assert_eq!(store.begin(&call("a"), "r1", bench.now()).await.unwrap(), Begun::InDoubt);
    assert_eq!(store.begin(&call("b"), "r1", bench.now()).await.unwrap(), Begun::Fresh);
    assert_eq!(store.begin(&call("b"), "r2", bench.now()).await.unwrap(), Begun::InDoubt);
    let record = CallRecord { begun_at: bench.now(), revision: "r1".to_owned() };
    bench.advance(Duration::from_secs(1));
    assert_eq!(store.begin(&call("b"), "r2", bench.now()).await.unwrap(), Begun::InDoubt);
    assert_eq!(store.record(&call("b")).await.unwrap(), Some(record), "as it was begun");
    assert_eq!(store.record(&call("c")).await.unwrap(), None);
    let result = json!({"id": 7, "text": "ção \u{1F642}", "none": null});
    store.finish(&call("a"), &result).await.unwrap();
    assert_eq!(store.begin(&call("a"), "r1", bench.now()).await.unwrap(), Begun::Done(result.clone()));
    // What is done is not forgotten; what was begun for nothing is.
    store.forget(&call("a")).await.unwrap();
    assert_eq!(store.begin(&call("a"), "r1", bench.now()).await.unwrap(), Begun::Done(result));
    store.forget(&call("b")).await.unwrap();
    assert_eq!(store.begin(&call("b"), "r1", bench.now()).await.unwrap(), Begun::Fresh);
    store.finish(&call("b"), &json!(null)).await.unwrap();
    assert_eq!(store.begin(&call("b"), "r1", bench.now()).await.unwrap(), Begun::Done(json!(null)));
}

async fn records_are_linked_in_both_directions(bench: Bench) {
    let store = &bench.stores.connectors;
    let link = |local: &str, remote: &str| Link {
        connector: "shop".to_owned(),
        kind: "ticket".to_owned(),
        local: local.to_owned(),
        remote: remote.to_owned(),
    };
    for _ in 0..2 {
        store.link(&link("ana", "1"), bench.now()).await.unwrap();
    }
    bench.advance(Duration::from_secs(1));
    store.link(&link("ana", "2"), bench.now()).await.unwrap();
    store.link(&link("bia", "3"), bench.now()).await.unwrap();
    assert_eq!(store.remotes("shop", "ticket", "ana").await.unwrap(), ["2", "1"]);
    assert_eq!(store.local("shop", "ticket", "3").await.unwrap().as_deref(), Some("bia"));
    assert_eq!(store.local("shop", "deal", "3").await.unwrap(), None);
    assert_eq!(store.remotes("desk", "ticket", "ana").await.unwrap(), Vec::<String>::new());
    bench.advance(Duration::from_secs(1));
    store.link(&link("ana", "3"), bench.now()).await.unwrap();
    assert_eq!(
        store.local("shop", "ticket", "3").await.unwrap().as_deref(),
        Some("ana"),
        "the newest counts"
    );
}

async fn one_process_at_a_time_renews_a_token(bench: Bench) {
    let store = &bench.stores.connectors;
    let claim = Duration::from_secs(30);
    assert_eq!(store.token("shop").await.unwrap(), None);
    assert!(store.claim_renewal("shop", 0, bench.now(), bench.later(claim)).await.unwrap());
    assert!(!store.claim_renewal("shop", 0, bench.now(), bench.later(claim)).await.unwrap());
    assert_eq!(store.token("shop").await.unwrap(), None, "a claim is no token");
    // Whoever claimed it is gone: the next one may after a while.
    bench.advance(claim);
    assert!(store.claim_renewal("shop", 0, bench.now(), bench.later(claim)).await.unwrap());
    let token = KeptToken {
        generation: 1,
        seed: "s".to_owned(),
        access: "a1".to_owned(),
        refresh: "r1".to_owned(),
        expires_at: bench.later(Duration::from_secs(7200)),
    };
    store.keep_token("shop", &token).await.unwrap();
    assert_eq!(store.token("shop").await.unwrap(), Some(token.clone()));
    // Who still thinks of the generation before does not renew it.
    assert!(!store.claim_renewal("shop", 0, bench.now(), bench.later(claim)).await.unwrap());
    assert!(store.claim_renewal("shop", 1, bench.now(), bench.later(claim)).await.unwrap());
    store.give_up_renewal("shop").await.unwrap();
    assert!(store.claim_renewal("shop", 1, bench.now(), bench.later(claim)).await.unwrap());
    assert_eq!(store.token("shop").await.unwrap(), Some(token));
}
