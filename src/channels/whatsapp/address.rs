//! Who is on the other side, as Meta names people: by a business-scoped id (BSUID), by a telephone number, or both. A
//! number can be hidden, and can pass on to somebody else; the business-scoped id changes with the number. It compares
//! and writes handles; whose they are is decided elsewhere.

use crate::domain::contact::{Identity, IdentityKind};
use crate::domain::handle::canonical_phone;
use crate::domain::ids::{ContactId, ConversationId};
use sha2::{Digest, Sha256};
use std::fmt;

/// How identities of this channel begin: other channels name customers too.
const IDENTITY: &str = "whatsapp:";
/// What stands in an address for a handle that is not known.
const UNKNOWN: &str = "-";
/// Most characters behind the country of a business-scoped id.
const LONGEST_USER: usize = 128;

/// Meta's id of one of the business's numbers: digits, not the number itself.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PhoneNumberId(String);

impl PhoneNumberId {
    /// Reads one; `None` if it is not digits alone.
    pub fn read(text: &str) -> Option<Self> {
        is_digits(text, 1..=32).then(|| Self(text.to_owned()))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhoneNumberId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A person as Meta names them to one business: `BR.55501234567890`. Compared whole, upper and lower case apart.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(String);

impl UserId {
    /// Reads one, also of a parent account (`BR.ENT.99001234`); `None` if it is none.
    pub fn read(text: &str) -> Option<Self> {
        let (country, rest) = text.split_once('.')?;
        let id = rest.strip_prefix("ENT.").unwrap_or(rest);
        let is_country = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_id =
            (1..=LONGEST_USER).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (is_country && is_id).then(|| Self(text.to_owned()))
    }

    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The person as contacts are known by, whichever number of the business they write to.
    pub fn identity(&self) -> Identity {
        Identity { kind: IdentityKind::ChannelUser, value: format!("{IDENTITY}user:{}", self.0) }
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("UserId(…)")
    }
}

/// A customer's telephone number as Meta spells it (`wa_id`): digits with the country, without `+`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WaId(String);

impl WaId {
    /// Reads one, with or without `+`; `None` if it is no number.
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        is_digits(digits, 5..=20).then(|| Self(digits.to_owned()))
    }

    /// The number as messages are sent to it: `+5511987650001`, in Meta's own spelling.
    pub fn dialled(&self) -> String {
        format!("+{}", self.0)
    }

    /// The number in the one form that all its spellings have: a Brazilian mobile has its ninth digit.
    pub fn canonical(&self) -> String {
        let dialled = self.dialled();
        canonical_phone(&dialled).unwrap_or(dialled)
    }

    /// The person as contacts are known by. Not the kind that a form or a file makes: this number has written to us.
    pub fn identity(&self) -> Identity {
        Identity { kind: IdentityKind::ChannelUser, value: format!("{IDENTITY}phone:{}", self.canonical()) }
    }
}

impl fmt::Debug for WaId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WaId(…)")
    }
}

/// Where a conversation's messages go: from which of our numbers, to whom. At least one handle is known.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct WhatsAppAddress {
    /// Our number.
    pub number: PhoneNumberId,
    /// The person's business-scoped id, as last told.
    pub user: Option<UserId>,
    /// The person's telephone number, as last told.
    pub phone: Option<WaId>,
}

impl WhatsAppAddress {
    /// The address as it is kept with the conversation.
    pub fn identity(&self) -> Identity {
        let user = self.user.as_ref().map_or(UNKNOWN, UserId::as_str);
        let phone = self.phone.as_ref().map_or(UNKNOWN, |phone| &phone.0);
        let value = format!("{IDENTITY}{}/{user}/{phone}", self.number);
        Identity { kind: IdentityKind::ChannelUser, value }
    }

    /// The address in what [`Self::identity`] made.
    pub fn of(identity: &Identity) -> Option<Self> {
        if identity.kind != IdentityKind::ChannelUser {
            return None;
        }
        let mut parts = identity.value.strip_prefix(IDENTITY)?.split('/');
        let number = PhoneNumberId::read(parts.next()?)?;
        let (user, phone) = (UserId::read(parts.next()?), WaId::read(parts.next()?));
        let is_whole = parts.next().is_none() && (user.is_some() || phone.is_some());
        is_whole.then_some(Self { number, user, phone })
    }
}

/// The one conversation of a person with one of our numbers. Made from both, so that two first messages at the same
/// moment meet in it, on whatever process they arrive.
pub fn conversation(number: &PhoneNumberId, contact: ContactId) -> ConversationId {
    ConversationId(named(&["conversation", number.as_str(), &contact.to_string()]))
}

/// The contact that a person who was never seen before becomes, for the same reason.
pub fn first_contact(handle: &Identity) -> ContactId {
    ContactId(named(&["contact", &handle.value]))
}

fn named(parts: &[&str]) -> uuid::Uuid {
    let mut digest = Sha256::new().chain_update(IDENTITY);
    for part in parts {
        digest.update(part.as_bytes());
        digest.update(b"/");
    }
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn is_digits(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(user: Option<&str>, phone: Option<&str>) -> WhatsAppAddress {
        WhatsAppAddress {
            number: PhoneNumberId::read("900100200300").unwrap(),
            user: user.map(|user| UserId::read(user).unwrap()),
            phone: phone.map(|phone| WaId::read(phone).unwrap()),
        }
    }

    #[test]
    fn an_address_is_read_back_as_it_was_kept() {
        for address in [
            address(Some("BR.55501234567890"), Some("5511987650001")),
            address(Some("BR.ENT.99001234"), None),
            address(None, Some("551187650001")),
        ] {
            assert_eq!(WhatsAppAddress::of(&address.identity()), Some(address));
        }
        for value in
            ["whatsapp:", "whatsapp:1/-/-", "whatsapp:user:BR.1", "relay:1/BR.1/-", "whatsapp:1/BR.1/-/x"]
        {
            let identity = Identity { kind: IdentityKind::ChannelUser, value: value.to_owned() };
            assert_eq!(WhatsAppAddress::of(&identity), None, "{value}");
        }
        let web =
            Identity { kind: IdentityKind::WebVisitor, ..address(None, Some("5511987650001")).identity() };
        assert_eq!(WhatsAppAddress::of(&web), None);
    }

    #[test]
    fn handles_are_told_apart() {
        for user in ["BR.55501234567890", "BR.ENT.99001234", "US.a1B2"] {
            assert!(UserId::read(user).is_some() && WaId::read(user).is_none(), "{user}");
        }
        let long = format!("BR.{}", "1".repeat(129));
        for other in ["5511987650001", "br.1", "BR.", "BR.1 2", "BRA.1", "BR.ENT.", "", &long] {
            assert!(UserId::read(other).is_none(), "{other}");
        }
        for phone in ["5511987650001", "+5511987650001", "15550001234"] {
            assert!(WaId::read(phone).is_some(), "{phone}");
        }
        for other in ["", "11122233344455@lid", "+", "123", "551198765０001"] {
            assert!(WaId::read(other).is_none(), "{other}");
        }
    }

    #[test]
    fn both_spellings_of_a_brazilian_mobile_are_one_person_and_each_is_dialled_as_it_came() {
        let (short, long) = (WaId::read("551187650001").unwrap(), WaId::read("5511987650001").unwrap());
        assert_eq!(short.identity(), long.identity());
        assert_eq!(short.identity().value, "whatsapp:phone:+5511987650001");
        assert_eq!((short.dialled().as_str(), long.dialled().as_str()), ("+551187650001", "+5511987650001"));
        assert_ne!(long.identity(), WaId::read("5511987650002").unwrap().identity());
    }

    #[test]
    fn a_person_and_a_number_lead_to_one_conversation_for_ever() {
        let ana = first_contact(&UserId::read("BR.55501234567890").unwrap().identity());
        let number = PhoneNumberId::read("900100200300").unwrap();
        // Written down: other ones would split every conversation that is under way.
        assert_eq!(ana.to_string(), "0957b675-7137-892c-80e3-fab5fd67ea6a");
        assert_eq!(conversation(&number, ana).to_string(), "e2fe9bdd-2658-8eaf-bcd9-b28237f8afb0");
        assert_ne!(
            conversation(&number, ana),
            conversation(&PhoneNumberId::read("900100200301").unwrap(), ana)
        );
        assert_eq!(format!("{:?}", WaId::read("5511987650001").unwrap()), "WaId(…)", "not into logs");
    }
}
