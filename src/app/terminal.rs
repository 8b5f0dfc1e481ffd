//! What verbs print for people and programs. A reader that went away (`balcao config | head`) is no fault.

use std::io::Write;

/// A line on standard output.
pub fn say(line: &str) {
    writeln!(std::io::stdout().lock(), "{line}").ok();
}
