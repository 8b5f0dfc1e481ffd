//! A throw-away PostgreSQL server: started once per run of the tests, reached over a socket in a folder of its own,
//! gone when the run is over, however it ends. Each test has a database of its own. Nothing is durable here.

use balcao::config::settings::Settings;
use balcao::config::store::StoreSettings;
use balcao::store::live::LiveHub;
use balcao::store::open::open;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use tokio::sync::OnceCell;

/// Starts a server (whose language sorts otherwise than bytes do) from the programs in `$1`, says where its socket is, drops the databases it reads the names of, and
/// clears everything away when there is nobody left to name one: the end of the tests closes the pipe.
const SUPERVISOR: &str = r#"
    trap '' INT TERM
    dir=$(mktemp -d "${TMPDIR:-/tmp}/balcao-postgres-XXXXXX") || exit 1
    "$1/initdb" -D "$dir/data" -U balcao -A trust -E UTF8 --locale=C.UTF-8 --locale-provider=icu \
        --icu-locale=pt-BR --no-sync >"$dir/log" 2>&1 &&
    "$1/pg_ctl" -D "$dir/data" -l "$dir/log" -w start -o "-c unix_socket_directories=$dir -c listen_addresses= \
        -c max_connections=300 -c shared_buffers=64MB -c fsync=off -c full_page_writes=off \
        -c synchronous_commit=off" >/dev/null ||
    { cat "$dir/log" >&2; rm -rf "$dir"; exit 1; }
    echo "$dir"
    while read -r name; do
        "$1/dropdb" -h "$dir" -U balcao --force --if-exists "$name" >/dev/null 2>&1
    done
    "$1/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null
    rm -rf "$dir"
"#;

struct Server {
    socket: PathBuf,
    /// Open as long as this process lives.
    supervisor: Mutex<ChildStdin>,
}

static SERVER: LazyLock<Result<Server, String>> = LazyLock::new(start);

fn start() -> Result<Server, String> {
    let missing = "PostgreSQL is missing: install the Debian package `postgresql`, or let `./dev test` do it";
    let programs = programs().ok_or(missing)?;
    let mut command = if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
        // The server refuses to run as root; Debian's package brings this user.
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    let mut supervisor = command
        .args(["-c", SUPERVISOR, "supervisor"])
        .arg(programs)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("PostgreSQL cannot be started: {error}"))?;
    let stdout = supervisor.stdout.take().expect("it is piped");
    let mut socket = String::new();
    BufReader::new(stdout).read_line(&mut socket).map_err(|error| error.to_string())?;
    if socket.is_empty() {
        return Err("PostgreSQL did not start; its log is above".to_owned());
    }
    let stdin = supervisor.stdin.take().expect("it is piped");
    Ok(Server { socket: PathBuf::from(socket.trim_end()), supervisor: Mutex::new(stdin) })
}

/// The folder of `initdb`: Debian keeps it off the search path.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    versions.sort();
    let searched = std::env::var_os("PATH").unwrap_or_default();
    versions.extend(std::env::split_paths(&searched));
    versions.into_iter().rfind(|folder| folder.join("initdb").exists())
}

fn server() -> &'static Server {
    SERVER.as_ref().unwrap_or_else(|why| panic!("{why}"))
}

/// A database; gone soon after it is dropped.
pub struct Database {
    name: String,
}

impl Database {
    /// A new one with the tables of the program and nothing in them.
    pub async fn empty() -> Self {
        static EMPTY: OnceCell<Database> = OnceCell::const_new();
        let empty = EMPTY.get_or_init(|| async {
            let database = Self::bare().await;
            let (_, handle) =
                open(&database.settings(), Path::new(""), Arc::new(LiveHub::default())).await.unwrap();
            handle.close().await;
            database
        });
        Self::like(empty.await).await
    }

    /// A new one without tables.
    pub async fn bare() -> Self {
        Self::create("template1").await
    }

    /// A copy of one that nobody is connected to.
    pub async fn like(template: &Self) -> Self {
        Self::create(&template.name).await
    }

    async fn create(template: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("balcao_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut connection = outsider("postgres").await;
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
        connection.execute(AssertSqlSafe(create)).await.unwrap();
        connection.close().await.unwrap();
        Self { name }
    }

    /// As settings name it.
    pub fn url(&self) -> String {
        format!("postgres://balcao@localhost/{}?host={}", self.name, server().socket.display())
    }

    /// As settings name it behind a wire that ends at `port`.
    pub fn url_behind(&self, port: u16) -> String {
        format!("postgres://balcao@127.0.0.1:{port}/{}?sslmode=disable", self.name)
    }

    /// Where the server listens.
    pub fn socket() -> PathBuf {
        server().socket.join(".s.PGSQL.5432")
    }

    /// The settings of a store on it.
    pub fn settings(&self) -> StoreSettings {
        let settings = Settings::load(None, &Vec::new()).unwrap().store;
        StoreSettings { url: self.url(), connections: 8, ..settings }
    }

    /// A connection of the test's own.
    pub async fn outsider(&self) -> PgConnection {
        outsider(&self.name).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(mut supervisor) = server().supervisor.lock() {
            writeln!(supervisor, "{}", self.name).ok();
        }
    }
}

async fn outsider(database: &str) -> PgConnection {
    let options =
        PgConnectOptions::new_without_pgpass().socket(&server().socket).username("balcao").database(database);
    PgConnection::connect_with(&options).await.unwrap()
}
