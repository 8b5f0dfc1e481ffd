//! `balcao check`: validates settings, prompts, tools and knowledge; every problem at once, each with its place.

use super::build::{Options, Outside};
use super::files;
use super::knowledge::{on_server, open_embedder};
use super::mcp;
use super::scratch::ScratchStore;
use super::terminal::say;
use crate::config::embeddings::{EmbeddingSettings, ModelChoice};
use crate::config::knowledge::KnowledgePlace;
use crate::config::store::StorePlace;
use crate::domain::problem::Problem;
use crate::knowledge::gather::Places;
use crate::knowledge::index::{Index, Manifest};
use crate::knowledge::ingest::{IngestError, Read};
use crate::knowledge::ledger::{Ledger, Memory, Roots, Writer};
use crate::limits::mail::Mailer;
use crate::llm::embed::TextKind;
use crate::llm::factory::allowance;
use crate::llm::model::{ChatMessage, ChatRequest, ToolChoice};
use crate::prompts::Prompts;
use crate::store::live::LiveHub;
use crate::store::open;
use crate::store::postgres;
use crate::tools::mcp::server::Standing;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Handle;

/// Every problem of the operator's files, and what is worth knowing of them and no problem. The data folder is not touched.
///
/// # Errors
/// If not even a scratch store can be opened.
pub async fn problems(options: &Options) -> anyhow::Result<(Vec<Problem>, Vec<Problem>)> {
    let mut problems = Vec::new();
    if let Err(found) = Prompts::load(Some(&options.operator.join("prompts"))) {
        problems.extend(found);
    }
    if let Err(found) = super::leads::interviews(options) {
        problems.extend(found);
    }
    if let Err(found) = super::build::built_in(options) {
        problems.extend(found);
    }
    if let Err(error) = super::chain::chain(options, &Arc::default(), &Outside::alone(options)) {
        problems.push(Problem::in_file("settings", format!("{error:#}")));
    }
    if let Err(error) = super::alerts::webhook(options) {
        problems.push(Problem::in_file("settings", format!("{error:#}")));
    }
    if let Err(error) = super::relay::relay(options) {
        problems.push(Problem::in_file("settings", format!("{error:#}")));
    }
    if let Err(error) = super::whatsapp::whatsapp(options) {
        problems.push(Problem::in_file("settings", format!("{error:#}")));
    }
    if let Err(found) = mcp::servers(options, &Outside::alone(options)) {
        problems.extend(found);
    }
    if let Err(error) = store(options) {
        problems.push(Problem::in_file("settings", format!("{error:#}")));
    }
    let scratch = ScratchStore::open(options).await?;
    let outside = Outside::alone(options);
    let registry = super::backoffice::backoffice(options, &scratch.stores, &outside).and_then(|backoffice| {
        super::build::registry_over(options, &backoffice, Arc::new(NoKnowledge), &outside)
    });
    if let Err(found) = registry {
        problems.extend(found);
    }
    scratch.close().await;
    let reading = options.clone();
    let (found, remarks) = tokio::task::spawn_blocking(move || knowledge(&reading)).await?;
    problems.extend(found);
    problems.sort();
    problems.dedup();
    Ok((problems, remarks))
}

fn store(options: &Options) -> anyhow::Result<()> {
    let settings = &options.settings.store;
    match settings.place(&options.data)? {
        StorePlace::File(_) => Ok(()),
        StorePlace::Server => postgres::check_url(settings),
    }
}

/// What is wrong with the documents, and what is worth knowing of them. The data folder is read, not written: pages of web
/// sites and uploads count as they are there.
fn knowledge(options: &Options) -> (Vec<Problem>, Vec<Problem>) {
    let shown = &options.settings.knowledge.folder;
    let gathered = super::documents::places(options).and_then(|places| {
        // Nothing of a check is kept.
        let scratch = tempfile::tempdir()?;
        let outside = Arc::new(places.outside.keeping_in(scratch.path().join("read")));
        let files = Places { outside, ..places }.configured(files::documents);
        Ok((files, scratch))
    });
    let (files, _scratch) = match gathered {
        Ok((Ok(files), scratch)) => (files, scratch),
        Ok((Err(IngestError::Sources(problems)), _)) => return (problems, Vec::new()),
        Ok((Err(error), _)) => return (vec![Problem::in_file("knowledge", error.to_string())], Vec::new()),
        Err(error) => return (vec![Problem::in_file("knowledge", format!("{error:#}"))], Vec::new()),
    };
    let now = options.clock.now();
    let today = now.to_zoned(options.settings.business.timezone.clone()).date();
    let (before, memory) = (Ledger::default(), Memory::new());
    let mut writer = Writer::after(&before, &memory, now);
    let mut problems = Vec::new();
    for read in files.iter().flat_map(|file| file.documents(options.settings.business.language)) {
        match read {
            Ok(document) => writer.read(&Read { document: &document, fingerprint: "", passages: 0 }),
            Err(failure) => problems.push(Problem {
                file: Path::new(shown).join(failure.origin).display().to_string(),
                line: failure.line,
                message: failure.reason,
            }),
        }
    }
    let (ledger, _) = writer.finish(&[], &Manifest::new(), Roots::Configured, String::new(), today);
    let remarks = super::remarks::remarks(&ledger, today, shown);
    (problems, remarks.into_iter().map(|remark| remark.problem).collect())
}

/// Tools need a knowledge base to be built, not to be checked.
pub struct NoKnowledge;

#[async_trait::async_trait]
impl crate::tools::builtin::knowledge::KnowledgeSearch for NoKnowledge {
    async fn passages(
        &self,
        _query: &str,
        _limit: usize,
        _language: crate::domain::language::Language,
    ) -> anyhow::Result<Vec<crate::domain::passage::Passage>> {
        Ok(Vec::new())
    }
}

/// `balcao check`. `known` is what was wrong with the settings themselves; `options` then holds the defaults.
///
/// # Errors
/// If not even a scratch store can be opened.
pub async fn check(options: &Options, known: Vec<Problem>, online: bool) -> anyhow::Result<ExitCode> {
    let (mut problems, remarks) = problems(options).await?;
    problems.splice(0..0, known);
    if online {
        problems.extend(model_problems(options).await);
        problems.extend(embedding_problem(options).await);
        problems.extend(index_problem(options).await?);
        problems.extend(connector_problems(options).await?);
        problems.extend(server_problems(options).await);
        problems.extend(query_problems(options).await?);
        problems.extend(mail_problem(options).await);
    } else {
        for name in options.settings.mcp.servers.keys() {
            say(&format!("the MCP server `{name}` is asked with --online"));
        }
    }
    for problem in &problems {
        say(&problem.to_string());
    }
    // A price that expired overnight must not stop a deployment.
    for remark in &remarks {
        say(&format!("note: {remark}"));
    }
    if problems.is_empty() {
        say("everything is in order");
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("{} problem{}", problems.len(), if problems.len() == 1 { "" } else { "s" }));
    Ok(ExitCode::FAILURE)
}

/// Starts every server of tools once, and says what it offers.
async fn server_problems(options: &Options) -> Vec<Problem> {
    let registry = Arc::default();
    // Servers that cannot be made are among the problems already.
    let standings = mcp::look(options, &Outside::alone(options), &registry, mcp::PATIENCE).await;
    let mut problems = Vec::new();
    for (name, standing) in standings.unwrap_or_default() {
        let told = format!("the MCP server {}", mcp::told(&name, &standing));
        match standing {
            Standing::Ready { .. } => say(&told),
            Standing::Starting | Standing::Away(_) => problems.push(Problem::in_file("mcp", told)),
        }
    }
    problems
}

/// Has every database look at the queries of its tools; none is made.
async fn query_problems(options: &Options) -> anyhow::Result<Vec<Problem>> {
    let scratch = ScratchStore::open(options).await?;
    let outside = Outside::alone(options);
    let registry = super::backoffice::backoffice(options, &scratch.stores, &outside).and_then(|backoffice| {
        super::build::registry_over(options, &backoffice, Arc::new(NoKnowledge), &outside)
    });
    scratch.close().await;
    let mut problems = Vec::new();
    // Files that make no tools are among the problems already.
    for entry in registry.unwrap_or_default().iter() {
        let name = &entry.spec().name;
        match entry.tool().online().await {
            None => {}
            Some(Ok(())) => say(&format!("the database of `{name}` takes its query")),
            Some(Err(why)) => problems.push(Problem::in_file("tools/custom", format!("`{name}`: {why}"))),
        }
    }
    Ok(problems)
}

/// Has the embedding model make one vector, by an endpoint or in this process, and says what came of it.
async fn embedding_problem(options: &Options) -> Option<Problem> {
    let (asked, runtime) = (options.clone(), Handle::current());
    let told = tokio::task::spawn_blocking(move || {
        let wanted = asked.settings.embeddings.dimension;
        // Nothing of a check is kept, and an endpoint of which no length is known is asked when it is opened.
        let embeddings = EmbeddingSettings { cache_mb: 0, dimension: 0, ..asked.settings.embeddings.clone() };
        let began = Instant::now();
        let Some(embedder) = open_embedder(&asked, &embeddings, runtime)? else {
            return anyhow::Ok("there is no embedding model: search goes by words alone".to_owned());
        };
        let (name, numbers) = (&embeddings.model, embedder.dimension());
        match embeddings.choice()? {
            ModelChoice::Main { .. } | ModelChoice::Endpoint { .. } => anyhow::ensure!(
                wanted == 0 || wanted == numbers,
                "`{name}` answers with {numbers} numbers, and embeddings.dimension is {wanted}"
            ),
            ModelChoice::Auto | ModelChoice::Off | ModelChoice::E5 | ModelChoice::File(_) => {
                embedder.embed(&["ok?"], TextKind::Query)?;
            }
        }
        let took = began.elapsed().as_millis();
        Ok(format!("the embedding model `{name}` answers with {numbers} numbers, after {took} ms"))
    });
    let told = told.await.map_err(anyhow::Error::from).flatten();
    match told {
        Ok(answer) => {
            say(&answer);
            None
        }
        Err(error) => Some(Problem::in_file("embeddings.model", format!("{error:#}"))),
    }
}

/// Asks the Qdrant server, if the knowledge is on one. Nothing is written.
async fn index_problem(options: &Options) -> anyhow::Result<Option<Problem>> {
    // An address that is none is among the problems already.
    let Ok(KnowledgePlace::Server(url)) = options.settings.knowledge.place(&options.data) else {
        return Ok(None);
    };
    let options = options.clone();
    let asking = move || -> anyhow::Result<(String, usize)> {
        let index = on_server(&options, &url)?;
        index.check()?;
        Ok((url, index.manifest().len()))
    };
    Ok(match tokio::task::spawn_blocking(asking).await? {
        Ok((url, documents)) => {
            say(&format!("the Qdrant server at {url} answers; documents: {documents}"));
            None
        }
        Err(error) => Some(Problem::in_file("knowledge.url", format!("{error:#}"))),
    })
}

/// Calls each connector that is used once, read only.
async fn connector_problems(options: &Options) -> anyhow::Result<Vec<Problem>> {
    let outside = Outside::alone(options);
    let mut problems = Vec::new();
    // What cannot be set up is among the problems already. Whether there is anything to call is seen over nothing, so
    // that a check of a new folder leaves no database behind.
    let scratch = ScratchStore::open(options).await?;
    let connectors = super::backoffice::connectors(options, &scratch.stores, &outside).unwrap_or_default();
    scratch.close().await;
    if connectors.is_empty() {
        return Ok(problems);
    }
    // Calls need the shop's own store: a token that rotates would be used up and its successor lost with any other.
    let (stores, handle) =
        open::open(&options.settings.store, &options.data, Arc::new(LiveHub::default())).await?;
    let connectors = super::backoffice::connectors(options, &stores, &outside).unwrap_or_default();
    for (capability, connector) in connectors {
        match connector.tried(capability).await {
            Ok(true) => say(&format!("{} answers for {capability}", connector.pack().title)),
            Ok(false) => say(&format!(
                "{} was not called for {capability}: it has no call without an effect",
                connector.pack().title
            )),
            Err(fault) => {
                let place = format!("connectors.{}", connector.name());
                problems.push(Problem::in_file(place, format!("{capability}: {fault}")));
            }
        }
    }
    handle.close().await;
    Ok(problems)
}

/// Says good day to the mail server, if mail goes by one.
async fn mail_problem(options: &Options) -> Option<Problem> {
    // Settings that make no mailer are among the problems already.
    let mailer = Mailer::new(&options.settings.email, &allowance(&options.settings.limits)).ok().flatten()?;
    match mailer.tried().await {
        Ok(()) => {
            say("the mail server answers and takes the credentials; no mail was sent");
            None
        }
        Err(error) => Some(Problem::in_file("email.smtp_url", format!("{error:#}"))),
    }
}

/// Asks every model of the chain for one word: a broken second one would be noticed only when it is needed.
async fn model_problems(options: &Options) -> Vec<Problem> {
    // Settings that make no chain are among the problems already.
    let Ok(chain) = super::chain::chain(options, &Arc::default(), &Outside::alone(options)) else {
        return Vec::new();
    };
    let request = ChatRequest {
        messages: vec![
            ChatMessage::System("Answer with one word.".into()),
            ChatMessage::Customer("ok?".into()),
        ],
        tools: Arc::default(),
        tool_choice: ToolChoice::None,
        passages: Vec::new(),
        pictures: Vec::new(),
        documents: Vec::new(),
        language: options.settings.business.language,
        now: options.clock.now().to_zoned(options.settings.business.timezone.clone()),
        max_output_tokens: 8,
        step: 1,
        resort: crate::llm::model::Resort::First,
        payer: crate::limits::budget::Payer::default(),
    };
    let mut problems = Vec::new();
    for (name, answer) in chain.answers(&request).await {
        match answer {
            Ok(_) => say(&format!("the model `{name}` answers")),
            Err(error) => problems.push(Problem::in_file("llm.chain", error.to_string())),
        }
    }
    problems
}
