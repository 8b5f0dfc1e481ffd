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

/// A kind of harm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Kind {
    /// Processes are killed.
    Kill,
    /// Processes stand still for a while.
    Stop,
    /// Processes are cut off from their database; PostgreSQL only.
    Cut,
    /// Processes are told to stop, one after the other, and started again.
    Restart,
    /// Nothing goes wrong.
    None,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Stop => "stop",
            Self::Cut => "cut",
            Self::Restart => "restart",
            Self::None => "none",
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
    /// How many of a hundred customers write by the relay channel.
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub relay: u32,
    /// How many of a hundred customers write on WhatsApp; what is left of the hundred is on the web.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub whatsapp: u32,
    /// In how many of a hundred conversations a person takes over.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub people: u32,
    /// No message is written after so many minutes.
    #[arg(long, default_value_t = 10.0)]
    pub minutes: f64,
    /// The middle of all waits after a kill must not be longer, in milliseconds. A machine that is busy with other
    /// things needs more.
    #[arg(long, default_value_t = 1_000)]
    pub recovery_ms: i64,
    /// What goes wrong: all of it unless given; `none` leaves the program in peace.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub harm: Vec<Kind>,
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

    /// Whether harm of this kind is done.
    pub fn does(&self, kind: Kind) -> bool {
        self.harm.is_empty() || self.harm.contains(&kind)
    }

    /// The command that does the same again.
    pub fn again(&self, seed: u64) -> String {
        let kinds: Vec<&str> = self.harm.iter().map(|kind| kind.name()).collect();
        let harm = if kinds.is_empty() { String::new() } else { format!(" --harm {}", kinds.join(",")) };
        format!(
            "./dev chaos --seed {seed} --store {} --processes {} --messages {} --customers {} --rate {} --relay {} --whatsapp {} --people {} --minutes {} --recovery-ms {}{harm}",
            self.store.name(),
            self.processes(),
            self.messages,
            self.customers(),
            self.rate,
            self.relay,
            self.whatsapp,
            self.people,
            self.minutes,
            self.recovery_ms
        )
    }
}
