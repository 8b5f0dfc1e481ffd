//! What `/proc` says of a process: the memory it holds and the processor time it has used.

use anyhow::Context;
use std::path::{Path, PathBuf};

/// Ticks of a second in `/proc/PID/stat`; the same on every Linux of today.
const TICKS: f64 = 100.0;

/// A running process.
#[derive(Clone, Copy)]
pub struct Process(pub u32);

/// Memory, in MB.
#[derive(Clone, Copy)]
pub struct Memory {
    /// All that is resident.
    pub resident: f64,
    /// Of it, what belongs to no file.
    pub anonymous: f64,
}

/// The fields of a line of `stat` that are looked at.
struct Stat {
    parent: u32,
    /// Of the process, in seconds.
    own: f64,
    /// Of its children that have ended, in seconds.
    ended: f64,
}

impl Process {
    /// This one.
    pub fn own() -> Self {
        Self(std::process::id())
    }

    fn about(self, file: &str) -> PathBuf {
        Path::new("/proc").join(self.0.to_string()).join(file)
    }

    /// The memory it holds now.
    pub fn memory(self) -> anyhow::Result<Memory> {
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
    pub fn processor(self) -> anyhow::Result<f64> {
        Ok(self.stat()?.own)
    }

    /// Processor time that it and its children have used so far, in seconds.
    pub fn processor_of_family(self) -> anyhow::Result<f64> {
        let stat = self.stat()?;
        let mut sum = stat.own + stat.ended;
        for entry in std::fs::read_dir("/proc")?.flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // It may have ended since the folder was read.
            if let Ok(child) = Self(id).stat()
                && child.parent == self.0
            {
                sum += child.own;
            }
        }
        Ok(sum)
    }

    /// How many threads it has.
    pub fn threads(self) -> usize {
        std::fs::read_dir(self.about("task")).map_or(0, Iterator::count)
    }

    fn stat(self) -> anyhow::Result<Stat> {
        let stat = std::fs::read_to_string(self.about("stat"))?;
        // The name in brackets may hold anything; the fields stand behind it.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |first: usize| {
            let two = fields.get(first..first + 2).context("a short stat")?;
            two.iter().try_fold(0.0, |sum, ticks| anyhow::Ok(sum + ticks.parse::<f64>()? / TICKS))
        };
        let parent = fields.get(1).context("a short stat")?.parse()?;
        Ok(Stat { parent, own: ticks(11)?, ended: ticks(13)? })
    }
}
