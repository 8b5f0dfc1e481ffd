//! Keeps the knowledge whole in the background: fills an index whose server was away at the start or has lost it, makes
//! the vectors that are missing, and brings the index into the shape that is searched fastest: after the start, after every
//! ingest here or elsewhere, and again when an embedder or a server that was away may be back. Never in the way of an
//! answer.

use super::build::Options;
use super::knowledge::{Library, is_away};
use crate::knowledge::index::IndexError;
use crate::knowledge::vectors::VectorError;
use crate::llm::embed::EmbedError;
use crate::llm::embed::open::OpenError;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// How long an embedder or a server that is away is left alone.
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
    /// The next ingest, and never an embedder: there is none, or none that works.
    WithoutVectors,
}

/// Whether vectors are made.
#[derive(Clone, Copy)]
enum Vectors {
    Wanted,
    Out,
}

impl VectorTask {
    /// For this library.
    pub fn new(library: Library, options: Options) -> Self {
        Self { library, options: Arc::new(options) }
    }

    /// Works until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let moved = self.library.base.index.moved();
        // Whoever has the index alone has filled it when it was opened.
        let mut may_be_empty = moved.is_some();
        let mut vectors = Vectors::Wanted;
        loop {
            let mut next = Next::Retry;
            if !may_be_empty || self.fill().await {
                may_be_empty = false;
                next = match vectors {
                    Vectors::Wanted => self.work(&stop).await,
                    Vectors::Out => Next::WithoutVectors,
                };
                if matches!(next, Next::WithoutVectors) {
                    vectors = Vectors::Out;
                }
                self.optimise(&stop).await;
            }
            let elsewhere = async {
                match &moved {
                    Some(moved) => moved.notified().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.library.ingested.notified() => {}
                () = elsewhere => may_be_empty = true,
                () = after(&next) => {}
            }
        }
    }

    /// Has a large index optimised. Goes on to its end when the program stops: what is half done is swept away.
    async fn optimise(&self, stop: &CancellationToken) {
        if stop.is_cancelled() {
            return;
        }
        let base = self.library.base.clone();
        match tokio::task::spawn_blocking(move || base.optimise()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(%error, "the knowledge is searched as it was written"),
            Err(error) => tracing::error!(%error, "optimising the knowledge broke off"),
        }
    }

    /// Fills the index if it is empty. Whether it has what it should have.
    async fn fill(&self) -> bool {
        let _turn = self.library.one_at_a_time.lock().await;
        let library = self.library.clone();
        let filled = tokio::task::spawn_blocking(move || library.fill()).await;
        let error = match filled.map_err(anyhow::Error::from).flatten() {
            Ok(()) => return true,
            Err(error) => error,
        };
        // That the server of the index is away is told once, by the index, which also says when it is back.
        if !is_away(&error) {
            tracing::error!(error = format!("{error:#}"), "the knowledge cannot be indexed");
        }
        false
    }

    /// Opens the embedder, unless that has been done, and makes what is missing.
    async fn work(&self, stop: &CancellationToken) -> Next {
        let (library, options, stop) = (self.library.clone(), self.options.clone(), stop.clone());
        let runtime = Handle::current();
        let done = tokio::task::spawn_blocking(move || {
            if !library.base.has_embedder() {
                match library.open_embedder(&options, runtime) {
                    Ok(true) => {}
                    Ok(false) => return Next::WithoutVectors,
                    Err(error) => {
                        library.base.without_vectors(&error.to_string());
                        tracing::error!(%error, "the knowledge is searched by words alone");
                        let passes = matches!(error, OpenError::Endpoint(EmbedError::Unavailable(_)));
                        return if passes { Next::Retry } else { Next::WithoutVectors };
                    }
                }
            }
            match library.base.make_vectors(&stop) {
                Ok(_) => Next::Ingest,
                Err(
                    error @ (VectorError::Embed(EmbedError::Unavailable(_))
                    | VectorError::Index(IndexError::Away(_))),
                ) => {
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
        Next::Retry => tokio::time::sleep(PAUSE).await,
        Next::Ingest | Next::WithoutVectors => std::future::pending().await,
    }
}
