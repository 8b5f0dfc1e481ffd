//! What questions mean, for whoever puts those of one meaning together.

use crate::conversation::gaps::{Meanings, Meant};
use crate::knowledge::kinship::{Kin, Kinship};
use async_trait::async_trait;

#[async_trait]
impl Meanings for Kinship {
    async fn of(&self, questions: Vec<String>) -> Option<Meant> {
        let kinship = self.clone();
        let asking = tokio::task::spawn_blocking(move || Kinship::of(&kinship, &questions));
        match asking.await {
            Ok(Ok(kin)) => kin.map(|Kin { vectors, alike }| Meant { vectors, alike }),
            Ok(Err(error)) => {
                tracing::warn!(%error, "questions are put together by their words alone");
                None
            }
            Err(error) => {
                tracing::warn!(%error, "questions are put together by their words alone");
                None
            }
        }
    }
}
