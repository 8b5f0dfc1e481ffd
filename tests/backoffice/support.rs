//! A counter with its own database in a temporary folder, the default settings, and a clock that stands still.

use balcao::backoffice::Backoffice;
use balcao::backoffice::csv::{Shop, seed_demo};
use balcao::backoffice::embedded::{Foundation, embedded};
use balcao::config::backoffice::BackofficeSettings;
use balcao::config::business::Business;
use balcao::config::store::StoreSettings;
use balcao::domain::clock::{Clock, ManualClock};
use balcao::domain::contact::{Contact, Identity, IdentityKind};
use balcao::domain::ids::ContactId;
use balcao::domain::language::Language;
use balcao::store::conversations::NewConversation;
use balcao::store::live::LiveHub;
use balcao::store::{Stores, sqlite};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;

/// Monday morning in São Paulo, three hours behind UTC.
pub const NOW: &str = "2026-11-23T13:10:00Z";

pub struct Counter {
    pub stores: Stores,
    pub clock: Arc<ManualClock>,
    pub backoffice: Backoffice,
    /// The same systems as another process would have them.
    pub elsewhere: Backoffice,
    pub shop: Shop,
    _database: sqlite::SqliteHandle,
    _folder: tempfile::TempDir,
}

#[derive(Deserialize)]
pub struct Settings {
    pub business: Business,
    pub backoffice: BackofficeSettings,
    pub store: StoreSettings,
}

pub fn settings() -> Settings {
    let text = [
        include_str!("../../src/config/default/business.toml"),
        include_str!("../../src/config/default/backoffice.toml"),
        include_str!("../../src/config/default/store.toml"),
    ]
    .join("\n");
    toml::from_str(&text).unwrap()
}

impl Counter {
    /// A counter with nothing in it.
    pub async fn empty() -> Self {
        let settings = settings();
        let folder = tempfile::tempdir().unwrap();
        let (stores, database) =
            sqlite::open(&settings.store, folder.path(), Arc::new(LiveHub::default())).await.unwrap();
        let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
        let foundation = Foundation {
            records: Arc::clone(&stores.backoffice),
            contacts: Arc::clone(&stores.contacts),
            clock: clock.clone(),
        };
        let shop =
            Shop::new(Arc::clone(&stores.backoffice), Arc::clone(&stores.contacts), &settings.business);
        let backoffice = embedded(&foundation, &settings.backoffice, &settings.business);
        let elsewhere = embedded(&foundation, &settings.backoffice, &settings.business);
        Self { stores, clock, backoffice, elsewhere, shop, _database: database, _folder: folder }
    }

    /// A counter with the demo shop.
    pub async fn demo() -> Self {
        let counter = Self::empty().await;
        let report = seed_demo(demo_files(), &counter.shop, counter.clock.now()).await.unwrap();
        assert!(report.is_some_and(|report| report.is_clean() && report.ignored_columns.is_empty()));
        counter
    }

    /// A visitor of the web page, as a conversation makes them.
    pub async fn visitor(&self) -> ContactId {
        let contact = ContactId(self.clock.new_id());
        let new = NewConversation {
            id: balcao::domain::ids::ConversationId(self.clock.new_id()),
            channel: "web".to_owned(),
            identity: Identity { kind: IdentityKind::WebVisitor, value: contact.to_string() },
            contact,
            name: None,
            language: Language::Portuguese,
            token_hash: None,
            metadata: serde_json::Map::new(),
            at: self.clock.now(),
        };
        self.stores.conversations.open(new).await.unwrap();
        contact
    }

    /// The contact with this e-mail.
    pub async fn by_email(&self, email: &str) -> Contact {
        let identity = Identity { kind: IdentityKind::Email, value: email.to_owned() };
        self.stores.contacts.find(&identity).await.unwrap().unwrap()
    }
}

/// The demo files, by name.
pub fn demo_files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/demo");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}
