//! `balcao ingest` and `balcao search`.

use crate::app::build::Options;
use crate::app::client;
use crate::app::instance::{Running, running};
use crate::app::knowledge::Library;
use crate::app::terminal::say;
use crate::knowledge::command::{search_batch, search_json_lines, search_text};
use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Most passages asked of a running server: enough for a hundred documents.
const MOST: usize = 500;

/// `balcao search …`
#[derive(Args)]
pub struct SearchArguments {
    /// The question
    #[arg(required_unless_present = "batch")]
    query: Option<String>,
    /// At most so many passages
    #[arg(long, default_value_t = 5)]
    limit: usize,
    /// One JSON object a line, best first
    #[arg(long)]
    json: bool,
    /// Read lines {"id","query"}, write lines {"id","ranked"} with up to 100 documents each
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["query", "json"])]
    batch: Option<PathBuf>,
}

/// `balcao ingest`.
///
/// # Errors
/// If the index cannot be written; a document that cannot be read is in the report.
pub async fn ingest(options: Options, paths: Vec<PathBuf>) -> anyhow::Result<ExitCode> {
    if let Some(server) = running(&options.data).await {
        return ingest_through(&server, paths).await;
    }
    let library = Library::open_unfilled(&options)?;
    let report = tokio::task::spawn_blocking(move || library.ingest_blocking(&paths)).await??;
    say(&report.to_string());
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn ingest_through(server: &Running, paths: Vec<PathBuf>) -> anyhow::Result<ExitCode> {
    let paths = paths
        .iter()
        .map(std::fs::canonicalize)
        .collect::<Result<Vec<_>, _>>()
        .context("a path is not there")?;
    let answer = client::http()?
        .post(format!("{}/api/v1/knowledge/ingest", server.url))
        .bearer_auth(&server.key)
        .json(&json!({ "paths": paths }))
        .send()
        .await?;
    let report: Value = told(answer).await?;
    let failed = report["failed"].as_array().cloned().unwrap_or_default();
    let count = |name: &str| report[name].as_u64().unwrap_or(0);
    say(&format!(
        "added {}, changed {}, unchanged {}, removed {}, failed {}",
        count("added"),
        count("changed"),
        count("unchanged"),
        count("removed"),
        failed.len()
    ));
    for failure in &failed {
        let part = |name: &str| failure[name].as_str().unwrap_or_default().to_owned();
        say(&format!("failed: {}: {}", part("source"), part("reason")));
    }
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `balcao search`.
///
/// # Errors
/// If the index cannot be read, or a line of a batch is no query.
pub async fn search(options: Options, arguments: SearchArguments) -> anyhow::Result<ExitCode> {
    if let Some(server) = running(&options.data).await {
        search_through(&server, &arguments).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let library = Library::open(&options)?;
    tokio::task::spawn_blocking(move || {
        let mut output = std::io::BufWriter::new(std::io::stdout().lock());
        match (&arguments.batch, &arguments.query) {
            (Some(file), _) => search_batch(&library.base, opened(file)?, &mut output)?,
            (None, Some(query)) if arguments.json => {
                search_json_lines(&library.base, query, arguments.limit, &mut output)?;
            }
            (None, Some(query)) => search_text(&library.base, query, arguments.limit, &mut output)?,
            (None, None) => {}
        }
        output.flush()?;
        anyhow::Ok(())
    })
    .await??;
    Ok(ExitCode::SUCCESS)
}

fn opened(file: &Path) -> anyhow::Result<BufReader<File>> {
    Ok(BufReader::new(File::open(file).with_context(|| format!("cannot read {}", file.display()))?))
}

async fn search_through(server: &Running, arguments: &SearchArguments) -> anyhow::Result<()> {
    if let Some(file) = &arguments.batch {
        for line in opened(file)?.lines() {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let query: Value = serde_json::from_str(&line).context("a line is not {\"id\",\"query\"}")?;
            let found = found(server, query["query"].as_str().unwrap_or_default(), MOST).await?;
            let mut seen = HashSet::new();
            let ranked: Vec<&str> = found
                .iter()
                .filter_map(|passage| passage["source"].as_str())
                .filter(|source| seen.insert(*source))
                .take(100)
                .collect();
            say(&json!({"id": query["id"], "ranked": ranked}).to_string());
        }
        return Ok(());
    }
    for passage in found(server, arguments.query.as_deref().unwrap_or_default(), arguments.limit).await? {
        if arguments.json {
            say(&passage.to_string());
            continue;
        }
        let part = |name: &str| passage[name].as_str().unwrap_or_default().to_owned();
        say(&format!("{}. {} > {} ({})", passage["rank"], part("title"), part("heading"), part("source")));
        say(&format!("   score {:.2}, evidence {:.2}", passage["score"], passage["evidence"]));
        say(&format!("   {}\n", part("text").replace('\n', "\n   ")));
    }
    Ok(())
}

async fn found(server: &Running, query: &str, limit: usize) -> anyhow::Result<Vec<Value>> {
    let mut url = reqwest::Url::parse(&format!("{}/api/v1/knowledge/search", server.url))?;
    url.query_pairs_mut().append_pair("q", query).append_pair("limit", &limit.to_string());
    let body: Value = told(client::http()?.get(url).bearer_auth(&server.key).send().await?).await?;
    Ok(body["results"].as_array().cloned().unwrap_or_default())
}

/// The body of an answer, or what the server says against the request.
async fn told(answer: reqwest::Response) -> anyhow::Result<Value> {
    let accepted = answer.status().is_success();
    let body: Value = answer.json().await.context("the running server answered without JSON")?;
    anyhow::ensure!(accepted, "the running server says: {}", body["detail"].as_str().unwrap_or("no"));
    Ok(body)
}
