//! A store of either kind on a fresh database, and short words for what most tests need. Asserts nothing.

use crate::support::postgres::Database;
use balcao::config::settings::Settings;
use balcao::config::store::StoreSettings;
use balcao::domain::clock::{Clock, ManualClock};
use balcao::domain::contact::{Contact, Identity, IdentityKind};
use balcao::domain::conversation::{Conversation, Lease};
use balcao::domain::event::EventBody;
use balcao::domain::ids::{ContactId, ConversationId, MessageId, OutboxId, RecordId, TurnId};
use balcao::domain::language::Language;
use balcao::domain::message::{Message, Role};
use balcao::domain::turn::{Claim, StopReason, Usage};
use balcao::store::Stores;
use balcao::store::conversations::{Accepted, NewConversation, NewInbound, OwnerChange};
use balcao::store::live::LiveHub;
use balcao::store::open::{StoreHandle, open};
use balcao::store::outbox::NewDelivery;
use balcao::store::turns::{ClaimRequest, TurnCommit};
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// How long a claim of these tests lasts.
pub const LEASE: Duration = Duration::from_secs(30);

/// Makes a test of each function over each kind of store.
macro_rules! on_every_store {
    (multi_thread: $($name:ident),* $(,)?) => {
        on_every_store!(@ (flavor = "multi_thread") $($name)*);
    };
    ($($name:ident),* $(,)?) => {
        on_every_store!(@ (flavor = "current_thread") $($name)*);
    };
    (@ $flavor:tt $($name:ident)*) => {
        mod sqlite {
            $(
                #[tokio::test $flavor]
                async fn $name() {
                    super::$name(crate::store::support::Bench::sqlite().await).await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test $flavor]
                async fn $name() {
                    super::$name(crate::store::support::Bench::postgres().await).await;
                }
            )*
        }
    };
}
pub(crate) use on_every_store;

/// A store under test, on a database of its own.
pub struct Bench {
    pub stores: Stores,
    pub clock: Arc<ManualClock>,
    pub handle: StoreHandle,
    pub place: Place,
}

/// Where the database is.
pub enum Place {
    Folder(TempDir),
    Server(Database),
}

pub fn settings() -> StoreSettings {
    Settings::load(None, &Vec::new()).unwrap().store
}

/// A file in `folder`.
pub async fn open_in(folder: &Path) -> (Stores, StoreHandle) {
    open(&settings(), folder, Arc::new(LiveHub::default())).await.unwrap()
}

pub fn identity(kind: IdentityKind, value: &str) -> Identity {
    Identity { kind, value: value.to_owned() }
}

pub fn started() -> EventBody {
    EventBody::Withheld { reason: "a journal entry".to_owned(), text: "ação 🙂".to_owned() }
}

pub fn finished() -> EventBody {
    EventBody::TurnFinished { stop_reason: StopReason::Answered, usage: Usage::default() }
}

impl Place {
    /// Opens it as a process of its own would.
    pub async fn open(&self) -> (Stores, StoreHandle) {
        match self {
            Self::Folder(folder) => open_in(folder.path()).await,
            Self::Server(database) => {
                open(&database.settings(), Path::new(""), Arc::new(LiveHub::default())).await.unwrap()
            }
        }
    }
}

impl Bench {
    pub async fn sqlite() -> Self {
        Self::at(Place::Folder(tempfile::tempdir().unwrap())).await
    }

    pub async fn postgres() -> Self {
        Self::at(Place::Server(Database::empty().await)).await
    }

    async fn at(place: Place) -> Self {
        let (stores, handle) = place.open().await;
        let clock = Arc::new(ManualClock::at("2026-03-02T12:00:00Z".parse().unwrap()));
        Self { stores, clock, handle, place }
    }

    /// The folder of a file.
    pub fn folder(&self) -> &Path {
        match &self.place {
            Place::Folder(folder) => folder.path(),
            Place::Server(_) => panic!("a server's database lies in no folder"),
        }
    }

    /// Closes the database and opens it again, as a new process would.
    pub async fn restart(self) -> Self {
        let Self { stores, clock, handle, place } = self;
        drop(stores);
        handle.close().await;
        let (stores, handle) = place.open().await;
        Self { stores, clock, handle, place }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn later(&self, by: Duration) -> Timestamp {
        self.now() + jiff::SignedDuration::try_from(by).unwrap()
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub fn conversation_id(&self) -> ConversationId {
        ConversationId(self.clock.new_id())
    }

    pub fn contact_id(&self) -> ContactId {
        ContactId(self.clock.new_id())
    }

    pub fn record_id(&self) -> RecordId {
        RecordId(self.clock.new_id())
    }

    pub fn message(&self, role: Role, text: &str) -> Message {
        Message::new(MessageId(self.clock.new_id()), role, text.to_owned(), self.now())
    }

    pub fn opening(&self) -> NewConversation {
        let id = self.conversation_id();
        NewConversation {
            id,
            channel: "web".to_owned(),
            identity: identity(IdentityKind::WebVisitor, &id.to_string()),
            contact: self.contact_id(),
            name: None,
            language: Language::Portuguese,
            token_hash: None,
            metadata: serde_json::Map::new(),
            at: self.now(),
        }
    }

    pub async fn opened(&self) -> Conversation {
        self.stores.conversations.open(self.opening()).await.unwrap()
    }

    pub fn inbound(&self, conversation: ConversationId, external_id: &str, text: &str) -> NewInbound {
        NewInbound {
            conversation,
            channel: "web".to_owned(),
            external_id: external_id.to_owned(),
            message: self.message(Role::Customer, text),
            due_at: Some(self.now()),
        }
    }

    /// The customer says something that is due at once.
    pub async fn said(&self, conversation: ConversationId, text: &str) -> MessageId {
        let external_id = self.clock.new_id().to_string();
        let Accepted { message, duplicate } =
            self.stores.conversations.accept(self.inbound(conversation, &external_id, text)).await.unwrap();
        assert!(!duplicate);
        message
    }

    pub fn request(&self) -> ClaimRequest {
        ClaimRequest {
            worker: "test".to_owned(),
            turn: TurnId(self.clock.new_id()),
            now: self.now(),
            lease_until: self.later(LEASE),
        }
    }

    pub async fn try_claim(&self, conversation: ConversationId) -> Option<Claim> {
        self.stores.turns.claim(conversation, &self.request()).await.unwrap()
    }

    pub async fn claimed(&self, conversation: ConversationId) -> Claim {
        self.try_claim(conversation).await.expect("the conversation is due")
    }

    /// The end of a turn that answers with `text`.
    pub fn answer(&self, claim: &Claim, text: &str) -> TurnCommit {
        let mut message = self.message(Role::Assistant, text);
        message.reply_to.clone_from(&claim.answers);
        TurnCommit { events: vec![EventBody::Message(message), finished()], ..TurnCommit::default() }
    }

    pub async fn answered(&self, conversation: ConversationId) -> Conversation {
        let claim = self.claimed(conversation).await;
        self.stores.turns.commit(&claim, self.answer(&claim, "pronto"), self.now()).await.unwrap()
    }

    pub fn delivery(&self) -> NewDelivery {
        NewDelivery {
            id: OutboxId(self.clock.new_id()),
            channel: "whatsapp".to_owned(),
            message: MessageId(self.clock.new_id()),
        }
    }

    pub fn owner_change(&self, owner: balcao::domain::conversation::Owner) -> OwnerChange {
        OwnerChange {
            owner,
            lease: Lease::default(),
            only_at: None,
            reason: "test".to_owned(),
            message: None,
            outbox: None,
            once: None,
            at: self.now(),
        }
    }

    pub async fn get(&self, id: ConversationId) -> Conversation {
        self.stores.conversations.get(id).await.unwrap().expect("it was opened")
    }

    /// The kinds of all events of a conversation, after checking that their places have no gap.
    pub async fn kinds(&self, id: ConversationId) -> Vec<&'static str> {
        let events = self.stores.conversations.events(id, 0, 10_000).await.unwrap();
        for (place, event) in (1..).zip(&events) {
            assert_eq!(event.seq, place);
            assert_eq!(event.conversation, id);
        }
        assert_eq!(self.get(id).await.last_seq, i64::try_from(events.len()).unwrap());
        events.iter().map(|event| event.body.kind()).collect()
    }

    pub fn contact(&self, name: &str) -> Contact {
        Contact {
            id: self.contact_id(),
            name: Some(name.to_owned()),
            email: None,
            phone: None,
            language: Some(Language::English),
            stage: Some("lead".to_owned()),
            tags: vec!["vip".to_owned()],
            origin: Some("web".to_owned()),
            marketing_consent: Some(false),
            preferences: Vec::new(),
            created_at: self.now(),
            updated_at: self.now(),
        }
    }

    pub async fn saved_contact(&self, name: &str) -> Contact {
        let contact = self.contact(name);
        self.stores.contacts.save(&contact).await.unwrap();
        contact
    }
}
