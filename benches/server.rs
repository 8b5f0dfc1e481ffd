//! The program under measurement as a process: started, ended.

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

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
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
        let mut child = command.spawn().with_context(|| format!("{command:?} does not start"))?;
        let output = child.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let ready_after = began.elapsed();
        match line.trim().rsplit('/').next().unwrap_or_default().parse() {
            Ok(address) => Ok(Server { child, address, ready_after, data }),
            Err(_) => {
                child.kill().ok();
                child.wait().ok();
                anyhow::bail!("the server said {line:?} instead of where it listens")
            }
        }
    }
}

impl Server {
    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its process.
    pub fn process(&self) -> Process {
        Process(self.child.id())
    }

    /// Ends it in good order.
    pub fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
