//! What a server answers to a call, as plain data for the model. All of it is untrusted; pictures and sounds are left out
//! with a word.

use crate::declared::projection::bound;
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::{Value, json};

/// Most bytes of a result that are kept; the model is told less.
const LARGEST: usize = 256 * 1024;

/// Most bytes of a refusal that the model is told.
const LARGEST_REFUSAL: usize = 2_000;

/// The data of a result; the words of one that says that it failed.
///
/// # Errors
/// What the server said of its failure.
pub fn read(result: CallToolResult) -> Result<Value, String> {
    let (mut texts, mut left_out) = (Vec::new(), 0_usize);
    for block in result.content {
        match block {
            ContentBlock::Text(text) => texts.push(text.text),
            ContentBlock::Resource(embedded) => match embedded.resource {
                ResourceContents::TextResourceContents { text, .. } => texts.push(text),
                _ => left_out += 1,
            },
            ContentBlock::ResourceLink(link) => texts.push(format!("{}: {}", link.name, link.uri)),
            _ => left_out += 1,
        }
    }
    let text = texts.join("\n");
    if result.is_error == Some(true) {
        let (text, _) = bound(Value::String(text), LARGEST_REFUSAL);
        return Err(text.as_str().unwrap_or_default().to_owned());
    }
    let structured = result.structured_content.filter(|content| !content.is_null());
    let mut data = match structured.or_else(|| parsed(&text)) {
        Some(data) => data,
        None => json!({"text": text}),
    };
    if left_out > 0 {
        let note = format!("{left_out} pictures, sounds or files were left out: they cannot be shown here");
        match data.as_object_mut() {
            Some(fields) => {
                fields.insert("left_out".into(), Value::String(note));
            }
            None => data = json!({"result": data, "left_out": note}),
        }
    }
    Ok(bound(data, LARGEST).0)
}

/// Text that is JSON with a structure.
fn parsed(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(|value: &Value| value.is_object() || value.is_array())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: Value) -> Result<Value, String> {
        read(serde_json::from_value(value).unwrap())
    }

    #[test]
    fn text_becomes_data_and_pictures_a_word() {
        let text = |text: &str| json!({"type": "text", "text": text});
        let picture = json!({"type": "image", "data": "aGk=", "mimeType": "image/png"});
        assert_eq!(said(json!({"content": [text("a"), text("b")]})), Ok(json!({"text": "a\nb"})));
        assert_eq!(said(json!({"content": [text("{\"n\": 1}")]})), Ok(json!({"n": 1})));
        assert_eq!(said(json!({"content": [text("7")], "structuredContent": {"n": 7}})), Ok(json!({"n": 7})));
        let with_picture = said(json!({"content": [text("[1]"), picture]})).unwrap();
        assert_eq!(with_picture["result"], json!([1]));
        assert!(with_picture["left_out"].as_str().unwrap().starts_with("1 pictures"));
        assert_eq!(
            said(json!({"content": [text("no such order")], "isError": true})),
            Err("no such order".into())
        );
        let long = said(json!({"content": [text(&"x".repeat(1_000_000))]})).unwrap();
        assert!(long["text"].as_str().unwrap().len() <= LARGEST);
    }
}
