//! The program under measurement as a process: started, watched through `/proc`, ended.

use crate::Place;
use anyhow::Context;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Ticks of a second in `/proc/PID/stat`; the same on every Linux of today.
const TICKS: f64 = 100.0;

/// How to start it.
pub struct Start<'a> {
    /// Where it is.
    pub place: &'a Place,
    /// Name of its data folder.
    pub data: &'a str,
    /// Settings.
    pub settings: Vec<(&'static str, String)>,
    /// The core it is bound to, or any.
    pub core: Option<usize>,
}

/// A running server. Killed when dropped.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to its ready line.
    pub ready_after: Duration,
    data: PathBuf,
}

/// Memory, in MB.
#[derive(Clone, Copy)]
pub struct Memory {
    /// All that is resident.
    pub resident: f64,
    /// Of it, what belongs to no file.
    pub anonymous: f64,
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
        let mut command = match self.core {
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &core.to_string()]).arg(&self.place.program);
                command
            }
            None => Command::new(&self.place.program),
        };
        command.args(["--listen", "127.0.0.1:0", "--log", "off", "--data"]).arg(&data);
        // A model that this shell has set up is not the one to measure.
        for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "BALCAO_MODEL"] {
            command.env_remove(name);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let began = Instant::now();
        let mut process = command.spawn().with_context(|| format!("{command:?} does not start"))?;
        let output = process.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let ready_after = began.elapsed();
        match line.trim().rsplit('/').next().unwrap_or_default().parse() {
            Ok(address) => Ok(Server { process, address, ready_after, data }),
            Err(_) => {
                process.kill().ok();
                process.wait().ok();
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

    fn about(&self, file: &str) -> PathBuf {
        Path::new("/proc").join(self.process.id().to_string()).join(file)
    }

    /// The memory it holds now.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        let status = std::fs::read_to_string(self.about("status"))?;
        let megabytes = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
        };
        Ok(Memory {
            resident: megabytes("VmRSS:").context("no VmRSS")?,
            anonymous: megabytes("RssAnon:").context("no RssAnon")?,
        })
    }

    /// Processor time it has used so far, in seconds.
    pub fn processor(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(self.about("stat"))?;
        // The name in brackets may hold anything; the fields stand behind it.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let ticks = |index: usize| fields.split_whitespace().nth(index)?.parse::<f64>().ok();
        let (user, system) = (ticks(11).context("no utime")?, ticks(12).context("no stime")?);
        Ok((user + system) / TICKS)
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        std::fs::read_dir(self.about("task")).map_or(0, Iterator::count)
    }

    /// Ends it in good order.
    pub fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.process.id().to_string()).status()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
