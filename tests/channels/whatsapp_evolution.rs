//! WhatsApp through an Evolution API: messages come in once and are answered, our own words that it repeats are known for
//! ours, a person who answers on the phone has the conversation, and what it cannot say is never taken for granted.

use crate::support::app::{AppOptions, TUESDAY, TestApp, says};
use crate::support::clock::LeapingClock;
use crate::support::whatsapp::{client, conversations, history, operator, until};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use balcao::config::secret::Secret;
use balcao::config::whatsapp::Provider;
use balcao::domain::clock::Clock;
use http::{HeaderMap, StatusCode};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const KEY: &str = "chave-da-instancia";
const SECRET: &str = "segredo-do-webhook";
const ANA: &str = "5511987650001";

/// What it does with a message before it answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Answers,
    /// Repeats the message to the webhook first, as it does with what the phone sends.
    RepeatsFirst,
    /// Sends it and breaks off.
    SendsAndFails,
}

#[derive(Clone)]
struct Shared {
    act: Act,
    sent: Arc<Mutex<Vec<Value>>>,
    program: Arc<Mutex<String>>,
}

/// The Evolution API.
struct FakeEvolution {
    url: String,
    shared: Shared,
    server: JoinHandle<()>,
}

impl FakeEvolution {
    async fn start(act: Act) -> Self {
        let shared = Shared { act, sent: Arc::default(), program: Arc::default() };
        let router = Router::new()
            .route("/message/{verb}/{instance}", post(send))
            .route("/chat/getBase64FromMediaMessage/{instance}", post(media))
            .with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, server }
    }

    async fn sent(&self, count: usize) -> Vec<Value> {
        let sent = until("it is sent", || async {
            let sent = self.shared.sent.lock().unwrap().clone();
            (sent.len() >= count).then_some(sent)
        })
        .await;
        assert_eq!(sent.len(), count, "{sent:#?}");
        sent
    }
}

impl Drop for FakeEvolution {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn send(
    State(shared): State<Shared>,
    Path((verb, instance)): Path<(String, String)>,
    headers: HeaderMap,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let has_key = headers.get("apikey").is_some_and(|key| key == KEY);
    if !has_key || instance != "loja1" || verb != "sendText" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let id = format!("3EB0{:04}", shared.sent.lock().unwrap().len());
    if shared.act == Act::RepeatsFirst {
        let base = shared.program.lock().unwrap().clone();
        let echo = upsert(
            json!({"remoteJid": format!("{ANA}@s.whatsapp.net"), "fromMe": true, "id": id}),
            body["text"].as_str().unwrap(),
        );
        assert_eq!(tell(&base, SECRET, &echo).await, 200);
    }
    shared.sent.lock().unwrap().push(body);
    match shared.act {
        Act::SendsAndFails => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Act::Answers | Act::RepeatsFirst => {
            (StatusCode::CREATED, axum::Json(json!({"key": {"id": id}, "status": "PENDING"}))).into_response()
        }
    }
}

/// A picture that a customer sent, as it gives files out.
async fn media(headers: HeaderMap, axum::Json(body): axum::Json<Value>) -> Response {
    assert!(headers.get("apikey").is_some_and(|key| key == KEY));
    match body["message"]["key"]["id"].as_str().unwrap() {
        "A1" => axum::Json(json!({"mediaType": "imageMessage", "mimetype": "image/png", "base64": PICTURE}))
            .into_response(),
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// A few bytes of a picture.
const PICTURE: &str = "iVBORw0KGgogYSBwaWN0dXJl";

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_fetched_and_kept() {
    let evolution = FakeEvolution::start(Act::Answers).await;
    let app = behind(&evolution, AppOptions::scripted(vec![says("Que bonita!"), says("Não veio.")])).await;
    let base = app.door.base.clone();
    for (count, (id, expected)) in
        (1..).zip([("A1", "olha\n[imagem]"), ("A2", "olha\n[imagem]\n[não foi possível baixar o arquivo]")])
    {
        let mut told = from_ana(id, "");
        told["data"]["messageType"] = json!("imageMessage");
        told["data"]["message"] = json!({"imageMessage": {"mimetype": "image/jpeg", "caption": "olha", "url": "https://mmg.whatsapp.net/x.enc"}});
        assert_eq!(tell(&base, SECRET, &told).await, 200);
        evolution.sent(count).await;
        let talk = conversations(&app).await.remove(0);
        let said = history(&app, &talk["id"]).await;
        let said = said.iter().find(|message| message["client_id"] == id).unwrap();
        assert_eq!(said["text"], expected);
        let file = &said["media"][0]["file"];
        assert_eq!(file["mime_type"].as_str(), (id == "A1").then_some("image/png"), "{said}");
    }
    app.end().await;
}

fn upsert(key: Value, text: &str) -> Value {
    let now = crate::support::app::ShopClock.now().as_second();
    json!({"event": "messages.upsert", "instance": "loja1", "apikey": KEY, "data": {"key": key, "pushName": "Ana",
        "message": {"conversation": text}, "messageType": "conversation", "messageTimestamp": now}})
}

fn from_ana(id: &str, text: &str) -> Value {
    upsert(json!({"remoteJid": format!("{ANA}@s.whatsapp.net"), "fromMe": false, "id": id}), text)
}

async fn tell(base: &str, secret: &str, body: &Value) -> u16 {
    let request = client().post(format!("{base}/webhooks/whatsapp")).header("x-balcao-secret", secret);
    request.json(body).send().await.unwrap().status().as_u16()
}

async fn behind(evolution: &FakeEvolution, options: AppOptions) -> TestApp {
    let options = options.with(|settings| {
        let whatsapp = &mut settings.channels.whatsapp;
        whatsapp.enabled = true;
        whatsapp.provider = Provider::Evolution;
        whatsapp.display_phone = "+55 11 4002-8922".to_owned();
        whatsapp.evolution.base_url.clone_from(&evolution.url);
        whatsapp.evolution.api_key = Secret::new(KEY);
        whatsapp.evolution.instance = "loja1".to_owned();
        whatsapp.evolution.webhook_secret = Secret::new(SECRET);
        whatsapp.introduction = String::new();
        (whatsapp.quiet_ms, whatsapp.quiet_unfinished_ms, whatsapp.quiet_longest_ms) = (0, 0, 0);
        whatsapp.unknown_fate_wait_s = 1;
    });
    let app = options.start().await;
    evolution.shared.program.lock().unwrap().clone_from(&app.door.base);
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_answered_once_and_our_own_words_are_no_person() {
    for act in [Act::Answers, Act::RepeatsFirst] {
        let evolution = FakeEvolution::start(act).await;
        let app =
            behind(&evolution, AppOptions::scripted(vec![says("Olá, **Ana**!"), says("Até logo!")])).await;
        let base = app.door.base.clone();
        assert_eq!(tell(&base, "outro", &from_ana("A1", "oi, tudo bem?")).await, 401);
        let told = from_ana("A1", "oi, tudo bem?");
        for status in futures_util::future::join_all((0..3).map(|_| tell(&base, SECRET, &told))).await {
            assert_eq!(status, 200);
        }
        let sent = evolution.sent(1).await.remove(0);
        assert_eq!((&sent["number"], &sent["text"]), (&json!(ANA), &json!("Olá, *Ana*!")));
        // A group is nobody's conversation, and what it repeats late is ours, too.
        let group = upsert(
            json!({"remoteJid": "123-456@g.us", "participant": format!("{ANA}@s.whatsapp.net"), "id": "G1"}),
            "oi",
        );
        assert_eq!(tell(&base, SECRET, &group).await, 200);
        let echo = upsert(
            json!({"remoteJid": format!("{ANA}@s.whatsapp.net"), "fromMe": true, "id": "3EB00000"}),
            "Olá, *Ana*!",
        );
        assert_eq!(tell(&base, SECRET, &echo).await, 200);
        assert_eq!(tell(&base, SECRET, &from_ana("A2", "era só isso, tchau!")).await, 200);
        assert_eq!(evolution.sent(2).await[1]["text"], "Até logo!", "the bot still has the conversation");
        let talks = conversations(&app).await;
        assert_eq!((talks.len(), &talks[0]["owner"]), (1, &json!("bot")));
        let news = json!({"event": "messages.update", "instance": "loja1", "data": {"keyId": "3EB00000", "status": "READ"}});
        assert_eq!(tell(&base, SECRET, &news).await, 200);
        let stores = app.stores().await;
        let id = talks[0]["id"].as_str().unwrap().parse().unwrap();
        until("it is read", || async {
            let sends = stores.sends.newest(id, 9).await.unwrap();
            sends.iter().any(|send| send.rank == 3).then_some(())
        })
        .await;
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_on_the_phone_has_the_conversation() {
    let evolution = FakeEvolution::start(Act::Answers).await;
    let app = behind(&evolution, AppOptions::scripted(vec![says("Olá!")])).await;
    let base = app.door.base.clone();
    tell(&base, SECRET, &from_ana("A1", "oi, tudo bem?")).await;
    evolution.sent(1).await;
    let words = upsert(
        json!({"remoteJid": format!("{ANA}@s.whatsapp.net"), "fromMe": true, "id": "PHONE1"}),
        "Oi, aqui é a Bia.",
    );
    assert_eq!(tell(&base, SECRET, &words).await, 200);
    until("a person has it", || async {
        let talks = conversations(&app).await;
        (talks[0]["owner"] == "person").then_some(())
    })
    .await;
    tell(&base, SECRET, &from_ana("A2", "oi Bia!")).await;
    let talk = conversations(&app).await.remove(0);
    until("her words are in the log", || async {
        let said = history(&app, &talk["id"]).await;
        said.iter().any(|message| message["client_id"] == "A2").then_some(())
    })
    .await;
    assert_eq!(evolution.sent(1).await.len(), 1, "the bot is silent");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_acknowledged_is_told_and_not_sent_again() {
    let evolution = FakeEvolution::start(Act::SendsAndFails).await;
    let app = behind(&evolution, AppOptions::scripted(vec![says("Olá!")])).await;
    let base = app.door.base.clone();
    tell(&base, SECRET, &from_ana("A1", "oi, tudo bem?")).await;
    evolution.sent(1).await;
    let stores = app.stores().await;
    until("it is in doubt and stays so", || async {
        let dead = operator(&app, Method::GET, "/outbox/dead", json!({})).await;
        let id = conversations(&app).await[0]["id"].as_str().unwrap().parse().unwrap();
        let sends = stores.sends.newest(id, 9).await.unwrap();
        let is_waiting = dead["deliveries"] == json!([]) && stores.outbox.depth().await.unwrap() == 1;
        (sends.len() == 1 && is_waiting).then_some(())
    })
    .await;
    assert_eq!(evolution.sent(1).await.len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_writes_to_few_people_who_wait_for_nothing() {
    let evolution = FakeEvolution::start(Act::Answers).await;
    let clock = LeapingClock::at(TUESDAY);
    let options = AppOptions::scripted(vec![says("Olá!"), says("Oi!")]).at(clock.clone()).with(|settings| {
        let rates = &mut settings.channels.whatsapp.rates;
        rates.new_since = Some("2026-11-25".parse().unwrap());
        rates.people_at_first = 1;
    });
    let app = behind(&evolution, options).await;
    let base = app.door.base.clone();
    let bia = json!({"remoteJid": "5511987650002@s.whatsapp.net", "fromMe": false, "id": "B1"});
    for (number, told) in
        [from_ana("A1", "oi, tudo bem?"), upsert(bia, "oi, tudo bom?")].into_iter().enumerate()
    {
        tell(&base, SECRET, &told).await;
        evolution.sent(number + 1).await;
    }
    clock.wait_minutes(25 * 60);
    let talks = conversations(&app).await;
    for talk in &talks {
        let path = format!("/conversations/{}/reply", talk["id"].as_str().unwrap());
        operator(&app, Method::POST, &path, json!({"text": "Chegaram mais vasos."})).await;
    }
    let refused = until("one is refused", || async {
        let dead = operator(&app, Method::GET, "/outbox/dead", json!({})).await;
        dead["deliveries"][0]["error"].as_str().map(str::to_owned)
    })
    .await;
    assert!(refused.contains("1 people were written to"), "{refused}");
    assert_eq!(evolution.sent(3).await[2]["text"], "Chegaram mais vasos.");
    app.end().await;
}
