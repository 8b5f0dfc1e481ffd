//! How many instructions of the processor a turn takes, counted by Valgrind: a figure that does not depend on the
//! machine's speed or on what else it does, so that a change which makes turns dearer is seen where it is made. The
//! only measurement that fails: when the figure is well above the one that is kept.

use crate::Place;
use crate::deployment::{impatient, settings};
use crate::machine;
use crate::model::{Model, Pace, name};
use crate::server::{Server, Setting, Start, Starting};
use crate::visitor::{QUESTIONS, Visitor};
use anyhow::Context;
use std::path::PathBuf;
use std::process::Command;

/// Where the figure is kept.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.txt");
const KEPT_HEAD: &str = "# Instructions of a turn: machine, build, count, compiler. Written by `./dev bench instructions --renew`.";
/// Conversations of the two lives that are compared. Start, end and what is done by the clock are the same in both, for
/// they are lived side by side: under Valgrind a second more or less of looking for work would be seen.
const FEW: usize = 1;
const MANY: usize = 5;
/// How much more is too much.
const MARGIN: f64 = 0.10;

/// What to do about a figure that has changed.
#[derive(Clone, Copy)]
pub enum Kept {
    /// Compare with it.
    Compare,
    /// Write it down anew.
    Renew,
}

/// Counts, prints and compares.
pub async fn measure(place: &Place, kept: Kept) -> anyhow::Result<()> {
    println!(
        "\ninstructions   of a turn, user space, counted by Valgrind's callgrind; SQLite, one worker thread; a model that"
    );
    println!("               answers at once; {} messages a conversation", QUESTIONS.len());
    let prepared = Start { place, data: "instructions", settings: fixed(), under: Vec::new() };
    prepared.forget()?;
    prepared.run()?.stop()?;
    let before = read()?;
    let mut now = count(place).await?;
    let is_doubtful = match (kept, &before) {
        (Kept::Renew, _) => true,
        (Kept::Compare, Some((before, _))) => change(now, *before) > MARGIN,
        (Kept::Compare, None) => false,
    };
    if is_doubtful {
        // A machine that is busy with other things only ever adds to it.
        now = now.min(count(place).await?);
    }
    match (kept, before) {
        (Kept::Renew, _) => write(now),
        (Kept::Compare, None) => {
            println!("  no figure is kept for this build; keep it: ./dev bench instructions --renew");
            Ok(())
        }
        (Kept::Compare, Some((before, compiler))) => compare(now, before, &compiler),
    }
}

/// Instructions of a turn.
async fn count(place: &Place) -> anyhow::Result<u64> {
    let (few, many) = (Life::begin(place, "few").await?, Life::begin(place, "many").await?);
    let (few, many) = (few.ready()?, many.ready()?);
    tokio::try_join!(few.talk(FEW), many.talk(MANY))?;
    few.server.tell_to_stop()?;
    many.server.tell_to_stop()?;
    let turns = (MANY - FEW) * QUESTIONS.len();
    let count = many.end()?.saturating_sub(few.end()?) / turns as u64;
    println!("  {turns} turns more: {count} instructions a turn ({} build)", build());
    Ok(count)
}

/// As a share of what was before.
fn change(now: u64, before: u64) -> f64 {
    now as f64 / before as f64 - 1.0
}

fn compare(now: u64, before: u64, compiler: &str) -> anyhow::Result<()> {
    let change = change(now, before);
    println!("  kept: {before}, with {compiler}; change {:+.1} %", change * 1e2);
    anyhow::ensure!(
        change <= MARGIN,
        "a turn takes {:.1} % more instructions than the {before} in benches/instructions.txt (at most {:.0} % more \
         pass). If it is worth it, renew the figure: ./dev bench instructions --renew",
        change * 1e2,
        MARGIN * 1e2
    );
    if change < -MARGIN {
        println!("  it got cheaper; renew the figure: ./dev bench instructions --renew");
    }
    Ok(())
}

/// A server under Valgrind, from its start to its end.
struct Life<S> {
    model: Model,
    server: S,
    log: PathBuf,
}

impl Life<Starting> {
    async fn begin(place: &Place, name: &str) -> anyhow::Result<Self> {
        let model = Model::start(Pace::AT_ONCE).await?;
        let log = place.data.join(format!("instructions-{name}.log"));
        let under = [
            "valgrind".to_owned(),
            "--tool=callgrind".to_owned(),
            "--callgrind-out-file=/dev/null".to_owned(),
            format!("--log-file={}", log.display()),
        ];
        let settings = [settings(Some(&model)), fixed()].concat();
        let data = format!("instructions-{name}");
        let start = Start { place, data: &data, settings, under: under.to_vec() };
        start.forget()?;
        // The shop and the index are laid already: neither belongs to a turn.
        let laid = place.data.join("instructions/.");
        let copied = Command::new("cp").arg("-a").arg(laid).arg(place.data.join(&data)).status()?;
        anyhow::ensure!(copied.success(), "the data folder cannot be copied");
        Ok(Self { model, server: start.begin()?, log })
    }

    fn ready(self) -> anyhow::Result<Life<Server>> {
        let server = self.server.ready().context("is Valgrind there? The Debian package is `valgrind`")?;
        Ok(Life { model: self.model, server, log: self.log })
    }
}

impl Life<Server> {
    async fn talk(&self, conversations: usize) -> anyhow::Result<()> {
        for number in 0..conversations {
            let mut visitor = Visitor::open(&[self.server.address], 0, &name(number)).await?;
            for question in QUESTIONS {
                let (_, end) = visitor.ask(question).await?;
                anyhow::ensure!(end.contains("\"answered\""), "another turn than the one to count: {end}");
            }
        }
        Ok(())
    }

    /// All its instructions.
    fn end(self) -> anyhow::Result<u64> {
        self.server.stop()?;
        let text = std::fs::read_to_string(&self.log)?;
        let count = text.lines().find_map(|line| line.split_once("Collected :"));
        Ok(count.with_context(|| format!("no count in what Valgrind said: {text}"))?.1.trim().parse()?)
    }
}

/// One worker, and nothing said because it takes long: under Valgrind everything does.
fn fixed() -> Vec<Setting> {
    let long = || "600000".to_owned();
    let further = vec![
        ("TOKIO_WORKER_THREADS", "1".to_owned()),
        ("BALCAO__TURN__PROGRESS_AFTER_MS", long()),
        ("BALCAO__CHANNELS__WEB__HEARTBEAT_MS", long()),
        // Else the catalog's index is read again so many times more as turns take longer.
        ("BALCAO__BACKOFFICE__CATALOG_RULES__INDEX_SECONDS", long()),
    ];
    [impatient(), further].concat()
}

/// How it was compiled; optimised code has another figure.
fn build() -> &'static str {
    if cfg!(debug_assertions) { "debug" } else { "release" }
}

/// The figure kept for this kind of machine and build, and the compiler it was taken with.
fn read() -> anyhow::Result<Option<(u64, String)>> {
    let Some(line) = lines().into_iter().find(|line| line.starts_with(&key())) else { return Ok(None) };
    let rest = line.strip_prefix(&key()).unwrap_or_default();
    let (count, compiler) =
        rest.split_once(' ').context("benches/instructions.txt: a line without a compiler")?;
    Ok(Some((count.parse().context("benches/instructions.txt")?, compiler.to_owned())))
}

fn write(count: u64) -> anyhow::Result<()> {
    let mut kept: Vec<String> = lines().into_iter().filter(|line| !line.starts_with(&key())).collect();
    kept.push(format!("{}{count} {}", key(), machine::compiler()));
    kept.sort();
    std::fs::write(KEPT, format!("{KEPT_HEAD}\n{}\n", kept.join("\n")))?;
    println!("  written to benches/instructions.txt");
    Ok(())
}

fn lines() -> Vec<String> {
    let text = std::fs::read_to_string(KEPT).unwrap_or_default();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

fn key() -> String {
    format!("{} {} ", std::env::consts::ARCH, build())
}
