//! The whole program on a free port over a folder of its own, with the demo shop in it and a model that the test
//! holds in its hand. It decides nothing for the program; what a script or a conversation has left over at the end
//! is a failure.

use super::fake_openai::{self, FakeOpenAi};
use super::postgres::Database;
use super::talk::{Door, Talk};
use balcao::app::build::Options;
use balcao::app::serve::Server;
use balcao::config::origin::Origin;
use balcao::config::secret::Secret;
use balcao::config::settings::Settings;
use balcao::domain::clock::Clock;
use balcao::llm::model::ChatModel;
use balcao::llm::scripted::{Reply, ScriptedCall, ScriptedModel};
use balcao::store::Stores;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The Tuesday on which every test of a conversation begins, ten in the morning in São Paulo.
pub const TUESDAY: &str = "2026-11-24T10:00:00-03:00";

/// Begins on [`TUESDAY`] and goes on at the machine's pace, through restarts too.
pub struct ShopClock;

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for ShopClock {
    fn now(&self) -> Timestamp {
        let tuesday: Timestamp = TUESDAY.parse().unwrap();
        tuesday + SignedDuration::try_from(BEGAN.elapsed()).unwrap()
    }

    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn random(&self) -> u64 {
        4
    }
}

/// Who answers.
pub enum Brain {
    /// A script, in the place of the whole chain.
    Scripted(Arc<ScriptedModel>),
    /// An endpoint behind the real chain, with nothing behind it unless the settings say so.
    Endpoint(FakeOpenAi),
    /// The built-in model.
    BuiltIn,
    /// A model of the test's own, in the place of the whole chain.
    Own(Arc<dyn ChatModel>),
}

/// How the program is set up.
pub struct AppOptions {
    pub brain: Brain,
    pub settings: Box<Settings>,
    /// Files of the operator, by path.
    pub files: Vec<(String, String)>,
    /// The data folder; none for a copy of the shop's.
    pub data: Option<TempDir>,
    /// The server's database in the place of a file; other programs may work on it too.
    pub database: Option<Arc<Database>>,
    pub clock: Arc<dyn Clock>,
}

impl AppOptions {
    pub fn new(brain: Brain) -> Self {
        let mut settings = Box::new(Settings::load(None, &Vec::new()).unwrap());
        // Who waits for more words says so in its test.
        settings.channels.web.quiet_ms = 0;
        settings.channels.web.quiet_unfinished_ms = 0;
        settings.channels.web.quiet_longest_ms = 0;
        settings.turn.late_minutes = 0;
        settings.limits.allowed_hosts = vec!["127.0.0.1".to_owned()];
        if let Brain::Endpoint(endpoint) = &brain {
            settings.llm.base_url = endpoint.base_url().to_owned();
            settings.llm.api_key = Secret::new("key");
            settings.llm.chain = vec!["openai".to_owned()];
            settings.llm.retry.first_wait_ms = 1;
            settings.llm.retry.longest_wait_ms = 1;
        }
        Self { brain, settings, files: Vec::new(), data: None, database: None, clock: Arc::new(ShopClock) }
    }

    pub fn scripted(replies: Vec<Reply>) -> Self {
        Self::new(Brain::Scripted(Arc::new(ScriptedModel::new("scripted", replies))))
    }

    pub async fn endpoint(replies: Vec<fake_openai::Reply>) -> Self {
        Self::new(Brain::Endpoint(FakeOpenAi::start(replies).await))
    }

    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    #[must_use]
    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.to_owned(), text.to_owned()));
        self
    }

    /// Works on this database.
    #[must_use]
    pub fn on(mut self, database: &Arc<Database>) -> Self {
        self.settings.store = database.settings();
        self.database = Some(Arc::clone(database));
        self
    }

    #[must_use]
    pub fn at(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    pub async fn start(self) -> TestApp {
        Box::pin(TestApp::start(self)).await
    }
}

/// A reply with words.
pub fn says(text: &str) -> Reply {
    Reply { text: text.to_owned(), ..Reply::default() }
}

/// A reply that calls tools.
pub fn calls<const N: usize>(calls: [(&str, Value); N]) -> Reply {
    let call = |(name, arguments): (&str, Value)| ScriptedCall { name: name.to_owned(), arguments };
    Reply { calls: calls.into_iter().map(call).collect(), ..Reply::default() }
}

/// The running program.
pub struct TestApp {
    pub brain: Brain,
    pub door: Door,
    settings: Box<Settings>,
    data: TempDir,
    operator: TempDir,
    running: Option<Running>,
    clock: Arc<dyn Clock>,
    ended: bool,
    /// Last: the program has to be gone before its database is.
    _database: Option<Arc<Database>>,
}

struct Running {
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl TestApp {
    pub async fn start(options: AppOptions) -> Self {
        let AppOptions { brain, settings, files, data, database, clock } = options;
        let operator = TempDir::new().unwrap();
        for (path, text) in &files {
            let path = operator.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let data = match data {
            Some(data) => data,
            None => {
                let data = TempDir::new().unwrap();
                copy(shop().await, data.path());
                if files.iter().any(|(path, _)| path.starts_with("knowledge/")) {
                    std::fs::remove_dir_all(data.path().join("knowledge")).unwrap();
                }
                data
            }
        };
        let (running, door) = boot(&brain, &settings, data.path(), operator.path(), &clock).await;
        let running = Some(running);
        Self { brain, door, settings, data, operator, running, clock, ended: false, _database: database }
    }

    pub fn model(&self) -> &ScriptedModel {
        let Brain::Scripted(model) = &self.brain else { panic!("there is no script") };
        model
    }

    pub fn endpoint(&self) -> &FakeOpenAi {
        let Brain::Endpoint(endpoint) = &self.brain else { panic!("there is no endpoint") };
        endpoint
    }

    /// Opens a conversation.
    pub async fn talk(&self) -> Talk {
        Talk::open(&self.door).await
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The database, through a connection of the test's own.
    pub async fn stores(&self) -> Stores {
        super::stores::open_as(&self.settings.store, self.data.path()).await.0
    }

    /// Stops the program in good order and starts it again on the same data.
    pub async fn restart(&mut self) {
        self.stop().await;
        let (running, door) =
            boot(&self.brain, &self.settings, self.data.path(), self.operator.path(), &self.clock).await;
        self.running = Some(running);
        self.door = door;
    }

    /// Stops the program in good order, lets `work` happen to its data, and starts it again.
    pub async fn stop_for(&mut self, work: impl Future<Output = ()>) {
        self.stop().await;
        work.await;
        self.restart().await;
    }

    async fn stop(&mut self) {
        let Some(running) = self.running.take() else { return };
        running.stop.cancel();
        tokio::time::timeout(Duration::from_secs(20), running.server).await.expect("it stops").unwrap();
    }

    /// Stops the program; nothing may be left to do.
    pub async fn end(mut self) {
        self.stop().await;
        let (stores, handle) = super::stores::open_as(&self.settings.store, self.data.path()).await;
        let open = stores.turns.due(Timestamp::MAX, 10).await.unwrap();
        handle.close().await;
        assert!(open.is_empty(), "unanswered messages or unfinished turns in {open:?}");
        match &self.brain {
            Brain::Scripted(model) => {
                assert_eq!(model.remaining(), 0, "replies of the script were not asked for")
            }
            Brain::Endpoint(endpoint) => assert_eq!(endpoint.remaining(), 0, "replies were not asked for"),
            Brain::BuiltIn | Brain::Own(_) => {}
        }
        self.ended = true;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.stop.cancel();
        }
        if std::thread::panicking() {
            // For whoever looks into it; and the index is still being used.
            self.data.disable_cleanup(true);
        } else {
            assert!(self.ended, "the test has to say `app.end().await`");
        }
    }
}

async fn boot(
    brain: &Brain,
    settings: &Settings,
    data: &Path,
    operator: &Path,
    clock: &Arc<dyn Clock>,
) -> (Running, Door) {
    let model: Option<Arc<dyn ChatModel>> = match brain {
        Brain::Scripted(model) => Some(model.clone()),
        Brain::Own(model) => Some(model.clone()),
        Brain::Endpoint(_) | Brain::BuiltIn => None,
    };
    let options = Options {
        settings: settings.clone(),
        origin: Origin { file: operator.join("balcao.toml"), ..Origin::default() },
        data: data.to_owned(),
        operator: operator.to_owned(),
        clock: clock.clone(),
        model,
        program: Some(env!("CARGO_BIN_EXE_balcao").into()),
        channels: Vec::new(),
    };
    let server = Server::bind(options, "127.0.0.1:0").await.unwrap_or_else(|error| panic!("{error:#}"));
    let base = format!("http://{}", server.address);
    let stop = server.stop.clone();
    let announced: Value = serde_json::from_slice(&std::fs::read(data.join("server.json")).unwrap()).unwrap();
    let door = Door::new(&base, announced["key"].as_str().unwrap());
    (Running { stop, server: tokio::spawn(server.run()) }, door)
}

/// A data folder with the shop and its knowledge, made once and copied by every test.
async fn shop() -> &'static Path {
    static SHOP: OnceCell<PathBuf> = OnceCell::const_new();
    SHOP.get_or_init(|| async {
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
        sweep(parent);
        let folder = parent.join(format!("shop-{}", std::process::id()));
        let options = AppOptions::scripted(Vec::new());
        let operator = TempDir::new().unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        let (running, _) =
            boot(&options.brain, &options.settings, &folder, operator.path(), &options.clock).await;
        running.stop.cancel();
        running.server.await.unwrap();
        folder
    })
    .await
}

/// A database with the shop in it, of the caller's own.
pub async fn shop_database() -> Arc<Database> {
    static SHOP: OnceCell<Arc<Database>> = OnceCell::const_new();
    let shop = SHOP.get_or_init(|| async {
        let database = Arc::new(Database::empty().await);
        let app = AppOptions::scripted(Vec::new()).on(&database).start().await;
        app.end().await;
        database
    });
    Arc::new(Database::like(shop.await).await)
}

/// Shops of test runs that are over.
fn sweep(parent: &Path) {
    for entry in std::fs::read_dir(parent).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // Some have more behind the process that made them.
        let process = name.strip_prefix("shop-").and_then(|rest| rest.split('-').next());
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            std::fs::remove_dir_all(entry.path()).ok();
        }
    }
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => {
                std::fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}
