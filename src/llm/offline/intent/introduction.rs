//! A customer who says who they are beside what they want: that is recorded before anything is done for them, so that
//! what is done stands under their name.

use super::super::arguments::{Sources, fill, kind_of};
use super::super::names::introduces;
use super::Mind;
use super::wish::Wish;
use crate::domain::tool::{Risk, ToolSpec};
use crate::domain::tool_call::ToolCall;
use crate::llm::model::ChatAnswer;
use serde_json::Value;

impl Mind<'_> {
    /// The call that records who the customer is, if `text` says so anew and a tool takes it.
    pub(super) fn introduction(&self, wish: Option<&Wish>, text: &str) -> Option<ChatAnswer> {
        // Looking something up needs no record of anybody.
        let looks_up =
            wish.and_then(|wish| self.tools().get(wish.tool)).is_some_and(|tool| tool.risk == Risk::Read);
        if looks_up || !introduces(text) {
            return None;
        }
        let place = self.takes_introductions()?;
        let tool = self.tools().get(place).filter(|_| wish.is_none_or(|wish| wish.tool != place))?;
        let sources = Sources {
            dialogue: self.dialogue,
            episode: &[text.to_owned()],
            asked: None,
            ranker: self.ranker,
            place,
            now: &self.request.now,
            language: self.language,
        };
        let arguments = Value::Object(fill(tool, &sources));
        let was_made =
            self.dialogue.calls().any(|call| call.name == tool.name && call.arguments == arguments);
        (!was_made).then(|| self.call(tool, arguments))
    }

    /// What the customer wanted beside introducing themselves, once that is recorded by `call`.
    pub(super) fn after_introduction(&self, call: &ToolCall) -> Option<ChatAnswer> {
        let place = self.takes_introductions().filter(|place| self.tool(&call.name) == Some(*place))?;
        let wish = self.wish().filter(|wish| wish.tool != place)?;
        let changes = self.tools().get(wish.tool).is_some_and(|tool| tool.risk != Risk::Read);
        changes.then(|| self.pursue(&wish))
    }

    /// The tool that takes a name and an e-mail and needs nothing else.
    fn takes_introductions(&self) -> Option<usize> {
        self.tools().iter().position(|tool| {
            tool.risk == Risk::Write
                && tool.required().next().is_none()
                && takes(tool, "name")
                && takes(tool, "email")
        })
    }
}

fn takes(tool: &ToolSpec, kind: &str) -> bool {
    let properties = tool.parameters.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().any(|(name, schema)| kind_of(name, schema) == kind)
}
