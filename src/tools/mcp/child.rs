//! A server that is a program of its own on this machine: it gets the environment it was given and no other, and ends with
//! everything it started. It knows nothing of the protocol.

use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinSet;

/// How long a program may take to end by itself once its input has ended.
const GRACE: Duration = Duration::from_secs(2);

/// How much of what it says on standard error is kept: the end of it.
const LAST_WORDS: usize = 400;

/// How much a program may say within [`FLOOD_WINDOW`].
const FLOOD: u64 = 16 * 1024 * 1024;

/// See [`FLOOD`].
const FLOOD_WINDOW: Duration = Duration::from_secs(10);

/// A running program.
pub struct Program {
    child: Child,
    group: Option<Pid>,
    last_words: Arc<Mutex<Vec<u8>>>,
    listening: JoinSet<()>,
}

impl Program {
    /// Starts `command`; what it writes, and where it reads.
    ///
    /// # Errors
    /// The system's: there is no such program, or it may not be started.
    pub fn start(
        command: &str,
        arguments: &[String],
        environment: &BTreeMap<String, String>,
    ) -> io::Result<(Self, Metered<ChildStdout>, ChildStdin)> {
        let mut child = Command::new(command)
            .args(arguments)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let missing = || io::Error::other("the program has no standard input and output");
        let (stdin, stdout) =
            (child.stdin.take().ok_or_else(missing)?, child.stdout.take().ok_or_else(missing)?);
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let last_words = Arc::default();
        let mut listening = JoinSet::new();
        if let Some(stderr) = child.stderr.take() {
            listening.spawn(keep_last_words(stderr, Arc::clone(&last_words)));
        }
        Ok((Self { child, group, last_words, listening }, Metered::new(stdout), stdin))
    }

    /// The end of what it said on standard error, in one line.
    pub fn last_words(&self) -> String {
        let bytes = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Waits a moment for it to end by itself, its input being at an end; then ends it and what it started.
    pub async fn end(mut self) -> String {
        tokio::time::timeout(GRACE, self.child.wait()).await.ok();
        self.kill();
        self.child.wait().await.ok();
        // What it said last may still be on its way.
        tokio::time::timeout(GRACE, self.listening.join_next()).await.ok();
        self.last_words()
    }

    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            // Nobody may be left in it.
            kill_process_group(group, Signal::KILL).ok();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn keep_last_words(mut stderr: ChildStderr, kept: Arc<Mutex<Vec<u8>>>) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = stderr.read(&mut bytes).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&bytes[..length]);
        let surplus = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..surplus);
    }
}

/// A stream that breaks off when it becomes a flood.
pub struct Metered<R> {
    inner: R,
    since: Instant,
    bytes: u64,
}

impl<R> Metered<R> {
    /// Of `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, since: Instant::now(), bytes: 0 }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Metered<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.since.elapsed() > FLOOD_WINDOW {
            self.since = Instant::now();
            self.bytes = 0;
        }
        if self.bytes > FLOOD {
            return Poll::Ready(Err(io::Error::other("it says far too much")));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        self.bytes += (buffer.filled().len() - before) as u64;
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> (Program, Metered<ChildStdout>, ChildStdin) {
        let environment = BTreeMap::from([("GIVEN".to_owned(), "yes".to_owned())]);
        Program::start("/bin/sh", &["-c".to_owned(), script.to_owned()], &environment).unwrap()
    }

    #[tokio::test]
    async fn a_program_sees_what_it_was_given_and_its_last_words_are_kept() {
        let (program, mut stdout, stdin) =
            shell("echo \"$GIVEN-$HOME-$CARGO_PKG_NAME\"; echo oh no >&2; cat");
        drop(stdin);
        let mut said = String::new();
        stdout.read_to_string(&mut said).await.unwrap();
        assert_eq!(said, "yes--\n");
        assert_eq!(program.end().await, "oh no");
    }

    #[tokio::test]
    async fn nothing_of_it_is_left_behind() {
        // The inner shell would hold the pipe open for as long as it lives.
        let (program, mut stdout, _stdin) = shell("/bin/sh -c 'read never' & echo started; read never");
        let mut first = [0; 8];
        stdout.read_exact(&mut first).await.unwrap();
        drop(program);
        let mut rest = Vec::new();
        tokio::time::timeout(Duration::from_secs(20), stdout.read_to_end(&mut rest)).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_flood_is_cut_off() {
        let mut metered = Metered::new(tokio::io::repeat(b'x').take(FLOOD * 2));
        let mut sink = Vec::new();
        assert!(metered.read_to_end(&mut sink).await.unwrap_err().to_string().contains("too much"));
    }
}
