//! What only a server can do: serve several processes. Each `Bench` or `Place::open` here is a process of its own as
//! far as a store can tell: its own connections, its own live hub.

use super::support::{Bench, LEASE, Place, started};
use crate::support::postgres::Database;
use balcao::config::store::StoreSettings;
use balcao::domain::event::{Event, EventBody};
use balcao::domain::ids::TurnId;
use balcao::limits::cells::{CellRate, Taken};
use balcao::store::Stores;
use balcao::store::error::StoreError;
use balcao::store::live::{Live, LiveHub};
use balcao::store::open::{StoreHandle, open};
use balcao::store::turns::TurnStore;
use sqlx::{Connection, Executor};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

/// Nothing that a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Two processes on one database.
async fn two() -> (Bench, Stores, StoreHandle) {
    let bench = Bench::postgres().await;
    let (stores, handle) = bench.place.open().await;
    (bench, stores, handle)
}

fn database(bench: &Bench) -> &Database {
    match &bench.place {
        Place::Server(database) => database,
        Place::Folder(_) => panic!("a folder is no server's database"),
    }
}

async fn why_not(settings: &StoreSettings) -> String {
    let opened = open(settings, Path::new(""), Arc::new(LiveHub::default())).await;
    format!("{:#}", opened.err().expect("it must not open"))
}

/// The next thing that happens.
async fn next(reader: &mut Receiver<Live>) -> Live {
    timeout(PATIENCE, reader.recv()).await.expect("nothing is heard").unwrap()
}

/// Events up to place `last`; whatever else is heard is passed over.
async fn events_up_to(reader: &mut Receiver<Live>, last: i64) -> Vec<Event> {
    let mut heard: Vec<Event> = Vec::new();
    while heard.last().is_none_or(|event| event.seq < last) {
        if let Live::Committed(events) = next(reader).await {
            heard.extend(events.iter().cloned());
        }
    }
    heard
}

#[tokio::test]
async fn everything_acknowledged_is_there_after_a_restart() {
    let bench = Bench::postgres().await;
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    bench.stores.turns.append(&claim, vec![started()], bench.now()).await.unwrap();
    let before = (bench.get(id).await, bench.stores.conversations.events(id, 0, 99).await.unwrap());
    let bench = bench.restart().await;
    let after = (bench.get(id).await, bench.stores.conversations.events(id, 0, 99).await.unwrap());
    assert_eq!(after, before);
    assert!(bench.try_claim(id).await.is_none(), "its process may live");
    bench.advance(LEASE);
    let resumed = bench.claimed(id).await;
    assert!(resumed.resumed && resumed.turn == claim.turn);
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let bench = Bench::postgres().await;
    let id = bench.opened().await.id;
    bench.handle.ready().await.unwrap();
    bench.handle.close().await;
    bench.handle.close().await;
    let accepted = bench.stores.conversations.accept(bench.inbound(id, "1", "oi")).await;
    assert!(matches!(accepted, Err(StoreError::Unavailable(_))), "{accepted:?}");
    let read = bench.stores.conversations.get(id).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    assert!(bench.handle.ready().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_may_start_at_the_same_time_on_an_empty_database() {
    let database = Arc::new(Database::bare().await);
    let mut tasks = JoinSet::new();
    for _ in 0..6 {
        let database = Arc::clone(&database);
        tasks.spawn(async move {
            let live = Arc::new(LiveHub::default());
            let (stores, handle) = open(&database.settings(), Path::new(""), live).await.unwrap();
            stores.keys.remove("x").await.unwrap();
            handle.close().await;
        });
    }
    tasks.join_all().await;
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let database = Database::empty().await;
    let mut newer = database.outsider().await;
    newer
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', TRUE, '\\x00', 0)",
        )
        .await
        .unwrap();
    newer.close().await.unwrap();
    let why = why_not(&database.settings()).await;
    assert!(why.contains("newer version") && why.contains("9999"), "{why}");
}

#[tokio::test]
async fn what_cannot_be_reached_says_why_and_no_password() {
    let database = Database::empty().await;
    let at = |url: &str| StoreSettings { url: url.to_owned(), ..database.settings() };
    // Nobody listens on the discard port of this machine.
    let why = why_not(&at("postgres://ana:senha@127.0.0.1:9/loja")).await;
    assert!(why.contains("`loja` on 127.0.0.1:9") && why.contains("store.url"), "{why}");
    assert!(!why.contains("senha"), "{why}");
    let why = why_not(&at("postgres://ana:senha@[bad/loja")).await;
    assert!(why.contains("not understood") && !why.contains("senha"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_one_gets_the_claim() {
    let (bench, stores, _handle) = two().await;
    for _ in 0..20 {
        let id = bench.opened().await.id;
        bench.said(id, "oi").await;
        let mut tasks = JoinSet::new();
        for turns in [&bench.stores.turns, &stores.turns, &bench.stores.turns, &stores.turns] {
            let (turns, request): (Arc<dyn TurnStore>, _) = (Arc::clone(turns), bench.request());
            tasks.spawn(async move { turns.claim(id, &request).await.unwrap() });
        }
        assert_eq!(tasks.join_all().await.into_iter().flatten().count(), 1);
        assert_eq!(bench.kinds(id).await, ["message", "turn_started"]);
    }
}

#[tokio::test]
async fn a_conversation_that_is_being_written_is_not_due_this_moment() {
    let bench = Bench::postgres().await;
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    let mut other = database(&bench).outsider().await;
    other.execute("BEGIN").await.unwrap();
    other.execute("SELECT id FROM conversations FOR UPDATE").await.unwrap();
    assert!(bench.try_claim(id).await.is_none());
    other.execute("ROLLBACK").await.unwrap();
    assert!(bench.try_claim(id).await.is_some());
}

#[tokio::test]
async fn a_row_that_is_held_for_long_makes_the_store_unavailable() {
    let bench = Bench::postgres().await;
    let id = bench.opened().await.id;
    let settings = StoreSettings { busy_timeout_ms: 200, ..database(&bench).settings() };
    let (stores, _handle) = open(&settings, Path::new(""), Arc::new(LiveHub::default())).await.unwrap();
    let mut other = database(&bench).outsider().await;
    other.execute("BEGIN").await.unwrap();
    other.execute("SELECT id FROM conversations FOR UPDATE").await.unwrap();
    let inbound = bench.inbound(id, "1", "oi");
    let refused = stores.conversations.accept(inbound.clone()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    other.execute("ROLLBACK").await.unwrap();
    assert!(!stores.conversations.accept(inbound).await.unwrap().duplicate);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_holds_every_message_it_counts_while_more_come_in() {
    let (bench, stores, _handle) = two().await;
    let bench = Arc::new(bench);
    let id = bench.opened().await.id;
    let saying = Arc::clone(&bench);
    let customer = tokio::spawn(async move {
        let mut said = HashSet::new();
        for index in 0..120 {
            said.insert(saying.said(id, &format!("mensagem {index}")).await);
        }
        said
    });
    let mut answered = Vec::new();
    let all = timeout(PATIENCE, async {
        while answered.len() < 120 {
            let Some(claim) = stores.turns.claim(id, &bench.request()).await.unwrap() else {
                tokio::task::yield_now().await;
                continue;
            };
            answered.extend(claim.answers.iter().copied());
            stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await.unwrap();
        }
    });
    all.await.expect("a message was counted and not answered");
    let said = customer.await.unwrap();
    assert_eq!(answered.len(), said.len(), "one was answered twice");
    assert_eq!(answered.into_iter().collect::<HashSet<_>>(), said);
    bench.kinds(id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_who_comes_twice_at_once_is_one_contact() {
    let (bench, stores, _handle) = two().await;
    for index in 0..10 {
        let mut tasks = JoinSet::new();
        for conversations in [&bench.stores.conversations, &stores.conversations] {
            for _ in 0..2 {
                let mut opening = bench.opening();
                opening.identity.value = format!("visitor-{index}");
                let conversations = Arc::clone(conversations);
                tasks.spawn(async move { conversations.open(opening).await.unwrap() });
            }
        }
        let opened = tasks.join_all().await;
        assert_eq!(opened.iter().map(|one| one.contact).collect::<HashSet<_>>().len(), 1);
        assert_eq!(opened.iter().map(|one| one.id).collect::<HashSet<_>>().len(), 4);
    }
    assert_eq!(stores.contacts.list(None, 99).await.unwrap().len(), 10);
}

#[tokio::test]
async fn what_one_process_commits_the_readers_of_the_other_hear_in_order() {
    let (bench, stores, _handle) = two().await;
    let id = bench.opened().await.id;
    bench.said(id, "antes").await;
    let mut reader = stores.live.subscribe(id);
    for turn in 0..5 {
        bench.said(id, &format!("pergunta {turn}")).await;
        let claim = bench.claimed(id).await;
        for _ in 0..3 {
            bench.stores.turns.append(&claim, vec![started()], bench.now()).await.unwrap();
        }
        bench.stores.turns.commit(&claim, bench.answer(&claim, "olá"), bench.now()).await.unwrap();
    }
    let log = bench.stores.conversations.events(id, 0, 99).await.unwrap();
    let heard = events_up_to(&mut reader, i64::try_from(log.len()).unwrap()).await;
    // Whoever listens has read the log up to then; from the first one on there is no gap.
    let first = heard[0].seq;
    assert_eq!(heard, log[usize::try_from(first).unwrap() - 1..]);
}

#[tokio::test]
async fn work_and_drafts_reach_the_other_process() {
    let (bench, stores, _handle) = two().await;
    let id = bench.opened().await.id;
    let mut reader = stores.live.subscribe(id);
    let turn = TurnId(Uuid::from_u128(1));
    // The listener may still be connecting: said again until it is heard.
    let work = async {
        loop {
            tokio::select! {
                () = stores.live.work() => break,
                () = async { bench.said(id, "oi").await; tokio::task::yield_now().await } => {}
            }
        }
    };
    timeout(PATIENCE, work).await.expect("nobody is told of work");
    assert!(stores.live.take_signalled().iter().all(|(conversation, _)| *conversation == id));
    let words = ["Olá, ", "tudo ", "bem\u{0}?"];
    for word in words {
        bench.stores.live.publish(id, Live::Delta { turn, text: word.to_owned() });
    }
    bench.stores.live.publish(id, Live::Progress { turn, text: "vou ver".to_owned() });
    let mut text = String::new();
    loop {
        match next(&mut reader).await {
            Live::Delta { text: more, .. } => text.push_str(&more),
            Live::Progress { text: sentence, .. } => {
                assert_eq!((text.as_str(), sentence.as_str()), (words.concat().as_str(), "vou ver"));
                break;
            }
            Live::Committed(_) => {}
        }
    }
    // Its own words do not come back to a process.
    let mut own = bench.stores.live.subscribe(id);
    bench.stores.live.publish(id, Live::Delta { turn, text: "uma vez".to_owned() });
    bench.said(id, "fim").await;
    let last = bench.get(id).await.last_seq;
    let mut heard = Vec::new();
    loop {
        match next(&mut own).await {
            Live::Delta { text, .. } => heard.push(text),
            Live::Committed(events) if events.iter().any(|event| event.seq == last) => break,
            Live::Committed(_) | Live::Progress { .. } => {}
        }
    }
    assert_eq!(heard, ["uma vez"]);
}

#[tokio::test]
async fn a_claim_of_a_dead_process_is_taken_up_by_another_after_its_lease() {
    let (bench, stores, _handle) = two().await;
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    let lost = bench.claimed(id).await;
    bench.stores.turns.append(&lost, vec![started()], bench.now()).await.unwrap();
    assert_eq!(stores.turns.claim(id, &bench.request()).await.unwrap(), None);
    bench.advance(LEASE);
    let taken = stores.turns.claim(id, &bench.request()).await.unwrap().expect("its lease ran out");
    assert!(taken.resumed && taken.turn == lost.turn && taken.answers == lost.answers);
    assert_eq!(stores.turns.journal(taken.turn).await.unwrap().len(), 2);
    let late = bench.stores.turns.commit(&lost, bench.answer(&lost, "olá"), bench.now()).await;
    assert!(matches!(late, Err(StoreError::Stale)));
    stores.turns.commit(&taken, bench.answer(&taken, "olá"), bench.now()).await.unwrap();
    assert_eq!(bench.kinds(id).await, ["message", "turn_started", "withheld", "message", "turn_finished"]);
}

#[tokio::test]
async fn broken_connections_are_made_anew_and_readers_catch_up() {
    let (bench, stores, handle) = two().await;
    let id = bench.opened().await.id;
    let mut reader = stores.live.subscribe(id);
    bench.said(id, "antes").await;
    events_up_to(&mut reader, 1).await;
    let mut admin = database(&bench).outsider().await;
    admin
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await
        .unwrap();
    // A connection that was lost is noticed by its next use.
    let again = async {
        loop {
            let inbound = bench.inbound(id, "depois", "depois");
            match bench.stores.conversations.accept(inbound).await {
                Ok(accepted) => break accepted,
                Err(StoreError::Unavailable(_)) => tokio::task::yield_now().await,
                Err(other) => panic!("{other}"),
            }
        }
    };
    timeout(PATIENCE, again).await.expect("it mends itself");
    let heard = events_up_to(&mut reader, 2).await;
    assert!(matches!(&heard[0].body, EventBody::Message(message) if message.text == "depois"));
    let ready = async {
        while handle.ready().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, ready).await.expect("it is ready again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_that_is_gone_had_claimed_is_taken_up_without_waiting_for_the_lease() {
    let (bench, stores, handle) = two().await;
    let conversation = bench.opened().await.id;
    bench.said(conversation, "oi").await;
    let lost = stores.turns.claim(conversation, &bench.request()).await.unwrap().expect("it is due");
    assert!(bench.try_claim(conversation).await.is_none(), "its process lives");
    handle.close().await;
    let taken_up = async {
        loop {
            if let Some(claim) = bench.try_claim(conversation).await {
                return claim;
            }
            bench.stores.live.work().await;
        }
    };
    let taken = timeout(PATIENCE, taken_up).await.expect("it is taken up");
    assert_eq!((taken.turn, taken.resumed), (lost.turn, true));
    let late = bench.stores.turns.commit(&lost, bench.answer(&lost, "tarde"), bench.now()).await;
    assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
}

#[tokio::test]
async fn processes_share_a_quota() {
    let (bench, other, handle) = two().await;
    let cells = [bench.stores.quotas.clone().unwrap(), other.quotas.clone().unwrap()];
    let rate = |per_minute| CellRate { per_minute, at_once: per_minute };
    let mut taken = JoinSet::new();
    for index in 0..40 {
        let cells = cells[index % 2].clone();
        taken.spawn(async move { cells.take("model requests", 1, rate(10)).await.unwrap() });
    }
    let taken = taken.join_all().await;
    let now = taken.iter().filter(|taken| **taken == Taken::Now).count();
    // Ten at once, and one more for each six seconds that the test took.
    assert!((10..=13).contains(&now), "{now} of 40");
    let waits = taken.iter().filter_map(|taken| match taken {
        Taken::Now => None,
        Taken::Later(wait) => Some(*wait),
    });
    assert!(waits.clone().all(|wait| wait <= Duration::from_secs(6)), "{:?}", waits.max());
    // Where fewer may go at once, the rest of the minute is spread.
    let by_second = CellRate { per_minute: 60, at_once: 1 };
    assert_eq!(cells[0].take("whatsapp 1 messages", 1, by_second).await.unwrap(), Taken::Now);
    let second = cells[1].take("whatsapp 1 messages", 1, by_second).await.unwrap();
    assert!(matches!(second, Taken::Later(wait) if wait <= Duration::from_secs(1)), "{second:?}");
    // Others are not touched, and more than there is counts as all there is.
    assert_eq!(cells[0].take("model tokens", 5_000, rate(1_000)).await.unwrap(), Taken::Now);
    let Taken::Later(wait) = cells[1].take("model tokens", 500, rate(1_000)).await.unwrap() else {
        panic!("there is nothing left");
    };
    assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
    // What was refused took nothing.
    assert!(
        matches!(cells[1].take("model tokens", 1, rate(1_000)).await.unwrap(), Taken::Later(wait) if wait < Duration::from_millis(100))
    );
    handle.close().await;
}
