//! `balcao connectors`: which other companies' systems can stand behind the counter, what each wants to know, and, beside
//! a running server, how those that are used do. The list calls no vendor.

use super::authorize::{AuthorizeArguments, authorize};
use crate::app::build::{Options, listed};
use crate::app::client;
use crate::app::instance::running;
use crate::app::terminal::say;
use crate::backoffice::connector::pack::Pack;
use crate::backoffice::connector::shelf;
use crate::domain::language::Language;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// `balcao connectors`
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ConnectorsArguments {
    /// Only this one
    name: Option<String>,
    /// One JSON array
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<ConnectorsCommand>,
}

/// `balcao connectors …`
#[derive(Subcommand)]
enum ConnectorsCommand {
    /// Sign in at a vendor's page once and let Balcão in; the token is sealed in the data folder
    Authorize(AuthorizeArguments),
}

/// `balcao connectors`.
///
/// # Errors
/// Every fault in a connector's file, a name that is none, and a running server that does not answer as documented.
pub async fn connectors(options: &Options, arguments: &ConnectorsArguments) -> anyhow::Result<ExitCode> {
    if let Some(ConnectorsCommand::Authorize(arguments)) = &arguments.command {
        return authorize(options, arguments).await;
    }
    let packs = shelf::packs(&options.operator.join("tools").join("connectors")).map_err(listed)?;
    let chosen: Vec<&Pack> = packs
        .values()
        .map(AsRef::as_ref)
        .filter(|pack| arguments.name.as_ref().is_none_or(|name| *name == pack.name))
        .collect();
    if let (Some(name), true) = (&arguments.name, chosen.is_empty()) {
        let names: Vec<&str> = packs.keys().map(String::as_str).collect();
        anyhow::bail!("there is no connector `{name}`; there are: {}", names.join(", "));
    }
    let seen = seen(options).await?;
    let of = |pack: &Pack| seen.iter().find(|one| one["name"] == pack.name.as_str());
    if arguments.json {
        let told: Vec<Value> = chosen.iter().map(|pack| told(pack, of(pack))).collect();
        say(&serde_json::to_string_pretty(&told)?);
        return Ok(ExitCode::SUCCESS);
    }
    for pack in chosen {
        let capabilities = pack.capabilities();
        let keys: Vec<&str> = capabilities.iter().map(|capability| capability.as_str()).collect();
        say(&format!("{}: {} for {} ({})", pack.name, pack.title, keys.join(", "), pack.documentation));
        for key in keys {
            say(&format!("    [backoffice] {key} = \"{}\"", pack.name));
        }
        say(&format!("    [connectors.{}]", pack.name));
        for (name, setting) in &pack.settings {
            let value = match (&setting.default, setting.address) {
                (Some(default), _) => format!("\"{default}\""),
                (None, true) => "needed unless base_url is given".to_owned(),
                (None, false) => "needed".to_owned(),
            };
            let secret = if setting.secret { ", secret" } else { "" };
            let about = setting.about.get(Language::English).unwrap_or_default();
            say(&format!("      {name} ({value}{secret}): {about}"));
        }
        if let Some(seen) = of(pack) {
            say(&format!("    now: {}", in_words(seen)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a running server has seen of the connectors that it uses; nothing without one.
async fn seen(options: &Options) -> anyhow::Result<Vec<Value>> {
    let Some(server) = running(&options.data).await else { return Ok(Vec::new()) };
    let url = format!("{}/api/v1/connectors", server.url);
    let answer = client::http()?.get(url).bearer_auth(&server.key).send().await?;
    let mut body: Value = answer.error_for_status()?.json().await?;
    Ok(serde_json::from_value(body["connectors"].take())?)
}

fn in_words(seen: &Value) -> String {
    let health = &seen["health"];
    let mut text =
        format!("{} calls in 24 hours, breaker {}", health["calls"], seen["breaker"].as_str().unwrap_or("?"));
    if let Some(failed) = health["failed_percent"].as_f64() {
        text.push_str(&format!(
            ", {failed:.1} % failed, median {} ms, p95 {} ms",
            health["median_ms"], health["p95_ms"]
        ));
    }
    if let Some(fault) = health["last_fault"].as_str() {
        text.push_str(&format!(
            ", last fault {fault} at {}",
            health["last_fault_at"].as_str().unwrap_or("?")
        ));
    }
    match health["outages"].as_array().map_or(0, Vec::len) {
        0 => {}
        1 => text.push_str(", 1 outage in 30 days"),
        outages => text.push_str(&format!(", {outages} outages in 30 days")),
    }
    if let Some(since) = health["away_since"].as_str() {
        text.push_str(&format!(", away since {since}"));
    }
    if let Some(seconds) = health["last_recovery"]["after_seconds"].as_i64() {
        text.push_str(&format!(", last back after {seconds} s"));
    }
    if let Some(left) = seen["quota_left"].as_u64() {
        text.push_str(&format!(", {left} calls left this minute"));
    }
    text
}

fn told(pack: &Pack, seen: Option<&Value>) -> Value {
    let settings: Vec<Value> = pack
        .settings
        .iter()
        .map(|(name, setting)| {
            json!({
                "name": name,
                "about": setting.about.get(Language::English),
                "secret": setting.secret,
                "needed": setting.default.is_none() && !setting.address,
                "default": setting.default,
            })
        })
        .collect();
    json!({
        "name": pack.name,
        "title": pack.title,
        "documentation": pack.documentation,
        "version": pack.version,
        "revision": pack.revision,
        "capabilities": pack.capabilities().iter().map(|capability| capability.as_str()).collect::<Vec<_>>(),
        "operations": pack.operations.keys().collect::<Vec<_>>(),
        "settings": settings,
        "now": seen,
    })
}
