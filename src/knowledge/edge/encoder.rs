//! Makes weighted terms of text with the BM25 of the embedded engine, so that they weigh and hash as a Qdrant server's
//! would. The same for documents and queries; knows nothing of an index.

use super::fault;
use crate::domain::language::Language;
use crate::knowledge::analyze;
use crate::knowledge::chunk::Chunk;
use crate::knowledge::index::{IndexError, SparseVector, TermId};
use crate::knowledge::stop_words::{Role, role};
use qdrant_edge::TokenizerType;
use qdrant_edge::bm25_embed::{EdgeBm25, EdgeBm25Config};
use qdrant_edge::external::ordered_float::NotNan;
use serde_json::json;

/// Saturation of a term's count within a passage.
const SATURATION: f64 = 1.2;

/// How far a long passage must say a term more often; passages are cut to about one length, so little.
const LENGTH_PENALTY: f64 = 0.6;

/// What the title says goes without saying in every passage below it, so passages need not repeat it.
const TITLE_WEIGHT: f32 = 0.8;

/// A tag mostly belongs to one passage of its document; that one says it itself, and should come first.
const TAG_WEIGHT: f32 = 0.4;

/// Terms of a usual passage, function words left out.
const USUAL_TERMS: f64 = 60.0;

/// Makes weighted terms of text. The same for documents and queries.
#[derive(Debug)]
pub struct Encoder {
    models: Vec<(Language, EdgeBm25)>,
}

impl Encoder {
    /// An encoder for every language we serve.
    ///
    /// # Errors
    /// [`IndexError::Fault`] if the engine lacks a stemmer.
    pub fn new() -> Result<Self, IndexError> {
        let number = |value| NotNan::new(value).map_err(fault);
        let models = Language::ALL.map(|language| {
            let name = match language {
                Language::Portuguese => "portuguese",
                Language::English => "english",
                Language::Spanish => "spanish",
            };
            let config = EdgeBm25Config {
                k: number(SATURATION)?,
                b: number(LENGTH_PENALTY)?,
                avg_len: number(USUAL_TERMS)?,
                tokenizer: TokenizerType::Whitespace,
                language: Some(name.to_owned()),
                // `analyze` and `stop_words` have done these, in folded form, before the text comes here.
                stopwords: Some(serde_json::from_value(json!({ "custom": [] })).map_err(fault)?),
                ascii_folding: Some(false),
                ..EdgeBm25Config::default()
            };
            Ok((language, EdgeBm25::new(config).map_err(fault)?))
        });
        Ok(Self { models: models.into_iter().collect::<Result<_, IndexError>>()? })
    }

    fn model(&self, language: Language) -> Option<&EdgeBm25> {
        self.models.iter().find(|(of, _)| *of == language).map(|(_, model)| model)
    }

    /// The terms of a text, weighted by how often each is said.
    pub fn text(&self, language: Language, text: &str) -> SparseVector {
        let mut forms = String::with_capacity(text.len());
        for word in analyze::words(text).filter(|word| role(language, word) != Role::Function) {
            forms.push_str(&analyze::stemmer_form(language, &word));
            forms.push(' ');
        }
        let Some(model) = self.model(language) else { return SparseVector::default() };
        let vector = model.embed_document(&forms);
        vector.indices.into_iter().zip(vector.values).collect()
    }

    /// The terms a passage is found by: those of one of its search texts, and those of its document.
    pub fn passage(&self, chunk: &Chunk, search_text: &str) -> SparseVector {
        let tags = chunk.tags.join(" ");
        let parts = [(search_text, 1.0), (chunk.title.as_str(), TITLE_WEIGHT), (tags.as_str(), TAG_WEIGHT)];
        let weighted = parts.into_iter().flat_map(|(text, weight)| {
            let terms = self.text(chunk.language, text);
            terms.indices.into_iter().zip(terms.values).map(move |(term, value)| (term, value * weight))
        });
        weighted.collect()
    }

    /// The term of a folded word.
    pub fn word(&self, language: Language, word: &str) -> Option<TermId> {
        let form = analyze::stemmer_form(language, word);
        self.model(language)?.embed_query(&form).indices.first().copied()
    }
}
