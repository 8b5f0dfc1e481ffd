//! Shops whose knowledge is on a Qdrant server: they share it, and they stay open when it is away.

use super::documents::{PRICE, answered, documents};
use super::support::{Place, Process, stdout};
use crate::support::qdrant::Peer;
use reqwest::Method;
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};

const QUESTION: &str = "Vocês alugam bicicletas?";

fn place(peer: &Peer) -> Place {
    let mut place = Place::empty().file("knowledge/bicicletas.md", PRICE);
    place.set("BALCAO__KNOWLEDGE__URL", &peer.url());
    place
}

/// Whether it is ready, and what it says of the vectors.
async fn ready(server: &Process) -> (bool, Value) {
    let answer = server.door.operator(Method::GET, "/readyz").send().await.unwrap();
    let ready = answer.status().is_success();
    let body: Value = answer.json().await.unwrap();
    let checks = body["checks"].as_array().unwrap();
    (ready, checks.iter().find(|check| check["name"] == "vectors").unwrap().clone())
}

#[tokio::test]
async fn two_shops_share_one_index() {
    let peer = Peer::start();
    let (one, other) = (place(&peer), place(&peer));
    let (first, second) = (one.serve().await, other.serve().await);
    answered(&second, QUESTION, "R$ 12").await;
    // It has compared its documents with the index.
    while documents(&second.door, "").await.is_empty() {}
    // The second shop's own file stays as it was: what the first one indexes is what it answers.
    fs::write(one.path("knowledge/bicicletas.md"), PRICE.replace("12", "14")).unwrap();
    answered(&first, QUESTION, "R$ 14").await;
    answered(&second, QUESTION, "R$ 14").await;
    // A command without documents of its own finds them too, and replaces nothing.
    let mut bare = Place::empty();
    bare.set("BALCAO__KNOWLEDGE__URL", &peer.url());
    let found = bare.run(&["search", "aluguel de bicicletas"], "").await;
    assert!(stdout(&found).contains("R$ 14"), "{found:?}");
    answered(&first, QUESTION, "R$ 14").await;
    assert_eq!(peer.collections().len(), 1);
}

#[tokio::test]
async fn a_shop_opens_without_its_server_and_knows_again_when_it_is_back() {
    let mut peer = Peer::start();
    peer.stop();
    let place = place(&peer);
    let began = Instant::now();
    let server = place.serve().await;
    assert!(began.elapsed() < Duration::from_secs(20), "it waited");
    let (is_ready, vectors) = ready(&server).await;
    assert!(!is_ready && vectors.to_string().contains("does not answer"), "{vectors}");
    // Words are answered, if not with what is not known.
    let answer = server.talk().await.say(QUESTION).await;
    assert!(!answer.text.is_empty() && !answer.text.contains("R$ 12"), "{answer:#?}");
    let checked = place.run(&["check", "--online"], "").await;
    assert!(
        stdout(&checked).contains("knowledge.url: the server of the knowledge does not answer"),
        "{checked:?}"
    );
    peer.come_back();
    answered(&server, QUESTION, "R$ 12").await;
    let (is_ready, vectors) = ready(&server).await;
    assert!(is_ready, "{vectors}");
    let checked = place.run(&["check", "--online"], "").await;
    assert!(stdout(&checked).contains("answers; documents: 1"), "{checked:?}");
    // The server loses everything: what the shop knows is brought there again.
    peer.forget();
    let deadline = Instant::now() + Duration::from_secs(60);
    while peer.collections().is_empty() {
        assert!(Instant::now() < deadline, "nobody brought it back");
    }
    answered(&server, QUESTION, "R$ 12").await;
    assert!(server.terminate().await.0.success());
}

#[tokio::test]
async fn a_wrong_key_is_said_at_the_start_and_the_right_one_is_read_from_a_file() {
    let peer = Peer::guarded(Some("right-key"));
    let mut place = place(&peer).file("key", "right-key\n");
    let refused = place.run(&["search", "bicicletas"], "").await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("knowledge.api_key"), "{said}");
    let file = place.path("key").display().to_string();
    place.set("BALCAO__KNOWLEDGE__API_KEY_FILE", &file);
    let found = place.run(&["search", "aluguel de bicicletas"], "").await;
    assert!(found.status.success() && stdout(&found).contains("R$ 12"), "{found:?}");
}

#[tokio::test]
async fn a_server_over_tls_has_to_prove_who_it_is() {
    let (peer, certificate) = Peer::over_tls();
    let mut place = place(&peer).file("certificate.pem", &certificate);
    let refused = place.run(&["check", "--online"], "").await;
    assert!(stdout(&refused).contains("knowledge.url: "), "{refused:?}");
    assert!(peer.collections().is_empty());
    let file = place.path("certificate.pem").display().to_string();
    place.set("SSL_CERT_FILE", &file);
    let found = place.run(&["search", "aluguel de bicicletas"], "").await;
    assert!(found.status.success() && stdout(&found).contains("R$ 12"), "{found:?}");
    assert_eq!(peer.collections().len(), 1);
}
