//! The one writer, on a thread of its own. Jobs queue up; whatever waits is run in one transaction and made durable by
//! one commit (group commit). Nobody is answered, and nothing is announced, before that commit. Knows no table.

use super::error::sorted;
use super::statement::query;
use super::transaction::Transaction;
use crate::store::error::StoreError;
use crate::store::live::LiveHub;
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

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
    orders: mpsc::Sender<Order>,
}

/// What the writer is told.
enum Order {
    /// To do this.
    Do(Box<dyn Job>),
    /// To take no more, finish what is queued, and stop.
    Stop,
}

impl Writer {
    /// Runs `work` in a transaction. Returns once it is durable. A caller that goes away leaves the job to be
    /// dropped, if it has not begun, or to be finished.
    pub(super) async fn run<T, W>(&self, atomicity: Atomicity, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut Transaction) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Pending { atomicity, work: Some(work), outcome: None, reply });
        let stopped = || StoreError::Unavailable("the store is closed".to_owned());
        self.orders.send(Order::Do(job)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Tells the writer to stop once what is queued is done. It may have stopped already.
    pub(super) async fn stop(&self) {
        self.orders.send(Order::Stop).await.ok();
    }
}

/// A job whose type of result nobody has to know.
trait Job: Send {
    fn atomicity(&self) -> Atomicity;
    /// Whether somebody still waits for the answer.
    fn is_wanted(&self) -> bool;
    /// Does the work and keeps what came of it. The error, if any, is lent to the writer.
    fn run(&mut self, transaction: &mut Transaction) -> Option<&StoreError>;
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
    W: FnOnce(&mut Transaction) -> Result<T, StoreError> + Send + 'static,
{
    fn atomicity(&self) -> Atomicity {
        self.atomicity
    }

    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run(&mut self, transaction: &mut Transaction) -> Option<&StoreError> {
        if let Some(work) = self.work.take() {
            self.outcome = Some(work(transaction));
        }
        self.outcome.as_ref().and_then(|outcome| outcome.as_ref().err())
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

/// Opens a connection that writes.
pub(super) type Connect = Box<dyn Fn() -> rusqlite::Result<Connection> + Send>;

/// What stands behind [`Writer`]: owns the only connection that writes.
pub(super) struct WriterThread {
    orders: mpsc::Receiver<Order>,
    connect: Connect,
    transaction: Transaction,
    /// Whether the connection has to be made anew before the next batch.
    broken: bool,
    live: Arc<LiveHub>,
}

impl WriterThread {
    /// Connects. The writer does nothing until [`Self::run`] is called.
    pub(super) fn connect(connect: Connect, live: Arc<LiveHub>) -> rusqlite::Result<(Writer, Self)> {
        let transaction = Transaction::on(connect()?);
        let (sender, orders) = mpsc::channel(QUEUE);
        Ok((Writer { orders: sender }, Self { orders, connect, transaction, broken: false, live }))
    }

    /// Works until it is told to stop, or nobody can give it jobs any more; finishes what is queued. Blocks. Returns the
    /// connection, to be closed after the reading ones: the last to close tidies up, and they cannot write.
    pub(super) fn run(mut self) -> Connection {
        let mut received = Vec::with_capacity(BATCH);
        let mut waiting = VecDeque::with_capacity(BATCH);
        while self.orders.blocking_recv_many(&mut received, BATCH) > 0 {
            for order in received.drain(..) {
                match order {
                    Order::Do(job) => waiting.push_back(job),
                    Order::Stop => self.orders.close(),
                }
            }
            while !waiting.is_empty() {
                self.commit_together(&mut waiting);
            }
        }
        self.transaction.into_connection()
    }

    /// Runs the waiting jobs in one transaction. If that has to be given up half-way, the jobs that had begun
    /// are answered and the others stay in `waiting`.
    fn commit_together(&mut self, waiting: &mut VecDeque<Box<dyn Job>>) {
        let mut begun = Vec::with_capacity(waiting.len());
        let committed = match self.begin() {
            Ok(()) => self.run_jobs(waiting, &mut begun).and_then(|()| self.control("COMMIT")),
            Err(unavailable) => {
                // Each would wait for the same lock as long again.
                begun.extend(waiting.drain(..));
                Err(unavailable)
            }
        };
        match committed {
            Ok(()) => {
                // First, so that whoever is answered finds it announced.
                self.transaction.announce(&self.live);
                for job in begun {
                    job.answer(Ok(()));
                }
            }
            Err(error) => {
                tracing::error!(%error, jobs = begun.len(), "a group of writes was rolled back");
                self.roll_back();
                for job in begun {
                    job.answer(Err(&error));
                }
            }
        }
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        if self.broken {
            self.transaction.reconnect((self.connect)().map_err(sorted)?);
            self.broken = false;
        }
        self.control("BEGIN IMMEDIATE")
    }

    /// Runs jobs until none waits.
    ///
    /// # Errors
    /// If the transaction cannot be committed any more.
    fn run_jobs(
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
                self.control("SAVEPOINT job")?;
            }
            let mark = self.transaction.begin_job();
            match job.run(&mut self.transaction) {
                None if matches!(undo, Undo::Savepoint) => self.control("RELEASE job")?,
                None => {}
                // SQLite has probably rolled everything back by itself.
                Some(StoreError::Unavailable(reason)) => return Err(StoreError::Unavailable(reason.clone())),
                Some(_) => self.undo(mark, undo)?,
            }
        }
        Ok(())
    }

    /// Undoes what the job that just failed has done so far.
    fn undo(&mut self, mark: usize, job: Undo) -> Result<(), StoreError> {
        self.transaction.forget_behind(mark);
        match (self.transaction.wrote(), job) {
            (false, Undo::Nothing | Undo::Transaction) => Ok(()),
            (_, Undo::Savepoint) => {
                self.control("ROLLBACK TO job")?;
                self.control("RELEASE job")
            }
            (true, Undo::Transaction) => {
                self.control("ROLLBACK")?;
                self.control("BEGIN IMMEDIATE")
            }
            (true, Undo::Nothing) => {
                Err(StoreError::Unavailable("a write of the same group failed half-way".to_owned()))
            }
        }
    }

    fn roll_back(&mut self) {
        self.transaction.forget_behind(0);
        // It fails if SQLite rolled back by itself, and if the connection is lost. A new connection is right
        // for both, and both are rare.
        self.broken = self.control("ROLLBACK").is_err();
    }

    fn control(&self, text: &'static str) -> Result<(), StoreError> {
        self.transaction.control(query(text))
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
