//! Keeps the vectors of the knowledge up to date in the background: after the start, after every ingest, and again when
//! an embedder that was away may be back. Never in the way of an answer.

use super::build::Options;
use super::knowledge::Library;
use crate::knowledge::vectors::VectorError;
use crate::llm::embed::EmbedError;
use crate::llm::embed::open::OpenError;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// How long an embedder that is away is left alone.
const PAUSE: Duration = Duration::from_secs(30);

/// The work.
pub struct VectorTask {
    library: Library,
    /// Behind a pointer: the program's own future stays small.
    options: Arc<Options>,
}

/// What comes after a piece of work.
enum Next {
    /// The next ingest.
    Ingest,
    /// The same again, after a pause.
    Retry,
    /// Nothing: there is no embedder.
    Nothing,
}

impl VectorTask {
    /// For this library.
    pub fn new(library: Library, options: Options) -> Self {
        Self { library, options: Arc::new(options) }
    }

    /// Works until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let next = self.work(&stop).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.library.ingested.notified() => {}
                () = after(&next) => {}
            }
            if matches!(next, Next::Nothing) {
                return;
            }
        }
    }

    /// Opens the embedder, unless that has been done, and makes what is missing.
    async fn work(&self, stop: &CancellationToken) -> Next {
        let (library, options, stop) = (self.library.clone(), self.options.clone(), stop.clone());
        let runtime = Handle::current();
        let done = tokio::task::spawn_blocking(move || {
            if !library.base.has_embedder() {
                match library.open_embedder(&options, runtime) {
                    Ok(true) => {}
                    Ok(false) => return Next::Nothing,
                    Err(error) => {
                        library.base.without_vectors(&error.to_string());
                        tracing::error!(%error, "the knowledge is searched by words alone");
                        let passes = matches!(error, OpenError::Endpoint(EmbedError::Unavailable(_)));
                        return if passes { Next::Retry } else { Next::Nothing };
                    }
                }
            }
            match library.base.make_vectors(&stop) {
                Ok(_) => Next::Ingest,
                Err(VectorError::Embed(error @ EmbedError::Unavailable(_))) => {
                    tracing::warn!(%error, "the vectors of the knowledge have to wait");
                    Next::Retry
                }
                Err(error @ (VectorError::Embed(EmbedError::Fault(_)) | VectorError::Index(_))) => {
                    tracing::error!(%error, "the knowledge is searched by words alone");
                    Next::Ingest
                }
            }
        });
        done.await.unwrap_or_else(|error| {
            tracing::error!(%error, "making the vectors of the knowledge broke off");
            Next::Ingest
        })
    }
}

/// When it is time for what comes next, apart from an ingest.
async fn after(next: &Next) {
    match next {
        Next::Nothing => {}
        Next::Retry => tokio::time::sleep(PAUSE).await,
        Next::Ingest => std::future::pending().await,
    }
}
