//! The program is told to stop while it works: it ends in good order and in time, and goes on where it was.

use super::support::Place;
use crate::support::fake_openai::{Act, FakeOpenAi, call, finish, says};
use crate::support::vendor::{self, Vendor, tools};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn told_to_stop_while_the_model_thinks() {
    let endpoint = FakeOpenAi::start([Act::Hang.into()]).await;
    let place = Place::new().await.with_model(&endpoint);
    let process = place.serve().await;
    let mut talk = process.talk().await;
    talk.send("Oi, tudo bem?").await;
    while endpoint.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    let (status, took) = process.terminate().await;
    assert!(status.success() && took < Duration::from_secs(2), "{status} after {took:?}");
    endpoint.push(says("Tudo ótimo! Como posso ajudar?"));
    let process = place.serve().await;
    talk.again(&process.door).await;
    talk.answer().await;
    assert_eq!(talk.said_by("assistant").await.len(), 1);
}

#[tokio::test]
async fn interrupted_from_the_keyboard() {
    let endpoint = FakeOpenAi::start([Act::Hang.into()]).await;
    let place = Place::new().await.with_model(&endpoint);
    let process = place.serve().await;
    let mut talk = process.talk().await;
    talk.send("Oi, tudo bem?").await;
    while endpoint.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    let (status, took) = process.interrupt().await;
    assert!(status.success() && took < Duration::from_secs(2), "{status} after {took:?}");
    assert!(!place.path("data/server.json").exists(), "it took its announcement back");
    endpoint.push(says("Tudo ótimo! Como posso ajudar?"));
    let process = place.serve().await;
    talk.again(&process.door).await;
    talk.answer().await;
    assert_eq!(talk.said_by("assistant").await.len(), 1);
}

#[tokio::test]
async fn told_to_stop_while_a_vendor_works() {
    let vendor = Vendor::start([vendor::Act::DoAndHold]).await;
    let calling =
        Act::Stream(vec![call(0, "x", "record_visit", "{\"day\": \"sexta\"}"), finish("tool_calls")]);
    let endpoint = FakeOpenAi::start([calling.into()]).await;
    let place =
        Place::new().await.with_model(&endpoint).file("tools/custom/vendor.toml", &tools(&vendor.url));
    let process = place.serve().await;
    let mut talk = process.talk().await;
    talk.send("Vou passar aí na sexta").await;
    vendor.asked_times(1).await;
    let (status, took) = process.terminate().await;
    assert!(status.success() && took < Duration::from_secs(10), "{status} after {took:?}");
    endpoint.push(says("Registrei a sua visita!"));
    let process = place.serve().await;
    talk.again(&process.door).await;
    assert_eq!(talk.answer().await.text, "Registrei a sua visita!");
    assert_eq!(vendor.effects().len(), 1);
}

#[tokio::test]
async fn told_to_stop_after_an_effect_while_the_model_thinks() {
    let vendor = Vendor::start([]).await;
    let calling =
        Act::Stream(vec![call(0, "x", "record_visit", "{\"day\": \"sexta\"}"), finish("tool_calls")]);
    let endpoint = FakeOpenAi::start([calling.into(), Act::Hang.into()]).await;
    let place =
        Place::new().await.with_model(&endpoint).file("tools/custom/vendor.toml", &tools(&vendor.url));
    let process = place.serve().await;
    let mut talk = process.talk().await;
    talk.send("Vou passar aí na sexta").await;
    while endpoint.asked().len() < 2 {
        tokio::task::yield_now().await;
    }
    let (status, took) = process.terminate().await;
    assert!(
        status.success() && took < Duration::from_secs(2),
        "{status} after {took:?}: its journal is safe, it can be parked"
    );
    endpoint.push(says("Registrei a sua visita!"));
    let process = place.serve().await;
    talk.again(&process.door).await;
    assert_eq!(talk.answer().await.text, "Registrei a sua visita!");
    assert_eq!((vendor.asked().len(), vendor.effects().len()), (1, 1));
}

#[tokio::test]
async fn told_to_stop_while_somebody_is_in_the_middle_of_a_request() {
    let process = Place::new().await.serve().await;
    let mut caller = TcpStream::connect(process.door.base.strip_prefix("http://").unwrap()).await.unwrap();
    let half = "POST /api/v1/conversations HTTP/1.1\r\nhost: desk\r\ncontent-type: application/json\r\n\
                content-length: 1000\r\nexpect: 100-continue\r\n\r\n";
    caller.write_all(half.as_bytes()).await.unwrap();
    // The body is waited for from here on.
    let mut told = [0; 12];
    caller.read_exact(&mut told).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 100");
    let (status, took) = process.terminate().await;
    assert!(status.success() && took < Duration::from_secs(15), "{status} after {took:?}");
}
