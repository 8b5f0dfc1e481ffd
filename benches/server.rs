//! The program under measurement as a process: started, ended. Measures nothing but its start.

use crate::Place;
use crate::process::Process;
use anyhow::Context;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a command that ends when this process does, however it ends: nothing may go on to disturb what is measured
/// next. Not for starts by themselves, whose time it would be part of.
const ATTENDED: [&str; 3] = ["setpriv", "--pdeathsig", "KILL"];

/// A setting as the environment brings it.
pub type Setting = (&'static str, String);

/// How to start it.
pub struct Start<'a> {
    /// Where it is.
    pub place: &'a Place,
    /// Name of its data folder.
    pub data: &'a str,
    /// Settings.
    pub settings: Vec<Setting>,
    /// The program that runs it, with arguments; empty for none.
    pub under: Vec<String>,
}

/// A process of ours. Killed when dropped.
struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A server that was started and has not said yet where it listens.
pub struct Starting {
    child: Owned,
    began: Instant,
    data: PathBuf,
}

/// A running server. Killed when dropped.
pub struct Server {
    child: Owned,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to its ready line.
    pub ready_after: Duration,
    data: PathBuf,
}

impl Start<'_> {
    fn folder(&self) -> PathBuf {
        self.place.data.join(self.data)
    }

    /// Empties its data folder.
    pub fn forget(&self) -> anyhow::Result<()> {
        std::fs::remove_dir_all(self.folder()).ok();
        Ok(std::fs::create_dir_all(self.folder())?)
    }

    /// Starts it and waits for its ready line.
    pub fn run(&self) -> anyhow::Result<Server> {
        self.begin()?.ready()
    }

    /// Starts it and waits for nothing.
    pub fn begin(&self) -> anyhow::Result<Starting> {
        let data = self.folder();
        let mut command = if self.under.is_empty() {
            Command::new(&self.place.program)
        } else {
            let mut command = Command::new(ATTENDED[0]);
            command.args(&ATTENDED[1..]).args(&self.under).arg(&self.place.program);
            command
        };
        command.args(["--listen", "127.0.0.1:0", "--log", "off", "--data"]).arg(&data);
        // What this shell has set up is not what is to be measured.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("BALCAO_") {
                command.env_remove(name);
            }
        }
        for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL"] {
            command.env_remove(name);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let began = Instant::now();
        let child = command.spawn().with_context(|| format!("{command:?} does not start"))?;
        Ok(Starting { child: Owned(child), began, data })
    }
}

impl Starting {
    /// Waits for its ready line.
    pub fn ready(mut self) -> anyhow::Result<Server> {
        let output = self.child.0.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let ready_after = self.began.elapsed();
        let address = line.trim().rsplit('/').next().unwrap_or_default().parse();
        let address =
            address.with_context(|| format!("the server said {line:?} instead of where it listens"))?;
        Ok(Server { child: self.child, address, ready_after, data: self.data })
    }
}

impl Server {
    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its process.
    pub fn process(&self) -> Process {
        Process(self.child.0.id())
    }

    /// Tells it to end in good order.
    pub fn tell_to_stop(&self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.0.id().to_string()).status()?;
        Ok(())
    }

    /// Ends it in good order.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.tell_to_stop()?;
        self.child.0.wait()?;
        Ok(())
    }
}
