//! Proves the promises under faults: the real program, in one process or several, is killed, stopped and cut off from
//! its database while customers write and people take over; then every ledger is compared with every other. Bounded,
//! seeded, on loopback only. See `./dev chaos --help`. It looks at the program from outside and decides nothing for it.
#![allow(clippy::print_stdout, reason = "a report on standard output is what this program is for")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a run that cannot go on fails"
)]

mod arguments;
mod checker;
mod customers;
mod evidence;
mod faults;
mod forged;
mod guard;
mod inspect;
mod listeners;
mod model;
mod people;
mod plan;
mod processes;
mod relay_customers;
mod relay_peer;
mod relay_signature;
mod report;
mod run;
mod vendor;
mod whatsapp_customers;
mod whatsapp_meta;
mod world;

#[allow(dead_code, reason = "what other tests use of it is not used here")]
#[path = "../support/events.rs"]
mod events;
#[allow(dead_code, reason = "what other tests use of it is not used here")]
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/wire.rs"]
mod wire;

use arguments::Arguments;
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(missed) = forged::every_break_is_found() {
        println!("chaos     the checker is blind, so that nothing it says would count: {missed}");
        return ExitCode::FAILURE;
    }
    // One thread: the machine's cores are the program's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match runtime.block_on(run::run(&arguments)) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
