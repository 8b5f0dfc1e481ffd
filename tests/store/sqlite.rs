//! What only a file can do: survive, refuse to open, be locked.

use super::support::{Bench, open_in, settings, started};
use balcao::domain::conversation::Owner;
use balcao::domain::ids::ConversationId;
use balcao::store::error::StoreError;
use balcao::store::live::LiveHub;
use balcao::store::sqlite::open;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Executor, SqlSafeStr};
use std::fs;
use std::path::Path;
use std::sync::Arc;

async fn outsider(folder: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(folder.join("balcao.db")).connect().await.unwrap()
}

async fn why_not(folder: &Path) -> String {
    let opened = open(&settings(), folder, Arc::new(LiveHub::default())).await;
    format!("{:#}", opened.err().expect("it must not open"))
}

#[tokio::test]
async fn everything_acknowledged_is_there_after_a_restart() {
    let bench = Bench::sqlite().await;
    let id = bench.opened().await.id;
    bench.said(id, "oi").await;
    let claim = bench.claimed(id).await;
    bench.stores.turns.append(&claim, vec![started()], bench.now()).await.unwrap();
    let before = (bench.get(id).await, bench.stores.conversations.events(id, 0, 99).await.unwrap());
    let bench = bench.restart().await;
    let after = (bench.get(id).await, bench.stores.conversations.events(id, 0, 99).await.unwrap());
    assert_eq!(after, before);
    bench.advance(super::support::LEASE);
    let resumed = bench.claimed(id).await;
    assert!(resumed.resumed && resumed.turn == claim.turn);
    bench.stores.turns.commit(&resumed, bench.answer(&resumed, "olá"), bench.now()).await.unwrap();
    let bench = bench.restart().await;
    assert!(bench.try_claim(id).await.is_none());
    // Closed well, it is one file that can be copied.
    bench.handle.close().await;
    assert!(!bench.folder().join("balcao.db-wal").exists());
}

#[tokio::test]
async fn a_copy_taken_at_any_moment_is_what_a_killed_process_leaves() {
    let bench = Bench::sqlite().await;
    let id = bench.opened().await.id;
    for index in 0..30 {
        bench.said(id, &format!("mensagem {index}")).await;
        // File and log as they lie on the disk now: nothing was closed, nothing was moved.
        let killed = tempfile::tempdir().unwrap();
        for name in ["balcao.db", "balcao.db-wal"] {
            fs::copy(bench.folder().join(name), killed.path().join(name)).unwrap();
        }
        let (stores, handle) = open_in(killed.path()).await;
        let events = stores.conversations.events(id, 0, 99).await.unwrap();
        assert_eq!(events.len(), index + 1);
        assert_eq!(stores.turns.due(bench.now(), 9).await.unwrap(), [id]);
        handle.close().await;
    }
}

#[tokio::test]
async fn closing_finishes_what_is_queued_and_refuses_what_comes_later() {
    let bench = Bench::sqlite().await;
    let id = bench.opened().await.id;
    let conversations = bench.stores.conversations.clone();
    let accepts: Vec<_> =
        (0..50).map(|n| conversations.accept(bench.inbound(id, &n.to_string(), "oi"))).collect();
    let (outcomes, ()) = tokio::join!(futures_util::future::join_all(accepts), bench.handle.close());
    let accepted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused =
        outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::Unavailable(_)))).count();
    assert_eq!(accepted + refused, 50);
    assert!(matches!(conversations.get(id).await, Err(StoreError::Unavailable(_))));
    let (stores, _handle) = open_in(bench.folder()).await;
    assert_eq!(stores.conversations.events(id, 0, 99).await.unwrap().len(), accepted);
}

#[tokio::test]
async fn a_database_held_by_another_process_is_unavailable_until_it_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut impatient = settings();
    impatient.busy_timeout_ms = 200;
    let (stores, handle) = open(&impatient, folder.path(), Arc::new(LiveHub::default())).await.unwrap();
    let mut backup = outsider(folder.path()).await;
    backup.execute("BEGIN IMMEDIATE").await.unwrap();
    let refused = stores.keys.remove("x").await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(matches!(handle.ready().await, Err(StoreError::Unavailable(_))));
    assert!(stores.keys.list().await.unwrap().is_empty());
    backup.execute("ROLLBACK").await.unwrap();
    assert!(!stores.keys.remove("x").await.unwrap());
    handle.ready().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("a/data");
    let (stores, _handle) = open_in(&folder).await;
    stores.keys.remove("x").await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let outer = tempfile::tempdir().unwrap();
    fs::write(outer.path().join("file"), "x").unwrap();
    let why = why_not(&outer.path().join("file/data")).await;
    assert!(why.contains("cannot make the data folder"), "{why}");

    fs::create_dir_all(outer.path().join("folder/balcao.db")).unwrap();
    let why = why_not(&outer.path().join("folder")).await;
    assert!(why.contains("cannot write the database file"), "{why}");

    let text = outer.path().join("text");
    fs::create_dir(&text).unwrap();
    fs::write(text.join("balcao.db"), "this is a letter, not a database. ".repeat(99)).unwrap();
    let why = why_not(&text).await;
    assert!(why.contains("no database") && why.contains("backup"), "{why}");
    assert!(fs::read_to_string(text.join("balcao.db")).unwrap().starts_with("this is a letter"));

    let mut postgres = settings();
    postgres.url = "postgres://host/db".to_owned();
    let opened = open(&postgres, outer.path(), Arc::new(LiveHub::default())).await;
    assert!(opened.err().expect("no such database").to_string().contains("sqlite:FILE"));
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (_, handle) = open_in(folder.path()).await;
    handle.close().await;
    let mut newer = outsider(folder.path()).await;
    newer
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', TRUE, x'00', 0)",
        )
        .await
        .unwrap();
    newer.close().await.unwrap();
    let why = why_not(folder.path()).await;
    assert!(why.contains("newer version") && why.contains("9999"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_may_start_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let path = folder.path().to_owned();
        tasks.spawn(async move {
            let (stores, handle) = open_in(&path).await;
            stores.keys.remove("x").await.unwrap();
            handle.close().await;
        });
    }
    tasks.join_all().await;
}

/// The schema before leases, as an earlier version of the program left it.
const BEFORE_LEASES: [(i64, &str, &str); 3] = [
    (1, "conversations", include_str!("../../src/store/sqlite/migrations/0001_conversations.sql")),
    (2, "backoffice", include_str!("../../src/store/sqlite/migrations/0002_backoffice.sql")),
    (3, "deliveries", include_str!("../../src/store/sqlite/migrations/0003_deliveries.sql")),
];

#[tokio::test]
async fn what_an_earlier_version_wrote_is_there_after_the_table_was_laid_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteConnectOptions::new()
        .filename(folder.path().join("balcao.db"))
        .create_if_missing(true)
        .foreign_keys(true);
    let mut earlier = file.connect().await.unwrap();
    let migrations = BEFORE_LEASES.map(|(version, name, text)| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.to_vec()).run_direct(None, &mut earlier, false).await.unwrap();
    // A person has a conversation in which a customer's message is open, and everything that refers to it.
    let (id, contact) = (uuid::Uuid::from_u128(7), uuid::Uuid::from_u128(8));
    let message = format!(
        r#"{{"event":"message","id":"{id}","role":"customer","text":"oi","created_at":"2026-03-02T12:00:00Z"}}"#
    );
    for statement in [
        sqlx::query("INSERT INTO contacts (id, tags, preferences, created_at, updated_at) VALUES ($2, '[]', '[]', 1, 1)"),
        sqlx::query(
            "INSERT INTO conversations (id, channel, contact_id, language, state, owner, owner_name, epoch, last_seq,
                last_customer_seq, answered_seq, claimed_seq, quiet_until, created_at, updated_at)
             VALUES ($1, 'web', $2, 'pt-BR', 'open', 'person', 'Bia', 5, 1, 1, 0, 0, 0, 1, 1)",
        ),
        sqlx::query(
            "INSERT INTO visits (conversation_id, identity_kind, identity_value, metadata)
             VALUES ($1, 'web_visitor', 'ana', '{}') RETURNING $2",
        ),
        sqlx::query(
            "INSERT INTO inbound (conversation_id, channel, external_id, message_id) VALUES ($1, 'web', '1', $1)
             RETURNING $2",
        ),
        sqlx::query(
            "INSERT INTO events (conversation_id, seq, at, kind, body) VALUES ($1, 1, 1, 'message', $3) RETURNING $2",
        ),
        sqlx::query(
            "INSERT INTO outbox (id, conversation_id, channel, message_id, state, attempts, due_at)
             VALUES ($2, $1, 'web', $1, 'waiting', 0, 1)",
        ),
    ] {
        let bound = statement.bind(id.as_bytes().to_vec()).bind(contact.as_bytes().to_vec()).bind(&message);
        bound.execute(&mut earlier).await.unwrap();
    }
    earlier.close().await.unwrap();

    let (stores, handle) = open_in(folder.path()).await;
    let id = ConversationId(id);
    let kept = stores.conversations.get(id).await.unwrap().unwrap();
    assert_eq!(
        (kept.owner, kept.owner_until, kept.epoch),
        (Owner::Person { name: "Bia".to_owned() }, None, 5)
    );
    assert_eq!(stores.conversations.messages(id, 0, 9).await.unwrap().len(), 1);
    assert!(stores.conversations.accepted(id, "web", "1").await.unwrap().is_some());
    assert_eq!(stores.outbox.depth().await.unwrap(), 1);
    handle.close().await;
    // Whatever referred to the old table refers to the new one, and rules are kept again.
    let mut outsider = file.connect().await.unwrap();
    assert!(outsider.fetch_all("PRAGMA foreign_key_check").await.unwrap().is_empty());
    let stray = "INSERT INTO inbound (conversation_id, channel, external_id, message_id) VALUES (x'00', 'web', '2', x'00')";
    assert!(outsider.execute(stray).await.is_err());
}
