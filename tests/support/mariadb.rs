//! A throw-away MariaDB server: started once per run of the tests, reached over a socket in a folder of its own, gone
//! when the run is over, however it ends. Each test has a database of its own. Nothing is durable here.

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Starts a server, says where its folder is, and clears everything away when there is nobody left who could ask it.
const SUPERVISOR: &str = r#"
    trap '' INT TERM
    PATH="$PATH:/usr/sbin"
    dir=$(mktemp -d "${TMPDIR:-/tmp}/balcao-mariadb-XXXXXX") || exit 1
    as_root=; [ "$(id -u)" -ne 0 ] || as_root=--user=root
    mariadb-install-db --no-defaults $as_root --datadir="$dir/data" --auth-root-authentication-method=normal \
        --skip-test-db >"$dir/log" 2>&1 || { cat "$dir/log" >&2; rm -rf "$dir"; exit 1; }
    mariadbd --no-defaults $as_root --datadir="$dir/data" --socket="$dir/socket" --pid-file="$dir/pid" \
        --skip-networking --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=16M >>"$dir/log" 2>&1 &
    tries=0
    until [ -S "$dir/socket" ]; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { cat "$dir/log" >&2; exit 1; }
        sleep 0.1
    done
    echo "$dir"
    read -r _
    kill -9 $!
    rm -rf "$dir"
"#;

struct Server {
    folder: PathBuf,
    /// Its standard input is open as long as this process lives.
    _supervisor: Child,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let supervisor = Command::new("sh")
        .args(["-c", SUPERVISOR])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut supervisor = supervisor.unwrap();
    let mut folder = String::new();
    BufReader::new(supervisor.stdout.take().unwrap()).read_line(&mut folder).unwrap();
    assert!(
        !folder.is_empty(),
        "MariaDB does not start: install the Debian package `mariadb-server`, or let `./dev test` do it"
    );
    Server { folder: PathBuf::from(folder.trim_end()), _supervisor: supervisor }
});

/// A new database with these tables and rows; returns its URL.
pub async fn database(statements: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = tokio::task::spawn_blocking(|| &*SERVER).await.unwrap();
    let socket = server.folder.join("socket");
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let options = MySqlConnectOptions::new().socket(&socket).username("root");
    let mut connection = MySqlConnection::connect_with(&options).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"))).await.unwrap();
    connection.execute(AssertSqlSafe(format!("USE {name}; {statements}"))).await.unwrap();
    format!("mysql://root@localhost/{name}?socket={}", socket.display())
}
