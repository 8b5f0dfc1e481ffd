//! What Meta takes, field by field. Each answers with what is wrong.

use super::{NUMBER, OTHER_NUMBER, TOKEN};
use http::HeaderMap;
use serde_json::Value;
use std::collections::HashSet;

type Checked = Result<(), String>;

fn no(what: &str, body: &Value) -> Checked {
    Err(format!("{what}: {body}"))
}

fn characters(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.chars().count())
}

fn within(value: &Value, most: usize, what: &str) -> Checked {
    if value.as_str().is_some_and(|text| text.trim().is_empty()) || !(1..=most).contains(&characters(value)) {
        return no(&format!("{what} has to be 1 to {most} characters"), value);
    }
    Ok(())
}

fn only(body: &Value, known: &[&str]) -> Checked {
    let unknown = body
        .as_object()
        .into_iter()
        .flat_map(|body| body.keys())
        .find(|name| !known.contains(&name.as_str()));
    match unknown {
        Some(name) => no(&format!("nobody spoke of `{name}`"), body),
        None => Ok(()),
    }
}

/// What every request has.
pub fn envelope(version: &str, number: &str, headers: &HeaderMap, body: &Value) -> Checked {
    let bearer = format!("Bearer {TOKEN}");
    if headers.get("authorization").is_none_or(|value| value != bearer.as_str()) {
        return no("not the token", body);
    }
    if headers.get("content-type").is_none_or(|kind| kind != "application/json") {
        return no("not JSON by its header", body);
    }
    if !version.starts_with('v') || ![NUMBER, OTHER_NUMBER].contains(&number) {
        return no(&format!("no such place: {version}/{number}"), body);
    }
    if body["messaging_product"] != "whatsapp" {
        return no("no messaging_product", body);
    }
    Ok(())
}

/// That a message was read.
pub fn receipt(body: &Value) -> Checked {
    only(body, &["messaging_product", "status", "message_id", "typing_indicator"])?;
    within(&body["message_id"], 512, "message_id")?;
    match &body["typing_indicator"] {
        Value::Null => Ok(()),
        typing if typing["type"] == "text" => Ok(()),
        _ => no("typing_indicator", body),
    }
}

/// A message.
pub fn message(body: &Value) -> Checked {
    let kind = body["type"].as_str().unwrap_or_default();
    let known = [
        "messaging_product",
        "recipient_type",
        "to",
        "recipient",
        "type",
        "context",
        "biz_opaque_callback_data",
        kind,
    ];
    only(body, &known)?;
    if body["recipient_type"] != "individual" {
        return no("recipient_type", body);
    }
    match (body["to"].as_str(), body["recipient"].as_str()) {
        (Some(to), None)
            if to.len() > 8 && to.starts_with('+') && to[1..].bytes().all(|b| b.is_ascii_digit()) => {}
        (None, Some(user)) if user.as_bytes().get(2) == Some(&b'.') => {}
        _ => return no("neither a number with + nor an id", body),
    }
    within(&body["biz_opaque_callback_data"], 512, "biz_opaque_callback_data")?;
    if !body["context"].is_null() {
        within(&body["context"]["message_id"], 512, "context")?;
    }
    match kind {
        "text" => {
            only(&body["text"], &["body", "preview_url"])?;
            within(&body["text"]["body"], 4096, "text")
        }
        "interactive" => interactive(&body["interactive"]),
        "template" => template(&body["template"]),
        "image" | "video" => file(&body[kind], &["id", "link", "caption"]),
        "document" => file(&body[kind], &["id", "link", "caption", "filename"]),
        "audio" => file(&body[kind], &["id", "link", "voice"]),
        "reaction" => {
            only(&body["reaction"], &["message_id", "emoji"])?;
            within(&body["reaction"]["message_id"], 512, "message_id")?;
            if !body["context"].is_null() || !body["reaction"]["emoji"].is_string() {
                return no("a reaction with a quote or without a sign", body);
            }
            Ok(())
        }
        _ => no("an unknown type", body),
    }
}

/// A file: with Meta, or at an address, and not both.
fn file(body: &Value, known: &[&str]) -> Checked {
    only(body, known)?;
    match (body["id"].as_str(), body["link"].as_str()) {
        (Some(id), None) if !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) => {}
        (None, Some(link)) if link.starts_with("https://") || link.starts_with("http://") => {}
        _ => return no("a file has an id or a link", body),
    }
    if body["caption"].is_null() { Ok(()) } else { within(&body["caption"], 1024, "caption") }
}

/// What stands behind the one button of a message.
fn single(body: &Value, name: &str, known: &[&str]) -> Checked {
    within(&body["body"]["text"], 1024, "body")?;
    only(&body["action"], &["name", "parameters"])?;
    if body["action"]["name"] != name {
        return no("the name of the action", body);
    }
    if known.is_empty() && !body["action"]["parameters"].is_null() {
        return no("this action has no parameters", body);
    }
    only(&body["action"]["parameters"], known)
}

fn interactive(body: &Value) -> Checked {
    only(body, &["type", "header", "body", "footer", "action"])?;
    let action = &body["action"];
    let mut seen = HashSet::new();
    match body["type"].as_str() {
        Some("button") => {
            within(&body["body"]["text"], 1024, "body")?;
            let buttons = action["buttons"].as_array().map(Vec::as_slice).unwrap_or_default();
            if !(1..=3).contains(&buttons.len()) {
                return no("one to three buttons", body);
            }
            for button in buttons {
                if button["type"] != "reply" {
                    return no("a button that is no reply", body);
                }
                within(&button["reply"]["id"], 256, "id")?;
                within(&button["reply"]["title"], 20, "title")?;
                if !seen.insert(button["reply"]["title"].to_string()) {
                    return no("two buttons look alike", body);
                }
            }
            Ok(())
        }
        Some("list") => {
            within(&body["body"]["text"], 4096, "body")?;
            within(&action["button"], 20, "opener")?;
            let sections = action["sections"].as_array().map(Vec::as_slice).unwrap_or_default();
            if !(1..=10).contains(&sections.len()) {
                return no("one to ten sections", body);
            }
            let mut rows = 0;
            for section in sections {
                within(&section["title"], 24, "section")?;
                for row in section["rows"].as_array().into_iter().flatten() {
                    rows += 1;
                    within(&row["id"], 200, "id")?;
                    within(&row["title"], 24, "row")?;
                    if !row["description"].is_null() {
                        within(&row["description"], 72, "description")?;
                    }
                    if !seen.insert(row["id"].to_string()) {
                        return no("two rows are one", body);
                    }
                }
            }
            if (1..=10).contains(&rows) { Ok(()) } else { no("one to ten rows", body) }
        }
        Some("cta_url") => {
            single(body, "cta_url", &["display_text", "url"])?;
            within(&action["parameters"]["display_text"], 20, "display_text")?;
            let url = action["parameters"]["url"].as_str().unwrap_or_default();
            if url.starts_with("https://") || url.starts_with("http://") {
                return Ok(());
            }
            no("an address", body)
        }
        Some("location_request_message") => {
            if !body["header"].is_null() || !body["footer"].is_null() {
                return no("a request for a place has no header and no footer", body);
            }
            single(body, "send_location", &[])
        }
        Some("request_contact_info") => single(body, "request_contact_info", &[]),
        Some("flow") => {
            let known = [
                "flow_message_version",
                "flow_id",
                "flow_name",
                "flow_token",
                "flow_cta",
                "flow_action",
                "flow_action_payload",
                "mode",
            ];
            single(body, "flow", &known)?;
            let parameters = &action["parameters"];
            if parameters["flow_id"].is_null() == parameters["flow_name"].is_null() {
                return no("exactly one of flow_id and flow_name", body);
            }
            if parameters["flow_action"] == "navigate" {
                within(&parameters["flow_action_payload"]["screen"], 100, "screen")?;
            }
            within(&parameters["flow_cta"], 20, "flow_cta")
        }
        _ => no("an unknown interactive type", body),
    }
}

fn template(body: &Value) -> Checked {
    only(body, &["name", "language", "components"])?;
    within(&body["name"], 512, "name")?;
    within(&body["language"]["code"], 6, "language")?;
    for component in body["components"].as_array().into_iter().flatten() {
        for parameter in component["parameters"].as_array().into_iter().flatten() {
            let text = &parameter["text"];
            if parameter["type"] == "text" {
                within(text, 1024, "value")?;
                if text.as_str().is_some_and(|text| text.contains(['\n', '\t']) || text.contains("     ")) {
                    return no("line breaks in a value", body);
                }
            }
        }
    }
    Ok(())
}
