//! The writer alone, on a table of its own: batches, failures half-way, a full disk.

use super::*;
use crate::domain::ids::ConversationId;
use std::path::Path;
use std::thread::JoinHandle;
use tempfile::TempDir;
use uuid::Uuid;

struct Bench {
    folder: TempDir,
    writer: Writer,
    live: Arc<LiveHub>,
    thread: JoinHandle<Connection>,
}

fn connection(folder: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(folder.join("test.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    Ok(connection)
}

/// A writer whose database may not grow beyond so many pages.
fn bench(pages: u32) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let first = connection(folder.path()).unwrap();
    first.execute_batch("CREATE TABLE rows (name TEXT PRIMARY KEY, filling BLOB) STRICT").unwrap();
    let live = Arc::new(LiveHub::default());
    let path = folder.path().to_owned();
    let connect = move || {
        let connection = connection(&path)?;
        connection.pragma_update(None, "max_page_count", pages)?;
        Ok(connection)
    };
    let (writer, thread) = WriterThread::connect(Box::new(connect), Arc::clone(&live)).unwrap();
    Bench { folder, writer, live, thread: std::thread::spawn(|| thread.run()) }
}

impl Bench {
    async fn insert(&self, name: &str, size: i64) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.writer.run(Atomicity::RefusesFirst, move |tx| insert(tx, name, size)).await
    }

    /// Writes a row, then refuses.
    async fn refuse(&self, atomicity: Atomicity, name: &str) -> Result<(), StoreError> {
        let name = name.to_owned();
        let work = move |tx: &mut Transaction| {
            insert(tx, name, 0)?;
            Err(StoreError::Conflict("on second thoughts".to_owned()))
        };
        self.writer.run(atomicity, work).await
    }

    /// Holds the writer up until the answer is used or dropped: what is queued meanwhile is one batch.
    async fn hold(&self) -> std::sync::mpsc::Sender<()> {
        let (release, released) = std::sync::mpsc::channel();
        let (begin, begun) = oneshot::channel();
        let writer = self.writer.clone();
        #[expect(clippy::disallowed_methods, reason = "ends with the writer's thread")]
        tokio::spawn(async move {
            let work = move |_: &mut Transaction| {
                begin.send(()).ok();
                released.recv().ok();
                Ok(())
            };
            writer.run(Atomicity::RefusesFirst, work).await
        });
        begun.await.unwrap();
        release
    }

    fn names(&self) -> Vec<String> {
        let connection = connection(self.folder.path()).unwrap();
        let mut names = connection.prepare("SELECT name FROM rows ORDER BY name").unwrap();
        names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }
}

fn insert(transaction: &mut Transaction, name: String, size: i64) -> Result<(), StoreError> {
    let id = Uuid::from_u128(u128::from(name.len() as u64));
    let statement = query("INSERT INTO rows (name, filling) VALUES ($1, zeroblob($2))");
    transaction.write(statement.bind(name).bind(size))?;
    transaction.has_work(ConversationId(id), jiff::Timestamp::UNIX_EPOCH);
    Ok(())
}

#[tokio::test]
async fn jobs_that_wait_share_a_commit_and_refusals_stay_alone() {
    let bench = bench(10_000);
    let held = bench.hold().await;
    let (one, refused, two, taken, _) = tokio::join!(
        bench.insert("a", 0),
        bench.refuse(Atomicity::Savepoint, "bb"),
        bench.insert("ccc", 0),
        bench.insert("a", 0),
        async { held.send(()).unwrap() },
    );
    assert!(one.is_ok() && two.is_ok());
    assert!(matches!(refused, Err(StoreError::Conflict(text)) if text == "on second thoughts"));
    assert!(matches!(taken, Err(StoreError::Conflict(_))));
    assert_eq!(bench.names(), ["a", "ccc"]);
    let told: Vec<_> =
        [1, 3].map(|length| (ConversationId(Uuid::from_u128(length)), jiff::Timestamp::UNIX_EPOCH)).into();
    assert_eq!(bench.live.take_signalled(), told);
}

#[tokio::test]
async fn a_job_that_breaks_its_word_takes_its_batch_down_and_no_other() {
    let bench = bench(10_000);
    let held = bench.hold().await;
    let (one, broken, two, _) = tokio::join!(
        bench.insert("a", 0),
        bench.refuse(Atomicity::RefusesFirst, "b"),
        bench.insert("c", 0),
        async { held.send(()).unwrap() },
    );
    assert!(matches!(one, Err(StoreError::Unavailable(_))));
    assert!(matches!(broken, Err(StoreError::Conflict(_))));
    two.unwrap();
    assert_eq!(bench.names(), ["c"]);
    // Alone, it has the transaction to itself.
    assert!(matches!(bench.refuse(Atomicity::RefusesFirst, "d").await, Err(StoreError::Conflict(_))));
    assert!(matches!(bench.refuse(Atomicity::Savepoint, "d").await, Err(StoreError::Conflict(_))));
    assert_eq!(bench.names(), ["c"]);
    assert_eq!(bench.live.take_signalled().len(), 1);
}

#[tokio::test]
async fn a_full_disk_acknowledges_nothing_and_room_mends_it() {
    let bench = bench(40);
    bench.insert("filling", 100_000).await.unwrap();
    let held = bench.hold().await;
    bench.live.take_signalled();
    let (small, large, _) = tokio::join!(bench.insert("small", 10), bench.insert("large", 200_000), async {
        held.send(()).unwrap();
    });
    assert!(matches!(small, Err(StoreError::Unavailable(_))), "{small:?}");
    assert!(matches!(large, Err(StoreError::Unavailable(_))), "{large:?}");
    assert_eq!(bench.names(), ["filling"]);
    assert!(bench.live.take_signalled().is_empty());
    for _ in 0..3 {
        assert!(matches!(bench.insert("large", 200_000).await, Err(StoreError::Unavailable(_))));
    }
    bench.insert("small", 10).await.unwrap();
    // Somebody makes room.
    connection(bench.folder.path()).unwrap().execute("DELETE FROM rows WHERE name = 'filling'", []).unwrap();
    bench.insert("medium", 90_000).await.unwrap();
    assert_eq!(bench.names(), ["medium", "small"]);
}

#[tokio::test]
async fn what_is_queued_is_finished_before_it_stops() {
    let bench = bench(10_000);
    let names: Vec<_> = (0..100).map(|n| format!("{n:04}")).collect();
    let inserts = futures_util::future::join_all(names.iter().map(|name| bench.insert(name, 0)));
    let (outcomes, ()) = tokio::join!(inserts, bench.writer.stop());
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(bench.names(), names);
    let Bench { folder: _folder, writer, live: _, thread } = bench;
    thread.join().unwrap().close().unwrap();
    let late = writer.run(Atomicity::RefusesFirst, |_| Ok(())).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
}
