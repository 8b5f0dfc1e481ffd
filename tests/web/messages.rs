//! Messages in, history out.

use crate::support::failing::FailingStore;
use crate::support::web::{Visit, WebOptions, problem, spawn_web, spawn_web_with};
use balcao::domain::ids::ConversationId;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

#[tokio::test]
async fn a_message_is_accepted_once_however_often_it_is_sent() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    let answers = join_all((0..20).map(|_| app.post(&visit, "same", "Olá"))).await;
    let mut ids = HashSet::new();
    let mut first = 0;
    for answer in answers {
        assert_eq!(answer.status(), 202);
        let answer: Value = answer.json().await.unwrap();
        ids.insert(answer["message_id"].as_str().unwrap().to_owned());
        first += usize::from(answer["duplicate"] == false);
    }
    assert_eq!((ids.len(), first), (1, 1));
    let history = app.stores.conversations.messages(visit.id, 0, 10).await.unwrap();
    assert_eq!(history.len(), 1);
    // The same id in another conversation is another message.
    let other = app.visit().await;
    let answer: Value = app.post(&other, "same", "Olá").await.json().await.unwrap();
    assert_eq!(answer["duplicate"], false);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_what_can_be_read_is_kept() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    for empty in ["", " \n\t ", "\u{200B}\u{FEFF}\u{2060}", "\u{0}\u{7}", "\u{2800}"] {
        problem(app.post(&visit, "e", empty).await, 422, "empty_message").await;
    }
    let long = problem(app.post(&visit, "l", &"á".repeat(4001)).await, 413, "message_too_long").await;
    assert_eq!((long["limit"].as_u64(), long["field"].as_str()), (Some(4000), Some("text")));
    for bad_id in ["", &"x".repeat(101), "a\u{0}b", "   "] {
        assert_eq!(
            problem(app.post(&visit, bad_id, "oi").await, 422, "invalid_field").await["field"],
            "client_id"
        );
    }
    let texts = [
        "مرحبا، أين طلبي رقم ١٠٤٨٢؟",
        "👩‍👩‍👧‍👦🏳️‍🌈 e\u{301}",
        "<img src=x onerror=alert(1)><script>alert(2)</script>",
        "a\r\nb\u{0}c\u{1b}[31m",
        &"😀".repeat(4000),
        "'; DROP TABLE conversations; --",
    ];
    for text in texts {
        app.say(&visit, text).await;
    }
    let history: Value =
        app.visitor(Method::GET, &visit, "/messages").send().await.unwrap().json().await.unwrap();
    let kept: Vec<_> = history["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["text"].as_str().unwrap())
        .collect();
    let expected: Vec<_> =
        texts.iter().map(|text| text.replace("\r\n", "\n").replace(['\u{0}', '\u{1b}'], "")).collect();
    assert_eq!(kept, expected);
}

#[tokio::test]
async fn bodies_that_are_none_are_refused_by_name() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    let post = |body: Vec<u8>, content_type: &'static str| {
        app.visitor(Method::POST, &visit, "/messages").header("content-type", content_type).body(body).send()
    };
    let json = "application/json; charset=utf-8";
    problem(post(vec![b' '; 1 << 20], json).await.unwrap(), 413, "body_too_large").await;
    problem(post(vec![0, 159, 146, 150], json).await.unwrap(), 400, "malformed_json").await;
    problem(
        post(b"{\"text\":\"\xff\",\"client_id\":\"1\"}".to_vec(), json).await.unwrap(),
        400,
        "malformed_json",
    )
    .await;
    problem(
        post(br#"{"text":"\ud800","client_id":"1"}"#.to_vec(), json).await.unwrap(),
        400,
        "malformed_json",
    )
    .await;
    problem(post(Vec::new(), json).await.unwrap(), 400, "malformed_json").await;
    problem(post(b"{}".to_vec(), "text/plain").await.unwrap(), 415, "unsupported_media_type").await;
    let missing =
        problem(post(br#"{"text":"oi"}"#.to_vec(), json).await.unwrap(), 422, "invalid_field").await;
    assert_eq!(missing["field"], "client_id");
    let wrong = post(br#"{"text":1,"client_id":"1"}"#.to_vec(), json).await.unwrap();
    assert_eq!(problem(wrong, 422, "invalid_field").await["field"], "text");
    // A body of unknown length is counted as it comes.
    let chunks = futures_util::stream::iter((0..100).map(|_| Ok::<_, std::io::Error>(vec![b' '; 10_000])));
    let endless = app
        .visitor(Method::POST, &visit, "/messages")
        .header("content-type", json)
        .body(reqwest::Body::wrap_stream(chunks))
        .send();
    problem(endless.await.unwrap(), 413, "body_too_large").await;
    assert!(app.stores.conversations.messages(visit.id, 0, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn only_the_token_opens_a_conversation() {
    let app = spawn_web().await;
    let (mine, other) = (app.visit().await, app.visit().await);
    let stranger = Visit { id: mine.id, token: other.token.clone() };
    let unknown = Visit { id: ConversationId(Uuid::now_v7()), token: mine.token.clone() };
    let mut answers = Vec::new();
    for visit in [&stranger, &unknown] {
        answers.push(problem(app.post(visit, "1", "oi").await, 404, "conversation_not_found").await);
        for tail in ["/messages", "/events"] {
            let answer = app.visitor(Method::GET, visit, tail).send().await.unwrap();
            answers.push(problem(answer, 404, "conversation_not_found").await);
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "the answer does not tell whether the conversation exists: {answers:?}");
    for tail in ["/messages", "/events"] {
        let path = format!("/api/v1/conversations/{}{tail}", mine.id);
        let answer = app.get(&path).await;
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        problem(answer, 401, "unauthorized").await;
        let cookie = format!("other=1; balcao_token={}", mine.token);
        let by_cookie = app.request(Method::GET, &path).header("cookie", cookie).send().await.unwrap();
        assert_eq!(by_cookie.status(), 200);
    }
    let nonsense =
        app.request(Method::GET, "/api/v1/conversations/nonsense/messages").bearer_auth(&mine.token);
    problem(nonsense.send().await.unwrap(), 404, "conversation_not_found").await;
    // Only the stream takes the token from the address.
    let in_query = format!("/api/v1/conversations/{}/messages?token={}", mine.id, mine.token);
    problem(app.get(&in_query).await, 401, "unauthorized").await;
}

#[tokio::test]
async fn the_history_goes_on_behind_a_message() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    for number in 1..=5 {
        app.say(&visit, &number.to_string()).await;
    }
    let page = |query: String| {
        let request = app.visitor(Method::GET, &visit, &format!("/messages{query}"));
        async move { request.send().await.unwrap().json::<Value>().await.unwrap()["messages"].clone() }
    };
    let texts = |page: &Value| {
        page.as_array()
            .unwrap()
            .iter()
            .map(|message| message["text"].as_str().unwrap().to_owned())
            .collect::<String>()
    };
    let all = page(String::new()).await;
    assert_eq!(texts(&all), "12345");
    assert_eq!(all[0]["role"], "customer");
    assert_eq!(texts(&page("?limit=2".to_owned()).await), "12");
    assert_eq!(texts(&page("?limit=99999".to_owned()).await), "12345");
    let (id, seq) = (all[2]["id"].as_str().unwrap(), all[2]["seq"].as_i64().unwrap());
    assert_eq!(texts(&page(format!("?after={id}")).await), "45");
    assert_eq!(texts(&page(format!("?after={seq}&limit=1")).await), "4");
    assert_eq!(texts(&page("?after=999999".to_owned()).await), "");
    assert_eq!(
        texts(&page(format!("?after={}", Uuid::now_v7())).await),
        "12345",
        "unknown: from the beginning"
    );
    for (query, field) in [("?limit=many", "limit"), ("?after=x", "after"), ("?limit=-1", "limit")] {
        let answer = app.visitor(Method::GET, &visit, &format!("/messages{query}")).send().await.unwrap();
        assert_eq!(problem(answer, 400, "invalid_query").await["field"], field);
    }
}

#[tokio::test]
async fn a_visitor_who_sends_too_much_waits() {
    let mut options = WebOptions::default();
    options.limits.messages_per_minute_per_visitor = 3;
    let app = spawn_web_with(options).await;
    let visit = app.visit().await;
    let mut second = Value::Null;
    for number in 0..3 {
        let accepted = app.post(&visit, &number.to_string(), "oi").await;
        assert_eq!(accepted.status(), 202);
        if number == 1 {
            second = accepted.json::<Value>().await.unwrap()["message_id"].take();
        }
    }
    let refused = app.post(&visit, "4", "4").await;
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    problem(refused, 429, "too_many_requests").await;
    // Who repeats what is safe already learns that, and needs not come back.
    for _ in 0..5 {
        let repeated = app.post(&visit, "1", "oi").await;
        assert_eq!(repeated.status(), 202);
        assert_eq!(repeated.json::<Value>().await.unwrap(), json!({"message_id": second, "duplicate": true}));
    }
    problem(app.post(&visit, "5", "5").await, 429, "too_many_requests").await;
    app.say(&app.visit().await, "others may").await;
}

#[tokio::test]
async fn only_our_own_proxy_says_where_a_visitor_is() {
    for (trusted, expected) in [(false, 429), (true, 202)] {
        let mut options = WebOptions::default();
        options.limits.messages_per_second_per_address = 1;
        if trusted {
            options.limits.trusted_proxies = vec!["127.0.0.1".to_owned().try_into().unwrap()];
        }
        let app = spawn_web_with(options).await;
        let statuses = join_all((0..4_u8).map(|number| {
            let app = &app;
            async move {
                let visit = app.visit().await;
                app.visitor(Method::POST, &visit, "/messages")
                    .header("x-forwarded-for", format!("198.51.100.{number}"))
                    .json(&json!({"client_id": "1", "text": "oi"}))
                    .send()
                    .await
                    .unwrap()
                    .status()
            }
        }))
        .await;
        assert!(statuses.iter().skip(1).any(|status| *status == expected), "{statuses:?}");
        assert_eq!(statuses.iter().all(|status| *status == 202), trusted, "{statuses:?}");
    }
}

#[tokio::test]
async fn a_customer_message_carries_the_id_of_its_sender() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    let mut events = app.events(&visit, "").await;
    app.post(&visit, "my-7", "oi").await;
    assert_eq!(events.next_of("message").await.data["client_id"], "my-7");
    let history: Value =
        app.visitor(Method::GET, &visit, "/messages").send().await.unwrap().json().await.unwrap();
    assert_eq!(history["messages"][0]["client_id"], "my-7");
}

#[tokio::test]
async fn a_repeat_does_not_open_a_closed_conversation() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    let first: Value = app.post(&visit, "same", "Olá").await.json().await.unwrap();
    let close = format!("/api/v1/conversations/{}/close", visit.id);
    assert_eq!(app.operator(Method::POST, &close).send().await.unwrap().status(), 200);
    let closed = app.stores.conversations.get(visit.id).await.unwrap().unwrap();
    let repeated: Value = app.post(&visit, "same", "Olá").await.json().await.unwrap();
    assert_eq!(repeated, json!({"message_id": first["message_id"], "duplicate": true}));
    let after = app.stores.conversations.get(visit.id).await.unwrap().unwrap();
    assert_eq!((after.state.as_str(), after.last_seq), ("closed", closed.last_seq));
    app.say(&visit, "mais uma coisa").await;
    assert_eq!(app.stores.conversations.get(visit.id).await.unwrap().unwrap().state.as_str(), "open");
}

#[tokio::test]
async fn a_full_conversation_says_so() {
    let mut options = WebOptions::default();
    options.limits.messages_per_conversation = 3;
    let app = spawn_web_with(options).await;
    let visit = app.visit().await;
    for number in 0..3 {
        assert_eq!(app.post(&visit, &number.to_string(), "oi").await.status(), 202);
    }
    let refused = problem(app.post(&visit, "4", "4").await, 422, "conversation_full").await;
    assert_eq!(refused["limit"], 3);
    let repeated: Value = app.post(&visit, "1", "oi").await.json().await.unwrap();
    assert_eq!(repeated["duplicate"], true, "a repeat is no new message");
}

#[tokio::test]
async fn nothing_is_acknowledged_while_the_database_is_gone() {
    let kept: Arc<Mutex<Option<Arc<FailingStore>>>> = Arc::default();
    let keep = kept.clone();
    let options = WebOptions {
        wrap: Box::new(move |inner| {
            let store = FailingStore::over(inner);
            *keep.lock().unwrap() = Some(store.clone());
            store
        }),
        ..WebOptions::default()
    };
    let app = spawn_web_with(options).await;
    let store = kept.lock().unwrap().clone().unwrap();
    let visit = app.visit().await;
    store.set_gone(true);
    let refused = app.post(&visit, "1", "oi").await;
    assert_eq!(refused.headers()["retry-after"], "1");
    let body = problem(refused, 503, "unavailable").await;
    assert!(!body.to_string().contains("secret"), "no internals: {body}");
    store.set_gone(false);
    let accepted: Value = app.post(&visit, "1", "oi").await.json().await.unwrap();
    assert_eq!(accepted["duplicate"], false);
}
