//! Which pages may use the API from a browser.

use crate::support::web::{WebOptions, problem, spawn_web, spawn_web_with};
use reqwest::{Method, Response};
use serde_json::json;

const PATH: &str = "/api/v1/conversations";

fn shop() -> WebOptions {
    let mut options = WebOptions::default();
    options.settings.allowed_origins = vec!["https://shop.example/".to_owned()];
    options
}

fn allowed(response: &Response) -> Option<&str> {
    response.headers().get("access-control-allow-origin").map(|origin| origin.to_str().unwrap())
}

#[tokio::test]
async fn listed_pages_and_our_own_may_and_others_may_not() {
    let app = spawn_web_with(shop()).await;
    let own = app.base.clone();
    for (origin, may) in [
        ("https://shop.example", true),
        (own.as_str(), true),
        ("https://shop.example.evil.example", false),
        ("https://evil.example", false),
        ("http://shop.example", false),
        ("http://127.0.0.1:1", false),
        ("null", false),
        ("rubbish\u{7f}".trim_end_matches('\u{7f}'), false),
    ] {
        let open = app.request(Method::POST, PATH).header("origin", origin).json(&json!({}));
        let open = open.send().await.unwrap();
        assert_eq!(allowed(&open), may.then_some(origin));
        assert_eq!(open.headers()["vary"], "Origin");
        if may {
            assert_eq!(open.status(), 201, "{origin}");
            let secure = open.headers()["set-cookie"].to_str().unwrap().contains("; Secure");
            assert_eq!(secure, origin.starts_with("https:"));
            assert_eq!(open.headers()["access-control-expose-headers"], "retry-after");
            assert!(open.headers().get("access-control-allow-credentials").is_none());
        } else {
            problem(open, 403, "origin_not_allowed").await;
        }
        let ask = app
            .request(Method::OPTIONS, PATH)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        let ask = ask.send().await.unwrap();
        assert_eq!((ask.status() == 204, allowed(&ask)), (may, may.then_some(origin)));
        // Reading does no harm, but the page does not get to see it.
        let read =
            app.request(Method::GET, "/api/v1/widget-config").header("origin", origin).send().await.unwrap();
        assert_eq!((read.status().as_u16(), allowed(&read)), (200, may.then_some(origin)));
    }
}

#[tokio::test]
async fn closed_by_default_and_open_to_all_only_when_told() {
    let app = spawn_web().await;
    let foreign = |app: &crate::support::web::WebApp| {
        app.request(Method::POST, PATH).header("origin", "https://shop.example").json(&json!({})).send()
    };
    problem(foreign(&app).await.unwrap(), 403, "origin_not_allowed").await;
    let mut options = WebOptions::default();
    options.settings.allowed_origins = vec!["*".to_owned()];
    let app = spawn_web_with(options).await;
    assert_eq!(foreign(&app).await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_foreign_page_cannot_write_with_the_visitors_cookie() {
    let app = spawn_web().await;
    let visit = app.visit().await;
    let path = format!("{PATH}/{}/messages", visit.id);
    let post = app
        .request(Method::POST, &path)
        .header("cookie", format!("balcao_token={}", visit.token))
        .header("origin", "https://evil.example")
        .json(&json!({"client_id": "1", "text": "oi"}));
    problem(post.send().await.unwrap(), 403, "origin_not_allowed").await;
    assert!(app.stores.conversations.messages(visit.id, 0, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_stream_in_a_foreign_page_is_readable_only_if_listed() {
    let app = spawn_web_with(shop()).await;
    let visit = app.visit().await;
    for (origin, may) in [("https://shop.example", true), ("https://evil.example", false)] {
        let path = format!("{PATH}/{}/events?token={}", visit.id, visit.token);
        let stream = app.request(Method::GET, &path).header("origin", origin).send().await.unwrap();
        assert_eq!(allowed(&stream), may.then_some(origin));
    }
}
