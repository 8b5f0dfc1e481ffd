//! What a gateway sends and is sent, as JSON. It checks what stands in single fields; what follows from an event is
//! decided elsewhere.

use crate::domain::contact::{Identity, IdentityKind};
use crate::domain::ids::{ConversationId, MessageId, OutboxId};
use crate::domain::message::{Button, Role};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Longest address of a customer.
const ADDRESS_CHARACTERS: usize = 100;
/// Longest id that a gateway gives a message.
const ID_CHARACTERS: usize = 100;
/// Longest id of a message that was taken.
const TAKEN_CHARACTERS: usize = 200;

/// What kind of event a body is; read first, so that a mistake in the rest is named by its field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct Kind {
    /// Which.
    #[serde(rename = "type")]
    pub kind: EventKind,
}

/// The kinds of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// [`CustomerMessage`].
    Message,
    /// [`Echo`].
    Echo,
    /// [`Status`].
    Status,
}

/// A customer wrote.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct CustomerMessage {
    /// The gateway's id of it: the same id again is the same message.
    pub id: EventId,
    /// Who wrote.
    pub from: Address,
    /// What they call themselves.
    pub name: Option<String>,
    /// The words.
    pub text: Option<String>,
    /// Whether a picture, voice note or file belongs to it.
    pub media: Option<bool>,
}

/// A person of the business wrote on another device.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Echo {
    /// The gateway's id of it: the same id again is the same message.
    pub id: EventId,
    /// To whom.
    pub to: Address,
    /// Who wrote.
    pub author: Option<String>,
    /// The words.
    pub text: String,
}

/// News of a message that the gateway took.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Status {
    /// The id that it gave when it took the message.
    pub id: String,
    /// How far it has come.
    pub status: Standing,
    /// Why it failed.
    pub error: Option<String>,
}

/// How far a message has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// On its way.
    Sent,
    /// On the customer's device.
    Delivered,
    /// Seen.
    Read,
    /// Not delivered after all.
    Failed,
}

/// A gateway's id of an event.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct EventId(String);

impl EventId {
    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EventId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if is_plain(&text, ID_CHARACTERS) && !text.trim().is_empty() {
            return Ok(Self(text));
        }
        Err(format!("an id has 1 to {ID_CHARACTERS} characters, none of them a control"))
    }
}

/// A customer as the gateway knows them: a number, a name, whatever it sends to.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Address(String);

/// How identities of this channel begin: other channels name customers too.
const IDENTITY: &str = "relay:";

impl Address {
    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one conversation with this customer. Made from the address, so that two first messages at the same moment
    /// meet in it, on whatever process they arrive.
    pub fn conversation(&self) -> ConversationId {
        let digest = Sha256::new().chain_update(IDENTITY).chain_update(&self.0).finalize();
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        ConversationId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The customer as contacts are known by.
    pub fn identity(&self) -> Identity {
        Identity { kind: IdentityKind::ChannelUser, value: format!("{IDENTITY}{}", self.0) }
    }

    /// The address in an identity of this channel.
    pub fn of(identity: &Identity) -> Option<Self> {
        match identity.kind {
            IdentityKind::ChannelUser => {
                identity.value.strip_prefix(IDENTITY).map(|text| Self(text.to_owned()))
            }
            IdentityKind::WebVisitor | IdentityKind::Terminal | IdentityKind::Email | IdentityKind::Phone => {
                None
            }
        }
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if is_plain(&text, ADDRESS_CHARACTERS) {
            return Ok(Self(text));
        }
        Err(format!("an address has 1 to {ADDRESS_CHARACTERS} characters, none of them a control"))
    }
}

/// A message to a customer.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "type", rename = "message")]
pub struct Outgoing<'a> {
    /// The idempotency key: the same id is always the same message.
    pub delivery_id: OutboxId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The message.
    pub message_id: MessageId,
    /// To whom.
    pub to: &'a Address,
    /// Who speaks.
    pub role: Role,
    /// The words.
    pub text: &'a str,
    /// Choices offered.
    #[serde(skip_serializing_if = "<[Button]>::is_empty")]
    pub buttons: &'a [Button],
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The id in what a gateway answers: a text, or a number as some have it.
pub fn taken_id(body: &[u8]) -> Option<String> {
    let answer: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body).ok()?;
    let id = match answer.get("id")? {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        _ => return None,
    };
    is_plain(&id, TAKEN_CHARACTERS).then_some(id)
}

fn is_plain(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().take(most + 1).count()) && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn address(text: &str) -> Address {
        Address::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn an_address_leads_to_one_conversation_for_ever() {
        let ana = address("+5511955550123");
        // Written down: another one would split every conversation that is under way.
        assert_eq!(ana.conversation().to_string(), "e88d9fe2-c90a-8cf2-b5c2-e25f1d6d0cbf");
        assert_ne!(ana.conversation(), address("+5511955550124").conversation());
        assert_eq!(ana.conversation().0.get_version_num(), 8);
        assert_eq!(Address::of(&ana.identity()), Some(ana));
        let web = Identity { kind: IdentityKind::WebVisitor, value: "relay:+5511955550123".to_owned() };
        assert_eq!(Address::of(&web), None);
    }

    #[test]
    fn addresses_and_ids_are_bounded() {
        for good in ["a", &"ã".repeat(100), " ", "ana@example.com"] {
            assert!(Address::try_from(good.to_owned()).is_ok(), "{good:?}");
        }
        for bad in ["", &"a".repeat(101), "a\nb", "a\0"] {
            assert!(Address::try_from(bad.to_owned()).is_err(), "{bad:?}");
            assert!(EventId::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
        assert!(EventId::try_from("  ".to_owned()).is_err());
    }

    #[test]
    fn a_parcel_reads_as_it_is_documented() {
        let to = address("ana");
        let outgoing = Outgoing {
            delivery_id: OutboxId(Uuid::nil()),
            conversation_id: to.conversation(),
            message_id: MessageId(Uuid::nil()),
            to: &to,
            role: Role::Assistant,
            text: "Olá!",
            buttons: &[],
        };
        let expected = json!({
            "type": "message",
            "delivery_id": Uuid::nil(),
            "conversation_id": to.conversation(),
            "message_id": Uuid::nil(),
            "to": "ana",
            "role": "assistant",
            "text": "Olá!",
        });
        assert_eq!(serde_json::to_value(&outgoing).unwrap(), expected);
        let buttons = [Button { label: "Sim".to_owned(), value: "sim".to_owned() }];
        let asked = serde_json::to_value(Outgoing { buttons: &buttons, ..outgoing }).unwrap();
        assert_eq!(asked["buttons"], json!([{"label": "Sim", "value": "sim"}]));
    }

    #[test]
    fn the_id_of_an_answer_is_optional() {
        for (body, id) in [
            (&br#"{"id":"wamid.1"}"#[..], Some("wamid.1")),
            (br#"{"id":17,"more":true}"#, Some("17")),
            (br#"{"id":""}"#, None),
            (br#"{"id":null}"#, None),
            (br#"{}"#, None),
            (b"", None),
            (b"OK", None),
            (b"[1]", None),
        ] {
            assert_eq!(taken_id(body).as_deref(), id);
        }
    }
}
