//! Who speaks: hand-over, replies by people, and the way back to the bot.

use super::support::{Bench, on_every_store, started};
use balcao::domain::conversation::{ConversationState, Owner};
use balcao::domain::message::Role;
use balcao::store::conversations::OwnerChange;
use balcao::store::error::StoreError;
use std::time::Duration;

on_every_store!(
    taking_a_conversation_silences_the_bot_at_once,
    a_second_reply_of_the_owner_changes_no_owner,
    the_bot_answers_only_what_no_person_answered,
    the_way_back_waits_for_the_quiet_that_was_asked_for,
    closing_takes_the_claim_away,
);

fn bia() -> Owner {
    Owner::Person { name: "Bia".to_owned() }
}

async fn taking_a_conversation_silences_the_bot_at_once(bench: Bench) {
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    let change = OwnerChange {
        message: Some(bench.message(Role::Human, "deixa comigo")),
        outbox: Some(bench.delivery()),
        ..bench.owner_change(bia())
    };
    let changed = bench.stores.conversations.change_owner(id, change).await.unwrap();
    assert_eq!((changed.owner.clone(), changed.epoch), (bia(), claim.epoch + 1));
    assert_eq!(changed, bench.get(id).await);
    assert_eq!(bench.kinds(id).await, ["message", "turn_started", "owner_changed", "message"]);
    assert_eq!(bench.stores.outbox.depth().await.unwrap(), 1);
    let refused = bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await;
    assert!(matches!(refused, Err(StoreError::Stale)));
    let refused = bench.stores.turns.append(&claim, vec![started()], bench.now()).await;
    assert!(matches!(refused, Err(StoreError::Stale)));
    bench.said(id, "obrigado").await;
    assert!(bench.try_claim(id).await.is_none());
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), None);
}

async fn a_second_reply_of_the_owner_changes_no_owner(bench: Bench) {
    let id = bench.opened().await.id;
    for _ in 0..2 {
        let message = Some(bench.message(Role::Human, "olá"));
        let change = OwnerChange { message, ..bench.owner_change(bia()) };
        bench.stores.conversations.change_owner(id, change).await.unwrap();
    }
    assert_eq!(bench.kinds(id).await, ["owner_changed", "message", "message"]);
}

async fn the_bot_answers_only_what_no_person_answered(bench: Bench) {
    let id = bench.opened().await.id;
    bench.said(id, "primeira").await;
    bench.stores.conversations.change_owner(id, bench.owner_change(Owner::Team)).await.unwrap();
    bench.said(id, "segunda").await;
    let message = Some(bench.message(Role::Human, "resolvido"));
    let change = OwnerChange { message, ..bench.owner_change(bia()) };
    bench.stores.conversations.change_owner(id, change).await.unwrap();
    // Everything was answered: nothing to do.
    bench.stores.conversations.change_owner(id, bench.owner_change(Owner::Bot)).await.unwrap();
    assert!(bench.try_claim(id).await.is_none());

    bench.stores.conversations.change_owner(id, bench.owner_change(bia())).await.unwrap();
    let third = bench.said(id, "terceira").await;
    // A notice of the program answers nobody.
    let message = Some(bench.message(Role::System, "de volta ao assistente"));
    let change = OwnerChange { message, ..bench.owner_change(Owner::Bot) };
    bench.stores.live.take_signalled();
    bench.stores.conversations.change_owner(id, change).await.unwrap();
    assert_eq!(bench.claimed(id).await.answers, [third]);
    assert_eq!(bench.stores.live.take_signalled().into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [id]);
}

async fn the_way_back_waits_for_the_quiet_that_was_asked_for(bench: Bench) {
    let id = bench.opened().await.id;
    bench.stores.conversations.change_owner(id, bench.owner_change(Owner::Team)).await.unwrap();
    let mut inbound = bench.inbound(id, "1", "ainda estou escrev");
    inbound.due_at = bench.later(Duration::from_secs(3));
    bench.stores.conversations.accept(inbound).await.unwrap();
    bench.stores.conversations.change_owner(id, bench.owner_change(Owner::Bot)).await.unwrap();
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), Some(bench.later(Duration::from_secs(3))));
}

async fn closing_takes_the_claim_away(bench: Bench) {
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    let conversations = &bench.stores.conversations;
    conversations.set_state(id, ConversationState::Closed, bench.now()).await.unwrap();
    conversations.set_state(id, ConversationState::Closed, bench.now()).await.unwrap();
    let refused = bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await;
    assert!(matches!(refused, Err(StoreError::Stale)));
    let reopened = conversations.set_state(id, ConversationState::Open, bench.now()).await.unwrap();
    assert_eq!(reopened.epoch, claim.epoch + 3);
    assert_eq!(bench.kinds(id).await, ["message", "turn_started", "state_changed", "state_changed"]);
    assert!(bench.try_claim(id).await.is_none());
}
