//! A visitor of the shop as a browser plays one: opens a conversation, keeps its event stream open, and writes the
//! next message when the last one was answered, or several in a row.

use crate::client::{Connection, Request};
use anyhow::Context;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What visitors of a shop with a language model ask, in turn.
pub const QUESTIONS: [&str; 6] = [
    "Vocês têm vasos de cerâmica para a sala?",
    "Qual a diferença entre o linho e o algodão das mantas?",
    "Como funciona a troca de um produto com defeito?",
    "Quero ver luminárias de madeira para o quarto.",
    "Vocês entregam no interior do estado?",
    "Tem alguma bandeja que combine com uma mesa escura?",
];

/// A visitor in a conversation.
pub struct Visitor {
    connection: Connection,
    stream: Connection,
    path: String,
    token: String,
    sent: usize,
}

impl Visitor {
    /// Opens a conversation as somebody called `name`. Visitors go to the addresses by turns of their numbers.
    pub async fn open(addresses: &[SocketAddr], number: usize, name: &str) -> anyhow::Result<Self> {
        let address = *addresses.get(number % addresses.len().max(1)).context("no address")?;
        let mut connection = Connection::to(address).await?;
        let (path, token) = converse(&mut connection, name).await?;
        let mut stream = Connection::to(address).await?;
        stream.listen(&format!("{path}/events"), &token).await?;
        Ok(Self { connection, stream, path, token, sent: 0 })
    }

    /// How many messages were sent.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// Sends a message and waits until its turn is finished and told. Also says how the turn ended.
    pub async fn ask(&mut self, text: &str) -> anyhow::Result<(Duration, String)> {
        let began = Instant::now();
        self.send(text).await?;
        let end = self.stream.event("turn", &["\"finished\""]).await?;
        Ok((began.elapsed(), end))
    }

    /// Sends a message and waits for the first sign that it is worked on.
    pub async fn first_progress(&mut self, text: &str) -> anyhow::Result<Duration> {
        let began = Instant::now();
        self.send(text).await?;
        self.stream.event("progress", &[]).await?;
        Ok(began.elapsed())
    }

    /// Sends messages so far apart, and waits for the answer to the last one. Says how long after it that came.
    pub async fn burst(&mut self, texts: &[&str], gap: Duration) -> anyhow::Result<Duration> {
        let mut last = (Instant::now(), String::new());
        for (number, text) in texts.iter().enumerate() {
            if number > 0 {
                tokio::time::sleep(gap).await;
            }
            let began = Instant::now();
            last = (began, self.send(text).await?);
        }
        let (began, id) = last;
        // The customer's own message has the id too.
        self.stream.event("message", &["\"assistant\"", &id]).await?;
        Ok(began.elapsed())
    }

    /// Returns the message's id.
    async fn send(&mut self, text: &str) -> anyhow::Result<String> {
        self.sent += 1;
        let body = json!({"client_id": format!("m{}", self.sent), "text": text}).to_string();
        let path = format!("{}/messages", self.path);
        let request = Request { method: "POST", path: &path, bearer: &self.token, body: &body };
        let accepted = taken(&mut self.connection, request, 202).await?;
        accepted["message_id"].as_str().map(str::to_owned).context("no message_id")
    }
}

/// Opens a conversation as somebody called `name`; returns its path and its token.
pub async fn converse(connection: &mut Connection, name: &str) -> anyhow::Result<(String, String)> {
    let body = json!({"channel": "web", "locale": "pt-BR", "contact": {"name": name}}).to_string();
    let request = Request { method: "POST", path: "/api/v1/conversations", bearer: "", body: &body };
    let opened = taken(connection, request, 201).await?;
    let text = |field: &str| opened[field].as_str().map(str::to_owned).context("no id or token");
    Ok((format!("/api/v1/conversations/{}", text("id")?), text("token")?))
}

/// Requests that were told to come again since this was asked last.
pub fn turned_away() -> usize {
    TURNED_AWAY.swap(0, Ordering::Relaxed)
}

static TURNED_AWAY: AtomicUsize = AtomicUsize::new(0);

/// How often a request that is told to come again does, as a page does.
const TRIES: usize = 60;

/// The body of the answer once a request is taken: a server that has too much to do says so, and took nothing.
async fn taken(connection: &mut Connection, request: Request<'_>, status: u16) -> anyhow::Result<Value> {
    for _ in 1..TRIES {
        let answer = connection.ask(request).await?;
        if answer.status != 503 {
            return answer.json(status);
        }
        TURNED_AWAY.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    connection.ask(request).await?.json(status)
}
