//! `balcao console`: a link that signs a person in on the page for operators of the running server. The key is in the part
//! of the address that browsers keep to themselves.

use super::database;
use crate::app::build::Options;
use crate::app::instance::running;
use crate::app::keys;
use crate::app::terminal::say;
use crate::inbox::clean;
use anyhow::{Context, bail};
use clap::Args;
use reqwest::Url;
use std::process::ExitCode;

/// Longest name of a person.
const NAME_CHARS: usize = 80;

/// `balcao console`
#[derive(Args)]
pub struct ConsoleArguments {
    /// Who uses it, as customers see them when they answer, e.g. Ana; the page asks, if it is left out
    name: Option<String>,
    /// Only conversations, questions and leads: systems are shown and cannot be changed
    #[arg(long)]
    read_settings: bool,
    /// The address under which people reach the server, if not this machine's: your proxy's
    #[arg(long, value_name = "URL")]
    at: Option<Url>,
}

/// `balcao console`.
///
/// # Errors
/// Without a running server, with a name that is none, or if the database cannot be opened.
pub async fn console(options: &Options, arguments: &ConsoleArguments) -> anyhow::Result<ExitCode> {
    let Some(server) = running(&options.data).await else {
        bail!(
            "no server runs on {}; start one with `balcao`, and ask in another terminal",
            options.data.display()
        );
    };
    let name = match &arguments.name {
        Some(name) => Some(clean::one_line(name, NAME_CHARS).context("a name needs a visible character")?),
        None => None,
    };
    let key_name = name.as_ref().map_or_else(|| "console".to_owned(), |name| format!("console of {name}"));
    let scopes: &[&str] = if arguments.read_settings { &["operator"] } else { &["operator", "admin"] };
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let (stores, handle) = database(options).await?;
    // A link that lies about somewhere ends with the next one.
    let made = match stores.keys.remove(&key_name).await {
        Ok(_) => keys::create(&stores, options.clock.as_ref(), &key_name, &scopes).await,
        Err(error) => Err(error.into()),
    };
    handle.close().await;
    let key = made?;
    let base = match &arguments.at {
        Some(own) if !matches!(own.path(), "" | "/") => {
            bail!("--at is an address without a path: the page's own scripts are asked for at the root")
        }
        Some(own) => own.clone(),
        None => Url::parse(&server.url)?,
    };
    say(&link(base, &key, name.as_deref()));
    say(
        "It signs in whoever has it: open it yourself, and send it to nobody. The next one makes it worthless; so does",
    );
    say(&format!("balcao keys revoke \"{key_name}\""));
    Ok(ExitCode::SUCCESS)
}

/// The page's address with the key, and the name if there is one.
fn link(mut base: Url, key: &str, name: Option<&str>) -> String {
    base.set_query(None);
    let path = format!("{}/console", base.path().trim_end_matches('/'));
    base.set_path(&path);
    let pairs = [Some(("key", key)), name.map(|name| ("name", name))];
    base.query_pairs_mut().extend_pairs(pairs.into_iter().flatten());
    // Written as a query is, and moved behind the #.
    let written = base.query().map(str::to_owned);
    base.set_query(None);
    base.set_fragment(written.as_deref());
    base.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stays_in_the_browser() {
        let link = link("https://chat.example.com/?x=1#y".parse().unwrap(), "balcao_k", Some("Ana & Zé"));
        assert_eq!(link, "https://chat.example.com/console#key=balcao_k&name=Ana+%26+Z%C3%A9");
    }
}
