//! `balcao connectors authorize NAME`: a person lets the program in at a vendor's page, and the refresh token that comes
//! of it is sealed in the data folder. It is never shown.

use crate::app::build::{Options, listed};
use crate::app::instance::running;
use crate::app::let_in::{self, REFRESH_TOKEN, sealed_name};
use crate::app::scratch::ScratchStore;
use crate::app::terminal::say;
use crate::backoffice::connector::consent::Consent;
use crate::backoffice::connector::pack::Pack;
use crate::backoffice::connector::shelf;
use crate::config::environment;
use crate::config::secret::Secret;
use crate::config::vault::Vault;
use crate::web::callback;
use anyhow::{Context, anyhow, bail};
use clap::Args;
use reqwest::Url;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::TcpListener;

/// The longest address that is read.
const LONGEST_ADDRESS: u64 = 16 * 1024;

/// `balcao connectors authorize`
#[derive(Args)]
pub struct AuthorizeArguments {
    /// The connector, e.g. bling
    name: String,
    /// The port on this machine that the vendor's page comes back to; register http://127.0.0.1:PORT/callback with the
    /// vendor
    #[arg(long, default_value_t = 8766)]
    port: u16,
    /// Another address that you registered with the vendor; then paste where the browser ends up
    #[arg(long, value_name = "URL", conflicts_with = "port")]
    redirect_uri: Option<Url>,
    /// Paste where the browser ends up, for a machine without one
    #[arg(long)]
    paste: bool,
}

/// `balcao connectors authorize`.
///
/// # Errors
/// A connector that nobody is let in by this way, what is missing in its settings, and a vendor that says no.
pub async fn authorize(options: &Options, arguments: &AuthorizeArguments) -> anyhow::Result<ExitCode> {
    let packs = shelf::packs(&options.operator.join("tools").join("connectors")).map_err(listed)?;
    let Some(pack) = packs.get(&arguments.name) else {
        let names: Vec<&str> = packs.keys().map(String::as_str).collect();
        bail!("there is no connector `{}`; there are: {}", arguments.name, names.join(", "));
    };
    let scratch = ScratchStore::open(options).await?;
    let refresh = asked(options, arguments, pack, &scratch).await;
    scratch.close().await;
    let name = sealed_name(&pack.name, REFRESH_TOKEN);
    let mut vault = Vault::open(&options.data, &environment::variables())?;
    if let Some(key) = vault.set(&name, refresh?.expose(), options.clock.now())? {
        say(&format!(
            "made the key {} (only you can read it): keep a copy elsewhere; without it the secrets are lost",
            key.display()
        ));
    }
    say(&format!("{} lets Balcão in; {name} is kept, sealed", pack.title));
    let given = options.settings.connectors.get(&pack.name);
    if given.is_some_and(|setting| setting.values.contains_key(REFRESH_TOKEN)) {
        say(&format!(
            "the settings give connectors.{}.{REFRESH_TOKEN} too, and go first: take it out there",
            pack.name
        ));
    }
    if running(&options.data).await.is_some() {
        say("a server runs on this data folder: it takes changed secrets when it starts again");
    }
    Ok(ExitCode::SUCCESS)
}

async fn asked(
    options: &Options,
    arguments: &AuthorizeArguments,
    pack: &Arc<Pack>,
    scratch: &ScratchStore,
) -> anyhow::Result<Secret> {
    let connector = let_in::connector(options, pack, &scratch.stores).map_err(listed)?;
    let pastes = arguments.paste || arguments.redirect_uri.is_some();
    let listener = match pastes {
        true => None,
        false => {
            let at = ("127.0.0.1", arguments.port);
            let bound = TcpListener::bind(at).await;
            Some(bound.with_context(|| format!("port {} is taken; choose another one with --port", at.1))?)
        }
    };
    let redirect = match (&arguments.redirect_uri, &listener) {
        (Some(own), _) => own.clone(),
        (None, Some(listener)) => loopback(listener.local_addr()?.port())?,
        (None, None) => loopback(arguments.port)?,
    };
    let consent = connector.consent(&redirect).ok_or_else(|| {
        anyhow!("{} is not let in by signing in; see `balcao connectors {}`", pack.title, pack.name)
    })?;
    say(&format!("Open this address in a browser and let Balcão in:\n\n{}\n", consent.address()));
    let consent = Arc::new(consent);
    let code = match listener {
        Some(listener) => {
            say(&format!("waiting for {redirect} (Ctrl+C ends it)"));
            let judging = consent.clone();
            let judge = move |query: &str| judging.code(query).map_err(|fault| fault.to_string());
            callback::first_good(listener, Arc::new(judge)).await.context("nobody answered")?
        }
        None => pasted(&consent).await?,
    };
    connector
        .first_token(&consent, &code)
        .await
        .map_err(|fault| anyhow!("{} gave no token: {}; begin again", pack.title, fault.as_str()))
}

fn loopback(port: u16) -> anyhow::Result<Url> {
    Ok(Url::parse(&format!("http://127.0.0.1:{port}{}", callback::PATH))?)
}

/// The code in a pasted address; asked for again until there is one.
async fn pasted(consent: &Consent) -> anyhow::Result<String> {
    say("Then paste the address that the browser shows in the end, and press Enter:");
    let mut lines = BufReader::new(tokio::io::stdin().take(LONGEST_ADDRESS)).lines();
    while let Some(line) = lines.next_line().await? {
        match consent.code(&line) {
            Ok(code) => return Ok(code),
            Err(fault) => say(&fault.to_string()),
        }
    }
    bail!("nothing was pasted")
}
