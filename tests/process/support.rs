//! The binary as a child process in a folder of its own, and what a shop owner would do to it.

use crate::support::app::copy;
use crate::support::fake_openai::FakeOpenAi;
use crate::support::talk::{Door, Talk};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// A working directory with its settings in the environment. Its `data` folder holds the demo shop.
pub struct Place {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Place {
    pub async fn new() -> Self {
        let place = Self::empty();
        copy(shop().await, &place.path("data"));
        place
    }

    /// Without a data folder.
    pub fn empty() -> Self {
        let variables = [
            ("BALCAO__CHANNELS__WEB__QUIET_MS", "0"),
            ("BALCAO__CHANNELS__WEB__QUIET_UNFINISHED_MS", "0"),
            ("BALCAO__CHANNELS__WEB__QUIET_LONGEST_MS", "0"),
            ("BALCAO__LIMITS__ALLOWED_HOSTS", "127.0.0.1"),
            ("BALCAO__LLM__RETRY__FIRST_WAIT_MS", "1"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { folder: TempDir::new().unwrap(), variables }
    }

    /// Asks this endpoint and no other model.
    #[must_use]
    pub fn with_model(mut self, endpoint: &FakeOpenAi) -> Self {
        self.set("OPENAI_BASE_URL", endpoint.base_url());
        self.set("OPENAI_API_KEY", "key");
        self.set("BALCAO__LLM__CHAIN", "openai");
        self
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    #[must_use]
    pub fn file(self, path: &str, text: &str) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_balcao"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a verb to its end, with `input` on standard input.
    pub async fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        tokio::task::spawn_blocking(move || {
            stdin.write_all(input.as_bytes()).ok();
            drop(stdin);
            child.wait_with_output().unwrap()
        })
        .await
        .unwrap()
    }

    /// Starts the server and waits until it says where it is.
    pub async fn serve(&self) -> Process {
        let mut serve = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        serve.stderr(Stdio::inherit());
        self.started(serve).await
    }

    /// Starts the server where the machine refuses a write instead of killing the writer: see
    /// [`Process::limit_files`]. Its log lies on that disk, too, and is larger than what the limit will be: from then on
    /// no line of it can be written.
    pub async fn serve_on_a_small_disk(&self) -> Process {
        let mut shell = Command::new("sh");
        let serve = "trap '' XFSZ; exec \"$0\" serve --listen 127.0.0.1:0";
        shell.args(["-c", serve, env!("CARGO_BIN_EXE_balcao")]).current_dir(self.folder.path());
        shell.env_clear().env("PATH", "/usr/bin:/bin");
        shell.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let log = std::fs::File::options().create(true).append(true).open(self.path("balcao.log")).unwrap();
        log.set_len(100_000_000).unwrap();
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        self.started(shell).await
    }

    async fn started(&self, mut command: Command) -> Process {
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (line, stdout) = tokio::task::spawn_blocking(move || {
            let (mut reader, mut line) = (BufReader::new(stdout), String::new());
            reader.read_line(&mut line).unwrap();
            (line, reader)
        })
        .await
        .unwrap();
        let base = line.trim().strip_prefix("Balcão: ").unwrap_or_else(|| panic!("it says {line:?}"));
        let announced = std::fs::read(self.path("data/server.json")).unwrap();
        let announced: serde_json::Value = serde_json::from_slice(&announced).unwrap();
        Process { child, door: Door::new(base, announced["key"].as_str().unwrap()), _stdout: stdout }
    }
}

/// A running server. It is killed when it is dropped.
pub struct Process {
    child: Child,
    pub door: Door,
    _stdout: BufReader<std::process::ChildStdout>,
}

impl Process {
    pub async fn talk(&self) -> Talk {
        Talk::open(&self.door).await
    }

    /// `SIGKILL`: it does not get to do anything more.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// From now on no file may be longer than so many bytes; none for what the disk holds.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let id = self.child.id().to_string();
        let set =
            Command::new("prlimit").args(["--pid", &id, &format!("--fsize={limit}:unlimited")]).status();
        assert!(set.unwrap().success());
    }

    /// `SIGTERM`; how it ended, and how long it took.
    pub async fn terminate(self) -> (ExitStatus, Duration) {
        self.signal("-TERM").await
    }

    /// `SIGINT`, as from the keyboard; how it ended, and how long it took.
    pub async fn interrupt(self) -> (ExitStatus, Duration) {
        self.signal("-INT").await
    }

    async fn signal(mut self, signal: &str) -> (ExitStatus, Duration) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let began = Instant::now();
        tokio::task::spawn_blocking(move || (self.child.wait().unwrap(), began.elapsed())).await.unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A data folder that the binary itself has filled, once.
async fn shop() -> &'static Path {
    static SHOP: OnceCell<PathBuf> = OnceCell::const_new();
    SHOP.get_or_init(|| async {
        let place = Place::empty();
        let (status, _) = place.serve().await.terminate().await;
        assert!(status.success());
        let shop = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("shop-{}-binary", std::process::id()));
        copy(&place.path("data"), &shop);
        shop
    })
    .await
}

/// Standard error as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Standard output as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}
