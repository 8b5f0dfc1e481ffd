//! `[embeddings]`: which model makes vectors of texts. Opens nothing.

use serde::Deserialize;
use std::path::PathBuf;

/// `[embeddings]`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingSettings {
    /// The model, in the words of [`EmbeddingSettings::choice`].
    pub model: String,
    /// Most threads of a model in this process.
    pub threads: usize,
    /// Most texts in a request, and between two saves.
    pub batch: usize,
    /// Longest wait for the vector of a question, in milliseconds.
    pub query_timeout_ms: u64,
    /// Longest wait for the vectors of a batch of passages, in milliseconds.
    pub passage_timeout_ms: u64,
    /// Numbers of an endpoint's vectors; 0 if it is to be asked.
    pub dimension: usize,
    /// What is put before a question for an endpoint.
    pub query_prefix: String,
    /// What is put before a passage for an endpoint.
    pub passage_prefix: String,
    /// The `input_type` of questions for an endpoint; empty sends none.
    pub query_input_type: String,
    /// The `input_type` of passages for an endpoint; empty sends none.
    pub passage_input_type: String,
    /// Most megabytes of vectors that are kept; 0 keeps none.
    pub cache_mb: u64,
    /// The address above the model's files.
    pub hub: String,
}

/// Which model makes vectors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModelChoice {
    /// A pulled one if there is one.
    Auto,
    /// None.
    Off,
    /// A pulled one.
    E5,
    /// Weights at this place.
    File(PathBuf),
    /// A model of the main endpoint.
    Main {
        /// Its name there.
        model: String,
    },
    /// A model of a further endpoint.
    Endpoint {
        /// The endpoint's name in the settings.
        name: String,
        /// The model's name there.
        model: String,
    },
}

/// A `model` that is none of the known ways to name one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{0}` names no model; write \"auto\", \"off\", \"e5\", \"file:PATH\", \"openai:MODEL\" or \"openai@NAME:MODEL\""
)]
pub struct UnknownModel(String);

impl EmbeddingSettings {
    /// Which model `model` names.
    ///
    /// # Errors
    /// It names none.
    pub fn choice(&self) -> Result<ModelChoice, UnknownModel> {
        match self.model.trim() {
            "auto" => return Ok(ModelChoice::Auto),
            "off" => return Ok(ModelChoice::Off),
            "e5" => return Ok(ModelChoice::E5),
            _ => {}
        }
        let (place, rest) = self.model.trim().split_once(':').unwrap_or_default();
        let rest = rest.trim();
        match place {
            _ if rest.is_empty() => Err(UnknownModel(self.model.clone())),
            "file" => Ok(ModelChoice::File(PathBuf::from(rest))),
            "openai" => Ok(ModelChoice::Main { model: rest.to_owned() }),
            _ => match place.strip_prefix("openai@").filter(|name| !name.is_empty()) {
                Some(name) => Ok(ModelChoice::Endpoint { name: name.to_owned(), model: rest.to_owned() }),
                None => Err(UnknownModel(self.model.clone())),
            },
        }
    }

    /// Everything that is wrong with the section, by key.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        problems.extend(self.choice().err().map(|error| ("model", error.to_string())));
        let bounds = [
            ("threads", self.threads as u64, 1..=256),
            ("batch", self.batch as u64, 1..=2048),
            ("query_timeout_ms", self.query_timeout_ms, 100..=60_000),
            ("passage_timeout_ms", self.passage_timeout_ms, 1_000..=600_000),
            ("dimension", self.dimension as u64, 0..=16_384),
            ("cache_mb", self.cache_mb, 0..=65_536),
        ];
        for (key, value, bounds) in bounds {
            if !bounds.contains(&value) {
                problems.push((key, format!("{value} is not from {} to {}", bounds.start(), bounds.end())));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> EmbeddingSettings {
        let document: toml::Table = include_str!("default/embeddings.toml").parse().unwrap();
        document["embeddings"].clone().try_into().unwrap()
    }

    #[test]
    fn the_defaults_are_sound() {
        assert_eq!(defaults().problems(), []);
        assert_eq!(defaults().choice(), Ok(ModelChoice::Auto));
    }

    #[test]
    fn every_way_to_name_a_model_is_read() {
        let choice = |model: &str| EmbeddingSettings { model: model.into(), ..defaults() }.choice();
        assert_eq!(choice("off"), Ok(ModelChoice::Off));
        assert_eq!(choice(" e5 "), Ok(ModelChoice::E5));
        assert_eq!(choice("file:C:/m"), Ok(ModelChoice::File("C:/m".into())));
        assert_eq!(choice("openai:bge:small"), Ok(ModelChoice::Main { model: "bge:small".into() }));
        let endpoint = ModelChoice::Endpoint { name: "near".into(), model: "m".into() };
        assert_eq!(choice("openai@near:m"), Ok(endpoint));
        for wrong in ["", "e6", "file:", "openai", "openai: ", "openai@:m", "openai@near", "other:m"] {
            assert!(choice(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let settings = EmbeddingSettings { model: "x".into(), threads: 0, batch: 0, ..defaults() };
        let keys: Vec<&str> = settings.problems().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["model", "threads", "batch"]);
    }
}
