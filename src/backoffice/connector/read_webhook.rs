//! Reads what a vendor posts of its own accord: the `[webhook]` table of a connector's file.

use super::pack::{Encoding, NewsKind, Proof, SettingSpec, WebhookEvent, WebhookSpec};
use super::webhook::SECRETS;
use crate::declared::reader::{Node, Reader};
use std::collections::BTreeMap;
use toml::de::DeValue;

const ENCODINGS: [(&str, Encoding); 2] = [("hex", Encoding::Hex), ("base64", Encoding::Base64)];
const KINDS: [(&str, NewsKind); 4] = [
    ("order_changed", NewsKind::OrderChanged),
    ("payment_changed", NewsKind::PaymentChanged),
    ("ticket_answered", NewsKind::TicketAnswered),
    ("appointment_changed", NewsKind::AppointmentChanged),
];
const KEYS: [&str; 9] = ["kind", "header", "part", "prefix", "encoding", "over", "value", "id", "events"];

/// Reads the table.
pub fn webhook(
    reader: &mut Reader<'_>,
    node: &Node<'_>,
    settings: &BTreeMap<String, SettingSpec>,
) -> Option<WebhookSpec> {
    let fields = reader.fields(node, &KEYS);
    let kind = reader.required(&fields, "kind")?;
    let is_secret = settings.get(SECRETS).is_some_and(|spec| spec.secret && spec.default.is_some());
    if !is_secret {
        let message = format!("[settings.{SECRETS}] has to be there, with `secret = true` and a default");
        reader.fault(node.span(), message);
    }
    let proof = match kind.value.as_str() {
        "hmac" => Proof::Signed {
            header: reader.required(&fields, "header")?.value,
            part: fields.get("part").and_then(|node| reader.string(node)).map(|part| part.value),
            prefix: super::read::text(reader, &fields, "prefix"),
            encoding: fields
                .get("encoding")
                .and_then(|node| reader.word(node, &ENCODINGS))
                .map_or(Encoding::Hex, |encoding| encoding.value),
            over: reader.required(&fields, "over")?,
        },
        "shared" => Proof::Shared { value: reader.required(&fields, "value")? },
        other => {
            let message = format!("`{other}` is no way to tell who posts: hmac, shared");
            reader.extend([kind.place.problem(message)]);
            return None;
        }
    };
    let events = match fields.get("events").map(|node| node.get_ref()) {
        Some(DeValue::Array(events)) if !events.is_empty() => {
            events.iter().filter_map(|node| event(reader, node)).collect()
        }
        _ => {
            reader.fault(node.span(), "[[webhook.events]] say what a post means");
            return None;
        }
    };
    let id = fields.get("id").and_then(|node| reader.string(node));
    Some(WebhookSpec { proof, id, events })
}

fn event(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<WebhookEvent> {
    let fields = reader.fields(node, &["when", "means", "key"]);
    let when = fields.get("when").and_then(|node| reader.string(node));
    let means = match fields.get("means") {
        Some(node) => reader.word(node, &KINDS)?.value,
        None => {
            reader.fault(node.span(), "`means` is missing");
            return None;
        }
    };
    Some(WebhookEvent { when, means, key: reader.required(&fields, "key")? })
}
