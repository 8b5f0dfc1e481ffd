//! What a person said on another device: taken in once, with the conversation, and never delivered.

use super::support::{Bench, on_every_store};
use balcao::domain::conversation::{ConversationState, Lease, Owner};
use balcao::domain::ids::ConversationId;
use balcao::domain::message::Role;
use balcao::store::conversations::NewEcho;
use balcao::store::error::StoreError;
use futures_util::future::join_all;

on_every_store!(
    an_echo_takes_the_conversation_and_is_not_sent,
    an_echo_that_came_before_changes_nothing,
    an_echo_opens_a_closed_conversation,
    an_identity_is_that_of_the_opening,
);

fn echo(bench: &Bench, conversation: ConversationId, external_id: &str, text: &str) -> NewEcho {
    NewEcho {
        conversation,
        channel: "web:echo".to_owned(),
        external_id: external_id.to_owned(),
        message: bench.message(Role::Human, text),
        owner: Owner::Person { name: "Bia".to_owned() },
        lease: Lease::default(),
        reason: "test".to_owned(),
        at: bench.now(),
    }
}

async fn an_echo_takes_the_conversation_and_is_not_sent(bench: Bench) {
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    let echo = echo(&bench, id, "1", "deixa comigo");
    let taken = bench.stores.conversations.echo(echo.clone()).await.unwrap();
    assert_eq!((taken.message, taken.duplicate), (echo.message.id, false));
    let known = bench.get(id).await;
    assert_eq!((known.owner, known.epoch), (echo.owner, claim.epoch + 1));
    assert_eq!(bench.kinds(id).await, ["message", "turn_started", "owner_changed", "message"]);
    let refused = bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await;
    assert!(matches!(refused, Err(StoreError::Stale)));
    assert_eq!(bench.stores.outbox.depth().await.unwrap(), 0);
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), None);
}

async fn an_echo_that_came_before_changes_nothing(bench: Bench) {
    let id = bench.opened().await.id;
    let echoes: Vec<NewEcho> = (0..6).map(|_| echo(&bench, id, "1", "deixa comigo")).collect();
    let taken = join_all(echoes.into_iter().map(|echo| bench.stores.conversations.echo(echo))).await;
    let taken: Vec<_> = taken.into_iter().map(Result::unwrap).collect();
    assert_eq!(taken.iter().filter(|taken| !taken.duplicate).count(), 1);
    assert!(taken.iter().all(|other| other.message == taken[0].message));
    bench.stores.conversations.change_owner(id, bench.owner_change(Owner::Bot)).await.unwrap();
    let before = bench.get(id).await;
    let again = bench.stores.conversations.echo(echo(&bench, id, "1", "outra vez")).await.unwrap();
    assert_eq!((again.message, again.duplicate), (taken[0].message, true));
    assert_eq!(bench.get(id).await, before);
    let nowhere = echo(&bench, bench.conversation_id(), "1", "oi");
    assert!(matches!(bench.stores.conversations.echo(nowhere).await, Err(StoreError::NotFound)));
}

async fn an_echo_opens_a_closed_conversation(bench: Bench) {
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    bench.stores.conversations.set_state(id, ConversationState::Closed, bench.now()).await.unwrap();
    bench.stores.conversations.echo(echo(&bench, id, "1", "deixa comigo")).await.unwrap();
    let known = bench.get(id).await;
    assert_eq!((known.state, known.owner.person()), (ConversationState::Open, Some("Bia")));
    let kinds = bench.kinds(id).await;
    assert_eq!(kinds, ["message", "state_changed", "state_changed", "owner_changed", "message"]);
}

async fn an_identity_is_that_of_the_opening(bench: Bench) {
    let opening = bench.opening();
    bench.stores.conversations.open(opening.clone()).await.unwrap();
    let identity = bench.stores.conversations.identity(opening.id).await.unwrap();
    assert_eq!(identity, Some(opening.identity));
    assert_eq!(bench.stores.conversations.identity(bench.conversation_id()).await.unwrap(), None);
}
