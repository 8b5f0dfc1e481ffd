//! Ends what is left of a run when this program is gone, however it ended: no process outlives it, and no folder.

use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

/// Reads `+PID` and `-PID`; at the end of its input, which is the end of this program, it kills those that are left
/// and removes the folder `$1`. An interrupt at the keyboard reaches it, too, and is none of its business.
const SCRIPT: &str = r#"
    trap '' INT TERM HUP
    pids=' '
    while read -r line; do
        case "$line" in
            +*) pids="$pids${line#+} " ;;
            -*) pids="${pids%% "${line#-}" *} ${pids#* "${line#-}" }" ;;
            keep) set -- '' ;;
        esac
    done
    for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done
    if [ -n "$1" ]; then rm -rf "$1"; fi
"#;

/// The process that stays behind.
pub struct Guard {
    input: Mutex<Option<ChildStdin>>,
    process: Mutex<Child>,
}

impl Guard {
    /// One for processes that work in `folder`.
    pub fn over(folder: &Path) -> Self {
        let mut process = Command::new("sh")
            .args(["-c", SCRIPT, "guard"])
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let input = process.stdin.take();
        Self { input: Mutex::new(input), process: Mutex::new(process) }
    }

    /// A process was started.
    pub fn watch(&self, process: u32) {
        self.say(&format!("+{process}"));
    }

    /// It is gone.
    pub fn forget(&self, process: u32) {
        self.say(&format!("-{process}"));
    }

    /// The folder is worth looking at.
    pub fn keep_folder(&self) {
        self.say("keep");
    }

    fn say(&self, line: &str) {
        if let Some(input) = self.input.lock().unwrap().as_mut() {
            writeln!(input, "{line}").unwrap();
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.input.lock().unwrap().take());
        self.process.lock().unwrap().wait().ok();
    }
}
