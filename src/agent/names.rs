//! Recognises the names of tools in what the bot is about to say. A name that people say too is none. Pure.

use crate::domain::tool::{Localized, ToolSpec};

/// The names that are not for the customer's eyes.
#[derive(Clone, Debug, Default)]
pub struct InternalNames {
    names: Vec<Name>,
}

/// How a name differs from a word.
#[derive(Clone, Debug)]
enum Name {
    /// `get_order`: nobody writes like that, wherever it stands.
    Joined(String),
    /// `get-order`: ordinary words have hyphens too, so that only the whole of it counts.
    Hyphenated(String),
    /// `getOrder`: only as it is written, as nothing else sets it apart.
    Humped(String),
}

impl InternalNames {
    /// The names of `tools` that cannot be mistaken for a word.
    pub fn of<'a>(tools: impl IntoIterator<Item = &'a ToolSpec>) -> Self {
        Self { names: tools.into_iter().filter_map(name_of).collect() }
    }

    /// Whether one of them stands in `sentence`.
    pub fn stand_in(&self, sentence: &str) -> bool {
        let lower = sentence.to_lowercase();
        self.names.iter().any(|name| match name {
            Name::Joined(name) => lower.contains(name.as_str()),
            Name::Hyphenated(name) => has_word(&lower, name),
            Name::Humped(name) => has_word(sentence, name),
        })
    }
}

fn name_of(tool: &ToolSpec) -> Option<Name> {
    let name = &tool.name;
    let lower = name.to_lowercase();
    if name.contains('_') {
        return Some(Name::Joined(lower));
    }
    if name.contains('-') {
        // A `check-in` that is described as one is what people call it.
        let is_said = is_said_of(tool, &lower) || has_word(&tool.description.to_lowercase(), &lower);
        return (!is_said).then_some(Name::Hyphenated(lower));
    }
    let has_hump = name.as_bytes().windows(2).any(
        |pair| matches!(pair, [small, capital] if small.is_ascii_lowercase() && capital.is_ascii_uppercase()),
    );
    (has_hump && !is_said_of(tool, &lower)).then(|| Name::Humped(name.clone()))
}

/// Whether the operator's own words for customers use the name.
fn is_said_of(tool: &ToolSpec, lower: &str) -> bool {
    let words = &tool.words;
    let texts = [&tool.title, &tool.progress, &words.say].into_iter();
    let texts = texts.chain(words.ask.values()).chain(words.labels.values());
    texts.flat_map(|Localized(texts)| texts.values()).any(|text| has_word(&text.to_lowercase(), lower))
}

/// Whether `word` stands in `text` and is not a part of a longer word.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !behind.is_some_and(is_part)
    })
}

#[cfg(test)]
pub(super) mod testing {
    //! A tool that has a name and a few words.

    use super::ToolSpec;
    use serde_json::json;

    pub fn tool(name: &str, description: &str, title: &str) -> ToolSpec {
        serde_json::from_value(json!({
            "name": name, "description": description, "title": {"pt-BR": title}, "parameters": {}, "risk": "read",
            "sources": {}, "hidden": [], "result_trusted": [], "timeout": {"secs": 1, "nanos": 0}, "progress": {},
            "words": {"examples": [], "ask": {}, "say": {}, "labels": {}},
        }))
        .unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::InternalNames;
    use super::testing::tool;

    #[test]
    fn names_in_every_style_are_known_and_words_are_left_alone() {
        let tools = [
            tool("order_status", "Tells the state.", "consultar pedido"),
            tool("getOrder", "Reads an order.", "get order"),
            tool("list-slots", "Lists free times.", "horários"),
            tool("check-in", "Does the check-in of a guest.", "entrada"),
            tool("followUp", "Asks again.", "fazer o followup"),
            tool("refund", "Pays back.", "devolver"),
            tool("Weather", "Tells the weather.", "tempo"),
        ];
        let names = InternalNames::of(&tools);
        for leak in [
            "Chamei order_status para você.",
            "Usei ORDER_STATUS agora.",
            "Vou usar a função getOrder.",
            "`getOrder(10421)` falhou.",
            "O list-slots não respondeu.",
            "Chamei List-Slots.",
        ] {
            assert!(names.stand_in(leak), "{leak}");
        }
        for fine in [
            "Your get order request is fine.",
            "O seu check-in está feito.",
            "Fiz o followup.",
            "The refund is on its way, whatever the Weather.",
            "Bem-vindo! Guarda-chuva e e-mail são palavras.",
            "Use pre-list-slots-x",
        ] {
            assert!(!names.stand_in(fine), "{fine}");
        }
    }
}
