//! The verbs that do one thing and end. Each works beside a running server: through it, or on the database, which
//! takes several processes.

mod authorize;
mod connectors;
mod console;
mod customers;
mod desk;
mod download;
mod drill;
mod gaps;
mod interviews;
mod inventory;
mod knowledge;
mod models;
mod secrets;
mod shop;
mod tool_import;
mod whatsapp;

pub use connectors::{ConnectorsArguments, connectors};
pub use console::{ConsoleArguments, console};
pub use customers::{CustomersCommand, customers};
pub use desk::{McpArguments, mcp as serve_mcp};
pub use drill::{DrillArguments, drill};
pub use gaps::{GapsArguments, gaps};
pub use interviews::{InterviewsCommand, interviews};
pub use inventory::{InventoryArguments, inventory};
pub use knowledge::{IngestArguments, SearchArguments, ingest, search, snapshot};
pub use models::{ModelsCommand, PullArguments, models};
pub use secrets::{SecretsCommand, secrets};
pub use shop::{ExportArguments, ImportArguments, export, import};
pub use tool_import::{ToolsCommand, import_tools};
pub use whatsapp::{WhatsAppCommand, whatsapp};

use super::backoffice::backoffice;
use super::build::{Options, Outside, listed, registry_over};
use super::check::NoKnowledge;
use super::instance::{Running, running};
use super::keys;
use super::mcp;
use super::scratch::ScratchStore;
use super::terminal::say;
use crate::store::Stores;
use crate::store::live::LiveHub;
use crate::store::open::{self, StoreHandle};
use clap::Subcommand;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;

/// `balcao keys …`
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Make a key; it is shown once
    Create {
        /// Whose or what for
        name: String,
        /// What it may do: operator, admin; may be given several times
        #[arg(long = "scope", value_name = "SCOPE", default_value = "operator")]
        scopes: Vec<String>,
    },
    /// List keys, without the keys themselves
    List,
    /// Make a key worthless
    Revoke {
        /// Its name
        name: String,
    },
}

/// Opens the database alone.
async fn database(options: &Options) -> anyhow::Result<(Stores, StoreHandle)> {
    open::open(&options.settings.store, &options.data, Arc::new(LiveHub::default())).await
}

/// What the running server answers to an operator's call.
async fn ask<T: DeserializeOwned>(
    server: &Running,
    method: reqwest::Method,
    path: &str,
    body: Option<Value>,
) -> anyhow::Result<T> {
    let request = super::client::http()?.request(method, format!("{}/api/v1/{path}", server.url));
    let request = request.bearer_auth(&server.key);
    let request = match &body {
        Some(body) => request.json(body),
        None => request,
    };
    Ok(serde_json::from_value(knowledge::told(request.send().await?).await?)?)
}

/// `balcao keys`.
///
/// # Errors
/// If the database cannot be opened, or the name is taken.
pub async fn keys(options: &Options, command: KeysCommand) -> anyhow::Result<ExitCode> {
    let (stores, handle) = database(options).await?;
    let result = match command {
        KeysCommand::Create { name, scopes } => {
            keys::create(&stores, options.clock.as_ref(), &name, &scopes).await.map(|key| say(&key))
        }
        KeysCommand::List => stores.keys.list().await.map_err(Into::into).map(|keys| {
            for key in keys {
                let used =
                    key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
                say(&format!("{}\t{}\tmade {}\t{used}", key.name, key.scopes.join(","), key.created_at));
            }
        }),
        KeysCommand::Revoke { name } => match stores.keys.remove(&name).await {
            Ok(true) => {
                say(&format!("the key `{name}` is worthless now"));
                Ok(())
            }
            Ok(false) => Err(anyhow::anyhow!("there is no key `{name}`; see `balcao keys list`")),
            Err(error) => Err(error.into()),
        },
    };
    handle.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

/// `balcao tools`.
///
/// # Errors
/// Every mistake in any tool file.
pub async fn tools(options: &Options, as_json: bool) -> anyhow::Result<ExitCode> {
    // Built over an empty database: schemas do not depend on what is in it.
    let scratch = ScratchStore::open(options).await?;
    let outside = Outside::alone(options);
    let registry = backoffice(options, &scratch.stores, &outside)
        .and_then(|backoffice| registry_over(options, &backoffice, Arc::new(NoKnowledge), &outside));
    scratch.close().await;
    let registry = Arc::new(registry.map_err(listed)?);
    let standings =
        mcp::look(options, &Outside::alone(options), &registry, mcp::PATIENCE).await.map_err(listed)?;
    let language = options.settings.business.language;
    let limits = &options.settings.turn;
    if as_json {
        let tools: Vec<_> = registry
            .iter()
            .map(|entry| {
                let spec = entry.spec();
                let mut tool = crate::llm::openai::function(spec);
                tool["risk"] = json!(spec.risk);
                tool["limits"] = json!({
                    "timeout_ms": u64::try_from(spec.timeout.as_millis()).unwrap_or(u64::MAX),
                    "max_calls_per_step": limits.max_calls_per_step,
                    "max_repeats": limits.max_repeats,
                    "result_characters": limits.result_characters,
                });
                tool
            })
            .collect();
        say(&serde_json::to_string_pretty(&tools)?);
        return Ok(ExitCode::SUCCESS);
    }
    for entry in registry.iter() {
        let spec = entry.spec();
        let risk = serde_json::to_string(&spec.risk)?;
        say(&format!(
            "{} ({}; {})",
            spec.name,
            risk.trim_matches('"'),
            spec.title.get(language).unwrap_or_default()
        ));
        say(&format!("    {}", spec.description.replace('\n', "\n    ")));
        for (name, schema) in spec.parameters["properties"].as_object().into_iter().flatten() {
            let needed = if spec.required().any(|required| required == name) { ", required" } else { "" };
            let kind = schema["type"].as_str().unwrap_or("any");
            say(&format!(
                "    - {name} ({kind}{needed}): {}",
                schema["description"].as_str().unwrap_or_default()
            ));
        }
        say(&format!(
            "    limits: {} s; {} calls an answer; {} equal calls a turn; {} characters of the result",
            spec.timeout.as_secs_f32(),
            limits.max_calls_per_step,
            limits.max_repeats,
            limits.result_characters
        ));
    }
    for (name, standing) in &standings {
        say(&format!("MCP server {}", mcp::told(name, standing)));
    }
    Ok(ExitCode::SUCCESS)
}

/// `balcao migrate`.
///
/// # Errors
/// If the database cannot be opened or was written by a newer version.
pub async fn migrate(options: &Options) -> anyhow::Result<ExitCode> {
    let (_, handle) = database(options).await?;
    handle.close().await;
    say("the database has this version's form");
    Ok(ExitCode::SUCCESS)
}

/// `balcao healthcheck`.
///
/// # Errors
/// If no server runs on the data folder, or it is not ready.
pub async fn healthcheck(options: &Options) -> anyhow::Result<ExitCode> {
    let Some(server) = running(&options.data).await else {
        anyhow::bail!("no server runs on {}", options.data.display());
    };
    let answer = super::client::http()?.get(format!("{}/readyz", server.url)).send().await?;
    let ready = answer.status().is_success();
    say(&answer.text().await?);
    Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `balcao config`.
///
/// # Errors
/// Never; as the other verbs.
pub fn print_config(sections: &[(&str, &str)]) -> anyhow::Result<ExitCode> {
    for (_, text) in sections {
        say(text.trim_end());
        say("");
    }
    Ok(ExitCode::SUCCESS)
}
