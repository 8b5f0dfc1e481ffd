//! What is sent to Meta, as JSON. It writes what it is given; limits and choices are made elsewhere.

use super::address::WhatsAppAddress;
use super::template::Template;
use serde::Serialize;
use serde_json::{Map, Value};

/// A message to a person.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Outgoing<'a> {
    messaging_product: &'static str,
    recipient_type: &'static str,
    /// The number, as it is dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// The person, where there is no number.
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<&'a str>,
    /// Comes back with every status.
    biz_opaque_callback_data: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context<'a>>,
    #[serde(flatten)]
    content: &'a Content,
}

/// The message that is quoted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Context<'a> {
    message_id: &'a str,
}

impl<'a> Outgoing<'a> {
    /// A message with this mark. A person whose number is known is reached by it: some kinds need it.
    pub fn new(address: &'a WhatsAppAddress, mark: &'a str, content: &'a Content) -> Self {
        let to = address.phone.as_ref().map(super::address::WaId::dialled);
        let recipient = match to {
            Some(_) => None,
            None => address.user.as_ref().map(super::address::UserId::as_str),
        };
        Self {
            messaging_product: "whatsapp",
            recipient_type: "individual",
            to,
            recipient,
            biz_opaque_callback_data: mark,
            context: None,
            content,
        }
    }

    /// The same, quoting a message.
    #[must_use]
    pub fn quoting(self, message: Option<&'a str>) -> Self {
        Self { context: message.map(|message_id| Context { message_id }), ..self }
    }
}

/// What a message is.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Words.
    Text {
        /// The words.
        text: Text,
    },
    /// Words with buttons or a list.
    Interactive {
        /// The words and the choices.
        interactive: Interactive,
    },
    /// An approved template.
    Template {
        /// Which, with its values.
        template: Template,
    },
    /// A picture.
    Image {
        /// Where it is.
        image: File,
    },
    /// A film.
    Video {
        /// Where it is.
        video: File,
    },
    /// A document.
    Document {
        /// Where it is.
        document: File,
    },
    /// A sound.
    Audio {
        /// Where it is.
        audio: File,
    },
    /// A sign on a message.
    Reaction {
        /// On which, and which one.
        reaction: Reaction,
    },
}

impl Content {
    /// Words alone. The first address in them is shown with a preview.
    pub fn words(body: String) -> Self {
        let preview_url = body.contains("https://") || body.contains("http://");
        Self::Text { text: Text { body, preview_url } }
    }

    /// The name that its record is kept under.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Interactive { .. } => "interactive",
            Self::Template { .. } => "template",
            Self::Image { .. } => "image",
            Self::Video { .. } => "video",
            Self::Document { .. } => "document",
            Self::Audio { .. } => "audio",
            Self::Reaction { .. } => "reaction",
        }
    }

    /// Whether it may quote a message.
    pub fn may_quote(&self) -> bool {
        !matches!(self, Self::Reaction { .. })
    }
}

/// A file: with Meta already, or at an address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct File {
    /// Meta's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The words under it: at most 1024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// What it is called; documents only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

/// A sign on a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Reaction {
    /// Meta's id of the message.
    pub message_id: String,
    /// One emoji; empty to take it back.
    pub emoji: String,
}

/// Words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Text {
    /// At most 4096 characters.
    pub body: String,
    /// Whether the first address is shown with a preview.
    pub preview_url: bool,
}

/// Words with choices.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Interactive {
    /// Up to three buttons.
    Button {
        /// At most 1024 characters.
        body: Body,
        /// The buttons.
        action: Buttons,
    },
    /// One link behind a button.
    CtaUrl {
        /// At most 1024 characters.
        body: Body,
        /// The link.
        action: Cta,
    },
    /// Asks where the customer is.
    LocationRequestMessage {
        /// At most 1024 characters.
        body: Body,
        /// What is asked for.
        action: Named,
    },
    /// Asks for the customer's number.
    RequestContactInfo {
        /// At most 1024 characters.
        body: Body,
        /// What is asked for.
        action: Named,
    },
    /// A form.
    Flow {
        /// At most 1024 characters.
        body: Body,
        /// The form.
        action: Target,
    },
    /// Up to ten rows behind one button.
    List {
        /// At most 4096 characters.
        body: Body,
        /// The rows.
        action: List,
    },
}

/// The words above the choices.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Body {
    /// The words.
    pub text: String,
}

/// Buttons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Buttons {
    /// One to three.
    pub buttons: Vec<Button>,
}

/// A button.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Button {
    /// Comes back as an answer.
    Reply {
        /// What comes back.
        reply: Reply,
    },
}

/// What a button says and sends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Reply {
    /// At most 256 characters.
    pub id: String,
    /// At most 20 characters.
    pub title: String,
}

/// A list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct List {
    /// What the button that opens it says: at most 20 characters.
    pub button: String,
    /// One or more groups of rows.
    pub sections: Vec<Section>,
}

/// A group of rows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Section {
    /// At most 24 characters.
    pub title: String,
    /// At most ten in the whole list.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Row {
    /// At most 200 characters.
    pub id: String,
    /// At most 24 characters.
    pub title: String,
    /// At most 72 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Named {
    /// Meta's word for it.
    pub name: &'static str,
}

/// A link.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Cta {
    /// Meta's word for it.
    pub name: &'static str,
    /// The link.
    pub parameters: Parameters,
}

/// What a link says, and where it leads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Parameters {
    /// At most 20 characters.
    pub display_text: String,
    /// The address.
    pub url: String,
}

/// A form behind a button.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Target {
    /// Meta's word for it.
    pub name: &'static str,
    /// The form.
    pub parameters: Flow,
}

/// A form.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Flow {
    flow_message_version: &'static str,
    flow_id: String,
    flow_token: String,
    flow_cta: String,
    flow_action: &'static str,
    flow_action_payload: FlowPayload,
    mode: &'static str,
}

/// Where a form begins, and what it is filled with.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FlowPayload {
    /// The page.
    pub screen: String,
    /// Its values.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

impl Flow {
    /// The published form of this id, behind a button with `label`; `token` comes back with the answers.
    pub fn new(id: String, token: String, label: String, begins: FlowPayload) -> Self {
        Self {
            flow_message_version: "3",
            flow_id: id,
            flow_token: token,
            flow_cta: label,
            flow_action: "navigate",
            flow_action_payload: begins,
            mode: "published",
        }
    }
}

/// That a message was read, perhaps with the sign that an answer is being written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Receipt<'a> {
    messaging_product: &'static str,
    status: &'static str,
    message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    typing_indicator: Option<Typing>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Typing {
    #[serde(rename = "type")]
    kind: &'static str,
}

impl<'a> Receipt<'a> {
    /// Read, and an answer is being written.
    pub fn typing(message_id: &'a str) -> Self {
        let typing_indicator = Some(Typing { kind: "text" });
        Self { messaging_product: "whatsapp", status: "read", message_id, typing_indicator }
    }
}

#[cfg(test)]
mod tests {
    use super::super::address::{PhoneNumberId, UserId, WaId};
    use super::*;
    use serde_json::json;

    fn address(user: Option<&str>, phone: Option<&str>) -> WhatsAppAddress {
        WhatsAppAddress {
            number: PhoneNumberId::read("900100200300").unwrap(),
            user: user.map(|user| UserId::read(user).unwrap()),
            phone: phone.map(|phone| WaId::read(phone).unwrap()),
        }
    }

    #[test]
    fn a_message_reads_as_meta_documents_it() {
        let content = Content::words("Segue: https://exemplo.com.br".to_owned());
        let both = address(Some("BR.1"), Some("5511987650001"));
        let sent = serde_json::to_value(Outgoing::new(&both, "out-1", &content)).unwrap();
        assert_eq!(
            sent,
            json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": "+5511987650001",
                "biz_opaque_callback_data": "out-1", "type": "text",
                "text": {"body": "Segue: https://exemplo.com.br", "preview_url": true}})
        );
        let hidden = address(Some("BR.1"), None);
        let sent =
            serde_json::to_value(Outgoing::new(&hidden, "out-1", &content).quoting(Some("wamid.1"))).unwrap();
        assert_eq!((sent.get("to"), sent["recipient"].as_str()), (None, Some("BR.1")));
        assert_eq!(sent["context"], json!({"message_id": "wamid.1"}));
    }

    #[test]
    fn a_receipt_reads_as_meta_documents_it() {
        assert_eq!(
            serde_json::to_value(Receipt::typing("wamid.1")).unwrap(),
            json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1",
                "typing_indicator": {"type": "text"}})
        );
    }
}
