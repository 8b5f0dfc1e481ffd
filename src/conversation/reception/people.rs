//! Who a person of WhatsApp is to the business. A business-scoped id names one person; a number may be hidden, and may
//! pass on to somebody else. Two people are never made one: what is in doubt stays apart.

use crate::channels::whatsapp::CHANNEL;
use crate::channels::whatsapp::address::{
    PhoneNumberId, UserId, WaId, WhatsAppAddress, conversation, first_contact,
};
use crate::channels::whatsapp::wire::{Moved, Person};
use crate::conversation::unite::unite;
use crate::domain::clock::Clock;
use crate::domain::contact::{Contact, Identity, IdentityKind};
use crate::domain::conversation::{Conversation, REFERRED_WITH};
use crate::domain::ids::ContactId;
use crate::domain::language::Language;
use crate::inbox::clean;
use crate::store::contacts::ContactStore;
use crate::store::conversations::{ConversationStore, NewConversation, Visit};
use crate::store::error::StoreError;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Longest name of a person.
const NAME_CHARS: usize = 80;
/// How identities by a business-scoped id begin.
const BY_USER: &str = "whatsapp:user:";
/// And those by a number.
pub(in crate::conversation) const BY_PHONE: &str = "whatsapp:phone:";
/// Longest advertisement that is kept, as JSON.
const REFERRAL_BYTES: usize = 8 * 1024;
/// Where the advertisement stands that a person came by first, and last.
const FIRST_REFERRAL: &str = "referral";
const LAST_REFERRAL: &str = "last_referral";
/// In a conversation's metadata: whoever it is with is a customer, on file or by what brought them here.
pub(super) const CUSTOMER: &str = "customer";

/// The people behind the conversations of the channel.
pub(super) struct People {
    pub(super) contacts: Arc<dyn ContactStore>,
    pub(super) conversations: Arc<dyn ConversationStore>,
    pub(super) clock: Arc<dyn Clock>,
    /// Who is new is served in it until they show another one.
    pub(super) language: Language,
}

impl People {
    /// The one conversation of a person with our `number`, opened if this is their first word. `None` if nobody is named.
    pub(super) async fn conversation(
        &self,
        number: &PhoneNumberId,
        person: &Person,
        referral: Option<Referral<'_>>,
    ) -> Result<Option<Conversation>, StoreError> {
        let Some(Found { contact, is_on_file }) = self.contact(person).await? else { return Ok(None) };
        let address = WhatsAppAddress {
            number: number.clone(),
            user: person.user.clone(),
            phone: person.phone.clone(),
        };
        let id = conversation(number, contact);
        if let Some(known) = self.conversations.get(id).await? {
            if known.contact != contact {
                // They have proven to be somebody on file.
                unite(self.contacts.as_ref(), contact, known.contact, self.clock.now()).await?;
            }
            return self.seen_again(known, address, person, referral).await.map(Some);
        }
        if let Some(known) = self.begun_before(number, contact, person).await? {
            return self.seen_again(known, address, person, referral).await.map(Some);
        }
        let mut metadata = described(Map::new(), &address, person, referral);
        if is_on_file {
            metadata.insert(CUSTOMER.to_owned(), true.into());
        }
        let new = NewConversation {
            id,
            channel: CHANNEL.to_owned(),
            identity: address.identity(),
            contact,
            name: person.name.as_deref().and_then(|name| clean::one_line(name, NAME_CHARS)),
            language: self.language,
            token_hash: None,
            metadata,
            at: self.clock.now(),
        };
        let opened = self.conversations.open(new).await?;
        self.point(opened.contact, person).await?;
        Ok(Some(opened))
    }

    /// Keeps it with a conversation that it is a customer's.
    pub(super) async fn remember_customer(&self, known: &Conversation) -> Result<(), StoreError> {
        let Some(identity) = self.conversations.identity(known.id).await? else { return Ok(()) };
        let mut metadata = known.metadata.clone();
        metadata.insert(CUSTOMER.to_owned(), true.into());
        self.conversations.revisit(known.id, Visit { identity, metadata }).await
    }

    /// The conversation of somebody on file that began before they had proven to be them.
    async fn begun_before(
        &self,
        number: &PhoneNumberId,
        contact: ContactId,
        person: &Person,
    ) -> Result<Option<Conversation>, StoreError> {
        let handles = [person.user.as_ref().map(UserId::identity), person.phone.as_ref().map(WaId::identity)];
        for handle in handles.into_iter().flatten() {
            let known = self.conversations.get(conversation(number, first_contact(&handle))).await?;
            if let Some(known) = known.filter(|known| known.contact == contact) {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }

    /// The person's conversations are kept under the handles that they have now.
    async fn seen_again(
        &self,
        known: Conversation,
        mut address: WhatsAppAddress,
        person: &Person,
        referral: Option<Referral<'_>>,
    ) -> Result<Conversation, StoreError> {
        let kept = self.conversations.identity(known.id).await?;
        if let Some(before) = kept.as_ref().and_then(WhatsAppAddress::of) {
            // A handle that is not named this time is still theirs.
            address.user = address.user.or(before.user);
            address.phone = address.phone.or(before.phone);
        }
        let metadata = described(known.metadata.clone(), &address, person, referral);
        let identity = address.identity();
        if let Some(before) = kept.as_ref().filter(|before| **before != identity) {
            // Somebody else may come to have it.
            self.contacts.unlink(known.contact, before).await?;
        }
        if kept.as_ref() != Some(&identity) || metadata != known.metadata {
            self.conversations.revisit(known.id, Visit { identity, metadata: metadata.clone() }).await?;
        }
        Ok(Conversation { metadata, ..known })
    }

    /// The contact of a person: by their id, else by their number; else the one that they become.
    async fn contact(&self, person: &Person) -> Result<Option<Found>, StoreError> {
        let met = |contact| Some(Found { contact, is_on_file: false });
        let by_user = self.known(person.user.as_ref().map(UserId::identity)).await?;
        let by_phone = self.known(person.phone.as_ref().map(WaId::identity)).await?;
        if let Some(known) = by_user {
            // The id counts: whoever had the number before has it no more, or was nobody but this person.
            if by_phone != Some(known) {
                self.point(known, person).await?;
                if by_phone.is_some() {
                    tracing::warn!(contact.id = %known, "a number on WhatsApp passed on from one contact to another");
                }
            }
            return Ok(met(known));
        }
        if let Some(known) = by_phone {
            match &person.user {
                None => return Ok(met(known)),
                Some(user) if !self.has_other_user(known, user).await? => {
                    self.point(known, person).await?;
                    return Ok(met(known));
                }
                // The number is somebody else's now.
                Some(_) => tracing::warn!(contact.id = %known, "a number on WhatsApp has a new owner"),
            }
        } else if let Some(customer) = self.on_file(person).await? {
            self.point(customer, person).await?;
            return Ok(Some(Found { contact: customer, is_on_file: true }));
        }
        let handles = [person.user.as_ref().map(UserId::identity), person.phone.as_ref().map(WaId::identity)];
        let Some(handle) = handles.into_iter().flatten().next() else { return Ok(None) };
        let first = first_contact(&handle);
        let identities = self.contacts.identities(first).await?;
        // Who had the handle before, and has another one now, was the first. Who has it still was made this moment, by
        // another process.
        let is_taken = identities.iter().any(is_handle) && !identities.contains(&handle);
        Ok(met(if is_taken { ContactId(self.clock.new_id()) } else { first }))
    }

    async fn known(&self, handle: Option<Identity>) -> Result<Option<ContactId>, StoreError> {
        match handle {
            Some(handle) => Ok(self.contacts.find(&handle).await?.map(|contact| contact.id)),
            None => Ok(None),
        }
    }

    async fn has_other_user(&self, contact: ContactId, user: &UserId) -> Result<bool, StoreError> {
        let (own, identities) = (user.identity(), self.contacts.identities(contact).await?);
        Ok(identities.iter().any(|identity| identity.value.starts_with(BY_USER) && *identity != own))
    }

    /// A customer whom the business itself has on file under the person's number. One that somebody on a web page gave
    /// as theirs proves nothing: such a contact stays apart.
    async fn on_file(&self, person: &Person) -> Result<Option<ContactId>, StoreError> {
        let Some(phone) = &person.phone else { return Ok(None) };
        let handle = Identity { kind: IdentityKind::Phone, value: phone.canonical() };
        let Some(contact) = self.contacts.find(&handle).await? else { return Ok(None) };
        let identities = self.contacts.identities(contact.id).await?;
        let from_files = identities
            .iter()
            .all(|identity| matches!(identity.kind, IdentityKind::Email | IdentityKind::Phone));
        Ok(from_files.then_some(contact.id))
    }

    /// Points the person's handles to a contact that exists, and writes their number down unless it is on file
    /// elsewhere.
    async fn point(&self, contact: ContactId, person: &Person) -> Result<(), StoreError> {
        let handles = [person.user.as_ref().map(UserId::identity), person.phone.as_ref().map(WaId::identity)];
        for handle in handles.into_iter().flatten() {
            if self.known(Some(handle.clone())).await? != Some(contact) {
                self.contacts.link(contact, &handle, self.clock.now()).await?;
            }
        }
        if let Some(phone) = &person.phone {
            self.note_phone(contact, phone).await?;
        }
        Ok(())
    }

    async fn note_phone(&self, contact: ContactId, phone: &WaId) -> Result<(), StoreError> {
        let value = phone.canonical();
        let Some(known) = self.contacts.get(contact).await? else { return Ok(()) };
        if known.phone.as_ref() == Some(&value) {
            return Ok(());
        }
        let handle = Identity { kind: IdentityKind::Phone, value: value.clone() };
        match self.contacts.find(&handle).await? {
            Some(other) if other.id != contact => Ok(()),
            Some(_) | None => {
                let changed = Contact { phone: Some(value), updated_at: self.clock.now(), ..known };
                match self.contacts.save(&changed).await {
                    // Somebody else was given it this moment: it stays theirs.
                    Err(StoreError::Conflict(_)) => Ok(()),
                    saved => saved,
                }
            }
        }
    }

    /// Somebody has another id or another number: they stay who they are, under the new handles alone where a number is
    /// concerned. Returns their conversations with our `numbers`.
    pub(super) async fn moved(
        &self,
        moved: &Moved,
        numbers: &[PhoneNumberId],
    ) -> Result<Vec<Conversation>, StoreError> {
        let by_user = self.known(moved.from.user.as_ref().map(UserId::identity)).await?;
        let by_phone = match by_user {
            Some(known) => Some(known),
            None => self.known(moved.from.phone.as_ref().map(WaId::identity)).await?,
        };
        // Nobody knows who they were: they will be who they are.
        let Some(contact) = by_phone else { return Ok(Vec::new()) };
        self.point(contact, &moved.to).await?;
        if let (Some(before), Some(after)) = (&moved.from.phone, &moved.to.phone)
            && before.canonical() != after.canonical()
        {
            self.contacts.unlink(contact, &before.identity()).await?;
            let handle = Identity { kind: IdentityKind::Phone, value: before.canonical() };
            self.contacts.unlink(contact, &handle).await?;
        }
        let mut conversations = Vec::new();
        for number in numbers {
            let Some(known) = self.conversations.get(conversation(number, contact)).await? else { continue };
            let address = WhatsAppAddress {
                number: number.clone(),
                user: moved.to.user.clone(),
                phone: moved.to.phone.clone(),
            };
            conversations.push(self.seen_again(known, address, &moved.to, None).await?);
        }
        Ok(conversations)
    }

    /// A number that Meta vouches for: the customer was asked for it, and shared their own.
    pub(super) async fn shared_phone(&self, contact: ContactId, phone: &str) -> Result<(), StoreError> {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        let Some(phone) = WaId::read(&digits) else { return Ok(()) };
        match self.known(Some(phone.identity())).await? {
            Some(other) if other != contact => Ok(()),
            Some(_) | None => self.point(contact, &Person { phone: Some(phone), ..Person::default() }).await,
        }
    }
}

/// The contact that a person is.
struct Found {
    contact: ContactId,
    /// Whether the business had them on file before they first wrote.
    is_on_file: bool,
}

/// What brought a person, and with which message.
#[derive(Clone, Copy)]
pub(super) struct Referral<'a> {
    /// The advertisement, as the channel tells it.
    pub(super) told: &'a Map<String, Value>,
    /// The channel's id of the message.
    pub(super) message: &'a str,
}

/// Whether a person of WhatsApp is known by it, not a conversation.
fn is_handle(identity: &Identity) -> bool {
    identity.value.starts_with(BY_USER) || identity.value.starts_with(BY_PHONE)
}

/// What is known of a visit: the handles, what the person calls themselves, and the advertisements that they came by
/// first and last.
fn described(
    mut metadata: Map<String, Value>,
    address: &WhatsAppAddress,
    person: &Person,
    referral: Option<Referral<'_>>,
) -> Map<String, Value> {
    let mut note = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            metadata.insert(name.to_owned(), value.into());
        }
    };
    note("number", Some(address.number.to_string()));
    note("phone", address.phone.as_ref().map(WaId::dialled));
    note("user_id", address.user.as_ref().map(|user| user.as_str().to_owned()));
    note("username", person.username.as_deref().and_then(|name| clean::one_line(name, NAME_CHARS)));
    if let Some(Referral { told, message }) = referral.filter(|referral| is_small(referral.told)) {
        note(REFERRED_WITH, Some(message.to_owned()));
        let referral = Value::Object(told.clone());
        if !metadata.contains_key(FIRST_REFERRAL) {
            metadata.insert(FIRST_REFERRAL.to_owned(), referral);
        } else if metadata.get(FIRST_REFERRAL) != Some(&referral) {
            metadata.insert(LAST_REFERRAL.to_owned(), referral);
        }
    }
    metadata
}

fn is_small(referral: &Map<String, Value>) -> bool {
    serde_json::to_string(referral).is_ok_and(|text| text.len() <= REFERRAL_BYTES)
}
