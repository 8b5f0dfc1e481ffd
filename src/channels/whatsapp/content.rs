//! What a customer sent, kind by kind, as Meta tells it. Whatever is not known is a kind of its own: nothing is
//! dropped. How it is said to people and models is in `words.rs`.

use super::fields::{field, is_set, list, number, plain, text};
use crate::domain::message::{Media, MediaKind};
use serde_json::Value;

/// Most cards, items and answers of one message that are read.
const MOST: usize = 50;

/// What a message holds.
#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    /// Words.
    Text(String),
    /// A file.
    Media {
        /// The file.
        media: Media,
        /// The words under it.
        caption: Option<String>,
    },
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// What it is called.
        name: Option<String>,
        /// Where it is.
        address: Option<String>,
    },
    /// Cards of people.
    Contacts(Vec<Card>),
    /// A button or a row that was tapped.
    Choice {
        /// What we called it when it was offered.
        id: String,
        /// What the customer saw.
        title: String,
    },
    /// A button of a template that was tapped.
    TemplateButton {
        /// What we called it.
        payload: Option<String>,
        /// What the customer saw.
        text: String,
    },
    /// A form that was filled in.
    Form(Vec<(String, String)>),
    /// A reaction to a message, or that it was taken away.
    Reaction {
        /// The message.
        to: Option<String>,
        /// The sign.
        emoji: Option<String>,
    },
    /// A cart.
    Order {
        /// What is in it.
        items: Vec<Item>,
        /// The words with it.
        note: Option<String>,
    },
    /// A message that was written anew.
    Edit {
        /// The message.
        of: Option<String>,
        /// What it holds now.
        content: Box<Content>,
    },
    /// A message that was taken back.
    Revoke {
        /// The message.
        of: Option<String>,
    },
    /// Something about the person, in Meta's words.
    System {
        /// What kind of thing.
        kind: String,
    },
    /// Something that Meta does not show us, or that this program does not know.
    Unseen {
        /// What Meta calls it.
        kind: Option<String>,
        /// Meta's code of why.
        code: Option<i64>,
    },
    /// A sign that the customer has opened the chat.
    Welcome,
}

/// The card of a person.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Card {
    /// Their name.
    pub name: Option<String>,
    /// Their numbers.
    pub phones: Vec<String>,
    /// Their e-mail addresses.
    pub emails: Vec<String>,
    /// Where they work.
    pub company: Option<String>,
    /// The day they were born, as the card has it.
    pub birthday: Option<String>,
    /// Whether the customer's own number was asked for and this is the answer: then Meta vouches for it.
    pub is_own: bool,
}

/// A line of a cart.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    /// The product as the catalog knows it.
    pub product: String,
    /// How many.
    pub quantity: f64,
    /// What one costs.
    pub price: Option<f64>,
    /// In which currency.
    pub currency: Option<String>,
}

impl Content {
    /// What `message` holds, an element of `messages` or `message_echoes`.
    pub fn of(message: &Value) -> Self {
        read(message, true)
    }
}

/// `may_edit` keeps an edit of an edit of an edit from going on for ever.
fn read(message: &Value, may_edit: bool) -> Content {
    let kind = text(message, "type").unwrap_or_default();
    let part = field(message, &kind).unwrap_or(&Value::Null);
    let known = match kind.as_str() {
        "text" => text(part, "body").map(Content::Text),
        "image" => media(part, MediaKind::Image),
        "video" => media(part, MediaKind::Video),
        "document" => media(part, MediaKind::Document),
        "sticker" => media(part, MediaKind::Sticker),
        "audio" | "voice" => {
            let is_voice = kind == "voice" || is_set(part, "voice");
            media(part, if is_voice { MediaKind::Voice } else { MediaKind::Audio })
        }
        "location" => location(part),
        "contacts" => cards(list(message, "contacts")),
        "interactive" => interactive(part),
        "button" => text(part, "text")
            .or_else(|| text(part, "payload"))
            .map(|shown| Content::TemplateButton { payload: text(part, "payload"), text: shown }),
        "reaction" => field(message, "reaction")
            .map(|part| Content::Reaction { to: text(part, "message_id"), emoji: text(part, "emoji") }),
        "order" => order(part),
        "edit" if may_edit => field(part, "message").map(|edited| Content::Edit {
            of: text(part, "original_message_id"),
            content: Box::new(read(edited, false)),
        }),
        "revoke" => {
            field(message, "revoke").map(|part| Content::Revoke { of: text(part, "original_message_id") })
        }
        "system" => Some(Content::System { kind: text(part, "type").unwrap_or_default() }),
        "request_welcome" => Some(Content::Welcome),
        _ => None,
    };
    known.unwrap_or_else(|| {
        let why = list(message, "errors").iter().find_map(|error| number(error, "code"));
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        let code = why.map(|code| code as i64);
        let named = text(part, "type").filter(|_| kind == "unsupported" || kind == "interactive");
        let kind = (!kind.is_empty()).then_some(kind);
        Content::Unseen { kind: named.or(kind), code }
    })
}

fn media(part: &Value, kind: MediaKind) -> Option<Content> {
    let media = Media {
        kind,
        id: text(part, "id")?,
        mime_type: text(part, "mime_type").unwrap_or_default(),
        sha256: text(part, "sha256"),
        file_name: text(part, "filename"),
        file: None,
    };
    Some(Content::Media { media, caption: text(part, "caption") })
}

fn location(part: &Value) -> Option<Content> {
    Some(Content::Location {
        latitude: number(part, "latitude")?,
        longitude: number(part, "longitude")?,
        name: text(part, "name"),
        address: text(part, "address"),
    })
}

fn cards(cards: &[Value]) -> Option<Content> {
    let texts = |card: &Value, list_name: &str, name: &str| -> Vec<String> {
        list(card, list_name).iter().take(MOST).filter_map(|entry| text(entry, name)).collect()
    };
    let cards: Vec<Card> = cards
        .iter()
        .take(MOST)
        .map(|card| {
            let name = field(card, "name").unwrap_or(&Value::Null);
            let parts = || {
                let parts: Vec<String> =
                    ["first_name", "last_name"].iter().filter_map(|part| text(name, part)).collect();
                (!parts.is_empty()).then(|| parts.join(" "))
            };
            Card {
                name: text(name, "formatted_name").or_else(parts),
                phones: list(card, "phones")
                    .iter()
                    .take(MOST)
                    .filter_map(|phone| text(phone, "phone").or_else(|| text(phone, "wa_id")))
                    .collect(),
                emails: texts(card, "emails", "email"),
                company: field(card, "org").and_then(|org| text(org, "company")),
                birthday: text(card, "birthday"),
                is_own: text(card, "origin").as_deref() == Some("contact_request"),
            }
        })
        .collect();
    (!cards.is_empty()).then_some(Content::Contacts(cards))
}

fn interactive(part: &Value) -> Option<Content> {
    let kind = text(part, "type")?;
    let reply = field(part, &kind)?;
    match kind.as_str() {
        "button_reply" | "list_reply" => {
            let id = text(reply, "id").unwrap_or_default();
            let title = text(reply, "title").or_else(|| (!id.is_empty()).then(|| id.clone()))?;
            Some(Content::Choice { id, title })
        }
        "nfm_reply" => Some(Content::Form(form(reply))),
        _ => None,
    }
}

/// The answers of a form, which come as JSON in a text. What the form itself is known by is not one of them.
fn form(reply: &Value) -> Vec<(String, String)> {
    let parsed: Option<Value> = match field(reply, "response_json") {
        Some(Value::String(json)) => serde_json::from_str(json).ok(),
        Some(other) => Some(other.clone()),
        None => None,
    };
    let Some(Value::Object(answers)) = parsed else { return Vec::new() };
    let said = |value: &Value| match value {
        Value::Array(several) => {
            let several: Vec<String> = several.iter().take(MOST).filter_map(plain).collect();
            (!several.is_empty()).then(|| several.join(", "))
        }
        Value::Bool(yes) => Some(yes.to_string()),
        other => plain(other),
    };
    answers
        .iter()
        .filter(|(name, _)| name.as_str() != "flow_token")
        .take(MOST)
        .filter_map(|(name, value)| Some((name.clone(), said(value)?)))
        .collect()
}

fn order(part: &Value) -> Option<Content> {
    let items: Vec<Item> = list(part, "product_items")
        .iter()
        .take(MOST)
        .filter_map(|item| {
            Some(Item {
                product: text(item, "product_retailer_id")?,
                quantity: number(item, "quantity").unwrap_or(1.0),
                price: number(item, "item_price"),
                currency: text(item, "currency"),
            })
        })
        .collect();
    (!items.is_empty()).then(|| Content::Order { items, note: text(part, "text") })
}
