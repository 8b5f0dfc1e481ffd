//! `balcao secrets`: what tools prove themselves with, sealed in the data folder. No value is ever printed, and none is
//! taken from the command line, where everybody on the machine can read it.

use crate::app::build::Options;
use crate::app::instance::running;
use crate::app::terminal::say;
use crate::config::environment;
use crate::config::secret::SecretSource;
use crate::config::vault::{KEY_VARIABLE, LARGEST_SECRET, Vault};
use anyhow::{Context, bail};
use clap::Subcommand;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

/// `balcao secrets …`
#[derive(Subcommand)]
pub enum SecretsCommand {
    /// Keep a secret; its value comes from standard input, or is asked for
    Set {
        /// The name that tools use: {{ secret.NAME }}
        name: String,
        /// A file that holds the value
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// Names, and since when; never values
    List,
    /// Seal everything with a new key; the one before stays valid until the next time
    Rotate,
    /// Forget a secret
    Remove {
        /// Its name
        name: String,
    },
}

/// `balcao secrets`.
///
/// # Errors
/// A file that cannot be read or written, or a key that does not fit.
pub async fn secrets(options: &Options, command: SecretsCommand) -> anyhow::Result<ExitCode> {
    let mut vault = Vault::open(&options.data, &environment::variables())?;
    match command {
        SecretsCommand::Set { name, from } => {
            let value = value(&name, from)?;
            if let Some(key) = vault.set(&name, &value, options.clock.now())? {
                say(&format!(
                    "made the key {} (only you can read it): keep a copy elsewhere, or give the key as {KEY_VARIABLE}; without \
                     it the secrets are lost",
                    key.display()
                ));
            }
            say(&format!("{name} is kept; tools write it as {{{{ secret.{name} }}}}"));
            if options.settings.tools.secrets.secret(&name).is_some() {
                say(&format!("the settings or the environment give {name} too, and go first"));
            }
        }
        SecretsCommand::List => {
            for kept in vault.list()? {
                let key = match kept.generation {
                    Some(0) => "",
                    Some(_) => "\tsealed with the key before; `balcao secrets rotate` renews it",
                    None => "\tsealed with a key that is not here",
                };
                let given = options.settings.tools.secrets.secret(&kept.name);
                let over = if given.is_some() {
                    "\tgiven by settings or environment too, which go first"
                } else {
                    ""
                };
                say(&format!("{}\tset {}{key}{over}", kept.name, kept.set_at.strftime("%Y-%m-%d %H:%M UTC")));
            }
        }
        SecretsCommand::Rotate => {
            let count = vault.rotate()?;
            say(&format!("{count} sealed anew; the key before is valid until the next time"));
        }
        SecretsCommand::Remove { name } => {
            if !vault.remove(&name)? {
                bail!("there is no secret `{name}`; see `balcao secrets list`");
            }
            say(&format!("{name} is forgotten"));
        }
    }
    if running(&options.data).await.is_some() {
        say("a server runs on this data folder: it takes changed secrets when it starts again");
    }
    Ok(ExitCode::SUCCESS)
}

fn value(name: &str, from: Option<PathBuf>) -> anyhow::Result<String> {
    let mut text = String::new();
    let stdin = std::io::stdin();
    let most = LARGEST_SECRET as u64 + 2;
    match from {
        Some(path) => {
            let file =
                std::fs::File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
            file.take(most)
                .read_to_string(&mut text)
                .with_context(|| format!("cannot read {}", path.display()))?;
        }
        None if stdin.is_terminal() => {
            say(&format!("The value of {name}, then Enter (it is not shown):"));
            let hidden = echo("-echo");
            let read = stdin.read_line(&mut text);
            if hidden {
                echo("echo");
            }
            read.context("nothing was read")?;
        }
        None => {
            stdin.lock().take(most).read_to_string(&mut text).context("the value cannot be read")?;
        }
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Switches what is typed visible or not; whether that worked.
fn echo(how: &str) -> bool {
    let told = Command::new("stty").arg(how).stdin(Stdio::inherit()).stderr(Stdio::null()).status();
    told.is_ok_and(|status| status.success())
}
