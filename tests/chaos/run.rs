//! One run from begin to end: fakes, processes, customers, harm; then peace, a look at everything, and the report.

use crate::arguments::{Arguments, Store};
use crate::evidence::{Evidence, now};
use crate::faults::Victims;
use crate::guard::Guard;
use crate::model::Model;
use crate::plan::{Plan, Way};
use crate::postgres::Database;
use crate::processes::{Process, Setting};
use crate::relay_peer::Peer;
use crate::report::{self, Course};
use crate::vendor::Vendor;
use crate::whatsapp_meta::Meta;
use crate::wire::Wire;
use crate::world::World;
use crate::{checker, customers, inspect, listeners, people, relay_customers, whatsapp_customers};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// How long readers of event streams may take to read what is left.
const READERS_WITHIN: Duration = Duration::from_secs(15);
/// How many lines of a process's troubles are shown.
const LAST_WORDS: usize = 15;

/// Runs, and says whether every promise was kept.
pub async fn run(arguments: &Arguments) -> bool {
    let began = Instant::now();
    let seed = arguments.seed.unwrap_or_else(|| now().unsigned_abs() % 1_000_000_000);
    println!("chaos     {}", arguments.again(seed));
    let plan = Arc::new(Plan::of(arguments, seed));
    let evidence = Arc::new(Mutex::new(Evidence::default()));
    let model = Model::start(Arc::clone(&plan), Arc::clone(&evidence)).await;
    let vendor = Vendor::start(Arc::clone(&plan), Arc::clone(&evidence)).await;
    let peer = Peer::start(Arc::clone(&plan), Arc::clone(&evidence)).await;
    let meta = Meta::start(Arc::clone(&plan), Arc::clone(&evidence)).await;
    let folder = operators_folder(&vendor);
    let guard = Arc::new(Guard::over(folder.path()));
    let setting = Arc::new(Setting {
        folder: folder.path().to_owned(),
        variables: [
            variables(),
            if arguments.relay > 0 { peer.variables() } else { Vec::new() },
            if arguments.whatsapp > 0 { meta.variables() } else { Vec::new() },
        ]
        .concat(),
        model: model.url.clone(),
        guard: Arc::clone(&guard),
        evidence: Arc::clone(&evidence),
    });
    let database = match arguments.store {
        Store::Sqlite => None,
        Store::Postgres => Some(Database::bare().await),
    };
    let mut victims = victims(arguments, &setting, database.as_ref()).await;
    peer.reports_to(victims.processes.iter().map(Process::url).collect());
    if arguments.whatsapp > 0 {
        meta.posts_to(victims.processes.iter().map(Process::url).collect());
    }
    let course = match play(arguments, &plan, &evidence, &mut victims).await {
        Ok((wrote, settled)) => Course { seed, wrote, settled, took: began.elapsed() },
        Err(why) => {
            println!("  the run broke off: {why}");
            show_last_words(&victims);
            return false;
        }
    };
    let evidence = evidence.lock().unwrap();
    let violations = checker::violations(&evidence, arguments.recovery_ms);
    report::numbers(arguments, &course, &evidence);
    if violations.is_empty() {
        println!("  every promise was kept");
        return true;
    }
    report::broken(&violations, &evidence);
    show_last_words(&victims);
    guard.keep_folder();
    println!(
        "\n  {} times a promise was broken. The processes' logs are in {}",
        violations.len(),
        folder.keep().display()
    );
    println!("  again: {}", arguments.again(seed));
    false
}

/// Everything between the first start and the last stop. Returns how long customers wrote, and how long the program
/// needed for what was left.
async fn play(
    arguments: &Arguments,
    plan: &Arc<Plan>,
    evidence: &Arc<Mutex<Evidence>>,
    victims: &mut Victims,
) -> Result<(Duration, Duration), String> {
    for process in &mut victims.processes {
        process.start().await?;
    }
    let key = victims.processes[0].verb(&["keys", "create", "chaos", "--scope", "operator"]).await;
    let doors = victims.processes.iter().map(Process::url).collect();
    let world = Arc::new(World::new(Arc::clone(plan), doors, key, Arc::clone(evidence)));
    let began = Instant::now();
    let (mut writers, mut readers) = (JoinSet::new(), JoinSet::new());
    for (number, customer) in plan.customers.iter().enumerate() {
        match customer.way {
            Way::Web => writers.spawn(customers::play(Arc::clone(&world), number)),
            Way::Relay => writers.spawn(relay_customers::play(Arc::clone(&world), number)),
            Way::WhatsApp => writers.spawn(whatsapp_customers::play(Arc::clone(&world), number)),
        };
        writers.spawn(people::play(Arc::clone(&world), number));
        if customer.listens {
            readers.spawn(listeners::listen(Arc::clone(&world), number));
        }
    }
    let longest = arguments.longest();
    let writing = async {
        let ended =
            tokio::time::timeout(longest, async { while writers.join_next().await.is_some() {} }).await;
        let wrote = began.elapsed();
        world.over.cancel();
        if ended.is_err() {
            // What is under way is still acknowledged, and people leave.
            tokio::time::timeout(Duration::from_secs(20), async {
                while writers.join_next().await.is_some() {}
            })
            .await
            .ok();
        }
        wrote
    };
    let (wrote, suffered) = tokio::join!(writing, victims.suffer(&world, &plan.faults));
    suffered?;
    let settled = inspect::settle(&world).await;
    let logs = inspect::logs(&world).await;
    world.evidence().logs = logs;
    readers_end(&world).await;
    world.end.cancel();
    while readers.join_next().await.is_some() {}
    victims.dismiss().await;
    Ok((wrote, settled))
}

/// Waits until readers have read what is there, or too long.
async fn readers_end(world: &World) {
    let began = Instant::now();
    while began.elapsed() < READERS_WITHIN {
        let behind = {
            let evidence = world.evidence();
            let has_read = |log: &crate::evidence::Log| {
                evidence.heard.get(&log.customer).is_none_or(|heard| heard.len() >= log.shown.len())
            };
            evidence.logs.iter().any(|log| !has_read(log))
        };
        if !behind {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn victims(arguments: &Arguments, setting: &Arc<Setting>, database: Option<&Database>) -> Victims {
    let (mut processes, mut wires) = (Vec::new(), Vec::new());
    for number in 0..arguments.processes() {
        let store = match database {
            None => None,
            Some(database) => {
                let (name, socket) = place_of(&database.url());
                let wire = Wire::to(socket).await;
                let url = format!("postgres://balcao@127.0.0.1:{}/{name}?sslmode=disable", wire.port);
                wires.push(wire);
                Some(url)
            }
        };
        processes.push(Process::new(setting, number, store));
    }
    Victims { processes, wires }
}

/// Name and socket of a throw-away database, from its URL.
fn place_of(url: &str) -> (String, PathBuf) {
    let (head, folder) = url.split_once("?host=").unwrap();
    let name = head.rsplit('/').next().unwrap().to_owned();
    (name, Path::new(folder).join(".s.PGSQL.5432"))
}

fn operators_folder(vendor: &Vendor) -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("tools/custom/vendor.toml", &vendor.tool());
    write("knowledge/casa.md", "# A casa\n\nA casa recebe visitas em dias úteis.\n");
    folder
}

/// Quick turns, so that many fit into a run; a short lease, so that a process that stands still loses its turns; and
/// no bounds on what one address may do, as all customers have the same one.
fn variables() -> Vec<(String, String)> {
    [
        ("BALCAO__BACKOFFICE__DEMO", "false"),
        ("BALCAO__CHANNELS__WEB__QUIET_MS", "60"),
        ("BALCAO__CHANNELS__WEB__QUIET_UNFINISHED_MS", "200"),
        ("BALCAO__CHANNELS__WEB__QUIET_LONGEST_MS", "400"),
        ("BALCAO__CHANNELS__WEB__HEARTBEAT_MS", "1000"),
        ("BALCAO__LIMITS__ALLOWED_HOSTS", "127.0.0.1"),
        ("BALCAO__LIMITS__CONVERSATIONS_PER_SECOND_PER_ADDRESS", "100000"),
        ("BALCAO__LIMITS__MESSAGES_PER_SECOND_PER_ADDRESS", "100000"),
        ("BALCAO__LIMITS__MESSAGES_PER_MINUTE_PER_VISITOR", "100000"),
        ("BALCAO__LLM__CHAIN", "openai"),
        ("BALCAO__LLM__RETRY__FIRST_WAIT_MS", "50"),
        ("BALCAO__TURN__LEASE_SECONDS", "4"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn show_last_words(victims: &Victims) {
    for process in &victims.processes {
        println!("\n  last words of process {}:\n{}", process.name(), process.last_words(LAST_WORDS));
    }
}
