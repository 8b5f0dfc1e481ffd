//! Measures the release binary from outside, as visitors and operators meet it, and prints numbers with their
//! machine. It asserts nothing (`instructions` apart): what is fast enough is for the reader to say. See `./dev bench`.
#![allow(clippy::print_stdout, reason = "a report on standard output is all this program is for")]
#![allow(clippy::disallowed_methods, reason = "tasks end with the program that measures")]

mod bursts;
mod client;
mod connectors;
mod corpus;
mod deployment;
mod embed;
mod figures;
mod idle;
mod instructions;
mod knowledge;
mod load;
mod machine;
mod model;
mod offline;
mod postgres;
mod process;
mod progress;
mod qdrant;
mod quota;
mod rounds;
mod search;
mod server;
mod soak;
mod start;
mod table;
mod visitor;
mod whatsapp;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use deployment::Store;
use instructions::Kept;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measures the program and prints numbers with their machine.
#[derive(Parser)]
#[command(name = "./dev bench")]
struct Arguments {
    /// What to measure
    #[arg(value_enum, default_values_t = [Section::All])]
    sections: Vec<Section>,
    /// Shorter lists and times: shows that it works, not how fast it is
    #[arg(long)]
    quick: bool,
    /// Where `load` keeps its state; `postgres` prints SQLite beside it
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Store,
    /// Event streams of `idle`, as a list of sizes
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 20_000])]
    clients: Vec<usize>,
    /// How long `soak` goes on
    #[arg(long, default_value_t = 10)]
    minutes: u32,
    /// Writes the figure of `instructions` down anew
    #[arg(long)]
    renew: bool,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// First and later starts, memory of an idle server
    Start,
    /// From a message to the first sign that it is worked on
    Progress,
    /// A turn on the built-in model
    Offline,
    /// A search of the knowledge
    Search,
    /// Vectors from the embedding model in process
    Embed,
    /// A call to a vendor beside the bare request
    Connectors,
    /// Indexing and searching 10,000 and 100,000 passages
    Knowledge,
    /// The index on a Qdrant server (`BALCAO_TEST_QDRANT_URL`) beside the embedded one
    Qdrant,
    /// Visitors who each wait for their answer, and messages at a rate
    Load,
    /// Visitors who write three messages in a row
    Bursts,
    /// Bodies that Meta posts
    Whatsapp,
    /// Memory for each visitor who only listens
    Idle,
    /// All of these
    All,
    /// Whether memory grows under a load that goes on and on
    Soak,
    /// Instructions of a turn; fails if they are well above the kept figure
    Instructions,
}

impl Section {
    /// In the order they run: those under load bind this process to a core, so they come last.
    const ORDER: [Self; 14] = [
        Self::Start,
        Self::Progress,
        Self::Offline,
        Self::Search,
        Self::Embed,
        Self::Connectors,
        Self::Knowledge,
        Self::Qdrant,
        Self::Instructions,
        Self::Load,
        Self::Bursts,
        Self::Whatsapp,
        Self::Idle,
        Self::Soak,
    ];

    /// Whether it is one of all: it needs no tool or server of its own and takes no more than some minutes.
    fn is_common(self) -> bool {
        !matches!(self, Self::Soak | Self::Instructions | Self::Knowledge | Self::Qdrant)
    }

    fn is_among(self, wanted: &[Self]) -> bool {
        wanted.contains(&self) || (self.is_common() && wanted.contains(&Self::All))
    }
}

/// How much is measured.
#[derive(Clone, Copy)]
pub enum Scale {
    /// What a figure is taken from.
    Full,
    /// What shows that the measurement works.
    Quick,
}

/// Where the measured program and its data are.
pub struct Place {
    /// The binary under measurement: the one built beside this one.
    pub program: PathBuf,
    /// A folder on the disk that the build is on: a real one, so that durable writes cost what they cost.
    pub data: PathBuf,
}

fn main() -> ExitCode {
    match measure(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("./dev bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let own = std::env::current_exe().context("this program does not know where it is")?;
    let beside = own.parent().context("no folder around this program")?;
    let place = Place { program: beside.join("balcao"), data: beside.join("bench-data") };
    anyhow::ensure!(place.program.exists(), "{} is not built", place.program.display());
    machine::describe();
    machine::raise_open_files();
    let scale = if arguments.quick { Scale::Quick } else { Scale::Full };
    // One thread: it has one core during the load, and visitors that wait cost nothing.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for section in Section::ORDER {
        if section.is_among(&arguments.sections) {
            runtime.block_on(run(section, &place, scale, arguments))?;
        }
    }
    std::fs::remove_dir_all(&place.data).ok();
    Ok(())
}

async fn run(section: Section, place: &Place, scale: Scale, arguments: &Arguments) -> anyhow::Result<()> {
    match section {
        Section::Start => start::measure(place).await,
        Section::Progress => progress::measure(place).await,
        Section::Offline => offline::measure(place).await,
        Section::Search => search::measure(place).await,
        Section::Embed => embed::measure(scale),
        Section::Connectors => connectors::measure(place, scale).await,
        Section::Knowledge => knowledge::measure(place, scale),
        Section::Qdrant => qdrant::measure(scale),
        Section::Load => load::measure(place, scale, arguments.store).await,
        Section::Bursts => bursts::measure(place, scale).await,
        Section::Whatsapp => whatsapp::measure(place, scale).await,
        Section::Idle => idle::measure(place, &arguments.clients).await,
        Section::Soak => soak::measure(place, arguments.minutes).await,
        Section::Instructions => {
            let kept = if arguments.renew { Kept::Renew } else { Kept::Compare };
            instructions::measure(place, kept).await
        }
        // Is all of these.
        Section::All => Ok(()),
    }
}
