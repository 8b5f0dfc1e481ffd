//! What happens to the machine: a disk that is full, a database that goes away, processes that are replaced one after
//! another. Nothing that was
//! acknowledged is lost, whoever is turned away is told so, and the program recovers by itself.

use super::support::{Place, Process};
use crate::support::fake_openai::{FakeOpenAi, Reply, says};
use crate::support::postgres::Database;
use crate::support::talk::Talk;
use crate::support::wire::{Cut, Wire};
use serde_json::Value;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Nothing that a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Every customer message of a conversation, with how many answers it has.
async fn answers(talk: &Talk) -> HashMap<String, usize> {
    let mut answers = HashMap::new();
    let history: Value =
        talk.visitor(reqwest::Method::GET, "/messages?limit=500").send().await.unwrap().json().await.unwrap();
    for message in history["messages"].as_array().unwrap() {
        if message["role"] == "customer" {
            answers.entry(message["id"].as_str().unwrap().to_owned()).or_insert(0);
        }
        for answered in message["reply_to"].as_array().into_iter().flatten() {
            *answers.entry(answered.as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
    }
    answers
}

/// Waits until each of these messages has exactly one answer.
async fn answered_once(talk: &Talk, acknowledged: &[String]) {
    let began = Instant::now();
    loop {
        let answers = answers(talk).await;
        assert!(answers.values().all(|count| *count <= 1), "answered twice: {answers:?}");
        if acknowledged.iter().all(|id| answers.get(id) == Some(&1)) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{acknowledged:?} {answers:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_full_disk_turns_customers_away_and_loses_nothing() {
    let endpoint = FakeOpenAi::start((0..400).map(|_| says("Tudo ótimo! Como posso ajudar?"))).await;
    let place = Place::new().await.with_model(&endpoint);
    let process = place.serve_on_a_small_disk().await;
    let talk = process.talk().await;
    let log = || std::fs::metadata(place.path("data/balcao.db-wal")).map_or(0, |file| file.len());
    process.limit_files(Some(log() + 150_000));
    let mut acknowledged = Vec::new();
    let refused = loop {
        let response = talk.post("Oi, tudo bem por aí?").await;
        if response.status() == 202 {
            let accepted: Value = response.json().await.unwrap();
            acknowledged.push(accepted["message_id"].as_str().unwrap().to_owned());
            assert!(acknowledged.len() < 400, "the disk does not fill");
            continue;
        }
        break response;
    };
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    assert!(refused.headers().contains_key("retry-after"));
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "unavailable");
    assert!(!problem["detail"].as_str().unwrap().contains("disk I/O"), "{problem}");
    // What was said before can still be read.
    let known = answers(&talk).await;
    assert!(acknowledged.iter().all(|id| known.contains_key(id)));
    assert_eq!(known.len(), acknowledged.len(), "a message was kept although it was refused");

    process.limit_files(None);
    let response = talk.post("E agora?").await;
    assert_eq!(response.status(), 202);
    let accepted: Value = response.json().await.unwrap();
    acknowledged.push(accepted["message_id"].as_str().unwrap().to_owned());
    answered_once(&talk, &acknowledged).await;
    assert!(process.terminate().await.0.success());
}

/// An answer that takes long enough to be interrupted.
fn slowly() -> Reply {
    Reply { latency: Duration::from_millis(300), ..says("Tudo ótimo! Como posso ajudar?") }
}

#[tokio::test]
async fn processes_are_replaced_one_after_another() {
    let database = Database::empty().await;
    let endpoint = FakeOpenAi::start((0..400).map(|_| slowly())).await;
    let mut places = Vec::new();
    for _ in 0..2 {
        let mut place = Place::new().await.with_model(&endpoint);
        place.set("BALCAO__STORE__URL", &database.url());
        places.push(place);
    }
    let mut serving: Vec<Process> = Vec::new();
    for place in &places {
        serving.push(place.serve().await);
    }
    let mut acknowledged: HashMap<String, Vec<String>> = HashMap::new();
    let mut talks = Vec::new();
    for number in 0..12 {
        talks.push(serving[number % 2].talk().await);
    }
    for replaced in [0, 1] {
        // In the middle of turns.
        for talk in &mut talks {
            talk.again(&serving[1 - replaced].door).await;
            let id = talk.send("Oi, tudo bem por aí?").await;
            acknowledged.entry(talk.id.clone()).or_default().push(id);
        }
        let old = serving.remove(replaced);
        let (status, took) = old.terminate().await;
        assert!(status.success() && took < Duration::from_secs(10), "{status} after {took:?}");
        for talk in &talks {
            let id = talk.send("E mais uma coisa, por favor.").await;
            acknowledged.get_mut(&talk.id).unwrap().push(id);
        }
        serving.insert(replaced, places[replaced].serve().await);
    }
    for talk in &mut talks {
        talk.again(&serving[0].door).await;
        answered_once(talk, &acknowledged[&talk.id]).await;
    }
    for process in serving {
        assert!(process.terminate().await.0.success());
    }
}

#[tokio::test]
async fn a_database_that_goes_away_turns_customers_away_and_loses_nothing() {
    for how in [Cut::Severed, Cut::Frozen] {
        let database = Database::empty().await;
        let wire = Wire::to(Database::socket()).await;
        let endpoint = FakeOpenAi::start((0..400).map(|_| slowly())).await;
        let mut place = Place::new().await.with_model(&endpoint);
        place.set("BALCAO__STORE__URL", &database.url_behind(wire.port));
        let process = place.serve().await;
        let mut talk = process.talk().await;
        talk.say("Oi, tudo bem?").await;
        let mut acknowledged = vec![talk.send("Oi, tudo bem por aí?").await];
        while endpoint.asked().len() < 2 {
            tokio::task::yield_now().await;
        }
        // In the middle of a turn.
        wire.cut(how);
        let began = Instant::now();
        let refused = talk.post("Alguém aí?").await;
        assert_eq!(refused.status(), 503, "{how:?}");
        assert!(began.elapsed() < Duration::from_secs(15), "{how:?}: {:?}", began.elapsed());
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["code"], "unavailable", "{problem}");
        let ready = process.door.operator(reqwest::Method::GET, "/readyz").send().await.unwrap();
        assert_eq!(ready.status(), 503);
        wire.mend();
        // The same message again, as a careful client does, until it is taken.
        let began = Instant::now();
        loop {
            let response = talk.post("Alguém aí?").await;
            if response.status() == 202 {
                let accepted: Value = response.json().await.unwrap();
                acknowledged.push(accepted["message_id"].as_str().unwrap().to_owned());
                break;
            }
            assert_eq!(response.status(), 503, "{how:?}");
            assert!(began.elapsed() < PATIENCE, "{how:?}: it does not recover");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        answered_once(&talk, &acknowledged).await;
        assert!(process.terminate().await.0.success());
    }
}
