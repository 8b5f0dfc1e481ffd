//! Reads risky formats in a process of its own, with limits on its time and memory: a file that makes a reader loop,
//! overflow its stack or fill the memory costs that file only. What was read is kept by the file's hash, so that a
//! document is read once. Both ends are here; which reader does the work is up to [`Format::read`].

use super::{Extract, Format};
use rustix::process::{Resource, Rlimit, setrlimit};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};

/// The verb of the program that reads a document from standard input.
pub const VERB: &str = "read-document";

/// How long a reader may compute.
const SECONDS: u64 = 20;

/// How much memory a reader may ask for.
const MEMORY: u64 = 2 * 1024 * 1024 * 1024;

/// The most a reader may answer.
const LARGEST_ANSWER: u64 = 64 * 1024 * 1024;

/// Raised when a reader finds something else in the same file.
const READERS_VERSION: u32 = 1;

/// Starts readers, and remembers what they found.
#[derive(Debug)]
pub struct Outside {
    program: PathBuf,
    kept: PathBuf,
    /// What was asked for since the last [`sweep`](Self::sweep).
    used: Mutex<HashSet<String>>,
}

impl Outside {
    /// Readers are started by `program`, this program's own file; what they find is kept in the folder `kept`.
    pub fn new(program: PathBuf, kept: PathBuf) -> Self {
        Self { program, kept, used: Mutex::default() }
    }

    /// The same readers, that keep what they find elsewhere.
    #[must_use]
    pub fn keeping_in(&self, kept: PathBuf) -> Self {
        Self::new(self.program.clone(), kept)
    }

    /// Reads a file of this format. Blocks for as long as it takes.
    ///
    /// # Errors
    /// It cannot be read; in words for the operator.
    pub fn read(&self, format: Format, bytes: &[u8]) -> Result<Extract, String> {
        let name = kept_name(format, bytes);
        let path = self.kept.join(&name);
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        let known = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if let Some(extract) = known {
            return Ok(extract);
        }
        let extract = self.ask(format, bytes)?;
        if let Err(error) = keep(&path, &extract) {
            tracing::debug!(%error, "what was read of a document cannot be kept");
        }
        Ok(extract)
    }

    /// Forgets what was not asked for since the last time.
    pub fn sweep(&self) {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        for entry in fs::read_dir(&self.kept).into_iter().flatten().flatten() {
            if !used.contains(entry.file_name().to_string_lossy().as_ref()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn ask(&self, format: Format, bytes: &[u8]) -> Result<Extract, String> {
        let failed = |error: io::Error| format!("no reader could be started: {error}");
        let mut child = Command::new(&self.program)
            .args([VERB, format.name()])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A reader's last words say nothing to an operator.
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        // It reads everything before it writes anything; where it dies first, the exit says so.
        if let Some(mut input) = child.stdin.take() {
            let _ = input.write_all(bytes);
        }
        let mut answer = Vec::new();
        if let Some(output) = child.stdout.take() {
            let _ = output.take(LARGEST_ANSWER + 1).read_to_end(&mut answer);
        }
        let status = child.wait().map_err(failed)?;
        if answer.len() as u64 > LARGEST_ANSWER {
            return Err("there is more text in it than is allowed".to_owned());
        }
        match serde_json::from_slice::<Result<Extract, String>>(&answer) {
            Ok(answer) if status.success() => answer,
            Ok(_) | Err(_) => {
                Err("reading it takes more time or memory than is allowed; the file may be damaged"
                    .to_owned())
            }
        }
    }
}

fn kept_name(format: Format, bytes: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(READERS_VERSION.to_le_bytes());
    hasher.update(format.name().as_bytes());
    hasher.update([0]);
    hasher.update(bytes);
    let digest: String = hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{digest}.json")
}

fn keep(path: &Path, extract: &Extract) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension("new");
    fs::write(&draft, serde_json::to_vec(extract)?)?;
    fs::rename(draft, path)
}

/// The other end: reads a document of the format called `name` from `input` and writes what it finds to `output`.
pub fn answer(name: &str, mut input: impl Read, mut output: impl Write) -> ExitCode {
    let formats = [Format::Html, Format::Csv, Format::Pdf, Format::Docx, Format::Spreadsheet];
    let Some(format) = formats.into_iter().find(|format| format.name() == name) else {
        return ExitCode::FAILURE;
    };
    let limits = [(Resource::Cpu, SECONDS), (Resource::As, MEMORY), (Resource::Core, 0)];
    for (resource, limit) in limits {
        let limit = Rlimit { current: Some(limit), maximum: Some(limit) };
        if setrlimit(resource, limit).is_err() {
            return ExitCode::FAILURE;
        }
    }
    let mut bytes = Vec::new();
    if input.read_to_end(&mut bytes).is_err() {
        return ExitCode::FAILURE;
    }
    let found = std::panic::catch_unwind(|| format.read(&bytes))
        .unwrap_or_else(|_| Err("the file is damaged: its reader gave up".to_owned()));
    let written =
        serde_json::to_vec(&found).map_err(io::Error::from).and_then(|answer| output.write_all(&answer));
    if written.and_then(|()| output.flush()).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
