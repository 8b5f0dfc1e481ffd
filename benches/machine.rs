//! The machine: which one numbers were taken on (without it they mean nothing), and what a process may use of it.

use std::process::{Command, Stdio};

/// Prints machine, versions and what else is going on.
pub fn describe() {
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    println!("machine   {cpu}, {} cores, {memory}", cores());
    println!("kernel    {}", first_line("/proc/sys/kernel/osrelease"));
    println!("rustc     {}", output("rustc", &["--version"]));
    println!("commit    {}", output("git", &["describe", "--always", "--dirty"]));
    println!("load      {} (before we began)", first_line("/proc/loadavg"));
}

/// How many cores there are.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Lets this process and those it starts have as many open connections as the system allows.
pub fn raise_open_files() {
    let own = std::process::id().to_string();
    quietly("sh", &["-c", "prlimit --pid \"$0\" --nofile=\"$(ulimit -Hn)\"", &own]);
}

/// Binds this process to a core. Says whether that worked.
pub fn bind_to_core(core: usize) -> bool {
    quietly("taskset", &["-pc", &core.to_string(), &std::process::id().to_string()])
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
