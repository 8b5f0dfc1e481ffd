//! News that nobody asked for: told once, with their delivery, and never over somebody else's head.

use super::support::{Bench, on_every_store};
use balcao::domain::conversation::Owner;
use balcao::domain::event::EventBody;
use balcao::domain::ids::{ConversationId, OutboxId};
use balcao::domain::message::Role;
use balcao::store::conversations::{Informed, NewNews};
use balcao::store::error::StoreError;
use balcao::store::outbox::NewDelivery;
use futures_util::future::join_all;

on_every_store!(news_are_told_once_and_move_nothing_else, news_are_noted_while_a_person_has_the_conversation,);

fn news(bench: &Bench, conversation: ConversationId, state: &str) -> NewNews {
    let message = bench.message(Role::Assistant, "O pedido 727 foi enviado.");
    let outbox = NewDelivery {
        id: OutboxId(uuid::Uuid::now_v7()),
        channel: "whatsapp".to_owned(),
        message: message.id,
    };
    NewNews {
        conversation,
        key: format!("order 727 {state}"),
        record: "order 727".to_owned(),
        state: state.to_owned(),
        message,
        outbox: Some(outbox),
    }
}

async fn news_are_told_once_and_move_nothing_else(bench: Bench) {
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    let all: Vec<NewNews> = (0..6).map(|_| news(&bench, id, "shipped")).collect();
    let told = join_all(all.into_iter().map(|news| bench.stores.conversations.inform(news))).await;
    let told: Vec<Informed> = told.into_iter().map(Result::unwrap).collect();
    assert_eq!(told.iter().filter(|told| **told == Informed::Told).count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|told| **told == Informed::Before).count(), 5, "{told:?}");
    assert_eq!(bench.stores.outbox.depth().await.unwrap(), 1);
    // The turn goes on, and the customer's message is answered by it.
    bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await.unwrap();
    let kinds = bench.kinds(id).await;
    assert_eq!(kinds[..4], ["message", "turn_started", "news", "message"], "{kinds:?}");
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), None);
    let later = bench.stores.conversations.inform(news(&bench, id, "delivered")).await.unwrap();
    assert_eq!(later, Informed::Told, "another state");
    let nowhere = news(&bench, bench.conversation_id(), "shipped");
    assert!(matches!(bench.stores.conversations.inform(nowhere).await, Err(StoreError::NotFound)));
}

async fn news_are_noted_while_a_person_has_the_conversation(bench: Bench) {
    let id = bench.opened().await.id;
    let bia = Owner::Person { name: "Bia".to_owned() };
    bench.stores.conversations.change_owner(id, bench.owner_change(bia.clone())).await.unwrap();
    let noted = bench.stores.conversations.inform(news(&bench, id, "shipped")).await.unwrap();
    assert_eq!(noted, Informed::Noted);
    assert_eq!(bench.get(id).await.owner, bia);
    assert_eq!(bench.stores.outbox.depth().await.unwrap(), 0);
    let events = bench.stores.conversations.recent_events(id, 1).await.unwrap();
    assert!(matches!(&events[0].body, EventBody::News { told: false, .. }), "{events:?}");
}
