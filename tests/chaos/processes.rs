//! The real program as processes: started, killed, stopped, told to stop, and started again on the same port.

use crate::evidence::{Evidence, now};
use crate::guard::Guard;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;

/// So soon a process has to say that it is ready.
const READY_WITHIN: Duration = Duration::from_secs(40);
/// So soon it has to end when it is told to.
const STOPS_WITHIN: Duration = Duration::from_secs(12);

/// What processes have in common.
pub struct Setting {
    /// The operator's folder.
    pub folder: PathBuf,
    /// Variables for everyone.
    pub variables: Vec<(String, String)>,
    /// Where the model is.
    pub model: String,
    /// Watches over them.
    pub guard: Arc<Guard>,
    /// What was seen.
    pub evidence: Arc<Mutex<Evidence>>,
}

impl Setting {
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_balcao"));
        command.current_dir(&self.folder).env_clear();
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }
}

/// One process and what comes after it.
pub struct Process {
    setting: Arc<Setting>,
    number: usize,
    port: u16,
    store: Option<String>,
    /// How often it was started.
    starts: u32,
    running: Option<Running>,
}

struct Running {
    child: Child,
    _output: BufReader<ChildStdout>,
}

impl Process {
    /// A process that is not yet running; `store` is where its database is, if it is not in its folder.
    pub fn new(setting: &Arc<Setting>, number: usize, store: Option<String>) -> Self {
        Self {
            setting: Arc::clone(setting),
            number,
            port: free_port(number),
            store,
            starts: 0,
            running: None,
        }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The process, and which start of it.
    pub fn name(&self) -> String {
        format!("{}.{}", self.number, self.starts)
    }

    fn data(&self) -> String {
        format!("data-{}", self.number)
    }

    fn log(&self) -> PathBuf {
        self.setting.folder.join(format!("process-{}.log", self.number))
    }

    fn command(&self) -> Command {
        let mut command = self.setting.command();
        command.envs(self.store.iter().map(|url| ("BALCAO__STORE__URL", url)));
        command.args(["--data", &self.data()]);
        command
    }

    /// Starts it and waits until it is ready.
    pub async fn start(&mut self) -> Result<(), String> {
        let mut said = String::new();
        for _ in 0..5 {
            self.starts += 1;
            match self.try_start().await {
                Ok(()) => return Ok(()),
                Err(why) => said = why,
            }
        }
        Err(format!("process {} does not start: {said}", self.number))
    }

    async fn try_start(&mut self) -> Result<(), String> {
        let name = self.name();
        let mut command = self.command();
        command.args(["serve", "--listen", &format!("127.0.0.1:{}", self.port)]);
        // The model and the vendor see by these who asks.
        command.env("OPENAI_BASE_URL", &self.setting.model).env("OPENAI_API_KEY", &name);
        command.env("BALCAO__TOOLS__SECRETS__PROCESS", &name);
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())
            .map_err(|error| error.to_string())?;
        let mut child = command.stderr(log).spawn().map_err(|error| error.to_string())?;
        self.setting.guard.watch(child.id());
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let reading = spawn_blocking(move || {
            let mut line = String::new();
            output.read_line(&mut line).ok();
            (line, output)
        });
        match tokio::time::timeout(READY_WITHIN, reading).await {
            Ok(Ok((line, output))) if line.starts_with("Balcão: http://") => {
                self.running = Some(Running { child, _output: output });
                Ok(())
            }
            Ok(read) => {
                child.kill().ok();
                let ended = child.wait();
                self.setting.guard.forget(child.id());
                Err(format!("it said {:?} and ended with {ended:?}", read.map(|(line, _)| line)))
            }
            Err(_) => {
                child.kill().ok();
                child.wait().ok();
                self.setting.guard.forget(child.id());
                Err(format!("it was not ready within {READY_WITHIN:?}"))
            }
        }
    }

    /// Sends it a signal by its name.
    pub fn signal(&self, signal: &str) {
        let Some(running) = &self.running else { return };
        let id = running.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success(), "kill {signal}");
    }

    /// `SIGKILL`: it does not get to do anything more. Returns when the signal was sent and when it was gone.
    pub async fn kill(&mut self) -> (i64, i64) {
        let signalled = now();
        if let Some(mut running) = self.running.take() {
            running.child.kill().unwrap();
            let id = running.child.id();
            spawn_blocking(move || running.child.wait()).await.unwrap().unwrap();
            self.setting.guard.forget(id);
        }
        (signalled, now())
    }

    /// `SIGTERM`. It has to end well, and soon.
    pub async fn terminate(&mut self) -> Result<(), String> {
        self.signal("-TERM");
        let Some(mut running) = self.running.take() else { return Ok(()) };
        let (id, began) = (running.child.id(), Instant::now());
        let ended: ExitStatus = loop {
            match running.child.try_wait().unwrap() {
                Some(status) => break status,
                None if began.elapsed() > STOPS_WITHIN => {
                    running.child.kill().ok();
                    running.child.wait().ok();
                    self.setting.guard.forget(id);
                    return Err(format!("process {} did not stop within {STOPS_WITHIN:?}", self.number));
                }
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        };
        self.setting.guard.forget(id);
        match ended.success() {
            true => Ok(()),
            false => Err(format!("process {} was told to stop and ended with {ended}", self.number)),
        }
    }

    /// Runs a verb to its end and returns what it prints.
    pub async fn verb(&self, arguments: &[&str]) -> String {
        let mut command = self.command();
        command.args(arguments).stderr(File::create(self.setting.folder.join("verb.log")).unwrap());
        let output = spawn_blocking(move || command.output()).await.unwrap().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Notes something that no run should see.
    pub fn odd(&self, what: String) {
        self.setting.evidence.lock().unwrap().oddities.push(what);
    }

    /// The last lines that it wrote about its troubles.
    pub fn last_words(&self, lines: usize) -> String {
        last_lines(&self.log(), lines)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            running.child.kill().ok();
            running.child.wait().ok();
            self.setting.guard.forget(running.child.id());
        }
    }
}

fn last_lines(file: &Path, lines: usize) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// A port that nobody is given by chance while the process is away: below those.
fn free_port(number: usize) -> u16 {
    let first = 20_000 + u16::try_from(std::process::id() % 5_000).unwrap() * 2;
    let step = u16::try_from(number).unwrap() * 101;
    (0..500)
        .map(|attempt| first + step % 1_000 + attempt)
        .find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .unwrap()
}
