//! `balcao interviews`: what the interviews come to, and the newest of them.

use super::database;
use crate::app::build::{Options, listed};
use crate::app::client;
use crate::app::instance::running;
use crate::app::leads::{definitions, interviews as led};
use crate::app::terminal::say;
use crate::conversation::lead_report::{VersionReport, report};
use crate::interview::definition::Definition;
use crate::interview::draw::draw;
use crate::interview::read;
use crate::store::interviews::InterviewFilter;
use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;

/// `balcao interviews …`
#[derive(Subcommand)]
pub enum InterviewsCommand {
    /// By name and version: how many begin, end, break off and where, qualify and book
    Report(ReportArguments),
    /// The newest interviews
    List(ListArguments),
    /// JSON Schema of a file in prompts/interviews/, for editors
    Schema,
    /// A picture of an interview, as a Mermaid flowchart: Markdown viewers and mermaid.live draw it
    Draw(DrawArguments),
}

/// `balcao interviews draw …`
#[derive(Args)]
pub struct DrawArguments {
    /// Name of the interview
    name: String,
    /// Of this version, if there are several
    #[arg(long)]
    version: Option<String>,
}

/// `balcao interviews report …`
#[derive(Args)]
pub struct ReportArguments {
    /// Only interviews begun at or after, e.g. 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// `balcao interviews list …`
#[derive(Args)]
pub struct ListArguments {
    /// At most so many, up to 200
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Only of this definition
    #[arg(long)]
    name: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// `balcao interviews`. The output is the same with a server on the data folder and without.
///
/// # Errors
/// If the database or the running server cannot be read.
pub async fn interviews(options: &Options, command: &InterviewsCommand) -> anyhow::Result<ExitCode> {
    match command {
        InterviewsCommand::Report(arguments) => tell_report(options, arguments).await,
        InterviewsCommand::List(arguments) => tell_list(options, arguments).await,
        InterviewsCommand::Schema => {
            say(&serde_json::to_string_pretty(&read::schema())?);
            Ok(ExitCode::SUCCESS)
        }
        InterviewsCommand::Draw(DrawArguments { name, version }) => {
            let interviews = led(options).map_err(listed)?;
            let is_meant = |one: &&Arc<Definition>| {
                one.name == *name && version.as_ref().is_none_or(|version| *version == one.version)
            };
            let definition = interviews.iter().find(is_meant).with_context(|| {
                let mut led: Vec<&str> = interviews.iter().map(|one| one.name.as_str()).collect();
                led.dedup();
                format!("there is no interview `{name}` among those that are led: {}", led.join(", "))
            })?;
            say(draw(definition, options.settings.business.language).trim_end());
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn tell_report(options: &Options, arguments: &ReportArguments) -> anyhow::Result<ExitCode> {
    let since = arguments.since.map(|since| since.to_string());
    let versions: Vec<VersionReport> = match asked(options, "/report", &[("since", since)]).await? {
        Some(mut body) => serde_json::from_value(body["versions"].take())?,
        None => {
            let (stores, handle) = database(options).await?;
            let known = definitions(&led(options).map_err(listed)?);
            let found =
                report(stores.interviews.as_ref(), &known, arguments.since, options.clock.now()).await;
            handle.close().await;
            found?
        }
    };
    if versions.is_empty() && !arguments.json {
        say("there were no interviews");
    }
    for version in &versions {
        say(&if arguments.json { serde_json::to_string(version)? } else { told(version) });
    }
    Ok(ExitCode::SUCCESS)
}

async fn tell_list(options: &Options, arguments: &ListArguments) -> anyhow::Result<ExitCode> {
    let limit = Some(arguments.limit.to_string());
    let query = [("limit", limit), ("name", arguments.name.clone())];
    let rows: Vec<Value> = match asked(options, "", &query).await? {
        Some(mut body) => serde_json::from_value(body["interviews"].take())?,
        None => {
            let (stores, handle) = database(options).await?;
            let filter = InterviewFilter {
                name: arguments.name.clone(),
                limit: arguments.limit,
                ..InterviewFilter::default()
            };
            let found = stores.interviews.list(&filter).await;
            handle.close().await;
            let rows = found?.items.into_iter().map(|record| {
                let mut row = serde_json::to_value(record.state)?;
                row["contact"] = json!(record.contact);
                row["assignment"] = json!(record.assignment);
                row["nurture"] = json!(record.nurture);
                Ok::<Value, serde_json::Error>(row)
            });
            rows.collect::<Result<_, _>>()?
        }
    };
    for row in &rows {
        say(&if arguments.json { row.to_string() } else { line(row) });
    }
    Ok(ExitCode::SUCCESS)
}

/// What the running server answers, if one runs on the data folder.
async fn asked(
    options: &Options,
    path: &str,
    query: &[(&str, Option<String>)],
) -> anyhow::Result<Option<Value>> {
    let Some(server) = running(&options.data).await else { return Ok(None) };
    let mut url: reqwest::Url = format!("{}/api/v1/interviews{path}", server.url).parse()?;
    for (name, value) in query {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    let answer = client::http()?.get(url).bearer_auth(&server.key).send().await?;
    answer.error_for_status()?.json().await.context("the server answered no JSON").map(Some)
}

fn told(version: &VersionReport) -> String {
    let percent =
        |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0));
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
    let mut text = format!(
        "{} v{}: {} started, {} completed, {} open, {} declined, {} handed off, {} abandoned",
        version.name,
        version.version,
        version.started,
        version.completed,
        version.open,
        version.declined,
        version.handed_off,
        version.abandoned.values().sum::<u64>(),
    );
    text.push_str(&format!(
        "\n    {} questions a lead, {} minutes, data quality {}, qualified {}, booked {}",
        number(version.questions_per_lead),
        number(version.minutes),
        percent(version.data_quality),
        percent(version.qualified_rate),
        percent(version.booked_rate),
    ));
    for (question, count) in &version.abandoned {
        text.push_str(&format!("\n    left at {question}: {count}"));
    }
    text
}

fn line(row: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    format!(
        "{}  {}  {} v{}  {}  {}  {}",
        text(&row["started_at"]),
        text(&row["id"]),
        text(&row["name"]),
        text(&row["version"]),
        text(&row["standing"]),
        text(&row["verdict"]["temperature"]),
        text(&row["assignment"]["person"]),
    )
}
