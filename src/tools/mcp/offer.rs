//! The tools of a server as tools of ours: under names of their own, with the risk the operator gave them. What does not
//! fit is left out and said.

use super::server::Server;
use crate::config::mcp::McpServerSettings;
use crate::domain::tool::{Localized, Risk, ToolSpec, ToolWords};
use crate::tools::import::names::{argument, words};
use crate::tools::import::schema::plain_text;
use crate::tools::tool::{Tool, ToolContext, ToolError, ToolOutput};
use crate::tools::validate;
use async_trait::async_trait;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Longest name of a tool.
const LONGEST_NAME: usize = 64;

/// Most tools of one server: each is read with every request to the model.
const MOST_TOOLS: usize = 64;

/// Longest schema of one tool, in bytes of JSON.
const LARGEST_SCHEMA: usize = 32 * 1024;

/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 1_000;

/// A tool of a server's.
pub struct McpTool {
    spec: ToolSpec,
    /// The server's own name of it.
    original: String,
    server: Arc<Server>,
}

#[async_trait]
impl Tool for McpTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn is_idempotent(&self) -> bool {
        // A server may say so of itself; whoever is not trusted cannot vouch for it.
        false
    }

    async fn call(&self, arguments: Value, _context: &ToolContext) -> Result<ToolOutput, ToolError> {
        let data = self.server.call(&self.original, arguments, self.spec.risk).await?;
        Ok(match self.spec.risk {
            Risk::Read => ToolOutput::data(data),
            Risk::Write | Risk::Sensitive => ToolOutput::wrote(data),
        })
    }
}

/// The tools of `server` among `listed`, and what was left out and why.
pub fn offer(server: &Arc<Server>, listed: Vec<rmcp::model::Tool>) -> (Vec<Arc<dyn Tool>>, Vec<String>) {
    let settings = server.settings();
    let (mut tools, mut notes): (Vec<Arc<dyn Tool>>, Vec<String>) = (Vec::new(), Vec::new());
    for wanted in settings.allow.iter().chain(settings.tools.keys()) {
        if !listed.iter().any(|tool| tool.name == wanted.as_str()) {
            notes.push(format!("the server has no tool `{}`", plain_text(wanted, 80)));
        }
    }
    for tool in listed {
        let original = tool.name.to_string();
        if !settings.allow.is_empty() && !settings.allow.contains(&original) {
            continue;
        }
        let shown = plain_text(&original, 80);
        if tools.len() >= MOST_TOOLS {
            notes.push(format!(
                "more than {MOST_TOOLS} tools: `{shown}` and what follows are left out; use `allow`"
            ));
            break;
        }
        match spec(server.name(), settings, tool) {
            Ok(spec) if tools.iter().any(|known| known.spec().name == spec.name) => {
                notes.push(format!("`{shown}`: another one is called `{}` too", spec.name));
            }
            Ok(spec) => tools.push(Arc::new(McpTool { spec, original, server: server.clone() })),
            Err(why) => notes.push(format!("`{shown}`: {why}")),
        }
    }
    (tools, notes)
}

fn spec(server: &str, settings: &McpServerSettings, tool: rmcp::model::Tool) -> Result<ToolSpec, String> {
    let name = format!("{server}_{}", argument(&tool.name));
    if name.len() > LONGEST_NAME {
        return Err(format!("`{name}` is longer than {LONGEST_NAME} characters"));
    }
    let mut parameters = Value::Object(tool.input_schema.as_ref().clone());
    let length = parameters.to_string().len();
    if length > LARGEST_SCHEMA {
        return Err(format!("its arguments take {length} bytes to describe; at most {LARGEST_SCHEMA}"));
    }
    validate::compile(&mut parameters).map_err(|faults| faults.join("; "))?;
    let own = settings.tools.get(tool.name.as_ref());
    let title = tool.title.or(tool.annotations.and_then(|hints| hints.title));
    let title = title.map(|title| plain_text(&title, 60)).filter(|title| !title.is_empty());
    let description = plain_text(tool.description.as_deref().unwrap_or_default(), LONGEST_DESCRIPTION);
    let plain_name = words(&tool.name).join(" ");
    Ok(ToolSpec {
        name,
        description: if description.is_empty() { plain_name.clone() } else { description },
        title: Localized::same(title.unwrap_or(plain_name)),
        parameters,
        risk: own.and_then(|own| own.risk).unwrap_or(settings.risk),
        sources: BTreeMap::new(),
        hidden: Vec::new(),
        result_trusted: own.map(|own| own.result_trusted.clone()).unwrap_or_default(),
        // The server's own limit ends a call first, and knows what became of it.
        timeout: settings.timeout() + Duration::from_secs(5),
        progress: Localized::default(),
        words: ToolWords::default(),
    })
}
