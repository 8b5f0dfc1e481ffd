//! A runtime of its own for a client that is asynchronous: an index is asked by threads that wait, and some of them
//! belong to a runtime, which must not be entered twice. Knows nothing of what is asked.

use crate::knowledge::index::IndexError;
use std::future::Future;
use std::sync::mpsc::sync_channel;
use tokio::runtime::{Builder, Runtime};

/// One thread that does what it is given. What is under way when it goes is broken off.
pub(super) struct Bridge(Option<Runtime>);

impl Bridge {
    /// Starts the thread.
    pub(super) fn new() -> Result<Self, IndexError> {
        let mut builder = Builder::new_multi_thread();
        let built = builder.worker_threads(1).thread_name("qdrant").enable_io().enable_time().build();
        built.map(|runtime| Self(Some(runtime))).map_err(|error| IndexError::Fault(error.to_string()))
    }

    /// Does some work and waits for its end, on a thread of whatever kind.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, IndexError> {
        let (sender, receiver) = sync_channel(1);
        self.begin(async move {
            // Nobody waits any longer only if this thread of ours is at its end.
            let _ = sender.send(work.await);
        });
        receiver.recv().map_err(|_| IndexError::Fault("a call of the Qdrant server broke off".into()))
    }

    /// Begins some work that nobody waits for.
    pub(super) fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.0 {
            runtime.spawn(work);
        }
    }

    /// Does something that wants to be inside the runtime.
    pub(super) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        let _inside = self.0.as_ref().map(Runtime::enter);
        work()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // The other ways to end one must not be gone on a thread of another runtime.
            runtime.shutdown_background();
        }
    }
}
