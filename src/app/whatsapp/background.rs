//! Work that nobody waits for: begun when it is first asked for, done once, and what came of it kept in memory for
//! whoever asks again. Nothing of it survives the process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// So much is done at once.
const AT_ONCE: usize = 8;
/// So many outcomes are remembered.
const REMEMBERED: usize = 500;

/// Work by name.
pub(super) struct Background<T> {
    known: Arc<Mutex<Known<T>>>,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// What came of each; none while it is being done.
struct Known<T> {
    by_name: HashMap<String, Option<T>>,
    order: VecDeque<String>,
}

impl<T: Clone + Send + 'static> Background<T> {
    /// Works until `stop`.
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self {
            known: Arc::new(Mutex::new(Known { by_name: HashMap::new(), order: VecDeque::new() })),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            tasks: TaskTracker::new(),
            stop,
        }
    }

    /// What came of the work of this name, which begins now if it has not; none while it is being done.
    pub(super) fn ask<F>(&self, name: &str, work: impl FnOnce() -> F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = known.by_name.get(name) {
            return outcome.clone();
        }
        known.note(name, None);
        let (memory, places, stop) = (self.known.clone(), self.places.clone(), self.stop.clone());
        let (name, work) = (name.to_owned(), work());
        self.tasks.spawn(async move {
            let working = async {
                let _place = places.acquire().await;
                work.await
            };
            tokio::select! {
                // Asked for again at the next start.
                () = stop.cancelled() => {}
                outcome = working => memory.lock().unwrap_or_else(PoisonError::into_inner).note(&name, Some(outcome)),
            }
        });
        None
    }
}

impl<T> Known<T> {
    fn note(&mut self, name: &str, outcome: Option<T>) {
        if self.by_name.insert(name.to_owned(), outcome).is_none() {
            self.order.push_back(name.to_owned());
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.by_name.remove(&oldest);
            }
        }
    }
}
