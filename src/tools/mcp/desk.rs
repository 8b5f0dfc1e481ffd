//! The desk as a server of tools for other agents: the Model Context Protocol from the other side, by hand, as it is
//! little. Only tools that read and that need to know nobody are there; no customer's name goes in or out.

use crate::domain::clock::Clock;
use crate::domain::ids::{CallId, ContactId, ConversationId, TurnId};
use crate::domain::language::Language;
use crate::domain::tool::Risk;
use crate::limits::quota::OutboundQuota;
use crate::tools::gate::cut::cut;
use crate::tools::registry::{Entry, Registry};
use crate::tools::tool::{ToolContext, ToolError};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Tools that answer the same whoever asks.
const OPEN: [&str; 4] = ["product_search", "shipping_options", "agenda_list_slots", "knowledge_search"];

/// Versions of the protocol that differ in nothing we do, newest first.
const VERSIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// Longest line that is read, in bytes.
pub const LONGEST_LINE: usize = 256 * 1024;

/// How long one call may take in all.
const PATIENCE: Duration = Duration::from_secs(30);

/// The desk.
pub struct Desk {
    registry: Registry,
    quota: OutboundQuota,
    clock: Arc<dyn Clock>,
    language: Language,
    timezone: TimeZone,
    result_characters: usize,
}

impl Desk {
    /// Over the open tools of `registry`.
    pub fn new(
        registry: Registry,
        quota: OutboundQuota,
        clock: Arc<dyn Clock>,
        (language, timezone): (Language, TimeZone),
        result_characters: usize,
    ) -> Self {
        Self { registry, quota, clock, language, timezone, result_characters }
    }

    /// The answer to a line of the other side; none to what needs none.
    pub async fn answer(&self, line: &str) -> Option<String> {
        if line.trim().is_empty() {
            return None;
        }
        let message: Value = match serde_json::from_str(line) {
            Ok(message) => message,
            Err(error) => return Some(failure(&Value::Null, -32700, &format!("not JSON: {error}"))),
        };
        let id = message.get("id").filter(|id| id.is_string() || id.is_number());
        let Some(method) = message.get("method").and_then(Value::as_str) else {
            // An answer to something we never ask is nothing to us.
            let request = id.is_some() && message.get("result").is_none() && message.get("error").is_none();
            return request.then(|| failure(&message["id"], -32600, "a request has a method"));
        };
        let id = id?;
        let params = message.get("params").cloned().unwrap_or_default();
        Some(match method {
            "initialize" => success(id, self.about(&params)),
            "ping" => success(id, json!({})),
            "tools/list" => success(id, json!({ "tools": self.tools() })),
            "tools/call" => self.call(id, &params).await,
            other => failure(id, -32601, &format!("there is no method `{other}`")),
        })
    }

    fn about(&self, params: &Value) -> Value {
        let asked = params.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
        let version = VERSIONS.into_iter().find(|known| *known == asked).unwrap_or(VERSIONS[0]);
        json!({
            "protocolVersion": version,
            "capabilities": {"tools": {}},
            "serverInfo": {"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
            "instructions": "Looks up products, delivery, free times and the knowledge of the business. Nothing here \
                             changes anything, and nothing here knows a customer.",
        })
    }

    fn entry(&self, name: &str) -> Option<Arc<Entry>> {
        let entry = self.registry.get(name).filter(|_| OPEN.contains(&name))?;
        (entry.spec().risk == Risk::Read).then_some(entry)
    }

    fn tools(&self) -> Vec<Value> {
        let open = OPEN.into_iter().filter_map(|name| self.entry(name));
        open.map(|entry| {
            let spec = entry.spec();
            json!({
                "name": spec.name,
                "title": spec.title.get(self.language),
                "description": spec.description,
                "inputSchema": spec.parameters,
                "annotations": {"readOnlyHint": true},
            })
        })
        .collect()
    }

    async fn call(&self, id: &Value, params: &Value) -> String {
        let name = params.get("name").and_then(Value::as_str).unwrap_or_default();
        let Some(entry) = self.entry(name) else {
            return failure(id, -32602, &format!("there is no tool `{name}`"));
        };
        let mut arguments = params.get("arguments").cloned().unwrap_or_else(|| json!({}));
        entry.tidy(&mut arguments);
        if let Err(faults) = entry.validate(&arguments) {
            return refusal(id, &format!("the arguments do not fit: {}", faults.join("; ")));
        }
        if let Err(over) = self.quota.until_ready_within(Duration::ZERO, 0).await {
            let seconds = over.retry_after.as_secs().max(1);
            return refusal(id, &format!("too many calls; come back in {seconds} s"));
        }
        let context = self.context();
        match tokio::time::timeout(PATIENCE, entry.tool().call(arguments, &context)).await {
            Ok(Ok(output)) => {
                let (data, _) = cut(output.data, self.result_characters);
                success(
                    id,
                    json!({
                        "content": [{"type": "text", "text": data.to_string()}],
                        "structuredContent": if data.is_object() { data } else { json!({ "result": data }) },
                    }),
                )
            }
            Ok(Err(ToolError::Tell { reason, .. } | ToolError::Unknown(reason))) => refusal(id, &reason),
            Ok(Err(ToolError::Abort(error))) => {
                tracing::error!(%error, tool = name, "a tool failed");
                refusal(id, "the desk has a fault")
            }
            Err(_) => refusal(id, "the system did not answer in time"),
        }
    }

    /// Nobody's conversation.
    fn context(&self) -> ToolContext {
        ToolContext {
            conversation: ConversationId(self.clock.new_id()),
            turn: TurnId(self.clock.new_id()),
            call: CallId("mcp".to_owned()),
            contact: ContactId(self.clock.new_id()),
            verified: Vec::new(),
            language: self.language,
            channel: "mcp".to_owned(),
            now: self.clock.now().to_zoned(self.timezone.clone()),
            transcript: String::new(),
            interviews: Vec::new(),
            deadline: Instant::now() + PATIENCE,
        }
    }
}

fn success(id: &Value, result: Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()
}

fn refusal(id: &Value, reason: &str) -> String {
    success(id, json!({"content": [{"type": "text", "text": reason}], "isError": true}))
}

fn failure(id: &Value, code: i32, message: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}).to_string()
}
