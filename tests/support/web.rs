//! The real web server on a free port over a real database, and a client that plays visitors and operators.

use super::events::EventReader;
use async_trait::async_trait;
use balcao::backoffice::embedded::{Foundation, embedded};
use balcao::channels::relay::signature::SigningKeys;
use balcao::config::channels::{ChannelsSettings, WebSettings};
use balcao::config::limits::LimitSettings;
use balcao::config::secret::Secret as SharedSecret;
use balcao::config::settings::Settings;
use balcao::config::whatsapp::WhatsAppSettings;
use balcao::conversation::customers::CustomerDesk;
use balcao::conversation::files::FileShelf;
use balcao::conversation::gaps::GapFinder;
use balcao::conversation::interview_desk::InterviewDesk;
use balcao::conversation::leads::Definitions;
use balcao::conversation::lease::LeaseRules;
use balcao::conversation::ownership::Ownership;
use balcao::domain::clock::SystemClock;
use balcao::domain::ids::ConversationId;
use balcao::domain::language::Language;
use balcao::domain::passage::Passage;
use balcao::domain::secret::Secret;
use balcao::domain::tool::{Localized, Risk, ToolSpec};
use balcao::inbox::accept::{Inbox, InboxLimits};
use balcao::interview::library::Interviews;
use balcao::knowledge::kinship::Kinship;
use balcao::knowledge::ledger::Ledger;
use balcao::knowledge::proposals::Proposals;
use balcao::knowledge::source::Defaults;
use balcao::limits::alerts::Alerts;
use balcao::prompts::Prompts;
use balcao::store::Stores;
use balcao::store::conversations::ConversationStore;
use balcao::store::keys::ApiKey;
use balcao::store::posts::PostStore;
use balcao::store::sqlite::SqliteHandle;
use balcao::web::connections;
use balcao::web::ports::{
    HealthProbe, IngestReport, KnowledgeDocuments, KnowledgeIngest, KnowledgeSearch, ModelDrill, Removal,
    ToolCatalog, Upload,
};
use balcao::web::router::router;
use balcao::web::setup::{Setup, SetupError, Standing, Trial, Wish};
use balcao::web::state::{SharedState, WebParts, WebState};
use balcao::web::webhooks::relay::RelayDoor;
use balcao::web::webhooks::whatsapp::WhatsAppDoor;
use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Puts something in front of a conversation store.
pub type Wrap = Box<dyn FnOnce(Arc<dyn ConversationStore>) -> Arc<dyn ConversationStore>>;

/// Puts something in front of a store of webhooks' bodies.
pub type WrapPosts = Box<dyn FnOnce(Arc<dyn PostStore>) -> Arc<dyn PostStore>>;

/// What a test may set before the server starts.
pub struct WebOptions {
    pub settings: WebSettings,
    pub limits: LimitSettings,
    /// What the probe of the model chain says.
    pub model: Result<(), String>,
    /// The WhatsApp channel, if there is one.
    pub whatsapp: Option<WhatsAppSettings>,
    /// Secrets of the relay channel; none, and there is no such channel.
    pub relay: Vec<&'static str>,
    /// Stands in front of the database.
    pub wrap: Wrap,
    /// The same, for bodies of webhooks.
    pub wrap_posts: WrapPosts,
}

impl Default for WebOptions {
    fn default() -> Self {
        Self {
            settings: channels().web,
            whatsapp: None,
            relay: Vec::new(),
            limits: section("limits", include_str!("../../src/config/default/limits.toml")),
            model: Ok(()),
            wrap: Box::new(|store| store),
            wrap_posts: Box::new(|store| store),
        }
    }
}

fn channels() -> ChannelsSettings {
    section("channels", include_str!("../../src/config/default/channels.toml"))
}

fn section<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> T {
    toml::from_str::<toml::Table>(text).unwrap().remove(name).unwrap().try_into().unwrap()
}

/// A running server.
pub struct WebApp {
    pub base: String,
    pub stores: Stores,
    pub state: SharedState,
    pub client: Client,
    /// An API key with the scope `operator`.
    pub key: String,
    pub shutdown: CancellationToken,
    server: JoinHandle<()>,
    _database: SqliteHandle,
    _folder: tempfile::TempDir,
}

/// A conversation as its visitor knows it.
#[derive(Clone)]
pub struct Visit {
    pub id: ConversationId,
    pub token: String,
}

/// The interviews that come with the program.
pub fn shipped_interviews() -> Definitions {
    let active = ["projeto".to_owned()];
    let interviews = Interviews::load(None, &active).unwrap();
    Arc::new(move |name, version| interviews.get(name, version).cloned())
}

/// Starts a server as set by default.
pub async fn spawn_web() -> WebApp {
    spawn_web_with(WebOptions::default()).await
}

/// Starts a server.
pub async fn spawn_web_with(options: WebOptions) -> WebApp {
    let folder = tempfile::tempdir().unwrap();
    let (mut stores, database) = super::stores::open(folder.path()).await;
    stores.conversations = (options.wrap)(stores.conversations);
    stores.posts = (options.wrap_posts)(stores.posts);
    let clock = Arc::new(SystemClock);
    let inbox =
        || Inbox::new(stores.conversations.clone(), clock.clone(), InboxLimits::from(&options.limits));
    let pushed = ["whatsapp", "relay"].map(str::to_owned).to_vec();
    let settings = Settings::load(None, &Vec::new()).unwrap();
    let rules = LeaseRules::new(&settings.handoff, &settings.business);
    let interview_desk = InterviewDesk {
        stores: stores.clone(),
        interviews: Interviews::load(None, &["projeto".to_owned()]).unwrap(),
        registry: Arc::default(),
        prompts: Arc::new(Prompts::load(None).unwrap()),
        clock: clock.clone(),
        timezone: settings.business.timezone.clone(),
        language: settings.business.language,
        pushed: pushed.iter().cloned().collect(),
    };
    let ownership = Ownership::new(stores.conversations.clone(), clock.clone(), rules, pushed);
    let foundation = Foundation {
        records: stores.backoffice.clone(),
        contacts: stores.contacts.clone(),
        clock: clock.clone(),
    };
    let backoffice = embedded(&foundation, &settings.backoffice, &settings.business);
    let customers = CustomerDesk {
        stores: stores.clone(),
        agenda: backoffice.agenda,
        crm: backoffice.crm,
        connectors: Default::default(),
        files: FileShelf::below(folder.path()),
        clock: clock.clone(),
        alerts: Arc::new(Alerts::logged(clock.clone())),
        kept: None,
        wake: tokio::sync::Notify::new(),
    };
    let secrets: Vec<_> = options.relay.iter().map(|secret| SharedSecret::new(*secret)).collect();
    let relay = SigningKeys::read(&secrets)
        .ok()
        .map(|keys| RelayDoor::new(keys, inbox(), &channels().relay, Language::Portuguese));
    let shutdown = CancellationToken::new();
    let business = settings.business.clone();
    let state = WebState::new(WebParts {
        stores: stores.clone(),
        inbox: Arc::new(inbox()),
        ownership: Arc::new(ownership),
        clock,
        settings: options.settings,
        limits: options.limits,
        probes: vec![Arc::new(Probe("store", Ok(()))), Arc::new(Probe("model", options.model))],
        metrics: Arc::new(|| "balcao_test 1\n".to_owned()),
        files: FileShelf::below(folder.path()),
        search: Arc::new(Shelf),
        ingest: Arc::new(Shelf),
        documents: Arc::new(Shelf),
        customers: Arc::new(customers),
        proposals: Arc::new(Proposals::below(folder.path())),
        gaps: GapFinder {
            stores: stores.clone(),
            business: Arc::new(business),
            meanings: Arc::new(Kinship::default()),
        },
        definitions: shipped_interviews(),
        interview_desk: Arc::new(interview_desk),
        tools: Arc::new(Shelf),
        setup: Arc::new(Shelf),
        connectors: Default::default(),
        drill: Arc::new(Shelf),
        relay,
        whatsapp: options.whatsapp.as_ref().map(WhatsAppDoor::new),
        line: None,
        shutdown: shutdown.clone(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let quiet = state.parts.limits.quiet_connection();
    let server = tokio::spawn(connections::serve(listener, router(state.clone()), quiet, shutdown.clone()));
    let app = WebApp {
        base: format!("http://{address}"),
        client: Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap(),
        key: String::new(),
        stores,
        state,
        shutdown,
        server,
        _database: database,
        _folder: folder,
    };
    let key = app.add_key("Marina", &["operator"]).await;
    WebApp { key, ..app }
}

impl WebApp {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// A call with the operator's key.
    pub fn operator(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(&self.key)
    }

    pub async fn add_key(&self, name: &str, scopes: &[&str]) -> String {
        let secret = Secret::generate("balcao_");
        let key = ApiKey {
            name: name.to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            hash: secret.hash(),
            created_at: Timestamp::now(),
            last_used_at: None,
        };
        self.stores.keys.add(&key).await.unwrap();
        secret.reveal().to_owned()
    }

    /// Opens a conversation.
    pub async fn visit(&self) -> Visit {
        let opened =
            self.request(Method::POST, "/api/v1/conversations").json(&json!({})).send().await.unwrap();
        assert_eq!(opened.status(), 201);
        let opened: Value = opened.json().await.unwrap();
        Visit {
            id: opened["id"].as_str().unwrap().parse().unwrap(),
            token: opened["token"].as_str().unwrap().to_owned(),
        }
    }

    pub fn visitor(&self, method: Method, visit: &Visit, tail: &str) -> RequestBuilder {
        self.request(method, &format!("/api/v1/conversations/{}{tail}", visit.id)).bearer_auth(&visit.token)
    }

    /// Posts a message as it is.
    pub async fn post(&self, visit: &Visit, client_id: &str, text: &str) -> Response {
        let body = json!({"client_id": client_id, "text": text});
        self.visitor(Method::POST, visit, "/messages").json(&body).send().await.unwrap()
    }

    /// Posts a message that has to be accepted.
    pub async fn say(&self, visit: &Visit, text: &str) -> String {
        let response = self.post(visit, &uuid::Uuid::now_v7().to_string(), text).await;
        assert_eq!(response.status(), 202);
        response.json::<Value>().await.unwrap()["message_id"].as_str().unwrap().to_owned()
    }

    /// The event stream, `tail` being a query.
    pub async fn events(&self, visit: &Visit, tail: &str) -> EventReader {
        let stream = self.visitor(Method::GET, visit, &format!("/events{tail}")).send().await.unwrap();
        EventReader::new(stream)
    }

    /// Stops the server and waits until it has.
    pub async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(Duration::from_secs(10), self.server).await.expect("it stops").unwrap();
    }
}

/// Asserts status, content type and code of a problem, and gives its body.
pub async fn problem(response: Response, status: u16, code: &str) -> Value {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["code"], code, "{body}");
    assert_eq!(body["status"], status);
    for field in ["type", "title", "detail"] {
        assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {body}");
    }
    body
}

struct Probe(&'static str, Result<(), String>);

#[async_trait]
impl HealthProbe for Probe {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn check(&self) -> Result<Option<String>, String> {
        self.1.clone().map(|()| None)
    }
}

/// Knowledge and tools of one passage and one tool. It panics when asked to, for the panic layer.
struct Shelf;

#[async_trait]
impl KnowledgeSearch for Shelf {
    async fn search(&self, query: &str, limit: usize) -> anyhow::Result<Vec<Passage>> {
        assert!(query != "panic", "asked to");
        anyhow::ensure!(query != "fail", "the index is gone");
        let passage = |number: usize| Passage {
            id: format!("trocas.md#{number}"),
            source: "trocas.md".to_owned(),
            title: "Trocas".to_owned(),
            heading: Some("Prazo".to_owned()),
            text: format!("{query}: 30 dias"),
            score: 0.5,
            evidence: 0.75,
        };
        Ok((0..limit.min(3)).map(passage).collect())
    }

    async fn rank(&self, query: &str, limit: usize) -> anyhow::Result<Vec<String>> {
        anyhow::ensure!(query != "fail", "the index is gone");
        let limit = if query.is_empty() { 0 } else { limit };
        Ok((0..limit.min(3)).map(|number| format!("{number}.md")).collect())
    }
}

#[async_trait]
impl KnowledgeIngest for Shelf {
    async fn ingest(&self, _paths: Vec<std::path::PathBuf>) -> anyhow::Result<IngestReport> {
        Ok(IngestReport { added: 2, ..IngestReport::default() })
    }
}

#[async_trait]
impl KnowledgeDocuments for Shelf {
    fn ledger(&self) -> Arc<Ledger> {
        Arc::default()
    }

    fn today(&self) -> jiff::civil::Date {
        jiff::civil::date(2026, 11, 26)
    }

    async fn upload(&self, _name: &str, _bytes: Vec<u8>, _defaults: Defaults) -> anyhow::Result<Upload> {
        Ok(Upload::Elsewhere)
    }

    async fn remove(&self, _id: &str) -> anyhow::Result<Removal> {
        Ok(Removal::Unknown)
    }
}

impl ModelDrill for Shelf {
    fn begin(&self, _length: Duration) -> Option<Timestamp> {
        None
    }

    fn end(&self) {}
}

impl ToolCatalog for Shelf {
    fn tools(&self) -> Vec<ToolSpec> {
        vec![ToolSpec {
            name: "order_status".to_owned(),
            description: "Looks an order up.".to_owned(),
            title: Localized::same("consultar pedido"),
            parameters: json!({"type": "object", "properties": {"order": {"type": "string"}}}),
            risk: Risk::Read,
            sources: Default::default(),
            hidden: Vec::new(),
            result_trusted: Vec::new(),
            timeout: Duration::from_secs(5),
            progress: Localized::default(),
            words: Default::default(),
        }]
    }
}

/// Systems are set up in tests of the whole program; here it is seen who may.
#[async_trait]
impl Setup for Shelf {
    async fn look(&self) -> Result<Standing, SetupError> {
        Ok(Standing {
            settings_file: "balcao.toml".to_owned(),
            waits_for_restart: false,
            keepers: Vec::new(),
            connectors: Vec::new(),
        })
    }

    async fn try_out(&self, connector: &str, _: &str, _: &Wish) -> Result<Trial, SetupError> {
        Err(SetupError::Unknown(connector.to_owned()))
    }

    async fn keep_connector(&self, connector: &str, _: &Wish) -> Result<(), SetupError> {
        Err(SetupError::Unknown(connector.to_owned()))
    }

    async fn keep_keeper(&self, capability: &str, _: &str) -> Result<(), SetupError> {
        Err(SetupError::Unknown(capability.to_owned()))
    }

    async fn ask_consent(&self, connector: &str, _: &str) -> Result<String, SetupError> {
        Err(SetupError::Unknown(connector.to_owned()))
    }

    async fn bring_consent(&self, _: &str) -> Result<String, SetupError> {
        Err(SetupError::refused("nobody waits for it"))
    }

    async fn start_again(&self) -> Result<(), SetupError> {
        Err(SetupError::refused("a test does not start again"))
    }
}
