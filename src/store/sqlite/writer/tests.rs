//! The writer alone, on a table of its own: batches, failures half-way, a full disk.

use super::*;
use crate::domain::ids::ConversationId;
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Executor};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use uuid::Uuid;

struct Bench {
    folder: TempDir,
    writer: Writer,
    live: Arc<LiveHub>,
    stop: CancellationToken,
    task: JoinHandle<SqliteConnection>,
}

fn options(folder: &TempDir) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(folder.path().join("test.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
}

async fn outsider(folder: &TempDir) -> SqliteConnection {
    options(folder).connect().await.unwrap()
}

/// A writer whose database may not grow beyond so many pages.
async fn bench(pages: u32) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let mut first = outsider(&folder).await;
    first.execute("CREATE TABLE rows (name TEXT PRIMARY KEY, filling BLOB) STRICT").await.unwrap();
    first.close().await.unwrap();
    let live = Arc::new(LiveHub::default());
    let options = options(&folder).pragma("max_page_count", pages.to_string());
    let (writer, task) = WriterTask::connect(options, Arc::clone(&live)).await.unwrap();
    let stop = CancellationToken::new();
    #[expect(clippy::disallowed_methods, reason = "awaited by the tests")]
    let task = tokio::spawn(task.run(stop.clone()));
    Bench { folder, writer, live, stop, task }
}

impl Bench {
    async fn insert(&self, name: &str, size: i64) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.writer.run(Atomicity::RefusesFirst, move |tx| Box::pin(insert(tx, name, size))).await
    }

    /// Writes a row, then refuses.
    async fn refuse(&self, atomicity: Atomicity, name: &str) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.writer
            .run(atomicity, move |tx| {
                Box::pin(async move {
                    insert(tx, name, 0).await?;
                    Err(StoreError::Conflict("on second thoughts".to_owned()))
                })
            })
            .await
    }

    async fn names(&self) -> Vec<String> {
        let names = sqlx::query_scalar("SELECT name FROM rows ORDER BY name");
        names.fetch_all(&mut outsider(&self.folder).await).await.unwrap()
    }
}

async fn insert(transaction: &mut Transaction, name: String, size: i64) -> Result<(), StoreError> {
    let statement = sqlx::query("INSERT INTO rows (name, filling) VALUES ($1, zeroblob($2))");
    let id = Uuid::from_u128(u128::from(name.len() as u64));
    transaction.write(statement.bind(name).bind(size)).await?;
    transaction.has_work(ConversationId(id), jiff::Timestamp::UNIX_EPOCH);
    Ok(())
}

#[tokio::test]
async fn jobs_that_wait_share_a_commit_and_refusals_stay_alone() {
    let bench = bench(10_000).await;
    // All are queued before the writer's task has had a turn: one batch.
    let (one, refused, two, taken) = tokio::join!(
        bench.insert("a", 0),
        bench.refuse(Atomicity::Savepoint, "bb"),
        bench.insert("ccc", 0),
        bench.insert("a", 0),
    );
    assert!(one.is_ok() && two.is_ok());
    assert!(matches!(refused, Err(StoreError::Conflict(text)) if text == "on second thoughts"));
    assert!(matches!(taken, Err(StoreError::Conflict(_))));
    assert_eq!(bench.names().await, ["a", "ccc"]);
    let told: Vec<_> =
        [1, 3].map(|length| (ConversationId(Uuid::from_u128(length)), jiff::Timestamp::UNIX_EPOCH)).into();
    assert_eq!(bench.live.take_signalled(), told);
}

#[tokio::test]
async fn a_job_that_breaks_its_word_takes_its_batch_down_and_no_other() {
    let bench = bench(10_000).await;
    let (one, broken, two) =
        tokio::join!(bench.insert("a", 0), bench.refuse(Atomicity::RefusesFirst, "b"), bench.insert("c", 0),);
    assert!(matches!(one, Err(StoreError::Unavailable(_))));
    assert!(matches!(broken, Err(StoreError::Conflict(_))));
    two.unwrap();
    assert_eq!(bench.names().await, ["c"]);
    // Alone, it has the transaction to itself.
    assert!(matches!(bench.refuse(Atomicity::RefusesFirst, "d").await, Err(StoreError::Conflict(_))));
    assert!(matches!(bench.refuse(Atomicity::Savepoint, "d").await, Err(StoreError::Conflict(_))));
    assert_eq!(bench.names().await, ["c"]);
    assert_eq!(bench.live.take_signalled().len(), 1);
}

#[tokio::test]
async fn a_full_disk_acknowledges_nothing_and_room_mends_it() {
    let bench = bench(40).await;
    bench.insert("filling", 100_000).await.unwrap();
    bench.live.take_signalled();
    let (small, large) = tokio::join!(bench.insert("small", 10), bench.insert("large", 200_000));
    assert!(matches!(small, Err(StoreError::Unavailable(_))), "{small:?}");
    assert!(matches!(large, Err(StoreError::Unavailable(_))), "{large:?}");
    assert_eq!(bench.names().await, ["filling"]);
    assert!(bench.live.take_signalled().is_empty());
    for _ in 0..3 {
        assert!(matches!(bench.insert("large", 200_000).await, Err(StoreError::Unavailable(_))));
    }
    bench.insert("small", 10).await.unwrap();
    // Somebody makes room.
    outsider(&bench.folder).await.execute("DELETE FROM rows WHERE name = 'filling'").await.unwrap();
    bench.insert("medium", 90_000).await.unwrap();
    assert_eq!(bench.names().await, ["medium", "small"]);
}

#[tokio::test]
async fn what_is_queued_is_finished_before_it_stops() {
    let bench = bench(10_000).await;
    let names: Vec<_> = (0..100).map(|n| format!("{n:04}")).collect();
    let inserts = futures_util::future::join_all(names.iter().map(|name| bench.insert(name, 0)));
    let (outcomes, ()) = tokio::join!(inserts, async { bench.stop.cancel() });
    assert!(outcomes.iter().all(Result::is_ok));
    assert!(matches!(bench.insert("late", 0).await, Err(StoreError::Unavailable(_))));
    assert_eq!(bench.names().await, names);
    bench.task.await.unwrap().close().await.unwrap();
}

#[tokio::test]
async fn the_connection_syncs_every_commit() {
    let bench = bench(10_000).await;
    let synchronous =
        bench.writer.run(Atomicity::RefusesFirst, |tx| Box::pin(tx.read(sqlx::query("PRAGMA synchronous"))));
    let row = synchronous.await.unwrap().unwrap();
    assert_eq!(super::super::rows::Columns::of(&row).value::<i64>().unwrap(), 2);
}
