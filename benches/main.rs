//! Measures the release binary from outside, as visitors and operators meet it, and prints numbers with their
//! machine. It asserts nothing: what is fast enough is for the reader to say. See `./dev bench`.
#![allow(clippy::print_stdout, reason = "a report on standard output is all this program is for")]

mod client;
mod figures;
mod load;
mod machine;
mod model;
mod offline;
mod progress;
mod rounds;
mod search;
mod server;
mod start;
mod visitor;

use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "balcao-bench [start|progress|offline|search|load|all] …";

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Start,
    Progress,
    Offline,
    Search,
    Load,
}

impl Section {
    /// In the order they run: the load binds this process to a core, so it comes last.
    const ALL: [Self; 5] = [Self::Start, Self::Progress, Self::Offline, Self::Search, Self::Load];

    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Progress => "progress",
            Self::Offline => "offline",
            Self::Search => "search",
            Self::Load => "load",
        }
    }
}

/// Where the measured program and its data are.
pub struct Place {
    /// The binary under measurement: the one built beside this one.
    pub program: PathBuf,
    /// A folder on the disk that the build is on: a real one, so that durable writes cost what they cost.
    pub data: PathBuf,
}

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let is_known = |name: &String| name == "all" || Section::ALL.iter().any(|section| section.name() == name);
    if !names.iter().all(is_known) {
        println!("{USAGE}");
        return ExitCode::FAILURE;
    }
    let all = names.is_empty() || names.iter().any(|name| name == "all");
    let wanted = Section::ALL.into_iter().filter(|section| all || names.iter().any(|n| n == section.name()));
    match measure(wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("not measured: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(sections: impl Iterator<Item = Section>) -> anyhow::Result<()> {
    let own = std::env::current_exe().context("this program does not know where it is")?;
    let beside = own.parent().context("no folder around this program")?;
    let place = Place { program: beside.join("balcao"), data: beside.join("bench-data") };
    anyhow::ensure!(place.program.exists(), "{} is not built", place.program.display());
    machine::describe();
    machine::raise_open_files();
    // One thread: it has one core during the load, and visitors that wait cost nothing.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for section in sections {
        match section {
            Section::Start => runtime.block_on(start::measure(&place))?,
            Section::Progress => runtime.block_on(progress::measure(&place))?,
            Section::Offline => runtime.block_on(offline::measure(&place))?,
            Section::Search => runtime.block_on(search::measure(&place))?,
            Section::Load => runtime.block_on(load::measure(&place))?,
        }
    }
    std::fs::remove_dir_all(&place.data).ok();
    Ok(())
}
