//! Meta as far as it posts: bodies in its shape, signed as it signs them, at the door of a program.

use super::app::{ShopClock, TestApp};
use balcao::config::secret::Secret;
use balcao::config::whatsapp::WhatsAppSettings;
use balcao::domain::clock::Clock;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;

/// Signs what is posted.
pub const SECRET: &str = "segredo-de-teste";
/// Our number, as Meta and as customers know it.
pub const NUMBER: &str = "900100200300";
pub const DISPLAY: &str = "551140028922";
/// A customer's number and id.
pub const JOANA: &str = "5511987650001";
pub const JOANA_ID: &str = "BR.55501234567890";

/// Settings of a program that works with this number and waits for no more words.
pub fn set(settings: &mut WhatsAppSettings) {
    settings.enabled = true;
    settings.verify_token = Secret::new("verificar");
    settings.app_secrets = vec![Secret::new("um-novo"), Secret::new(SECRET)];
    settings.access_token = Secret::new("token");
    // Nobody is there: what is said to customers waits in the outbox.
    settings.graph_base_url = "http://127.0.0.1:9".to_owned();
    settings.media.download = false;
    settings.phone_number_id = NUMBER.to_owned();
    settings.display_phone = DISPLAY.to_owned();
    settings.introduction = String::new();
    settings.quiet_ms = 0;
    settings.quiet_unfinished_ms = 0;
    settings.quiet_longest_ms = 0;
}

/// The header's text for a body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

/// A client that posts.
pub fn client() -> Client {
    Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap()
}

/// Posts bytes with their signature.
pub async fn post_bytes(client: &Client, base: &str, body: Vec<u8>) -> Response {
    let signed = signature(SECRET, &body);
    let url = format!("{base}/webhooks/whatsapp");
    let request = client.post(url).header("x-hub-signature-256", signed);
    request.header("content-type", "application/json").body(body).send().await.unwrap()
}

/// Posts a body that has to be taken.
pub async fn post(base: &str, body: &Value) {
    let answer = post_bytes(&client(), base, serde_json::to_vec(body).unwrap()).await;
    assert_eq!(answer.status(), 200, "{body}");
}

/// A whole body around one change.
pub fn body(field: &str, value: Value) -> Value {
    json!({"object": "whatsapp_business_account",
        "entry": [{"id": "700100200300", "changes": [{"field": field, "value": value}]}]})
}

/// A body with these messages, each of whoever its own fields name.
pub fn messages(messages: &[Value]) -> Value {
    body("messages", json!({"messaging_product": "whatsapp", "metadata": metadata(), "messages": messages}))
}

pub fn metadata() -> Value {
    json!({"display_phone_number": DISPLAY, "phone_number_id": NUMBER})
}

/// Now, as Meta writes it.
pub fn now() -> String {
    ago(0)
}

/// So many seconds ago.
pub fn ago(seconds: i64) -> String {
    (ShopClock.now().as_second() - seconds).to_string()
}

/// A message of Joana's: what Meta always says of one, and `part`.
pub fn of_joana(id: &str, part: Value) -> Value {
    let mut message = json!({"from": JOANA, "from_user_id": JOANA_ID, "id": id, "timestamp": now()});
    message.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    message
}

/// Words of Joana's.
pub fn words(id: &str, text: &str) -> Value {
    of_joana(id, json!({"type": "text", "text": {"body": text}}))
}

/// A body with words of Joana's, as Meta posts them: with her card.
pub fn said(id: &str, text: &str) -> Value {
    let card = json!({"profile": {"name": "Joana Prado", "username": "joana.prado"}, "wa_id": JOANA, "user_id": JOANA_ID});
    body(
        "messages",
        json!({"messaging_product": "whatsapp", "metadata": metadata(), "contacts": [card], "messages": [words(id, text)]}),
    )
}

/// Asks the program as an operator.
pub async fn operator(app: &TestApp, method: Method, path: &str, body: Value) -> Value {
    let answer = app.door.operator(method, &format!("/api/v1{path}")).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap_or_default()
}

/// The conversations there are, newest activity first.
pub async fn conversations(app: &TestApp) -> Vec<Value> {
    let list = operator(app, Method::GET, "/conversations", json!({})).await;
    list["conversations"].as_array().unwrap().clone()
}

/// Messages of a conversation so far.
pub async fn history(app: &TestApp, id: &Value) -> Vec<Value> {
    let path = format!("/conversations/{}/messages", id.as_str().unwrap());
    operator(app, Method::GET, &path, json!({})).await["messages"].as_array().unwrap().clone()
}

/// Waits until `look` sees what it looks for.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, look: impl Fn() -> F) -> T {
    let waiting = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| panic!("never: {what}"))
}

/// Waits until there is one conversation and it has so many messages; gives roles and words.
pub async fn talked(app: &TestApp, count: usize) -> Vec<(String, String)> {
    let messages = until(&format!("{count} messages"), || async {
        let conversations = conversations(app).await;
        let [conversation] = conversations.as_slice() else {
            assert!(conversations.is_empty(), "{conversations:#?}");
            return None;
        };
        let messages = history(app, &conversation["id"]).await;
        (messages.len() >= count).then_some(messages)
    })
    .await;
    assert_eq!(messages.len(), count, "{messages:#?}");
    let part = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
    messages.iter().map(|message| (part(message, "role"), part(message, "text"))).collect()
}

/// Waits until every body that was posted is worked through.
pub async fn settled(app: &TestApp) {
    let stores = app.stores().await;
    until("all bodies are worked through", || async {
        let counts = stores.posts.counts("whatsapp").await.unwrap();
        (counts.waiting == 0).then_some(())
    })
    .await;
}
