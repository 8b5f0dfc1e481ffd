//! The event stream: nothing lost, nothing repeated, whatever happens to the connection.

use crate::support::stores::{answer, claim, tool_events};
use crate::support::web::{WebOptions, problem, spawn_web, spawn_web_with};
use balcao::domain::ids::TurnId;
use balcao::store::live::Live;
use balcao::web::extract::client::ClientAddress;
use balcao::web::sse::feed;
use futures_util::StreamExt;
use futures_util::future::join;
use http::{Extensions, HeaderMap};
use jiff::Timestamp;
use reqwest::Method;
use std::time::Duration;
use uuid::Uuid;

#[tokio::test]
async fn the_log_is_told_and_then_what_happens() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    let asked = app.say(&visit, "Onde está meu pedido?").await;
    let mut events = app.events(&visit, "").await;
    assert_eq!(events.block().await.unwrap(), "retry: 2000");
    let frame = events.next().await.unwrap();
    assert_eq!((frame.event.as_str(), frame.id), ("message", Some(1)));
    assert_eq!(frame.data["id"], asked.as_str());
    assert_eq!(frame.data["role"], "customer");

    let turn = claim(&app.stores, visit.id).await;
    app.stores.turns.append(&turn, tool_events(), Timestamp::now()).await.unwrap();
    app.stores.live.publish(visit.id, Live::Progress { turn: turn.turn, text: "vou verificar".to_owned() });
    app.stores.live.publish(visit.id, Live::Delta { turn: turn.turn, text: "Já saiu.\n\n".to_owned() });
    answer(&app.stores, &turn, "Já saiu.\n\nChega amanhã.").await;

    let mut seen = Vec::new();
    loop {
        let frame = events.next().await.unwrap();
        seen.push((frame.event.clone(), frame.id, frame.data.clone()));
        if frame.event == "turn" && frame.data["state"] == "finished" {
            break;
        }
    }
    let kinds: Vec<_> = seen.iter().map(|(event, id, _)| (event.as_str(), *id)).collect();
    assert_eq!(
        kinds,
        [
            ("turn", Some(2)),
            ("tool", Some(3)),
            ("tool", Some(4)),
            ("progress", None),
            ("delta", None),
            ("message", Some(5)),
            ("turn", Some(6)),
        ]
    );
    assert_eq!(seen[1].2["state"], "started");
    assert!(seen[1].2.get("arguments").is_none(), "visitors see no arguments");
    assert_eq!(seen[4].2["text"], "Já saiu.\n\n");
    assert_eq!(seen[5].2["reply_to"][0], asked.as_str());
    assert_eq!(seen[6].2["stop_reason"], "answered");
}

#[tokio::test]
async fn a_reader_who_comes_and_goes_misses_and_repeats_nothing() {
    const MESSAGES: usize = 300;
    let mut options = WebOptions::default();
    options.limits.messages_per_minute_per_visitor = 10_000;
    options.limits.messages_per_second_per_address = 10_000;
    let app = spawn_web_with(options).await;
    let visit = app.visit().await;
    let write = async {
        for number in 0..MESSAGES {
            app.say(&visit, &number.to_string()).await;
        }
    };
    let read = async {
        let (mut ids, mut texts, mut connections) = (Vec::new(), Vec::new(), 0);
        while texts.len() < MESSAGES {
            connections += 1;
            // Header and parameter in turn; a stale parameter beside a header does not count.
            let request = match ids.last() {
                None => app.visitor(Method::GET, &visit, "/events"),
                Some(last) if connections % 2 == 0 => {
                    app.visitor(Method::GET, &visit, &format!("/events?after={last}"))
                }
                Some(last) => app
                    .visitor(Method::GET, &visit, "/events?after=1")
                    .header("last-event-id", i64::to_string(last)),
            };
            let mut events = crate::support::events::EventReader::new(request.send().await.unwrap());
            // Leaves in the middle of things after a few messages.
            for _ in 0..(7 + connections) {
                if texts.len() == MESSAGES {
                    break;
                }
                let frame = events.next_of("message").await;
                ids.push(frame.id.unwrap());
                texts.push(frame.data["text"].as_str().unwrap().to_owned());
            }
        }
        (ids, texts, connections)
    };
    let ((), (ids, texts, connections)) = join(write, read).await;
    assert_eq!(texts, (0..MESSAGES).map(|number| number.to_string()).collect::<Vec<_>>());
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "each id once and rising");
    assert!(connections > 5);
}

#[tokio::test]
async fn a_slow_reader_reads_the_log_instead() {
    const MESSAGES: usize = 500;
    let mut options = WebOptions::default();
    options.limits.messages_per_minute_per_visitor = 10_000;
    options.limits.messages_per_second_per_address = 10_000;
    let app = spawn_web_with(options).await;
    let visit = app.visit().await;
    let from = ClientAddress::of(&Extensions::new(), &HeaderMap::new(), &app.state.parts.limits);
    let place = app.state.places.take(visit.id, &from).unwrap();
    let feed = feed::open(app.state.clone(), visit.id, None, place).await.unwrap();
    let mut chunks = std::pin::pin!(feed);
    app.say(&visit, "0").await;
    let mut told = String::new();
    while !told.contains("id: 1\n") {
        told.push_str(&chunks.next().await.unwrap().unwrap());
    }
    // Nobody takes the next chunk while more happens than is kept for a reader.
    for number in 1..MESSAGES {
        app.say(&visit, &number.to_string()).await;
    }
    while !told.contains(&format!("id: {MESSAGES}\n")) {
        told.push_str(&chunks.next().await.unwrap().unwrap());
    }
    let ids: Vec<usize> = told.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
    assert_eq!(ids, (1..=MESSAGES).collect::<Vec<_>>());
}

#[tokio::test]
async fn places_outside_the_log_are_its_ends() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    for text in ["um", "dois", "três"] {
        app.say(&visit, text).await;
    }
    assert_eq!(app.events(&visit, "?after=1").await.texts(2).await, ["dois", "três"]);
    assert_eq!(app.events(&visit, "?after=-5").await.texts(3).await, ["um", "dois", "três"]);
    // From the future: only what comes.
    let mut future = app.events(&visit, "?after=999999").await;
    assert_eq!(future.block().await.unwrap(), "retry: 2000");
    app.say(&visit, "quatro").await;
    assert_eq!(future.texts(1).await, ["quatro"]);
    // A header that is no number says nothing.
    let request = app.visitor(Method::GET, &visit, "/events?after=3").header("last-event-id", "rubbish");
    let mut events = crate::support::events::EventReader::new(request.send().await.unwrap());
    assert_eq!(events.texts(1).await, ["quatro"]);
    let bad = app.visitor(Method::GET, &visit, "/events?after=x").send().await.unwrap();
    assert_eq!(problem(bad, 400, "invalid_query").await["field"], "after");
}

#[tokio::test]
async fn words_of_a_finished_turn_do_not_come_back() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    app.say(&visit, "oi").await;
    let turn = claim(&app.stores, visit.id).await;
    answer(&app.stores, &turn, "Olá!").await;
    let mut events = app.events(&visit, "").await;
    let finished = async { while events.next_of("turn").await.data["state"] != "finished" {} };
    finished.await;
    let newer = TurnId(Uuid::now_v7());
    app.stores.live.publish(visit.id, Live::Delta { turn: turn.turn, text: "late".to_owned() });
    app.stores.live.publish(visit.id, Live::Delta { turn: newer, text: "new".to_owned() });
    assert_eq!(events.next().await.unwrap().data["text"], "new");
}

#[tokio::test]
async fn the_token_may_stand_in_the_address_of_a_stream() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    app.say(&visit, "oi").await;
    let path = |token: &str| format!("/api/v1/conversations/{}/events?token={token}", visit.id);
    let stream = app.get(&path(&visit.token)).await;
    assert_eq!(stream.headers()["cache-control"], "no-store, no-transform");
    assert_eq!(stream.headers()["x-accel-buffering"], "no");
    assert_eq!(crate::support::events::EventReader::new(stream).texts(1).await, ["oi"]);
    problem(app.get(&path("wrong")).await, 404, "conversation_not_found").await;
    // A key that opens everything has no place in an address.
    problem(app.get(&path(&app.key)).await, 404, "conversation_not_found").await;
    let by_key = app.operator(Method::GET, &format!("/api/v1/conversations/{}/events", visit.id));
    let mut by_key = crate::support::events::EventReader::new(by_key.send().await.unwrap());
    assert_eq!(by_key.texts(1).await, ["oi"]);
}

#[tokio::test]
async fn streams_are_counted_and_given_back() {
    let mut options = WebOptions::default();
    options.limits.streams_per_conversation = 2;
    options.limits.streams_per_address = 3;
    options.settings.heartbeat_ms = 20;
    let app = spawn_web_with(options).await;
    let (visit, other) = (app.visit().await, app.visit().await);
    let (first, second) = (app.events(&visit, "").await, app.events(&visit, "").await);
    let third = app.visitor(Method::GET, &visit, "/events").send().await.unwrap();
    problem(third, 429, "too_many_requests").await;
    let _third = app.events(&other, "").await;
    let fourth = app.visitor(Method::GET, &other, "/events").send().await.unwrap();
    assert_eq!(fourth.headers()["retry-after"], "5");
    problem(fourth, 429, "too_many_requests").await;
    assert_eq!(app.stores.live.read_conversations(), 2);
    drop((first, second));
    // The server notices at its next write; then the places are free again.
    let noticed = async {
        while app.stores.live.read_conversations() > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), noticed).await.expect("places are given back");
    app.events(&visit, "").await;
}

#[tokio::test]
async fn an_idle_stream_says_that_it_is_alive_and_ends_with_the_server() {
    let mut options = WebOptions::default();
    options.settings.heartbeat_ms = 5;
    let app = spawn_web_with(options).await;
    let visit = app.visit().await;
    let mut events = app.events(&visit, "").await;
    assert_eq!(events.block().await.unwrap(), "retry: 2000");
    assert_eq!(events.block().await.unwrap(), ": alive");
    assert_eq!(events.block().await.unwrap(), ": alive");
    app.stop().await;
    while let Some(block) = events.block().await {
        assert_eq!(block, ": alive");
    }
}
