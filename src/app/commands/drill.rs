//! `balcao drill`: rehearses on the running server that the language models are away.

use crate::app::build::Options;
use crate::app::client;
use crate::app::instance::{Running, running};
use crate::app::terminal::say;
use anyhow::Context;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// `balcao drill …`
#[derive(Args)]
pub struct DrillArguments {
    /// Let every model but the built-in one count as away for so long, e.g. 30s, 5m, 1h at most
    #[arg(long, value_name = "DURATION")]
    model_down: SignedDuration,
}

/// Begins the rehearsal, waits for its end (Ctrl-C ends it early), and says what was answered meanwhile.
///
/// # Errors
/// If no server runs on the data folder, or it has no model that could be away.
pub async fn drill(options: &Options, arguments: DrillArguments) -> anyhow::Result<ExitCode> {
    let Some(server) = running(&options.data).await else {
        anyhow::bail!(
            "no server runs on {}: start it first, then rehearse beside it",
            options.data.display()
        );
    };
    let seconds = arguments.model_down.as_secs();
    anyhow::ensure!((1..=3600).contains(&seconds), "a rehearsal takes between 1s and 1h");
    let before = answered(&server).await?;
    let begun = call(&server, reqwest::Method::POST, Some(json!({ "seconds": seconds }))).await?;
    let until: Timestamp = begun["until"].as_str().unwrap_or_default().parse().context("no end was named")?;
    say(&format!(
        "The models count as away until {}. The built-in model answers. Ctrl-C ends the rehearsal.",
        until.strftime("%H:%M:%S UTC")
    ));
    let wait = Duration::from_secs(u64::try_from(seconds).unwrap_or(1));
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        _ = tokio::signal::ctrl_c() => {
            call(&server, reqwest::Method::DELETE, None).await?;
        }
    }
    let answers = answered(&server).await? - before;
    say(&format!(
        "The rehearsal is over; the built-in model gave {answers} answers. The models are tried again with the next \
         messages: `balcao_breaker_state` in /metrics shows when they are back."
    ));
    Ok(ExitCode::SUCCESS)
}

async fn call(server: &Running, method: reqwest::Method, body: Option<Value>) -> anyhow::Result<Value> {
    let request = client::http()?
        .request(method, format!("{}/api/v1/drills/model-down", server.url))
        .bearer_auth(&server.key);
    let answer = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let answer = answer.send().await?;
    let worked = answer.status().is_success();
    let text = answer.text().await?;
    let value: Value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
    anyhow::ensure!(worked, "{}", value["detail"].as_str().unwrap_or("the server refused"));
    Ok(value)
}

/// How many answers the built-in model has given.
async fn answered(server: &Running) -> anyhow::Result<u64> {
    const LINE: &str = r#"balcao_llm_requests_total{provider="offline",outcome="answered"} "#;
    let metrics = client::http()?.get(format!("{}/metrics", server.url)).send().await?.text().await?;
    Ok(metrics.lines().find_map(|line| line.strip_prefix(LINE)?.parse().ok()).unwrap_or(0))
}
