//! API keys.

use super::support::{Bench, on_every_store};
use balcao::store::error::StoreError;
use balcao::store::keys::ApiKey;
use std::time::Duration;

on_every_store!(keys_are_added_used_and_removed,);

async fn keys_are_added_used_and_removed(bench: Bench) {
    let keys = &bench.stores.keys;
    let key = |name: &str, byte| ApiKey {
        name: name.to_owned(),
        scopes: vec!["operator".to_owned()],
        hash: [byte; 32],
        created_at: bench.now(),
        last_used_at: None,
    };
    keys.add(&key("painel", 1)).await.unwrap();
    bench.advance(Duration::from_secs(1));
    keys.add(&key("backup", 2)).await.unwrap();
    assert!(matches!(keys.add(&key("painel", 3)).await, Err(StoreError::Conflict(_))));
    let used = bench.later(Duration::from_secs(5));
    keys.touch("painel", used).await.unwrap();
    keys.touch("painel", bench.now()).await.unwrap();
    let listed = keys.list().await.unwrap();
    assert_eq!(listed.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["painel", "backup"]);
    assert_eq!((listed[0].last_used_at, listed[1].last_used_at), (Some(used), None));
    assert_eq!(listed[1], key("backup", 2));
    assert!(matches!(keys.touch("ninguém", used).await, Err(StoreError::NotFound)));
    assert!(keys.remove("painel").await.unwrap());
    assert!(!keys.remove("painel").await.unwrap());
    assert_eq!(keys.list().await.unwrap().len(), 1);
}
