//! `balcao ingest`, `balcao search` and `balcao snapshot`.

use crate::app::build::{self, Options, Outside, listed};
use crate::app::chain::chain;
use crate::app::client;
use crate::app::documents::Which;
use crate::app::instance::{Running, running};
use crate::app::knowledge::{Library, on_server};
use crate::app::terminal::say;
use crate::app::vectors::VectorTask;
use crate::config::knowledge::KnowledgePlace;
use crate::domain::passage::Passage;
use crate::knowledge::command::{batch, search_batch, write_json_lines, write_text};
use crate::prompts::Prompts;
use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

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

/// `balcao ingest …`
#[derive(Args)]
pub struct IngestArguments {
    /// Files or folders: .md, .txt, .html, .pdf, .docx, .xlsx, .ods, .csv, .jsonl
    paths: Vec<PathBuf>,
    /// Go on and index what changes, until interrupted (a running server does it by itself)
    #[arg(long)]
    watch: bool,
}

/// `balcao ingest`.
///
/// # Errors
/// If the index cannot be written; a document that cannot be read is in the report.
pub async fn ingest(options: Options, arguments: IngestArguments) -> anyhow::Result<ExitCode> {
    let IngestArguments { paths, watch } = arguments;
    if let Some(server) = running(&options.data).await {
        anyhow::ensure!(!watch, "the running server watches by itself; leave --watch out");
        return ingest_through(&server, paths).await;
    }
    let library = Library::open_unfilled(&options)?;
    if paths.is_empty() {
        library.visit_sites(Which::All).await?;
    }
    let runtime = Handle::current();
    let (reader, opened) = (library.clone(), options.clone());
    let (report, vectors) = tokio::task::spawn_blocking(move || {
        let report = reader.ingest_blocking(&paths)?;
        anyhow::Ok((report, with_vectors(&reader, &opened, runtime)?))
    })
    .await??;
    say(&report.to_string());
    if vectors > 0 {
        say(&format!("vectors made: {vectors}"));
    }
    for remark in library.remarks() {
        say(&format!("note: {remark}"));
    }
    if watch {
        say("watching; interrupt to end");
        let stop = CancellationToken::new();
        let vectors = VectorTask::new(library.clone(), options).run(stop.clone());
        tokio::select! {
            ((), ()) = async { tokio::join!(library.watch(stop.clone()), vectors) } => {}
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
    }
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes the vectors that are missing; without a server nobody else would. What cannot be made is no fault of the
/// documents: they are found by their words.
fn with_vectors(library: &Library, options: &Options, runtime: Handle) -> anyhow::Result<usize> {
    library.open_embedder(options, runtime)?;
    Ok(library.base.make_vectors(&CancellationToken::new()).unwrap_or_else(|error| {
        tracing::error!(%error, "the knowledge is searched by words alone");
        0
    }))
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
        let line = failure["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
        say(&format!("failed: {}{line}: {}", part("source"), part("reason")));
    }
    for note in report["notes"].as_array().into_iter().flatten() {
        say(&format!("note: {}", note.as_str().unwrap_or_default()));
    }
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `balcao search`. The output is the same with a server on the data folder and without.
///
/// # Errors
/// If the index cannot be read, or a line of a batch is no query.
pub async fn search(options: Options, arguments: SearchArguments) -> anyhow::Result<ExitCode> {
    if let Some(server) = running(&options.data).await {
        search_through(&server, &arguments).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let (library, runtime) = (Library::open(&options)?, Handle::current());
    if options.settings.knowledge.rerank {
        let built_in = Arc::new(build::built_in(&options).map_err(listed)?);
        let chain = chain(&options, &built_in, &Outside::alone(&options))?;
        let prompts = Prompts::load(Some(&options.operator.join("prompts"))).map_err(listed)?;
        library.ordered_by(&options, Arc::new(chain), Arc::new(prompts));
    }
    let base = library.base.clone();
    tokio::task::spawn_blocking(move || with_vectors(&library, &options, runtime)).await??;
    let mut output = output();
    match (&arguments.batch, &arguments.query) {
        (Some(file), _) => search_batch(&base, opened(file)?, &mut output).await?,
        (None, Some(query)) => {
            arguments.write(&base.search(query, arguments.limit).await?, &mut output)?;
        }
        (None, None) => {}
    }
    output.flush()?;
    Ok(ExitCode::SUCCESS)
}

impl SearchArguments {
    fn write(&self, passages: &[Passage], output: &mut impl Write) -> std::io::Result<()> {
        if self.json { write_json_lines(passages, output) } else { write_text(passages, output) }
    }
}

/// `balcao snapshot`.
///
/// # Errors
/// If the knowledge is not on a Qdrant server, or that makes none.
pub async fn snapshot(options: Options) -> anyhow::Result<ExitCode> {
    let KnowledgePlace::Server(url) = options.settings.knowledge.place(&options.data)? else {
        anyhow::bail!(
            "the knowledge is not on a Qdrant server (knowledge.url); the embedded index is a folder: to keep a copy of \
             it, stop the program and copy the data folder"
        );
    };
    let copies =
        tokio::task::spawn_blocking(move || anyhow::Ok(on_server(&options, &url)?.snapshot()?)).await??;
    for (snapshot, collection) in copies {
        say(&format!(
            "the Qdrant server keeps the snapshot {snapshot} of {collection}; it stays until you delete it there"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn output() -> impl Write {
    std::io::BufWriter::new(std::io::stdout())
}

fn opened(file: &Path) -> anyhow::Result<BufReader<File>> {
    Ok(BufReader::new(File::open(file).with_context(|| format!("cannot read {}", file.display()))?))
}

async fn search_through(server: &Running, arguments: &SearchArguments) -> anyhow::Result<()> {
    let (client, mut output) = (client::http()?, output());
    match (&arguments.batch, &arguments.query) {
        (Some(file), _) => {
            for query in batch(opened(file)?) {
                let query = query?;
                let ranked = ranked(server, &client, &query.query).await?;
                query.answer(&ranked, &mut output)?;
            }
        }
        (None, Some(query)) => {
            arguments.write(&found(server, &client, query, arguments.limit).await?, &mut output)?;
        }
        (None, None) => {}
    }
    Ok(output.flush()?)
}

/// The documents that a running server ranks for a query.
async fn ranked(server: &Running, client: &reqwest::Client, query: &str) -> anyhow::Result<Vec<String>> {
    let url = format!("{}/api/v1/knowledge/rank", server.url);
    let request = client.post(url).bearer_auth(&server.key).json(&json!({ "query": query }));
    let mut body: Value = told(request.send().await?).await?;
    Ok(serde_json::from_value(body["ranked"].take())?)
}

/// What a turn would find for a query: through the running server, or by itself where there is none. Nothing is kept
/// open, so that a server can be started at any time.
///
/// # Errors
/// If the index cannot be opened, or the server says no.
pub(super) async fn look_up(options: &Options, query: &str, limit: usize) -> anyhow::Result<Vec<Passage>> {
    if let Some(server) = running(&options.data).await {
        return found(&server, &client::http()?, query, limit).await;
    }
    let (library, runtime) = (Library::open(options)?, Handle::current());
    let base = library.base.clone();
    let options = options.clone();
    tokio::task::spawn_blocking(move || with_vectors(&library, &options, runtime)).await??;
    Ok(base.search(query, limit).await?)
}

/// The passages that a running server finds for a query.
async fn found(
    server: &Running,
    client: &reqwest::Client,
    query: &str,
    limit: usize,
) -> anyhow::Result<Vec<Passage>> {
    // The server refuses to search for nothing; here nothing is found.
    if query.trim().is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let mut url = reqwest::Url::parse(&format!("{}/api/v1/knowledge/search", server.url))?;
    url.query_pairs_mut().append_pair("q", query).append_pair("limit", &limit.to_string());
    let mut body: Value = told(client.get(url).bearer_auth(&server.key).send().await?).await?;
    Ok(serde_json::from_value(body["results"].take())?)
}

/// The body of an answer, or what the server says against the request.
pub(super) async fn told(answer: reqwest::Response) -> anyhow::Result<Value> {
    let accepted = answer.status().is_success();
    let body: Value = answer.json().await.context("the running server answered without JSON")?;
    anyhow::ensure!(accepted, "the running server says: {}", body["detail"].as_str().unwrap_or("no"));
    Ok(body)
}
