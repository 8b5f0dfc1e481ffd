//! Keeps the vectors of the knowledge up to date in the background: after the start, after every ingest, and again when
//! an embedder that was away may be back. Never in the way of an answer.

use super::knowledge::Library;
use crate::knowledge::vectors::VectorError;
use crate::llm::embed::EmbedError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long an embedder that is away is left alone.
const PAUSE: Duration = Duration::from_secs(30);

/// The work.
pub struct VectorTask {
    library: Library,
}

impl VectorTask {
    /// For this library.
    pub fn new(library: Library) -> Self {
        Self { library }
    }

    /// Works until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        tracing::info!(state = %self.library.base.vectors(), "knowledge");
        if !self.library.base.has_embedder() {
            return;
        }
        loop {
            let pause = self.make(&stop).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.library.ingested.notified() => {}
                () = async { match pause {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => std::future::pending().await,
                } } => {}
            }
        }
    }

    /// Makes what is missing. Gives when to try again, if that may help.
    async fn make(&self, stop: &CancellationToken) -> Option<Duration> {
        let (base, token) = (self.library.base.clone(), stop.clone());
        match tokio::task::spawn_blocking(move || base.make_vectors(&token)).await {
            Ok(Ok(_)) => None,
            Ok(Err(VectorError::Embed(error @ EmbedError::Unavailable(_)))) => {
                tracing::warn!(%error, "the vectors of the knowledge have to wait");
                Some(PAUSE)
            }
            Ok(Err(error @ (VectorError::Embed(EmbedError::Fault(_)) | VectorError::Index(_)))) => {
                tracing::error!(%error, "the knowledge is searched by words alone");
                None
            }
            Err(error) => {
                tracing::error!(%error, "making the vectors of the knowledge broke off");
                None
            }
        }
    }
}
