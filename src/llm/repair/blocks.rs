//! Takes calls and reasoning out of an answer's text and keeps the words for the customer. One pass, forward
//! only: whatever a reader looked at in vain is stepped over, so time is linear on any text.

use super::calls::{self, RawCall, Run};
use super::loose_json;
use super::markers::{self, Marker};
use crate::domain::tool::ToolSpec;
use serde_json::{Map, Value};

/// Longest name of a parameter in markup.
const MAX_KEY: usize = 128;

/// How an answer ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The model had finished.
    Whole,
    /// The token limit cut it: a call that was not closed may lack arguments and is not made.
    Cut,
}

/// What was found in a text.
pub(super) struct Found {
    pub(super) text: String,
    pub(super) calls: Vec<RawCall>,
    pub(super) repairs: Vec<&'static str>,
}

/// Separates `text` into words and calls.
pub(super) fn separate(text: &str, tools: &[ToolSpec], ending: Ending) -> Found {
    let mut scan = Scan {
        text,
        tools,
        ending,
        at: 0,
        kept_from: 0,
        kept: Vec::new(),
        calls: Vec::new(),
        repairs: Vec::new(),
    };
    scan.run();
    scan.finish()
}

struct Scan<'a> {
    text: &'a str,
    tools: &'a [ToolSpec],
    ending: Ending,
    at: usize,
    /// Where the piece begins that is to be kept.
    kept_from: usize,
    kept: Vec<&'a str>,
    calls: Vec<RawCall>,
    repairs: Vec<&'static str>,
}

impl<'a> Scan<'a> {
    fn run(&mut self) {
        let mut line_start = true;
        while let Some(byte) = self.text.as_bytes().get(self.at).copied() {
            let before = self.at;
            match byte {
                b'<' | b'[' => match markers::at_start(self.rest()) {
                    Some((marker, length)) => self.marker(marker, length),
                    None if byte == b'[' && line_start => self.bare(),
                    None => self.at += 1,
                },
                b'`' if self.rest().starts_with("```") => self.fence(),
                b'{' => self.bare(),
                b'_' | b'a'..=b'z' | b'A'..=b'Z' if line_start => self.written(),
                _ => self.at += 1,
            }
            if self.at == before + 1 {
                line_start = byte == b'\n' || (line_start && byte.is_ascii_whitespace());
            } else {
                self.at = self.text.ceil_char_boundary(self.at);
                line_start = self.text[..self.at].trim_end_matches([' ', '\t']).ends_with('\n')
                    || self.kept_from == self.at;
            }
        }
    }

    fn finish(mut self) -> Found {
        if self.kept_from == 0 {
            return Found { text: self.text.to_owned(), calls: self.calls, repairs: self.repairs };
        }
        self.kept.push(&self.text[self.kept_from..]);
        let mut text = String::new();
        let mut edge = "";
        for piece in self.kept {
            let words = piece.trim();
            if words.is_empty() {
                continue;
            }
            if !text.is_empty() {
                let lead = &piece[..piece.len() - piece.trim_start().len()];
                text.push_str(if edge.contains('\n') || lead.contains('\n') { "\n\n" } else { " " });
            }
            text.push_str(words);
            edge = &piece[piece.trim_end().len()..];
        }
        // What is left of a call's surroundings, such as a lone bracket or full stop, is no message.
        if !text.contains(char::is_alphanumeric) {
            text.clear();
        }
        Found { text, calls: self.calls, repairs: self.repairs }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Drops everything from here up to `until`.
    fn cut(&mut self, until: usize, because: &'static str) {
        self.kept.push(&self.text[self.kept_from..self.at]);
        self.at = self.text.ceil_char_boundary(until);
        self.kept_from = self.at;
        if !self.repairs.contains(&because) {
            self.repairs.push(because);
        }
    }

    /// Where the block ends that could not be read: at an empty line, or with the text.
    fn end_of_broken_block(&self, from: usize) -> usize {
        let from = self.text.ceil_char_boundary(from);
        self.text[from..].find("\n\n").map_or(self.text.len(), |length| from + length)
    }

    fn take(&mut self, mut run: Run) {
        if run.unclosed && self.ending == Ending::Cut {
            run.calls.pop();
        }
        if run.loose && !self.repairs.contains(&"loose_json") {
            self.repairs.push("loose_json");
        }
        self.calls.append(&mut run.calls);
        self.calls.truncate(calls::MAX_CALLS);
    }

    /// JSON in the middle of words.
    fn bare(&mut self) {
        let run = calls::run(self.rest(), self.tools);
        if run.end > 0 {
            let until = self.at + run.end;
            self.take(run);
            self.cut(until, "bare_json");
        } else if run.is_syntax {
            self.cut(self.end_of_broken_block(self.at + run.reached), "broken_call");
        } else {
            self.at += run.reached.max(1);
        }
    }

    /// `name(…)` at the start of a line.
    fn written(&mut self) {
        let run = calls::run(self.rest(), self.tools);
        if run.end > 0 {
            let until = self.at + run.end;
            self.take(run);
            self.cut(until, "written_call");
        } else {
            self.at += run.reached.max(1);
        }
    }

    fn fence(&mut self) {
        let rest = self.rest();
        let inner = skip_fence(rest);
        let run = calls::run(&rest[inner..], self.tools);
        if run.end == 0 && !run.is_syntax {
            self.at += inner;
            return;
        }
        let end_of_calls = self.at + inner + if run.end > 0 { run.end } else { run.reached };
        let end_of_calls = self.text.ceil_char_boundary(end_of_calls);
        let until = match self.text[end_of_calls..].find("```") {
            Some(length) => end_of_calls + length + "```".len(),
            None if run.end > 0 => end_of_calls,
            None => self.text.len(),
        };
        self.take(run);
        self.cut(until, "code_fence");
    }

    fn marker(&mut self, marker: Marker, length: usize) {
        let begin = self.at + length;
        match marker {
            Marker::Stray => self.cut(begin, "stray_token"),
            Marker::Reasoning => {
                let end =
                    markers::end_of_reasoning(&self.text[begin..]).map_or(self.text.len(), |end| begin + end);
                self.cut(end, "reasoning");
            }
            Marker::ReasoningEnd => {
                // The chat template wrote the opening marker, so all there was is reasoning.
                self.cut(begin, "reasoning");
                self.kept.clear();
            }
            Marker::Named => self.named(begin),
            Marker::Calls => {
                let content = &self.text[begin..];
                let inner = skip_fence(content.trim_start()) + (content.len() - content.trim_start().len());
                let run = calls::run(&content[inner..], self.tools);
                if run.end > 0 {
                    let until = begin + inner + run.end;
                    self.take(run);
                    self.cut(until, "tag");
                } else if run.is_syntax {
                    let from = self.text.ceil_char_boundary(begin + inner + run.reached);
                    let end = self.text[from..].find("</").map_or(self.text.len(), |length| from + length);
                    self.cut(end, "broken_call");
                } else {
                    self.cut(begin, "stray_token");
                }
            }
        }
    }

    /// `<function=name>{…}</function>`, or with `<parameter=key>value</parameter>` instead of JSON.
    fn named(&mut self, begin: usize) {
        let content = self.text[begin..].trim_start_matches(['"', '\'']);
        let name_end = content
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))
            .unwrap_or(content.len());
        let name = &content[..name_end];
        let mut rest = content[name_end..].trim_start_matches(['"', '\'', '>']).trim_start();
        let mut run = Run { loose: false, ..Run::default() };
        let mut arguments = Value::Object(Map::new());
        if rest.starts_with(['{', '"']) {
            match loose_json::read(rest) {
                Ok(loose) => {
                    run.unclosed = loose.unclosed;
                    rest = &rest[loose.end..];
                    arguments = calls::unwrapped(loose.value);
                }
                Err(_) => {
                    let from = self.text.len() - rest.len();
                    let end = self.text[from..].find("</").map_or(self.text.len(), |length| from + length);
                    return self.cut(end, "broken_call");
                }
            }
        } else if let Value::Object(map) = &mut arguments {
            while let Some((key, value, behind)) = parameter(rest) {
                map.insert(key.to_owned(), Value::String(value.to_owned()));
                rest = behind;
            }
            run.unclosed = rest.is_empty();
        }
        if !name.is_empty() {
            run.calls.push(RawCall { name: name.to_owned(), arguments });
        }
        self.take(run);
        self.cut(self.text.len() - rest.len(), "tag");
    }
}

/// Key, value and what is behind `<parameter=key>value</parameter>` at the start of `text`.
fn parameter(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start();
    let inner = text.strip_prefix("<parameter=").or_else(|| text.strip_prefix("<parameter name="))?;
    // The bounds keep the search for what is missing from going over the rest of the text again and again.
    let (key, _) = inner[..inner.floor_char_boundary(MAX_KEY)].split_once('>')?;
    let content = &inner[key.len() + 1..];
    let (value, behind) = content.split_once("</").unwrap_or((content, ""));
    let behind = behind.split_once('>').map_or("", |(_, behind)| behind);
    Some((key.trim_matches(['"', '\'', ' ']), value.trim(), behind))
}

/// Length of an opening code fence with its language at the start of `text`; 0 if there is none.
fn skip_fence(text: &str) -> usize {
    let Some(info) = text.strip_prefix("```") else { return 0 };
    let spaces = info.len() - info.trim_start_matches(' ').len();
    let word = info[spaces..]
        .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'));
    // Without a line break behind it, a word is the first word of the content.
    let is_language = word.trim_start_matches([' ', '\r']).starts_with(['\n', '{', '[']);
    "```".len() + if is_language { info.len() - word.len() } else { 0 }
}
