//! Opening conversations.

use crate::support::web::{WebOptions, problem, spawn_web, spawn_web_with};
use balcao::domain::ids::ConversationId;
use balcao::domain::language::Language;
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/conversations";

#[tokio::test]
async fn opening_gives_an_id_a_token_and_a_cookie() {
    let app = spawn_web().await;
    let response = app.request(Method::POST, PATH).json(&json!({"channel": "web"})).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(response.headers()["cache-control"], "no-store");
    let opened: Value = response.json().await.unwrap();
    let (id, token) = (opened["id"].as_str().unwrap(), opened["token"].as_str().unwrap());
    assert_eq!(token.len(), 43, "32 bytes as base64url");
    assert_eq!(location, format!("{PATH}/{id}"));
    for part in
        [&format!("balcao_token={token};"), &format!("Path={PATH}/{id};"), "HttpOnly", "SameSite=Strict"]
    {
        assert!(cookie.contains(part), "{cookie}");
    }
    let stored = app.stores.conversations.token_hash(id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(stored, balcao::domain::secret::hash_of(token), "only the hash is kept");
}

#[tokio::test]
async fn what_the_page_says_of_the_visitor_proves_nothing() {
    let app = spawn_web().await;
    let body = json!({
        "locale": "es-AR",
        "contact": {"name": " Ana\u{0}\nMaria ", "email": "ana@example.com", "phone": "+5511955550123"},
        "metadata": {"page": "/vasos\u{0}", "utm": {"source": ["ad"]}},
    });
    let response = app.request(Method::POST, PATH).json(&body).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let opened: Value = response.json().await.unwrap();
    let id: ConversationId = opened["id"].as_str().unwrap().parse().unwrap();
    let conversation = app.stores.conversations.get(id).await.unwrap().unwrap();
    assert_eq!(conversation.language, Language::Spanish);
    assert_eq!(conversation.metadata["page"], "/vasos");
    assert_eq!(conversation.metadata["contact"]["email"], "ana@example.com");
    let contact = app.stores.contacts.get(conversation.contact).await.unwrap().unwrap();
    assert_eq!(contact.name.as_deref(), Some("Ana  Maria"));
    assert_eq!((contact.email, contact.phone), (None, None), "not the contact's until proven");
    let identities = app.stores.contacts.identities(conversation.contact).await.unwrap();
    assert_eq!(identities.len(), 1, "only the visit itself: {identities:?}");
}

#[tokio::test]
async fn nothing_has_to_be_said_to_open_a_conversation() {
    let app = spawn_web().await;
    assert_eq!(app.request(Method::POST, PATH).send().await.unwrap().status(), 201);
    let form = app.request(Method::POST, PATH).header("content-type", "text/plain").body("oi").send();
    problem(form.await.unwrap(), 415, "unsupported_media_type").await;
}

#[tokio::test]
async fn bad_requests_are_told_which_field() {
    let app = spawn_web().await;
    for (body, field) in [
        (json!({"channel": "whatsapp"}), "channel"),
        (json!({"channel": 7}), "channel"),
        (json!({"contact": {"name": {}}}), "contact.name"),
        (json!({"metadata": "x"}), "metadata"),
        (json!({"metadata": {"x": "y".repeat(9000)}}), "metadata"),
    ] {
        let response = app.request(Method::POST, PATH).json(&body).send().await.unwrap();
        assert_eq!(problem(response, 422, "invalid_field").await["field"], field);
    }
    // A language that nobody here speaks is no reason to turn a customer away.
    for locale in ["fr-FR", "", "🦀"] {
        let response = app.request(Method::POST, PATH).json(&json!({"locale": locale})).send().await.unwrap();
        assert_eq!(response.status(), 201);
    }
}

#[tokio::test]
async fn one_address_opens_thirty_a_second_and_not_without_end() {
    let mut options = WebOptions::default();
    options.limits.conversations_per_second_per_address = 30;
    let app = spawn_web_with(options).await;
    let open = || app.request(Method::POST, PATH).json(&json!({})).send();
    let answers = futures_util::future::join_all((0..90).map(|_| open())).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let (opened, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status() == 201);
    assert!(opened.len() >= 30, "{}", opened.len());
    assert!(!refused.is_empty());
    for answer in refused {
        assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
        assert!(problem(answer, 429, "too_many_requests").await["retry_after"].as_u64().unwrap() >= 1);
    }
}
