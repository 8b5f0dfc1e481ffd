//! Which passages, found some time ago, still hold: the index has them, and they may be found today. Says nothing of
//! what becomes of the others.

use super::chunk::Chunk;
use super::document::{Terms, Validity};
use super::index::IndexError;
use super::search::KnowledgeBase;
use std::collections::HashSet;
use uuid::Uuid;

impl KnowledgeBase {
    /// Those of these passages that no longer hold: the document says something else now, is gone, or is not valid today. What
    /// never came from the index is left alone. Off the async runtime's own threads.
    ///
    /// # Errors
    /// [`IndexError`] if the index cannot be asked.
    pub async fn outdated(&self, ids: Vec<String>) -> Result<HashSet<String>, IndexError> {
        let knowledge = self.clone();
        let asking = tokio::task::spawn_blocking(move || knowledge.outdated_blocking(ids));
        asking.await.map_err(|error| IndexError::Fault(error.to_string()))?
    }

    fn outdated_blocking(&self, ids: Vec<String>) -> Result<HashSet<String>, IndexError> {
        let known: Vec<Uuid> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        if known.is_empty() {
            return Ok(HashSet::new());
        }
        let there = self.index.passages(&known)?;
        let standing: HashSet<Uuid> =
            there.into_iter().filter(|chunk| self.may_be_found(chunk)).map(|chunk| chunk.id).collect();
        let is_outdated = |id: &String| id.parse().is_ok_and(|id: Uuid| !standing.contains(&id));
        Ok(ids.into_iter().filter(is_outdated).collect())
    }

    /// Whether a search of today could show it.
    fn may_be_found(&self, chunk: &Chunk) -> bool {
        let filter = self.filter();
        let terms = Terms {
            valid_from: chunk.valid_from,
            valid_until: chunk.valid_until,
            audience: None,
            owner: None,
        };
        let is_valid = filter.day.is_none_or(|day| terms.on(day) == Validity::Current);
        let is_for_us = chunk.audience.as_ref().is_none_or(|audience| {
            filter.audiences.as_ref().is_none_or(|audiences| audiences.contains(audience))
        });
        let is_spoken = filter.languages.is_empty() || filter.languages.contains(&chunk.language);
        is_valid && is_for_us && is_spoken
    }
}
