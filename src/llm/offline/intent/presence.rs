//! `Tem samambaia?`: whether there is something, asked in few words. What is named is seldom in any example, and documents speak of
//! it in passing; so the tool is asked that is mostly asked so, and the documents where it does not find that.

use super::super::passages;
use super::super::rank::content_words;
use super::Mind;
use super::{at_a_loss, words};
use crate::domain::tool::Risk;
use crate::domain::tool_call::ToolCall;
use crate::language::fold::stem;
use crate::llm::model::ChatAnswer;
use serde_json::Value;
use std::collections::HashSet;

/// The parameter of words to search by.
const QUERY: &str = "query";
/// Most words that name it.
const MOST_WORDS: usize = 4;

impl Mind<'_> {
    /// The tool that is asked whether there is what `text` names: one that takes words to search by.
    pub(super) fn asks_whether_there_is(&self, text: &str) -> Option<usize> {
        let named = &content_words(self.voice.phrases.asks_for_presence(text)?, self.language);
        if named.is_empty() || named.len() > MOST_WORDS {
            return None;
        }
        let searches = |place: usize| {
            self.tools()
                .get(place)
                .is_some_and(|tool| tool.risk == Risk::Read && tool.parameter(QUERY).is_some())
        };
        let place = self.ranker.mostly_begun_with(self.voice.phrases.presence_verbs()?, searches)?;
        let rival = self.rank(text).into_iter().find(|ranked| ranked.tool != place);
        (!rival.is_some_and(|rival| rival.is_wanted())).then_some(place)
    }

    /// Whether `text` asks that, and a document may answer it as well.
    pub(super) fn may_be_of_documents(&self, text: &str) -> bool {
        self.asks_whether_there_is(text).is_some()
            && passages::answer(text, &self.request.passages, self.voice).is_some()
    }

    /// What is said to who asked whether there is something, in the place of a list that does not have it: what a document says, or
    /// that it was not found. It may be no goods at all.
    pub(super) fn instead_of_a_list(&self, call: &ToolCall, result: &Value) -> Option<ChatAnswer> {
        let text = self.dialogue.customer().next()?;
        let named = self.stems(self.voice.phrases.asks_for_presence(text)?);
        if self.tool(&call.name) != self.asks_whether_there_is(text) || result.get("error").is_some() {
            return None;
        }
        let lists: Vec<&Vec<Value>> = result.as_object()?.values().filter_map(Value::as_array).collect();
        let is_it = |item: &&Value| {
            let texts =
                item.as_object().into_iter().flat_map(serde_json::Map::values).filter_map(Value::as_str);
            named.is_subset(&self.stems(&texts.collect::<Vec<_>>().join(" ")))
        };
        let mut items = lists.iter().copied().flatten().peekable();
        let is_empty = items.peek().is_none();
        if lists.is_empty() || items.any(|item| is_it(&item)) {
            return None;
        }
        let passage = passages::answer(text, &self.request.passages, self.voice);
        let nothing = || is_empty.then(|| at_a_loss(self.voice.say("nothing_like_it").to_owned()));
        passage.map(words).or_else(nothing)
    }

    fn stems(&self, text: &str) -> HashSet<String> {
        content_words(text, self.language).iter().map(|word| stem(word, self.language)).collect()
    }
}
