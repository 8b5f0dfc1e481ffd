//! What a message carries beside its words, as WhatsApp is sent it. Everything is held against Meta's limits before it
//! leaves: what is wrong is told to whoever wrote it, not to Meta.

use super::outgoing::{
    Body, Content, Cta, File, Flow, FlowPayload, Interactive, Named, Parameters, Reaction, Target,
};
use crate::domain::attachment::{Attachment, Source};
use reqwest::Url;

/// Characters of words above a button, of a button, of an address, of words under a file, and of a file's name.
const BODY: usize = 1024;
const LABEL: usize = 20;
const ADDRESS: usize = 2000;
const CAPTION: usize = 1024;
const FILE_NAME: usize = 240;
/// Digits of an id of Meta's, and characters of what comes back with a form.
const ID: usize = 32;
const TOKEN: usize = 256;
/// Bytes of what a form is filled with.
const FLOW_BYTES: usize = 16 * 1024;
/// The longest emoji there is, in characters.
const EMOJI: usize = 12;

/// What is wrong, for whoever wrote it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(&'static str);

/// `text` with what goes with it. A reaction needs `target`, Meta's id of the message.
///
/// # Errors
/// What Meta would refuse.
pub fn attached(text: &str, attachment: &Attachment, target: Option<&str>) -> Result<Content, Wrong> {
    let body = || -> Result<Body, Wrong> {
        let text = within(text, BODY, "the words above have to be 1 to 1024 characters")?;
        Ok(Body { text: text.to_owned() })
    };
    let interactive = match attachment {
        Attachment::Link { label, url } => {
            let url = address(url)?;
            let display_text = short(label)?;
            let parameters = Parameters { display_text, url };
            Interactive::CtaUrl { body: body()?, action: Cta { name: "cta_url", parameters } }
        }
        Attachment::LocationRequest => {
            Interactive::LocationRequestMessage { body: body()?, action: Named { name: "send_location" } }
        }
        Attachment::ContactRequest => {
            Interactive::RequestContactInfo { body: body()?, action: Named { name: "request_contact_info" } }
        }
        Attachment::Flow { id, label, screen, data, token } => {
            let flow_id = digits(id)?;
            let flow_cta = short(label)?;
            if !flow_cta.chars().any(char::is_alphanumeric) || flow_cta.chars().any(is_emoji) {
                return Err(Wrong("the button of a form has letters and no emoji"));
            }
            let screen = within(screen, 100, "a form begins at a page: `screen`")?.to_owned();
            let token = token.as_deref().unwrap_or("balcao");
            let flow_token = within(token, TOKEN, "`token` has to be 1 to 256 characters")?.to_owned();
            if serde_json::to_string(data).map_or(0, |text| text.len()) > FLOW_BYTES {
                return Err(Wrong("`data` has to be at most 16 KiB"));
            }
            let flow_action_payload = FlowPayload { screen, data: data.clone() };
            let parameters = Flow::new(flow_id, flow_token, flow_cta, flow_action_payload);
            Interactive::Flow { body: body()?, action: Target { name: "flow", parameters } }
        }
        Attachment::Image(source) => return Ok(Content::Image { image: unnamed(source)? }),
        Attachment::Video(source) => return Ok(Content::Video { video: unnamed(source)? }),
        Attachment::Document(source) => return Ok(Content::Document { document: file(source)? }),
        Attachment::Audio(Source { caption: Some(_), .. }) => return Err(Wrong("a sound has no caption")),
        Attachment::Audio(source) => return Ok(Content::Audio { audio: unnamed(source)? }),
        Attachment::Reaction { emoji, .. } => {
            let target = target.ok_or(Wrong("there is no such message of the customer's"))?;
            let is_sign = emoji.chars().count() <= EMOJI
                && !emoji.chars().any(|letter| letter.is_alphanumeric() || letter.is_whitespace());
            if !is_sign {
                return Err(Wrong("a reaction is one emoji, or nothing to take it back"));
            }
            let reaction = Reaction { message_id: target.to_owned(), emoji: emoji.clone() };
            return Ok(Content::Reaction { reaction });
        }
    };
    Ok(Content::Interactive { interactive })
}

/// The same in words, for whom Meta refused it as it is.
pub fn in_words(text: &str, attachment: &Attachment) -> String {
    match attachment {
        Attachment::Link { url, .. } if !text.contains(url.as_str()) => format!("{text}\n{url}"),
        _ => text.to_owned(),
    }
}

/// A file that is shown without a name.
fn unnamed(source: &Source) -> Result<File, Wrong> {
    match source.file_name {
        Some(_) => Err(Wrong("only documents have a `file_name`")),
        None => file(source),
    }
}

fn file(source: &Source) -> Result<File, Wrong> {
    let (link, id) = match (&source.link, &source.id) {
        (Some(link), None) => (Some(address(link)?), None),
        (None, Some(id)) => (None, Some(digits(id)?)),
        (Some(_), Some(_)) | (None, None) => return Err(Wrong("a file has either a `link` or an `id`")),
    };
    let caption = source.caption.as_deref();
    let caption =
        caption.map(|caption| within(caption, CAPTION, "the words under a file are 1 to 1024 characters"));
    let filename = match &source.file_name {
        Some(name) => {
            let name = within(name, FILE_NAME, "`file_name` has to be 1 to 240 characters")?;
            if name.contains(['/', '\\']) || name.contains(char::is_control) {
                return Err(Wrong("`file_name` is a name, not a path"));
            }
            Some(name.to_owned())
        }
        None => None,
    };
    Ok(File { id, link, caption: caption.transpose()?.map(str::to_owned), filename })
}

fn within<'t>(text: &'t str, most: usize, wrong: &'static str) -> Result<&'t str, Wrong> {
    let text = text.trim();
    if (1..=most).contains(&text.chars().count()) { Ok(text) } else { Err(Wrong(wrong)) }
}

fn short(label: &str) -> Result<String, Wrong> {
    let label = within(label, LABEL, "the words of a button have to be 1 to 20 characters")?;
    if label.contains(char::is_control) {
        return Err(Wrong("the words of a button are one line"));
    }
    Ok(label.to_owned())
}

fn digits(id: &str) -> Result<String, Wrong> {
    let is_id = (1..=ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
    if is_id { Ok(id.to_owned()) } else { Err(Wrong("an id of Meta's is digits alone")) }
}

/// An address that Meta fetches or shows.
fn address(text: &str) -> Result<String, Wrong> {
    let wrong = Wrong("an address begins with https:// or http://, and has at most 2000 characters");
    let text = within(text, ADDRESS, wrong.0)?;
    let url: Url = text.parse().map_err(|_| wrong)?;
    let is_web =
        matches!(url.scheme(), "https" | "http") && url.host_str().is_some_and(|host| host.contains('.'));
    if is_web && url.username().is_empty() { Ok(text.to_owned()) } else { Err(wrong) }
}

fn is_emoji(letter: char) -> bool {
    matches!(letter, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}' | '\u{FE0F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::MessageId;
    use serde_json::{Map, Value, json};

    fn sent(text: &str, attachment: &Value) -> Result<Value, String> {
        let attachment: Attachment =
            serde_json::from_value(attachment.clone()).map_err(|error| error.to_string())?;
        let content = attached(text, &attachment, Some("wamid.1")).map_err(|wrong| wrong.to_string())?;
        Ok(serde_json::to_value(content).unwrap())
    }

    #[test]
    fn each_kind_reads_as_meta_documents_it() {
        for (text, attachment, expected) in [
            (
                "Pague aqui",
                json!({"type": "link", "label": "Pagar", "url": "https://exemplo.com.br/p/1"}),
                json!({"type": "interactive", "interactive": {"type": "cta_url", "body": {"text": "Pague aqui"},
                    "action": {"name": "cta_url", "parameters": {"display_text": "Pagar", "url": "https://exemplo.com.br/p/1"}}}}),
            ),
            (
                "Onde você está?",
                json!({"type": "location_request"}),
                json!({"type": "interactive", "interactive": {"type": "location_request_message",
                    "body": {"text": "Onde você está?"}, "action": {"name": "send_location"}}}),
            ),
            (
                "Pode compartilhar seu telefone?",
                json!({"type": "contact_request"}),
                json!({"type": "interactive", "interactive": {"type": "request_contact_info",
                    "body": {"text": "Pode compartilhar seu telefone?"}, "action": {"name": "request_contact_info"}}}),
            ),
            (
                "Preencha",
                json!({"type": "flow", "id": "6660001", "label": "Abrir", "screen": "INICIO", "data": {"nome": "Joana"}, "token": "tk1"}),
                json!({"type": "interactive", "interactive": {"type": "flow", "body": {"text": "Preencha"},
                    "action": {"name": "flow", "parameters": {"flow_message_version": "3", "flow_id": "6660001",
                        "flow_token": "tk1", "flow_cta": "Abrir", "flow_action": "navigate",
                        "flow_action_payload": {"screen": "INICIO", "data": {"nome": "Joana"}}, "mode": "published"}}}}),
            ),
            (
                "",
                json!({"type": "image", "id": "5550001", "caption": "Foto"}),
                json!({"type": "image", "image": {"id": "5550001", "caption": "Foto"}}),
            ),
            (
                "",
                json!({"type": "video", "link": "https://exemplo.com.br/a.mp4"}),
                json!({"type": "video", "video": {"link": "https://exemplo.com.br/a.mp4"}}),
            ),
            (
                "",
                json!({"type": "document", "id": "5550003", "file_name": "contrato.pdf", "caption": "Contrato"}),
                json!({"type": "document", "document": {"id": "5550003", "caption": "Contrato", "filename": "contrato.pdf"}}),
            ),
            (
                "",
                json!({"type": "audio", "id": "5550004"}),
                json!({"type": "audio", "audio": {"id": "5550004"}}),
            ),
            (
                "",
                json!({"type": "reaction", "to": MessageId(uuid::Uuid::nil()), "emoji": "👍"}),
                json!({"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}}),
            ),
        ] {
            assert_eq!(sent(text, &attachment).as_ref(), Ok(&expected), "{attachment}");
        }
    }

    #[test]
    fn what_meta_would_refuse_does_not_leave() {
        let link = |label: &str, url: &str| json!({"type": "link", "label": label, "url": url});
        for (text, attachment) in [
            ("", link("Pagar", "https://exemplo.com.br")),
            (&*"x".repeat(1025), link("Pagar", "https://exemplo.com.br")),
            ("Pague", link("um rótulo longo demais", "https://exemplo.com.br")),
            ("Pague", link("Pagar", "ftp://exemplo.com.br")),
            ("Pague", link("Pagar", "https://localhost/x")),
            ("Pague", link("Pagar", "javascript:alert(1)")),
            ("", json!({"type": "image"})),
            ("", json!({"type": "image", "id": "1", "link": "https://exemplo.com.br/a.jpg"})),
            ("", json!({"type": "image", "id": "../1"})),
            ("", json!({"type": "image", "id": "1", "file_name": "a.jpg"})),
            ("", json!({"type": "document", "id": "1", "file_name": "../a.pdf"})),
            ("", json!({"type": "document", "id": "1", "caption": "x".repeat(1025)})),
            ("", json!({"type": "audio", "id": "1", "caption": "x"})),
            ("Preencha", json!({"type": "flow", "id": "x", "label": "Abrir", "screen": "A"})),
            ("Preencha", json!({"type": "flow", "id": "1", "label": "Abrir 📋", "screen": "A"})),
            ("Preencha", json!({"type": "flow", "id": "1", "label": "Abrir", "screen": " "})),
            ("", json!({"type": "reaction", "to": MessageId(uuid::Uuid::nil()), "emoji": "ok"})),
            ("x", json!({"type": "poll"})),
        ] {
            assert!(sent(text, &attachment).is_err(), "{attachment}");
        }
        let to = MessageId(uuid::Uuid::nil());
        let reaction = Attachment::Reaction { to, emoji: "👍".to_owned() };
        assert!(attached("", &reaction, None).is_err());
        let flow = Attachment::Flow {
            id: "1".to_owned(),
            label: "Abrir".to_owned(),
            screen: "A".to_owned(),
            data: Map::from_iter([("x".to_owned(), json!("x".repeat(FLOW_BYTES)))]),
            token: None,
        };
        assert!(attached("Preencha", &flow, None).is_err());
    }

    #[test]
    fn a_link_is_not_lost_where_no_button_is_taken() {
        let link =
            Attachment::Link { label: "Pagar".to_owned(), url: "https://exemplo.com.br/p/1".to_owned() };
        assert_eq!(in_words("Pague aqui", &link), "Pague aqui\nhttps://exemplo.com.br/p/1");
        let text = "Pague aqui: https://exemplo.com.br/p/1";
        assert_eq!(in_words(text, &link), text);
    }
}
