//! The transcript as a dialogue: what the customer said, what the bot said, what was called and what came back.

use crate::domain::tool_call::ToolCall;
use crate::llm::model::ChatMessage;
use serde_json::Value;

/// Most characters of one customer message that are looked at.
const LOOKED_AT: usize = 2_000;

/// One thing that happened.
#[derive(Debug)]
pub enum Said {
    /// The customer's words.
    Customer(String),
    /// The bot's words.
    Bot(String),
    /// A call that ended.
    Result {
        /// The call.
        call: ToolCall,
        /// What came back; `Null` if it was no JSON.
        value: Value,
    },
}

/// The transcript without system messages.
#[derive(Debug)]
pub struct Dialogue {
    /// Oldest first.
    pub said: Vec<Said>,
}

impl Dialogue {
    /// Reads a transcript.
    pub fn of(messages: &[ChatMessage]) -> Self {
        let said = messages
            .iter()
            .filter_map(|message| match message {
                ChatMessage::System(_) => None,
                ChatMessage::Customer(text) => Some(Said::Customer(beginning(text))),
                ChatMessage::Assistant { text, .. } if text.trim().is_empty() => None,
                ChatMessage::Assistant { text, .. } => Some(Said::Bot(text.clone())),
                ChatMessage::ToolResult { call, content } => {
                    Some(Said::Result { call: call.clone(), value: result_in(content) })
                }
            })
            .collect();
        Self { said }
    }

    /// Results since the newest customer message, oldest first.
    pub fn fresh_results(&self) -> Vec<(&ToolCall, &Value)> {
        let mut fresh: Vec<_> = self
            .said
            .iter()
            .rev()
            .take_while(|said| !matches!(said, Said::Customer(_)))
            .filter_map(|said| match said {
                Said::Result { call, value } => Some((call, value)),
                Said::Customer(_) | Said::Bot(_) => None,
            })
            .collect();
        fresh.reverse();
        fresh
    }

    /// Every successful result, newest first.
    pub fn results(&self) -> impl Iterator<Item = (&ToolCall, &Value)> {
        self.said.iter().rev().filter_map(|said| match said {
            Said::Result { call, value } if value.get("error").is_none() => Some((call, value)),
            Said::Result { .. } | Said::Customer(_) | Said::Bot(_) => None,
        })
    }

    /// Every call, newest first, whatever came of it.
    pub fn calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.said.iter().rev().filter_map(|said| match said {
            Said::Result { call, .. } => Some(call),
            Said::Customer(_) | Said::Bot(_) => None,
        })
    }

    /// The newest call of all, whatever came of it.
    pub fn last_call(&self) -> Option<&ToolCall> {
        self.calls().next()
    }

    /// Every customer message, newest first.
    pub fn customer(&self) -> impl Iterator<Item = &str> {
        self.said.iter().rev().filter_map(|said| match said {
            Said::Customer(text) => Some(text.as_str()),
            Said::Bot(_) | Said::Result { .. } => None,
        })
    }

    /// Whether the bot has spoken before.
    pub fn bot_has_spoken(&self) -> bool {
        self.said.iter().any(|said| matches!(said, Said::Bot(_)))
    }

    /// Customer turns, oldest first: the bot's words before it, and the customer's messages as one text.
    pub fn turns(&self) -> Vec<(&str, String)> {
        let mut turns: Vec<(&str, String)> = Vec::new();
        let mut before = "";
        let mut open = false;
        for said in &self.said {
            match said {
                Said::Customer(text) if open => {
                    if let Some((_, words)) = turns.last_mut() {
                        words.push('\n');
                        words.push_str(text);
                    }
                }
                Said::Customer(text) => {
                    turns.push((before, text.clone()));
                    open = true;
                }
                Said::Bot(text) => {
                    before = text;
                    open = false;
                }
                Said::Result { .. } => {}
            }
        }
        turns
    }
}

/// The result that `content` holds, without the note that stands around one that was cut.
fn result_in(content: &str) -> Value {
    let mut value: Value = serde_json::from_str(content).unwrap_or(Value::Null);
    match value.as_object_mut() {
        Some(fields) if fields.len() == 2 && fields.contains_key("note") => {
            fields.remove("result").unwrap_or(value)
        }
        _ => value,
    }
}

fn beginning(text: &str) -> String {
    text.chars().take(LOOKED_AT).collect()
}
