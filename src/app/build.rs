//! Puts the program together from settings and folders.

use super::alerts;
use super::backoffice::{by_name, connectors, over};
use super::chain::chain;
use super::customers;
use super::databases::databases;
use super::demo;
use super::knowledge::{KnowledgeProbe, Library, Retrieval};
use super::leads;
use super::mcp::{self, McpProbe};
use super::ports::{Drill, Offered};
use super::probes::{ModelProbe, StoreProbe};
use super::secrets;
use super::setup::SetupDesk;
use super::vectors::VectorTask;
use crate::agent::proof::Vouched;
use crate::agent::run::Agent;
use crate::agent::task::CustomerFiles;
use crate::backoffice::Backoffice;
use crate::backoffice::connector::health_book::HealthTask;
use crate::config::origin::Origin;
use crate::config::settings::Settings;
use crate::conversation::customers::CustomerDesk;
use crate::conversation::files::FileShelf;
use crate::conversation::gaps::GapFinder;
use crate::conversation::keeper::LeaseKeeper;
use crate::conversation::leads::LeadDesk;
use crate::conversation::lease::LeaseRules;
use crate::conversation::news::{NewsDesk, NewsWorker, Reminding};
use crate::conversation::ownership::Ownership;
use crate::conversation::presence::{PresenceDesk, PresenceTask};
use crate::conversation::reception::worker::PostWorker;
use crate::conversation::sent_files::{SentFiles, Taken};
use crate::conversation::turn::TurnRunner;
use crate::conversation::worker::Worker;
use crate::domain::clock::Clock;
use crate::domain::problem::Problem;
use crate::inbox::accept::{Inbox, InboxLimits};
use crate::knowledge::kinship::Kinship;
use crate::knowledge::proposals::Proposals;
use crate::limits::alert_task::AlertTask;
use crate::limits::alerts::Alerts;
use crate::limits::budget::SpendBook;
use crate::limits::cells::SharedCells;
use crate::limits::pause::TimerPause;
use crate::llm::factory::allowance;
use crate::llm::model::ChatModel;
use crate::llm::offline::phrases::Phrases;
use crate::llm::offline::{OfflineModel, PHRASES_FILE};
use crate::llm::outage::Outage;
use crate::outbox::courier::Courier;
use crate::outbox::push::Push;
use crate::prompts::{self, Prompts};
use crate::store::Stores;
use crate::store::live::LiveHub;
use crate::store::open::{self, StoreHandle};
use crate::tools::builtin;
use crate::tools::dispatch::Dispatcher;
use crate::tools::http::HttpTools;
use crate::tools::load;
use crate::tools::registry::Registry;
use crate::web::state::{SharedState, WebParts, WebState};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Where things lie and what they are.
#[derive(Clone)]
pub struct Options {
    /// All settings.
    pub settings: Settings,
    /// Where they came from.
    pub origin: Origin,
    /// The data folder.
    pub data: PathBuf,
    /// The folder that `prompts/`, `tools/` and `knowledge/` lie in.
    pub operator: PathBuf,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// A model in place of the chain that the settings describe; for tests.
    pub model: Option<Arc<dyn ChatModel>>,
    /// This program's own file, which reads documents in a process of its own; found out, if it is not given.
    pub program: Option<PathBuf>,
    /// Channels that are pushed to.
    pub channels: Vec<Arc<dyn Push>>,
}

/// What all calls to other companies' systems have in common.
#[derive(Clone)]
pub struct Outside {
    /// Where it is told that one is away.
    pub alerts: Arc<Alerts>,
    /// The outage of the models that is rehearsed now and then.
    pub outage: Arc<Outage>,
    /// Quotas that several processes share.
    pub cells: Option<Arc<dyn SharedCells>>,
    /// Where it stands what models have cost; none for a program that asks them once by hand.
    pub book: Option<Arc<dyn SpendBook>>,
}

impl Outside {
    fn with(alerts: Alerts, options: &Options) -> Self {
        let outage = Arc::new(Outage::new(options.clock.clone()));
        Self { alerts: Arc::new(alerts), outage, cells: None, book: None }
    }

    /// For a program that does not serve: what is away is only logged, and nobody shares its quotas.
    pub fn alone(options: &Options) -> Self {
        Self::with(Alerts::logged(options.clock.clone()), options)
    }
}

/// The program, put together but not running.
pub struct App {
    /// All settings.
    pub settings: Settings,
    /// The state.
    pub stores: Stores,
    /// The HTTP surface.
    pub web: SharedState,
    /// Does the turns.
    pub worker: Worker,
    /// Gives conversations back to the bot in time.
    pub keeper: LeaseKeeper,
    /// Looks after leads.
    pub leads: Box<LeadDesk>,
    /// Takes in what WhatsApp posted, if that channel is set up.
    pub posts: Option<Box<PostWorker>>,
    /// Has vendors delete what they have of customers who were forgotten.
    pub customers: Arc<CustomerDesk>,
    /// Tells customers what vendors report.
    pub news: Box<NewsWorker>,
    /// Takes what is said to channels that are pushed to.
    pub courier: Courier,
    /// Shows customers that an answer is being written.
    pub presence: PresenceTask,
    /// Brings the knowledge up to date.
    pub library: Library,
    /// Writes down how connectors do.
    pub health: HealthTask,
    /// Makes the vectors of the knowledge.
    pub vectors: VectorTask,
    /// Keeps the servers of tools running.
    pub mcp: JoinSet<()>,
    /// Sends alerts, if there is somewhere to send them.
    pub alerts: Option<AlertTask>,
    /// Stops everything.
    pub stop: CancellationToken,
    /// Whether it is to start again when it has stopped.
    pub again: Arc<AtomicBool>,
    database: Arc<StoreHandle>,
}

/// The tools over these systems and any knowledge; `check` has none.
///
/// # Errors
/// Every mistake in any tool file.
pub fn registry_over(
    options: &Options,
    backoffice: &Backoffice,
    knowledge: Arc<dyn builtin::knowledge::KnowledgeSearch>,
    outside: &Outside,
) -> Result<Registry, Vec<Problem>> {
    let settings = &options.settings;
    let http = HttpTools::new(
        allowance(&settings.limits),
        &secrets::known(options)?,
        options.clock.clone(),
        Arc::new(TimerPause),
    )
    .map_err(|error| vec![Problem::in_file("tools/custom", format!("no HTTPS on this machine: {error}"))])?
    .watched(outside.alerts.clone())
    .sharing(outside.cells.clone())
    .asking(databases(options, outside)?);
    // What is wrong with an interview is told where interviews are read.
    let interviews = leads::interviews(options).unwrap_or_default();
    let mut tools = builtin::all(backoffice, &knowledge);
    tools.extend(builtin::interviews::tools(&leads::offers(&interviews)));
    let registry = load::load(tools, &options.operator.join("tools"), &http)?;
    let lost = leads::lost_lookups(&interviews, &registry);
    if lost.is_empty() { Ok(registry) } else { Err(lost) }
}

impl App {
    /// Opens the store, lays the demo shop if the store is new, opens the knowledge, loads prompts and tools.
    ///
    /// # Errors
    /// Whatever stands in the way, in words for the operator; the program never starts half-configured.
    pub async fn build(options: Options) -> anyhow::Result<Self> {
        let settings = options.settings.clone();
        let live = Arc::new(LiveHub::default());
        let (stores, database) = open::open(&settings.store, &options.data, live).await?;
        if settings.backoffice.demo {
            demo::lay(&stores, &settings.business, options.clock.now()).await?;
        }
        let library = Library::open(&options)?;
        let prompts_folder = options.operator.join("prompts");
        let prompts = Arc::new(Prompts::load(Some(&prompts_folder)).map_err(listed)?);
        let interviews = leads::interviews(&options).map_err(listed)?;
        let definitions = leads::definitions(&interviews);
        let built_in = Arc::new(built_in(&options).map_err(listed)?);
        let (alerts, alert_task) = alerts::alerts(&options, stores.alerts.clone())?;
        let outside = Outside {
            cells: stores.quotas.clone(),
            book: Some(stores.spending.clone()),
            ..Outside::with(alerts, &options)
        };
        let connectors = connectors(&options, &stores, &outside).map_err(listed)?;
        let by_name = by_name(&connectors);
        let health = HealthTask::new(by_name.values().cloned());
        let backoffice = over(&options, &stores, connectors).map_err(listed)?;
        let retrieval = Arc::new(Retrieval(library.clone()));
        let registry =
            Arc::new(registry_over(&options, &backoffice, retrieval.clone(), &outside).map_err(listed)?);
        let (model, chain): (Arc<dyn ChatModel>, _) = match &options.model {
            Some(model) => (model.clone(), None),
            None => {
                let chain = Arc::new(chain(&options, &built_in, &outside)?);
                (chain.clone(), Some(chain))
            }
        };
        library.ordered_by(&options, model.clone(), prompts.clone());
        let relay = super::relay::relay(&options)?.map(|relay| relay.sides(&options, &stores));
        let (relay, relayed) = relay.unzip();
        let (stop, again) = (CancellationToken::new(), Arc::new(AtomicBool::new(false)));
        let (servers, mcp) = mcp::begin(&options, &outside, &registry, &stop).await.map_err(listed)?;
        let whatsapp = super::whatsapp::whatsapp(&options)?;
        let whatsapp = whatsapp.map(|whatsapp| whatsapp.sides(&options, &stores, &outside.alerts, &stop));
        let line = whatsapp.as_ref().map(|sides| sides.line.clone());
        let sending = whatsapp.as_ref().map(|sides| sides.push.clone());
        let channels: Vec<Arc<dyn Push>> =
            options.channels.iter().cloned().chain(relayed).chain(sending).collect();
        let (presence_desk, presence) =
            PresenceDesk::over(whatsapp.iter().map(|sides| sides.presence.clone()).collect());
        let pushed: HashSet<String> = channels.iter().map(|channel| channel.channel().to_owned()).collect();
        let courier = Courier::new(stores.clone(), channels, options.clock.clone(), outside.alerts.clone());
        let vectors = VectorTask::new(library.clone(), options.clone());
        let leases = LeaseRules::new(&settings.handoff, &settings.business);
        let files = FileShelf::below(&options.data);
        let sent_files: Arc<dyn CustomerFiles> = Arc::new(SentFiles {
            shelf: files.clone(),
            readers: library.documents.readers(),
            taken: Taken { pictures: settings.llm.sees(), documents: settings.llm.takes_files() },
        });
        let reminding = Arc::new(Reminding::new(
            &settings.reminders,
            settings.channels.whatsapp.unasked_hours,
            settings.business.timezone.clone(),
        ));
        let runner = TurnRunner {
            agent: Agent {
                model,
                built_in,
                dispatcher: Dispatcher::new(registry.clone(), settings.turn.result_characters),
                knowledge: retrieval,
                prompts,
                interviews,
                business: Arc::new(settings.business.clone()),
                vouched: Vouched::default(),
                settings: settings.turn.clone(),
                clock: options.clock.clone(),
                files: Some(sent_files),
            },
            stores: stores.clone(),
            clock: options.clock.clone(),
            settings: settings.turn.clone(),
            worker: format!("process-{}", std::process::id()),
            pushed_channels: pushed.clone(),
            leases: leases.clone(),
            presence: presence_desk,
            reminding: reminding.clone(),
            introductions: super::reception::introductions(&settings),
        };
        let news = NewsWorker::new(NewsDesk {
            stores: stores.clone(),
            backoffice: backoffice.clone(),
            connectors: by_name.clone(),
            prompts: runner.agent.prompts.clone(),
            pushed: pushed.clone(),
            alerts: outside.alerts.clone(),
            clock: options.clock.clone(),
            timezone: settings.business.timezone.clone(),
            reminding,
        });
        let customers = customers::desk(&options, &stores, &backoffice, &by_name, &outside);
        let customers = Arc::new(customers);
        let interview_desk = Arc::new(leads::interview_desk(&options, &runner, &registry));
        let ownership = Arc::new(Ownership::new(
            stores.conversations.clone(),
            options.clock.clone(),
            leases,
            pushed.into_iter().collect(),
        ));
        let keeper = LeaseKeeper::new(
            stores.conversations.clone(),
            ownership.clone(),
            options.clock.clone(),
            outside.alerts.clone(),
        );
        let heard = whatsapp.map(|sides| sides.heard);
        let reception = super::reception::reception(&options, &stores, &outside, &ownership, heard);
        let (whatsapp, posts) = reception.unzip();
        let desk = leads::desk(&options, &runner, &backoffice, &outside, &definitions)?;
        let database = Arc::new(database);
        let web = WebState::new(WebParts {
            stores: stores.clone(),
            inbox: Arc::new(Inbox::new(
                stores.conversations.clone(),
                options.clock.clone(),
                InboxLimits::from(&settings.limits),
            )),
            ownership,
            clock: options.clock.clone(),
            settings: settings.channels.web.clone(),
            limits: settings.limits.clone(),
            probes: vec![
                Arc::new(StoreProbe(database.clone())),
                Arc::new(KnowledgeProbe(library.clone())),
                Arc::new(ModelProbe(chain.clone())),
                Arc::new(McpProbe(servers)),
            ],
            relay,
            whatsapp,
            line,
            setup: Arc::new(SetupDesk::new(&options, &stores, &stop, &again)),
            drill: Arc::new(Drill { outage: outside.outage, chain }),
            metrics: Arc::new(crate::telemetry::metrics::render),
            files: files.clone(),
            search: Arc::new(Retrieval(library.clone())),
            ingest: Arc::new(library.clone()),
            documents: Arc::new(library.clone()),
            customers: customers.clone(),
            proposals: Arc::new(Proposals::below(&options.data)),
            gaps: GapFinder {
                stores: stores.clone(),
                business: Arc::new(settings.business.clone()),
                meanings: Arc::new(Kinship::by(library.base.embedder.clone())),
            },
            definitions,
            interview_desk,
            tools: Arc::new(Offered(registry)),
            connectors: by_name,
            shutdown: stop.clone(),
        });
        let worker = Worker::new(Arc::new(runner), stop.clone());
        Ok(Self {
            settings,
            stores,
            web,
            worker,
            keeper,
            leads: desk,
            posts,
            customers,
            news: Box::new(news),
            courier,
            presence,
            library,
            health,
            vectors,
            mcp,
            alerts: alert_task,
            stop,
            again,
            database,
        })
    }

    /// The handle that keeps the database open, to be closed last.
    pub fn database(&self) -> Arc<StoreHandle> {
        self.database.clone()
    }
}

/// The built-in model with the operator's phrases, if there are any.
///
/// # Errors
/// Every mistake in the file.
pub fn built_in(options: &Options) -> Result<OfflineModel, Vec<Problem>> {
    let folder = options.operator.join("prompts");
    let mut problems = Vec::new();
    let phrases = prompts::load::text(Some(&folder), PHRASES_FILE, &mut problems)
        .and_then(|(file, text)| Phrases::read(&file, &text, &mut problems));
    match phrases {
        Some(phrases) if problems.is_empty() => Ok(OfflineModel::speaking(Arc::new(phrases))),
        Some(_) | None => Err(problems),
    }
}

/// Problems as one error, a line each.
pub fn listed(problems: Vec<Problem>) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("{}", lines.join("\n"))
}
