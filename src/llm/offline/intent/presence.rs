//! `Tem samambaia?`: whether there is something, asked in few words. What is named is seldom in any example, and documents speak of
//! it in passing; so the tool is asked that is mostly asked so, and the documents where it does not find that.

use super::super::passages;
use super::super::rank::content_words;
use super::Mind;
use super::{at_a_loss, words};
use crate::domain::passage::Passage;
use crate::domain::tool::Risk;
use crate::language::fold::stem;
use crate::llm::model::ChatAnswer;
use serde_json::Value;
use std::collections::HashSet;

/// Most words that name it.
const MOST_WORDS: usize = 4;

impl Mind<'_> {
    /// The tool that is asked whether there is what `text` names.
    pub(super) fn asks_whether_there_is(&self, text: &str) -> Option<usize> {
        let named = &content_words(self.voice.phrases.asks_for_presence(text)?, self.language);
        if named.is_empty() || named.len() > MOST_WORDS {
            return None;
        }
        let place = self.ranker.mostly_begun_with(self.voice.phrases.presence_verbs()?)?;
        let is_look_up = self.tools().get(place).is_some_and(|tool| tool.risk == Risk::Read);
        let rival = self.rank(text).into_iter().find(|ranked| ranked.tool != place);
        let is_rivalled = rival.is_some_and(|rival| rival.is_wanted());
        (is_look_up && !is_rivalled).then_some(place)
    }

    /// What is said to who asked whether there is something, in the place of a list that does not have it: what a document says that
    /// is about it, or that it was not found. It may be no goods at all.
    pub(super) fn instead_of_a_list(&self, result: &Value) -> Option<ChatAnswer> {
        let text = self.dialogue.customer().next()?;
        let named = self.stems(self.voice.phrases.asks_for_presence(text)?);
        let lists = result.as_object()?.values().filter_map(Value::as_array);
        let items: Vec<&Value> = lists.flatten().collect();
        let names_all = |text: &str| named.is_subset(&self.stems(text));
        let is_it = |item: &&Value| {
            let texts =
                item.as_object().into_iter().flat_map(serde_json::Map::values).filter_map(Value::as_str);
            names_all(&texts.collect::<Vec<_>>().join(" "))
        };
        if items.iter().any(is_it) {
            return None;
        }
        let is_about = |passage: &&Passage| {
            let heading = passage.heading.as_deref().unwrap_or_default();
            passage.evidence >= passages::ENOUGH && names_all(&format!("{} {heading}", passage.title))
        };
        let known = &self.request.passages;
        let passage = known.iter().find(is_about).and_then(|_| passages::answer(text, known, self.voice));
        let nothing = || items.is_empty().then(|| at_a_loss(self.voice.say("nothing_like_it").to_owned()));
        passage.map(words).or_else(nothing)
    }

    fn stems(&self, text: &str) -> HashSet<String> {
        content_words(text, self.language).iter().map(|word| stem(word, self.language)).collect()
    }
}
