//! The door of the relay channel: who is let in, what is taken, and what is said of the rest.

use crate::support::failing::FailingStore;
use crate::support::relay::{SECRET, signed};
use crate::support::web::{WebApp, WebOptions, problem, spawn_web, spawn_web_with};
use balcao::domain::conversation::Owner;
use balcao::domain::ids::ConversationId;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// The one that replaces [`SECRET`].
const NEXT: &str = "whsec_bmV4dC1uZXh0LW5leHQtbmV4dC1uZXh0LW5leHQ=";

async fn open_door() -> WebApp {
    spawn_web_with(WebOptions { relay: vec![SECRET, NEXT], ..WebOptions::default() }).await
}

async fn report(app: &WebApp, body: &str) -> Response {
    let headers = signed(SECRET, body, Timestamp::now());
    app.request(Method::POST, "/webhooks/relay").headers(headers).body(body.to_owned()).send().await.unwrap()
}

async fn told(app: &WebApp, event: &Value) -> Value {
    let answer = report(app, &event.to_string()).await;
    assert_eq!(answer.status(), 200, "{event}");
    answer.json().await.unwrap()
}

fn written(from: &str, id: &str) -> Value {
    json!({"type": "message", "id": id, "from": from, "text": format!("mensagem {id}")})
}

async fn texts(app: &WebApp, conversation: &Value) -> Vec<String> {
    let id: ConversationId = conversation.as_str().unwrap().parse().unwrap();
    let messages = app.stores.conversations.messages(id, 0, 100).await.unwrap();
    messages.into_iter().map(|(_, message)| message.text).collect()
}

#[tokio::test]
async fn without_the_channel_there_is_no_door() {
    let app = spawn_web().await;
    problem(report(&app, &written("ana", "1").to_string()).await, 404, "channel_not_set_up").await;
}

#[tokio::test]
async fn only_who_holds_a_secret_is_let_in() {
    let app = open_door().await;
    let body = written("ana", "1").to_string();
    let now = Timestamp::now();
    let stranger = "whsec_c3RyYW5nZXItc3RyYW5nZXItc3RyYW5nZXI=";
    let minutes = |minutes| now + SignedDuration::from_mins(minutes);
    for headers in [
        http::HeaderMap::new(),
        signed(stranger, &body, now),
        signed(SECRET, "{}", now),
        signed(SECRET, &body, minutes(-6)),
        signed(SECRET, &body, minutes(6)),
    ] {
        let post = app.request(Method::POST, "/webhooks/relay").headers(headers).body(body.clone());
        problem(post.send().await.unwrap(), 401, "bad_signature").await;
    }
    // What is not signed is not read.
    let post = app.request(Method::POST, "/webhooks/relay").body("nonsense").send().await.unwrap();
    problem(post, 401, "bad_signature").await;
    for headers in [signed(NEXT, &body, minutes(-4)), signed(SECRET, &body, minutes(4))] {
        let post = app.request(Method::POST, "/webhooks/relay").headers(headers).body(body.clone());
        assert_eq!(post.send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn what_is_no_event_is_named_by_its_field() {
    let app = open_door().await;
    let message = |change: Value| {
        let mut event = written("ana", "1");
        event.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        event.to_string()
    };
    for (body, field) in [
        ("nonsense".to_owned(), "."),
        ("[]".to_owned(), "."),
        ("{}".to_owned(), "type"),
        (json!({"type": "call"}).to_string(), "type"),
        (json!({"type": "message"}).to_string(), "id"),
        (json!({"type": "message", "id": "1", "text": "oi"}).to_string(), "from"),
        (message(json!({"from": ""})), "from"),
        (message(json!({"from": "a".repeat(101)})), "from"),
        (message(json!({"from": "a\nb"})), "from"),
        (message(json!({"id": ""})), "id"),
        (message(json!({"id": 7})), "id"),
        (message(json!({"id": "a\u{0}"})), "id"),
        (message(json!({"name": ["Ana"]})), "name"),
        (message(json!({"media": "yes"})), "media"),
        (json!({"type": "echo", "id": "1", "text": "oi"}).to_string(), "to"),
        (json!({"type": "echo", "id": "1", "to": "ana"}).to_string(), "text"),
        (json!({"type": "status", "id": "1"}).to_string(), "status"),
        (json!({"type": "status", "id": "1", "status": "lost"}).to_string(), "status"),
        (json!({"type": "status", "status": "read"}).to_string(), "id"),
    ] {
        assert_eq!(problem(report(&app, &body).await, 422, "invalid_field").await["field"], field, "{body}");
    }
    for nothing in [json!({"text": ""}), json!({"text": null}), json!({"text": " \u{200B}"})] {
        assert_eq!(
            problem(report(&app, &message(nothing)).await, 422, "empty_message").await["field"],
            "text"
        );
    }
    let echo = json!({"type": "echo", "id": "1", "to": "ana", "text": ""}).to_string();
    problem(report(&app, &echo).await, 422, "empty_message").await;
    let long = message(json!({"text": "á".repeat(4001)}));
    problem(report(&app, &long).await, 413, "message_too_long").await;
    let longer = message(json!({"text": "a".repeat(70_000)}));
    problem(report(&app, &longer).await, 413, "body_too_large").await;
    let opened = app.stores.conversations.list(&Default::default()).await.unwrap();
    assert!(opened.items.is_empty(), "what is refused opens nothing");
}

#[tokio::test]
async fn an_address_has_one_conversation_however_many_first_messages_come() {
    let app = open_door().await;
    let events: Vec<Value> = (0..24).map(|number| written("ana", &format!("{}", number % 8))).collect();
    let received = join_all(events.iter().map(|event| told(&app, event))).await;
    let conversations: HashSet<&str> =
        received.iter().map(|one| one["conversation_id"].as_str().unwrap()).collect();
    let messages: HashSet<&str> = received.iter().map(|one| one["message_id"].as_str().unwrap()).collect();
    let fresh = received.iter().filter(|one| one["duplicate"] == false).count();
    assert_eq!((conversations.len(), messages.len(), fresh), (1, 8, 8));
    assert_eq!(texts(&app, &received[0]["conversation_id"]).await.len(), 8);
    let other = told(&app, &written("bia", "0")).await;
    assert_eq!(other["duplicate"], false, "another customer's ids are their own");
    assert_ne!(other["conversation_id"], received[0]["conversation_id"]);
}

#[tokio::test]
async fn messages_stand_as_they_come_and_their_customer_is_known() {
    let app = open_door().await;
    let mut received = Value::Null;
    // The numbers of a gateway say nothing of order: what comes first is first.
    for id in ["9", "3", "7"] {
        let mut event = written("+5511955550123", id);
        event["name"] = json!(" Ana\nRocha ");
        event["more"] = json!({"forwarded": true});
        received = told(&app, &event).await;
    }
    told(&app, &json!({"type": "message", "id": "m", "from": "+5511955550123", "media": true})).await;
    let conversation = &received["conversation_id"];
    assert_eq!(texts(&app, conversation).await, ["mensagem 9", "mensagem 3", "mensagem 7", "[mídia]"]);
    let id: ConversationId = conversation.as_str().unwrap().parse().unwrap();
    let known = app.stores.conversations.get(id).await.unwrap().unwrap();
    assert_eq!(
        (known.channel.as_str(), known.metadata["address"].as_str()),
        ("relay", Some("+5511955550123"))
    );
    let contact = app.stores.contacts.get(known.contact).await.unwrap().unwrap();
    assert_eq!(
        (contact.name.as_deref(), contact.phone, contact.origin.as_deref()),
        (Some("Ana Rocha"), None, Some("relay")),
        "an address proves no phone"
    );
    let identity = app.stores.conversations.identity(id).await.unwrap().unwrap();
    assert_eq!(identity.value, "relay:+5511955550123");
}

#[tokio::test]
async fn echoes_are_taken_once_however_often_they_come() {
    let app = open_door().await;
    told(&app, &written("ana", "1")).await;
    let echo = json!({"type": "echo", "id": "1", "to": "ana", "author": "Bia", "text": "Oi, aqui é a Bia!"});
    let received = join_all((0..12).map(|_| told(&app, &echo))).await;
    let fresh = received.iter().filter(|one| one["duplicate"] == false).count();
    assert_eq!(fresh, 1);
    assert!(received.iter().all(|one| one["message_id"] == received[0]["message_id"]));
    let conversation = &received[0]["conversation_id"];
    assert_eq!(texts(&app, conversation).await, ["mensagem 1", "Oi, aqui é a Bia!"]);
    let id: ConversationId = conversation.as_str().unwrap().parse().unwrap();
    let known = app.stores.conversations.get(id).await.unwrap().unwrap();
    assert_eq!(known.owner, Owner::Person { name: "Bia".to_owned() });
    assert_eq!(app.stores.outbox.depth().await.unwrap(), 0, "it has reached the customer already");
}

#[tokio::test]
async fn a_status_of_nobody_is_no_fault() {
    let app = open_door().await;
    for status in ["sent", "delivered", "read", "failed"] {
        let event = json!({"type": "status", "id": "who knows", "status": status});
        assert_eq!(told(&app, &event).await, json!({"known": false}));
    }
}

#[tokio::test]
async fn nothing_is_taken_while_the_database_is_gone() {
    let slot = Arc::new(Mutex::new(None));
    let filled = slot.clone();
    let options = WebOptions {
        relay: vec![SECRET],
        wrap: Box::new(move |inner| {
            let store = FailingStore::over(inner);
            *filled.lock().unwrap() = Some(store.clone());
            store
        }),
        ..WebOptions::default()
    };
    let app = spawn_web_with(options).await;
    let store = slot.lock().unwrap().clone().unwrap();
    let echo = json!({"type": "echo", "id": "1", "to": "ana", "text": "oi"});
    store.set_gone(true);
    for event in [written("ana", "1"), echo.clone()] {
        let answer = report(&app, &event.to_string()).await;
        assert_eq!(answer.headers()["retry-after"], "1");
        let body = problem(answer, 503, "unavailable").await;
        assert!(!body.to_string().contains("secret"), "{body}");
    }
    store.set_gone(false);
    for event in [written("ana", "1"), echo] {
        assert_eq!(told(&app, &event).await["duplicate"], false);
    }
}
