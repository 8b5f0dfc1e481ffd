//! `balcao tools import openapi`: from a document that describes an API to files in `tools/custom/`. Every file it writes was
//! loaded once as the program would load it; a file that somebody changed is left alone.

use crate::app::backoffice::backoffice;
use crate::app::build::{Options, Outside, listed, registry_over};
use crate::app::check::NoKnowledge;
use crate::app::scratch::ScratchStore;
use crate::app::secrets;
use crate::app::terminal::say;
use crate::config::secret::{Secret, SecretSource};
use crate::domain::problem::Problem;
use crate::limits::net::{client_builder, guard_url};
use crate::limits::pause::TimerPause;
use crate::llm::factory::allowance;
use crate::tools::http::{HttpTool, HttpTools, Secrets};
use crate::tools::http_spec;
use crate::tools::import::auth::NeededSecret;
use crate::tools::import::document::Document;
use crate::tools::import::names::snake;
use crate::tools::import::operations::{Operation, chosen, operations};
use crate::tools::import::own_file::{Standing, file, standing};
use crate::tools::import::tool::{Imported, Importing, tool};
use crate::tools::load::read_bounded;
use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use reqwest::Url;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Most bytes of a document.
const LARGEST_DOCUMENT: usize = 24 * 1024 * 1024;

/// How long fetching one may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// `balcao tools …`
#[derive(Subcommand)]
pub enum ToolsCommand {
    /// Make tools of somebody's description of an API
    #[command(subcommand)]
    Import(ImportCommand),
}

/// `balcao tools import …`
#[derive(Subcommand)]
pub enum ImportCommand {
    /// From an OpenAPI 3 document, JSON or YAML: a file in tools/custom/ for each operation chosen
    Openapi(OpenApiArguments),
}

/// `balcao tools import openapi …`
#[derive(Args)]
pub struct OpenApiArguments {
    /// The document: a file or an address
    document: String,
    /// An operation, by its id or as METHOD:PATH; may be given several times. Without it they are listed
    #[arg(long = "operation", value_name = "ID")]
    operations: Vec<String>,
    /// Every operation
    #[arg(long, conflicts_with = "operations")]
    all: bool,
    /// What the names of the tools and their secrets begin with
    #[arg(long, value_name = "WORD", default_value = "")]
    prefix: String,
    /// Where the files go
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Where the API is, if the document does not say or says otherwise
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Print the files instead of writing them
    #[arg(long)]
    dry_run: bool,
    /// Also replace files that somebody changed
    #[arg(long)]
    force: bool,
}

/// `balcao tools import`.
///
/// # Errors
/// A document that cannot be read; what is wrong with single operations is listed, and the others are written.
pub async fn import_tools(options: &Options, command: ImportCommand) -> anyhow::Result<ExitCode> {
    let ImportCommand::Openapi(arguments) = command;
    let (text, origin) = read(options, &arguments.document).await?;
    let document =
        Document::read(&arguments.document, &text).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let prefix = snake(&arguments.prefix);
    let found = operations(&document, &prefix).map_err(listed)?;
    if arguments.operations.is_empty() && !arguments.all {
        list(&document, &found);
        return Ok(ExitCode::SUCCESS);
    }
    let wanted = match arguments.all {
        true => found,
        false => chosen(&found, &arguments.operations)
            .map_err(|unknown| anyhow::anyhow!("{}", unknown.join("\n")))?,
    };
    let vendor = if prefix.is_empty() { document.title() } else { &prefix };
    let importing = Importing { base_url: arguments.base_url.as_deref(), origin: origin.as_ref(), vendor };
    let out = arguments.out.clone().unwrap_or_else(|| options.operator.join("tools").join("custom"));
    let taken = taken(options, &out).await?;
    let (mut problems, mut needed, mut left_alone) = (Vec::new(), BTreeSet::new(), 0_usize);
    for operation in &wanted {
        let imported = match tool(&document, operation, &importing) {
            Ok(imported) => imported,
            Err(found) => {
                problems.extend(found);
                continue;
            }
        };
        let path = out.join(format!("{}.toml", imported.name));
        if let Some(owner) = taken.get(&imported.name).filter(|owner| **owner != path.display().to_string()) {
            let message = format!("the name `{}` is taken by {owner}; give a --prefix", imported.name);
            problems.push(document.problem(&operation.found.pointer, message));
            continue;
        }
        let found = faults(options, &imported, &out);
        if !found.is_empty() {
            problems.extend(found);
            continue;
        }
        let content = file(&format!("{} ({})", arguments.document, operation.place()), &imported.body);
        if arguments.dry_run {
            say(&content);
        } else if !write(&path, &content, arguments.force)? {
            left_alone += 1;
            continue;
        }
        for note in &imported.notes {
            say(&format!("  note: {note}"));
        }
        needed.extend(imported.secrets);
    }
    tell_secrets(options, &needed);
    for problem in &problems {
        say(&problem.to_string());
    }
    if left_alone > 0 {
        say(&format!("{left_alone} changed by hand and left alone; --force replaces them"));
    }
    Ok(if problems.is_empty() && left_alone == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The text of the document, and where it came from if that is an address.
async fn read(options: &Options, from: &str) -> anyhow::Result<(String, Option<Url>)> {
    if !from.starts_with("http://") && !from.starts_with("https://") {
        let path = Path::new(from);
        let about = fs::metadata(path).with_context(|| format!("cannot read {from}"))?;
        ensure!(about.is_file(), "{from} is no file");
        ensure!(about.len() <= LARGEST_DOCUMENT as u64, "{from} has more than {LARGEST_DOCUMENT} bytes");
        return Ok((fs::read_to_string(path).with_context(|| format!("cannot read {from}"))?, None));
    }
    let url = Url::parse(from).with_context(|| format!("`{from}` is not a URL"))?;
    let allowance = allowance(&options.settings.limits);
    guard_url(&url, &allowance)?;
    let client = client_builder(&allowance).timeout(PATIENCE).build()?;
    let mut answer = client.get(url.clone()).send().await.with_context(|| format!("cannot fetch {url}"))?;
    if answer.status().is_redirection() {
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
        bail!("{url} points to {to}; if that is right, import from there");
    }
    ensure!(answer.status().is_success(), "{url} answers {}", answer.status());
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.with_context(|| format!("cannot fetch {url}"))? {
        bytes.extend_from_slice(&chunk);
        ensure!(bytes.len() <= LARGEST_DOCUMENT, "{url} has more than {LARGEST_DOCUMENT} bytes");
    }
    Ok((String::from_utf8(bytes).with_context(|| format!("{url} is not UTF-8"))?, Some(url)))
}

fn list(document: &Document, operations: &[Operation<'_>]) {
    let id = |operation: &Operation<'_>| {
        if operation.id.is_empty() { operation.name.clone() } else { operation.id.to_owned() }
    };
    let width = |of: &dyn Fn(&Operation<'_>) -> usize| operations.iter().map(of).max().unwrap_or_default();
    let (ids, paths) = (width(&|one| id(one).chars().count()), width(&|one| one.path.chars().count()));
    say(&format!("{} operations of {}", operations.len(), document.title()));
    say(&format!("{:ids$}  {:6}  {:paths$}  {:9}  summary", "id", "method", "path", "risk"));
    for operation in operations {
        let risk = format!("{:?}", operation.risk).to_ascii_lowercase();
        let line = format!(
            "{:ids$}  {:6}  {:paths$}  {risk:9}  {}",
            id(operation),
            operation.method,
            operation.path,
            operation.summary
        );
        say(line.trim_end());
    }
    say(
        "Choose: --operation ID (or METHOD:PATH) as often as needed, or --all. --dry-run shows what would be written.",
    );
}

/// Tools that have a name already, and whose they are.
async fn taken(options: &Options, out: &Path) -> anyhow::Result<HashMap<String, String>> {
    let nothing = tempfile::tempdir().context("no scratch folder can be made")?;
    let mut built_in = Options { operator: nothing.path().to_path_buf(), ..options.clone() };
    // Whoever stands behind the counter, the tools have the same names.
    built_in.settings.backoffice.alone();
    built_in.settings.connectors.clear();
    let outside = Outside::alone(&built_in);
    let scratch = ScratchStore::open(&built_in).await?;
    let registry = backoffice(&built_in, &scratch.stores, &outside)
        .and_then(|backoffice| registry_over(&built_in, &backoffice, Arc::new(NoKnowledge), &outside));
    scratch.close().await;
    let registry = registry.map_err(listed)?;
    let mut taken: HashMap<String, String> =
        registry.iter().map(|entry| (entry.spec().name.clone(), "a built-in tool".to_owned())).collect();
    let files = fs::read_dir(out).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
        let Ok(text) = read_bounded(&path) else { continue };
        let shown = path.display().to_string();
        let (declared, _) = http_spec::read(&shown, &text, out);
        taken.extend(declared.into_iter().map(|declared| (declared.spec.name, shown.clone())));
    }
    Ok(taken)
}

/// What the program would say against the tool when it starts, its secrets given.
fn faults(options: &Options, imported: &Imported, out: &Path) -> Vec<Problem> {
    let secrets: Secrets =
        imported.secrets.iter().map(|secret| (secret.name.clone(), Secret::new("given"))).collect();
    let shown = format!("{}.toml", imported.name);
    let shared = HttpTools::new(
        allowance(&options.settings.limits),
        &secrets,
        options.clock.clone(),
        Arc::new(TimerPause),
    );
    let shared = match shared {
        Ok(shared) => shared,
        Err(error) => return vec![Problem::in_file(shown, format!("no HTTPS on this machine: {error}"))],
    };
    let (declared, mut problems) = http_spec::read(&shown, &imported.body, out);
    problems
        .extend(declared.into_iter().filter_map(|declared| HttpTool::new(declared, &shared).err()).flatten());
    problems
}

/// Writes a file unless somebody changed it; whether it now says what it should.
fn write(path: &Path, content: &str, force: bool) -> anyhow::Result<bool> {
    let shown = path.display();
    let before = fs::read_to_string(path).ok();
    let told = match (standing(before.as_deref(), content), force) {
        (Standing::Same, _) => {
            say(&format!("{shown}: unchanged"));
            return Ok(true);
        }
        (Standing::Changed, false) => {
            say(&format!("{shown}: changed by hand, left alone"));
            return Ok(false);
        }
        (Standing::New, _) => "written",
        (Standing::Untouched, _) | (Standing::Changed, true) => "written anew",
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {shown}"))?;
    say(&format!("{shown}: {told}"));
    Ok(true)
}

/// Says how to give the secrets that are not given yet.
fn tell_secrets(options: &Options, needed: &BTreeSet<NeededSecret>) {
    // What keeps them from being read is for `check` to say.
    let known = secrets::known(options).unwrap_or_default();
    let mut told = BTreeSet::new();
    for NeededSecret { name, meaning } in needed {
        if known.secret(name).is_none() && told.insert(name) {
            say(&format!(
                "secret {name}, {meaning}: give it with `balcao secrets set {name}`, or as BALCAO__TOOLS__SECRETS__{name} (or \
                 …_FILE with a path)"
            ));
        }
    }
}
