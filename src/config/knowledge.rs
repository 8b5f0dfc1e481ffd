//! Settings of the knowledge base. Says where the index is; opens nothing.

use super::secret::Secret;
use crate::domain::language::Language;
use http::Uri;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Where a Qdrant server listens for gRPC, unless its address says otherwise.
const PORT: u16 = 6334;

/// The shortest wait for a server that is of use, in milliseconds, and the longest that a customer has patience for.
const TIMEOUTS: std::ops::RangeInclusive<u64> = 50..=60_000;

/// The `[knowledge]` section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnowledgeSettings {
    /// `edge`, `edge:FOLDER`, or the address of a Qdrant server.
    pub url: String,
    /// The Qdrant server's key; empty if it asks for none.
    pub api_key: Secret,
    /// What the index is called on a Qdrant server.
    pub collection: String,
    /// Longest wait for the answer of a Qdrant server to a search, in milliseconds.
    pub timeout_ms: u64,
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
    /// Only passages in these languages; all, if none is named.
    pub languages: Vec<Language>,
}

/// Where the index is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KnowledgePlace {
    /// Inside the program, with its files in this folder.
    Folder(PathBuf),
    /// On a Qdrant server at this address: scheme, host and port.
    Server(String),
}

/// An `[knowledge]` section that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum KnowledgeSettingsError {
    /// The index is asked for in a place this program cannot reach.
    #[error(
        "knowledge.url{} is not understood; use \"edge\", \"edge:FOLDER\", or a Qdrant server's gRPC address like \
         \"http://host:6334\" (its key goes into knowledge.api_key)",
        shown(.0)
    )]
    Url(String),
    /// A key that no request can carry. It is not repeated.
    #[error("knowledge.api_key holds characters that a key cannot have: only visible ones of ASCII are sent")]
    Key,
    /// A name that a collection cannot have.
    #[error("knowledge.collection is `{0}`; use 1 to 64 letters of a to z, digits, `-` and `_`")]
    Collection(String),
    /// A wait that is of no use.
    #[error("knowledge.timeout_ms is {0}; it lies between {min} and {max}", min = TIMEOUTS.start(), max = TIMEOUTS.end())]
    Timeout(u64),
    /// The threshold is not a share.
    #[error("knowledge.evidence_threshold is {0}; it lies between 0 and 1")]
    Threshold(f32),
    /// The weight is not a share.
    #[error("knowledge.dense_weight is {0}; it lies between 0 (words alone) and 1 (meaning alone)")]
    Weight(f32),
    /// Too few passages to order, or more than a model should be shown.
    #[error("knowledge.rerank_candidates is {0}; it lies between 2 and 30")]
    Candidates(usize),
    /// A wait for the model that no customer should have, or none.
    #[error("knowledge.rerank_timeout_ms is {0}; it lies between 100 and 10000")]
    RerankTimeout(u64),
}

impl KnowledgeSettings {
    /// Where the index is; `data` is the program's data folder.
    ///
    /// # Errors
    /// The `url` is none that this program knows.
    pub fn place(&self, data: &Path) -> Result<KnowledgePlace, KnowledgeSettingsError> {
        match self.url.split_once(':') {
            None if self.url == "edge" => Ok(KnowledgePlace::Folder(data.join("knowledge"))),
            Some(("edge", folder)) if !folder.is_empty() => Ok(KnowledgePlace::Folder(folder.into())),
            _ => server(&self.url)
                .map(KnowledgePlace::Server)
                .ok_or_else(|| KnowledgeSettingsError::Url(self.url.clone())),
        }
    }

    /// Everything that is wrong with the section.
    pub fn problems(&self) -> Vec<KnowledgeSettingsError> {
        let mut problems = Vec::new();
        problems.extend(self.place(Path::new("")).err());
        if !self.api_key.expose().trim().bytes().all(|byte| byte.is_ascii_graphic()) {
            problems.push(KnowledgeSettingsError::Key);
        }
        let letters =
            |name: &str| name.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'));
        if !(1..=64).contains(&self.collection.len()) || !letters(&self.collection) {
            problems.push(KnowledgeSettingsError::Collection(self.collection.clone()));
        }
        if !TIMEOUTS.contains(&self.timeout_ms) {
            problems.push(KnowledgeSettingsError::Timeout(self.timeout_ms));
        }
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
            problems.push(KnowledgeSettingsError::RerankTimeout(self.rerank_timeout_ms));
        }
        problems
    }
}

/// The address of a server with its port, if it is one and nothing else.
fn server(url: &str) -> Option<String> {
    let uri: Uri = url.trim().parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
    let authority = uri.authority().filter(|authority| bare && !authority.as_str().contains('@'))?;
    let port = authority.port_u16().unwrap_or(PORT);
    Some(format!("{scheme}://{}:{port}", authority.host()))
}

/// What may be repeated of an address: not one that may hold a password or a key.
fn shown(url: &str) -> String {
    if url.contains(['@', '?']) { String::new() } else { format!(" is `{url}`, which") }
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
        let folder = KnowledgePlace::Folder("data/knowledge".into());
        assert_eq!(defaults().place(Path::new("data")), Ok(folder));
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let settings = KnowledgeSettings {
            url: "ftp://127.0.0.1:6334".into(),
            api_key: Secret::new("a\u{e9}"),
            collection: "a/b".into(),
            timeout_ms: 1,
            evidence_threshold: 1.5,
            dense_weight: f32::NAN,
            rerank_candidates: 1,
            rerank_timeout_ms: 0,
            ..defaults()
        };
        assert_eq!(settings.problems().len(), 8);
        assert!(settings.problems()[0].to_string().contains("edge:FOLDER"));
    }

    #[test]
    fn a_folder_of_ones_own_and_a_server_can_be_named() {
        let place = |url: &str| KnowledgeSettings { url: url.into(), ..defaults() }.place(Path::new("data"));
        assert_eq!(place("edge:/srv/index"), Ok(KnowledgePlace::Folder("/srv/index".into())));
        for (url, address) in [
            ("http://127.0.0.1:6334", "http://127.0.0.1:6334"),
            ("https://a.cloud.example", "https://a.cloud.example:6334"),
            (" http://[::1]:7000/ ", "http://[::1]:7000"),
        ] {
            assert_eq!(place(url), Ok(KnowledgePlace::Server(address.into())));
        }
        for wrong in ["", "edge:", "http:", "http://", "localhost:6334", "http://a/b", "http://a?api_key=b"] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
        let error = place("http://ana:senha@host:6334").unwrap_err().to_string();
        assert!(error.contains("knowledge.api_key") && !error.contains("senha"), "{error}");
    }
}
