//! Lets the words of an answer through to the customer while they are being written, and holds back what may
//! turn out to be a call or reasoning. What was let through is always the beginning of the repaired text, or the
//! rest is kept silent: the committed message counts.

use super::markers::{self, Marker};
use crate::domain::tool::ToolSpec;

/// Holds back tool syntax in a stream of words.
pub struct DeltaFilter {
    /// Names of the tools in lower case: a line that begins with one may be a call.
    names: Vec<String>,
    /// What has come and is not decided yet; short, as every opener is.
    pending: String,
    /// Space behind the last words that were let through: sent only before more words.
    space: String,
    /// What was let through.
    sent: String,
    /// Whether only space stands before `pending` on its line.
    line_start: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Within reasoning at the beginning of the answer.
    Reasoning,
    /// Behind a suspicious opener: everything waits for the whole answer.
    Holding,
}

enum Verdict {
    /// The character is harmless.
    Pass,
    /// More has to come before it can be said.
    Wait,
    Hold,
    Reasoning(usize),
}

impl DeltaFilter {
    /// A filter for an answer that may call `tools`.
    pub fn new(tools: &[ToolSpec]) -> Self {
        Self {
            names: tools.iter().map(|tool| tool.name.to_ascii_lowercase()).collect(),
            pending: String::new(),
            space: String::new(),
            sent: String::new(),
            line_start: true,
            state: State::Open,
        }
    }

    /// Takes the next words and gives to `sink` those that are safe.
    pub fn push(&mut self, words: &str, sink: &dyn Fn(&str)) {
        if self.state == State::Holding {
            return;
        }
        self.pending.push_str(words);
        if self.state == State::Reasoning && !self.leave_reasoning() {
            return;
        }
        let mut at = 0;
        while let Some(character) = self.pending[at..].chars().next() {
            match self.verdict(&self.pending[at..], character) {
                Verdict::Pass => {
                    self.line_start = character == '\n' || (self.line_start && character.is_whitespace());
                    at += character.len_utf8();
                }
                Verdict::Wait => break,
                Verdict::Hold => {
                    self.release(at, sink);
                    self.pending.clear();
                    self.state = State::Holding;
                    return;
                }
                Verdict::Reasoning(length) => {
                    self.pending.drain(..at + length);
                    self.state = State::Reasoning;
                    if !self.leave_reasoning() {
                        return;
                    }
                    at = 0;
                }
            }
        }
        self.release(at, sink);
    }

    /// Ends the answer: gives to `sink` what of the repaired text was held back.
    pub fn finish(self, repaired: &str, sink: &dyn Fn(&str)) {
        if let Some(rest) = repaired.strip_prefix(&self.sent).filter(|rest| !rest.is_empty()) {
            sink(rest);
        }
    }

    /// Whether the words let through are the beginning of `repaired`; if not, the draft must be withdrawn.
    pub fn agrees_with(&self, repaired: &str) -> bool {
        repaired.starts_with(&self.sent)
    }

    /// Gives the first `end` bytes of `pending` to `sink`, but for space at either end of the answer.
    fn release(&mut self, end: usize, sink: &dyn Fn(&str)) {
        let ready = &self.pending[..end];
        let words = ready.trim_end();
        if !words.is_empty() {
            let words = if self.sent.is_empty() { words.trim_start() } else { words };
            let from = self.sent.len();
            if from > 0 {
                self.sent.push_str(&self.space);
            }
            self.space.clear();
            self.sent.push_str(words);
            sink(&self.sent[from..]);
        }
        self.space.push_str(&ready[ready.trim_end().len()..]);
        self.pending.drain(..end);
    }

    /// Drops reasoning up to its end; says whether it has ended.
    fn leave_reasoning(&mut self) -> bool {
        match markers::end_of_reasoning(&self.pending) {
            Some(end) => {
                self.pending.drain(..end);
                self.state = State::Open;
                self.line_start = true;
                true
            }
            None => {
                // Only the last `</` can still become the end.
                let keep = self.pending.rfind('<').filter(|at| markers::may_start(&self.pending[*at..]));
                self.pending.drain(..keep.unwrap_or(self.pending.len()));
                false
            }
        }
    }

    fn verdict(&self, rest: &str, character: char) -> Verdict {
        match character {
            '{' => Verdict::Hold,
            '`' if rest.starts_with("```") => Verdict::Hold,
            '`' if rest.len() < 3 && rest.bytes().all(|b| b == b'`') => Verdict::Wait,
            '<' | '[' => match markers::at_start(rest) {
                Some((Marker::Reasoning, length)) if self.nothing_said_before(rest) => {
                    Verdict::Reasoning(length)
                }
                Some(_) => Verdict::Hold,
                None if markers::may_start(rest) => Verdict::Wait,
                None if character == '[' && self.line_start => list_of_calls(rest),
                None => Verdict::Pass,
            },
            _ if self.line_start && (character.is_ascii_alphabetic() || character == '_') => {
                self.name_of_a_tool(rest)
            }
            _ => Verdict::Pass,
        }
    }

    fn nothing_said_before(&self, rest: &str) -> bool {
        self.sent.is_empty() && self.pending[..self.pending.len() - rest.len()].trim().is_empty()
    }

    /// A line that begins with a tool's name and an opening bracket is a call.
    fn name_of_a_tool(&self, rest: &str) -> Verdict {
        let length =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
        let word = rest[..length].to_ascii_lowercase().replace('-', "_");
        let behind = rest[length..].chars().next();
        match behind {
            Some('.') => {
                if matches!(word.as_str(), "functions" | "tools" | "default_api") {
                    Verdict::Hold
                } else {
                    Verdict::Pass
                }
            }
            Some('(' | '{' | '[') if self.names.contains(&word) => Verdict::Hold,
            Some(_) => Verdict::Pass,
            None => {
                let may_be =
                    ["functions", "tools", "default_api"].iter().any(|prefix| prefix.starts_with(&word))
                        || self.names.iter().any(|name| name.starts_with(&word));
                if may_be { Verdict::Wait } else { Verdict::Pass }
            }
        }
    }
}

/// `[{` at the start of a line, with space between, is a list of calls; `[` alone must wait.
fn list_of_calls(rest: &str) -> Verdict {
    match rest[1..].trim_start().chars().next() {
        Some('{') => Verdict::Hold,
        // A run of space is not waited for without end.
        None if rest.len() < 32 => Verdict::Wait,
        Some(_) | None => Verdict::Pass,
    }
}
