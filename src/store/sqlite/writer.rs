//! The one writer. Jobs queue up; whatever waits is run in one transaction and made durable by one commit
//! (group commit). Nobody is answered, and nothing is announced, before that commit. Knows no table.

use super::error::sorted;
use super::rows::Statement;
use super::transaction::Transaction;
use crate::store::error::StoreError;
use crate::store::live::LiveHub;
use futures_util::future::BoxFuture;
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// How many jobs may share a commit. Bounds how long the first of them waits for the others.
const BATCH: usize = 256;
/// How many jobs may wait; then callers wait to queue.
const QUEUE: usize = 1024;

/// What a job needs so that its failure leaves nothing behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Atomicity {
    /// It refuses before its first change, or not at all: nothing to undo. Should it fail later all the same,
    /// the whole batch is rolled back and its other jobs are told to try again.
    RefusesFirst,
    /// It may refuse after a change: it gets a savepoint of its own.
    Savepoint,
}

/// Gives jobs to the writer.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
}

impl Writer {
    /// Runs `work` in a transaction. Returns once it is durable. A caller that goes away leaves the job to be
    /// dropped, if it has not begun, or to be finished.
    pub(super) async fn run<T, W>(&self, atomicity: Atomicity, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'t> FnOnce(&'t mut Transaction) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Pending { atomicity, work: Some(work), outcome: None, reply });
        let stopped = || StoreError::Unavailable("the store is closed".to_owned());
        self.jobs.send(job).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

/// A job whose type of result nobody has to know.
trait Job: Send {
    fn atomicity(&self) -> Atomicity;
    /// Whether somebody still waits for the answer.
    fn is_wanted(&self) -> bool;
    /// Does the work and keeps what came of it. The error, if any, is lent to the writer.
    fn run<'t>(&'t mut self, transaction: &'t mut Transaction) -> BoxFuture<'t, Option<&'t StoreError>>;
    /// Answers: the job's own failure, else the batch's, else what the work returned.
    fn answer(self: Box<Self>, committed: Result<(), &StoreError>);
}

struct Pending<T, W> {
    atomicity: Atomicity,
    work: Option<W>,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, W> Job for Pending<T, W>
where
    T: Send + 'static,
    W: for<'t> FnOnce(&'t mut Transaction) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
{
    fn atomicity(&self) -> Atomicity {
        self.atomicity
    }

    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run<'t>(&'t mut self, transaction: &'t mut Transaction) -> BoxFuture<'t, Option<&'t StoreError>> {
        let work = self.work.take();
        let outcome = &mut self.outcome;
        Box::pin(async move {
            if let Some(work) = work {
                *outcome = Some(work(transaction).await);
            }
            outcome.as_ref().and_then(|outcome| outcome.as_ref().err())
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), &StoreError>) {
        let answer = match (self.outcome, committed) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(batch)) => Err(StoreError::Unavailable(batch.to_string())),
            (Some(Ok(value)), Ok(())) => Ok(value),
            // The writer answers only jobs that it ran, unless the batch failed.
            (None, Ok(())) => Err(StoreError::Fault("the writer skipped a job".to_owned())),
        };
        // Nobody there any more: the work stands all the same.
        drop(self.reply.send(answer));
    }
}

/// The task behind [`Writer`]: owns the only connection that writes.
pub(super) struct WriterTask {
    jobs: mpsc::Receiver<Box<dyn Job>>,
    options: SqliteConnectOptions,
    transaction: Transaction,
    /// Whether the connection has to be made anew before the next batch.
    broken: bool,
    live: Arc<LiveHub>,
}

impl WriterTask {
    /// Connects. The writer does nothing until the task runs.
    pub(super) async fn connect(
        options: SqliteConnectOptions,
        live: Arc<LiveHub>,
    ) -> Result<(Writer, Self), sqlx::Error> {
        let transaction = Transaction::on(options.connect().await?);
        let (sender, jobs) = mpsc::channel(QUEUE);
        Ok((Writer { jobs: sender }, Self { jobs, options, transaction, broken: false, live }))
    }

    /// Works until it is told to stop, or nobody can give it jobs any more; finishes what is queued. Returns the
    /// connection, to be closed after the reading ones: the last to close tidies up, and they cannot write.
    pub(super) async fn run(mut self, stop: CancellationToken) -> SqliteConnection {
        let mut received = Vec::with_capacity(BATCH);
        let mut waiting = VecDeque::with_capacity(BATCH);
        loop {
            let count = tokio::select! {
                count = self.jobs.recv_many(&mut received, BATCH) => count,
                () = stop.cancelled(), if !self.jobs.is_closed() => {
                    self.jobs.close();
                    continue;
                }
            };
            if count == 0 {
                return self.transaction.into_connection();
            }
            waiting.extend(received.drain(..));
            while !waiting.is_empty() {
                self.commit_together(&mut waiting).await;
            }
        }
    }

    /// Runs the waiting jobs in one transaction. If that has to be given up half-way, the jobs that had begun
    /// are answered and the others stay in `waiting`.
    async fn commit_together(&mut self, waiting: &mut VecDeque<Box<dyn Job>>) {
        let mut begun = Vec::with_capacity(waiting.len());
        let committed = match self.begin().await {
            Ok(()) => match self.run_jobs(waiting, &mut begun).await {
                Ok(()) => self.execute("COMMIT").await,
                Err(given_up) => Err(given_up),
            },
            Err(unavailable) => {
                // Each would wait for the same lock as long again.
                begun.extend(waiting.drain(..));
                Err(unavailable)
            }
        };
        match committed {
            Ok(()) => {
                for job in begun {
                    job.answer(Ok(()));
                }
                self.transaction.announce(&self.live);
            }
            Err(error) => {
                tracing::error!(%error, jobs = begun.len(), "a group of writes was rolled back");
                self.roll_back().await;
                for job in begun {
                    job.answer(Err(&error));
                }
            }
        }
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        if self.broken {
            self.transaction.reconnect(self.options.connect().await.map_err(sorted)?);
            self.broken = false;
        }
        self.execute("BEGIN IMMEDIATE").await
    }

    /// Runs jobs until none waits.
    ///
    /// # Errors
    /// If the transaction cannot be committed any more.
    async fn run_jobs(
        &mut self,
        waiting: &mut VecDeque<Box<dyn Job>>,
        begun: &mut Vec<Box<dyn Job>>,
    ) -> Result<(), StoreError> {
        let alone = waiting.len() == 1;
        while let Some(job) = waiting.pop_front() {
            if !job.is_wanted() {
                continue;
            }
            let undo = match job.atomicity() {
                _ if alone => Undo::Transaction,
                Atomicity::RefusesFirst => Undo::Nothing,
                Atomicity::Savepoint => Undo::Savepoint,
            };
            let job = begun.push_mut(job);
            if matches!(undo, Undo::Savepoint) {
                self.execute("SAVEPOINT job").await?;
            }
            let mark = self.transaction.begin_job();
            match job.run(&mut self.transaction).await {
                None if matches!(undo, Undo::Savepoint) => self.execute("RELEASE job").await?,
                None => {}
                // SQLite has probably rolled everything back by itself.
                Some(StoreError::Unavailable(reason)) => return Err(StoreError::Unavailable(reason.clone())),
                Some(_) => self.undo(mark, undo).await?,
            }
        }
        Ok(())
    }

    /// Undoes what the job that just failed has done so far.
    async fn undo(&mut self, mark: usize, job: Undo) -> Result<(), StoreError> {
        self.transaction.forget_behind(mark);
        match (self.transaction.wrote(), job) {
            (false, Undo::Nothing | Undo::Transaction) => Ok(()),
            (_, Undo::Savepoint) => self.execute("ROLLBACK TO job; RELEASE job").await,
            (true, Undo::Transaction) => self.execute("ROLLBACK; BEGIN IMMEDIATE").await,
            (true, Undo::Nothing) => {
                Err(StoreError::Unavailable("a write of the same group failed half-way".to_owned()))
            }
        }
    }

    async fn roll_back(&mut self) {
        self.transaction.forget_behind(0);
        // It fails if SQLite rolled back by itself, and if the connection is lost. A new connection is right
        // for both, and both are rare.
        self.broken = self.execute("ROLLBACK").await.is_err();
    }

    async fn execute(&mut self, text: &'static str) -> Result<(), StoreError> {
        let statement: Statement<'_> = sqlx::query(text);
        statement.execute(self.transaction.connection()).await.map_err(sorted)?;
        Ok(())
    }
}

/// What a job that fails has to itself, to be undone alone.
#[derive(Clone, Copy)]
enum Undo {
    Nothing,
    Savepoint,
    Transaction,
}

#[cfg(test)]
mod tests;
