//! What is put under load: one or two server processes on a store, each bound to its core, and the model they ask.

use crate::Place;
use crate::client::{Connection, Request};
use crate::machine::{self, Role};
use crate::model::{Model, Pace};
use crate::postgres::Postgres;
use crate::server::{Server, Setting, Start};
use anyhow::Context;
use std::net::SocketAddr;
use std::sync::Arc;

/// Where state is kept.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Store {
    /// A file of the process.
    Sqlite,
    /// A server that the processes share.
    Postgres,
}

/// What to start.
#[derive(Clone)]
pub struct Plan<'a> {
    /// Where the program is.
    pub place: &'a Place,
    /// Name of the data folder.
    pub data: &'a str,
    /// How fast the model is.
    pub pace: Pace,
    /// Where state is kept.
    pub store: Store,
    /// How many processes.
    pub processes: usize,
    /// Settings beside those that every measured server has.
    pub settings: Vec<Setting>,
}

/// Running. Servers end before what they need.
pub struct Deployment {
    /// The processes.
    pub servers: Vec<Server>,
    /// The model they ask.
    pub model: Arc<Model>,
    /// Their database server, if they have one.
    pub database: Option<Postgres>,
}

/// What was used and counted so far.
#[derive(Clone, Copy)]
pub struct Usage {
    /// Processor time of the servers, in seconds.
    pub servers: f64,
    /// Of the database server.
    pub database: f64,
    /// Of this process: visitors and model.
    pub visitors: f64,
}

impl<'a> Plan<'a> {
    /// One process on SQLite that asks a model at a hosted model's pace and waits for no further words.
    pub fn new(place: &'a Place, data: &'a str) -> Self {
        let settings = impatient();
        Self { place, data, pace: Pace::HOSTED, store: Store::Sqlite, processes: 1, settings }
    }

    /// Starts it, with nothing in it but the demo shop.
    pub async fn start(self) -> anyhow::Result<Deployment> {
        let model = Arc::new(Model::start(self.pace).await?);
        let mut settings = [settings(Some(&model)), self.settings].concat();
        let database = match self.store {
            Store::Sqlite => None,
            Store::Postgres => Some(Postgres::start(&machine::on_core_of(Role::Database))?),
        };
        if let Some(database) = &database {
            settings.push(("BALCAO__STORE__URL", database.url()));
        }
        let mut servers = Vec::with_capacity(self.processes);
        for number in 0..self.processes {
            // Each process has its own index.
            let data = format!("{}-{number}", self.data);
            let under = machine::on_core_of(Role::Server(number));
            let start = Start { place: self.place, data: &data, settings: settings.clone(), under };
            start.forget()?;
            servers.push(start.run()?);
        }
        Ok(Deployment { servers, model, database })
    }
}

impl Deployment {
    /// Where to reach it: visitors take turns.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.servers.iter().map(|server| server.address).collect()
    }

    /// Resident memory of all processes, in MB.
    pub fn resident(&self) -> anyhow::Result<f64> {
        self.servers.iter().try_fold(0.0, |sum, server| Ok(sum + server.process().memory()?.resident))
    }

    /// What was used so far.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let servers = self
            .servers
            .iter()
            .try_fold(0.0, |sum, server| anyhow::Ok(sum + server.process().processor()?))?;
        let database = self.database.as_ref().map_or(Ok(0.0), Postgres::processor)?;
        Ok(Usage { servers, database, visitors: crate::process::Process::own().processor()? })
    }

    /// The sum of a metric over all its labels and all processes.
    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let mut sum = 0.0;
        for server in &self.servers {
            let request = Request { method: "GET", path: "/metrics", bearer: "", body: "" };
            let text = Connection::to(server.address).await?.ask(request).await?.text(200)?;
            for line in text.lines() {
                let Some(rest) = line.strip_prefix(name) else { continue };
                if rest.starts_with(['{', ' ']) {
                    let value = rest.rsplit(' ').next().unwrap_or_default();
                    sum += value.parse::<f64>().context("an unreadable metric")?;
                }
            }
        }
        Ok(sum)
    }
}

impl Usage {
    /// What was used since `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            servers: self.servers - earlier.servers,
            database: self.database - earlier.database,
            visitors: self.visitors - earlier.visitors,
        }
    }
}

/// Settings of every measured server: quotas out of the way, and the model, if any.
pub fn settings(model: Option<&Model>) -> Vec<Setting> {
    let mut settings: Vec<Setting> = [
        "BALCAO__LIMITS__CONVERSATIONS_PER_SECOND_PER_ADDRESS",
        "BALCAO__LIMITS__MESSAGES_PER_SECOND_PER_ADDRESS",
        "BALCAO__LIMITS__MESSAGES_PER_MINUTE_PER_VISITOR",
        "BALCAO__LIMITS__STREAMS_PER_ADDRESS",
    ]
    .map(|name| (name, "1000000".to_owned()))
    .to_vec();
    if let Some(model) = model {
        settings.push(("OPENAI_BASE_URL", model.base_url()));
        settings.push(("BALCAO_MODEL", "fake".to_owned()));
    }
    settings
}

/// No waiting for further words of the customer.
pub fn impatient() -> Vec<Setting> {
    ["BALCAO__CHANNELS__WEB__QUIET_MS", "BALCAO__CHANNELS__WEB__QUIET_UNFINISHED_MS"]
        .map(|name| (name, "0".to_owned()))
        .to_vec()
}
