//! Bodies of Meta's webhook: how long until one of a thousand messages is acknowledged, and how long until everything in
//! it is taken in.

use crate::figures::Figures;
use crate::server::{Server, Start};
use crate::{Place, Scale};
use anyhow::Context;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Client;
use sha2::Sha256;
use std::fmt::Write;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const SECRET: &str = "segredo-de-teste";
const NUMBER: &str = "900100200300";
/// How often it is looked whether everything is taken in.
const LOOK: Duration = Duration::from_millis(20);

/// Measures and prints.
pub async fn measure(place: &Place, scale: Scale) -> anyhow::Result<()> {
    let bodies = match scale {
        Scale::Full => 20,
        Scale::Quick => 2,
    };
    println!(
        "\nwhatsapp  signed bodies, one behind the other, on SQLite; every message is of somebody new, and"
    );
    println!("          nobody is answered meanwhile");
    println!("  messages a body   bodies        size   acknowledged: p50        p99   taken in, messages/s");
    for messages in [1, 1_000] {
        let start = Start { place, data: "whatsapp", settings: settings(), under: Vec::new() };
        start.forget()?;
        let server = start.run()?;
        let client = Client::builder().no_proxy().build()?;
        let (mut waits, mut size, mut sent) = (Figures::default(), 0, 0_usize);
        let began = Instant::now();
        for body in 0..bodies {
            let text = body_of(body * messages..(body + 1) * messages)?;
            size = text.len();
            sent += messages;
            let signed = signature(&text)?;
            let asked = Instant::now();
            let request = client.post(format!("http://{}/webhooks/whatsapp", server.address));
            let answer = request.header("x-hub-signature-256", signed).body(text).send().await?;
            waits.add(asked.elapsed());
            anyhow::ensure!(answer.status() == 200, "status {}", answer.status());
        }
        while taken_in(&client, &server).await? < sent {
            tokio::time::sleep(LOOK).await;
        }
        println!(
            "  {messages:15}   {bodies:6}   {:6.0} KiB   {:14.1} ms   {:5.1} ms   {:20.0}",
            size as f64 / 1024.0,
            waits.median(),
            waits.quantile(0.99),
            sent as f64 / began.elapsed().as_secs_f64()
        );
        server.stop()?;
    }
    Ok(())
}

fn settings() -> Vec<crate::server::Setting> {
    [
        ("BALCAO__CHANNELS__WHATSAPP__ENABLED", "true"),
        ("BALCAO__CHANNELS__WHATSAPP__VERIFY_TOKEN", "verificar"),
        ("BALCAO__CHANNELS__WHATSAPP__APP_SECRETS", SECRET),
        ("BALCAO__CHANNELS__WHATSAPP__ACCESS_TOKEN", "token"),
        // Nothing is sent anywhere: nobody is at that port.
        ("BALCAO__CHANNELS__WHATSAPP__GRAPH_BASE_URL", "http://127.0.0.1:9"),
        ("BALCAO__CHANNELS__WHATSAPP__PHONE_NUMBER_ID", NUMBER),
        // Turns begin behind the measurement.
        ("BALCAO__CHANNELS__WHATSAPP__QUIET_MS", "600000"),
        ("BALCAO__CHANNELS__WHATSAPP__QUIET_UNFINISHED_MS", "600000"),
        ("BALCAO__CHANNELS__WHATSAPP__QUIET_LONGEST_MS", "600000"),
        ("BALCAO__CHANNELS__WHATSAPP__QUIET_MAX_MS", "600000"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// A body with a message of each of these people, as Meta writes it.
fn body_of(people: std::ops::Range<usize>) -> anyhow::Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("a clock before 1970")?.as_secs();
    let (mut contacts, mut messages) = (String::new(), String::new());
    for person in people {
        let comma = if messages.is_empty() { "" } else { "," };
        write!(
            contacts,
            r#"{comma}{{"profile":{{"name":"Joana {person}"}},"wa_id":"55119{person:08}","user_id":"BR.{person}"}}"#
        )?;
        write!(
            messages,
            r#"{comma}{{"from":"55119{person:08}","from_user_id":"BR.{person}","id":"wamid.{person}","timestamp":"{now}","type":"text","text":{{"body":"Voc\u00eas t\u00eam vasos de cer\u00e2mica?"}}}}"#
        )?;
    }
    Ok(format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"551140028922","phone_number_id":"{NUMBER}"}},"contacts":[{contacts}],"messages":[{messages}]}}}}]}}]}}"#
    ))
}

fn signature(body: &str) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
    mac.update(body.as_bytes());
    let mut text = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}

async fn taken_in(client: &Client, server: &Server) -> anyhow::Result<usize> {
    let metrics = client.get(format!("http://{}/metrics", server.address)).send().await?.text().await?;
    let name = r#"balcao_inbound_total{channel="whatsapp",outcome="accepted"} "#;
    let count = metrics.lines().find_map(|line| line.strip_prefix(name));
    Ok(count.map_or(Ok(0), str::parse)?)
}
