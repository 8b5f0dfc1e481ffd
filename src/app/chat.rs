//! `balcao chat`: the terminal channel. Talks to the server that runs on the data folder, or brings one up on a free
//! port for itself; engine and store are the same either way.

use super::build::Options;
use super::client::{ConversationClient, Refused, StreamEvent};
use super::instance::{Running, running};
use super::serve::Server;
use crate::domain::clock::Clock;
use futures_util::{Stream, StreamExt};
use std::io::{IsTerminal, Write};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};

/// How long an answer may take before the terminal gives up on it.
const PATIENCE: Duration = Duration::from_secs(180);

/// `balcao chat`.
///
/// # Errors
/// If no server can be reached or brought up.
pub async fn chat(options: Options) -> anyhow::Result<()> {
    let clock = options.clock.clone();
    if let Some(Running { url, .. }) = running(&options.data).await {
        return talk(&url, clock.as_ref()).await;
    }
    let server = Server::bind(options, "127.0.0.1:0").await?;
    let stop = server.stop.clone();
    let url = format!("http://{}", server.address);
    #[expect(clippy::disallowed_methods, reason = "awaited below")]
    let serving = tokio::spawn(server.run());
    let talked = talk(&url, clock.as_ref()).await;
    stop.cancel();
    serving.await?;
    talked
}

async fn talk(url: &str, clock: &dyn Clock) -> anyhow::Result<()> {
    let conversation = ConversationClient::open(url).await?;
    let mut events = Box::pin(conversation.events().await?);
    let screen = Screen { interactive: std::io::stdin().is_terminal() && std::io::stdout().is_terminal() };
    let mut lines = BufReader::new(tokio::io::stdin());
    let mut silent = false;
    loop {
        screen.prompt();
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let id = match conversation.send(&clock.new_id().to_string(), text).await {
            Ok(id) => id,
            Err(error) => {
                screen.note(&not_sent(&error));
                continue;
            }
        };
        if silent {
            screen
                .note("uma pessoa da equipe cuida desta conversa; a resposta dela aparece aqui quando vier");
            continue;
        }
        silent =
            tokio::time::timeout(PATIENCE, answer(&mut events, &id, &screen)).await.unwrap_or_else(|_| {
                screen.note("sem resposta até agora; tente de novo");
                false
            });
    }
}

/// Why a message was not sent, for who wrote it.
fn not_sent(error: &anyhow::Error) -> String {
    match error.downcast_ref::<Refused>() {
        Some(refused) if refused.code == "message_too_long" => {
            "não enviada: a mensagem é longa demais; envie em partes".to_owned()
        }
        Some(_) => "não enviada: a mensagem não foi aceita".to_owned(),
        None => "não enviada: o servidor não respondeu; tente de novo".to_owned(),
    }
}

/// Shows the answer to message `id`. Whether the bot is silent from now on.
async fn answer(events: &mut (impl Stream<Item = StreamEvent> + Unpin), id: &str, screen: &Screen) -> bool {
    let mut answered = false;
    let mut silent = false;
    while let Some(StreamEvent { kind, data }) = events.next().await {
        match kind.as_str() {
            "delta" => screen.delta(data["text"].as_str().unwrap_or_default()),
            "progress" => screen.progress(data["text"].as_str().unwrap_or_default()),
            "ownership" => silent = data["owner"] != "bot",
            "message" if data["role"] != "customer" => {
                screen.message(&data);
                answered |=
                    data["reply_to"].as_array().is_some_and(|ids| ids.iter().any(|known| known == id));
            }
            "turn" if data["state"] == "finished" && answered => return silent,
            _ => {}
        }
    }
    true
}

/// The terminal, or what takes its place.
struct Screen {
    interactive: bool,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the terminal is this channel")]
impl Screen {
    fn prompt(&self) {
        if self.interactive {
            print!("\x1b[1mvocê>\x1b[0m ");
            std::io::stdout().flush().ok();
        }
    }

    fn delta(&self, words: &str) {
        if self.interactive {
            print!("{words}");
            std::io::stdout().flush().ok();
        }
    }

    fn progress(&self, sentence: &str) {
        if self.interactive && !sentence.is_empty() {
            eprintln!("\x1b[2m{sentence}\x1b[0m");
        }
    }

    fn message(&self, message: &serde_json::Value) {
        // The committed words count: on a terminal they take the place of what was streamed.
        if self.interactive {
            print!("\r\x1b[2K");
        }
        println!("{}", message["text"].as_str().unwrap_or_default());
        for source in message["sources"].as_array().into_iter().flatten() {
            println!("  [{}]", source["title"].as_str().unwrap_or_default());
        }
        let buttons: Vec<&str> = message["buttons"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|button| button["label"].as_str())
            .collect();
        if !buttons.is_empty() {
            println!("  ({})", buttons.join(" / "));
        }
        println!();
        std::io::stdout().flush().ok();
    }

    fn note(&self, text: &str) {
        eprintln!("({text})");
    }
}
