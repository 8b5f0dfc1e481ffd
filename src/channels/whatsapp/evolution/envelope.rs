//! What an Evolution API posts, put as Meta would post it, so that everything behind it is the same. Groups, broadcasts and
//! channels are nobody's conversation. It reads JSON and writes JSON.

use crate::channels::whatsapp::fields::{field, is_set, list, number, text};
use serde_json::{Map, Value, json};

/// Where people write from, by the ends of their addresses.
const BY_PHONE: &str = "@s.whatsapp.net";
const BY_LID: &str = "@lid";
/// The country that stands for none, before the private ids of WhatsApp Web: no person of Meta's has it.
pub const NOWHERE: &str = "ZZ.";

/// `envelope` as a body of Meta's about our `number`; `None` if it is no envelope of an Evolution API.
pub fn as_meta(envelope: &Value, number: &str) -> Option<Value> {
    let event = text(envelope, "event")?.replace('_', ".").to_lowercase();
    let data = field(envelope, "data")?;
    let (name, mut value) = match event.as_str() {
        "messages.upsert" => upsert(data)?,
        "messages.update" => ("messages", json!({"statuses": updates(data)})),
        "connection.update" => ("messages", connection(data)),
        other => (other, json!({})),
    };
    value["metadata"] = json!({"phone_number_id": number});
    let change = json!({"field": name, "value": value});
    Some(json!({"object": "evolution", "entry": [{"id": text(envelope, "instance"), "changes": [change]}]}))
}

/// Who a message is from, or to: the number where it is shown, else the private id.
struct Party {
    phone: Option<String>,
    user: Option<String>,
}

impl Party {
    fn of(key: &Value) -> Option<Self> {
        let named = ["remoteJid", "remoteJidAlt", "senderPn"].map(|name| text(key, name));
        let bare = |address: &str, end: &str| -> Option<String> {
            let digits = address.strip_suffix(end)?.split(':').next()?.to_owned();
            (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
        };
        let any = |end: &str| named.iter().flatten().find_map(|address| bare(address, end));
        let (phone, lid) = (any(BY_PHONE), any(BY_LID));
        let is_person = phone.is_some() || lid.is_some();
        // Where a group has it, somebody in it is named too.
        let is_elsewhere = named[0]
            .as_deref()
            .is_none_or(|address| !address.ends_with(BY_PHONE) && !address.ends_with(BY_LID));
        (is_person && !is_elsewhere).then(|| Self { phone, user: lid.map(|lid| format!("{NOWHERE}{lid}")) })
    }
}

fn upsert(data: &Value) -> Option<(&'static str, Value)> {
    let key = field(data, "key")?;
    let Some(party) = Party::of(key) else { return Some(("groups", json!({}))) };
    let from_us = is_set(key, "fromMe");
    let (user_field, phone_field) = if from_us { ("to_user_id", "to") } else { ("from_user_id", "from") };
    let mut message = content(data);
    message.insert("id".to_owned(), json!(text(key, "id")));
    message.insert("timestamp".to_owned(), json!(text(data, "messageTimestamp")));
    message.insert(user_field.to_owned(), json!(party.user));
    message.insert(phone_field.to_owned(), json!(party.phone));
    if let Some(quoted) = field(data, "contextInfo").and_then(|context| text(context, "stanzaId")) {
        message.insert("context".to_owned(), json!({"id": quoted}));
    }
    if from_us {
        return Some(("smb_message_echoes", json!({"message_echoes": [message]})));
    }
    let contact =
        json!({"profile": {"name": text(data, "pushName")}, "wa_id": party.phone, "user_id": party.user});
    Some(("messages", json!({"contacts": [contact], "messages": [message]})))
}

/// The message itself, by its kind.
fn content(data: &Value) -> Map<String, Value> {
    let message = field(data, "message").unwrap_or(&Value::Null);
    let part = |name: &str| field(message, name).cloned().unwrap_or(Value::Null);
    let id = field(data, "key").and_then(|key| text(key, "id"));
    let file = |part: &Value| {
        json!({"id": id, "mime_type": text(part, "mimetype"), "caption": text(part, "caption"),
            "filename": text(part, "fileName"), "voice": is_set(part, "ptt")})
    };
    let kind = text(data, "messageType").unwrap_or_default();
    let words = text(message, "conversation").or_else(|| text(&part("extendedTextMessage"), "text"));
    let made = match kind.as_str() {
        "conversation" | "extendedTextMessage" => {
            words.map(|words| json!({"type": "text", "text": {"body": words}}))
        }
        "imageMessage" => Some(json!({"type": "image", "image": file(&part(&kind))})),
        "videoMessage" => Some(json!({"type": "video", "video": file(&part(&kind))})),
        "audioMessage" => Some(json!({"type": "audio", "audio": file(&part(&kind))})),
        "stickerMessage" => Some(json!({"type": "sticker", "sticker": file(&part(&kind))})),
        "documentMessage" => Some(json!({"type": "document", "document": file(&part(&kind))})),
        "locationMessage" => {
            let place = part(&kind);
            Some(json!({"type": "location", "location": {"latitude": number(&place, "degreesLatitude"),
                "longitude": number(&place, "degreesLongitude"), "name": text(&place, "name"), "address": text(&place, "address")}}))
        }
        "contactMessage" => Some(json!({"type": "contacts", "contacts": [card(&part(&kind))]})),
        "contactsArrayMessage" => {
            let cards: Vec<Value> = list(&part(&kind), "contacts").iter().map(card).collect();
            Some(json!({"type": "contacts", "contacts": cards}))
        }
        "reactionMessage" => {
            let reaction = part(&kind);
            let to = field(&reaction, "key").and_then(|key| text(key, "id"));
            Some(
                json!({"type": "reaction", "reaction": {"message_id": to, "emoji": text(&reaction, "text")}}),
            )
        }
        "buttonsResponseMessage" => {
            let tap = part(&kind);
            chosen(text(&tap, "selectedButtonId"), text(&tap, "selectedDisplayText"))
        }
        "templateButtonReplyMessage" => {
            let tap = part(&kind);
            chosen(text(&tap, "selectedId"), text(&tap, "selectedDisplayText"))
        }
        "listResponseMessage" => {
            let tap = part(&kind);
            let row = field(&tap, "singleSelectReply").and_then(|reply| text(reply, "selectedRowId"));
            chosen(row, text(&tap, "title"))
        }
        _ => None,
    };
    let unsupported = || json!({"type": "unsupported", "unsupported": {"type": kind}});
    match made.unwrap_or_else(unsupported) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn chosen(id: Option<String>, title: Option<String>) -> Option<Value> {
    let id = id.or_else(|| title.clone())?;
    Some(json!({"type": "interactive", "interactive": {"type": "button_reply",
        "button_reply": {"id": id, "title": title.as_ref().unwrap_or(&id)}}}))
}

fn card(card: &Value) -> Value {
    let vcard = text(card, "vcard").unwrap_or_default();
    let phones: Vec<Value> = vcard
        .lines()
        .filter(|line| line.to_ascii_uppercase().contains("TEL"))
        .filter_map(|line| line.rsplit_once(':'))
        .map(|(_, phone)| json!({"phone": phone.trim()}))
        .collect();
    json!({"name": {"formatted_name": text(card, "displayName")}, "phones": phones, "origin": "other"})
}

/// What became of messages of ours.
fn updates(data: &Value) -> Vec<Value> {
    let all = data.as_array().map_or_else(|| std::slice::from_ref(data), Vec::as_slice);
    let status = |update: &Value| {
        let id = text(update, "keyId").or_else(|| text(field(update, "key")?, "id"))?;
        let state = text(update, "status")?;
        let state = match state.to_ascii_uppercase().as_str() {
            "SERVER_ACK" | "SENT" => "sent",
            "DELIVERY_ACK" | "DELIVERED" => "delivered",
            "READ" => "read",
            "PLAYED" => "played",
            "ERROR" | "FAILED" => "failed",
            _ => return None,
        };
        Some(json!({"id": id, "status": state}))
    };
    all.iter().filter_map(status).collect()
}

/// The phone behind the Evolution API: whoever sees to it has to know that it is gone.
fn connection(data: &Value) -> Value {
    match text(data, "state").as_deref() {
        Some("open") | None => json!({}),
        Some(state) => {
            json!({"errors": [{"code": "connection", "title": format!("the connection is {state}")}]})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::whatsapp::content::Content;
    use crate::channels::whatsapp::wire::{Update, What, read};

    fn updates(event: &str, data: Value) -> Vec<Update> {
        let envelope = json!({"event": event, "instance": "loja1", "data": data,
            "sender": "5511400289220@s.whatsapp.net", "apikey": "segredo"});
        let body = as_meta(&envelope, "551140028922").unwrap();
        assert!(!body.to_string().contains("segredo"), "the key is not kept");
        read(body.to_string().as_bytes()).unwrap()
    }

    fn said(key: Value, kind: &str, message: Value) -> Value {
        json!({"key": key, "pushName": "Joana", "message": message, "messageType": kind, "messageTimestamp": 1_795_363_200})
    }

    #[test]
    fn a_message_names_its_customer_by_number_or_by_private_id() {
        for (key, phone, user) in [
            (json!({"remoteJid": "5511987650001@s.whatsapp.net", "id": "A"}), Some("5511987650001"), None),
            (
                json!({"remoteJid": "11122233344455@lid", "remoteJidAlt": "5511987650001@s.whatsapp.net", "id": "A"}),
                Some("5511987650001"),
                Some("ZZ.11122233344455"),
            ),
            (json!({"remoteJid": "11122233344455@lid", "id": "A"}), None, Some("ZZ.11122233344455")),
        ] {
            let found =
                updates("messages.upsert", said(key.clone(), "conversation", json!({"conversation": "Oi"})));
            let [Update { what: What::Message(message), .. }] = found.as_slice() else { panic!("{found:?}") };
            let from = &message.from;
            assert_eq!(
                from.phone.as_ref().map(|phone| phone.dialled()),
                phone.map(|phone| format!("+{phone}"))
            );
            assert_eq!(from.user.as_ref().map(|user| user.as_str()), user, "{key}");
            assert_eq!(message.content, Content::Text("Oi".to_owned()));
        }
        for elsewhere in ["123-456@g.us", "status@broadcast", "1@newsletter"] {
            let key =
                json!({"remoteJid": elsewhere, "participantAlt": "5511987650001@s.whatsapp.net", "id": "A"});
            let found = updates("messages.upsert", said(key, "conversation", json!({"conversation": "Oi"})));
            assert!(matches!(found.as_slice(), [Update { what: What::Other { .. }, .. }]), "{found:?}");
        }
    }

    #[test]
    fn every_kind_is_what_it_is_with_meta() {
        let key = json!({"remoteJid": "5511987650001@s.whatsapp.net", "id": "A"});
        for (kind, message, expected) in [
            ("imageMessage", json!({"imageMessage": {"mimetype": "image/jpeg", "caption": "x"}}), "Media"),
            ("audioMessage", json!({"audioMessage": {"mimetype": "audio/ogg", "ptt": true}}), "Media"),
            (
                "locationMessage",
                json!({"locationMessage": {"degreesLatitude": -23.5, "degreesLongitude": -46.6}}),
                "Location",
            ),
            (
                "contactMessage",
                json!({"contactMessage": {"displayName": "Rui", "vcard": "BEGIN:VCARD\nTEL;type=CELL:+55 21 98888-0002\nEND:VCARD"}}),
                "Contacts",
            ),
            ("reactionMessage", json!({"reactionMessage": {"key": {"id": "B"}, "text": "👍"}}), "Reaction"),
            (
                "listResponseMessage",
                json!({"listResponseMessage": {"title": "Pro", "singleSelectReply": {"selectedRowId": "pro"}}}),
                "Choice",
            ),
            (
                "buttonsResponseMessage",
                json!({"buttonsResponseMessage": {"selectedButtonId": "sim"}}),
                "Choice",
            ),
            ("pollUpdateMessage", json!({}), "Unseen"),
        ] {
            let found = updates("messages.upsert", said(key.clone(), kind, message));
            let [Update { what: What::Message(message), .. }] = found.as_slice() else { panic!("{found:?}") };
            assert!(format!("{:?}", message.content).starts_with(expected), "{kind}: {:?}", message.content);
        }
    }

    #[test]
    fn what_we_said_is_an_echo_and_news_of_it_a_status() {
        let key = json!({"remoteJid": "5511987650001@s.whatsapp.net", "fromMe": true, "id": "A"});
        let found = updates("messages.upsert", said(key, "conversation", json!({"conversation": "Oi"})));
        assert!(matches!(found.as_slice(), [Update { what: What::Echo(_), .. }]), "{found:?}");
        let news = json!({"keyId": "A", "status": "DELIVERY_ACK"});
        let found = updates("messages.update", news);
        let [Update { what: What::Status(status), .. }] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(status["status"], "delivered");
        let found = updates("connection.update", json!({"state": "close"}));
        assert!(matches!(found.as_slice(), [Update { what: What::Trouble { .. }, .. }]), "{found:?}");
        assert_eq!(as_meta(&json!({"object": "whatsapp_business_account", "entry": []}), "1"), None);
    }
}
