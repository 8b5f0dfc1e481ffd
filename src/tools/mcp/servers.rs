//! All servers of the settings: made from what the operator wrote, started together, asked how they stand.

use super::connection::Reach;
use super::server::{Server, Standing, Surroundings};
use crate::config::environment::Variables;
use crate::config::mcp::{McpServerSettings, McpSettings};
use crate::domain::problem::Problem;
use crate::limits::net::{Allowance, Forbidden, guard_url};
use crate::tools::http::Secrets;
use crate::tools::registry::Registry;
use futures_util::future::join_all;
use http::{HeaderName, HeaderValue};
use minijinja::{Environment, UndefinedBehavior, Value as Jinja};
use reqwest::Url;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The servers of the settings.
#[derive(Clone, Default)]
pub struct Servers {
    servers: Vec<Arc<Server>>,
}

/// What servers are made with.
pub struct Means<'a> {
    /// Where the program may go.
    pub allowance: &'a Allowance,
    /// The operator's secrets.
    pub secrets: &'a Secrets,
    /// What every program may see of the environment.
    pub harmless: &'a Variables,
    /// Time, waits, alerts.
    pub surroundings: &'a Surroundings,
}

impl Servers {
    /// Servers that are not started.
    ///
    /// # Errors
    /// Every mistake, by server: an address that is none, a secret that is not there.
    pub fn new(settings: &McpSettings, means: &Means<'_>) -> Result<Self, Vec<Problem>> {
        let (mut servers, mut problems) = (Vec::new(), Vec::new());
        for (name, settings) in &settings.servers {
            match reach(settings, means) {
                Ok(reach) => {
                    servers.push(Arc::new(Server::new(name, settings.clone(), reach, means.surroundings)));
                }
                Err(message) => {
                    problems.push(Problem::in_file("settings", format!("`mcp.{name}`: {message}")))
                }
            }
        }
        if problems.is_empty() { Ok(Self { servers }) } else { Err(problems) }
    }

    /// Starts every server; each keeps its tools in `registry` until `stop`.
    pub fn start(&self, registry: &Arc<Registry>, stop: &CancellationToken) -> JoinSet<()> {
        let mut running = JoinSet::new();
        for server in &self.servers {
            running.spawn(server.clone().run(registry.clone(), stop.clone()));
        }
        running
    }

    /// Waits until every server was reached or found to be away, at most `patience`.
    pub async fn settled(&self, patience: Duration) {
        let all = join_all(self.servers.iter().map(|server| server.settled()));
        tokio::time::timeout(patience, all).await.ok();
    }

    /// How each stands, by name.
    pub fn standings(&self) -> Vec<(String, Standing)> {
        self.servers.iter().map(|server| (server.name().to_owned(), server.standing())).collect()
    }

    /// How one stands, now and whenever that changes.
    pub fn watch(&self, name: &str) -> Option<watch::Receiver<Standing>> {
        self.servers.iter().find(|server| server.name() == name).map(|server| server.watch())
    }
}

fn reach(settings: &McpServerSettings, means: &Means<'_>) -> Result<Reach, String> {
    let filled = |values: BTreeMap<String, String>| -> Result<BTreeMap<String, String>, String> {
        values.into_iter().map(|(name, value)| Ok((name, fill(&value, means.secrets)?))).collect()
    };
    if !settings.command.trim().is_empty() {
        let mut environment: BTreeMap<String, String> = means.harmless.iter().cloned().collect();
        environment.extend(filled(settings.environment()?)?);
        return Ok(Reach::Program {
            command: settings.command.trim().to_owned(),
            arguments: settings.args.clone(),
            environment,
        });
    }
    let url = Url::parse(settings.url.trim()).map_err(|error| format!("`url` is not a URL: {error}"))?;
    match guard_url(&url, means.allowance) {
        // Refused again with every connection: a server that is not allowed must not keep the counter closed.
        Ok(()) | Err(Forbidden::Private(_)) => {}
        Err(error) => return Err(error.to_string()),
    }
    let mut headers = HashMap::new();
    for (name, value) in filled(settings.header_values()?)? {
        let known =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is no header name"))?;
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_| format!("the header `{name}` has no value that can be sent"))?;
        value.set_sensitive(true);
        headers.insert(known, value);
    }
    Ok(Reach::Address { url, headers, allowance: means.allowance.clone() })
}

/// A value with the secrets that it names as `{{ secret.NAME }}`. What is wrong is said without the value.
fn fill(value: &str, secrets: &Secrets) -> Result<String, String> {
    if !value.contains("{{") {
        return Ok(value.to_owned());
    }
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let known: BTreeMap<&str, Jinja> =
        secrets.iter().map(|(name, secret)| (name.as_str(), Jinja::from(secret.expose()))).collect();
    environment
        .render_str(value, minijinja::context! { secret => Jinja::from_pairs(known) })
        .map_err(|_| "a value names a secret that is not set, as `{{ secret.NAME }}`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::secret::Secret;

    #[test]
    fn values_name_secrets() {
        let secrets = BTreeMap::from([("TOKEN".to_owned(), Secret::new("t-1"))]);
        assert_eq!(fill("Bearer {{ secret.TOKEN }}", &secrets).unwrap(), "Bearer t-1");
        assert_eq!(fill("plain", &secrets).unwrap(), "plain");
        assert!(fill("{{ secret.OTHER }}", &secrets).unwrap_err().contains("not set"));
    }
}
