//! Writes our transcript as the messages of the protocol. Whatever it is given, what comes out is well formed:
//! one system head that stays the same, every call followed by exactly one result, no id twice, nothing empty.

use super::dialect::{Quirk, Quirks};
use super::wire;
use super::{Files, Images};
use crate::domain::ids::CallId;
use crate::domain::tool_call::ToolCall;
use crate::llm::model::{ChatMessage, ChatRequest, ToolChoice};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// Stands in for the result of a call that has none in the transcript.
const NO_RESULT: &str = r#"{"error":"no result was recorded; do not assume that it was done"}"#;

/// A message as it is sent.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub(super) enum WireMessage<'a> {
    System {
        content: Cow<'a, str>,
    },
    User {
        content: Cow<'a, str>,
    },
    /// The customer's words, and pictures.
    #[serde(rename = "user")]
    Shown {
        content: Vec<Part<'a>>,
    },
    Assistant {
        /// `null` with calls and no words, as the protocol wants it.
        content: Option<Cow<'a, str>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<WireToolCall<'a>>,
    },
    Tool {
        tool_call_id: String,
        content: Cow<'a, str>,
    },
}

/// A part of what the customer said.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: ImageUrl },
    File { file: FileData },
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct ImageUrl {
    /// The picture itself, written as an address.
    url: String,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct FileData {
    filename: String,
    /// The file itself, written as an address.
    file_data: String,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct WireToolCall<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    function: WireFunction<'a>,
}

#[derive(Debug, PartialEq, Serialize)]
struct WireFunction<'a> {
    name: &'a str,
    /// JSON as text.
    arguments: String,
}

impl WireMessage<'_> {
    pub(super) fn characters(&self) -> usize {
        match self {
            Self::System { content } | Self::User { content } | Self::Tool { content, .. } => content.len(),
            // What a picture or a file costs nobody knows beforehand.
            Self::Shown { content } => content
                .iter()
                .map(|part| match part {
                    Part::Text { text } => text.len(),
                    Part::ImageUrl { .. } | Part::File { .. } => 0,
                })
                .sum(),
            Self::Assistant { content, tool_calls } => {
                let calls =
                    tool_calls.iter().map(|call| call.function.name.len() + call.function.arguments.len());
                content.as_ref().map_or(0, |content| content.len()) + calls.sum::<usize>()
            }
        }
    }
}

/// The transcript of `asked` as the endpoint understands it.
pub(super) fn messages<'a>(asked: &'a ChatRequest, quirks: Quirks) -> Vec<WireMessage<'a>> {
    let mut writer = Writer {
        out: Vec::with_capacity(asked.messages.len()),
        ids: HashMap::new(),
        written_calls: 0,
        short_ids: quirks.has(Quirk::ShortIds),
        system_first: quirks.has(Quirk::SystemFirst),
        as_text: quirks.has(Quirk::ToolsAsText),
        head_is_whole: false,
    };
    if writer.as_text && !asked.tools.is_empty() && asked.tool_choice == ToolChoice::Auto {
        writer.system(Cow::Owned(tools_in_words(asked)));
    }
    let mut rest = asked.messages.as_slice();
    while let Some((message, behind)) = rest.split_first() {
        rest = behind;
        match message {
            ChatMessage::System(text) => writer.system(Cow::Borrowed(text)),
            ChatMessage::Customer(text) => writer.user(Cow::Borrowed(text)),
            ChatMessage::Assistant { text, calls } if calls.is_empty() => writer.assistant(text),
            ChatMessage::Assistant { text, calls } => {
                let results =
                    behind.iter().take_while(|next| matches!(next, ChatMessage::ToolResult { .. })).count();
                let (results, behind) = behind.split_at(results);
                rest = behind;
                writer.calls(text, calls, results);
            }
            // A result whose call was cut off the transcript: the call is written again from the result.
            ChatMessage::ToolResult { call, .. } => {
                writer.calls("", std::slice::from_ref(call), std::slice::from_ref(message));
            }
        }
        writer.head_is_whole = true;
    }
    writer.out
}

/// Puts what the customer sent beside the newest of their words: pictures where they are shown, a document as a file where
/// files are taken, else in words.
pub(super) fn show(messages: &mut [WireMessage<'_>], asked: &ChatRequest, images: Images, files: Files) {
    let newest = messages.iter_mut().rfind(|message| matches!(message, WireMessage::User { .. }));
    let Some(message) = newest else { return };
    let WireMessage::User { content } = message else { return };
    let mut parts = Vec::new();
    for document in &asked.documents {
        match (&document.file, files) {
            (Some(file), Files::Sent) => {
                let file_data = format!("data:application/pdf;base64,{}", STANDARD.encode(&file.bytes));
                parts.push(Part::File { file: FileData { filename: file.name.clone(), file_data } });
            }
            (_, Files::Told) | (None, Files::Sent) if document.told.is_empty() => {}
            (_, Files::Told) | (None, Files::Sent) => append(content, &document.told),
        }
    }
    match images {
        Images::Shown => parts.extend(asked.pictures.iter().map(|picture| {
            let url = format!("data:{};base64,{}", picture.mime_type, STANDARD.encode(&picture.bytes));
            Part::ImageUrl { image_url: ImageUrl { url } }
        })),
        Images::Named => {}
    }
    if !parts.is_empty() {
        parts.insert(0, Part::Text { text: std::mem::take(content) });
        *message = WireMessage::Shown { content: parts };
    }
}

struct Writer<'a> {
    out: Vec<WireMessage<'a>>,
    /// How often each of our ids was used: ids are unique in a turn, the transcript spans several.
    ids: HashMap<&'a CallId, usize>,
    written_calls: usize,
    short_ids: bool,
    system_first: bool,
    as_text: bool,
    /// Whether the first message was written: it is the same in every turn, and nothing is added to it, so that an
    /// endpoint that keeps what it has read, tools included, finds it again.
    head_is_whole: bool,
}

impl<'a> Writer<'a> {
    fn system(&mut self, text: Cow<'a, str>) {
        if text.trim().is_empty() {
            return;
        }
        let is_head = self.head_is_whole && !self.system_first && self.out.len() == 1;
        let target = if self.system_first { self.out.first_mut() } else { self.out.last_mut() };
        match target {
            Some(WireMessage::System { content }) if !is_head => append(content, &text),
            Some(_) if self.system_first => self.out.insert(0, WireMessage::System { content: text }),
            Some(_) | None => self.out.push(WireMessage::System { content: text }),
        }
    }

    /// Strict templates want roles to take turns, so words of one role in a row are one message.
    fn user(&mut self, text: Cow<'a, str>) {
        match self.out.last_mut() {
            _ if text.trim().is_empty() => {}
            Some(WireMessage::User { content }) => append(content, &text),
            Some(_) | None => self.out.push(WireMessage::User { content: text }),
        }
    }

    fn assistant(&mut self, text: &'a str) {
        match self.out.last_mut() {
            _ if text.trim().is_empty() => {}
            Some(WireMessage::Assistant { content: Some(content), tool_calls }) if tool_calls.is_empty() => {
                append(content, text);
            }
            Some(_) | None => self
                .out
                .push(WireMessage::Assistant { content: Some(Cow::Borrowed(text)), tool_calls: Vec::new() }),
        }
    }

    fn calls(&mut self, text: &'a str, calls: &'a [ToolCall], results: &'a [ChatMessage]) {
        let result_of = |id: &CallId| {
            results.iter().find_map(|result| match result {
                ChatMessage::ToolResult { call, content } if call.id == *id && !content.is_empty() => {
                    Some(content.as_str())
                }
                _ => None,
            })
        };
        if self.as_text {
            return self.calls_in_words(text, calls, result_of);
        }
        let ids: Vec<String> = calls.iter().map(|call| self.wire_id(&call.id)).collect();
        let tool_calls = calls
            .iter()
            .zip(&ids)
            .map(|(call, id)| WireToolCall {
                id: id.clone(),
                kind: "function",
                function: WireFunction { name: &call.name, arguments: arguments(&call.arguments) },
            })
            .collect();
        let content = (!text.trim().is_empty()).then_some(Cow::Borrowed(text));
        self.out.push(WireMessage::Assistant { content, tool_calls });
        for (call, id) in calls.iter().zip(ids) {
            let content = Cow::Borrowed(result_of(&call.id).unwrap_or(NO_RESULT));
            self.out.push(WireMessage::Tool { tool_call_id: id, content });
        }
    }

    fn calls_in_words(
        &mut self,
        text: &str,
        calls: &[ToolCall],
        result_of: impl Fn(&CallId) -> Option<&'a str>,
    ) {
        let mut said = text.trim().to_owned();
        let mut came = String::new();
        for call in calls {
            let line = serde_json::json!({"name": call.name, "arguments": call.arguments}).to_string();
            join(&mut said, &line);
            join(
                &mut came,
                &format!("Result of {}: {}", call.name, result_of(&call.id).unwrap_or(NO_RESULT)),
            );
        }
        self.out.push(WireMessage::Assistant { content: Some(Cow::Owned(said)), tool_calls: Vec::new() });
        self.user(Cow::Owned(came));
    }

    fn wire_id(&mut self, id: &'a CallId) -> String {
        self.written_calls += 1;
        if self.short_ids {
            return format!("c{:08}", self.written_calls);
        }
        let uses = self.ids.entry(id).or_default();
        *uses += 1;
        if *uses == 1 { id.0.clone() } else { format!("{id}_{uses}") }
    }
}

fn append(to: &mut Cow<'_, str>, text: &str) {
    join(to.to_mut(), text);
}

fn join(to: &mut String, text: &str) {
    if !to.is_empty() {
        to.push_str("\n\n");
    }
    to.push_str(text);
}

/// Servers parse this text, some of them into an object and nothing else.
fn arguments(arguments: &Value) -> String {
    if arguments.is_object() { arguments.to_string() } else { "{}".to_owned() }
}

/// The tools, for an endpoint that takes them in words only.
fn tools_in_words(asked: &ChatRequest) -> String {
    let mut text = String::from(
        "You can call these tools. To call one, answer with one line of JSON and nothing else: \
         {\"name\": \"TOOL\", \"arguments\": {…}}. The result comes in the next message.",
    );
    for tool in asked.tools.iter() {
        text.push('\n');
        text.push_str(&wire::function(tool).to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::llm::model::{Picture, SentDocument, SentFile};
    use crate::llm::openai::dialect::Dialect;
    use crate::llm::openai::error::Rejection;
    use serde_json::json;
    use std::sync::Arc;

    fn asked(messages: Vec<ChatMessage>) -> ChatRequest {
        ChatRequest {
            messages,
            tools: Arc::new(vec![crate::llm::repair::testing::tool("order_status", json!({}))]),
            tool_choice: ToolChoice::Auto,
            passages: Vec::new(),
            pictures: Vec::new(),
            documents: Vec::new(),
            language: Language::default(),
            now: jiff::Zoned::default(),
            max_output_tokens: 100,
            step: 1,
            resort: crate::llm::model::Resort::First,
            payer: crate::limits::budget::Payer::default(),
        }
    }

    fn call(id: &str) -> ToolCall {
        ToolCall { id: CallId(id.into()), name: "order_status".into(), arguments: json!({"n": 1}) }
    }

    fn result(id: &str, content: &str) -> ChatMessage {
        ChatMessage::ToolResult { call: call(id), content: content.into() }
    }

    fn written(asked: &ChatRequest, quirks: Quirks) -> Value {
        serde_json::to_value(messages(asked, quirks)).unwrap()
    }

    fn taught(text: &str) -> Quirks {
        let dialect = Dialect::default();
        let rejection = Rejection { status: 400, retry_after: None, body: text.into() };
        assert!(dialect.learn(&rejection, dialect.known()));
        dialect.known()
    }

    fn conversation() -> ChatRequest {
        let with_calls = |calls: &[&str]| ChatMessage::Assistant {
            text: String::new(),
            calls: calls.iter().map(|id| call(id)).collect(),
        };
        asked(vec![
            ChatMessage::System("one".into()),
            ChatMessage::System("two".into()),
            ChatMessage::System("  ".into()),
            result("call_9_0", "cut off"),
            ChatMessage::Customer("oi".into()),
            ChatMessage::Customer("tudo bem?".into()),
            with_calls(&["call_1_0", "call_1_1"]),
            result("call_1_1", "second"),
            ChatMessage::Assistant { text: "Pronto.".into(), calls: Vec::new() },
            ChatMessage::Customer("e agora?".into()),
            with_calls(&["call_1_0"]),
            result("call_1_0", "third"),
            ChatMessage::System("note".into()),
        ])
    }

    #[test]
    fn every_call_has_its_one_result_and_its_own_id() {
        let wire = written(&conversation(), Quirks::default());
        let function = |id: &str| json!({"id": id, "type": "function", "function": {"name": "order_status", "arguments": "{\"n\":1}"}});
        assert_eq!(
            wire,
            json!([
                {"role": "system", "content": "one"},
                {"role": "system", "content": "two"},
                {"role": "assistant", "content": null, "tool_calls": [function("call_9_0")]},
                {"role": "tool", "tool_call_id": "call_9_0", "content": "cut off"},
                {"role": "user", "content": "oi\n\ntudo bem?"},
                {"role": "assistant", "content": null, "tool_calls": [function("call_1_0"), function("call_1_1")]},
                {"role": "tool", "tool_call_id": "call_1_0", "content": NO_RESULT},
                {"role": "tool", "tool_call_id": "call_1_1", "content": "second"},
                {"role": "assistant", "content": "Pronto."},
                {"role": "user", "content": "e agora?"},
                {"role": "assistant", "content": null, "tool_calls": [function("call_1_0_2")]},
                {"role": "tool", "tool_call_id": "call_1_0_2", "content": "third"},
                {"role": "system", "content": "note"},
            ])
        );
    }

    #[test]
    fn pictures_stand_beside_the_newest_words() {
        let picture = Picture { mime_type: "image/png".into(), bytes: Arc::from(&b"abc"[..]) };
        let asked = ChatRequest { pictures: vec![picture], ..conversation() };
        let mut written = messages(&asked, Quirks::default());
        show(&mut written, &asked, Images::Shown, Files::Told);
        let wire = serde_json::to_value(&written).unwrap();
        let url = json!({"url": "data:image/png;base64,YWJj"});
        assert_eq!(
            wire[9],
            json!({"role": "user", "content": [{"type": "text", "text": "e agora?"}, {"type": "image_url", "image_url": url}]})
        );
        assert_eq!(wire[4], json!({"role": "user", "content": "oi\n\ntudo bem?"}));
    }

    #[test]
    fn a_document_is_a_file_where_files_are_taken_and_words_elsewhere() {
        let file = SentFile { name: "documento-1.pdf".into(), bytes: Arc::from(&b"abc"[..]) };
        let document = SentDocument { told: "Text of it.".into(), file: Some(file) };
        let scan = SentDocument { told: String::new(), file: None };
        let asked = ChatRequest { documents: vec![document, scan], ..conversation() };
        let shown = |files| {
            let mut written = messages(&asked, Quirks::default());
            show(&mut written, &asked, Images::Named, files);
            serde_json::to_value(&written).unwrap()[9]["content"].clone()
        };
        let file = json!({"filename": "documento-1.pdf", "file_data": "data:application/pdf;base64,YWJj"});
        assert_eq!(
            shown(Files::Sent),
            json!([{"type": "text", "text": "e agora?"}, {"type": "file", "file": file}])
        );
        assert_eq!(shown(Files::Told), json!("e agora?\n\nText of it."));
    }

    #[test]
    fn strict_endpoints_get_what_they_want() {
        let wire = written(&conversation(), taught("System message must be at the beginning."));
        assert_eq!(wire[0], json!({"role": "system", "content": "one\n\ntwo\n\nnote"}));
        let wire = written(&conversation(), taught("Tool call id was call_1_0 but must have a length of 9"));
        assert_eq!(wire[3]["tool_call_id"], "c00000001");
    }

    #[test]
    fn an_endpoint_without_tools_gets_them_in_words() {
        let wire = written(&conversation(), taught("llama does not support tools"));
        assert!(wire[0]["content"].as_str().is_some_and(|text| text.contains("order_status")));
        let text = wire.to_string();
        assert!(text.contains("Result of order_status: third") && !text.contains("tool_call_id"));
    }
}
