//! What the passages of an index are limited by, taken together: what none of them is limited by costs searches nothing.
//! Says which conditions a search has to ask for; how an engine is asked is its own file's business.

use crate::domain::language::Language;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::index::{Embedding, Filter, Manifest};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The field of a passage that holds its language.
pub const LANGUAGE: &str = "language";

/// The field of a passage that holds the name of its document.
pub const SOURCE: &str = "source";

/// What an index holds, taken together.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Profile {
    /// What its vectors were made with.
    pub embedding: Option<Embedding>,
    /// The languages of its passages.
    pub languages: BTreeSet<Language>,
    /// The fields that limit some of its passages.
    pub limits: BTreeSet<Limit>,
    /// Whether it has been brought into the shape that is searched fastest.
    #[serde(default)]
    pub optimised: bool,
    /// Whether the passages of a document are found by its name without looking at all of them.
    #[serde(default)]
    pub by_source: bool,
}

/// A field that limits for whom or when a passage is true.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Whom it is for.
    Audience,
    /// Its first day.
    ValidFrom,
    /// Its last day.
    ValidUntil,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Audience, Self::ValidFrom, Self::ValidUntil];

    /// Its field of a passage.
    pub fn field(self) -> &'static str {
        match self {
            Self::Audience => "audience",
            Self::ValidFrom => "valid_from",
            Self::ValidUntil => "valid_until",
        }
    }
}

/// What a passage has to meet to be found.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Condition<'a> {
    /// It is in one of these languages.
    Language(&'a [Language]),
    /// It is for everybody, or for one of these.
    Audience(&'a [String]),
    /// It names no first day, or one that is not after this day.
    ValidFrom(Date),
    /// It names no last day, or one that is not before this day.
    ValidUntil(Date),
}

impl Profile {
    /// Of nothing yet, for vectors of this model.
    pub fn of_model(embedding: Option<Embedding>) -> Self {
        Self { embedding, by_source: true, ..Self::default() }
    }

    /// Of passages without limits and vectors.
    pub fn of_languages(manifest: &Manifest) -> Self {
        let languages = manifest.values().map(|indexed| indexed.language).collect();
        Self { languages, ..Self::default() }
    }

    /// Takes a passage in.
    pub fn observe(&mut self, chunk: &Chunk) {
        self.languages.insert(chunk.language);
        let limits = [
            (chunk.audience.is_some(), Limit::Audience),
            (chunk.valid_from.is_some(), Limit::ValidFrom),
            (chunk.valid_until.is_some(), Limit::ValidUntil),
        ];
        self.limits.extend(limits.into_iter().filter(|(limited, _)| *limited).map(|(_, limit)| limit));
    }

    /// The conditions that may keep a passage of this index out; all of them have to be met.
    pub fn conditions<'a>(&self, filter: &'a Filter) -> Vec<Condition<'a>> {
        let mut conditions = Vec::new();
        let languages = &filter.languages;
        if !languages.is_empty() && self.languages.iter().any(|language| !languages.contains(language)) {
            conditions.push(Condition::Language(languages));
        }
        conditions.extend(self.limits.iter().filter_map(|limit| match limit {
            Limit::Audience => filter.audiences.as_deref().map(Condition::Audience),
            Limit::ValidFrom => filter.day.map(Condition::ValidFrom),
            Limit::ValidUntil => filter.day.map(Condition::ValidUntil),
        }));
        conditions
    }
}
