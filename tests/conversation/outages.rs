//! Models that are away: the counter stays open in basic mode, says so once to the customer and once to the operator,
//! and climbs back by itself. And the rehearsal of it.

use crate::support::app::AppOptions;
use crate::support::fake_openai::{Act, Reply, call, error, finish, says};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use balcao::config::settings::Settings;
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// What the customer reads once.
const NOTICE: &str = "Estou no modo básico agora";
const DRILL: &str = "/api/v1/drills/model-down";

/// The main model, and the built-in one behind it.
fn with_the_built_in_model(settings: &mut Settings) {
    settings.llm.chain = vec!["openai".to_owned(), "offline".to_owned()];
}

async fn fallen(replies: Vec<Reply>) -> AppOptions {
    AppOptions::endpoint(replies).await.with(with_the_built_in_model)
}

/// Somewhere alerts are posted to; the first post of all is refused.
async fn operator() -> (String, mpsc::UnboundedReceiver<Value>) {
    struct Inbox {
        alerts: mpsc::UnboundedSender<Value>,
        posts: Mutex<u32>,
    }
    async fn receive(
        State(inbox): State<Arc<Inbox>>,
        axum::Json(alert): axum::Json<Value>,
    ) -> http::StatusCode {
        let mut posts = inbox.posts.lock().await;
        *posts += 1;
        if *posts == 1 {
            return http::StatusCode::SERVICE_UNAVAILABLE;
        }
        inbox.alerts.send(alert).ok();
        http::StatusCode::NO_CONTENT
    }
    let (alerts, received) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/alerts", listener.local_addr().unwrap());
    let inbox = Arc::new(Inbox { alerts, posts: Mutex::new(0) });
    let router = Router::new().route("/alerts", post(receive)).with_state(inbox);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, received)
}

#[tokio::test]
async fn a_key_that_is_not_accepted_leads_to_basic_mode_said_once_to_everybody() {
    let (url, mut alerts) = operator().await;
    let refused = error(401, "invalid_api_key", "Incorrect API key provided");
    let app = fallen(vec![refused]).await.with(|settings| settings.alerts.webhook_url = url).start().await;
    let mut talk = app.talk().await;
    let first = talk.say("Qual o horário de funcionamento?").await;
    assert!(first.text.starts_with(NOTICE) && first.text.contains("9h"), "{}", first.text);
    let second = talk.say("E vocês abrem no sábado?").await;
    assert!(!second.text.contains(NOTICE), "{}", second.text);
    let mut other = app.talk().await;
    assert!(
        other.say("Qual o horário de funcionamento?").await.text.starts_with(NOTICE),
        "once in each conversation"
    );

    let alert = alerts.recv().await.unwrap();
    assert_eq!((&alert["event"], &alert["subject"]), (&json!("down"), &json!("openai:gpt-4.1-mini")));
    app.end().await;
    assert!(alerts.try_recv().is_err(), "the operator is told once");
}

#[tokio::test]
async fn a_turn_that_the_database_does_not_take_goes_on_when_it_is_back() {
    let search = Reply {
        latency: Duration::from_millis(300),
        ..Act::Stream(vec![call(0, "x", "product_search", "{\"query\": \"jiboia\"}"), finish("tool_calls")])
            .into()
    };
    let app = AppOptions::endpoint(vec![search.clone(), search, says("A Jiboia P custa R$ 29,90.")]).await;
    let app = app.with(|settings| settings.store.busy_timeout_ms = 50).start().await;
    let mut talk = app.talk().await;
    let message = talk.send("Quanto custa a jiboia P?").await;
    while app.endpoint().asked().is_empty() {
        tokio::task::yield_now().await;
    }
    let backup = Connection::open(app.data().join("balcao.db")).unwrap();
    backup.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Long enough that what the model says cannot be written down, of which nothing is seen from outside.
    tokio::time::sleep(Duration::from_millis(700)).await;
    backup.execute_batch("ROLLBACK").unwrap();
    let answer = talk.answer().await;
    assert_eq!(
        (answer.text.as_str(), answer.reply_to.as_slice()),
        ("A Jiboia P custa R$ 29,90.", &[message][..])
    );
    assert_eq!(app.endpoint().asked().len(), 3, "what was not written down is asked again");
    app.end().await;
}

#[tokio::test]
async fn the_model_that_is_back_answers_again() {
    let broken = || error(500, "server_error", "The server had an error");
    // Three attempts of one request.
    let app = fallen(vec![broken(), broken(), broken(), says("Olá de novo!")]).await.start().await;
    let mut talk = app.talk().await;
    assert!(talk.say("oi, tudo bem?").await.text.starts_with(NOTICE));
    assert_eq!(talk.say("oi, tudo bem?").await.text, "Olá de novo!");
    app.end().await;
}

#[tokio::test]
async fn nobody_waits_for_hours() {
    let mut busy = error(429, "insufficient_quota", "You exceeded your current quota");
    if let crate::support::fake_openai::Act::Status(_, headers, _) = &mut busy.act {
        headers.push(("retry-after", "259200".to_owned()));
    }
    let app = fallen(vec![busy]).await.start().await;
    let mut talk = app.talk().await;
    let answer = talk.say("Qual o horário de funcionamento?").await;
    assert!(answer.text.starts_with(NOTICE), "{}", answer.text);
    app.end().await;
}

#[tokio::test]
async fn an_outage_can_be_rehearsed() {
    let app = fallen(vec![says("Olá! Aqui é o modelo.")]).await.start().await;
    let mut talk = app.talk().await;
    let drill = |method: Method, body: Value| {
        let request = app.door.operator(method, DRILL).json(&body);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(drill(Method::POST, json!({"seconds": 0})).await, 400);
    assert_eq!(drill(Method::POST, json!({"seconds": 60})).await, 200);
    assert!(talk.say("oi, tudo bem?").await.text.starts_with(NOTICE));
    assert_eq!(drill(Method::DELETE, json!({})).await, 204);
    assert_eq!(talk.say("oi, tudo bem?").await.text, "Olá! Aqui é o modelo.");
    app.end().await;
}

#[tokio::test]
async fn there_is_nothing_to_rehearse_without_a_model() {
    let app = AppOptions::new(crate::support::app::Brain::BuiltIn).start().await;
    let answer = app.door.operator(Method::POST, DRILL).json(&json!({"seconds": 60})).send().await.unwrap();
    assert_eq!(answer.status(), 409);
    app.end().await;
}

/// Tries again what could not be served after a moment.
fn soon_again(settings: &mut Settings) {
    settings.turn.late_minutes = 60;
    settings.turn.late_first_wait_ms = 400;
}

fn broken(times: usize) -> Vec<Reply> {
    // Three attempts of one request.
    (0..3 * times).map(|_| error(500, "server_error", "The server had an error")).collect()
}

#[tokio::test]
async fn what_no_model_could_serve_is_answered_when_one_is_back() {
    let mut replies = broken(2);
    replies.push(says("Tudo ótimo! Como posso ajudar?"));
    let app = AppOptions::endpoint(replies).await.with(soon_again).start().await;
    let mut talk = app.talk().await;
    let told = talk.say("Oi, tudo bem?").await;
    assert_eq!(told.stop_reason, "postponed");
    assert!(told.text.contains("respondo isso por aqui"), "{}", told.text);
    while talk.said_by("assistant").await.len() < 2 {
        tokio::task::yield_now().await;
    }
    let said = talk.said_by("assistant").await;
    assert_eq!(said.len(), 2, "nothing was said in between: {said:?}");
    let detail = talk.detail().await;
    let reasons: Vec<_> =
        detail["turns"].as_array().unwrap().iter().map(|turn| turn["stop_reason"].clone()).collect();
    assert_eq!(reasons, ["postponed", "postponed", "answered"]);
    app.end().await;
}

#[tokio::test]
async fn a_question_beyond_basic_mode_waits_for_the_model() {
    let mut replies = broken(1);
    replies.push(says("Boa pergunta! Quer que eu veja com a equipe?"));
    let app = fallen(replies).await.with(soon_again).start().await;
    let mut talk = app.talk().await;
    let told = talk.say("Vocês aceitam cachorros grandes aí dentro?").await;
    assert!(told.text.starts_with(NOTICE) && told.text.contains("respondo melhor por aqui"), "{}", told.text);
    while talk.said_by("assistant").await.len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(talk.said_by("assistant").await.len(), 2);
    app.end().await;
}

#[tokio::test]
async fn who_turned_to_something_else_is_answered_that() {
    let app = AppOptions::endpoint(broken(1))
        .await
        .with(|settings| {
            settings.turn.late_minutes = 60;
            settings.turn.late_first_wait_ms = 60_000;
        })
        .start()
        .await;
    let mut talk = app.talk().await;
    assert_eq!(talk.say("Oi, tudo bem?").await.stop_reason, "postponed");
    app.endpoint().push(says("Olá! Como posso ajudar?"));
    let answer = talk.say("Oi?").await;
    assert_eq!((answer.text.as_str(), answer.reply_to.len()), ("Olá! Como posso ajudar?", 1));
    app.end().await;
}
