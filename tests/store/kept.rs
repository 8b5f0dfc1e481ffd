//! Messages that are only kept, and what a channel knows of them and of people.

use super::support::{Bench, identity, on_every_store};
use balcao::domain::contact::IdentityKind;
use balcao::domain::conversation::{ConversationState, Owner};
use balcao::domain::ids::ConversationId;
use balcao::domain::message::{Kept, Media, MediaKind, Message, Quoted, Role};
use balcao::store::conversations::{NewEcho, NewInbound, Visit};
use balcao::store::error::StoreError;
use balcao::store::outbox::{DeliveryOutcome, NewDelivery};
use serde_json::json;
use std::time::Duration;

on_every_store!(
    a_message_that_is_only_kept_is_due_for_nobody,
    a_message_that_is_only_kept_moves_nothing,
    what_came_with_a_message_comes_back,
    a_message_is_found_by_the_channels_id_whoever_said_it,
    a_visit_is_written_anew,
    an_identity_is_taken_away_from_who_has_it_alone,
);

fn kept(bench: &Bench, id: ConversationId, external_id: &str) -> NewInbound {
    let inbound = bench.inbound(id, external_id, "[reagiu com 👍]");
    let message = Message { kept: Some(Kept::Sign), ..inbound.message };
    NewInbound { message, due_at: None, ..inbound }
}

async fn a_message_that_is_only_kept_is_due_for_nobody(bench: Bench) {
    let id = bench.opened().await.id;
    let first = bench.stores.conversations.accept(kept(&bench, id, "1")).await.unwrap();
    assert!(!first.duplicate);
    let again = bench.stores.conversations.accept(kept(&bench, id, "1")).await.unwrap();
    assert_eq!((again.message, again.duplicate), (first.message, true));
    assert_eq!(bench.kinds(id).await, ["message"]);
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), None);
    bench.advance(Duration::from_secs(3_600));
    assert!(bench.try_claim(id).await.is_none());
    // The next turn answers what is to be answered, and nothing else.
    let asked = bench.said(id, "quanto custa?").await;
    bench.stores.conversations.accept(kept(&bench, id, "2")).await.unwrap();
    let claim = bench.claimed(id).await;
    assert_eq!(claim.answers, [asked]);
    bench.stores.turns.commit(&claim, bench.answer(&claim, "R$ 10"), bench.now()).await.unwrap();
    assert!(bench.try_claim(id).await.is_none());
    // Nor does it wake the bot when it gets the conversation back.
    let conversations = &bench.stores.conversations;
    conversations.change_owner(id, bench.owner_change(Owner::Team)).await.unwrap();
    conversations.accept(kept(&bench, id, "3")).await.unwrap();
    conversations.change_owner(id, bench.owner_change(Owner::Bot)).await.unwrap();
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), None);
}

async fn a_message_that_is_only_kept_moves_nothing(bench: Bench) {
    let id = bench.opened().await.id;
    let mut waiting = bench.inbound(id, "1", "oi");
    waiting.due_at = Some(bench.later(Duration::from_secs(3)));
    bench.stores.conversations.accept(waiting.clone()).await.unwrap();
    bench.stores.conversations.accept(kept(&bench, id, "2")).await.unwrap();
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), waiting.due_at);
    bench.advance(Duration::from_secs(3));
    let claim = bench.claimed(id).await;
    bench.stores.conversations.accept(kept(&bench, id, "3")).await.unwrap();
    assert!(!bench.stores.turns.has_newer(&claim).await.unwrap());
    bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await.unwrap();

    bench.stores.conversations.set_state(id, ConversationState::Closed, bench.now()).await.unwrap();
    bench.stores.conversations.accept(kept(&bench, id, "4")).await.unwrap();
    assert_eq!(bench.get(id).await.state, ConversationState::Closed, "nobody has said anything");
    bench.kinds(id).await;
    bench.said(id, "oi de novo").await;
    assert_eq!(bench.get(id).await.state, ConversationState::Open);
    assert_eq!(bench.kinds(id).await.last(), Some(&"state_changed"));
}

async fn what_came_with_a_message_comes_back(bench: Bench) {
    let id = bench.opened().await.id;
    let inbound = bench.inbound(id, "1", "[imagem]");
    let message = Message {
        media: vec![Media {
            kind: MediaKind::Image,
            id: "4440001".to_owned(),
            mime_type: "image/jpeg".to_owned(),
            sha256: None,
            file_name: Some("a\0b.jpg".to_owned()),
            file: None,
        }],
        quoted: Some(Box::new(Quoted {
            id: inbound.message.id,
            role: Role::Assistant,
            text: "ação".to_owned(),
        })),
        kept: Some(Kept::Late),
        ..inbound.message.clone()
    };
    let inbound = NewInbound { message: message.clone(), ..inbound };
    bench.stores.conversations.accept(inbound).await.unwrap();
    let read = bench.stores.conversations.messages(id, 0, 9).await.unwrap();
    assert_eq!(read[0].1, message);
}

async fn a_message_is_found_by_the_channels_id_whoever_said_it(bench: Bench) {
    let id = bench.opened().await.id;
    let conversations = &bench.stores.conversations;
    let theirs = bench.inbound(id, "wamid.1", "quanto custa?");
    conversations.accept(theirs.clone()).await.unwrap();
    let claim = bench.claimed(id).await;
    let mut commit = bench.answer(&claim, "R$ 10");
    let balcao::domain::event::EventBody::Message(ours) = commit.events[0].clone() else { panic!() };
    let delivery = NewDelivery { channel: "web".to_owned(), message: ours.id, ..bench.delivery() };
    commit.outbox.push(delivery.clone());
    bench.stores.turns.commit(&claim, commit, bench.now()).await.unwrap();
    let taken = DeliveryOutcome::Accepted { external_id: "wamid.2".to_owned() };
    bench.stores.outbox.settle(delivery.id, taken, bench.now()).await.unwrap();
    let echo = NewEcho {
        conversation: id,
        channel: NewEcho::counted_as("web"),
        external_id: "wamid.3".to_owned(),
        message: bench.message(Role::Human, "deixa comigo"),
        owner: Owner::Person { name: "Bia".to_owned() },
        lease: balcao::domain::conversation::Lease::default(),
        reason: "test".to_owned(),
        at: bench.now(),
    };
    conversations.echo(echo.clone()).await.unwrap();
    let said = |external_id: &'static str| async move {
        conversations.said(id, "web", external_id).await.unwrap().map(|message| (message.id, message.text))
    };
    assert_eq!(said("wamid.1").await, Some((theirs.message.id, "quanto custa?".to_owned())));
    assert_eq!(said("wamid.2").await, Some((ours.id, "R$ 10".to_owned())));
    assert_eq!(said("wamid.3").await, Some((echo.message.id, "deixa comigo".to_owned())));
    assert_eq!(said("wamid.4").await, None);
    assert_eq!(conversations.said(id, "whatsapp", "wamid.1").await.unwrap(), None);
    assert_eq!(conversations.said(bench.opened().await.id, "web", "wamid.2").await.unwrap(), None);
}

async fn a_visit_is_written_anew(bench: Bench) {
    let opening = bench.opening();
    bench.stores.conversations.open(opening.clone()).await.unwrap();
    let metadata = json!({"ação": "\u{0}x", "a": {"b": [1]}}).as_object().unwrap().clone();
    let visit = Visit { identity: identity(IdentityKind::ChannelUser, "whatsapp:1/BR.1/-"), metadata };
    bench.stores.conversations.revisit(opening.id, visit.clone()).await.unwrap();
    assert_eq!(bench.stores.conversations.identity(opening.id).await.unwrap(), Some(visit.identity.clone()));
    assert_eq!(bench.get(opening.id).await.metadata, visit.metadata);
    let found = bench.stores.conversations.find_by_identity("web", &visit.identity).await.unwrap();
    assert_eq!(found.map(|found| found.id), Some(opening.id));
    let nowhere = bench.stores.conversations.revisit(bench.conversation_id(), visit).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound)));
}

async fn an_identity_is_taken_away_from_who_has_it_alone(bench: Bench) {
    let (ana, rui) = (bench.saved_contact("Ana").await, bench.saved_contact("Rui").await);
    let phone = identity(IdentityKind::ChannelUser, "whatsapp:phone:+5511987650001");
    let contacts = &bench.stores.contacts;
    contacts.link(ana.id, &phone, bench.now()).await.unwrap();
    contacts.unlink(rui.id, &phone).await.unwrap();
    assert_eq!(contacts.find(&phone).await.unwrap().map(|contact| contact.id), Some(ana.id));
    contacts.unlink(ana.id, &phone).await.unwrap();
    assert_eq!(contacts.find(&phone).await.unwrap(), None);
    contacts.unlink(ana.id, &phone).await.unwrap();
}
