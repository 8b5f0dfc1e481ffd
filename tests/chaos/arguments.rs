//! What can be asked of a run on its command line.

use clap::{Parser, ValueEnum};
use std::time::Duration;

/// Which database the program works on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Store {
    /// One process over a file.
    Sqlite,
    /// Processes over a throw-away server.
    Postgres,
}

impl Store {
    /// As the command line spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// Kills, stops and cuts off the program while customers write, and checks that every message was answered once and
/// every effect happened once.
#[derive(Parser, Clone, Debug)]
#[command(name = "./dev chaos")]
pub struct Arguments {
    /// Everything random comes from it; taken from the clock unless given.
    #[arg(long)]
    pub seed: Option<u64>,
    /// The database.
    #[arg(long, value_enum, default_value = "sqlite")]
    pub store: Store,
    /// Processes over the database; one unless it is PostgreSQL, where it is two.
    #[arg(long)]
    pub processes: Option<usize>,
    /// How many messages customers write, about.
    #[arg(long, default_value_t = 300)]
    pub messages: usize,
    /// How many customers write them; as many as give everyone eight messages unless given.
    #[arg(long)]
    pub customers: Option<usize>,
    /// Messages a second, all customers together.
    #[arg(long, default_value_t = 6.0)]
    pub rate: f64,
    /// No message is written after so many minutes.
    #[arg(long, default_value_t = 10.0)]
    pub minutes: f64,
    /// Leave the program in peace: nothing is killed, stopped or cut.
    #[arg(long)]
    pub peace: bool,
}

impl Arguments {
    /// How many processes run.
    pub fn processes(&self) -> usize {
        match self.store {
            Store::Sqlite => 1,
            Store::Postgres => self.processes.unwrap_or(2).max(1),
        }
    }

    /// How many customers write.
    pub fn customers(&self) -> usize {
        self.customers.unwrap_or(self.messages / 8).max(1)
    }

    /// After so long nobody writes any more.
    pub fn longest(&self) -> Duration {
        Duration::from_secs_f64(self.minutes * 60.0)
    }

    /// The command that does the same again.
    pub fn again(&self, seed: u64) -> String {
        let peace = if self.peace { " --peace" } else { "" };
        format!(
            "./dev chaos --seed {seed} --store {} --processes {} --messages {} --customers {} --rate {} --minutes {}{peace}",
            self.store.name(),
            self.processes(),
            self.messages,
            self.customers(),
            self.rate,
            self.minutes
        )
    }
}
