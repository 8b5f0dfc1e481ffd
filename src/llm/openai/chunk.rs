//! What endpoints send back, read tolerantly: unknown fields are ignored, missing ones have defaults, and fields
//! of another type count as missing. Puts the pieces of an answer together; understands nothing of tools.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// More calls than any sensible answer holds.
const MAX_SLOTS: usize = 64;

/// One event of a stream, or a whole answer that was not streamed.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Chunk {
    #[serde(default, deserialize_with = "tolerant")]
    pub(super) choices: Vec<Choice>,
    #[serde(default, deserialize_with = "tolerant")]
    pub(super) usage: Option<WireUsage>,
    #[serde(default)]
    pub(super) error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Choice {
    #[serde(default, deserialize_with = "tolerant", alias = "message")]
    delta: Delta,
    #[serde(default, deserialize_with = "tolerant")]
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    #[serde(default, deserialize_with = "tolerant")]
    content: Option<Content>,
    #[serde(default, deserialize_with = "tolerant")]
    refusal: Option<String>,
    #[serde(default, deserialize_with = "tolerant")]
    tool_calls: Vec<CallDelta>,
    #[serde(default, deserialize_with = "tolerant")]
    function_call: Option<FunctionDelta>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
}

#[derive(Debug, Default, Deserialize)]
struct CallDelta {
    #[serde(default, deserialize_with = "tolerant")]
    index: Option<usize>,
    #[serde(default, deserialize_with = "tolerant")]
    id: Option<String>,
    #[serde(default, deserialize_with = "tolerant")]
    function: FunctionDelta,
}

#[derive(Debug, Default, Deserialize)]
struct FunctionDelta {
    #[serde(default, deserialize_with = "tolerant")]
    name: Option<String>,
    /// Text, in pieces; some servers send the object itself.
    #[serde(default)]
    arguments: Option<Value>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct WireUsage {
    #[serde(default, deserialize_with = "tolerant", alias = "input_tokens")]
    pub(super) prompt_tokens: u64,
    #[serde(default, deserialize_with = "tolerant", alias = "output_tokens")]
    pub(super) completion_tokens: u64,
}

/// Skips over the field and reads its text: a tree of values for each of the many pieces of an answer would cost more
/// than all the rest of reading it.
fn tolerant<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = Box::<RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(text.get()).unwrap_or_default())
}

/// Why a model stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Finish {
    /// It had finished, with words or calls.
    Complete,
    /// The token limit cut it.
    Length,
    /// Its own filter stopped it.
    Filtered,
}

/// A call as it came.
#[derive(Debug, Default, PartialEq)]
pub(super) struct WireCall {
    pub(super) name: String,
    pub(super) arguments: String,
    id: String,
    index: Option<usize>,
}

/// An answer, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) text: String,
    pub(super) refusal: String,
    pub(super) calls: Vec<WireCall>,
    pub(super) finish: Option<Finish>,
    pub(super) usage: Option<WireUsage>,
    /// Whether usage came in an event of its own, which endpoints send last.
    pub(super) usage_closed_it: bool,
}

impl Collected {
    /// Adds a chunk; gives its words to `words`.
    pub(super) fn add(&mut self, chunk: Chunk, mut words: impl FnMut(&str)) {
        if let Some(usage) = chunk.usage {
            self.usage = Some(usage);
            self.usage_closed_it |= chunk.choices.is_empty();
        }
        // Only the first choice is asked for.
        let Some(choice) = chunk.choices.into_iter().next() else { return };
        let mut say = |text: &str| {
            if !text.is_empty() {
                self.text.push_str(text);
                words(text);
            }
        };
        match choice.delta.content {
            Some(Content::Text(text)) => say(&text),
            Some(Content::Parts(parts)) => parts.iter().for_each(|part| say(&part.text)),
            None => {}
        }
        if let Some(refusal) = choice.delta.refusal {
            self.refusal.push_str(&refusal);
        }
        for call in choice.delta.tool_calls {
            self.add_call(call);
        }
        if let Some(function) = choice.delta.function_call {
            self.add_call(CallDelta { index: Some(0), id: None, function });
        }
        if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
            self.finish = Some(match reason.as_str() {
                "length" | "max_tokens" | "MAX_TOKENS" => Finish::Length,
                "content_filter" | "safety" | "SAFETY" | "refusal" => Finish::Filtered,
                _ => Finish::Complete,
            });
        }
    }

    fn add_call(&mut self, delta: CallDelta) {
        let id = delta.id.unwrap_or_default();
        let name = delta.function.name.unwrap_or_default();
        let found = match delta.index {
            Some(index) => self.calls.iter().rposition(|call| call.index == Some(index)),
            None => self.calls.len().checked_sub(1),
        };
        // Some servers number every call 0, or none: another id, or a name after arguments, begins another call.
        let continues = found.filter(|slot| {
            self.calls.get(*slot).is_some_and(|call| {
                let same_id = id.is_empty() || call.id.is_empty() || call.id == id;
                let begins_again = delta.index.is_none() && !name.is_empty() && !call.arguments.is_empty();
                same_id && !begins_again
            })
        });
        let slot = match continues {
            Some(slot) => slot,
            None if self.calls.len() < MAX_SLOTS => {
                self.calls.push(WireCall { index: delta.index, ..WireCall::default() });
                self.calls.len() - 1
            }
            None => return,
        };
        let Some(call) = self.calls.get_mut(slot) else { return };
        if call.id.is_empty() {
            call.id = id;
        }
        // Some servers repeat the name in every piece.
        if call.name != name {
            call.name.push_str(&name);
        }
        match delta.function.arguments {
            Some(Value::String(piece)) => call.arguments.push_str(&piece),
            Some(Value::Null) | None => {}
            Some(whole) => call.arguments = whole.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn collected(chunks: &[Value]) -> Collected {
        let mut all = Collected::default();
        for chunk in chunks {
            let chunk = serde_json::from_str(&chunk.to_string()).unwrap();
            all.add(chunk, |_| {});
        }
        all
    }

    fn calls(deltas: &[Value]) -> Vec<(String, String)> {
        let chunks: Vec<_> =
            deltas.iter().map(|calls| json!({"choices": [{"delta": {"tool_calls": calls}}]})).collect();
        collected(&chunks).calls.into_iter().map(|call| (call.name, call.arguments)).collect()
    }

    #[test]
    fn puts_calls_together_by_index() {
        let both = calls(&[
            json!([{"index": 0, "id": "a", "function": {"name": "one", "arguments": ""}}]),
            json!([{"index": 0, "function": {"arguments": "{\"x\":"}}]),
            json!([{"index": 1, "id": "b", "function": {"name": "two", "arguments": "{}"}}]),
            json!([{"index": 0, "function": {"arguments": "1}"}}]),
        ]);
        assert_eq!(both, [("one".into(), "{\"x\":1}".into()), ("two".into(), "{}".into())]);
    }

    #[test]
    fn puts_calls_together_without_a_usable_index() {
        let expected = [("one".to_owned(), "{}".to_owned()), ("two".to_owned(), "{\"a\":1}".to_owned())];
        assert_eq!(
            calls(&[
                json!([{"index": 0, "id": "a", "function": {"name": "one", "arguments": "{}"}}]),
                json!([{"index": 0, "id": "b", "function": {"name": "two", "arguments": {"a": 1}}}]),
            ]),
            expected
        );
        assert_eq!(
            calls(&[
                json!([{"function": {"name": "one", "arguments": "{}"}}]),
                json!([{"function": {"name": "two", "arguments": "{\"a\""}}]),
                json!([{"function": {"arguments": ":1}"}}]),
            ]),
            expected
        );
    }

    #[test]
    fn unknown_and_missing_and_wrong_fields_do_no_harm() {
        let all = collected(&[
            json!({}),
            json!({"id": 1, "choices": null, "usage": null, "new": {}}),
            json!({"choices": [{"delta": {"role": "assistant", "content": null}, "finish_reason": null}]}),
            json!({"choices": [{"delta": {"content": [{"type": "text", "text": "Olá"}], "tool_calls": null}}]}),
            json!({"choices": [{"delta": {"content": 5, "tool_calls": "no"}, "finish_reason": 3}]}),
            json!({"choices": [{"finish_reason": "stop"}], "usage": {"prompt_tokens": 3, "completion_tokens": null}}),
        ]);
        assert_eq!((all.text.as_str(), all.finish), ("Olá", Some(Finish::Complete)));
        assert_eq!(all.usage.map(|usage| (usage.prompt_tokens, usage.completion_tokens)), Some((3, 0)));
    }

    #[test]
    fn a_whole_answer_is_read_like_a_stream_of_one() {
        let all =
            collected(&[json!({"choices": [{"message": {"content": "Oi"}, "finish_reason": "length"}]})]);
        assert_eq!((all.text.as_str(), all.finish), ("Oi", Some(Finish::Length)));
    }
}
