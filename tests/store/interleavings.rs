//! Random interleavings of messages, turns, crashes and people taking over: whatever the order, no message is answered
//! twice, none is lost, and the bot never speaks over a person.

use super::support::{Bench, LEASE, on_every_store};
use balcao::domain::conversation::{ConversationState, Owner};
use balcao::domain::event::{Event, EventBody};
use balcao::domain::ids::{ConversationId, MessageId};
use balcao::domain::message::Role;
use balcao::domain::turn::Claim;
use balcao::store::conversations::OwnerChange;
use balcao::store::error::StoreError;
use balcao::store::turns::Release;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use std::collections::HashMap;
use std::time::Duration;

on_every_store!(no_interleaving_loses_or_doubles_an_answer);

/// How many interleavings are played, and how long each is.
const PLAYED: u32 = 40;
const STEPS: usize = 40;

/// Something that happens. Claims are named by age: old ones, of processes that were slow or thought dead, too.
#[derive(Clone, Copy, Debug)]
enum Step {
    Says,
    Claims,
    Journals(usize),
    Commits(usize),
    GivesWay(usize),
    Parks(usize),
    LeaseRunsOut,
    PersonTakes,
    PersonReplies,
    GivesBack,
    Closes,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Says),
        4 => Just(Step::Claims),
        2 => (0..3usize).prop_map(Step::Journals),
        4 => (0..3usize).prop_map(Step::Commits),
        1 => (0..3usize).prop_map(Step::GivesWay),
        1 => (0..3usize).prop_map(Step::Parks),
        1 => Just(Step::LeaseRunsOut),
        1 => Just(Step::PersonTakes),
        1 => Just(Step::PersonReplies),
        2 => Just(Step::GivesBack),
        1 => Just(Step::Closes),
    ];
    proptest::collection::vec(step, STEPS)
}

async fn no_interleaving_loses_or_doubles_an_answer(bench: Bench) {
    // A fixed seed: a failure can be played again.
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    for _ in 0..PLAYED {
        let played = steps().new_tree(&mut runner).unwrap().current();
        let id = bench.opened().await.id;
        let mut claims: Vec<Claim> = Vec::new();
        for step in &played {
            play(&bench, id, *step, &mut claims).await;
        }
        // In the end the bot has the conversation and works off what is open.
        play(&bench, id, Step::GivesBack, &mut claims).await;
        bench.advance(LEASE + Duration::from_secs(1));
        while let Some(claim) = bench.try_claim(id).await {
            bench.stores.turns.commit(&claim, bench.answer(&claim, "pronto"), bench.now()).await.unwrap();
        }
        check(&bench.stores.conversations.events(id, 0, 10_000).await.unwrap(), &played);
    }
}

async fn play(bench: &Bench, id: ConversationId, step: Step, claims: &mut Vec<Claim>) {
    let nth = |age: usize| claims.iter().rev().nth(age).cloned();
    let person = Owner::Person { name: "Bia".to_owned() };
    match step {
        Step::Says => _ = bench.said(id, "oi").await,
        Step::Claims => claims.extend(bench.try_claim(id).await),
        Step::Journals(age) => {
            if let Some(claim) = nth(age) {
                let journalled =
                    bench.stores.turns.append(&claim, vec![super::support::started()], bench.now());
                lost_or(journalled.await.map(drop));
            }
        }
        Step::Commits(age) => {
            if let Some(claim) = nth(age) {
                let committed =
                    bench.stores.turns.commit(&claim, bench.answer(&claim, "pronto"), bench.now());
                lost_or(committed.await.map(drop));
            }
        }
        Step::GivesWay(age) | Step::Parks(age) => {
            if let Some(claim) = nth(age) {
                let keep_journal = matches!(step, Step::Parks(_));
                let release = Release { due_at: bench.now(), keep_journal, events: Vec::new() };
                lost_or(bench.stores.turns.release(&claim, release, bench.now()).await);
            }
        }
        Step::LeaseRunsOut => bench.advance(LEASE + Duration::from_secs(1)),
        Step::PersonTakes => {
            bench.stores.conversations.change_owner(id, bench.owner_change(person)).await.map(drop).unwrap();
        }
        Step::PersonReplies => {
            let message = Some(bench.message(Role::Human, "aqui é a Bia"));
            let change = OwnerChange { message, ..bench.owner_change(person) };
            bench.stores.conversations.change_owner(id, change).await.map(drop).unwrap();
        }
        Step::GivesBack => {
            bench
                .stores
                .conversations
                .change_owner(id, bench.owner_change(Owner::Bot))
                .await
                .map(drop)
                .unwrap();
        }
        Step::Closes => {
            let closed = ConversationState::Closed;
            bench.stores.conversations.set_state(id, closed, bench.now()).await.map(drop).unwrap();
        }
    }
}

/// A claim may be lost; nothing else may go wrong.
fn lost_or(result: Result<(), StoreError>) {
    if let Err(error) = result {
        assert!(matches!(error, StoreError::Stale), "{error}");
    }
}

/// Reads the log as an auditor would.
fn check(log: &[Event], played: &[Step]) {
    let mut owner = Owner::Bot;
    let mut open: Vec<MessageId> = Vec::new();
    let mut answered: HashMap<MessageId, u32> = HashMap::new();
    for (place, event) in (1..).zip(log) {
        assert_eq!(event.seq, place, "a gap in the log of {played:?}");
        match &event.body {
            EventBody::OwnerChanged { owner: new, .. } => owner = new.clone(),
            EventBody::StateChanged { state: ConversationState::Closed } => open.clear(),
            EventBody::Message(message) => match message.role {
                Role::Customer => open.push(message.id),
                Role::Human => open.clear(),
                Role::Assistant => {
                    assert!(owner.is_bot(), "the bot spoke over a person in {played:?}");
                    for id in &message.reply_to {
                        *answered.entry(*id).or_default() += 1;
                    }
                    open.retain(|id| !message.reply_to.contains(id));
                }
                Role::System => {}
            },
            _ => {}
        }
    }
    assert!(answered.values().all(|times| *times == 1), "answered twice in {played:?}");
    assert!(open.is_empty(), "{} messages were lost in {played:?}", open.len());
}
