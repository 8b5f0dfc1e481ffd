//! Settings of the knowledge base. Says where the index is; opens nothing.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The `[knowledge]` section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnowledgeSettings {
    /// `edge`, or `edge:FOLDER`.
    pub url: String,
    /// The operator's documents.
    pub folder: PathBuf,
    /// From which evidence on a passage counts as an answer.
    pub evidence_threshold: f32,
    /// Whether the running server indexes what changes.
    pub watch: bool,
    /// The share of the meaning in the ranking.
    pub dense_weight: f32,
    /// Whether a language model orders what was found.
    pub rerank: bool,
    /// How many passages it orders.
    pub rerank_candidates: usize,
    /// The longest wait for it, in milliseconds.
    pub rerank_timeout_ms: u64,
    /// Whose passages customers are answered from, beside those for everybody.
    pub audiences: Vec<String>,
}

/// An `[knowledge]` section that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum KnowledgeSettingsError {
    /// The index is asked for in a place this program cannot reach.
    #[error("knowledge.url is `{0}`; use \"edge\" or \"edge:FOLDER\"")]
    Url(String),
    /// The threshold is not a share.
    #[error("knowledge.evidence_threshold is {0}; it lies between 0 and 1")]
    Threshold(f32),
    /// The weight is not a share.
    #[error("knowledge.dense_weight is {0}; it lies between 0 (words alone) and 1 (meaning alone)")]
    Weight(f32),
    /// Too few passages to order, or more than a model should be shown.
    #[error("knowledge.rerank_candidates is {0}; it lies between 2 and 30")]
    Candidates(usize),
    /// A wait that no customer should have, or none.
    #[error("knowledge.rerank_timeout_ms is {0}; it lies between 100 and 10000")]
    Timeout(u64),
}

impl KnowledgeSettings {
    /// The folder of the index; `data` is the program's data folder.
    ///
    /// # Errors
    /// The `url` is none that this program knows.
    pub fn index_folder(&self, data: &Path) -> Result<PathBuf, KnowledgeSettingsError> {
        match self.url.split_once(':') {
            None if self.url == "edge" => Ok(data.join("knowledge")),
            Some(("edge", folder)) if !folder.is_empty() => Ok(PathBuf::from(folder)),
            _ => Err(KnowledgeSettingsError::Url(self.url.clone())),
        }
    }

    /// Everything that is wrong with the section.
    pub fn problems(&self) -> Vec<KnowledgeSettingsError> {
        let mut problems = Vec::new();
        problems.extend(self.index_folder(Path::new("")).err());
        if !(0.0..=1.0).contains(&self.evidence_threshold) {
            problems.push(KnowledgeSettingsError::Threshold(self.evidence_threshold));
        }
        if !(0.0..=1.0).contains(&self.dense_weight) {
            problems.push(KnowledgeSettingsError::Weight(self.dense_weight));
        }
        if !(2..=30).contains(&self.rerank_candidates) {
            problems.push(KnowledgeSettingsError::Candidates(self.rerank_candidates));
        }
        if !(100..=10_000).contains(&self.rerank_timeout_ms) {
            problems.push(KnowledgeSettingsError::Timeout(self.rerank_timeout_ms));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> KnowledgeSettings {
        let document: toml::Table = include_str!("default/knowledge.toml").parse().unwrap();
        document["knowledge"].clone().try_into().unwrap()
    }

    #[test]
    fn the_defaults_are_sound() {
        assert_eq!(defaults().problems(), []);
        assert_eq!(defaults().index_folder(Path::new("data")).unwrap(), Path::new("data/knowledge"));
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let settings = KnowledgeSettings {
            url: "http://127.0.0.1:6334".into(),
            evidence_threshold: 1.5,
            dense_weight: f32::NAN,
            rerank_candidates: 1,
            rerank_timeout_ms: 0,
            ..defaults()
        };
        assert_eq!(settings.problems().len(), 5);
        assert!(settings.problems()[0].to_string().contains("edge:FOLDER"));
    }

    #[test]
    fn a_folder_of_ones_own_can_be_named() {
        let settings = KnowledgeSettings { url: "edge:/srv/index".into(), ..defaults() };
        assert_eq!(settings.index_folder(Path::new("data")).unwrap(), Path::new("/srv/index"));
    }
}
