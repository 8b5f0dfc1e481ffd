//! Callers who keep the door open and say nothing.

use crate::support::web::{WebOptions, spawn_web_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn impatient() -> WebOptions {
    let mut options = WebOptions::default();
    options.limits.quiet_connection_ms = 200;
    options
}

#[tokio::test]
async fn who_does_not_finish_a_head_is_let_go() {
    let app = spawn_web_with(impatient()).await;
    let address = app.base.strip_prefix("http://").unwrap();
    for begun in ["", "GET /healthz HTTP/1.1\r\nHost: x\r\n", "GET /heal"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // The end of the test's patience is the test runner's: this returns only when the server closes.
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        assert!(!answer.contains(" 200 "), "{answer}");
    }
}

#[tokio::test]
async fn a_connection_without_a_further_request_is_closed_and_a_stream_stays() {
    let app = spawn_web_with(impatient()).await;
    let address = app.base.strip_prefix("http://").unwrap();
    let visit = app.visit().await;
    let mut streaming = TcpStream::connect(address).await.unwrap();
    let path = format!("/api/v1/conversations/{}/events?token={}", visit.id.0, visit.token);
    streaming.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut first = [0; 12];
    streaming.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    idle.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    // The quiet one was closed after as long as a stream would have been.
    app.post(&visit, "a", "Oi").await;
    let mut told = String::new();
    while !told.contains("Oi") {
        let mut some = [0; 1024];
        let read = streaming.read(&mut some).await.unwrap();
        assert!(read > 0, "the stream was closed: {told}");
        told.push_str(&String::from_utf8_lossy(&some[..read]));
    }
}
