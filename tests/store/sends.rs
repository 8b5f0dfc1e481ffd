//! Attempts to send: what is said of them in any order, what is billed, and what was said last.

use super::support::{Bench, on_every_store};
use balcao::domain::ids::{ConversationId, OutboxId};
use balcao::store::error::StoreError;
use balcao::store::outbox::DeliveryOutcome;
use balcao::store::sends::{NewSend, Reach, ReachLimit, SendBill, SendCost, SendEnd, SendName, SendState};
use balcao::store::turns::TurnCommit;
use std::time::Duration;
use uuid::Uuid;

on_every_store!(
    an_attempt_is_known_by_its_mark_and_by_the_channels_id,
    statuses_count_by_rank_whatever_their_order,
    a_failure_is_final_unless_it_was_delivered,
    a_message_is_billed_once,
    attempts_are_found_by_delivery_and_conversation,
    no_more_people_are_written_to_unasked_than_the_limit_however_many_begin_at_once,
    a_delivery_that_is_deferred_is_as_sure_as_before,
);

const DELIVERY: OutboxId = OutboxId(Uuid::from_u128(1));
const CONVERSATION: ConversationId = ConversationId(Uuid::from_u128(2));

fn send(bench: &Bench, mark: &str) -> NewSend {
    NewSend {
        mark: mark.to_owned(),
        delivery: DELIVERY,
        conversation: CONVERSATION,
        part: 1,
        of: 2,
        kind: "text".to_owned(),
        at: bench.now(),
        reach: Reach::Awaited,
    }
}

fn name(mark: Option<&str>, external_id: &str) -> SendName {
    SendName { mark: mark.map(str::to_owned), external_id: external_id.to_owned() }
}

async fn an_attempt_is_known_by_its_mark_and_by_the_channels_id(bench: Bench) {
    let sends = &bench.stores.sends;
    sends.begin(send(&bench, "a")).await.unwrap();
    assert!(
        matches!(sends.begin(send(&bench, "a")).await, Err(StoreError::Conflict(_))),
        "a mark is used once"
    );
    assert_eq!(sends.named(&name(None, "wamid.1")).await.unwrap(), None);
    let begun = sends.named(&name(Some("a"), "wamid.1")).await.unwrap().unwrap();
    assert_eq!((begun.state, begun.external_id, begun.part, begun.of), (SendState::Begun, None, 1, 2));
    sends.end("a", SendEnd::Taken { external_id: "wamid.1".to_owned() }, bench.now()).await.unwrap();
    let taken = sends.named(&name(None, "wamid.1")).await.unwrap().unwrap();
    assert_eq!((taken.state, taken.mark.as_str()), (SendState::Taken, "a"));
    sends.begin(send(&bench, "b")).await.unwrap();
    sends.end("b", SendEnd::Refused { code: 131_056 }, bench.now()).await.unwrap();
    let refused = sends.named(&name(Some("b"), "none")).await.unwrap().unwrap();
    assert_eq!((refused.state, refused.code), (SendState::Refused, 131_056));
}

async fn statuses_count_by_rank_whatever_their_order(bench: Bench) {
    let sends = &bench.stores.sends;
    sends.begin(send(&bench, "a")).await.unwrap();
    // Faster than the answer.
    assert!(sends.reached(&name(Some("a"), "wamid.1"), 3, bench.now()).await.unwrap());
    for rank in [1, 2, 3] {
        assert!(!sends.reached(&name(None, "wamid.1"), rank, bench.now()).await.unwrap(), "{rank}");
    }
    sends.end("a", SendEnd::Refused { code: 1 }, bench.now()).await.unwrap();
    let known = sends.named(&name(None, "wamid.1")).await.unwrap().unwrap();
    assert_eq!((known.state, known.rank, known.code), (SendState::Taken, 3, 0));
    assert!(!sends.reached(&name(Some("nobody's"), "nobody's"), 1, bench.now()).await.unwrap());
}

async fn a_failure_is_final_unless_it_was_delivered(bench: Bench) {
    let sends = &bench.stores.sends;
    sends.begin(send(&bench, "a")).await.unwrap();
    sends.begin(send(&bench, "b")).await.unwrap();
    let (a, b) = (name(Some("a"), "wamid.1"), name(Some("b"), "wamid.2"));
    assert!(sends.reached(&a, 2, bench.now()).await.unwrap());
    assert!(!sends.failed(&a, 131_047, 2, bench.now()).await.unwrap());
    assert!(sends.failed(&b, 131_047, 2, bench.now()).await.unwrap());
    assert!(!sends.failed(&b, 131_047, 2, bench.now()).await.unwrap());
    assert!(!sends.reached(&b, 2, bench.now()).await.unwrap());
    sends.end("b", SendEnd::Taken { external_id: "wamid.2".to_owned() }, bench.now()).await.unwrap();
    assert_eq!(sends.named(&b).await.unwrap().unwrap().state, SendState::Failed);
}

async fn a_message_is_billed_once(bench: Bench) {
    let sends = &bench.stores.sends;
    let bill = |category: &str, cost_micros| SendBill { category: category.to_owned(), cost_micros };
    for (mark, category, cost) in [("a", "service", Some(7)), ("b", "service", Some(5)), ("c", "other", None)]
    {
        sends.begin(send(&bench, mark)).await.unwrap();
        assert!(sends.bill(&name(Some(mark), "w"), bill(category, cost)).await.unwrap());
        assert!(!sends.bill(&name(Some(mark), "w"), bill("again", Some(9))).await.unwrap());
    }
    let cost = |category: &str, messages, cost_micros| SendCost {
        category: category.to_owned(),
        messages,
        cost_micros,
    };
    assert_eq!(sends.costs(bench.now()).await.unwrap(), [cost("other", 1, 0), cost("service", 2, 12)]);
    let later = bench.later(Duration::from_secs(1));
    assert_eq!(sends.costs(later).await.unwrap(), []);
}

async fn attempts_are_found_by_delivery_and_conversation(bench: Bench) {
    let sends = &bench.stores.sends;
    for mark in ["a", "b", "c"] {
        sends.begin(NewSend { kind: "template".to_owned(), ..send(&bench, mark) }).await.unwrap();
        bench.advance(Duration::from_secs(1));
    }
    let marks = |records: Vec<balcao::store::sends::SendRecord>| {
        records.into_iter().map(|record| record.mark).collect::<Vec<_>>()
    };
    assert_eq!(marks(sends.of_delivery(DELIVERY).await.unwrap()), ["a", "b", "c"]);
    assert_eq!(marks(sends.newest(CONVERSATION, 2).await.unwrap()), ["c", "b"]);
    assert_eq!(
        marks(sends.newest(ConversationId(Uuid::from_u128(3)), 2).await.unwrap()),
        Vec::<String>::new()
    );
}

async fn no_more_people_are_written_to_unasked_than_the_limit_however_many_begin_at_once(bench: Bench) {
    let sends = &bench.stores.sends;
    let reach = Reach::UnaskedWithin(ReachLimit { since: bench.now(), most: 3 });
    let to = |person: u128, mark: &str| NewSend {
        conversation: ConversationId(Uuid::from_u128(person)),
        reach,
        ..send(&bench, mark)
    };
    let marks: Vec<String> = (0..12).map(|number| number.to_string()).collect();
    let at_once = marks.iter().zip(100..).map(|(mark, person)| sends.begin(to(person, mark)));
    let begun = futures_util::future::join_all(at_once).await;
    let reached: Vec<u128> =
        (100..).zip(begun).filter(|(_, begun)| *begun.as_ref().unwrap()).map(|(person, _)| person).collect();
    assert_eq!(reached.len(), 3, "{reached:?}");
    assert!(sends.begin(to(reached[0], "again")).await.unwrap(), "they are reached already");
    assert!(
        sends.begin(NewSend { reach: Reach::Awaited, ..to(50, "awaited") }).await.unwrap(),
        "somebody who waits"
    );
    assert!(!sends.begin(to(50, "more")).await.unwrap());
    assert_eq!(sends.named(&name(Some("more"), "none")).await.unwrap(), None, "nothing was written");
    let mark = marks[usize::try_from(reached[1] - 100).unwrap()].clone();
    sends.end(&mark, SendEnd::Refused { code: 1 }, bench.now()).await.unwrap();
    assert!(sends.begin(to(50, "instead")).await.unwrap(), "who was refused was not reached");
    bench.advance(Duration::from_secs(1));
    let since = bench.now();
    let reach = Reach::UnaskedWithin(ReachLimit { since, most: 1 });
    let later = NewSend { reach, ..to(51, "later") };
    assert!(sends.begin(later).await.unwrap(), "the day is over");
}

async fn a_delivery_that_is_deferred_is_as_sure_as_before(bench: Bench) {
    let conversation = bench.opened().await.id;
    bench.said(conversation, "oi").await;
    let claim = bench.claimed(conversation).await;
    let queued = bench.delivery();
    let delivery = queued.id;
    let commit = TurnCommit { outbox: vec![queued], ..bench.answer(&claim, "olá") };
    bench.stores.turns.commit(&claim, commit, bench.now()).await.unwrap();
    let outbox = &bench.stores.outbox;
    let lease = |bench: &Bench| bench.later(Duration::from_secs(30));
    let wait = |at| DeliveryOutcome::Deferred { at, error: "not yet".to_owned() };
    for _ in 0..3 {
        let claimed = outbox.claim(bench.now(), lease(&bench), 9).await.unwrap();
        assert_eq!((claimed[0].id, claimed[0].attempts, claimed[0].in_doubt), (delivery, 0, false));
        outbox.settle(delivery, wait(bench.now()), bench.now()).await.unwrap();
    }
    assert_eq!(outbox.expire_claims(bench.now()).await.unwrap(), 0, "nothing is claimed");
    // A process dies over it, and the next one is alone.
    outbox.claim(bench.now(), lease(&bench), 9).await.unwrap();
    assert_eq!(outbox.claim(bench.now(), lease(&bench), 9).await.unwrap(), []);
    assert_eq!(outbox.expire_claims(bench.now()).await.unwrap(), 1);
    for _ in 0..3 {
        let claimed = outbox.claim(bench.now(), lease(&bench), 9).await.unwrap();
        assert!(claimed[0].in_doubt, "{claimed:?}");
        outbox.settle(delivery, wait(bench.now()), bench.now()).await.unwrap();
    }
    let said = bench.stores.sends.last_said(conversation, 5).await.unwrap();
    assert_eq!(said.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(), ["oi"]);
}
