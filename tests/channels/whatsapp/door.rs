//! Who is let in at the door, and what Meta is told.

use crate::support::web::{WebApp, WebOptions, problem, spawn_web, spawn_web_with};
use crate::support::whatsapp::{self, SECRET, post_bytes, signature};
use async_trait::async_trait;
use balcao::config::settings::Settings;
use balcao::domain::ids::PostId;
use balcao::store::error::StoreError;
use balcao::store::posts::{NewPost, Post, PostCounts, PostOutcome, PostStore};
use jiff::Timestamp;
use reqwest::{Method, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const MIB: usize = 1024 * 1024;
const BODY: &[u8] = br#"{"object":"whatsapp_business_account","entry":[{"id":"700100200300","changes":[]}]}"#;

fn settings() -> balcao::config::whatsapp::WhatsAppSettings {
    let mut settings = Settings::load(None, &Vec::new()).unwrap().channels.whatsapp;
    whatsapp::set(&mut settings);
    settings
}

async fn open_door() -> WebApp {
    spawn_web_with(WebOptions { whatsapp: Some(settings()), ..WebOptions::default() }).await
}

async fn post_as(app: &WebApp, header: Option<&str>, body: Vec<u8>) -> Response {
    let mut request = app.request(Method::POST, "/webhooks/whatsapp").body(body);
    if let Some(header) = header {
        request = request.header("x-hub-signature-256", header);
    }
    request.send().await.unwrap()
}

async fn waiting(app: &WebApp) -> u64 {
    app.stores.posts.counts("whatsapp").await.unwrap().waiting
}

#[tokio::test]
async fn without_the_channel_there_is_no_door() {
    let app = spawn_web().await;
    problem(post_bytes(&app.client, &app.base, BODY.to_vec()).await, 404, "channel_not_set_up").await;
    let asked = app.request(Method::GET, "/webhooks/whatsapp?hub.mode=subscribe").send().await.unwrap();
    problem(asked, 404, "channel_not_set_up").await;
}

#[tokio::test]
async fn the_handshake_repeats_the_challenge_to_who_knows_the_token() {
    let app = open_door().await;
    let ask = async |query: &str| {
        app.request(Method::GET, &format!("/webhooks/whatsapp{query}")).send().await.unwrap()
    };
    for (challenge, said) in [("1158201444", "1158201444"), ("%22a%22%3Cb%3E", "\"a\"<b>")] {
        let query = format!("?hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token=verificar");
        let answer = ask(&query).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
        assert_eq!(answer.text().await.unwrap(), said);
    }
    let long = "1".repeat(300);
    for query in [
        "",
        "?",
        "?hub.mode=subscribe&hub.challenge=1",
        "?hub.mode=subscribe&hub.verify_token=verificar",
        "?hub.challenge=1&hub.verify_token=verificar",
        "?hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=verificar",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=outro",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=verificar%20",
        "?hub_mode=subscribe&hub_challenge=1&hub_verify_token=verificar",
        "?hub.mode=subscribe&hub.mode=subscribe&hub.challenge=1&hub.verify_token=verificar",
        "?hub.mode=subscribe&hub.challenge=&hub.verify_token=verificar",
        &format!("?hub.mode=subscribe&hub.challenge={long}&hub.verify_token=verificar"),
    ] {
        problem(ask(query).await, 403, "bad_handshake").await;
    }
}

#[tokio::test]
async fn only_what_the_app_signed_is_kept() {
    let app = open_door().await;
    let good = signature(SECRET, BODY);
    let altered = [b" ", &BODY[1..]].concat();
    for (header, body) in [
        (None, BODY.to_vec()),
        (Some(String::new()), BODY.to_vec()),
        (Some(good.to_uppercase()), BODY.to_vec()),
        (Some(good.replace("sha256=", "SHA256=")), BODY.to_vec()),
        (Some(good.replace("sha256=", "sha1=")), BODY.to_vec()),
        (Some(good[..70].to_owned()), BODY.to_vec()),
        (Some(signature("another", BODY)), BODY.to_vec()),
        (Some(signature("", BODY)), BODY.to_vec()),
        (Some(good.clone()), altered),
        (Some(good.clone()), Vec::new()),
    ] {
        problem(post_as(&app, header.as_deref(), body).await, 401, "bad_signature").await;
    }
    assert_eq!(waiting(&app).await, 0);
    // Either secret will do, and what is inside is nobody's business yet.
    for secret in [SECRET, "um-novo"] {
        for body in [BODY, b"", b"no json", b"\xff\x00"] {
            let answer = post_as(&app, Some(&signature(secret, body)), body.to_vec()).await;
            assert_eq!(answer.status(), 200);
        }
    }
    assert_eq!(waiting(&app).await, 8);
    let claimed = app.stores.posts.claim("whatsapp", Timestamp::now(), Timestamp::now(), 9).await.unwrap();
    assert_eq!(claimed[3].body, b"\xff\x00", "kept as it came");
}

#[tokio::test]
async fn a_body_may_have_three_mebibytes() {
    let app = open_door().await;
    let answer = post_bytes(&app.client, &app.base, vec![b'x'; 3 * MIB]).await;
    assert_eq!(answer.status(), 200);
    let answer = post_bytes(&app.client, &app.base, vec![b'x'; 3 * MIB + 1]).await;
    assert_eq!(problem(answer, 413, "body_too_large").await["limit"], 3 * MIB);
    problem(post_as(&app, None, vec![b'x'; 3 * MIB]).await, 401, "bad_signature").await;
    assert_eq!(waiting(&app).await, 1);
}

#[tokio::test]
async fn a_body_that_cannot_be_kept_is_posted_again() {
    let gone = Arc::new(AtomicBool::new(true));
    let before = gone.clone();
    let options = WebOptions {
        whatsapp: Some(settings()),
        wrap_posts: Box::new(move |inner| Arc::new(GonePosts { inner, gone: before })),
        ..WebOptions::default()
    };
    let app = spawn_web_with(options).await;
    let answer = post_bytes(&app.client, &app.base, BODY.to_vec()).await;
    assert!(answer.headers().contains_key("retry-after"));
    let told = problem(answer, 503, "unavailable").await;
    assert!(!told.to_string().contains("secret"), "{told}");
    gone.store(false, Ordering::SeqCst);
    assert_eq!(post_bytes(&app.client, &app.base, BODY.to_vec()).await.status(), 200);
    assert_eq!(waiting(&app).await, 1);
}

/// A store that is away.
struct GonePosts {
    inner: Arc<dyn PostStore>,
    gone: Arc<AtomicBool>,
}

#[async_trait]
impl PostStore for GonePosts {
    async fn keep(&self, post: NewPost) -> Result<(), StoreError> {
        if self.gone.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("/secret/path is full".to_owned()));
        }
        self.inner.keep(post).await
    }

    async fn claim(
        &self,
        channel: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Post>, StoreError> {
        self.inner.claim(channel, now, lease_until, limit).await
    }

    async fn came_since(&self, channel: &str, since: Timestamp) -> Result<bool, StoreError> {
        self.inner.came_since(channel, since).await
    }

    async fn settle(&self, id: PostId, outcome: PostOutcome) -> Result<(), StoreError> {
        self.inner.settle(id, outcome).await
    }

    async fn expire_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.inner.expire_claims(now).await
    }

    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner.sweep(before, limit).await
    }

    async fn counts(&self, channel: &str) -> Result<PostCounts, StoreError> {
        self.inner.counts(channel).await
    }
}
