//! The command line: verbs, options, and the way from them to the rest of `app/`.

use super::build::{Options, listed};
use super::serve::{self, Ending};
use super::{chat, check, commands};
use crate::config::environment;
use crate::config::origin::Origin;
use crate::config::settings::{DEFAULTS, Settings};
use crate::domain::clock::SystemClock;
use crate::domain::problem::Problem;
use crate::knowledge::readers::outside;
use crate::telemetry::log::{self, LogFormat};
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// The file that is read if it lies in the working directory and none is named.
const SETTINGS_FILE: &str = "balcao.toml";

/// A counter that answers: web chat, tools, knowledge, hand-off to people. Without a command it serves.
#[derive(Parser)]
#[command(name = "balcao", version, about, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArguments,
}

const EXAMPLES: &str = "Examples:
  balcao                                 serve the demo shop on http://127.0.0.1:8080
  OPENAI_API_KEY=… balcao                the same on a hosted model
  balcao chat                            talk to it in the terminal
  balcao ingest documents/ faq.jsonl     index these documents and only these
  balcao search \"prazo de troca\"         what a turn would find
  balcao keys create ana --scope operator
  balcao config > balcao.toml            every setting with its default, to change";

#[derive(Args)]
struct Global {
    /// Settings file [default: balcao.toml if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data folder: database, index, running server
    #[arg(long, global = true, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// What to log to standard error, e.g. info, debug, balcao=debug [also: BALCAO_LOG]
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// Log one JSON object a line
    #[arg(long, global = true)]
    log_json: bool,
}

#[derive(Args)]
struct ServeArguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: String,
}

#[derive(Subcommand)]
enum Command {
    /// Web chat, API, webhooks and workers (the default)
    Serve(ServeArguments),
    /// Talk in the terminal; with piped input, one message a line
    Chat,
    /// Index documents: these and only these; without PATH the knowledge folder and its sources.toml
    Ingest(commands::IngestArguments),
    /// What a turn would find in the knowledge
    Search(commands::SearchArguments),
    /// Have the Qdrant server keep a copy of the knowledge as it is
    Snapshot,
    /// The tools exactly as the model sees them; `import` makes more of them
    #[command(args_conflicts_with_subcommands = true)]
    Tools {
        /// One JSON array with name, description, parameters, risk and limits
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        command: Option<commands::ToolsCommand>,
    },
    /// Other companies' systems that can stand behind the counter, and what each wants to know
    Connectors(commands::ConnectorsArguments),
    /// Offer the desk's own read tools to other agents: the Model Context Protocol on standard input and output
    Mcp(commands::McpArguments),
    /// Validate settings, prompts, tools and knowledge; every problem with file and line
    Check {
        /// Also call what the settings name, once each, read only
        #[arg(long)]
        online: bool,
    },
    /// API keys of operators and programs
    #[command(subcommand)]
    Keys(commands::KeysCommand),
    /// What tools prove themselves with, sealed in the data folder
    #[command(subcommand)]
    Secrets(commands::SecretsCommand),
    /// Bring rows from CSV files into the embedded back office
    Import(commands::ImportArguments),
    /// Write the embedded back office as CSV files
    Export(commands::ExportArguments),
    /// The model that makes vectors of texts, and what language models have cost
    #[command(subcommand)]
    Models(commands::ModelsCommand),
    /// What could not be answered, grouped by meaning; what is proposed to be answered to it
    #[command(args_conflicts_with_subcommands = true)]
    Gaps(commands::GapsArguments),
    /// What the interviews of leads come to
    #[command(subcommand)]
    Interviews(commands::InterviewsCommand),
    /// A link to the page for operators: conversations, systems, questions without an answer, leads
    Console(commands::ConsoleArguments),
    /// What is kept of a customer: hand it over to them, or forget them
    #[command(subcommand)]
    Customers(commands::CustomersCommand),
    /// Which data there are, where they come from, who is given them, and what customers are asked for
    Inventory(commands::InventoryArguments),
    /// WhatsApp: whether it is set up well, its templates, what messages cost
    #[command(subcommand)]
    Whatsapp(commands::WhatsAppCommand),
    /// Rehearse on the running server that the language models are away
    Drill(commands::DrillArguments),
    /// Print every setting with its default and what it means
    Config,
    /// Bring the database to this version's form (serve does it too)
    Migrate,
    /// Ask the running server whether it is ready; exit 1 if not
    Healthcheck,
    /// Reads one document from standard input; the program starts this for itself
    #[command(name = outside::VERB, hide = true)]
    ReadDocument {
        /// Its format
        format: String,
    },
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::ReadDocument { format }) = &cli.command {
        return outside::answer(format, std::io::stdin().lock(), std::io::stdout().lock());
    }
    let variables = environment::variables();
    let filter =
        cli.global.log.clone().or_else(|| {
            variables.iter().find(|(name, _)| name == "BALCAO_LOG").map(|(_, value)| value.clone())
        });
    let format = if cli.global.log_json { LogFormat::Json } else { LogFormat::Plain };
    let quiet = matches!(cli.command, Some(Command::Chat | Command::Mcp(_)));
    log::begin(filter.as_deref().unwrap_or(if quiet { "error" } else { "info" }), format);
    crate::telemetry::metrics::begin();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::anyhow!("cannot start: {error}")),
    };
    let result = runtime.block_on(run(cli, &variables));
    // A terminal that is being read from must not hold the program back.
    runtime.shutdown_timeout(std::time::Duration::from_millis(100));
    match result {
        Ok(Outcome::Ended(code)) => code,
        // In this process, so that whoever watches over it sees the same one; and from its beginning, so that nothing of
        // what it did before goes on beside it.
        Ok(Outcome::Again(address)) => failed(&anyhow::anyhow!(
            "cannot start again: {}",
            environment::begin_again(|arguments| at_address(arguments, &address.to_string()))
        )),
        Err(error) => failed(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the last word of a command that failed")]
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("balcao: {error:#}");
    ExitCode::FAILURE
}

/// What comes behind a command.
enum Outcome {
    /// Nothing.
    Ended(ExitCode),
    /// The same program again, where it listened.
    Again(SocketAddr),
}

impl From<Ending> for Outcome {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Stopped => Self::Ended(ExitCode::SUCCESS),
            Ending::Again(address) => Self::Again(address),
        }
    }
}

/// The arguments, with the address that was taken in the place of the one that was asked for: a free port stays the same.
fn at_address(mut arguments: Vec<OsString>, address: &str) -> Vec<OsString> {
    if let Some(value) =
        arguments.iter().position(|one| one == "--listen").and_then(|at| arguments.get_mut(at + 1))
    {
        *value = address.into();
    } else if let Some(both) =
        arguments.iter_mut().find(|one| one.as_encoded_bytes().starts_with(b"--listen="))
    {
        *both = format!("--listen={address}").into();
    }
    arguments
}

async fn run(cli: Cli, variables: &environment::Variables) -> anyhow::Result<Outcome> {
    match cli.command {
        None => Ok(Box::pin(serve::serve(prepared(&cli, variables)?.0, &cli.serve.listen)).await?.into()),
        Some(Command::Serve(ServeArguments { ref listen })) => {
            Ok(Box::pin(serve::serve(prepared(&cli, variables)?.0, listen)).await?.into())
        }
        Some(_) => Ok(Outcome::Ended(Box::pin(done(cli, variables)).await?)),
    }
}

/// What the program is put together of, and what is wrong with its settings where that need not stop it.
fn prepared(cli: &Cli, variables: &environment::Variables) -> anyhow::Result<(Options, Vec<Problem>)> {
    let file = settings_file(&cli.global)?;
    let origin = Origin { was_there: file.exists(), file, variables: variables.clone() };
    let (settings, problems) = match (origin.settings(), &cli.command) {
        (Ok(settings), _) => (settings, Vec::new()),
        // The other files can be checked all the same.
        (Err(problems), Some(Command::Check { .. })) => {
            (Settings::load(None, &Vec::new()).map_err(listed)?, problems)
        }
        (Err(problems), _) => return Err(listed(problems)),
    };
    let options = Options {
        settings,
        origin,
        data: cli.global.data.clone(),
        operator: PathBuf::from("."),
        clock: Arc::new(SystemClock),
        model: None,
        program: None,
        channels: Vec::new(),
    };
    Ok((options, problems))
}

/// Every verb but the one that serves.
async fn done(cli: Cli, variables: &environment::Variables) -> anyhow::Result<ExitCode> {
    if matches!(cli.command, Some(Command::Config)) {
        return commands::print_config(&DEFAULTS);
    }
    let (options, problems) = prepared(&cli, variables)?;
    match cli.command {
        None | Some(Command::Serve(_)) => {}
        Some(Command::Chat) => Box::pin(chat::chat(options)).await?,
        Some(Command::Ingest(arguments)) => return commands::ingest(options, arguments).await,
        Some(Command::Search(arguments)) => return commands::search(options, arguments).await,
        Some(Command::Snapshot) => return commands::snapshot(options).await,
        Some(Command::Tools { command: Some(commands::ToolsCommand::Import(command)), .. }) => {
            return Box::pin(commands::import_tools(&options, command)).await;
        }
        Some(Command::Tools { json, command: None }) => return commands::tools(&options, json).await,
        Some(Command::Mcp(arguments)) => return Box::pin(commands::serve_mcp(options, arguments)).await,
        Some(Command::Connectors(arguments)) => {
            return Box::pin(commands::connectors(&options, &arguments)).await;
        }
        Some(Command::Check { online }) => return check::check(&options, problems, online).await,
        Some(Command::Keys(command)) => return commands::keys(&options, command).await,
        Some(Command::Secrets(command)) => return commands::secrets(&options, command).await,
        Some(Command::Import(arguments)) => return commands::import(&options, arguments).await,
        Some(Command::Export(arguments)) => return commands::export(&options, arguments).await,
        Some(Command::Models(command)) => return commands::models(&options, command).await,
        Some(Command::Gaps(arguments)) => return Box::pin(commands::gaps(&options, arguments)).await,
        Some(Command::Interviews(command)) => return commands::interviews(&options, &command).await,
        Some(Command::Console(arguments)) => return commands::console(&options, &arguments).await,
        Some(Command::Customers(command)) => {
            return Box::pin(commands::customers(&options, command)).await;
        }
        Some(Command::Inventory(arguments)) => {
            return Box::pin(commands::inventory(&options, &arguments)).await;
        }
        Some(Command::Whatsapp(command)) => return commands::whatsapp(&options, command).await,
        Some(Command::Drill(arguments)) => return commands::drill(&options, arguments).await,
        Some(Command::Config | Command::ReadDocument { .. }) => {}
        Some(Command::Migrate) => return commands::migrate(&options).await,
        Some(Command::Healthcheck) => return commands::healthcheck(&options).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// The file that was named, which must be there, or the one that need not be.
fn settings_file(global: &Global) -> anyhow::Result<PathBuf> {
    let Some(file) = &global.config else { return Ok(PathBuf::from(SETTINGS_FILE)) };
    anyhow::ensure!(file.exists(), "there is no settings file {}", file.display());
    Ok(file.clone())
}
