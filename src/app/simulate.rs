//! `balcao whatsapp simulate`: a phone in the terminal. What is typed goes through the real webhook, signed; what is
//! answered comes through the real client. Only Meta's own computers are missing.

use super::build::Options;
use super::client;
use super::instance::running;
use super::serve::Server;
use super::terminal::say;
use crate::channels::whatsapp::signature::{SIGNATURE, sign};
use crate::config::secret::Secret;
use crate::config::whatsapp::{Provider, WhatsAppSettings};
use crate::domain::clock::Clock;
use crate::web::phone::{self, Reached};
use anyhow::Context;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The number that is written to, as Meta names it, and as customers dial it.
const NUMBER: &str = "100000000000001";
const DISPLAY_PHONE: &str = "5511400000000";
/// Signs what the phone writes, and is presented by who writes to it: both ends are this process.
const KEY: &str = "simulated";
/// How long an answer may take before the phone gives up on it.
const PATIENCE: Duration = Duration::from_secs(180);

/// Who holds the phone.
pub struct Holder {
    /// Digits with the country.
    pub phone: String,
    /// What they call themselves.
    pub name: String,
}

/// Plays the phone until the input ends.
///
/// # Errors
/// If no server can be brought up on the data folder.
pub async fn simulate(mut options: Options, holder: Holder) -> anyhow::Result<()> {
    anyhow::ensure!(
        running(&options.data).await.is_none(),
        "a server runs on the data folder {}; stop it, or name another folder with --data",
        options.data.display()
    );
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    connect(&mut options.settings.channels.whatsapp, &format!("http://{}", listener.local_addr()?));
    let stop = CancellationToken::new();
    let (reached, line) = phone::line();
    #[expect(clippy::disallowed_methods, reason = "awaited below")]
    let ringing = tokio::spawn(phone::serve(listener, line, stop.clone()));
    let clock = options.clock.clone();
    let server = Server::bind(options, "127.0.0.1:0").await?;
    let webhook = format!("http://{}/webhooks/whatsapp", server.address);
    let serving_stop = server.stop.clone();
    #[expect(clippy::disallowed_methods, reason = "awaited below")]
    let serving = tokio::spawn(server.run());
    let phone = Phone { http: client::http()?, webhook, holder, clock, shown: Vec::new() };
    let played = phone.play(reached).await;
    serving_stop.cancel();
    serving.await?;
    stop.cancel();
    ringing.await?.context("the line broke")?;
    played
}

/// Settings of a program whose Meta is here.
fn connect(settings: &mut WhatsAppSettings, graph: &str) {
    settings.enabled = true;
    settings.provider = Provider::Meta;
    graph.clone_into(&mut settings.graph_base_url);
    settings.access_token = Secret::new(KEY);
    settings.verify_token = Secret::new(KEY);
    settings.app_secrets = vec![Secret::new(KEY)];
    settings.numbers.clear();
    NUMBER.clone_into(&mut settings.phone_number_id);
    DISPLAY_PHONE.clone_into(&mut settings.display_phone);
}

struct Phone {
    http: reqwest::Client,
    webhook: String,
    holder: Holder,
    clock: Arc<dyn Clock>,
    /// The choices under the newest message: id, title, and how they came.
    shown: Vec<(String, String, &'static str)>,
}

impl Phone {
    async fn play(mut self, mut reached: mpsc::Receiver<Reached>) -> anyhow::Result<()> {
        let interactive = std::io::stdin().is_terminal();
        if interactive {
            say(
                "A phone on WhatsApp. Write as a customer would; a number takes the choice of that number; Ctrl-D ends.",
            );
        }
        let mut lines = BufReader::new(tokio::io::stdin());
        let mut line = Vec::new();
        loop {
            tokio::select! {
                read = lines.read_until(b'\n', &mut line) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    let text = String::from_utf8_lossy(&line).trim().to_owned();
                    line.clear();
                    if text.is_empty() {
                        continue;
                    }
                    self.write(&text).await?;
                    if !interactive && tokio::time::timeout(PATIENCE, self.answer(&mut reached)).await.is_err() {
                        say("(no answer)");
                    }
                }
                Some(reached) = reached.recv() => {
                    self.show(reached).await?;
                }
            }
        }
    }

    /// Waits for a message.
    async fn answer(&mut self, reached: &mut mpsc::Receiver<Reached>) -> anyhow::Result<()> {
        while let Some(one) = reached.recv().await {
            if self.show(one).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn write(&mut self, text: &str) -> anyhow::Result<()> {
        let by_number = match self.shown.as_slice() {
            // The number of the only choice would be an answer to what was asked.
            [_] => None,
            several => text.parse::<usize>().ok().and_then(|number| several.get(number.checked_sub(1)?)),
        };
        let by_title = || self.shown.iter().find(|(_, title, _)| title.to_lowercase() == text.to_lowercase());
        let choice = by_number.or_else(by_title);
        let mut message = match choice {
            Some((id, title, kind)) => json!({"type": "interactive",
                "interactive": {"type": kind, *kind: {"id": id, "title": title}}}),
            None => json!({"type": "text", "text": {"body": text}}),
        };
        let now = self.clock.now().as_second().to_string();
        let Holder { phone, name } = &self.holder;
        if let Some(fields) = message.as_object_mut() {
            let id = format!("wamid.{}", self.clock.new_id().simple());
            let about = [("id", id), ("from", phone.clone()), ("timestamp", now)];
            fields.extend(about.map(|(name, value)| (name.to_owned(), Value::String(value))));
        }
        let contact = json!({"profile": {"name": name}, "wa_id": phone});
        self.post(json!({"contacts": [contact], "messages": [message]})).await
    }

    /// Shows what came; whether it was a message.
    async fn show(&mut self, reached: Reached) -> anyhow::Result<bool> {
        let Reached { wamid: Some(wamid), body } = reached else { return Ok(false) };
        let interactive = &body["interactive"];
        let words = [&body["text"]["body"], &interactive["body"]["text"]].into_iter().find_map(Value::as_str);
        say(words.unwrap_or_else(|| body["type"].as_str().unwrap_or("?")));
        if let Some(name) = body["template"]["name"].as_str() {
            say(&format!("  ({name}: {})", body["template"]["components"]));
        }
        self.shown = choices(interactive);
        match self.shown.as_slice() {
            [(_, title, _)] => say(&format!("  [{title}]")),
            several => {
                for (number, (_, title, _)) in several.iter().enumerate() {
                    say(&format!("  {}) {title}", number + 1));
                }
            }
        }
        if let Some(label) = button(interactive) {
            say(&format!("  [{label}]"));
        }
        say("");
        let now = self.clock.now().as_second().to_string();
        let mark = &body["biz_opaque_callback_data"];
        let status = |state: &str| {
            json!({"id": wamid, "status": state, "timestamp": now, "recipient_id": self.holder.phone,
                "biz_opaque_callback_data": mark})
        };
        let statuses = ["sent", "delivered", "read"].map(status);
        self.post(json!({"statuses": statuses})).await?;
        Ok(true)
    }

    /// Posts to the webhook as Meta does.
    async fn post(&self, mut value: Value) -> anyhow::Result<()> {
        value["messaging_product"] = json!("whatsapp");
        value["metadata"] = json!({"phone_number_id": NUMBER, "display_phone_number": DISPLAY_PHONE});
        let changes = [json!({"field": "messages", "value": value})];
        let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]});
        let body = body.to_string();
        let signature = sign(&Secret::new(KEY), body.as_bytes());
        let post = self.http.post(&self.webhook).header(SIGNATURE, signature).body(body);
        post.send().await?.error_for_status().context("the webhook did not take it")?;
        Ok(())
    }
}

/// What a button says that answers nothing: it leads elsewhere, or hands over something of the phone's.
fn button(interactive: &Value) -> Option<String> {
    let parameters = &interactive["action"]["parameters"];
    match interactive["type"].as_str()? {
        "cta_url" => {
            Some(format!("{} {}", parameters["display_text"].as_str()?, parameters["url"].as_str()?))
        }
        "flow" => parameters["flow_cta"].as_str().map(str::to_owned),
        "location_request_message" => Some("Enviar localização".to_owned()),
        "request_contact_info" => Some("Compartilhar telefone".to_owned()),
        _ => None,
    }
}

/// Ids and titles of what can be tapped, and what a tap is called.
fn choices(interactive: &Value) -> Vec<(String, String, &'static str)> {
    let action = &interactive["action"];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let buttons =
        list(&action["buttons"]).into_iter().map(|button| (button["reply"].clone(), "button_reply"));
    let rows = list(&action["sections"]).into_iter().flat_map(|section| list(&section["rows"]));
    buttons
        .chain(rows.map(|row| (row, "list_reply")))
        .filter_map(|(choice, kind)| {
            Some((choice["id"].as_str()?.to_owned(), choice["title"].as_str()?.to_owned(), kind))
        })
        .collect()
}
