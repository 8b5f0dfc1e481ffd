//! What only a file can do: survive, refuse to open, be locked.

use super::support::{Bench, open_in, settings, started};
use balcao::domain::conversation::Owner;
use balcao::domain::ids::ConversationId;
use balcao::store::error::StoreError;
use balcao::store::live::LiveHub;
use balcao::store::sqlite::open;
use rusqlite::{Connection, named_params};
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn outsider(folder: &Path) -> Connection {
    Connection::open(folder.join("balcao.db")).unwrap()
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
    let backup = outsider(folder.path());
    backup.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = stores.keys.remove("x").await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(matches!(handle.ready().await, Err(StoreError::Unavailable(_))));
    assert!(stores.keys.list().await.unwrap().is_empty());
    backup.execute_batch("ROLLBACK").unwrap();
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
    let newer = outsider(folder.path());
    newer
        .execute_batch(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', TRUE, x'00', 0)",
        )
        .unwrap();
    newer.close().unwrap();
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

/// What earlier versions of the program have written down about the migrations they ran, with the texts they ran. The
/// checksums are theirs: were a published text changed, files of theirs would not open any more.
const PUBLISHED: [(i64, &str, &str, &str); 15] = [
    (
        1,
        "conversations",
        "fef39bcc02e53b8082eb157fdb62cb8c68bc3e32c866858bd09ff9ff8e9c9535ce2bc4d48e43f018a5cbf1bca99f9692",
        include_str!("../../src/store/sqlite/migrations/0001_conversations.sql"),
    ),
    (
        2,
        "backoffice",
        "5afd87d6c6f8627ce45ff3527e3af7cd654fee36af6ad320494f1b4a003781fedd19253161526a7ccd9bde2f0b93b2bb",
        include_str!("../../src/store/sqlite/migrations/0002_backoffice.sql"),
    ),
    (
        3,
        "deliveries",
        "5eb96a2fe7a2253b087c5d83145cc801325731f268df17481400862442479c488cd53702c1084240dbd0ab08a3f004d3",
        include_str!("../../src/store/sqlite/migrations/0003_deliveries.sql"),
    ),
    (
        4,
        "leases",
        "efc37b3eabfca443a676ec015c7e5dc8ac503d0240983a555d74b4041e3c7d5033cee1fe879942ce4edba9a225b1583c",
        include_str!("../../src/store/sqlite/migrations/0004_leases.sql"),
    ),
    (
        5,
        "interviews",
        "bfafd6c9aeb9e08f9d46b48c3e652bd4ca6f6e7b2083ef802be058d1b8956aa93ba2edac9abf5b5980f385720fd50d41",
        include_str!("../../src/store/sqlite/migrations/0005_interviews.sql"),
    ),
    (
        6,
        "posts",
        "39ab5cedae67e9116afb02dec5d1f812f5f2b0bdd2373b51a814516fa5d691ec3d41e637fb975e671bb5f95f6659580c",
        include_str!("../../src/store/sqlite/migrations/0006_posts.sql"),
    ),
    (
        7,
        "sends",
        "4c65f4e7bfa5a99c5e8f17029b7057e66cfb9b0322f7156f173acd0a533cc04cebb1fe6f41745be3de5b0b650eb12f40",
        include_str!("../../src/store/sqlite/migrations/0007_sends.sql"),
    ),
    (
        8,
        "alerts",
        "33bb726c7a16de211b9460c3e5c12cc931d5a73054082da8008cfc1ad7a0daee07fd2c3a0b68403fd7cc7d4e69082ee2",
        include_str!("../../src/store/sqlite/migrations/0008_alerts.sql"),
    ),
    (
        9,
        "connectors",
        "540172bd72df00dde48506bae3a4a3d16c5ac3702a96858af30ce2c6f93c5cfaac66bbca719f62ae7967c4dfcae8838f",
        include_str!("../../src/store/sqlite/migrations/0009_connectors.sql"),
    ),
    (
        10,
        "connector revisions",
        "11ece7d140946f02a1007f1bc256286fe5f3226fabc9f0cb5ca8b499ce79aad8a2f668cc10c7c5d266457bef12ca14ff",
        include_str!("../../src/store/sqlite/migrations/0010_connector_revisions.sql"),
    ),
    (
        11,
        "unasked sends",
        "befaeccc4de40770da03f83cdf39708eb67b89f2a19c8565cfec855ffc8b052962d338aa25ac4eea663e4204adfb00a7",
        include_str!("../../src/store/sqlite/migrations/0011_unasked_sends.sql"),
    ),
    (
        12,
        "spending",
        "1d1798ec824613290ba42d69be8a8f3d2b7fd48117c9a1337c862e47f1de9af9203e5f49577bbd65b5aaf390eb2fde6f",
        include_str!("../../src/store/sqlite/migrations/0012_spending.sql"),
    ),
    (
        13,
        "connector health",
        "4049ae42e02edd5e34c1d72a405dfbc53c835025c46f0daa614e8c3e3b7dbc1ac9c950b8cd8c38bb80b9fd17e63b93b9",
        include_str!("../../src/store/sqlite/migrations/0013_connector_health.sql"),
    ),
    (
        14,
        "reminders",
        "c1d002671a671a9619ce9d16a0176e826c369392714575d2378d5f02494270e5172089d73fbd2cf7869ad352ea4c6646",
        include_str!("../../src/store/sqlite/migrations/0014_reminders.sql"),
    ),
    (
        15,
        "erasures",
        "b86838125a54b4f8f261214e88d39178e972c3e21d07ac71b3303eaa0e304d357696f583ed201700ca8394317969812b",
        include_str!("../../src/store/sqlite/migrations/0015_erasures.sql"),
    ),
];

/// A file as an earlier version left it that knew so many migrations.
fn written_by_an_earlier_version(folder: &Path, migrations: usize) -> Connection {
    let earlier = outsider(folder);
    earlier.pragma_update(None, "journal_mode", "WAL").unwrap();
    earlier
        .execute_batch(
            "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
                version BIGINT PRIMARY KEY,
                description TEXT NOT NULL,
                installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
                success BOOLEAN NOT NULL,
                checksum BLOB NOT NULL,
                execution_time BIGINT NOT NULL
            );
            PRAGMA foreign_keys = OFF",
        )
        .unwrap();
    for (version, name, checksum, text) in &PUBLISHED[..migrations] {
        earlier.execute_batch(text).unwrap();
        let note = format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES ({version}, '{name}', TRUE, x'{checksum}', 4498592)"
        );
        earlier.execute(&note, []).unwrap();
    }
    earlier.pragma_update(None, "foreign_keys", true).unwrap();
    earlier
}

fn history(connection: &Connection) -> Vec<(i64, String, String, bool, String, i64)> {
    let columns = "version, description, installed_on, success, lower(hex(checksum)), execution_time";
    let mut rows =
        connection.prepare(&format!("SELECT {columns} FROM _sqlx_migrations ORDER BY version")).unwrap();
    let read = rows.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
    });
    read.unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn a_file_of_an_earlier_version_with_the_same_schema_is_opened_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let earlier = written_by_an_earlier_version(folder.path(), PUBLISHED.len());
    let before = history(&earlier);
    let schema = |connection: &Connection| -> i64 {
        connection.pragma_query_value(None, "schema_version", |row| row.get(0)).unwrap()
    };
    let version = schema(&earlier);
    earlier.close().unwrap();
    let (_, handle) = open_in(folder.path()).await;
    handle.close().await;
    let after = outsider(folder.path());
    assert_eq!((history(&after), schema(&after)), (before, version));
}

#[tokio::test]
async fn a_new_file_is_one_that_an_earlier_version_would_open() {
    let folder = tempfile::tempdir().unwrap();
    let (_, handle) = open_in(folder.path()).await;
    handle.close().await;
    let noted: Vec<_> = history(&outsider(folder.path()))
        .into_iter()
        .map(|(version, name, _, success, checksum, _)| (version, name, success, checksum))
        .collect();
    let published =
        PUBLISHED.map(|(version, name, checksum, _)| (version, name.to_owned(), true, checksum.to_owned()));
    assert_eq!(noted[..PUBLISHED.len()], published);
}

#[tokio::test]
async fn a_schema_of_another_build_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let other = written_by_an_earlier_version(folder.path(), 2);
    other.execute_batch("UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 2").unwrap();
    other.close().unwrap();
    let why = why_not(folder.path()).await;
    assert!(why.contains("different build") && why.contains("number 2"), "{why}");
    assert_eq!(history(&outsider(folder.path())).len(), 2);
}

#[tokio::test]
async fn what_an_earlier_version_wrote_is_there_after_the_table_was_laid_anew() {
    let folder = tempfile::tempdir().unwrap();
    let earlier = written_by_an_earlier_version(folder.path(), 3);
    // A person has a conversation in which a customer's message is open, and everything that refers to it.
    let (id, contact) = (uuid::Uuid::from_u128(7), uuid::Uuid::from_u128(8));
    let message = format!(
        r#"{{"event":"message","id":"{id}","role":"customer","text":"oi","created_at":"2026-03-02T12:00:00Z"}}"#
    );
    for statement in [
        "INSERT INTO contacts (id, tags, preferences, created_at, updated_at) VALUES ($contact, '[]', '[]', 1, 1)
         RETURNING $id, $message",
        "INSERT INTO conversations (id, channel, contact_id, language, state, owner, owner_name, epoch, last_seq,
            last_customer_seq, answered_seq, claimed_seq, quiet_until, created_at, updated_at)
         VALUES ($id, 'web', $contact, 'pt-BR', 'open', 'person', 'Bia', 5, 1, 1, 0, 0, 0, 1, 1) RETURNING $message",
        "INSERT INTO visits (conversation_id, identity_kind, identity_value, metadata)
         VALUES ($id, 'web_visitor', 'ana', '{}') RETURNING $contact, $message",
        "INSERT INTO inbound (conversation_id, channel, external_id, message_id) VALUES ($id, 'web', '1', $id)
         RETURNING $contact, $message",
        "INSERT INTO events (conversation_id, seq, at, kind, body) VALUES ($id, 1, 1, 'message', $message)
         RETURNING $contact",
        "INSERT INTO outbox (id, conversation_id, channel, message_id, state, attempts, due_at)
         VALUES ($contact, $id, 'web', $id, 'waiting', 0, 1) RETURNING $message",
    ] {
        let values = named_params! {
            "$id": id.as_bytes(), "$contact": contact.as_bytes(), "$message": message
        };
        earlier.query_row(statement, values, |_| Ok(())).unwrap();
    }
    earlier.close().unwrap();

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
    let outsider = outsider(folder.path());
    outsider.pragma_update(None, "foreign_keys", true).unwrap();
    let mut check = outsider.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(!check.exists([]).unwrap());
    let stray = "INSERT INTO inbound (conversation_id, channel, external_id, message_id) VALUES (x'00', 'web', '2', x'00')";
    assert!(outsider.execute(stray, []).is_err());
}

#[tokio::test]
async fn who_was_forgotten_is_in_no_byte_of_the_file() {
    let bench = Bench::sqlite().await;
    let known = super::erasures::known(&bench, "ana@casa.example").await;
    let long = "segredo ".repeat(5_000);
    bench.said(known.conversation.id, &long).await;
    bench.answered(known.conversation.id).await;
    bench.opened().await;
    let bench = bench.restart().await;
    let holds = |text: &str| {
        let bytes = fs::read(bench.folder().join("balcao.db")).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    assert!(holds("segredo") && holds("ana@casa.example"));
    bench.stores.erasures.erase(super::erasures::erasure(&bench, known.contact)).await.unwrap();
    bench.handle.close().await;
    for text in ["segredo", "ana@casa", "à tarde", "quero orçamento"] {
        assert!(!holds(text), "{text}");
    }
}
