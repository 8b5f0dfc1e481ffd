//! Claims, journals, commits, and what a lost claim may not do.

use super::support::{Bench, LEASE, finished, on_every_store, started};
use balcao::domain::conversation::{Lease, Owner};
use balcao::domain::event::EventBody;
use balcao::domain::ids::TurnId;
use balcao::domain::language::Language;
use balcao::domain::turn::Claim;
use balcao::store::error::StoreError;
use balcao::store::turns::{Release, TurnCommit};
use std::time::Duration;

on_every_store!(
    a_conversation_is_due_from_its_time_on,
    a_later_message_moves_the_time_on,
    a_turn_answers_every_open_message_and_leaves_nothing_due,
    a_commit_may_change_contact_language_and_owner,
    a_commit_whose_last_part_is_refused_changes_nothing,
    a_message_during_a_turn_is_the_next_turn,
    a_lost_lease_is_taken_up_with_its_turn_and_messages,
    a_renewed_claim_lasts_longer,
    a_superseded_turn_gives_all_messages_to_a_new_one,
    a_parked_turn_is_resumed,
    many_events_in_one_write_keep_their_order,
    a_clock_that_is_set_back_keeps_nobody_waiting,
    what_is_taken_up_again_stays_open_until_its_time,
);

const SECOND: Duration = Duration::from_secs(1);

async fn a_conversation_is_due_from_its_time_on(bench: Bench) {
    let turns = &bench.stores.turns;
    let (early, late) = (bench.opened().await.id, bench.opened().await.id);
    assert_eq!(turns.next_due().await.unwrap(), None);
    for (id, wait) in [(late, 5), (early, 2)] {
        let mut inbound = bench.inbound(id, "1", "oi");
        inbound.due_at = Some(bench.later(SECOND * wait));
        bench.stores.conversations.accept(inbound).await.unwrap();
    }
    assert_eq!(turns.next_due().await.unwrap(), Some(bench.later(SECOND * 2)));
    assert!(bench.try_claim(early).await.is_none());
    bench.advance(SECOND * 2);
    assert_eq!(turns.due(bench.now(), 10).await.unwrap(), [early]);
    bench.advance(SECOND * 3);
    assert_eq!(turns.due(bench.now(), 10).await.unwrap(), [early, late]);
    assert_eq!(turns.due(bench.now(), 1).await.unwrap(), [early]);
    assert!(bench.try_claim(late).await.is_some());
    assert_eq!(turns.due(bench.now(), 10).await.unwrap(), [early]);
}

async fn a_later_message_moves_the_time_on(bench: Bench) {
    let id = bench.opened().await.id;
    for (name, wait) in [("1", 1), ("2", 4)] {
        let mut inbound = bench.inbound(id, name, "oi");
        inbound.due_at = Some(bench.later(SECOND * wait));
        bench.stores.conversations.accept(inbound).await.unwrap();
    }
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), Some(bench.later(SECOND * 4)));
}

async fn a_turn_answers_every_open_message_and_leaves_nothing_due(bench: Bench) {
    let id = bench.opened().await.id;
    let messages = [bench.said(id, "oi").await, bench.said(id, "tudo bem?").await];
    let request = bench.request();
    let claim = bench.stores.turns.claim(id, &request).await.unwrap().unwrap();
    let expected =
        Claim { conversation: id, turn: request.turn, epoch: 1, answers: messages.to_vec(), resumed: false };
    assert_eq!(claim, expected);
    assert!(!bench.stores.turns.has_newer(&claim).await.unwrap());
    let seq = bench.stores.turns.append(&claim, vec![started(), started()], bench.now()).await.unwrap();
    assert_eq!(seq, 5);
    let committed =
        bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await.unwrap();
    assert_eq!((committed.last_seq, committed.epoch), (7, 1));
    assert_eq!(committed, bench.get(id).await);
    let kinds = ["message", "message", "turn_started", "withheld", "withheld", "message", "turn_finished"];
    assert_eq!(bench.kinds(id).await, kinds);
    assert!(bench.try_claim(id).await.is_none());
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), None);

    let journal = bench.stores.turns.journal(claim.turn).await.unwrap();
    assert_eq!(journal.iter().map(|event| event.seq).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
    assert!(journal.iter().all(|event| event.turn == Some(claim.turn)));
    assert_eq!(journal[0].body, EventBody::TurnStarted { answers: claim.answers });
    assert_eq!(bench.stores.turns.journal(TurnId(id.0)).await.unwrap(), []);
}

async fn a_commit_may_change_contact_language_and_owner(bench: Bench) {
    let id = bench.opened().await.id;
    let contact = bench.saved_contact("Ana").await.id;
    bench.said(id, "hello, a person please").await;
    let claim = bench.claimed(id).await;
    bench.said(id, "please!").await;
    let lease = Lease { until: Some(bench.later(LEASE)), remind_at: None };
    let commit = TurnCommit {
        owner: Some((Owner::Person { name: "Bia".to_owned() }, lease)),
        contact: Some(contact),
        language: Some(Language::English),
        outbox: vec![bench.delivery()],
        ..bench.answer(&claim, "one moment")
    };
    let committed = bench.stores.turns.commit(&claim, commit, bench.now()).await.unwrap();
    assert_eq!(committed.owner, Owner::Person { name: "Bia".to_owned() });
    assert_eq!(committed.owner_until, lease.until);
    assert_eq!((committed.contact, committed.language), (contact, Language::English));
    assert_eq!(committed.epoch, claim.epoch + 1);
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), None);
    assert_eq!(bench.stores.outbox.depth().await.unwrap(), 1);
}

async fn a_commit_whose_last_part_is_refused_changes_nothing(bench: Bench) {
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    let before = bench.get(id).await;
    let taken = bench.delivery();
    let commit = TurnCommit { outbox: vec![taken.clone(), taken], ..bench.answer(&claim, "olá") };
    let refused = bench.stores.turns.commit(&claim, commit, bench.now()).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(bench.get(id).await, before);
    assert_eq!(bench.kinds(id).await, ["message", "turn_started"]);
    bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await.unwrap();
}

async fn a_message_during_a_turn_is_the_next_turn(bench: Bench) {
    let id = bench.opened().await.id;
    let first = bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    let mut inbound = bench.inbound(id, "2", "mais uma coisa");
    inbound.due_at = Some(bench.later(SECOND));
    let second = bench.stores.conversations.accept(inbound).await.unwrap().message;
    assert!(bench.stores.turns.has_newer(&claim).await.unwrap());
    assert!(bench.try_claim(id).await.is_none());
    assert_eq!(claim.answers, [first]);
    bench.stores.live.take_signalled();
    bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await.unwrap();
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), Some(bench.later(SECOND)));
    bench.advance(SECOND);
    assert_eq!(bench.claimed(id).await.answers, [second]);
    assert_eq!(bench.stores.live.take_signalled().into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [id]);
}

async fn a_lost_lease_is_taken_up_with_its_turn_and_messages(bench: Bench) {
    let id = bench.opened().await.id;
    let first = bench.said(id, "oi").await;
    let lost = bench.claimed(id).await;
    bench.stores.turns.append(&lost, vec![started()], bench.now()).await.unwrap();
    let second = bench.said(id, "alguém aí?").await;
    bench.advance(LEASE - SECOND);
    assert!(bench.try_claim(id).await.is_none());
    bench.advance(SECOND);
    assert_eq!(bench.stores.turns.due(bench.now(), 9).await.unwrap(), [id]);
    let resumed = bench.claimed(id).await;
    assert!(resumed.resumed);
    assert_eq!((resumed.turn, resumed.epoch), (lost.turn, lost.epoch + 1));
    assert_eq!(resumed.answers, [first]);
    assert_eq!(bench.kinds(id).await, ["message", "turn_started", "withheld", "message"]);

    // The first process comes back from its pause: whatever it does is refused and changes nothing.
    let before = (bench.get(id).await, bench.stores.turns.next_due().await.unwrap());
    let turns = &bench.stores.turns;
    let release = Release { due_at: bench.now(), keep_journal: false, events: vec![finished()] };
    let stale = [
        turns.renew(&lost, bench.later(LEASE * 9)).await.err(),
        turns.append(&lost, vec![started()], bench.now()).await.err(),
        turns.commit(&lost, bench.answer(&lost, "olá"), bench.now()).await.err(),
        turns.release(&lost, release, bench.now()).await.err(),
        turns.has_newer(&lost).await.err(),
    ];
    assert!(stale.iter().all(|error| matches!(error, Some(StoreError::Stale))), "{stale:?}");
    assert_eq!((bench.get(id).await, bench.stores.turns.next_due().await.unwrap()), before);

    turns.commit(&resumed, bench.answer(&resumed, "olá"), bench.now()).await.unwrap();
    assert_eq!(bench.claimed(id).await.answers, [second]);
    // A commit repeated because its answer was lost is refused: it happened.
    let again = turns.commit(&resumed, bench.answer(&resumed, "olá"), bench.now()).await;
    assert!(matches!(again, Err(StoreError::Stale)));
}

async fn a_renewed_claim_lasts_longer(bench: Bench) {
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    bench.advance(LEASE - SECOND);
    bench.stores.turns.renew(&claim, bench.later(LEASE)).await.unwrap();
    bench.advance(SECOND * 2);
    assert!(bench.try_claim(id).await.is_none());
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), Some(bench.later(LEASE - SECOND * 2)));
    // An expired claim that nobody took still commits.
    bench.advance(LEASE * 2);
    bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await.unwrap();
}

async fn a_superseded_turn_gives_all_messages_to_a_new_one(bench: Bench) {
    let id = bench.opened().await.id;
    let first = bench.said(id, "quero um vaso").await;
    let claim = bench.claimed(id).await;
    let second = bench.said(id, "azul").await;
    let release = Release { due_at: bench.later(SECOND), keep_journal: false, events: vec![finished()] };
    bench.stores.turns.release(&claim, release, bench.now()).await.unwrap();
    assert!(bench.try_claim(id).await.is_none());
    bench.advance(SECOND);
    let next = bench.claimed(id).await;
    assert!(!next.resumed && next.turn != claim.turn);
    assert_eq!(next.answers, [first, second]);
    let stale = bench.stores.turns.append(&claim, vec![started()], bench.now()).await;
    assert!(matches!(stale, Err(StoreError::Stale)));
}

async fn a_parked_turn_is_resumed(bench: Bench) {
    let id = bench.opened().await.id;
    let first = bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    let release = Release { due_at: bench.later(SECOND), keep_journal: true, events: Vec::new() };
    bench.stores.turns.release(&claim, release, bench.now()).await.unwrap();
    // Whoever gave it back has no rights any more, even before somebody else takes it.
    let stale = bench.stores.turns.append(&claim, vec![started()], bench.now()).await;
    assert!(matches!(stale, Err(StoreError::Stale)));
    bench.said(id, "e aí?").await;
    assert!(bench.try_claim(id).await.is_none());
    bench.advance(SECOND);
    let resumed = bench.claimed(id).await;
    assert!(resumed.resumed);
    assert_eq!((resumed.turn, resumed.answers), (claim.turn, vec![first]));
}

async fn many_events_in_one_write_keep_their_order(bench: Bench) {
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    let body = |n: usize| EventBody::Withheld { reason: n.to_string(), text: String::new() };
    assert_eq!(bench.stores.turns.append(&claim, Vec::new(), bench.now()).await.unwrap(), 2);
    let mut written = 0;
    for count in [1, 7, 8, 9, 40] {
        let bodies = (written..written + count).map(body).collect();
        written += count;
        let last = bench.stores.turns.append(&claim, bodies, bench.now()).await.unwrap();
        assert_eq!(last, 2 + i64::try_from(written).unwrap());
    }
    let journal = bench.stores.turns.journal(claim.turn).await.unwrap();
    let bodies: Vec<_> = journal.into_iter().skip(1).map(|event| event.body).collect();
    assert_eq!(bodies, (0..written).map(body).collect::<Vec<_>>());
    bench.kinds(id).await;
}

async fn what_is_taken_up_again_stays_open_until_its_time(bench: Bench) {
    let id = bench.opened().await.id;
    let first = bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    let later = bench.later(30 * SECOND);
    let commit = |bench: &Bench, claim: &Claim| TurnCommit {
        again_at: Some(later),
        ..bench.answer(claim, "já volto")
    };
    bench.stores.turns.commit(&claim, commit(&bench, &claim), bench.now()).await.unwrap();
    assert!(bench.try_claim(id).await.is_none());
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), Some(later));
    bench.advance(30 * SECOND);
    let again = bench.claimed(id).await;
    assert_eq!(
        (again.answers.as_slice(), again.resumed, again.turn != claim.turn),
        ([first].as_slice(), false, true)
    );
    // Who writes meanwhile does not wait for that time.
    let second = bench.said(id, "oi?").await;
    let much_later =
        TurnCommit { again_at: Some(bench.later(60 * SECOND)), ..bench.answer(&again, "já volto") };
    bench.stores.turns.commit(&again, much_later, bench.now()).await.unwrap();
    let both = bench.claimed(id).await;
    assert_eq!(both.answers, [first, second]);
    bench.stores.turns.commit(&both, bench.answer(&both, "pronto"), bench.now()).await.unwrap();
    assert_eq!(bench.stores.turns.next_due().await.unwrap(), None);
}

async fn a_clock_that_is_set_back_keeps_nobody_waiting(bench: Bench) {
    let (waiting, running) = (bench.opened().await.id, bench.opened().await.id);
    bench.said(running, "oi").await;
    let claim = bench.claimed(running).await;
    bench.said(waiting, "oi").await;
    bench.clock.set(bench.now() - jiff::SignedDuration::from_hours(2));
    let mut due = bench.stores.turns.due(bench.now(), 9).await.unwrap();
    due.sort();
    let mut both = vec![waiting, running];
    both.sort();
    assert_eq!(due, both);
    bench.claimed(waiting).await;
    // The turn that ran then is taken up again; what its old claim still says is refused.
    let again = bench.claimed(running).await;
    assert!(again.resumed && again.turn == claim.turn);
    let refused = bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await;
    assert!(matches!(refused, Err(StoreError::Stale)));
}
