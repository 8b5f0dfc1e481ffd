//! Who speaks: hand-over, replies by people, and the way back to the bot.

use super::support::{Bench, on_every_store, started};
use balcao::domain::conversation::{ConversationState, Lease, Owner};
use balcao::domain::event::EventBody;
use balcao::domain::ids::{CallId, ConversationId};
use balcao::domain::message::Role;
use balcao::domain::tool_call::ToolCall;
use balcao::domain::turn::Claim;
use balcao::store::conversations::OwnerChange;
use balcao::store::error::StoreError;
use std::time::Duration;

on_every_store!(
    taking_a_conversation_silences_the_bot_at_once,
    a_second_reply_of_the_owner_changes_no_owner,
    the_bot_answers_only_what_no_person_answered,
    a_turn_that_had_begun_to_write_goes_on_with_the_way_back,
    a_person_who_answers_ends_a_turn_that_had_begun_to_write,
    the_way_back_waits_for_the_quiet_that_was_asked_for,
    closing_takes_the_claim_away,
    a_change_meant_for_an_older_epoch_changes_nothing,
    a_lease_ends_once_and_only_if_nothing_was_said_since,
    a_reminder_is_taken_once,
    a_flow_owns_and_answers_like_anybody,
    what_a_person_says_once_is_there_once,
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

async fn what_a_person_says_once_is_there_once(bench: Bench) {
    let id = bench.opened().await.id;
    let said = bench.message(Role::Human, "olá");
    let say = |message, once: &str| OwnerChange {
        message: Some(message),
        outbox: Some(bench.delivery()),
        once: Some(once.to_owned()),
        ..bench.owner_change(bia())
    };
    let conversations = &bench.stores.conversations;
    conversations.change_owner(id, say(said.clone(), "a1")).await.unwrap();
    let again = conversations.change_owner(id, say(bench.message(Role::Human, "olá"), "a1")).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    let first = conversations.accepted(id, OwnerChange::COUNTED_AS, "a1").await.unwrap();
    assert_eq!(first, Some(said.id));
    // In another conversation, and under another name, it is something else.
    conversations.change_owner(id, say(bench.message(Role::Human, "olá"), "a2")).await.unwrap();
    let other = bench.opened().await.id;
    conversations.change_owner(other, say(bench.message(Role::Human, "olá"), "a1")).await.unwrap();
    assert_eq!(bench.kinds(id).await, ["owner_changed", "message", "message"]);
    assert_eq!(bench.stores.outbox.depth().await.unwrap(), 3);
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

/// A turn that has begun a call that changes something.
async fn writing(bench: &Bench, id: ConversationId) -> Claim {
    let claim = bench.claimed(id).await;
    let arguments = serde_json::json!({"day": "sexta"});
    let call = ToolCall { id: CallId::at(1, 0), name: "record_visit".to_owned(), arguments };
    bench.stores.turns.append(&claim, vec![EventBody::ToolStarted { call }], bench.now()).await.unwrap();
    claim
}

async fn a_turn_that_had_begun_to_write_goes_on_with_the_way_back(bench: Bench) {
    let id = bench.opened().await.id;
    let first = bench.said(id, "registre a visita").await;
    let claim = writing(&bench, id).await;
    let conversations = &bench.stores.conversations;
    conversations.change_owner(id, bench.owner_change(bia())).await.unwrap();
    let refused = bench.stores.turns.append(&claim, vec![started()], bench.now()).await;
    assert!(matches!(refused, Err(StoreError::Stale)));
    let second = bench.said(id, "oi?").await;
    conversations.change_owner(id, bench.owner_change(Owner::Team)).await.unwrap();
    assert!(bench.try_claim(id).await.is_none());
    conversations.change_owner(id, bench.owner_change(Owner::Bot)).await.unwrap();
    // Its call has a key that only this turn knows.
    let again = bench.claimed(id).await;
    assert_eq!((again.turn, again.resumed, again.answers.as_slice()), (claim.turn, true, &[first][..]));
    bench.stores.turns.commit(&again, bench.answer(&again, "pronto"), bench.now()).await.unwrap();
    let next = bench.claimed(id).await;
    assert_eq!((next.resumed, next.answers.as_slice()), (false, &[second][..]));
}

async fn a_person_who_answers_ends_a_turn_that_had_begun_to_write(bench: Bench) {
    let id = bench.opened().await.id;
    bench.said(id, "registre a visita").await;
    let claim = writing(&bench, id).await;
    let conversations = &bench.stores.conversations;
    conversations.change_owner(id, bench.owner_change(bia())).await.unwrap();
    let message = Some(bench.message(Role::Human, "já registrei"));
    conversations.change_owner(id, OwnerChange { message, ..bench.owner_change(bia()) }).await.unwrap();
    conversations.change_owner(id, bench.owner_change(Owner::Bot)).await.unwrap();
    assert!(bench.try_claim(id).await.is_none());
    let next = bench.said(id, "obrigado").await;
    let fresh = bench.claimed(id).await;
    assert!(fresh.turn != claim.turn && !fresh.resumed && fresh.answers == [next], "{fresh:?}");
}

async fn the_way_back_waits_for_the_quiet_that_was_asked_for(bench: Bench) {
    let id = bench.opened().await.id;
    bench.stores.conversations.change_owner(id, bench.owner_change(Owner::Team)).await.unwrap();
    let mut inbound = bench.inbound(id, "1", "ainda estou escrev");
    inbound.due_at = Some(bench.later(Duration::from_secs(3)));
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

async fn a_change_meant_for_an_older_epoch_changes_nothing(bench: Bench) {
    let id = bench.opened().await.id;
    let known = bench.get(id).await.epoch;
    bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    let before = bench.get(id).await;
    let message = Some(bench.message(Role::Human, "tarde demais"));
    let late = OwnerChange {
        only_at: Some(known),
        message,
        outbox: Some(bench.delivery()),
        ..bench.owner_change(bia())
    };
    let refused = bench.stores.conversations.change_owner(id, late).await;
    assert!(matches!(refused, Err(StoreError::Stale)), "{refused:?}");
    assert_eq!(bench.get(id).await, before);
    assert_eq!(bench.kinds(id).await, ["message", "turn_started"]);
    assert_eq!(bench.stores.outbox.depth().await.unwrap(), 0);
    bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await.unwrap();
    let now = bench.get(id).await.epoch;
    let change = OwnerChange { only_at: Some(now), ..bench.owner_change(bia()) };
    assert_eq!(bench.stores.conversations.change_owner(id, change).await.unwrap().epoch, now + 1);
}

async fn a_lease_ends_once_and_only_if_nothing_was_said_since(bench: Bench) {
    let (id, other) = (bench.opened().await.id, bench.opened().await.id);
    let for_a_minute = |bench: &Bench| OwnerChange {
        lease: Lease { until: Some(bench.later(Duration::from_secs(60))), remind_at: None },
        ..bench.owner_change(bia())
    };
    let conversations = &bench.stores.conversations;
    let taken = conversations.change_owner(id, for_a_minute(&bench)).await.unwrap();
    assert_eq!(taken.owner_until, Some(bench.later(Duration::from_secs(60))));
    conversations.change_owner(other, bench.owner_change(bia())).await.unwrap();
    bench.advance(Duration::from_secs(59));
    assert_eq!(conversations.leases_over(bench.now(), 9).await.unwrap(), []);
    bench.advance(Duration::from_secs(1));
    let over = conversations.leases_over(bench.now(), 9).await.unwrap();
    assert_eq!(over, [bench.get(id).await], "one without an end never is");
    // A word at the last moment keeps it.
    conversations.change_owner(id, for_a_minute(&bench)).await.unwrap();
    let back = |epoch| OwnerChange { only_at: Some(epoch), ..bench.owner_change(Owner::Bot) };
    let refused = conversations.change_owner(id, back(over[0].epoch)).await;
    assert!(matches!(refused, Err(StoreError::Stale)));
    bench.advance(Duration::from_secs(60));
    let over = conversations.leases_over(bench.now(), 9).await.unwrap().remove(0);
    let returned = conversations.change_owner(id, back(over.epoch)).await.unwrap();
    assert_eq!((returned.owner, returned.owner_until), (Owner::Bot, None));
    assert_eq!(conversations.leases_over(bench.now(), 9).await.unwrap(), []);
}

async fn a_reminder_is_taken_once(bench: Bench) {
    let id = bench.opened().await.id;
    let handed_over = |bench: &Bench| OwnerChange {
        lease: Lease { until: None, remind_at: Some(bench.later(Duration::from_secs(60))) },
        ..bench.owner_change(Owner::Team)
    };
    let conversations = &bench.stores.conversations;
    conversations.change_owner(id, handed_over(&bench)).await.unwrap();
    assert_eq!(conversations.take_reminders(bench.now(), 9).await.unwrap(), []);
    bench.advance(Duration::from_secs(60));
    let (first, second) = tokio::join!(
        conversations.take_reminders(bench.now(), 9),
        conversations.take_reminders(bench.now(), 9)
    );
    assert_eq!(first.unwrap().len() + second.unwrap().len(), 1);
    // Whoever takes it needs no reminder.
    conversations.change_owner(id, handed_over(&bench)).await.unwrap();
    conversations.change_owner(id, bench.owner_change(bia())).await.unwrap();
    bench.advance(Duration::from_secs(60));
    assert_eq!(conversations.take_reminders(bench.now(), 9).await.unwrap(), []);
}

async fn a_flow_owns_and_answers_like_anybody(bench: Bench) {
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    let flow = Owner::Flow { name: "pesquisa".to_owned() };
    let taken = bench.stores.conversations.change_owner(id, bench.owner_change(flow.clone())).await.unwrap();
    assert_eq!((bench.get(id).await.owner, taken.epoch), (flow.clone(), claim.epoch + 1));
    let refused = bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await;
    assert!(matches!(refused, Err(StoreError::Stale)));
    let message = Some(bench.message(Role::Assistant, "De 0 a 10?"));
    let asked = OwnerChange { only_at: Some(taken.epoch), message, ..bench.owner_change(flow) };
    bench.stores.conversations.change_owner(id, asked).await.unwrap();
    bench.stores.conversations.change_owner(id, bench.owner_change(Owner::Bot)).await.unwrap();
    assert!(bench.try_claim(id).await.is_none(), "the flow has answered");
}
