//! The machine: which one numbers were taken on (without it they mean nothing), and what a process may use of it.

use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// Open files that are asked for, and those that are needed for other things than connections under measurement.
const OPEN_FILES: usize = 65536;
const SPARE_FILES: usize = 300;

/// How many cores there are, before this process is bound to one of them.
static CORES: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(1, usize::from));

/// What processes of a measurement under load do.
#[derive(Clone, Copy)]
pub enum Role {
    /// Visitors and the model: this process.
    Visitors,
    /// A server process, numbered from 0.
    Server(usize),
    /// A database server.
    Database,
}

/// Prints machine, versions and what else is going on.
pub fn describe() {
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    println!("machine   {cpu}, {} cores, {memory}", cores());
    println!("kernel    {}", first_line("/proc/sys/kernel/osrelease"));
    println!("rustc     {}", compiler());
    println!("commit    {}", output("git", &["describe", "--always", "--dirty"]));
    let words: Vec<String> = std::env::args().skip(1).collect();
    println!("command   ./dev bench {}", words.join(" "));
    println!("load      {} (before we began)", first_line("/proc/loadavg"));
}

/// The compiler's name and version.
pub fn compiler() -> String {
    output("rustc", &["--version"])
}

/// How many cores there are.
fn cores() -> usize {
    *CORES
}

/// Lets this process and those it starts have as many open connections as the system allows. Root may go beyond.
pub fn raise_open_files() {
    let own = std::process::id().to_string();
    if !quietly("prlimit", &["--pid", &own, &format!("--nofile={OPEN_FILES}")]) {
        quietly("sh", &["-c", "prlimit --pid \"$0\" --nofile=\"$(ulimit -Hn)\"", &own]);
    }
}

/// What is missing for so many connections of this process, if anything.
pub fn lacks_files(connections: usize) -> Option<String> {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    let limit: usize = line.split_whitespace().nth(3)?.parse().ok()?;
    let needed = connections + SPARE_FILES;
    (limit < needed).then(|| format!("{needed} open files are needed and {limit} allowed; see `ulimit -Hn`"))
}

/// Binds this process to its core. Says in words which process is where.
pub fn bind() -> String {
    let own = std::process::id().to_string();
    match core(Role::Visitors) {
        Some(core) if quietly("taskset", &["-pc", &core.to_string(), &own]) => {
            format!("server on core 0, visitors and model on core {core} of {}", cores())
        }
        Some(_) | None => "no core for each".to_owned(),
    }
}

/// The command that runs another one on the core for its role; empty if there is only one.
pub fn on_core_of(role: Role) -> Vec<String> {
    core(role).map_or_else(Vec::new, |core| vec!["taskset".to_owned(), "-c".to_owned(), core.to_string()])
}

/// Servers and database have a core each if there are enough, else they share the first one.
fn core(role: Role) -> Option<usize> {
    let wanted = match role {
        Role::Server(0) => 0,
        Role::Visitors => 1,
        Role::Database => 2,
        Role::Server(further) => 2 + further,
    };
    (cores() > 1).then_some(if wanted < cores() { wanted } else { 0 })
}

fn quietly(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn first_line(file: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

fn output(program: &str, arguments: &[&str]) -> String {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Ok(_) | Err(_) => "unknown".to_owned(),
    }
}
