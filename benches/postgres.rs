//! A throw-away PostgreSQL server as a shop would run one: with the settings it comes with, so that what it has
//! committed is on the disk. Reached over a socket in a folder of its own, gone when dropped.

use crate::process::Process;
use anyhow::Context;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Starts a server from the programs in `$1`, says in which folder and process it is, and clears everything away
/// when the pipe is closed: by the end of the measurement, however it ends. `/var/tmp` is on a disk where `/tmp` may
/// be memory.
const SUPERVISOR: &str = r#"
    trap '' INT TERM
    dir=$(mktemp -d /var/tmp/balcao-bench-XXXXXX) || exit 1
    "$1/initdb" -D "$dir/data" -U balcao -A trust -E UTF8 --locale=C.UTF-8 >"$dir/log" 2>&1 &&
    "$1/pg_ctl" -D "$dir/data" -l "$dir/log" -w start -o "-c unix_socket_directories=$dir -c listen_addresses= \
        -c fsync=on -c synchronous_commit=on" >/dev/null ||
    { cat "$dir/log" >&2; rm -rf "$dir"; exit 1; }
    echo "$dir $(head -n 1 "$dir/data/postmaster.pid")"
    cat >/dev/null
    "$1/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null
    rm -rf "$dir"
"#;

/// A running server.
pub struct Postgres {
    supervisor: Child,
    folder: PathBuf,
    process: Process,
}

impl Postgres {
    /// Starts one. `under` is the program that runs it, with arguments; empty for none.
    pub fn start(under: &[String]) -> anyhow::Result<Self> {
        let programs = programs().context(
            "PostgreSQL is missing: install the Debian package `postgresql`, or let `./dev test` do it",
        )?;
        let mut words: Vec<String> = under.to_vec();
        if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            // The server refuses to run as root; Debian's package brings this user.
            words.extend(
                ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"].map(str::to_owned),
            );
        }
        words.extend(["sh", "-c", SUPERVISOR, "supervisor"].map(str::to_owned));
        let (runner, arguments) = words.split_first().context("nothing to start")?;
        let mut supervisor = Command::new(runner)
            .args(arguments)
            .arg(programs)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("PostgreSQL cannot be started")?;
        let output = supervisor.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let (folder, process) =
            line.trim_end().split_once(' ').context("PostgreSQL did not start; its log is above")?;
        Ok(Self { folder: folder.into(), process: Process(process.parse()?), supervisor })
    }

    /// As settings name it.
    pub fn url(&self) -> String {
        format!("postgres://balcao@localhost/postgres?host={}", self.folder.display())
    }

    /// Processor time that all its processes have used so far, in seconds.
    pub fn processor(&self) -> anyhow::Result<f64> {
        self.process.processor_of_family()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        self.supervisor.wait().ok();
    }
}

/// The folder of `initdb`: Debian keeps it off the search path.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    versions.sort();
    let searched = std::env::var_os("PATH").unwrap_or_default();
    versions.extend(std::env::split_paths(&searched));
    versions.into_iter().rfind(|folder| folder.join("initdb").exists())
}
